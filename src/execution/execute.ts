import { type Batch, formatRunCount, type WatchedBatch } from '../domain/batch.ts';
import { firstRoundRunsPerCase, type PassRule } from '../domain/pass-rule.ts';
import { refusalIn } from '../domain/result.ts';
import { type CaseResult, groupRunsByTestCase, tally } from '../domain/test-case.ts';
import { type FailOn, isOutOfReach, type JudgeInput, obstacles } from '../domain/verdict.ts';
import type { Provider } from '../providers/provider.ts';
import type { BatchStarter, Subject } from '../providers/starter.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { withEarlierEnd } from '../runtime/deadline.ts';
import { onProviderError } from '../runtime/errors.ts';
import { type Comparison, compare, notCompared } from './compare.ts';
import { describeWaves, tooManyWaves } from './estimate.ts';
import { maxRunsOfStep } from './planning.ts';
import { type BatchSource, type Prepared, prepare } from './prepare.ts';
import { createProgress } from './progress.ts';
import { describeReuse, findReusableBatch, type ReuseResult } from './reuse.ts';
import { executeRounds } from './rounds.ts';
import type { Execution, RoundsOptions, WaitFor } from './types.ts';
import { waitForBatches } from './wait.ts';

/** Time limit for asking how many runs run at once. */
const PARALLELISM_MS = 5_000;

/** Batches to run, and the rules for their number. */
export interface ExecutorOptions {
  readonly batchSource: BatchSource;
  readonly rule: PassRule;
  /** The most runs that the step may start; `undefined` for no limit. */
  readonly maxRuns: number | undefined;
  readonly pollIntervalSeconds: number;
  /** `new`: a test case that was shown not to pass on that version either does not make the verdict red. */
  readonly failOn: FailOn;
  /** An older batch proves nothing; `undefined` for no limit. */
  readonly maxBatchAgeMinutes: number | undefined;
  /** An earlier batch of at most so many hours is judged in place of a new one, where nothing has changed since; 0: never. */
  readonly reuseHours: number;
  /** This is a re-run of the job: somebody wants it tested again. */
  readonly isJobRerun?: boolean | undefined;
}

/** Dependencies of the executor. */
export interface ExecutorDependencies {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly log: (line: string) => void;
  /** The lines that say how far the batches are; `log` if absent. */
  readonly logProgress?: ((line: string) => void) | undefined;
  /** Shows a line that the user should see even without reading the log; `log` if absent. */
  readonly warn?: ((line: string) => void) | undefined;
  readonly startName?: RoundsOptions['startName'];
  readonly attachQuarantine?: RoundsOptions['attachQuarantine'];
  /** Told of all batches of this step so far, whenever there is a new one, before the first look at it. */
  readonly onBatches: (batchIds: readonly string[]) => void;
  /** Told how far the batches under test are, whenever that has changed. */
  readonly onProgress: (batches: readonly WatchedBatch[], prepared: Prepared | undefined) => void;
}

/** Runs everything that a step runs. Never throws for what a provider does. */
export interface Executor {
  /** All rounds on the version under test, with their progress in the log. */
  run(): Promise<Execution & { readonly prepared: Prepared | undefined }>;
  /**
   * Runs the test cases that did not pass on the version to compare with; does nothing where none was named, or the rounds
   * were cut short.
   */
  compare(cases: readonly CaseResult[], execution: Execution): Promise<Comparison>;
}

/** Nothing runs before `run` is called. */
export function createExecutor(options: ExecutorOptions, dependencies: ExecutorDependencies): Executor {
  const { batchSource, rule, maxRuns } = options;
  const { provider, clock, deadline, log, warn = log, startName, attachQuarantine } = dependencies;
  const { starter } = provider;
  const progress = createProgress({
    clock,
    log: dependencies.logProgress ?? log,
    until: deadline.until,
    rule,
  });
  const batchIds: string[] = [];
  let prepared: Prepared | undefined;
  const now = clock.epoch();

  const factsOf = (
    batches: readonly WatchedBatch[],
    cases: readonly CaseResult[],
  ): Omit<JudgeInput, 'ending'> => ({
    ...{ batches, cases, now, providerTitle: provider.title, timeoutMinutes: 0 },
    maxBatchAgeMinutes: options.maxBatchAgeMinutes,
  });
  const obstaclesOf: RoundsOptions['obstacles'] = (batches, cases, isOpen) =>
    obstacles(factsOf(batches, cases), isOpen);
  const mayPass = async (): Promise<boolean> => {
    const batches = progress.batches();
    // How many test cases there are decides whether the quarantine file is refused.
    if (batches.some(({ batch }) => batch === undefined)) return true;
    const seen = groupRunsByTestCase(batches, { rule });
    const cases = (await attachQuarantine?.(seen, tally(batches, seen).total)) ?? seen;
    return !isOutOfReach(factsOf(batches, cases), { rule, mayExcuse: options.failOn === 'new' });
  };

  const announce = ({ id }: WatchedBatch): void => {
    batchIds.push(id);
    dependencies.onBatches([...batchIds]);
  };
  const reportProgress = (): void => dependencies.onProgress(progress.batches(), prepared);
  const add = (batch: WatchedBatch): void => {
    progress.add(batch);
    announce(batch);
    reportProgress();
  };
  const update = (batch: Batch): void => {
    if (progress.update(batch)) reportProgress();
  };

  const waitFor =
    (onPoll: (batch: Batch) => void, ofTested: { mayPass?: () => Promise<boolean> } = {}): WaitFor =>
    async (round, onLook) => {
      const started = new Map(round.map((batch) => [batch.id, batch]));
      const { ending, batches } = await waitForBatches({
        provider,
        batchIds: round.map(({ id }) => id),
        ownBatches: new Map(
          round.flatMap(({ id, requestedTestCases }) =>
            requestedTestCases === undefined ? [] : [[id, requestedTestCases]],
          ),
        ),
        pollIntervalMs: options.pollIntervalSeconds * 1_000,
        names: prepared?.names,
        isEachAlone: round.some((batch) => (batch.round ?? 1) > 1),
        readsEarly: rule.kind !== 'every-run' && starter !== undefined,
        ...{ clock, deadline, log, ...ofTested },
        onPoll(batch) {
          onPoll(batch);
          onLook({ ...started.get(batch.id), id: batch.id, batch });
        },
      });
      return { ending, batches: round.map((batch, index) => ({ ...batch, ...batches[index] })) };
    };

  async function runRounds(): Promise<Execution> {
    const rounds = {
      ...{ rule, maxRuns, starter, startName, attachQuarantine, clock, deadline, log },
      obstacles: obstaclesOf,
      waitFor: waitFor(update, { mayPass }),
      onStarted: add,
    };
    if (batchSource.kind === 'given') {
      batchSource.batchIds.forEach((id, batchIndex) => {
        add({ id, batchIndex, round: 1 });
      });
      return executeRounds({ ...rounds, plan: batchSource });
    }
    if (starter === undefined) return nothingStarted('The action cannot start batches at this provider.');
    const found = await prepare(batchSource, { starter, rule, maxRuns, failOn: options.failOn, deadline });
    if (found.kind === 'refused') return { ...nothingStarted(found.problem), refusal: refusalIn(found) };
    prepared = found;
    const { subject, testCases, warnings } = found;
    if (subject.note !== undefined) log(subject.note);
    for (const warning of warnings) warn(warning);
    const earlier = await findEarlier(found, starter);
    if (earlier.kind === 'found') {
      const { batchId } = earlier.reused;
      prepared = { ...found, reused: earlier.reused };
      add({ id: batchId, batchIndex: 0, round: 1 });
      const execution = await executeRounds({
        ...rounds,
        waitFor: withDoubts(rounds.waitFor, (watched) => doubtAbout(watched, earlier)),
        plan: { kind: 'given', batchIds: [batchId] },
      });
      return { ...execution, remarks: [...warnings, ...execution.remarks] };
    }
    log(
      describeRunBudget(testCases.length, { rule, maxRuns, compares: batchSource.compareWith !== undefined }),
    );
    await estimate(starter, subject, testCases.length * firstRoundRunsPerCase(rule));
    const execution = await executeRounds({ ...rounds, plan: { kind: 'start', subject, testCases } });
    return { ...execution, remarks: [...warnings, ...execution.remarks] };
  }

  /** Says how many waves the first runs take, where the provider tells how many run at once. */
  async function estimate({ parallelism }: BatchStarter, subject: Subject, runs: number): Promise<void> {
    const within = { ...withEarlierEnd(deadline, clock.now() + PARALLELISM_MS), noRetries: true };
    const known = await parallelism?.(subject, within).catch(onProviderError(() => undefined));
    if (known === undefined) return;
    progress.estimateBy(known);
    const waves = describeWaves(runs, known);
    if (waves !== undefined) log(waves);
    const warning = tooManyWaves(runs, known, deadline.until - clock.now());
    if (warning !== undefined) warn(warning);
  }

  /** The earlier batch to judge, if one was asked for and is found; the log says why not. */
  async function findEarlier(found: Prepared, starter: BatchStarter): Promise<ReuseResult> {
    const { reuseHours, isJobRerun = false, maxBatchAgeMinutes } = options;
    if (reuseHours === 0) return { kind: 'none', why: '' };
    const result: ReuseResult = isJobRerun
      ? { kind: 'none', why: 'this is a re-run of the job' }
      : await findReusableBatch({
          ...{ provider, starter, prepared: found, reuseHours, maxBatchAgeMinutes, clock, deadline },
        });
    log(describeReuse(result));
    return result;
  }

  const nothingStarted = (startProblem: string): Execution => ({
    batches: [],
    ending: deadline.signal.aborted ? 'cancelled' : 'settled',
    startProblem,
    remarks: [],
    edits: [],
    started: { runs: 0, reruns: 0 },
  });

  return {
    async run() {
      const ended = new AbortController();
      const heartbeat = progress.logHeartbeats(ended.signal);
      const execution = await runRounds().finally(() => ended.abort());
      await heartbeat;
      return { ...execution, prepared };
    },
    async compare(cases, { batches, ending, edits, startProblem, started }) {
      const comparedVersion = prepared?.comparedVersion;
      const isReady = ending === 'settled' && startProblem === undefined;
      if (comparedVersion === undefined || !isReady || starter === undefined) return notCompared(cases);
      return compare({
        ...{ cases, batches, comparedVersion, starter, startName, rule, maxRuns, clock, deadline, log },
        obstacles: (found, results, isOpen) => [...edits, ...obstaclesOf(found, results, isOpen)],
        excusesKnownFailures: options.failOn === 'new',
        startedRuns: started.runs,
        waitFor: waitFor(() => undefined),
        onStarted: announce,
      });
    },
  };
}

/** The same waiting; `doubt` says of a batch why nothing proves that it tests what was asked for. */
const withDoubts =
  (waitFor: WaitFor, doubt: (watched: WatchedBatch) => string | undefined): WaitFor =>
  async (round, onLook) => {
    const mark = (watched: WatchedBatch): WatchedBatch => {
      const unproven = doubt(watched);
      return unproven === undefined ? watched : { ...watched, unproven };
    };
    const { ending, batches } = await waitFor(round, (watched) => onLook(mark(watched)));
    return { ending, batches: batches.map(mark) };
  };

/** Reason not to judge a reused batch that has changed since `reuse-hours` found it. */
const doubtAbout = (
  { id, batch }: WatchedBatch,
  { reused, isStill }: Extract<ReuseResult, { kind: 'found' }>,
): string | undefined =>
  id !== reused.batchId || batch?.settled === false || batch === undefined || isStill(batch)
    ? undefined
    : 'it is not any more what it was when reuse-hours found it';

/** Describes the runs that the step starts first and at most, for the log. */
function describeRunBudget(
  testCases: number,
  { rule, maxRuns, compares }: Pick<ExecutorOptions, 'rule' | 'maxRuns'> & { compares: boolean },
): string {
  const most = maxRunsOfStep(testCases, { rule, compares });
  const firstRuns = testCases * firstRoundRunsPerCase(rule);
  const first = formatRunCount(firstRuns);
  const limit = Math.min(most, maxRuns ?? most);
  return limit <= firstRuns
    ? `The gate asks for ${first}.`
    : `The gate asks for ${first} first, and for at most ${limit} in all.`;
}
