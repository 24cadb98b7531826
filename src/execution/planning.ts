import type { BatchOutcome } from '../domain/batch.ts';
import { runsForNextRound } from '../domain/pass-rule.ts';
import type { Refused } from '../domain/selectors.ts';
import {
  type CaseResult,
  countsForVerdict,
  formatCaseCount,
  groupRunsByTestCase,
} from '../domain/test-case.ts';
import type { Subject } from '../providers/starter.ts';
import { refusedByProvider } from './prepare.ts';
import type { RoundsOptions } from './types.ts';

/** With more test cases than this not passed, and more than this share of all, nothing is run again. */
const TOO_MANY_FAILED = { cases: 5, share: 0.3 };

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

/** Plans the rounds after the first. */
export interface Planner {
  /** `started`: how many runs the step has started so far. */
  next(round: number, batches: readonly BatchOutcome[], started: number): Promise<NextRound>;
  /** True if one more run could still decide a test case. */
  isUndecided(batches: readonly BatchOutcome[]): Promise<boolean>;
}

/** Runs each test case as often as it must run anyway, and never twice in one batch. */
export function createPlanner(
  options: Pick<
    RoundsOptions,
    | 'plan'
    | 'rule'
    | 'maxRuns'
    | 'starter'
    | 'attachQuarantine'
    | 'obstacles'
    | 'earlier'
    | 'isComparison'
    | 'deadline'
  >,
): Planner {
  const { plan, rule, maxRuns, starter, isComparison, deadline } = options;
  // Asked once, so that all rounds repeat the same.
  const subjects = new Map<number, Subject | Refused>();
  /** By key: what cannot be run again stays as it was seen. */
  const final = new Set<string>();

  return {
    async isUndecided(batches) {
      return (await findUndecided(batches)).undecided.length > 0;
    },
    async next(round, batches, started) {
      const { cases, undecided } = await findUndecided(batches);
      const refuse = (...remarks: string[]): NextRound => ({ ...NOTHING, remarks, isRefused: true });
      if (undecided.length === 0) return NOTHING;
      if (options.obstacles(batches, cases).length > 0) {
        const were = undecided.length === 1 ? 'was' : 'were';
        return refuse(
          `${formatCaseCount(undecided.length)} ${were} not run again: the verdict cannot become passed.`,
        );
      }
      const broad = round === 2 && !isComparison ? refuseIfTooManyFailed(cases) : undefined;
      if (broad !== undefined) return refuse(broad);

      const { batchesToStart, left } = await planRound(undecided, batches);
      const remarks = left.map(
        ({ testCases, why }) => `${formatCaseCount(testCases.length)} could not be run again: ${why}`,
      );
      for (const { key } of left.flatMap(({ testCases }) => testCases)) final.add(key);
      const tooMany = refuseIfOverMaxRuns(batchesToStart, { undecided: undecided.length, started, maxRuns });
      if (tooMany !== undefined) return refuse(...remarks, tooMany);
      const testCases = undecided.filter(({ key }) => !final.has(key)).length;
      return { batchesToStart, testCases, remarks, isRefused: false };
    },
  };

  async function findUndecided(batches: readonly BatchOutcome[]) {
    if (rule.kind === 'every-run') return { cases: [], undecided: [] };
    const cases = await options.attachQuarantine(
      groupRunsByTestCase(batches, { rule, beside: options.earlier }),
    );
    const undecided = cases.filter(
      (result) =>
        runsForNextRound(result.runs, rule) > 0 && !final.has(result.key) && countsForVerdict(result),
    );
    return { cases, undecided };
  }

  /** The batches of a round, and the test cases that cannot be in it, with a sentence that says why. */
  async function planRound(undecided: readonly CaseResult[], batches: readonly BatchOutcome[]) {
    const batchesToStart: BatchToStart[] = [];
    const left: { testCases: readonly CaseResult[]; why: string }[] = [];
    for (const [batchIndex, here] of Map.groupBy(undecided, (result) => result.batchIndex)) {
      const named = here.filter(({ testCase }) => testCase.id !== undefined);
      if (named.length < here.length) {
        const testCases = here.filter((result) => !named.includes(result));
        left.push({ testCases, why: 'the provider gives no id.' });
      }
      if (named.length === 0) continue;
      const subject = subjects.get(batchIndex) ?? (await subjectForBatch(batchIndex, batches));
      subjects.set(batchIndex, subject);
      if ('problem' in subject) {
        left.push({ testCases: named, why: subject.problem });
        continue;
      }
      const most = Math.max(...named.map(({ runs }) => runsForNextRound(runs, rule)));
      for (let copy = 1; copy <= most; copy += 1) {
        const ids = named
          .filter(({ runs }) => runsForNextRound(runs, rule) >= copy)
          .flatMap(({ testCase }) => testCase.id ?? []);
        for (const testCases of splitIntoBatches(ids, starter?.batchSize ?? 1)) {
          batchesToStart.push({ batchIndex, testCases, subject });
        }
      }
    }
    return { batchesToStart, left };
  }

  async function subjectForBatch(
    batchIndex: number,
    batches: readonly BatchOutcome[],
  ): Promise<Subject | Refused> {
    if (plan.kind === 'start') return plan.subject;
    const batch = batches.find((outcome) => outcome.batchIndex === batchIndex)?.batch;
    if (starter === undefined || batch === undefined) {
      return { kind: 'refused', problem: 'nothing says what the batch tested.' };
    }
    return starter.resolveTestedVersion(batch, deadline).catch(refusedByProvider);
  }
}

/** Reason why nothing is run again after the first round: a sentence. Quarantined test cases count neither here nor there. */
function refuseIfTooManyFailed(cases: readonly CaseResult[]): string | undefined {
  const counting = cases.filter(countsForVerdict);
  const bad = counting.filter(({ runs }) =>
    runs.some(({ status }) => status === 'failed' || status === 'errored'),
  );
  if (bad.length <= TOO_MANY_FAILED.cases || bad.length <= TOO_MANY_FAILED.share * counting.length)
    return undefined;
  return `Nothing was run again: ${bad.length} of ${formatCaseCount(counting.length)} did not pass in the first round, which is too many for flakiness.`;
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

/** The test cases in batches of at most `size` (Retell: 1,000), in their order, each of them once. */
export function splitIntoBatches(testCases: readonly string[], size: number): string[][] {
  const ids = [...new Set(testCases)];
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, index) =>
    ids.slice(index * size, (index + 1) * size),
  );
}
