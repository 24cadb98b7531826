import { type BaseCase, changeOf, findRemovedCases } from '../domain/comparison.ts';
import { type CaseOutcome, type CaseResult, countsForVerdict, hasPassed } from '../domain/test-case.ts';
import type { Report } from './report.ts';

/** Whether a test case that did not pass here passes elsewhere: on the version of `compare-with`, else on the base. */
export type FailureClass = 'regression' | 'pre-existing' | 'new-test-case' | 'unknown';

/** Whose failure it is. Runs of this very step on another version say more than what is known of the base. */
export function classifyFailure(result: CaseResult, { base }: Pick<Report, 'base'>): FailureClass {
  const { comparison } = result;
  if (comparison !== undefined && hasPassed(comparison)) return 'regression';
  // One that errored or never ended on the other version could not be compared.
  if (comparison?.outcome === 'failed') return 'pre-existing';
  switch (changeOf(result, base)) {
    case 'new-failure':
      return 'regression';
    case 'still-failing':
      return 'pre-existing';
    case 'new-test-case':
      return 'new-test-case';
    default:
      return 'unknown';
  }
}

/** The test cases of a report by what a reader has to know of them; each is in one list. */
export interface ClassifiedCases {
  /** Those that ended without passing and count against the verdict: new failures first, then the worst kind. */
  readonly failures: readonly CaseResult[];
  readonly unfinished: readonly CaseResult[];
  readonly flaky: readonly CaseResult[];
  /** Quarantined or excused, and not passed. */
  readonly tolerated: readonly CaseResult[];
  /** Passed here and not on the base. */
  readonly fixed: readonly CaseResult[];
  readonly passed: readonly CaseResult[];
  /** Test cases of the base of which no run was seen. */
  readonly removed: readonly BaseCase[];
}

const OUTCOME_ORDER: readonly CaseOutcome[] = ['failed', 'errored', 'cancelled'];
const CLASS_ORDER: readonly FailureClass[] = ['regression', 'new-test-case', 'unknown', 'pre-existing'];

/** Sorts the test cases of a report into lists. */
export function classifyCases(report: Pick<Report, 'cases' | 'base' | 'judgement'>): ClassifiedCases {
  const { cases, base, judgement } = report;
  const lists = {
    failures: [] as CaseResult[],
    unfinished: [] as CaseResult[],
    flaky: [] as CaseResult[],
    tolerated: [] as CaseResult[],
    fixed: [] as CaseResult[],
    passed: [] as CaseResult[],
  };
  for (const one of cases) lists[categoryOf(one, report)].push(one);
  const order = new Map(
    lists.failures.map((one) => [
      one,
      CLASS_ORDER.indexOf(classifyFailure(one, report)) * OUTCOME_ORDER.length +
        OUTCOME_ORDER.indexOf(one.outcome),
    ]),
  );
  return {
    ...lists,
    failures: lists.failures.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)),
    // While the gate waits, or where runs were not read, a test case that was not seen may still come.
    removed: judgement === undefined || cases.length === 0 ? [] : findRemovedCases(cases, base),
  };
}

function categoryOf(
  result: CaseResult,
  { base }: Pick<Report, 'base'>,
): Exclude<keyof ClassifiedCases, 'removed'> {
  if (result.outcome === 'flaky') return 'flaky';
  if (result.outcome === 'passed') return changeOf(result, base) === 'fixed' ? 'fixed' : 'passed';
  if (!countsForVerdict(result)) return 'tolerated';
  return result.outcome === 'unfinished' ? 'unfinished' : 'failures';
}

/** How many runs of a test case passed, of how many. */
export function countPasses({ runs }: Pick<CaseResult, 'runs'>): { passes: number; total: number } {
  return { passes: runs.filter(({ status }) => status === 'passed').length, total: runs.length };
}
