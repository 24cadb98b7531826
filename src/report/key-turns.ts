import type { Run, Turn } from '../domain/run.ts';
import { failedAssertions } from './run-text.ts';

/** The turns that show why a run ended so: their places in the conversation, and what the reason quotes from them. */
export interface KeyTurns {
  readonly turnIndices: readonly number[];
  readonly quotations: readonly string[];
  /** Something is quoted, or a tool failed: they are not merely the last ones. */
  readonly isProof: boolean;
}

/** The turns that prove how a run ended, as a report shows them. All texts are foreign. */
export interface Excerpt {
  readonly turns: readonly ExcerptTurn[];
  /** Texts that the reason quotes from them. */
  readonly quotations: readonly string[];
}

/** One turn of an excerpt. */
export interface ExcerptTurn {
  readonly turn: Turn;
  /** The tool whose answer it is, where that is known. */
  readonly tool?: string | undefined;
  /** Turns before it are left out. */
  readonly isAfterGap: boolean;
}

export const NO_EXCERPT: Excerpt = { turns: [], quotations: [] };

/** The most turns of an excerpt. */
const MAX_TURNS = 12;
/** At most so many places of a conversation are quoted. */
const MAX_QUOTED = 3;
/** Number of last turns that are shown where nothing is quoted and no tool failed. */
const LAST = 3;
/** Fewer characters are found anywhere. */
const MIN_QUOTATION = 4;

const QUOTATION = /["“„«「『‘]([^"“”„«»「」『』‘’]{2,300})["”“»」』’]/g;

/**
 * Finds the turns that prove a judgement: those that the reason quotes in quotation marks, each with what it answers;
 * else the tool call that failed, its answer and what is said then; else the last ones.
 */
export function findKeyTurns(run: Run): KeyTurns {
  const { turns } = run;
  const texts = [run, ...failedAssertions(run)].map(({ explanation }) => explanation);
  const quotations = texts.flatMap((text) => quotationsIn(text ?? ''));
  const quoted = quotedTurns(turns, quotations);
  if (quoted.length > 0) {
    // Only the turn before it shows what it answers.
    const before = quoted
      .map((turnIndex) => turnIndex - 1)
      .filter((turnIndex) => turns[turnIndex]?.kind === 'speech');
    return { turnIndices: inOrder([...quoted, ...before]), quotations, isProof: true };
  }
  const failed = turns.findLastIndex((turn) => turn.kind === 'tool-result' && turn.succeeded === false);
  if (failed !== -1) {
    const call = callsOf(turns).get(failed);
    const said = turns.findIndex((turn, turnIndex) => turnIndex > failed && turn.kind === 'speech');
    const around = [call, said].filter(
      (turnIndex) => turnIndex !== undefined && turnIndex !== -1,
    ) as number[];
    return { turnIndices: inOrder([failed, ...around]), quotations: [], isProof: true };
  }
  const first = Math.max(0, turns.length - LAST);
  const last = turns.slice(first).map((_, index) => first + index);
  return { turnIndices: last, quotations: [], isProof: false };
}

/** The turns that prove how a run ended, at most 12, and what of the conversation may be shown where no more may be. */
export function excerptOf(run: Run): { readonly excerpt: Excerpt; readonly turns: readonly Turn[] } {
  const proof = findKeyTurns(run);
  const places = proof.turnIndices.slice(0, MAX_TURNS);
  const calls = callsOf(run.turns);
  const names = toolNames(run.turns);
  const answered = new Set(places.map((turnIndex) => calls.get(turnIndex)));
  const turns = places.flatMap((turnIndex, index): ExcerptTurn[] => {
    const turn = run.turns[turnIndex];
    // The line of an answer names the tool.
    if (turn === undefined || answered.has(turnIndex)) return [];
    const isAfterGap = index > 0 && places[index - 1] !== turnIndex - 1;
    return [{ turn, tool: names.get(turnIndex), isAfterGap }];
  });
  return {
    excerpt: { turns, quotations: proof.quotations },
    turns: places.flatMap((turnIndex) => run.turns[turnIndex] ?? []),
  };
}

function quotationsIn(text: string): string[] {
  return [...text.slice(0, 20_000).matchAll(QUOTATION)]
    .map(([, inside = '']) => inside.trim().replace(/[.,;:!?…]+$/, ''))
    .filter((inside) => inside.length >= MIN_QUOTATION);
}

/** The turns in which one of the quotations was said, the first for each. */
function quotedTurns(turns: readonly Turn[], quotations: readonly string[]): number[] {
  const said = turns.map((turn) => (turn.kind === 'speech' ? plain(turn.text) : ''));
  const places = quotations
    .map(plain)
    .map((wanted) => said.findIndex((text) => text.includes(wanted)))
    .filter((turnIndex) => turnIndex !== -1);
  return inOrder(places).slice(0, MAX_QUOTED);
}

const plain = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ');

const inOrder = (places: readonly number[]): number[] => [...new Set(places)].toSorted((a, b) => a - b);

/** The tools that failed in a run, with their answers, in order. */
export function failedTools({ turns }: Pick<Run, 'turns'>): { tool: string; answer: string }[] {
  const names = toolNames(turns);
  return turns.flatMap((turn, turnIndex) =>
    turn.kind === 'tool-result' && turn.succeeded === false
      ? [{ tool: names.get(turnIndex) ?? '', answer: turn.output }]
      : [],
  );
}

/** Names of the tools that answered, by the index of the answer. */
export function toolNames(turns: readonly Turn[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [answer, call] of callsOf(turns)) {
    const turn = turns[call];
    if (turn?.kind === 'tool-call') names.set(answer, turn.tool);
  }
  return names;
}

/** The place of the call for that of each answer: providers list calls and answers in the same order. */
function callsOf(turns: readonly Turn[]): ReadonlyMap<number, number> {
  const open: number[] = [];
  const calls = new Map<number, number>();
  turns.forEach((turn, turnIndex) => {
    if (turn.kind === 'tool-call') open.push(turnIndex);
    const call = turn.kind === 'tool-result' ? open.shift() : undefined;
    if (call !== undefined) calls.set(turnIndex, call);
  });
  return calls;
}
