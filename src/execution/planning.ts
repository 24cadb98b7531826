import type { WatchedBatch } from '../domain/batch.ts';
import { findContradictions, unknownStatuses } from '../domain/integrity.ts';
import { firstRoundRunsPerCase, maxRunsPerCase, type PassRule } from '../domain/pass-rule.ts';
import type { Refused } from '../domain/result.ts';
import { countsAsNotPassed } from '../domain/run.ts';
import { type CaseResult, countsForVerdict, formatCaseCount } from '../domain/test-case.ts';
import type { Subject } from '../providers/starter.ts';
import { createSubjectResolver } from './tested-subject.ts';
import type { RoundsOptions } from './types.ts';
import { findUndecided, type IsOpen, isCaseCountKnown, type Undecided } from './undecided.ts';

/** With more test cases than this not passed, and more than this share of all, nothing is run again. */
const TOO_MANY_FAILED = { cases: 5, share: 0.3 };

/** The most runs that a step can start for so many test cases; `compares`: with a comparison after them. */
export function maxRunsOfStep(
  testCases: number,
  { rule, compares }: { readonly rule: PassRule; readonly compares: boolean },
): number {
  const [first, most] = [firstRoundRunsPerCase(rule), maxRunsPerCase(rule)];
  // With `repeat: 3/4` a test case may pass in all runs of the first round, and fail in those that it still needs.
  const areFirstPassesFinal = rule.kind !== 'repeat' || first === rule.need;
  const repeated = areFirstPassesFinal
    ? Math.min(testCases, Math.max(TOO_MANY_FAILED.cases, Math.floor(TOO_MANY_FAILED.share * testCases)))
    : testCases;
  return testCases * first + repeated * (most - first) + (compares ? testCases * most : 0);
}

/** One batch to start. */
export interface BatchToStart {
  readonly batchIndex: number;
  readonly testCases: readonly string[];
  readonly subject: Subject;
}

/** A round after the first. */
export interface NextRound {
  /** Empty where nothing is, or may be, run again. */
  readonly batchesToStart: readonly BatchToStart[];
  /** Number of test cases that are run again. */
  readonly testCases: number;
  /** Reasons why test cases are not run again: sentences. */
  readonly remarks: readonly string[];
  /** The round is not started although more runs could decide test cases. */
  readonly isRefused: boolean;
}

const NOTHING: NextRound = { batchesToStart: [], testCases: 0, remarks: [], isRefused: false };

/** The batches of a step at one moment, and what was started so far. */
export interface Situation {
  /** Every batch as last seen. */
  readonly batches: readonly WatchedBatch[];
  readonly isOpen: IsOpen;
  /** Number of runs that the step has started so far. */
  readonly started: number;
}

type PlannerOptions = Pick<
  RoundsOptions,
  'plan' | 'rule' | 'maxRuns' | 'starter' | 'attachQuarantine' | 'obstacles' | 'earlier' | 'isComparison'
>;

/** Plans the runs after the first: each test case as often as it must run anyway, and never twice in one batch. */
export function createPlanner(options: PlannerOptions) {
  const { maxRuns, starter, isComparison } = options;
  const subjectOf = createSubjectResolver(options);
  /** By key: what cannot be run again stays as it was seen. */
  const final = new Set<string>();
  const never = () => false;

  function plan(
    undecided: readonly Undecided[],
    { batches, started }: Situation,
    refuse: (...remarks: string[]) => NextRound,
  ): NextRound {
    const { batchesToStart, left } = planRound(undecided, {
      batchSize: starter.batchSize,
      subjectOf: (batchIndex) => subjectOf(batchIndex, batches),
    });
    const remarks = left.map(
      ({ testCases, why }) => `${formatCaseCount(testCases.length)} could not be run again: ${why}`,
    );
    for (const { key } of left.flatMap(({ testCases }) => testCases)) final.add(key);
    const tooMany = refuseIfOverMaxRuns(batchesToStart, { undecided: undecided.length, started, maxRuns });
    if (tooMany !== undefined) return refuse(...remarks, tooMany);
    const testCases = undecided.filter(({ key }) => !final.has(key)).length;
    return { batchesToStart, testCases, remarks, isRefused: false };
  }

  return {
    /** True if one more run could still decide a test case. */
    async isUndecided(batches: readonly WatchedBatch[]): Promise<boolean> {
      return (await findUndecided(batches, { ...options, isOpen: never, final })).undecided.length > 0;
    },
    /** After the end of all batches, and of the first round: what to run again, or why nothing is. */
    async next(situation: Situation): Promise<NextRound> {
      const { batches } = situation;
      const { cases, undecided } = await findUndecided(batches, { ...options, isOpen: never, final });
      const refuse = (...remarks: string[]): NextRound => ({ ...NOTHING, remarks, isRefused: true });
      if (undecided.length === 0) return NOTHING;
      if (options.obstacles(batches, cases).length > 0) {
        const were = undecided.length === 1 ? 'was' : 'were';
        return refuse(
          `${formatCaseCount(undecided.length)} ${were} not run again: the verdict cannot become passed.`,
        );
      }
      const broad = isComparison ? undefined : refuseIfTooManyFailed(cases, batches);
      if (broad !== undefined) return refuse(broad);
      return plan(undecided, situation, refuse);
    },
    /** While batches are open: what must be run again whatever they bring. Refuses nothing. */
    async early(situation: Situation): Promise<NextRound> {
      const { batches, isOpen } = situation;
      const { cases, undecided } = await findUndecided(batches, { ...options, isOpen, final });
      if (undecided.length === 0 || !isCaseCountKnown(batches, { ...options, isOpen })) return NOTHING;
      if (batches.some((watched) => isOpen(watched.id) && isInDoubt(watched))) return NOTHING;
      if (options.obstacles(batches, cases, isOpen).length > 0) return NOTHING;
      if (!isComparison && firstFailures(cases).length > TOO_MANY_FAILED.cases) return NOTHING;
      return plan(undecided, situation, () => NOTHING);
    },
  };
}

/** The batches of a round, and the test cases that cannot be in it, with a sentence that says why. */
function planRound(
  undecided: readonly Undecided[],
  {
    batchSize,
    subjectOf,
  }: {
    readonly batchSize: number | undefined;
    readonly subjectOf: (batchIndex: number) => Subject | Refused;
  },
) {
  const batchesToStart: BatchToStart[] = [];
  const left: { testCases: readonly Undecided[]; why: string }[] = [];
  for (const [batchIndex, here] of Map.groupBy(undecided, (result) => result.batchIndex)) {
    const named = here.filter(({ testCase }) => testCase.id !== undefined);
    if (named.length < here.length) {
      const testCases = here.filter((result) => !named.includes(result));
      left.push({ testCases, why: 'the provider gives no id.' });
    }
    if (named.length === 0) continue;
    const subject = subjectOf(batchIndex);
    if ('problem' in subject) {
      left.push({ testCases: named, why: subject.problem });
      continue;
    }
    const most = Math.max(...named.map(({ more }) => more));
    for (let copy = 1; copy <= most; copy += 1) {
      const ids = named.filter(({ more }) => more >= copy).flatMap(({ testCase }) => testCase.id ?? []);
      for (const testCases of splitIntoBatches(ids, batchSize)) {
        batchesToStart.push({ batchIndex, testCases, subject });
      }
    }
  }
  return { batchesToStart, left };
}

/** True if a batch is read again for what may stay wrong: then no further run could help. */
const isInDoubt = ({ batch }: WatchedBatch): boolean =>
  batch !== undefined && (unknownStatuses(batch).length > 0 || findContradictions(batch).length > 0);

/** Test cases that count and of which a first run did not pass. */
const firstFailures = (cases: readonly CaseResult[]): readonly CaseResult[] =>
  cases.filter((result) => {
    const first = result.runs.filter(({ round }) => round === 1);
    return countsForVerdict(result) && first.some(countsAsNotPassed);
  });

/** Reason why nothing is run again after the first round: a sentence. Quarantined test cases count neither here nor there. */
function refuseIfTooManyFailed(
  cases: readonly CaseResult[],
  batches: readonly WatchedBatch[],
): string | undefined {
  const counting = cases.filter(countsForVerdict);
  const bad = firstFailures(cases);
  if (bad.length <= TOO_MANY_FAILED.cases || bad.length <= TOO_MANY_FAILED.share * counting.length) {
    return undefined;
  }
  const nothing = batches.some(({ round }) => round > 1) ? 'Nothing more' : 'Nothing';
  return `${nothing} was run again: ${bad.length} of ${formatCaseCount(counting.length)} did not pass in the first round, which is too many for flakiness.`;
}

/** Reason why a round of more runs than the step may start is not started: a sentence. */
function refuseIfOverMaxRuns(
  batchesToStart: readonly BatchToStart[],
  { undecided, started, maxRuns }: { undecided: number; started: number; maxRuns: number | undefined },
): string | undefined {
  const runs = batchesToStart.reduce((sum, { testCases }) => sum + testCases.length, 0);
  if (maxRuns === undefined || runs === 0 || started + runs <= maxRuns) return undefined;
  return `${formatCaseCount(undecided)} ${undecided === 1 ? 'was' : 'were'} not run again: that takes ${runs} more runs, and max-runs allows ${maxRuns} in all.`;
}

/** The test cases in batches of at most `size` (Retell: 1,000; without limit, if absent), in their order, each of them once. */
export function splitIntoBatches(testCases: readonly string[], size = Number.MAX_SAFE_INTEGER): string[][] {
  const ids = [...new Set(testCases)];
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, index) =>
    ids.slice(index * size, (index + 1) * size),
  );
}
