import type { WatchedBatch } from './domain/batch.ts';
import { costOf } from './domain/cost.ts';
import { type Cancellation, type JudgeInput, judge } from './domain/judge.ts';
import {
  attachQuarantine,
  decideQuarantine,
  type QuarantineDecision,
  type QuarantineFiles,
  quarantineNotes,
} from './domain/quarantine.ts';
import { type CaseResult, findPassedBesideFailures, groupRunsByTestCase, tally } from './domain/test-case.ts';
import { type Ending, isReportOnly, type Judgement } from './domain/verdict.ts';
import { cancelStartedBatches } from './execution/cancel.ts';
import type { Comparison } from './execution/compare.ts';
import { createExecutor } from './execution/execute.ts';
import type { Prepared } from './execution/prepare.ts';
import type { Execution, ExecutorDependencies, ExecutorOptions } from './execution/types.ts';
import type { Findings } from './report/report.ts';
import type { Deadline } from './runtime/clock.ts';
import { FAILURE_DETAILS_MS, PUBLISH_CANCELLED_MS, PUBLISH_MS, READ_HISTORY_MS } from './runtime/limits.ts';

/** Writer of reports. Nothing in here throws: what cannot be written is a warning and never changes the verdict. */
export interface Publisher {
  /**
   * Reads what earlier reports say of the base and of earlier pushes, as far as it is found by then. It labels, and never
   * decides. Never rejects, never warns.
   */
  readHistory(within: Deadline): Promise<Pick<Findings, 'base' | 'baseUnavailableReason' | 'history'>>;
  /** Shows that the gate is waiting. Returns at once and works in the background. */
  showWaiting(findings: Findings): void;
  /** Reports what was found in the end everywhere, until the moment of `clock.now()` or the signal. */
  publish(findings: Findings, within: Deadline): Promise<void>;
}

/** Options of the gate. */
export interface GateOptions extends ExecutorOptions {
  readonly name: string;
  /** Most of so many test cases that may be flaky. */
  readonly maxFlaky: (testCases: number) => number;
  readonly timeoutMinutes: number;
}

/** The edges of the program, passed in. */
export interface GateDependencies
  extends Omit<ExecutorDependencies, 'deadline' | 'attachQuarantine' | 'onProgress'> {
  readonly publisher: Publisher;
  /** Aborts when the workflow is cancelled. */
  readonly signal: AbortSignal;
  /** Reads the quarantine file; absent where none was named. Never throws. */
  readonly readQuarantine?: ((deadline: Deadline) => Promise<QuarantineFiles>) | undefined;
}

/**
 * The story: prepare, run the rounds, judge, report, publish. Returns the judgement, which only the judge makes:
 * whatever publishing meets with does not change it.
 */
export async function runGate(options: GateOptions, dependencies: GateDependencies): Promise<Judgement> {
  const { provider, publisher, clock, signal } = dependencies;
  const startedAt = clock.now();
  // Age is measured at the start, so a long wait does not make a fresh batch too old.
  const now = clock.epoch();
  const deadline = { until: startedAt + options.timeoutMinutes * 60_000, signal };
  const decide = quarantineDecider(dependencies, { deadline, now });
  const findingsNow = (batches: readonly WatchedBatch[], prepared: Prepared | undefined): Findings => ({
    ...findingsOf(batches, prepared, options),
    providerTitle: provider.title,
    writtenAt: clock.epoch(),
    waitedMs: clock.now() - startedAt,
  });
  const executor = createExecutor(options, {
    ...dependencies,
    deadline,
    attachQuarantine:
      dependencies.readQuarantine &&
      (async (cases, batches) => attachQuarantine(cases, await decide(cases, tally(batches, cases).total))),
    onProgress: (batches, prepared) => publisher.showWaiting(findingsNow(batches, prepared)),
  });

  // Beside the waiting.
  const readingHistory = publisher.readHistory({ until: startedAt + READ_HISTORY_MS, signal });
  const execution = await executor.run();
  const batches = await withFailureDetails(execution.batches, dependencies);
  const isCutShort = execution.ending !== 'settled';
  const results = groupRunsByTestCase(batches, { rule: options.rule, isCutShort });
  const quarantined = await decide(results);
  const compared = await executor.compare(attachQuarantine(results, quarantined), { ...execution, batches });
  const history = await readingHistory;

  const runs = execution.started.runs + compared.runs;
  const judgeAs = (ending: Ending, cancellations?: readonly Cancellation[]): Judgement =>
    judgeStep({ execution, batches, compared }, { ending, cancellations, now }, options, dependencies);
  const publish = (judgement: Judgement, within: Deadline): Promise<void> =>
    publisher.publish(
      {
        ...findingsNow(batches, execution.prepared),
        ...history,
        judgement,
        isReportOnly: isReportOnly(options.failOn, judgement),
        cases: compared.cases,
        started: runs === 0 ? undefined : { ...execution.started, runs },
        cost: costOf([...batches, ...compared.batches], runs, execution.prepared?.reused),
        comparedWith: compared.title,
        comparisonBatches: compared.batches,
        quarantineNotes: quarantineNotes(quarantined),
        quarantineProblem: quarantined.problem && { file: quarantined.path, ...quarantined.problem },
      },
      within,
    );

  if (!signal.aborted) {
    const judgement = judgeAs(execution.ending);
    await publish(judgement, { until: clock.now() + PUBLISH_MS, signal });
    if (!signal.aborted) return judgement;
  }
  // Cancelled while waiting or while publishing: everything that was published says so now.
  const cancellations = await cancelStartedBatches([...batches, ...compared.batches], { provider, clock });
  const judgement = judgeAs('cancelled', cancellations);
  const unstopped = new AbortController().signal;
  await publish(judgement, { until: clock.now() + PUBLISH_CANCELLED_MS, signal: unstopped });
  return judgement;
}

/** Findings while the gate still waits, but for the time. */
const findingsOf = (
  batches: readonly WatchedBatch[],
  prepared: Prepared | undefined,
  { name, rule, failOn }: GateOptions,
): Omit<Findings, 'providerTitle' | 'writtenAt' | 'waitedMs'> => ({
  ...{ name, batches, rule },
  subject: prepared?.subject.title,
  targetName: prepared?.subject.name,
  targetVersion: prepared?.subject.version,
  reused: prepared?.reused,
  subjectNote: prepared?.subject.note,
  selected: prepared && { count: prepared.testCases.length, outOf: prepared.outOf },
  isReportOnly: isReportOnly(failOn, undefined),
});

/** Everything that a step has run. */
interface StepResults {
  readonly execution: Execution & { readonly prepared: Prepared | undefined };
  /** The batches of the execution, with the details of failures. */
  readonly batches: readonly WatchedBatch[];
  readonly compared: Comparison;
}

/** Judges all rounds and what they were compared with. `now` is the start of the step, in milliseconds since the epoch. */
function judgeStep(
  { execution, batches, compared }: StepResults,
  {
    ending,
    cancellations,
    now,
  }: {
    readonly ending: Ending;
    readonly cancellations: readonly Cancellation[] | undefined;
    readonly now: number;
  },
  { rule, maxFlaky, timeoutMinutes, maxBatchAgeMinutes }: GateOptions,
  { provider }: GateDependencies,
): Judgement {
  const { cases } = compared;
  const refusal = isKeyRefused(batches) ? 'key' : execution.refusal;
  const judgement = judge({
    ...{ batches, cases, ending, cancellations, now, timeoutMinutes, maxBatchAgeMinutes },
    providerTitle: provider.title,
    canCancel: provider.cancel !== undefined,
    maxFlaky: rule.kind === 'every-run' ? undefined : maxFlaky(cases.length),
    startProblem: execution.startProblem,
    remarks: [...execution.remarks, ...compared.remarks],
    edits: execution.edits,
    otherBatches: compared.batches,
    caseNames: execution.prepared?.names,
    // So that the compiler asks for a new one.
  } satisfies Required<JudgeInput>);
  return { ...judgement, ...(refusal && ending !== 'cancelled' && { refusal }) };
}

/** True if the key was refused for given batches, before any of them was seen. */
function isKeyRefused(batches: readonly WatchedBatch[]): boolean {
  const isSeen = batches.some(({ batch, requestedTestCases }) => batch ?? requestedTestCases);
  return !isSeen && batches.some((watched) => watched.isKeyRefused === true);
}

/** A test case without a run, for the quarantine. */
const UNSEEN = { testCase: {} };

/**
 * Says what the quarantine file means for so many test cases; nothing where none was named. Read once, beside the first round.
 */
function quarantineDecider(
  { readQuarantine }: GateDependencies,
  { deadline, now }: { deadline: Deadline; now: number },
): (cases: readonly CaseResult[], total?: number) => Promise<QuarantineDecision & { readonly path: string }> {
  const reading = readQuarantine?.(deadline);
  return async (cases, total = cases.length) => {
    const files = await reading;
    if (files === undefined) return { path: '', entries: new Map(), notices: [] };
    const unseen = Array.from({ length: Math.max(0, total - cases.length) }, () => UNSEEN);
    return { path: files.path, ...decideQuarantine(files, [...cases, ...unseen], now) };
  };
}

/**
 * Reads what the provider keeps elsewhere about runs that did not pass, and the conversations that theirs are compared
 * with, unless there is no time left for it.
 */
async function withFailureDetails(
  batches: readonly WatchedBatch[],
  { provider, clock, signal }: GateDependencies,
): Promise<readonly WatchedBatch[]> {
  if (signal.aborted) return batches;
  const deadline = { until: clock.now() + FAILURE_DETAILS_MS, signal };
  const passed = findPassedBesideFailures(batches.flatMap(({ batch }) => batch?.runs ?? []));
  return Promise.all(
    batches.map(async (watched) =>
      watched.batch === undefined
        ? watched
        : {
            ...watched,
            batch: (await provider.fetchFailureDetails?.(watched.batch, deadline, passed)) ?? watched.batch,
          },
    ),
  );
}
