import { seenBatches, type WatchedBatch } from '../../domain/batch.ts';
import { findContradictions, unknownStatuses } from '../../domain/integrity.ts';
import { UNPROVEN_KINDS, type Unproven } from '../../domain/run.ts';
import { countsForVerdict } from '../../domain/test-case.ts';
import { formatCount } from '../../text/format.ts';
import type { Report } from '../report.ts';

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
export function causeInWords(cause: Cause): string {
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
