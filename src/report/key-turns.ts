import type { Run, Turn } from '../domain/run.ts';

/** The turns that show why a run ended so: their places in the conversation, and what the reason quotes from them. */
export interface KeyTurns {
  readonly turnIndices: readonly number[];
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
export function findKeyTurns({ turns, explanation, assertions }: Run): KeyTurns {
  const texts = [explanation, ...assertions.map((one) => (one.outcome === 'failed' ? one.explanation : ''))];
  const quotations = texts.flatMap((text) => quotationsIn(text ?? ''));
  const quoted = quotedTurns(turns, quotations);
  if (quoted.length > 0) {
    // Only the turn before it shows what it answers.
    const before = quoted
      .map((turnIndex) => turnIndex - 1)
      .filter((turnIndex) => turns[turnIndex]?.kind === 'speech');
    return { turnIndices: inOrder([...quoted, ...before]), quotations };
  }
  const failed = turns.findLastIndex((turn) => turn.kind === 'tool-result' && turn.succeeded === false);
  if (failed !== -1) {
    const said = turns.findIndex((turn, turnIndex) => turnIndex > failed && turn.kind === 'speech');
    return { turnIndices: inOrder([failed, ...(said === -1 ? [] : [said])]), quotations: [] };
  }
  const first = Math.max(0, turns.length - LAST);
  return { turnIndices: turns.slice(first).map((_, index) => first + index), quotations: [] };
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

/** Which tool each answer is of: providers list calls and answers in the same order. */
export function toolNames(turns: readonly Turn[]): ReadonlyMap<number, string> {
  const open: string[] = [];
  const names = new Map<number, string>();
  turns.forEach((turn, turnIndex) => {
    if (turn.kind === 'tool-call') open.push(turn.tool);
    const name = turn.kind === 'tool-result' ? open.shift() : undefined;
    if (name !== undefined) names.set(turnIndex, name);
  });
  return names;
}
