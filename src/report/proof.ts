import type { Run, Turn } from '../domain/run.ts';

/** The turns that show why a run ended so: their places in the conversation, and what the reason quotes from them. */
export interface Proof {
  readonly places: readonly number[];
  readonly quotations: readonly string[];
}

/** At most so many places of a conversation are quoted. */
const MAX_QUOTED = 3;
/** Where nothing is quoted and no tool failed, so many of the last turns. */
const LAST = 3;
/** Fewer characters are found anywhere. */
const MIN_QUOTATION = 4;

const QUOTATION = /["“„«「『‘]([^"“”„«»「」『』‘’]{2,300})["”“»」』’]/g;

/**
 * Finds the turns that prove a judgement: those that the reason quotes in quotation marks, each with what it answers;
 * else the tool call that failed and what follows; else the last ones.
 */
export function proofOf({ turns, explanation, assertions }: Run): Proof {
  const texts = [explanation, ...assertions.map((one) => (one.outcome === 'failed' ? one.explanation : ''))];
  const quotations = texts.flatMap((text) => quotationsIn(text ?? ''));
  const quoted = placesOf(turns, quotations);
  if (quoted.length > 0) {
    // Only the turn before it shows what it answers.
    const before = quoted.map((place) => place - 1).filter((place) => turns[place]?.kind === 'speech');
    return { places: inOrder([...quoted, ...before]), quotations };
  }
  const failed = turns.findLastIndex((turn) => turn.kind === 'tool-result' && turn.succeeded === false);
  if (failed !== -1) {
    const said = turns.findIndex((turn, place) => place > failed && turn.kind === 'speech');
    return { places: inOrder([failed, ...(said === -1 ? [] : [said])]), quotations: [] };
  }
  const first = Math.max(0, turns.length - LAST);
  return { places: turns.slice(first).map((_, index) => first + index), quotations: [] };
}

function quotationsIn(text: string): string[] {
  return [...text.slice(0, 20_000).matchAll(QUOTATION)]
    .map(([, inside = '']) => inside.trim().replace(/[.,;:!?…]+$/, ''))
    .filter((inside) => inside.length >= MIN_QUOTATION);
}

/** The turns in which one of the quotations was said, the first for each. */
function placesOf(turns: readonly Turn[], quotations: readonly string[]): number[] {
  const said = turns.map((turn) => (turn.kind === 'speech' ? plain(turn.text) : ''));
  const places = quotations
    .map(plain)
    .map((wanted) => said.findIndex((text) => text.includes(wanted)))
    .filter((place) => place !== -1);
  return inOrder(places).slice(0, MAX_QUOTED);
}

const plain = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ');

const inOrder = (places: readonly number[]): number[] => [...new Set(places)].toSorted((a, b) => a - b);

/** The tools that failed in a run, with their answers, in order. */
export function failedTools({ turns }: Pick<Run, 'turns'>): { tool: string; answer: string }[] {
  const names = toolNames(turns);
  return turns.flatMap((turn, place) =>
    turn.kind === 'tool-result' && turn.succeeded === false
      ? [{ tool: names.get(place) ?? '', answer: turn.output }]
      : [],
  );
}

/** Which tool each answer is of: providers list calls and answers in the same order. */
export function toolNames(turns: readonly Turn[]): ReadonlyMap<number, string> {
  const open: string[] = [];
  const names = new Map<number, string>();
  turns.forEach((turn, place) => {
    if (turn.kind === 'tool-call') open.push(turn.tool);
    const name = turn.kind === 'tool-result' ? open.shift() : undefined;
    if (name !== undefined) names.set(place, name);
  });
  return names;
}
