import { seenBatches, type Tally, type WatchedBatch } from '../../domain/batch.ts';
import { findContradictions, unknownStatuses } from '../../domain/integrity.ts';
import { UNPROVEN_KINDS, type Unproven } from '../../domain/run.ts';
import { countsForVerdict } from '../../domain/test-case.ts';
import type { State } from '../../domain/verdict.ts';
import { cleanLine } from '../../text/clean.ts';
import { formatCount } from '../../text/format.ts';
import { heading, render, untrusted } from '../markdown.ts';
import type { Report } from '../report.ts';

/** Meaning of a sign: a verdict, or the outcome of a test case. */
export type Sign = State | 'flaky' | 'tolerated' | 'broken-test' | 'gone';

/** The sign before a verdict, a batch and a test case alike. It never stands without a word. */
export const SIGNS = {
  waiting: '⏳',
  passed: '✅',
  flaky: '🟡',
  failed: '❌',
  errored: '⚠️',
  cancelled: '🚫',
  'timed-out': '⏰',
  inconclusive: '❓',
  tolerated: '⏸️',
  'broken-test': '🔧',
  gone: '➖',
} as const satisfies Record<Sign, string>;

const MAX_NAME = 120;
/** More characters than any headline has, since names and labels are clipped. */
const MAX_HEADLINE = 400;

/** The gate does not stop anything, whatever the verdict is. */
export const REPORT_ONLY = 'report only';

/** The verdict, or that there is none yet. */
export const stateOf = ({ judgement }: Pick<Report, 'judgement'>): State => judgement?.verdict ?? 'waiting';

/**
 * The one line that decides already in the subject of an e-mail: sign, name, verdict and counts. Plain text; `name` is
 * the user's, so it passes `markdown.ts` like foreign text before it is rendered.
 */
export function headline(name: string, state: State, result: string): string {
  return `${SIGNS[state]} ${cleanLine(name, MAX_NAME)}: ${result}`;
}

/** The headline of a report as plain text. */
export const headlineOf = (report: Report): string =>
  headline(report.name, stateOf(report), resultOf(report));

/** The headline of a gate, or of one job's part in it, as a heading in Markdown. Without `result` it is made of the counts. */
export function headlineHeading(
  depth: 2 | 3,
  part: { name: string; state: State; tally: Tally; result?: string | undefined },
): string {
  const result = part.result ?? resultOfCounts(part.state, part.tally);
  return render(heading(depth, untrusted(headline(part.name, part.state, result), MAX_HEADLINE)));
}

/**
 * Result in a clause of our own words: "3 of 12 failed, 2 of them new", "inconclusive, 3 of 12 runs missing (report only)".
 */
export function resultOf(report: Report): string {
  return `${describeResult(report)}${report.isReportOnly === true ? ` (${REPORT_ONLY})` : ''}`;
}

function describeResult(report: Report): string {
  const { judgement, tally, classified } = report;
  switch (judgement?.verdict) {
    case 'failed':
    case 'errored': {
      const newCount = newInWords(classified.failures);
      const areFlaky = judgement.verdict === 'failed' && tally.failed === 0;
      if (newCount === undefined || areFlaky) return resultOfCounts(judgement.verdict, tally);
      const kinds = new Set(classified.failures.map(({ outcome }) => outcome));
      const verb = kinds.size > 1 ? 'did not pass' : classified.failures[0]?.outcome;
      const first = `${formatCount(classified.failures.length)} of ${formatCount(tally.total)} ${verb}`;
      return listed(first, [newCount, ...countEach(tally, 'unfinished')]);
    }
    case 'inconclusive': {
      const cause = causeInWords(causeOf(report));
      return cause === '' ? 'inconclusive' : `inconclusive, ${cause}`;
    }
    case 'passed': {
      const broken = classified.brokenTests.length;
      const more = broken === 0 ? [] : [`${formatCount(broken)} with a broken test`];
      return listed(resultOfCounts('passed', tally), more);
    }
    case undefined:
      return isRepeating(report) ? waitingResult(report) : resultOfCounts('waiting', tally);
    default:
      return resultOfCounts(stateOf(report), tally);
  }
}

const isRepeating = ({ rule, tally: { total } }: Report): boolean =>
  rule !== undefined && rule.kind !== 'every-run' && total > 0;

/** Result while test cases are run again: counts those that are decided, and not the runs that have ended. */
function waitingResult({ tally, confirming = 0 }: Report): string {
  const { total, unfinished } = tally;
  return listed(`waiting, ${formatCount(total - unfinished)} of ${formatCount(total)} decided`, [
    ...(confirming > 0 ? [`${formatCount(confirming)} being confirmed`] : []),
    ...countEach(tally, 'failed', 'errored', 'cancelled'),
  ]);
}

/** The same by the counts alone, for whoever knows no more. */
export function resultOfCounts(state: State, tally: Tally): string {
  const { total, passed, flaky, failed, errored, cancelled, unfinished, tolerated } = tally;
  const ofAll = `of ${formatCount(total)}`;
  const finished =
    total === 0 ? 'no test cases seen' : `${formatCount(total - unfinished)} ${ofAll} finished`;
  const beside = countEach(tally, 'flaky');
  const notCounted = tolerated > 0 ? [`${formatCount(tolerated)} not counted`] : [];

  switch (state) {
    case 'passed': {
      const all = total === 1 ? 'the one test case passed' : `all ${formatCount(total)} passed`;
      return listed(tolerated > 0 ? `${formatCount(passed)} ${ofAll} passed` : all, [
        ...beside,
        ...notCounted,
      ]);
    }
    case 'failed':
      return failed > 0
        ? listed(
            `${formatCount(failed)} ${ofAll} failed`,
            countEach(tally, 'errored', 'cancelled', 'unfinished'),
          )
        : listed(`${formatCount(flaky)} ${ofAll} flaky, more than allowed`, countEach(tally, 'errored'));
    case 'errored': {
      const first =
        errored > 0 ? `${formatCount(errored)} ${ofAll} errored` : `the batch errored, ${finished}`;
      return listed(first, countEach(tally, 'cancelled', ...(errored > 0 ? ['unfinished' as const] : [])));
    }
    case 'cancelled':
      return cancelled > 0
        ? listed(`${formatCount(cancelled)} ${ofAll} cancelled`, countEach(tally, 'unfinished'))
        : `cancelled, ${finished}`;
    case 'timed-out':
      return `timed out, ${finished}`;
    case 'inconclusive':
      return total === 0 ? 'inconclusive, no test cases seen' : 'inconclusive';
    case 'waiting': {
      const first = total === 0 ? 'waiting for the first result' : `waiting, ${finished}`;
      return listed(first, countEach(tally, 'failed', 'errored', 'cancelled'));
    }
  }
}

/** Number of failures that are known to pass elsewhere; `undefined` where that is not known of any. */
function newInWords(failures: Report['classified']['failures']): string | undefined {
  const regressionCount = failures.filter(({ failureClass }) => failureClass === 'regression').length;
  if (regressionCount > 0) {
    if (regressionCount < failures.length) return `${formatCount(regressionCount)} of them new`;
    return failures.length === 1 ? 'new' : 'all new';
  }
  // "None" only where each of them is known to fail there as well.
  const arePreexisting =
    failures.length > 0 && failures.every(({ failureClass }) => failureClass === 'pre-existing');
  if (!arePreexisting) return undefined;
  return failures.length === 1 ? 'not new' : 'none of them new';
}

/** Why nothing can be said for certain; `other`: only the reason says it. */
export type Cause =
  | {
      readonly kind:
        | 'nothing-read'
        | 'lost-start'
        | 'none-seen'
        | 'none-counts'
        | 'unknown-status'
        | 'contradiction'
        | 'other';
    }
  | { readonly kind: 'unproven'; readonly by: Unproven['kind'] }
  | { readonly kind: 'unread'; readonly unread: number; readonly of: number }
  | { readonly kind: 'missing'; readonly missing: number; readonly of: number };

/** Finds the cause of an inconclusive report: where there are several, that of the judge's first reason. */
export function causeOf({
  batches,
  cases,
  tally,
  started,
}: Pick<Report, 'batches' | 'cases' | 'tally' | 'started'>): Cause {
  if (batches.length === 0) return { kind: started === undefined ? 'nothing-read' : 'lost-start' };
  const unread = batches.filter(({ problem }) => problem !== undefined).length;
  if (unread > 0) return { kind: 'unread', unread, of: batches.length };
  if (batches.some(({ mismatch }) => mismatch !== undefined)) return { kind: 'unproven', by: 'mismatch' };
  const counts = batches.map(missingRuns);
  const missing = counts.reduce((sum, count) => sum + count.missing, 0);
  const expected = counts.reduce((sum, count) => sum + count.expected, 0);
  if (missing > 0) return { kind: 'missing', missing, of: expected };
  if (tally.total === 0) return { kind: 'none-seen' };
  if (cases.length > 0 && !cases.some(countsForVerdict)) return { kind: 'none-counts' };
  const seen = seenBatches(batches);
  if (seen.some((batch) => unknownStatuses(batch).length > 0)) return { kind: 'unknown-status' };
  if (seen.some((batch) => findContradictions(batch).length > 0)) return { kind: 'contradiction' };
  const by = UNPROVEN_KINDS.find((kind) => hasUnproven(cases, kind));
  return by === undefined ? { kind: 'other' } : { kind: 'unproven', by };
}

/** An empty pass speaks against no test case but its own; the other kinds speak against their batch. */
function hasUnproven(cases: Report['cases'], kind: Unproven['kind']): boolean {
  const runs = cases.flatMap((result) =>
    kind !== 'not-evaluated' || countsForVerdict(result) ? result.runs : [],
  );
  return runs.some(({ unproven }) => unproven?.kind === kind);
}

const UNPROVEN_WORDS: Readonly<Record<Unproven['kind'], string>> = {
  mismatch: 'something else was tested',
  repeated: 'a run stands more than once',
  nameless: 'a run names no test case',
  'not-evaluated': 'nothing was evaluated',
};

/** The cause in a few words; empty where only the reason says it. */
function causeInWords(cause: Cause): string {
  switch (cause.kind) {
    case 'nothing-read':
      return 'no batch was read';
    case 'lost-start':
      return 'a batch may have been started';
    case 'unread':
      return cause.of === 1
        ? 'the batch could not be read'
        : `${cause.unread} of ${cause.of} batches could not be read`;
    case 'missing':
      return `${formatCount(cause.missing)} of ${formatCount(cause.of)} runs missing`;
    case 'none-seen':
      return 'no test cases seen';
    case 'none-counts':
      return 'no test case counts';
    case 'unproven':
      return UNPROVEN_WORDS[cause.by];
    case 'unknown-status':
      return 'a status is not known';
    case 'contradiction':
      return 'the results contradict each other';
    case 'other':
      return '';
  }
}

/** Runs that were announced or asked for and are not in the list. */
function missingRuns({ batch, requestedTestCases }: WatchedBatch): { missing: number; expected: number } {
  const listedRuns = batch?.runs?.length;
  const expected = Math.max(batch?.announced.total ?? 0, requestedTestCases?.length ?? 0);
  return {
    missing: listedRuns === undefined ? 0 : Math.max(0, expected - listedRuns),
    expected: Math.max(expected, listedRuns ?? 0),
  };
}

const listed = (first: string, others: readonly string[]): string => [first, ...others].join(', ');

/** `1 failed`, `2 errored`: those of the counts that are not zero. */
function countEach(tally: Tally, ...kinds: Exclude<keyof Tally, 'total'>[]): string[] {
  return kinds.flatMap((kind) => (tally[kind] > 0 ? [`${formatCount(tally[kind])} ${kind}`] : []));
}
