import type { Run, Turn } from '../../../domain/run.ts';
import type { Report, ReportedCase } from '../../report.ts';
import { hasText } from '../../run-text.ts';
import { MAX_NAME } from '../../sections/names.ts';

/** The room that the page has for the evidence of test cases, and each one's share of it. */

/** The whole file, in bytes. */
const MAX_BYTES = 14_500_000;
/** About what a line takes beside its texts, and the page around the list. */
const ROW_BYTES = 170;
const PAGE_BYTES = 150_000;

/** About how many bytes the evidence of all test cases may take, beside their lines. */
export function roomForEvidence(
  cases: readonly ReportedCase[],
  anchors: ReadonlyMap<ReportedCase, string>,
): number {
  const rows = cases.map(
    (result) => ROW_BYTES + sizeOf(result.testCase.name, MAX_NAME) + (anchors.get(result) ?? '').length,
  );
  return Math.max(
    0,
    rows.reduce((left, bytes) => left - bytes, MAX_BYTES - PAGE_BYTES),
  );
}

/** Limits of the evidence of a test case, in UTF-16 code units. */
export interface Limits {
  /** Each explanation, criterion and turn. */
  readonly text: number;
  /** Each input and answer of a tool, before it is laid out, and each value of an assertion. */
  readonly tool: number;
  /** The most turns of a conversation: those that matter, and what is next to them. */
  readonly turns: number;
}

const ALL = Number.POSITIVE_INFINITY;

/** All of it, unless a single text is beyond reading. */
export const WHOLE: Limits = { text: 100_000, tool: 200_000, turns: ALL };
/** The least that still explains a test case. */
export const LEAST: Limits = { text: 600, tool: 300, turns: 8 };

const LIMITS: readonly Limits[] = [
  WHOLE,
  { text: 20_000, tool: 20_000, turns: ALL },
  { text: 5_000, tool: 5_000, turns: ALL },
  { text: 2_000, tool: 1_000, turns: ALL },
  { text: 2_000, tool: 1_000, turns: 60 },
  { text: 1_500, tool: 600, turns: 30 },
  { text: 1_000, tool: 400, turns: 15 },
  LEAST,
];

/** With more passed test cases than this, they are lines without evidence: a page of many thousand folds is slow. */
const MAX_PASSED_WITH_EVIDENCE = 1_000;

/** True if a test case has more to show than its line. */
export function hasEvidence(result: ReportedCase): boolean {
  if (result.outcome !== 'passed' || result.runs.length > 1) return true;
  const [run] = result.runs;
  return (
    run.turns.length > 0 ||
    run.assertions.length > 0 ||
    run.criteria.length > 0 ||
    hasText(run.explanation) ||
    (run.testFaults ?? []).length > 0 ||
    (run.guardrails ?? []).length > 0
  );
}

/** Limits of the evidence of each test case; those that are not in it have only a line. */
export function limitsWithin(
  room: number,
  { classified }: Pick<Report, 'classified'>,
): Map<ReportedCase, Limits> {
  const { failures, unfinished, flaky, tolerated, brokenTests, fixed, passed } = classified;
  const green = [...fixed, ...passed];
  const limitsByCase = shareOut(room, [
    ...[...failures, ...unfinished, ...flaky, ...tolerated, ...brokenTests],
    ...green.filter(({ runs }) => runs.length > 1),
  ]);
  const quiet = green.filter((result) => result.runs.length === 1 && hasEvidence(result));
  if (quiet.length > MAX_PASSED_WITH_EVIDENCE) return limitsByCase;
  let left = room - bytesOfAll(limitsByCase);
  for (const result of quiet) {
    left -= bytesOf(result, WHOLE);
    if (left < 0) break;
    limitsByCase.set(result, WHOLE);
  }
  return limitsByCase;
}

/** Limits for each of these test cases: what is small is whole, the longest are cut first, the last ones most. */
function shareOut(room: number, results: readonly ReportedCase[]): Map<ReportedCase, Limits> {
  const share = fairShare(
    results.map((result) => bytesOf(result, WHOLE)),
    room,
  );
  const limitsByCase = new Map(
    results.map((result) => [result, LIMITS.find((limits) => bytesOf(result, limits) <= share) ?? LEAST]),
  );
  let left = room - bytesOfAll(limitsByCase);
  // What nobody needed goes to those that were cut, in the order of the list.
  for (const [result, limits] of limitsByCase) {
    const own = left + bytesOf(result, limits);
    const better = LIMITS.slice(0, LIMITS.indexOf(limits)).find((wider) => bytesOf(result, wider) <= own);
    if (better === undefined) continue;
    limitsByCase.set(result, better);
    left = own - bytesOf(result, better);
  }
  return limitsByCase;
}

const bytesOfAll = (limitsByCase: ReadonlyMap<ReportedCase, Limits>): number =>
  [...limitsByCase].reduce((sum, [result, limits]) => sum + bytesOf(result, limits), 0);

/** The most that each may take so that all have room: the small ones whole, and what is left in equal parts. */
function fairShare(sizes: readonly number[], room: number): number {
  let left = room;
  const sorted = sizes.toSorted((a, b) => a - b);
  for (const [index, size] of sorted.entries()) {
    const share = left / (sorted.length - index);
    if (size > share) return share;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}

/** Size of what stands around the texts, as measured and a little more, since the file must not become too large. */
const CASE_BYTES = 1_000;
const RUN_BYTES = 420;
const CHECK_BYTES = 170;
const TEXT_BYTES = 95;
const TOOL_BYTES = 330;
/** Factors by which laying out and escaping enlarge a text. */
const GROWTH = { text: 1.03, tool: 2 };

/** About how many bytes the evidence takes. */
function bytesOf(result: ReportedCase, limits: Limits): number {
  const runs: readonly Run[] = [...result.runs, ...(result.comparison?.runs ?? [])];
  return runs.reduce((sum, run) => sum + RUN_BYTES + bytesOfRun(run, limits), CASE_BYTES);
}

function bytesOfRun(run: Run, limits: Limits): number {
  const text = (value: string | undefined): number =>
    value === undefined ? 0 : TEXT_BYTES + sizeOf(value, limits.text) * GROWTH.text;
  const value = (content: string | undefined): number =>
    content === undefined ? 0 : TEXT_BYTES + sizeOf(content, limits.tool);
  const tool = (content: string): number => TOOL_BYTES + sizeOf(content, limits.tool) * GROWTH.tool;
  const checks = run.assertions.map(
    ({ label, expected, actual, explanation }) =>
      CHECK_BYTES + label.length + value(expected) + value(actual) + text(explanation),
  );
  const turns = run.turns.slice(-limits.turns);
  const pieces = [text(run.explanation), ...checks, ...run.criteria.map(text), ...turns.map(bytesOfTurn)];
  return pieces.reduce((sum, bytes) => sum + bytes, 0);

  function bytesOfTurn(turn: Turn): number {
    switch (turn.kind) {
      case 'speech':
        return text(turn.text);
      case 'tool-call':
        return tool(turn.input);
      case 'tool-result':
        return tool(turn.output);
      case 'transition':
        return 2 * TEXT_BYTES;
    }
  }
}

/** The bytes of the first `max` code units, escaped. */
function sizeOf(text: string, max: number): number {
  const shown = text.length <= max ? text : text.slice(0, max);
  let escapes = 0;
  for (const sign of ['<', '&']) {
    for (let at = shown.indexOf(sign); at !== -1; at = shown.indexOf(sign, at + 1)) escapes += 1;
  }
  return Buffer.byteLength(shown) + 5 * escapes;
}
