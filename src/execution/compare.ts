import type { BatchOutcome } from '../domain/batch.ts';
import { decide, firstRoundRunsPerCase, type PassRule } from '../domain/pass-rule.ts';
import type { Target, Version } from '../domain/target.ts';
import {
  type CaseResult,
  countsForVerdict,
  formatCaseCount,
  groupRunsByTestCase,
  hasPassed,
} from '../domain/test-case.ts';
import { isReliable } from '../domain/verdict.ts';
import type { BatchStarter, Subject } from '../providers/starter.ts';
import { refusedByProvider } from './prepare.ts';
import { executeRounds } from './rounds.ts';
import type { RoundsOptions } from './types.ts';

/** What is to be compared, and how it is run. */
export interface CompareOptions extends Omit<RoundsOptions, 'plan' | 'starter' | 'excludedFromReruns'> {
  /** The test cases as they were decided on the version under test. */
  readonly cases: readonly CaseResult[];
  /** What was under test. */
  readonly subject: Subject;
  readonly target: Target | undefined;
  readonly starter: BatchStarter;
  /** The input `compare-with`. */
  readonly version: Version;
  /** With `fail-on: new` a test case that was shown not to pass there either does not count. */
  readonly excusesKnownFailures: boolean;
  /** How many runs the step has started already. */
  readonly startedRuns: number;
}

/** The test cases with what became of them on the other version. */
export interface Comparison {
  readonly cases: readonly CaseResult[];
  /** The other version, for a person; `undefined` where nothing was compared. */
  readonly title: string | undefined;
  readonly batches: readonly BatchOutcome[];
  readonly runs: number;
  readonly remarks: readonly string[];
}

/**
 * Runs the test cases that would make the verdict red on another version, by the same rule. Only what is shown there
 * by whole batches counts; whatever cannot be started or read changes nothing.
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { cases, subject, startedRuns, maxRuns, rule, log, excusesKnownFailures } = options;
  const { starter, target, version, deadline } = options;
  const bad = cases.filter((one) => !hasPassed(one) && one.outcome !== 'unfinished' && countsForVerdict(one));
  const ids = [...new Set(bad.flatMap(({ testCase }) => testCase.id ?? []))];
  const nothing = (...remarks: string[]) => notCompared(cases, remarks);
  if (ids.length === 0) return nothing();
  const comparedSubject = await starter.resolve({ target, version }, deadline).catch(refusedByProvider);
  if ('problem' in comparedSubject) return nothing(`Nothing was compared: ${comparedSubject.problem}`);
  if (isSameSubject(comparedSubject, subject)) {
    return nothing(
      `Nothing was compared: compare-with is the version under test (${comparedSubject.title}).`,
    );
  }
  const firstRound = ids.length * firstRoundRunsPerCase(rule);
  if (maxRuns !== undefined && startedRuns + firstRound > maxRuns) {
    return nothing(
      `Nothing was compared: that takes at least ${firstRound} more runs, and max-runs allows ${maxRuns} in all.`,
    );
  }
  log(`Comparing ${formatCaseCount(ids.length)} with ${comparedSubject.title}.`);
  const comparisonExecution = await executeRounds({
    ...options,
    plan: { kind: 'start', subject: comparedSubject, testCases: ids },
    maxRuns: maxRuns === undefined ? undefined : maxRuns - startedRuns,
    isComparison: true,
    excludedFromReruns: async () => new Set(),
  });
  const results = comparisonResults(comparisonExecution.batches, {
    rule,
    isCutShort: comparisonExecution.ending !== 'settled',
  });
  const remarks =
    comparisonExecution.startProblem === undefined
      ? []
      : [`Not everything was compared: ${comparisonExecution.startProblem}`];
  return {
    cases: cases.map((one) => {
      const found = bad.includes(one) ? results.get(one.testCase.id ?? '') : undefined;
      if (found === undefined) return one;
      // One that errored there, or that the rule has not decided, could not be compared, so it counts.
      const isDecided = decide(found.runs, rule) === 'not-passed';
      const isExcusedByComparison =
        excusesKnownFailures && isDecided && found.outcome === 'failed' && found.isReliable;
      return { ...one, comparison: { runs: found.runs, outcome: found.outcome }, isExcusedByComparison };
    }),
    title: comparedSubject.title,
    batches: comparisonExecution.batches,
    runs: comparisonExecution.started.runs,
    remarks: [
      ...remarks,
      ...comparisonExecution.remarks.map((remark) => `On ${comparedSubject.title}: ${remark}`),
    ],
  };
}

/** The test cases as they were; `remarks` say why, if it was wanted. */
export function notCompared(cases: readonly CaseResult[], remarks: readonly string[] = []): Comparison {
  return { cases, title: undefined, batches: [], runs: 0, remarks };
}

/** Whether two subjects are one version. Where lists do not tell versions (Bland), equal requests ask for the same one. */
function isSameSubject(a: Subject, b: Subject): boolean {
  if (a.key !== undefined && a.key === b.key) return true;
  return JSON.stringify(a.request) === JSON.stringify(b.request);
}

/** By the id of the test case. `isReliable`: every batch that its runs come from can be believed. */
function comparisonResults(
  batches: readonly BatchOutcome[],
  decisionOptions: { rule: PassRule; isCutShort: boolean },
): Map<string, CaseResult & { isReliable: boolean }> {
  const areWhole = batches.every(isReliable);
  return new Map(
    groupRunsByTestCase(batches, decisionOptions).flatMap((one) =>
      one.testCase.id === undefined ? [] : [[one.testCase.id, { ...one, isReliable: areWhole }]],
    ),
  );
}
