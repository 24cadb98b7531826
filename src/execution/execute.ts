import { type Batch, type BatchOutcome, countRuns } from '../domain/batch.ts';
import { firstRuns, mostRuns, type PassRule } from '../domain/pass-rule.ts';
import type { CaseResult } from '../domain/test-case.ts';
import type { Provider } from '../providers/provider.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { type Comparison, compare, notCompared } from './compare.ts';
import { type Prepared, prepare, type Wanted } from './prepare.ts';
import { createProgress } from './progress.ts';
import { executeRounds } from './rounds.ts';
import type { Execution, RoundsOptions, WaitFor } from './types.ts';
import { waitForBatches } from './wait.ts';

/** What is to be run, and how often. */
export interface ExecutorOptions {
  readonly wanted: Wanted;
  readonly rule: PassRule;
  /** The most runs that the step may start; `undefined` for no limit. */
  readonly maxRuns: number | undefined;
  readonly pollIntervalSeconds: number;
  /** `new`: a test case that was shown not to pass on that version either does not make the verdict red. */
  readonly failOn: 'any' | 'new';
}

/** What it takes to run it. */
export interface ExecutorEdges {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly log: (line: string) => void;
  readonly notAgain: RoundsOptions['notAgain'];
  /** Told of all batches of this step so far, whenever there is a new one, before the first look at it. */
  readonly onBatches: (batchIds: readonly string[]) => void;
  /** Told how far the batches under test are, whenever that has changed. */
  readonly onProgress: (batches: readonly BatchOutcome[], prepared: Prepared | undefined) => void;
}

/** Runs everything that a step runs. Never throws for what a provider does. */
export interface Executor {
  /** All rounds on the version under test, with their progress in the log. */
  run(): Promise<Execution & { readonly prepared: Prepared | undefined }>;
  /** What did not pass there, on the version to compare with; nothing where none was named, or the rounds were cut short. */
  compare(cases: readonly CaseResult[], before: Execution): Promise<Comparison>;
}

/** Nothing runs before `run` is called. */
export function createExecutor(options: ExecutorOptions, edges: ExecutorEdges): Executor {
  const { wanted, rule, maxRuns } = options;
  const { provider, clock, deadline, log, notAgain } = edges;
  const { starter } = provider;
  const progress = createProgress({ clock, log, until: deadline.until });
  const batchIds: string[] = [];
  let prepared: Prepared | undefined;

  const announce = ({ id }: BatchOutcome): void => {
    batchIds.push(id);
    edges.onBatches([...batchIds]);
  };
  const show = (): void => edges.onProgress(progress.outcomes(), prepared);
  const add = (batch: BatchOutcome): void => {
    progress.add(batch);
    announce(batch);
    show();
  };
  const update = (batch: Batch): void => {
    if (progress.update(batch)) show();
  };

  const waitFor =
    (onLook: (batch: Batch) => void): WaitFor =>
    async (round) => {
      const { ending, outcomes } = await waitForBatches({
        provider,
        batchIds: round.map(({ id }) => id),
        startedHere: new Map(round.flatMap(({ id, asked }) => (asked === undefined ? [] : [[id, asked]]))),
        pollIntervalMs: options.pollIntervalSeconds * 1_000,
        ...{ clock, deadline, log, onLook },
      });
      return { ending, outcomes: round.map((one, index) => ({ ...one, ...outcomes[index] })) };
    };

  async function runRounds(): Promise<Execution> {
    const common = { rule, maxRuns, starter, notAgain, clock, deadline, log };
    const rounds = { ...common, waitFor: waitFor(update), onStarted: add };
    if (wanted.kind === 'given') {
      wanted.batchIds.forEach((id, place) => {
        add({ id, place, round: 1 });
      });
      return executeRounds({ ...rounds, plan: wanted });
    }
    if (starter === undefined) return nothingStarted('The action cannot start batches at this provider.');
    const found = await prepare(wanted, { starter, rule, maxRuns, deadline });
    if (found.kind === 'refused') return nothingStarted(found.problem);
    prepared = found;
    const { subject, testCases } = found;
    log(costOf(testCases.length, { rule, maxRuns, compares: wanted.compareWith !== undefined }));
    return executeRounds({ ...rounds, plan: { kind: 'start', subject, testCases } });
  }

  const nothingStarted = (startProblem: string): Execution => ({
    batches: [],
    ending: deadline.signal.aborted ? 'cancelled' : 'settled',
    startProblem,
    remarks: [],
    started: { runs: 0, reruns: 0 },
  });

  return {
    async run() {
      const ended = new AbortController();
      const heartbeat = progress.beat(ended.signal);
      const execution = await runRounds().finally(() => ended.abort());
      await heartbeat;
      return { ...execution, prepared };
    },
    async compare(cases, { ending, startProblem, started }) {
      const isWanted = wanted.kind === 'start' && wanted.compareWith !== undefined;
      const isReady = ending === 'settled' && startProblem === undefined;
      if (!isWanted || !isReady || starter === undefined || prepared === undefined) return notCompared(cases);
      return compare({
        ...{ cases, starter, rule, maxRuns, clock, deadline, log },
        subject: prepared.subject,
        target: wanted.target,
        version: wanted.compareWith,
        excuses: options.failOn === 'new',
        startedRuns: started.runs,
        waitFor: waitFor(() => undefined),
        onStarted: announce,
      });
    },
  };
}

/** How many runs the step starts first and at most, as a line for the log. */
function costOf(
  testCases: number,
  { rule, maxRuns, compares }: Pick<ExecutorOptions, 'rule' | 'maxRuns'> & { compares: boolean },
): string {
  const most = testCases * mostRuns(rule) * (compares ? 2 : 1);
  const first = countRuns(testCases * firstRuns(rule));
  return `This step starts ${first} first, and at most ${Math.min(most, maxRuns ?? most)} in all.`;
}
