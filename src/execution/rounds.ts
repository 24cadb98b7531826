import type { Clock, Deadline } from '../clock.ts';
import type { BatchOutcome } from '../domain/batch.ts';
import { missingCases } from '../domain/integrity.ts';
import { firstRuns, type PassRule, runsToStart } from '../domain/pass-rule.ts';
import { type CaseResult, countCases, resultsOf } from '../domain/test-case.ts';
import type { Ending } from '../domain/verdict.ts';
import { ProviderError } from '../errors.ts';
import type { Starter, Subject } from '../providers/starter.ts';
import { OLDEST_LISTED_MS, type Start, splitIntoBatches, startOnce, tooManyRuns } from './starting.ts';

/** With more test cases than this not passed, and more than this share of all, nothing is run again. */
const BROAD = { cases: 5, share: 0.3 };

/** What is to be gated: batches that something else started, or test cases to start. */
export type Plan =
  | { readonly kind: 'given'; readonly batchIds: readonly string[] }
  | { readonly kind: 'start'; readonly subject: Subject; readonly testCases: readonly string[] };

/** What came of all rounds. */
export interface Execution {
  /** Every batch of every round, in the order of the rounds. */
  readonly batches: readonly BatchOutcome[];
  readonly ending: Ending;
  /** Why nobody knows whether a batch was started, or why one was not: a sentence. */
  readonly startProblem?: string | undefined;
  /** Why test cases that did not pass were not run again: sentences. */
  readonly remarks: readonly string[];
  /** How many runs this step started, and how many of them repeat a test case. */
  readonly started: { readonly runs: number; readonly reruns: number };
}

/** How batches are waited for: until all have settled, the deadline or the cancellation. */
export type WaitFor = (
  batches: readonly BatchOutcome[],
) => Promise<{ readonly ending: Ending; readonly outcomes: readonly BatchOutcome[] }>;

export interface RoundsOptions {
  readonly plan: Plan;
  readonly rule: PassRule;
  /** The most runs that the step may start; `undefined` for no limit. */
  readonly maxRuns: number | undefined;
  /** Absent where nothing can be started: given batches without re-runs. */
  readonly starter: Starter | undefined;
  /**
   * Test cases that are not run again, whatever became of them: the ids of the quarantined ones. Asked after the first
   * round with its test cases, since only then their number is known where the batches are given.
   */
  readonly notAgain: (cases: readonly CaseResult[]) => Promise<ReadonlySet<string>>;
  /** Only test cases that failed elsewhere are run: that many of them fail here too says nothing of flakiness. */
  readonly isComparison?: boolean | undefined;
  readonly waitFor: WaitFor;
  /** Told of every batch that was started as soon as its id is known, before the first look. */
  readonly onStarted: (batch: BatchOutcome) => void;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly log: (line: string) => void;
}

/**
 * Runs the first round and then, round by round, every test case again that one more run can still decide. Never
 * throws for what a provider does: a re-run that cannot be started or read changes nothing of what was seen before.
 */
export async function executeRounds(options: RoundsOptions): Promise<Execution> {
  const { plan, rule, waitFor, deadline, clock, log } = options;
  const started = createStarts(options);
  const batches: BatchOutcome[] = [];
  const remarks: string[] = [];
  let ending: Ending = 'settled';
  let startProblem: string | undefined;

  const isOver = () => deadline.signal.aborted || clock.now() >= deadline.until;
  const wait = async (round: readonly BatchOutcome[]) => {
    if (round.length === 0) return;
    const waited = await waitFor(round);
    ending = waited.ending;
    batches.push(...waited.outcomes);
  };

  if (plan.kind === 'given') {
    await wait(plan.batchIds.map((id, place) => ({ id, place, round: 1 })));
  } else {
    const wanted = splitIntoBatches(plan.testCases, options.starter?.batchSize ?? 1).flatMap(
      (testCases, place) =>
        Array.from({ length: firstRuns(rule) }, () => ({ place, testCases, subject: plan.subject })),
    );
    startProblem = tooManyRuns(
      { testCases: plan.testCases.length, runsOfEach: firstRuns(rule) },
      options.maxRuns,
    );
    if (startProblem === undefined) {
      const first = await started.start(wanted, 1);
      startProblem = first.problem;
      await wait(first.batches);
    }
  }

  const planRound = createPlanner(options);
  /** By key: what cannot be run again stays as it was seen. */
  const final = new Set<string>();
  const findUndecided = async () => {
    const cases = resultsOf(batches, { rule });
    const notAgain = await options.notAgain(cases);
    const undecided = cases.filter(
      ({ key, testCase, runs }) =>
        runsToStart(runs, rule) > 0 && !final.has(key) && !notAgain.has(testCase.id ?? ''),
    );
    return { cases, undecided };
  };
  let isRefused = false;
  for (let round = 2; rule.kind !== 'every-run' && startProblem === undefined; round += 1) {
    if (ending !== 'settled' || !batches.every(isRead)) break;
    const { cases, undecided } = await findUndecided();
    if (undecided.length === 0) break;
    const broad = round === 2 && !options.isComparison ? refuseBroad(cases) : undefined;
    const { wanted, left } = broad === undefined ? await planRound(undecided, batches) : NOTHING;
    for (const { testCases, why } of left) {
      remarks.push(`${countCases(testCases.length)} could not be run again: ${why}`);
      for (const { key } of testCases) final.add(key);
    }
    const refusal = broad ?? refuseMany(wanted, { undecided, started: started.runs(), ...options });
    if (refusal !== undefined) remarks.push(refusal);
    isRefused = refusal !== undefined;
    if (isRefused || wanted.length === 0) break;
    const again = undecided.filter(({ key }) => !final.has(key)).length;
    log(`Round ${round}: ${countCases(again)} run again, since one run alone decides nothing.`);
    const next = await started.start(wanted, round);
    if (next.problem !== undefined) {
      if (next.isUnknown) startProblem = next.problem;
      remarks.push(`Not every test case could be run again: ${next.problem}`);
    }
    await wait(next.batches);
    if (next.problem !== undefined) break;
  }
  if (ending === 'settled' && !isRefused && isOver() && (await findUndecided()).undecided.length > 0) {
    ending = deadline.signal.aborted ? 'cancelled' : 'deadline';
  }
  return { batches, ending, startProblem, remarks, started: started.counts() };
}

/** Whether a batch was read to its end, with a run of each test case that it was started with. */
function isRead(outcome: BatchOutcome): boolean {
  const { batch, problem } = outcome;
  return problem === undefined && batch?.settled === true && missingCases(outcome).length === 0;
}

/** Why nothing is run again after the first round: a sentence. */
function refuseBroad(cases: readonly CaseResult[]): string | undefined {
  const bad = cases.filter(({ runs }) =>
    runs.some(({ status }) => status === 'failed' || status === 'errored'),
  );
  if (bad.length <= BROAD.cases || bad.length <= BROAD.share * cases.length) return undefined;
  return `Nothing was run again: ${bad.length} of ${countCases(cases.length)} did not pass in the first round, and so many are no flakiness.`;
}

/** Why a round that takes more runs than the step may start is not started: a sentence. */
function refuseMany(
  wanted: readonly Wanted[],
  {
    undecided,
    started,
    maxRuns,
  }: { undecided: readonly CaseResult[]; started: number; maxRuns: number | undefined },
): string | undefined {
  const runs = wanted.reduce((sum, { testCases }) => sum + testCases.length, 0);
  if (maxRuns === undefined || runs === 0 || started + runs <= maxRuns) return undefined;
  return `${countCases(undecided.length)} ${undecided.length === 1 ? 'was' : 'were'} not run again: that takes ${runs} more runs, and max-runs allows ${maxRuns} in all.`;
}

interface Wanted {
  readonly place: number;
  readonly testCases: readonly string[];
  readonly subject: Subject;
}

/** The batches of a round, and the test cases that cannot be in it. */
interface RoundPlan {
  readonly wanted: readonly Wanted[];
  /** `why` is a sentence. */
  readonly left: readonly { readonly testCases: readonly CaseResult[]; readonly why: string }[];
}

const NOTHING: RoundPlan = { wanted: [], left: [] };

/** Plans rounds: each test case as often as it must run anyway, and never twice in one batch. */
function createPlanner({ plan, rule, starter, deadline }: RoundsOptions) {
  // Asked once, so that all rounds repeat the same.
  const subjects = new Map<number, Subject | string>();
  return async (undecided: readonly CaseResult[], batches: readonly BatchOutcome[]): Promise<RoundPlan> => {
    const wanted: Wanted[] = [];
    const left: RoundPlan['left'][number][] = [];
    for (const place of new Set(undecided.map((one) => one.place))) {
      const here = undecided.filter((one) => one.place === place);
      const named = here.filter(({ testCase }) => testCase.id !== undefined);
      if (named.length < here.length) {
        const testCases = here.filter((one) => !named.includes(one));
        left.push({ testCases, why: 'the provider gives no id.' });
      }
      if (named.length === 0) continue;
      const subject = subjects.get(place) ?? (await subjectOf(place, batches));
      subjects.set(place, subject);
      if (typeof subject === 'string') {
        left.push({ testCases: named, why: subject });
        continue;
      }
      const most = Math.max(...named.map(({ runs }) => runsToStart(runs, rule)));
      for (let copy = 1; copy <= most; copy += 1) {
        const ids = named
          .filter(({ runs }) => runsToStart(runs, rule) >= copy)
          .flatMap(({ testCase }) => testCase.id ?? []);
        for (const testCases of splitIntoBatches(ids, starter?.batchSize ?? 1)) {
          wanted.push({ place, testCases, subject });
        }
      }
    }
    return { wanted, left };
  };

  async function subjectOf(place: number, batches: readonly BatchOutcome[]): Promise<Subject | string> {
    if (plan.kind === 'start') return plan.subject;
    const batch = batches.find((one) => one.place === place)?.batch;
    if (starter === undefined || batch === undefined) return 'nothing says what the batch tested.';
    try {
      const subject = await starter.subjectOf(batch, deadline);
      return 'problem' in subject ? subject.problem : subject;
    } catch (error) {
      if (error instanceof ProviderError) return error.message;
      throw error;
    }
  }
}

/** Starts batches one after the other, and counts what was started. */
function createStarts({ plan, starter, onStarted, clock, deadline, log }: RoundsOptions) {
  const ids = new Set<string>(plan.kind === 'given' ? plan.batchIds : []);
  let runs = 0;
  let reruns = 0;
  return {
    runs: () => runs,
    counts: () => ({ runs, reruns }),
    /** Ends at the first batch that cannot be started, or of which nobody knows. */
    async start(
      wanted: readonly Wanted[],
      round: number,
    ): Promise<{ batches: BatchOutcome[]; problem?: string; isUnknown?: boolean }> {
      const batches: BatchOutcome[] = [];
      for (const { place, testCases, subject } of wanted) {
        if (starter === undefined) return { batches, problem: 'Nothing can be started here.' };
        const start: Start = await startOnce({
          title: starter.title,
          testCases,
          subject: subject.key,
          post: (until) => starter.post(subject, testCases, until),
          lists: starter.lists(subject, testCases, clock.epoch() - OLDEST_LISTED_MS),
          startedBefore: ids,
          clock,
          deadline,
          log,
        });
        if (start.kind !== 'started') {
          return { batches, problem: start.problem, isUnknown: start.kind === 'unknown' };
        }
        if (ids.has(start.batchId)) {
          // Its runs would count twice.
          const problem = `${starter.title} answered a start with batch ${start.batchId}, which was there before: what was started cannot be told.`;
          return { batches, problem, isUnknown: true };
        }
        ids.add(start.batchId);
        runs += testCases.length;
        if (round > 1) reruns += testCases.length;
        log(`Started batch ${start.batchId} with ${countCases(testCases.length)}: ${subject.title}.`);
        const batch = { id: start.batchId, place, round, asked: testCases };
        batches.push(batch);
        onStarted(batch);
      }
      return { batches };
    },
  };
}
