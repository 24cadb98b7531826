import type { BatchOutcome, Tally } from './batch.ts';
import type { Run, TestCase } from './run.ts';

/** What became of a test case, over all its runs. */
export const CASE_OUTCOMES = ['passed', 'failed', 'errored', 'cancelled', 'unfinished'] as const;
/** See `CASE_OUTCOMES`. */
export type CaseOutcome = (typeof CASE_OUTCOMES)[number];

/** A test case with all its runs: the unit of every judgement, count and report. */
export interface CaseResult {
  /** What its runs are grouped by; never empty and never a name. */
  readonly key: string;
  readonly testCase: TestCase;
  /** Which batch it belongs to: the index in the list of all. */
  readonly place: number;
  /** In the order in which the provider lists them; at least one. */
  readonly runs: readonly [Run, ...Run[]];
  readonly outcome: CaseOutcome;
}

/**
 * Groups the runs of all batches by test case: by the batch's place and the provider's id of the test case; where the
 * provider gives none, each run is a test case of its own. Two batches that hold the same test case hold two.
 */
export function resultsOf(batches: readonly BatchOutcome[]): CaseResult[] {
  return batches.flatMap(({ batch }, place) => {
    const groups = new Map<string, [Run, ...Run[]]>();
    for (const run of batch?.runs ?? []) {
      // Ids of test cases and of runs are different things, so one kind is marked.
      const key = run.testCase.id ? `${place} ${run.testCase.id}` : `${place} run ${run.id}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [run]);
      else group.push(run);
    }
    return [...groups].map(([key, runs]) => ({
      key,
      testCase: runs[0].testCase,
      place,
      runs,
      outcome: outcomeOf(runs),
    }));
  });
}

/** Every run counts: a test case passes only if all its runs passed. Otherwise its worst run decides. */
export function outcomeOf(runs: readonly Run[]): CaseOutcome {
  const has = (status: Run['status']) => runs.some((run) => run.status === status);
  if (has('failed')) return 'failed';
  if (has('errored')) return 'errored';
  if (has('cancelled')) return 'cancelled';
  return runs.length > 0 && !has('pending') ? 'passed' : 'unfinished';
}

/** The first run that made the outcome what it is: the one to show when there is room for one. */
export function decisiveRun({ runs, outcome }: Pick<CaseResult, 'runs' | 'outcome'>): Run {
  const status = outcome === 'unfinished' ? 'pending' : outcome;
  return runs.find((run) => run.status === status) ?? runs[0];
}

/**
 * Counts test cases, over any number of batches. Runs that the provider announced and that were not seen count as one
 * unfinished test case each; where the runs were not read at all, the provider's own counts serve.
 */
export function tally(batches: readonly BatchOutcome[]): Tally {
  const sum = { passed: 0, failed: 0, errored: 0, cancelled: 0, unfinished: 0 };
  for (const { outcome } of resultsOf(batches)) sum[outcome] += 1;
  for (const { batch } of batches) {
    if (batch === undefined) continue;
    const { announced, runs } = batch;
    let seen = runs?.length ?? 0;
    if (runs === undefined) {
      for (const kind of ['passed', 'failed', 'errored', 'cancelled'] as const) {
        sum[kind] += announced[kind] ?? 0;
        seen += announced[kind] ?? 0;
      }
    }
    sum.unfinished += Math.max(0, (announced.total ?? 0) - seen);
  }
  return { total: sum.passed + sum.failed + sum.errored + sum.cancelled + sum.unfinished, ...sum };
}

/** "1 test case", "2 test cases", "2 unfinished test cases" */
export function countCases(count: number, kind = ''): string {
  return `${count} ${kind === '' ? '' : `${kind} `}test ${count === 1 ? 'case' : 'cases'}`;
}
