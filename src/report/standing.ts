import { type BaseCase, changeOf, noLongerRun } from '../domain/comparison.ts';
import { type CaseOutcome, type CaseResult, countsForVerdict, hasPassed } from '../domain/test-case.ts';
import type { Report } from './report.ts';

/** Whether a test case that did not pass here passes elsewhere: on the version of `compare-with`, else on the base. */
export type Standing = 'new' | 'old' | 'new-test-case' | 'unknown';

/** Whose failure it is. Runs of this very step on another version say more than what is known of the base. */
export function standingOf(result: CaseResult, { base }: Pick<Report, 'base'>): Standing {
  const { elsewhere } = result;
  if (elsewhere !== undefined && hasPassed(elsewhere)) return 'new';
  // One that errored or never ended on the other version could not be compared.
  if (elsewhere?.outcome === 'failed') return 'old';
  switch (changeOf(result, base)) {
    case 'new-failure':
      return 'new';
    case 'still-failing':
      return 'old';
    case 'new-test-case':
      return 'new-test-case';
    default:
      return 'unknown';
  }
}

/** The test cases of a report by what a reader has to know of them; each is in one list. */
export interface Outline {
  /** Those that ended without passing and count against the verdict: new failures first, then the worst kind. */
  readonly bad: readonly CaseResult[];
  readonly unfinished: readonly CaseResult[];
  readonly flaky: readonly CaseResult[];
  /** Quarantined or excused, and not passed. */
  readonly tolerated: readonly CaseResult[];
  /** Passed here and not on the base. */
  readonly fixed: readonly CaseResult[];
  readonly passed: readonly CaseResult[];
  /** Test cases of the base of which no run was seen. */
  readonly gone: readonly BaseCase[];
}

const OUTCOMES: readonly CaseOutcome[] = ['failed', 'errored', 'cancelled'];
const STANDINGS: readonly Standing[] = ['new', 'new-test-case', 'unknown', 'old'];

/** Sorts the test cases of a report into lists. */
export function outlineOf(report: Pick<Report, 'cases' | 'base' | 'judgement'>): Outline {
  const { cases, base, judgement } = report;
  const lists = {
    bad: [] as CaseResult[],
    unfinished: [] as CaseResult[],
    flaky: [] as CaseResult[],
    tolerated: [] as CaseResult[],
    fixed: [] as CaseResult[],
    passed: [] as CaseResult[],
  };
  for (const one of cases) lists[listOf(one, report)].push(one);
  const order = new Map(
    lists.bad.map((one) => [
      one,
      STANDINGS.indexOf(standingOf(one, report)) * OUTCOMES.length + OUTCOMES.indexOf(one.outcome),
    ]),
  );
  return {
    ...lists,
    bad: lists.bad.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)),
    // While the gate waits, or where runs were not read, a test case that was not seen may still come.
    gone: judgement === undefined || cases.length === 0 ? [] : noLongerRun(cases, base),
  };
}

function listOf(result: CaseResult, { base }: Pick<Report, 'base'>): Exclude<keyof Outline, 'gone'> {
  if (result.outcome === 'flaky') return 'flaky';
  if (result.outcome === 'passed') return changeOf(result, base) === 'fixed' ? 'fixed' : 'passed';
  if (!countsForVerdict(result)) return 'tolerated';
  return result.outcome === 'unfinished' ? 'unfinished' : 'bad';
}

/** How many runs of a test case passed, of how many. */
export function passesOf({ runs }: Pick<CaseResult, 'runs'>): { passes: number; total: number } {
  return { passes: runs.filter(({ status }) => status === 'passed').length, total: runs.length };
}
