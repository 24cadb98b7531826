import type { WatchedBatch } from '../domain/batch.ts';
import { isPassImpossible, obstacles } from '../domain/judge.ts';
import { refusalIn } from '../domain/result.ts';
import { type CaseResult, groupRunsByTestCase } from '../domain/test-case.ts';
import type { Deadline } from '../runtime/clock.ts';
import { choosePlan } from './choose-plan.ts';
import { type Comparison, compare, notCompared } from './compare.ts';
import type { Prepared } from './prepare.ts';
import { createProgress } from './progress.ts';
import type { FoundReuse } from './reuse.ts';
import { executeRounds } from './rounds.ts';
import type { Execution, ExecutorDependencies, ExecutorOptions, RoundsOptions, WaitFor } from './types.ts';
import { type WaitOptions, waitForBatches } from './wait.ts';

/** Runs everything that a step runs; nothing before `run` is called. Never throws for what a provider does. */
export function createExecutor(options: ExecutorOptions, dependencies: ExecutorDependencies) {
  const { rule, maxRuns, maxBatchAgeMinutes } = options;
  const { provider, clock, deadline, log, showProgress, startName, attachQuarantine } = dependencies;
  const { starter } = provider;
  const progress = createProgress({ clock, log, showProgress, until: deadline.until, rule });
  const batchIds: string[] = [];
  let prepared: Prepared | undefined;
  const now = clock.epoch();

  const factsOf = (batches: readonly WatchedBatch[], cases: readonly CaseResult[]) => ({
    batches,
    cases,
    now,
    providerTitle: provider.title,
    maxBatchAgeMinutes,
  });
  const obstaclesOf: RoundsOptions['obstacles'] = (batches, cases, isOpen) =>
    obstacles(factsOf(batches, cases), isOpen);
  const mayPass = async (): Promise<boolean> => {
    const batches = progress.batches();
    // How many test cases there are decides whether the quarantine file is refused.
    if (batches.some(({ batch }) => batch === undefined)) return true;
    const seen = groupRunsByTestCase(batches, { rule });
    const cases = (await attachQuarantine?.(seen, batches)) ?? seen;
    return !isPassImpossible(factsOf(batches, cases), { rule, mayExcuse: options.failOn === 'new' });
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

  const waitOptions = (): Omit<WaitOptions, 'batches' | 'onPoll'> => ({
    ...{ provider, clock, deadline, log, names: prepared?.names },
    pollIntervalMs: options.pollIntervalSeconds * 1_000,
    readsEarly: rule.kind !== 'every-run',
  });
  /** Waits for batches under test. `mark` adds what speaks against one. */
  const waitForTested =
    (mark: (watched: WatchedBatch) => WatchedBatch): WaitFor =>
    async (round, onLook) => {
      const { ending, batches } = await waitForBatches({
        ...waitOptions(),
        batches: round,
        mayPass,
        onPoll(watched) {
          if (progress.update(watched)) reportProgress();
          onLook(mark(watched));
        },
      });
      return { ending, batches: batches.map(mark) };
    };
  const rounds = { rule, maxRuns, starter, startName, clock, deadline, log };

  async function runRounds(): Promise<Execution> {
    const chosen = await choosePlan(options, dependencies);
    if (chosen.kind === 'refused') {
      return { ...nothingStarted(chosen.problem, deadline), refusal: refusalIn(chosen) };
    }
    const { plan, reuse, parallelism } = chosen.value;
    prepared = chosen.value.prepared;
    if (parallelism !== undefined) progress.estimateBy(parallelism);
    for (const [batchIndex, id] of plan.kind === 'given' ? plan.batchIds.entries() : []) {
      add({ id, batchIndex, round: 1 });
    }
    const execution = await executeRounds({
      ...rounds,
      plan,
      attachQuarantine,
      obstacles: obstaclesOf,
      waitFor: waitForTested((watched) => (reuse === undefined ? watched : withDoubt(watched, reuse))),
      onStarted: add,
    });
    return { ...execution, remarks: [...(prepared?.warnings ?? []), ...execution.remarks] };
  }

  return {
    /** All rounds on the version under test, with their progress in the log. */
    async run(): Promise<Execution & { readonly prepared: Prepared | undefined }> {
      const ended = new AbortController();
      const heartbeat = progress.logHeartbeats(ended.signal);
      const execution = await runRounds().finally(() => ended.abort());
      await heartbeat;
      return { ...execution, prepared };
    },
    /**
     * Runs the test cases that did not pass on the version to compare with; does nothing where none was named, or the rounds
     * were cut short.
     */
    async compare(cases: readonly CaseResult[], execution: Execution): Promise<Comparison> {
      const { batches, ending, edits, startProblem, started } = execution;
      const comparedVersion = prepared?.comparedVersion;
      const isReady = ending === 'settled' && startProblem === undefined;
      if (comparedVersion === undefined || !isReady) return notCompared(cases);
      return compare({
        ...rounds,
        ...{ cases, batches, comparedVersion },
        obstacles: (found, results, isOpen) => [...edits, ...obstaclesOf(found, results, isOpen)],
        excusesKnownFailures: options.failOn === 'new',
        startedRuns: started.runs,
        waitFor: (round, onPoll) => waitForBatches({ ...waitOptions(), batches: round, onPoll }),
        onStarted: announce,
      });
    },
  };
}

const nothingStarted = (startProblem: string, { signal }: Deadline): Execution => ({
  batches: [],
  ending: signal.aborted ? 'cancelled' : 'settled',
  startProblem,
  remarks: [],
  edits: [],
  started: { runs: 0, reruns: 0 },
});

/** A reused batch that has changed since `reuse-hours` found it proves nothing. */
function withDoubt(watched: WatchedBatch, { reused, isStill }: FoundReuse): WatchedBatch {
  const { id, batch } = watched;
  if (id !== reused.batchId || batch?.settled !== true || isStill(batch)) return watched;
  return { ...watched, doubt: 'it is not any more what it was when reuse-hours found it' };
}
