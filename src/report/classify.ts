import { type FailureClass, findRemovedCases } from '../domain/comparison.ts';
import { type CaseResult, countsForVerdict, hasPassed } from '../domain/test-case.ts';
import { VERDICTS } from '../domain/verdict.ts';
import type { ClassifiedCases, Report, ReportedCase } from './report.ts';

/** Titles of the lists of a report, and labels of what is in them, in every rendering. */
export const CATEGORY_TITLES = {
  failures: 'Did not pass',
  unfinished: 'Unfinished',
  flaky: 'Flaky',
  tolerated: 'Not counted',
  brokenTests: 'Passed, broken test',
  fixed: 'Fixed',
  passed: 'Passed',
  removed: 'No longer run',
} as const satisfies Record<keyof ClassifiedCases, string>;

/** Worst first. */
const OUTCOME_ORDER: readonly string[] = VERDICTS;
const CLASS_ORDER: readonly FailureClass[] = ['regression', 'new-test-case', 'unknown', 'pre-existing'];

/** Sorts the test cases of a report into lists. */
export function classifyCases(report: Pick<Report, 'cases' | 'base' | 'judgement'>): ClassifiedCases {
  const { cases, base, judgement } = report;
  const lists = Object.groupBy(cases, categoryOf);
  const { unfinished = [], flaky = [], tolerated = [], brokenTests = [], fixed = [], passed = [] } = lists;
  const failures = (lists.failures ?? []).toSorted((a, b) => urgency(a) - urgency(b));
  // While the gate waits, or where runs were not read, a test case that was not seen may still come.
  const removed = judgement === undefined || cases.length === 0 ? [] : findRemovedCases(cases, base);
  return { failures, unfinished, flaky, tolerated, brokenTests, fixed, passed, removed };
}

const urgency = ({ failureClass, outcome }: ReportedCase): number =>
  CLASS_ORDER.indexOf(failureClass) * OUTCOME_ORDER.length + OUTCOME_ORDER.indexOf(outcome);

/** True if a test case did not pass and does not count: quarantined, or excused by `fail-on: new`. */
export const isTolerated = (result: CaseResult): boolean => !hasPassed(result) && !countsForVerdict(result);

/** The list that a test case belongs to. */
export function categoryOf(result: ReportedCase): Exclude<keyof ClassifiedCases, 'removed'> {
  if (result.outcome === 'flaky') return 'flaky';
  if (result.outcome === 'passed') {
    if (result.testFaults.length > 0) return 'brokenTests';
    return result.change === 'fixed' ? 'fixed' : 'passed';
  }
  if (isTolerated(result)) return 'tolerated';
  return result.outcome === 'unfinished' ? 'unfinished' : 'failures';
}
