import type { WatchedBatch } from '../domain/batch.ts';
import { findRepeatedRuns } from '../domain/evidence.ts';
import { decide, firstRoundRunsPerCase } from '../domain/pass-rule.ts';
import { isReliable } from '../domain/reliability.ts';
import {
  type CaseResult,
  countsForVerdict,
  formatCaseCount,
  groupRunsByTestCase,
  hasPassed,
  revisionsOf,
} from '../domain/test-case.ts';
import type { ComparedVersion } from './prepare.ts';
import { executeRounds } from './rounds.ts';
import type { RoundsOptions } from './types.ts';

/** Failures to compare, and the options of their runs. */
export interface CompareOptions extends Omit<RoundsOptions, 'plan' | 'attachQuarantine' | 'earlier'> {
  /** The test cases as they were decided on the version under test. */
  readonly cases: readonly CaseResult[];
  /** The batches in which they ran. */
  readonly batches: readonly WatchedBatch[];
  /** The version of `compare-with`. */
  readonly comparedVersion: ComparedVersion;
  /** With `fail-on: new` a test case that was shown not to pass there either does not count. */
  readonly excusesKnownFailures: boolean;
  /** Number of runs that the step has started already. */
  readonly startedRuns: number;
}

/** The test cases with their results on the other version. */
export interface Comparison {
  readonly cases: readonly CaseResult[];
  /** The other version, for a person; `undefined` where nothing was compared. */
  readonly title: string | undefined;
  readonly batches: readonly WatchedBatch[];
  readonly runs: number;
  readonly remarks: readonly string[];
}

/**
 * Runs the test cases that would make the verdict red on another version, by the same rule. Only what is shown there
 * by whole batches counts; whatever cannot be started or read changes nothing.
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { cases, comparedVersion, startedRuns, maxRuns, rule, log, excusesKnownFailures } = options;
  const bad = cases.filter(
    (result) => !hasPassed(result) && result.outcome !== 'unfinished' && countsForVerdict(result),
  );
  const ids = [...new Set(bad.flatMap(({ testCase }) => testCase.id ?? []))];
  const nothing = (...remarks: string[]) => notCompared(cases, remarks);
  if (ids.length === 0) return nothing();
  if (comparedVersion.kind === 'none') return nothing(`Nothing was compared: ${comparedVersion.problem}`);
  const { title } = comparedVersion.subject;
  if (options.obstacles(options.batches, cases).length > 0) {
    return nothing(`Nothing was compared with ${title}: the verdict cannot become passed.`);
  }
  const firstRound = ids.length * firstRoundRunsPerCase(rule);
  if (maxRuns !== undefined && startedRuns + firstRound > maxRuns) {
    return nothing(
      `Nothing was compared: that takes at least ${firstRound} more runs, and max-runs allows ${maxRuns} in all.`,
    );
  }
  log(`Comparing ${formatCaseCount(ids.length)} with ${title}.`);
  const found = await executeRounds({
    ...options,
    plan: { kind: 'start', subject: comparedVersion.subject, testCases: ids },
    maxRuns: maxRuns === undefined ? undefined : maxRuns - startedRuns,
    isComparison: true,
    earlier: options.batches,
  });
  const decisionOptions = { rule, isCutShort: found.ending !== 'settled' };
  const repeated = findRepeatedRuns([...options.batches, ...found.batches]);
  const tested = new Set(versionsIn(options.batches));
  const isShown =
    comparedVersion.isDifferent &&
    (comparedVersion.isLive || !versionsIn(found.batches).some((version) => tested.has(version))) &&
    found.edits.length === 0 &&
    found.batches.every((batch) => isReliable(batch, repeated));
  const results = new Map(
    groupRunsByTestCase(found.batches, { ...decisionOptions, otherBatches: options.batches }).flatMap(
      (result) => (result.testCase.id === undefined ? [] : [[result.testCase.id, result]]),
    ),
  );
  const remarks =
    found.startProblem === undefined ? [] : [`Not everything was compared: ${found.startProblem}`];
  return {
    cases: withoutRepeated(options, found.batches).map((result) => {
      const compared = bad.some(({ key }) => key === result.key)
        ? results.get(result.testCase.id ?? '')
        : undefined;
      if (compared === undefined) return result;
      // One that errored there, or that the rule has not decided, could not be compared, so it counts.
      const isDecided = decide(compared.runs, rule) === 'not-passed' && compared.outcome === 'failed';
      const isOneRevision = revisionsOf([...result.runs, ...compared.runs]).size <= 1;
      const isExcusedByComparison = excusesKnownFailures && isShown && isDecided && isOneRevision;
      return {
        ...result,
        comparison: { runs: compared.runs, outcome: compared.outcome },
        isExcusedByComparison,
      };
    }),
    title,
    batches: found.batches,
    runs: found.started.runs,
    remarks: [...remarks, ...[...found.remarks, ...found.edits].map((remark) => `On ${title}: ${remark}`)],
  };
}

/** The versions that batches say they tested. */
const versionsIn = (batches: readonly WatchedBatch[]): string[] =>
  batches.flatMap(({ batch }) => batch?.claims?.['version'] ?? []);

/** The test cases without the runs that stand in a batch of the comparison too: one run counts once in a step. */
function withoutRepeated(
  { cases, batches, rule }: CompareOptions,
  otherBatches: readonly WatchedBatch[],
): readonly CaseResult[] {
  const counted = new Map(
    groupRunsByTestCase(batches, { rule, otherBatches }).map((result) => [result.key, result]),
  );
  return cases.map((result) => {
    const { runs, outcome } = counted.get(result.key) ?? result;
    return { ...result, runs, outcome };
  });
}

/** The test cases as they were; `remarks` say why, if a comparison was asked for. */
export function notCompared(cases: readonly CaseResult[], remarks: readonly string[] = []): Comparison {
  return { cases, title: undefined, batches: [], runs: 0, remarks };
}
