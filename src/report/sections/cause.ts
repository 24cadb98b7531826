import { seenBatches, type WatchedBatch } from '../../domain/batch.ts';
import { findContradictions, unknownStatuses } from '../../domain/integrity.ts';
import { UNPROVEN_KINDS, type Unproven } from '../../domain/run.ts';
import { countsForVerdict } from '../../domain/test-case.ts';
import { formatCount } from '../../text/format.ts';
import type { Report } from '../report.ts';

/** Reason why nothing can be said for certain; `other`: only the reason says it. */
export type Cause =
  | 'nothing-read'
  | 'lost-start'
  | 'unread'
  | 'missing'
  | 'none-seen'
  | 'none-counts'
  | 'unknown-status'
  | 'contradiction'
  | Unproven['kind']
  | 'other';

/** Finds the cause of an inconclusive report: where there are several, that of the judge's first reason. */
export function causeOf({ batches, cases, tally, started }: Report): Cause {
  if (batches.length === 0) return started === undefined ? 'nothing-read' : 'lost-start';
  if (batches.some(({ problem }) => problem !== undefined)) return 'unread';
  if (batches.some(({ mismatch }) => mismatch !== undefined)) return 'mismatch';
  if (batches.map(missingRuns).some(({ missing }) => missing > 0)) return 'missing';
  if (tally.total === 0) return 'none-seen';
  if (cases.length > 0 && !cases.some(countsForVerdict)) return 'none-counts';
  const seen = seenBatches(batches);
  if (seen.some((batch) => unknownStatuses(batch).length > 0)) return 'unknown-status';
  if (seen.some((batch) => findContradictions(batch).length > 0)) return 'contradiction';
  return UNPROVEN_KINDS.find((kind) => hasUnproven(cases, kind)) ?? 'other';
}

/** An empty pass speaks against no test case but its own; the other kinds speak against their batch. */
function hasUnproven(cases: Report['cases'], kind: Unproven['kind']): boolean {
  const runs = cases.flatMap((result) =>
    kind !== 'not-evaluated' || countsForVerdict(result) ? result.runs : [],
  );
  return runs.some(({ unproven }) => unproven?.kind === kind);
}

const CAUSE_WORDS: Readonly<Record<Exclude<Cause, 'unread' | 'missing'>, string>> = {
  'nothing-read': 'no batch was read',
  'lost-start': 'a batch may have been started',
  'none-seen': 'no test cases seen',
  'none-counts': 'no test case counts',
  'unknown-status': 'a status is not known',
  contradiction: 'the results contradict each other',
  mismatch: 'something else was tested',
  repeated: 'a run stands more than once',
  nameless: 'a run names no test case',
  'not-evaluated': 'nothing was evaluated',
  other: '',
};

/** The cause of an inconclusive report in a few words; empty where only the reason says it. */
export function causeInWords(report: Report): string {
  const { batches } = report;
  const cause = causeOf(report);
  if (cause === 'unread') {
    const unread = batches.filter(({ problem }) => problem !== undefined).length;
    return batches.length === 1
      ? 'the batch could not be read'
      : `${unread} of ${batches.length} batches could not be read`;
  }
  if (cause === 'missing') {
    const counts = batches.map(missingRuns);
    const missing = counts.reduce((sum, count) => sum + count.missing, 0);
    const expected = counts.reduce((sum, count) => sum + count.expected, 0);
    return `${formatCount(missing)} of ${formatCount(expected)} runs missing`;
  }
  return CAUSE_WORDS[cause];
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
