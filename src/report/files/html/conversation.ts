import type { Run, Turn } from '../../../domain/run.ts';
import { findKeyTurns, type KeyTurns } from '../../key-turns.ts';

/** Point from which two conversations differ. */
export type Parting =
  /** The place of the first turn that differs, from 0; one of the two may have ended there. */
  { readonly kind: 'at'; readonly place: number } | { readonly kind: 'nowhere' };

/** Compares two conversations turn by turn: only what is exactly the same is the same. */
export function partingOf(left: readonly Turn[], right: readonly Turn[]): Parting {
  const length = Math.max(left.length, right.length);
  for (let place = 0; place < length; place += 1) {
    if (!areSame(left[place], right[place])) return { kind: 'at', place };
  }
  return { kind: 'nowhere' };
}

function areSame(left: Turn | undefined, right: Turn | undefined): boolean {
  return left !== undefined && right !== undefined && keyOf(left) === keyOf(right);
}

function keyOf(turn: Turn): string {
  switch (turn.kind) {
    case 'speech':
      return JSON.stringify([turn.kind, turn.speaker, turn.text]);
    case 'tool-call':
      return JSON.stringify([turn.kind, turn.tool, turn.input]);
    case 'tool-result':
      return JSON.stringify([turn.kind, turn.output, turn.succeeded ?? null]);
    case 'transition':
      return JSON.stringify([turn.kind, turn.from ?? null, turn.to]);
  }
}

/** Stretches of a conversation that are open or folded, in order. */
export interface Stretch {
  readonly isFolded: boolean;
  /** Places in the conversation: from the first to the one before the last. */
  readonly from: number;
  readonly to: number;
}

/** Up to so many turns a conversation is open from its beginning to its end. */
const OPEN_TURNS = 24;
/** Open turns before and after each that matters. */
const CONTEXT = 3;
/** Fewer turns than this are not folded. */
const MIN_FOLD = 5;

/** Folds the stretches of a long conversation in which nothing matters; its first and last turns stay open. */
export function stretchesOf(length: number, places: readonly number[]): Stretch[] {
  if (length <= OPEN_TURNS) return length === 0 ? [] : [{ isFolded: false, from: 0, to: length }];
  const open = new Set<number>();
  for (const place of [0, length - 1, ...places]) {
    for (let near = place - CONTEXT; near <= place + CONTEXT; near += 1) open.add(near);
  }
  return splitInto(length, open, MIN_FOLD);
}

/** Folds all turns but the `max` that are nearest to those that matter. */
export function nearestStretches(length: number, places: readonly number[], max: number): Stretch[] {
  const distance = (place: number): number =>
    Math.min(length, ...places.map((near) => Math.abs(near - place)));
  const nearest = Array.from({ length }, (_, place) => place)
    .toSorted((a, b) => distance(a) - distance(b) || a - b)
    .slice(0, max);
  return splitInto(length, new Set(nearest), 1);
}

/** Stretches of turns that are open, and of those that are not; fewer than `minFold` of these are left open. */
function splitInto(length: number, open: ReadonlySet<number>, minFold: number): Stretch[] {
  const stretches: Stretch[] = [];
  for (let from = 0; from < length; ) {
    const isOpen = open.has(from);
    let to = from + 1;
    while (to < length && open.has(to) === isOpen) to += 1;
    const last = stretches.at(-1);
    const isFolded = !isOpen && to - from >= minFold;
    if (last !== undefined && last.isFolded === isFolded) stretches[stretches.length - 1] = { ...last, to };
    else stretches.push({ isFolded, from, to });
    from = to;
  }
  return stretches;
}

/** The turns that show why a run did not pass, and what its reason quotes; nothing of a run that passed. */
export function keyTurnsOf(run: Run): KeyTurns {
  return run.status === 'passed' || run.turns.length === 0
    ? { turnIndices: [], quotations: [], isProof: false }
    : findKeyTurns(run);
}
