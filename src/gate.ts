import type { Wanted } from './action/wanted.ts';
import type { Clock, Deadline } from './clock.ts';
import { type Batch, type BatchOutcome, countRuns } from './domain/batch.ts';
import { firstRuns, mostRuns, type PassRule } from './domain/pass-rule.ts';
import {
  attachQuarantine,
  decideQuarantine,
  type QuarantineDecision,
  type QuarantineFiles,
  quarantinedIds,
  quarantineNotes,
} from './domain/quarantine.ts';
import { type CaseResult, resultsOf } from './domain/test-case.ts';
import { type Cancellation, type Ending, type Judgement, judge } from './domain/verdict.ts';
import { cancelStarted } from './execution/cancel.ts';
import { type Comparison, compare } from './execution/compare.ts';
import { type Prepared, prepare } from './execution/prepare.ts';
import { createProgress } from './execution/progress.ts';
import { type Execution, executeRounds } from './execution/rounds.ts';
import { waitForBatches } from './execution/wait.ts';
import type { Provider } from './providers/provider.ts';
import type { Findings } from './report/report.ts';
import { EXPLAIN_MS, MEMORY_MS, PUBLISH_CANCELLED_MS, PUBLISH_MS } from './time-limits.ts';

/** Where reports go. Nothing in here throws: what cannot be written is a warning and never changes the verdict. */
export interface Publisher {
  /** Shows that the gate is waiting. Returns at once and works in the background. */
  showWaiting(findings: Findings): void;
  /** Reports what was found in the end everywhere, until the moment of `clock.now()` or the signal. */
  publish(findings: Findings, limits: { until: number; signal: AbortSignal }): Promise<void>;
}

/** What earlier gates left. It labels, and never decides. */
export interface Memory {
  /** What is known of the base and of earlier pushes, as far as it is found by then. Never rejects, never warns. */
  read(within: Deadline): Promise<Pick<Findings, 'base' | 'noBase' | 'history'>>;
}

/** What the gate is to do. */
export interface GateOptions {
  readonly name: string;
  readonly wanted: Wanted;
  /** By what the runs of a test case decide it. */
  readonly rule: PassRule;
  /** How many of so many test cases may be flaky. */
  readonly maxFlaky: (testCases: number) => number;
  /** The most runs that the step may start; `undefined` for no limit. */
  readonly maxRuns: number | undefined;
  readonly timeoutMinutes: number;
  readonly pollIntervalSeconds: number;
  readonly maxBatchAgeMinutes: number | undefined;
  /** `new`: a test case that was shown not to pass on that version either does not make the verdict red. */
  readonly failOn: 'any' | 'new';
}

/** The edges of the program, passed in. */
export interface Surroundings {
  readonly provider: Provider;
  readonly publisher: Publisher;
  readonly memory: Memory;
  readonly clock: Clock;
  /** Aborts when the workflow is cancelled. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** Told of all batches of this step so far, whenever there is a new one, before the first look at it. */
  readonly onBatches: (batchIds: readonly string[]) => void;
  /** Reads the quarantine file; absent where none was named. Never throws. */
  readonly readQuarantine?: ((deadline: Deadline) => Promise<QuarantineFiles>) | undefined;
}

/**
 * The story: prepare, run the rounds, judge, report, publish. Returns the judgement, which only the judge makes:
 * whatever publishing meets with does not change it.
 */
export async function runGate(options: GateOptions, surroundings: Surroundings): Promise<Judgement> {
  const { provider, publisher, memory, clock, signal } = surroundings;
  const { rule, timeoutMinutes, maxBatchAgeMinutes } = options;
  const startedAt = clock.now();
  // Age is measured at the start, so a long wait does not make a fresh batch too old.
  const startedEpoch = clock.epoch();
  const deadline = { until: startedAt + timeoutMinutes * 60_000, signal };

  const quarantine = createQuarantine(surroundings, { deadline, now: startedEpoch });
  let prepared: Prepared | undefined;
  const findings = (batches: readonly BatchOutcome[], more: Partial<Findings> = {}): Findings => ({
    name: options.name,
    providerTitle: provider.title,
    batches,
    rule,
    subject: prepared?.subject.title,
    targetName: prepared?.subject.name,
    selected: prepared && { count: prepared.testCases.length, outOf: prepared.outOf },
    writtenAt: clock.epoch(),
    waitedMs: clock.now() - startedAt,
    ...more,
  });
  const rounds = createRounds(options, surroundings, {
    deadline,
    notAgain: async (cases) => quarantinedIds(await quarantine.decide(cases)),
    show: (batches) => publisher.showWaiting(findings(batches)),
  });

  // Beside the waiting.
  const remembering = memory.read({ until: startedAt + MEMORY_MS, signal });
  const execution = await rounds.run((found) => {
    prepared = found;
  });
  const batches = await explain(execution.batches, surroundings);
  const results = resultsOf(batches, { rule, isOver: execution.ending === 'deadline' });
  const quarantined = await quarantine.decide(results);
  const decided = attachQuarantine(results, quarantined);
  const compared = await rounds.compare(decided, { execution, prepared });

  const remembered = await remembering;

  const conclude = async (
    ending: Ending,
    {
      publishMs,
      stop,
      cancellations,
    }: { publishMs: number; stop: AbortSignal; cancellations?: readonly Cancellation[] },
  ): Promise<Judgement> => {
    const { cases } = compared;
    const judgement = judge({
      batches,
      cases,
      ending,
      providerTitle: provider.title,
      now: startedEpoch,
      timeoutMinutes,
      maxBatchAgeMinutes,
      maxFlaky: rule.kind === 'every-run' ? undefined : options.maxFlaky(cases.length),
      startProblem: execution.startProblem,
      canCancel: provider.cancel !== undefined,
      cancellations,
      remarks: [...execution.remarks, ...compared.remarks],
    });
    const runs = execution.started.runs + compared.runs;
    const started = runs === 0 ? undefined : { ...execution.started, runs };
    await publisher.publish(
      findings(batches, {
        ...remembered,
        judgement,
        cases,
        started,
        comparedWith: compared.title,
        quarantineNotes: quarantineNotes(quarantined),
        quarantineProblem: quarantined.problem && { file: quarantined.path, ...quarantined.problem },
      }),
      {
        until: clock.now() + publishMs,
        signal: stop,
      },
    );
    return judgement;
  };
  if (!signal.aborted) {
    const judgement = await conclude(execution.ending, { publishMs: PUBLISH_MS, stop: signal });
    if (!signal.aborted) return judgement;
  }
  // Cancelled while waiting or while publishing: everything that was published says so now.
  const cancellations = await cancelStarted([...batches, ...compared.batches], { provider, clock });
  const stop = new AbortController().signal;
  return conclude('cancelled', { publishMs: PUBLISH_CANCELLED_MS, stop, cancellations });
}

/** How many runs the step starts first and at most, as a line for the log. */
function costOf(
  testCases: number,
  { rule, maxRuns, comparesWith }: Pick<GateOptions, 'rule' | 'maxRuns'> & { comparesWith: boolean },
): string {
  const most = testCases * mostRuns(rule) * (comparesWith ? 2 : 1);
  const first = countRuns(testCases * firstRuns(rule));
  return `This step starts ${first} first, and at most ${Math.min(most, maxRuns ?? most)} in all.`;
}

/** What the quarantine file means for the test cases; nothing where none was named. Read once, beside the first round. */
function createQuarantine(
  { readQuarantine }: Surroundings,
  { deadline, now }: { deadline: Deadline; now: number },
): { decide(cases: readonly CaseResult[]): Promise<QuarantineDecision & { readonly path: string }> } {
  const reading = readQuarantine?.(deadline);
  return {
    async decide(cases) {
      const files = await reading;
      return files === undefined
        ? { path: '', entries: new Map(), notices: [] }
        : { path: files.path, ...decideQuarantine(files, cases, now) };
    },
  };
}

/** The rounds on the version under test, and those on the version to compare with. */
interface Rounds {
  run(onPrepared: (prepared: Prepared) => void): Promise<Execution>;
  compare(
    cases: readonly CaseResult[],
    before: { execution: Execution; prepared: Prepared | undefined },
  ): Promise<Comparison>;
}

/** All rounds, with the progress of them in the log and in the comment. */
function createRounds(
  options: GateOptions,
  { provider, clock, signal, log, onBatches }: Surroundings,
  {
    deadline,
    notAgain,
    show,
  }: {
    deadline: Deadline;
    notAgain: (cases: readonly CaseResult[]) => Promise<ReadonlySet<string>>;
    show: (batches: readonly BatchOutcome[]) => void;
  },
): Rounds {
  const { wanted, rule, maxRuns } = options;
  const progress = createProgress({ clock, log, until: deadline.until });
  const known: string[] = [];
  const name = (id: string): void => {
    known.push(id);
    onBatches([...known]);
  };
  const know = (batch: BatchOutcome): void => {
    progress.add(batch);
    name(batch.id);
    show(progress.outcomes());
  };

  const waitFor = async (round: readonly BatchOutcome[], seen: (batch: Batch) => void) => {
    const waited = await waitForBatches({
      provider,
      batchIds: round.map(({ id }) => id),
      startedHere: new Map(round.flatMap(({ id, asked }) => (asked === undefined ? [] : [[id, asked]]))),
      clock,
      until: deadline.until,
      pollIntervalMs: options.pollIntervalSeconds * 1_000,
      signal,
      log,
      onLook: seen,
    });
    return {
      ending: waited.ending,
      outcomes: round.map((one, index) => ({ ...one, ...waited.outcomes[index] })),
    };
  };

  async function rounds(onPrepared: (prepared: Prepared) => void): Promise<Execution> {
    const see = (batch: Batch): void => {
      if (progress.saw(batch)) show(progress.outcomes());
    };
    const wait = (round: readonly BatchOutcome[]) => waitFor(round, see);
    const common = {
      rule,
      maxRuns,
      notAgain,
      waitFor: wait,
      clock,
      deadline,
      log,
    };
    const { starter } = provider;
    if (wanted.kind === 'given') {
      wanted.batchIds.forEach((id, place) => {
        know({ id, place, round: 1 });
      });
      return executeRounds({ ...common, plan: wanted, starter, onStarted: know });
    }
    if (starter === undefined) return nothingStarted('The action cannot start batches at this provider.');
    const prepared = await prepare(wanted, { starter, rule, maxRuns, deadline });
    if (prepared.kind === 'refused') return nothingStarted(prepared.problem);
    onPrepared(prepared);
    log(costOf(prepared.testCases.length, { ...options, comparesWith: wanted.compareWith !== undefined }));
    const plan = { kind: 'start', subject: prepared.subject, testCases: prepared.testCases } as const;
    return executeRounds({ ...common, plan, starter, onStarted: know });
  }

  const nothingStarted = (startProblem: string): Execution => ({
    batches: [],
    ending: signal.aborted ? 'cancelled' : 'settled',
    startProblem,
    remarks: [],
    started: { runs: 0, reruns: 0 },
  });

  return {
    async run(onPrepared) {
      const heart = new AbortController();
      const heartbeat = progress.beat(heart.signal);
      const execution = await rounds(onPrepared).finally(() => heart.abort());
      await heartbeat;
      return execution;
    },
    async compare(cases, { execution, prepared }) {
      const { starter } = provider;
      const isReady = starter && prepared && wanted.kind === 'start' && wanted.compareWith !== undefined;
      if (!isReady || execution.ending !== 'settled' || execution.startProblem !== undefined) {
        return { cases, title: undefined, batches: [], runs: 0, remarks: [] };
      }
      return compare({
        ...{ cases, starter, rule, maxRuns, clock, deadline, log },
        subject: prepared.subject,
        target: wanted.target,
        version: wanted.compareWith,
        excuses: options.failOn === 'new',
        startedRuns: execution.started.runs,
        waitFor: (round) => waitFor(round, () => undefined),
        onStarted: ({ id }) => name(id),
      });
    },
  };
}

/** Reads what the provider keeps elsewhere about runs that did not pass, unless there is no time left for it. */
async function explain(
  outcomes: readonly BatchOutcome[],
  { provider, clock, signal }: Surroundings,
): Promise<readonly BatchOutcome[]> {
  if (signal.aborted) return outcomes;
  const deadline = { until: clock.now() + EXPLAIN_MS, signal };
  return Promise.all(
    outcomes.map(async (outcome) =>
      outcome.batch === undefined
        ? outcome
        : { ...outcome, batch: (await provider.explain?.(outcome.batch, deadline)) ?? outcome.batch },
    ),
  );
}
