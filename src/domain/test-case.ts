import { EMPTY_TALLY, type Tally, type WatchedBatch } from './batch.ts';
import { countingRuns, findRepeatedRuns } from './evidence.ts';
import { decide, EVERY_RUN, type PassRule, type RoundRun } from './pass-rule.ts';
import type { Quarantine } from './quarantine.ts';
import { countsAsNotPassed, type Run, type TestCase } from './run.ts';

/** Outcomes of a test case over all its runs. `flaky` passed by the rule, with a run that did not pass. */
export const CASE_OUTCOMES = ['passed', 'flaky', 'failed', 'errored', 'cancelled', 'unfinished'] as const;
/** See `CASE_OUTCOMES`. */
export type CaseOutcome = (typeof CASE_OUTCOMES)[number];

/** A test case with all its runs: the unit of every judgement, count and report. */
export interface CaseResult {
  /** Key by which its runs are grouped; never empty and never a name. */
  readonly key: string;
  readonly testCase: TestCase;
  /** Index of the batch of the first round that it belongs to. */
  readonly batchIndex: number;
  /** In the order of the rounds, and within one in that of the provider's list; at least one. */
  readonly runs: readonly [RoundRun, ...RoundRun[]];
  readonly outcome: CaseOutcome;
  /**
   * Its runs are of different revisions: it was edited while it was tested. Such runs are not added up, so what would be
   * passed or flaky is unfinished.
   */
  readonly isEdited?: boolean | undefined;
  /** The entry of the quarantine file about it, if there is one. */
  readonly quarantine?: Quarantine | undefined;
  /** Its runs on the version of `compare-with`, decided by the same rule; absent if it was not compared. */
  readonly comparison?: Pick<CaseResult, 'runs' | 'outcome'> | undefined;
  /** With `fail-on: new`: it was shown not to pass on the other version either, so it does not count. */
  readonly isExcusedByComparison?: boolean | undefined;
}

/** True if the outcome counts for the verdict. A quarantined test case makes it neither red nor green. */
export const countsForVerdict = ({ quarantine, isExcusedByComparison }: CaseResult): boolean =>
  quarantine?.state !== 'in-force' && isExcusedByComparison !== true;

/** By what test cases are decided, and whether they were given the time for it. */
export interface DecisionOptions {
  readonly rule: PassRule;
  /** The deadline or a cancellation came before everything was decided: what is undecided is unfinished. */
  readonly isCutShort?: boolean | undefined;
  /** Other batches of the same step: a run that stands in them too proves nothing. */
  readonly otherBatches?: readonly WatchedBatch[] | undefined;
}

/**
 * Groups the runs of all batches that count by test case: by the place of the batch in the first round and the provider's id
 * of the test case; where the provider gives none, each run is a test case of its own. Two given batches that hold the same
 * test case hold two.
 */
export function groupRunsByTestCase(
  batches: readonly WatchedBatch[],
  decisionOptions: DecisionOptions = { rule: EVERY_RUN },
): CaseResult[] {
  const groups = new Map<string, { batchIndex: number; runs: [RoundRun, ...RoundRun[]] }>();
  const repeated = findRepeatedRuns([...batches, ...(decisionOptions.otherBatches ?? [])]);
  for (const watched of batches.toSorted((a, b) => a.round - b.round)) {
    const { id: batchId, batchIndex, round } = watched;
    for (const run of countingRuns(watched, repeated)) {
      const own = { ...run, round, batchId };
      // Ids of test cases and of runs are different things, so one kind is marked.
      const key = run.testCase.id ? `${batchIndex} ${run.testCase.id}` : `${batchIndex} run ${run.id}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { batchIndex, runs: [own] });
      else group.runs.push(own);
    }
  }
  return [...groups].map(([key, { batchIndex, runs }]) => {
    const outcome = outcomeOf(runs, decisionOptions);
    const isEdited = revisionsOf(runs).size > 1;
    return {
      key,
      testCase: runs[0].testCase,
      batchIndex,
      runs,
      outcome: isEdited && hasPassed({ outcome }) ? 'unfinished' : outcome,
      ...(isEdited && { isEdited }),
    };
  });
}

/**
 * The ids of runs that passed although another run of their test case did not: of each test case the first that has its
 * conversation, else the first.
 */
export function findPassedBesideFailures(runs: readonly Run[]): ReadonlySet<string> {
  const failed = new Set(runs.filter(countsAsNotPassed).map(({ testCase }) => testCase.id));
  const found = new Map<string, Run>();
  for (const run of runs) {
    const { id } = run.testCase;
    if (run.status !== 'passed' || id === undefined || !failed.has(id)) continue;
    const known = found.get(id);
    if (known === undefined || (known.turns.length === 0 && run.turns.length > 0)) found.set(id, run);
  }
  return new Set([...found.values()].map(({ id }) => id));
}

/** The revisions of the test case that its runs tell. */
export const revisionsOf = (runs: readonly RoundRun[]): ReadonlySet<number> =>
  new Set(runs.flatMap(({ testCase }) => testCase.revision ?? []));

/** The batches of the first round by place: several at one place run the same test cases in parallel (`repeat`). */
export function firstRoundPlaces(
  batches: readonly WatchedBatch[],
): ReadonlyMap<number, readonly WatchedBatch[]> {
  return Map.groupBy(
    batches.filter(({ round }) => round === 1),
    ({ batchIndex }) => batchIndex,
  );
}

/**
 * Outcome of a test case by its runs. Where no more runs come and the rule has not decided, what was seen stands: a re-run
 * that could not be started or read never helps.
 */
export function outcomeOf(
  runs: readonly RoundRun[],
  { rule, isCutShort = false }: DecisionOptions,
): CaseOutcome {
  const has = (status: RoundRun['status']) => runs.some((run) => run.status === status);
  const decision = decide(runs, rule);
  switch (decision) {
    case 'passed':
    case 'flaky':
    case 'cancelled':
      return decision;
    case 'undecided':
      if (isCutShort) return 'unfinished';
  }
  if (has('failed')) return 'failed';
  if (has('errored')) return 'errored';
  return 'unfinished';
}

/** The first run that made the outcome what it is; of a flaky test case the first that did not pass. */
export function decisiveRun({ runs, outcome }: Pick<CaseResult, 'runs' | 'outcome'>): RoundRun {
  const found =
    outcome === 'flaky'
      ? runs.find(({ status }) => status !== 'passed')
      : runs.find(({ status }) => status === (outcome === 'unfinished' ? 'pending' : outcome));
  return found ?? runs[0];
}

/** True if a test case passed, by its first run or by the rule. */
export const hasPassed = ({ outcome }: Pick<CaseResult, 'outcome'>): boolean =>
  outcome === 'passed' || outcome === 'flaky';

/**
 * Counts test cases. Those of the first round that were asked for, or announced, and that have no run count as unfinished;
 * where the runs were not read at all, the provider's own counts serve.
 */
export function tally(
  batches: readonly WatchedBatch[],
  cases: readonly CaseResult[] = groupRunsByTestCase(batches),
): Tally {
  const sum = { ...EMPTY_TALLY };
  for (const result of cases) {
    if (hasPassed(result)) sum.passed += 1;
    else if (!countsForVerdict(result)) sum.tolerated += 1;
    else sum[result.outcome as Exclude<CaseOutcome, 'flaky'>] += 1;
    if (result.outcome === 'flaky') sum.flaky += 1;
  }
  const keys = new Set(cases.map(({ key }) => key));
  for (const [batchIndex, parallel] of firstRoundPlaces(batches)) {
    // All of them announce the same test cases: one of them is counted.
    const { batch, requestedTestCases } =
      parallel.find((watched) => watched.batch?.runs !== undefined) ?? parallel[0] ?? {};
    const { announced = {}, runs } = batch ?? {};
    if (runs === undefined) {
      let seen = 0;
      for (const kind of ['passed', 'failed', 'errored', 'cancelled'] as const) {
        sum[kind] += announced[kind] ?? 0;
        seen += announced[kind] ?? 0;
      }
      sum.unfinished += Math.max(0, (requestedTestCases?.length ?? announced.total ?? 0) - seen);
    } else if (requestedTestCases === undefined) {
      sum.unfinished += Math.max(0, (announced.total ?? 0) - runs.length);
    } else {
      sum.unfinished += requestedTestCases.filter((id) => !keys.has(`${batchIndex} ${id}`)).length;
    }
  }
  const { passed, failed, errored, cancelled, unfinished, tolerated } = sum;
  return { ...sum, total: passed + failed + errored + cancelled + unfinished + tolerated };
}

/** "1 test case", "2 test cases" */
export const formatCaseCount = (count: number): string =>
  count === 1 ? '1 test case' : `${count} test cases`;

/** Number of test cases that passed at their first run; the provider's own count where the runs were not read. */
export function countFirstRunPasses(cases: readonly CaseResult[], { passed }: Tally): number {
  return cases.length === 0 ? passed : cases.filter(({ runs }) => runs[0].status === 'passed').length;
}

/**
 * The share of test cases whose first run passed, with Wilson's 95 % interval; `undefined` without test cases. First
 * runs only, since re-runs of failures would bias it.
 */
export function firstPassRate(
  passes: number,
  total: number,
): { readonly rate: number; readonly low: number; readonly high: number } | undefined {
  if (total === 0) return undefined;
  const z = 1.959964;
  const rate = passes / total;
  const zz = (z * z) / total;
  const middle = (rate + zz / 2) / (1 + zz);
  const half = (z * Math.sqrt((rate * (1 - rate) + zz / 4) / total)) / (1 + zz);
  return { rate, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
