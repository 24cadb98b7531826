import type { Clock, Deadline } from '../clock.ts';
import type { BatchOutcome } from '../domain/batch.ts';
import { firstRuns, type PassRule, runsToStart } from '../domain/pass-rule.ts';
import { type CaseResult, countCases, resultsOf } from '../domain/test-case.ts';
import type { Ending } from '../domain/verdict.ts';
import { ProviderError } from '../errors.ts';
import type { Starter, Subject } from '../providers/starter.ts';
import { type Start, splitIntoBatches, startOnce } from './starting.ts';

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
  /** Test cases that are not run again, whatever became of them: the quarantined ones, by id. */
  readonly notAgain: ReadonlySet<string>;
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
    const first = await started.start(wanted, 1);
    startProblem = first.problem;
    await wait(first.batches);
  }

  for (let round = 2; rule.kind !== 'every-run' && startProblem === undefined; round += 1) {
    if (ending !== 'settled' || batches.some(({ problem }) => problem !== undefined)) break;
    const cases = resultsOf(batches, { rule });
    const undecided = cases.filter(
      ({ testCase, runs }) => runsToStart(runs, rule) > 0 && !options.notAgain.has(testCase.id ?? ''),
    );
    if (undecided.length === 0) break;
    const refusal = refuseRound({ round, cases, undecided, started: started.runs(), options });
    if (refusal !== undefined) {
      remarks.push(refusal);
      break;
    }
    const planned = await planRound(undecided, batches, options);
    remarks.push(...planned.remarks);
    if (planned.wanted.length === 0) break;
    log(`Round ${round}: ${countCases(undecided.length)} run again, since one run alone decides nothing.`);
    const next = await started.start(planned.wanted, round);
    if (next.problem !== undefined) {
      if (next.isUnknown) startProblem = next.problem;
      remarks.push(`Not every test case could be run again: ${next.problem}`);
    }
    await wait(next.batches);
    if (next.problem !== undefined) break;
  }
  if (ending === 'settled' && isOver() && isUndecided(batches, options)) {
    ending = deadline.signal.aborted ? 'cancelled' : 'deadline';
  }
  return { batches, ending, startProblem, remarks, started: started.counts() };
}

const isUndecided = (batches: readonly BatchOutcome[], { rule, notAgain }: RoundsOptions): boolean =>
  resultsOf(batches, { rule }).some(
    ({ runs, testCase }) => runsToStart(runs, rule) > 0 && !notAgain.has(testCase.id ?? ''),
  );

/** Why a round is not started at all: a sentence. */
function refuseRound({
  round,
  cases,
  undecided,
  started,
  options: { rule, maxRuns },
}: {
  round: number;
  cases: readonly CaseResult[];
  undecided: readonly CaseResult[];
  started: number;
  options: RoundsOptions;
}): string | undefined {
  const bad = cases.filter(({ runs }) =>
    runs.some(({ status }) => status === 'failed' || status === 'errored'),
  );
  if (round === 2 && bad.length > BROAD.cases && bad.length > BROAD.share * cases.length) {
    return `Nothing was run again: ${bad.length} of ${countCases(cases.length)} did not pass in the first round, and so many are no flakiness.`;
  }
  const runs = undecided.reduce((sum, one) => sum + runsToStart(one.runs, rule), 0);
  if (maxRuns !== undefined && started + runs > maxRuns) {
    return `${countCases(undecided.length)} ${undecided.length === 1 ? 'was' : 'were'} not run again: that takes ${runs} more runs, and max-runs allows ${maxRuns} in all.`;
  }
  return undefined;
}

interface Wanted {
  readonly place: number;
  readonly testCases: readonly string[];
  readonly subject: Subject;
}

/** The batches of a round: each test case as often as it must run anyway, and never twice in one batch. */
async function planRound(
  undecided: readonly CaseResult[],
  batches: readonly BatchOutcome[],
  { plan, rule, starter, deadline }: RoundsOptions,
): Promise<{ wanted: Wanted[]; remarks: string[] }> {
  const wanted: Wanted[] = [];
  const remarks: string[] = [];
  const places = [...new Set(undecided.map(({ place }) => place))];
  for (const place of places) {
    const here = undecided.filter((one) => one.place === place);
    const subject = plan.kind === 'start' ? plan.subject : await subjectOf(place);
    if (typeof subject === 'string') {
      remarks.push(`${countCases(here.length)} could not be run again: ${subject}`);
      continue;
    }
    const most = Math.max(...here.map(({ runs }) => runsToStart(runs, rule)));
    for (let copy = 1; copy <= most; copy += 1) {
      const ids = here
        .filter(({ runs }) => runsToStart(runs, rule) >= copy)
        .flatMap(({ testCase }) => (testCase.id === undefined ? [] : [testCase.id]));
      for (const testCases of splitIntoBatches(ids, starter?.batchSize ?? 1)) {
        wanted.push({ place, testCases, subject });
      }
    }
    const unnamed = here.filter(({ testCase }) => testCase.id === undefined).length;
    if (unnamed > 0) remarks.push(`${countCases(unnamed)} could not be run again: the provider gives no id.`);
  }
  return { wanted, remarks };

  async function subjectOf(place: number): Promise<Subject | string> {
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
function createStarts({ starter, onStarted, clock, deadline, log }: RoundsOptions) {
  const ids = new Set<string>();
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
          lists: starter.lists(subject, testCases),
          startedBefore: ids,
          clock,
          deadline,
          log,
        });
        if (start.kind !== 'started') {
          return { batches, problem: start.problem, isUnknown: start.kind === 'unknown' };
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
