import type { BatchOutcome } from '../domain/batch.ts';
import { decide, firstRuns, type PassRule } from '../domain/pass-rule.ts';
import type { Target, Version } from '../domain/target.ts';
import { type CaseResult, countCases, countsForVerdict, hasPassed, resultsOf } from '../domain/test-case.ts';
import { isWhole } from '../domain/verdict.ts';
import type { Starter, Subject } from '../providers/starter.ts';
import { refusedByProvider } from './prepare.ts';
import { executeRounds } from './rounds.ts';
import type { RoundsOptions } from './types.ts';

/** What is to be compared, and how it is run. */
export interface CompareOptions extends Omit<RoundsOptions, 'plan' | 'starter' | 'notAgain'> {
  /** The test cases as they were decided on the version under test. */
  readonly cases: readonly CaseResult[];
  /** What was under test. */
  readonly subject: Subject;
  readonly target: Target | undefined;
  readonly starter: Starter;
  /** The input `compare-with`. */
  readonly version: Version;
  /** With `fail-on: new` a test case that was shown not to pass there either does not count. */
  readonly excuses: boolean;
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
  const { cases, subject, startedRuns, maxRuns, rule, log, excuses } = options;
  const { starter, target, version, deadline } = options;
  const bad = cases.filter((one) => !hasPassed(one) && one.outcome !== 'unfinished' && countsForVerdict(one));
  const ids = [...new Set(bad.flatMap(({ testCase }) => testCase.id ?? []))];
  const nothing = (...remarks: string[]) => notCompared(cases, remarks);
  if (ids.length === 0) return nothing();
  const other = await starter.resolve({ target, version }, deadline).catch(refusedByProvider);
  if ('problem' in other) return nothing(`Nothing was compared: ${other.problem}`);
  if (isSame(other, subject)) {
    return nothing(`Nothing was compared: compare-with is the version under test (${other.title}).`);
  }
  const firstRound = ids.length * firstRuns(rule);
  if (maxRuns !== undefined && startedRuns + firstRound > maxRuns) {
    return nothing(
      `Nothing was compared: that takes at least ${firstRound} more runs, and max-runs allows ${maxRuns} in all.`,
    );
  }
  log(`Comparing ${countCases(ids.length)} with ${other.title}.`);
  const there = await executeRounds({
    ...options,
    plan: { kind: 'start', subject: other, testCases: ids },
    maxRuns: maxRuns === undefined ? undefined : maxRuns - startedRuns,
    isComparison: true,
    notAgain: async () => new Set(),
  });
  const results = resultsElsewhere(there.batches, { rule, isOver: there.ending !== 'settled' });
  const remarks =
    there.startProblem === undefined ? [] : [`Not everything was compared: ${there.startProblem}`];
  return {
    cases: cases.map((one) => {
      const found = bad.includes(one) ? results.get(one.testCase.id ?? '') : undefined;
      if (found === undefined) return one;
      // One that errored there, or that the rule has not decided, could not be compared, so it counts.
      const isDecided = decide(found.runs, rule) === 'not-passed';
      const isExcused = excuses && isDecided && found.outcome === 'failed' && found.isShown;
      return { ...one, elsewhere: { runs: found.runs, outcome: found.outcome }, isExcused };
    }),
    title: other.title,
    batches: there.batches,
    runs: there.started.runs,
    remarks: [...remarks, ...there.remarks.map((remark) => `On ${other.title}: ${remark}`)],
  };
}

/** The test cases as they were; `remarks` say why, if it was wanted. */
export function notCompared(cases: readonly CaseResult[], remarks: readonly string[] = []): Comparison {
  return { cases, title: undefined, batches: [], runs: 0, remarks };
}

/** Whether two subjects are one version. Where lists do not tell versions (Bland), equal requests ask for the same one. */
function isSame(a: Subject, b: Subject): boolean {
  if (a.key !== undefined && a.key === b.key) return true;
  return JSON.stringify(a.request) === JSON.stringify(b.request);
}

/** By the id of the test case. `isShown`: every batch that its runs come from can be believed. */
function resultsElsewhere(
  batches: readonly BatchOutcome[],
  deciding: { rule: PassRule; isOver: boolean },
): Map<string, CaseResult & { isShown: boolean }> {
  const areWhole = batches.every(isWhole);
  return new Map(
    resultsOf(batches, deciding).flatMap((one) =>
      one.testCase.id === undefined ? [] : [[one.testCase.id, { ...one, isShown: areWhole }]],
    ),
  );
}
