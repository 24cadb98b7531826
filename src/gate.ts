import type { WatchedBatch } from './domain/batch.ts';
import { costOf } from './domain/cost.ts';
import {
  attachQuarantine,
  decideQuarantine,
  type QuarantineDecision,
  type QuarantineFiles,
  quarantineNotes,
} from './domain/quarantine.ts';
import { type CaseResult, findPassedBesideFailures, groupRunsByTestCase, tally } from './domain/test-case.ts';
import {
  type Cancellation,
  type Ending,
  isReportOnly,
  type JudgeInput,
  type Judgement,
  judge,
} from './domain/verdict.ts';
import { cancelStarted } from './execution/cancel.ts';
import { createExecutor, type ExecutorDependencies, type ExecutorOptions } from './execution/execute.ts';
import type { Prepared } from './execution/prepare.ts';
import type { Findings } from './report/report.ts';
import type { Deadline } from './runtime/clock.ts';
import { FAILURE_DETAILS_MS, PUBLISH_CANCELLED_MS, PUBLISH_MS, READ_HISTORY_MS } from './runtime/limits.ts';

/** Sink of reports. Nothing in here throws: what cannot be written is a warning and never changes the verdict. */
export interface Publisher {
  /** Shows that the gate is waiting. Returns at once and works in the background. */
  showWaiting(findings: Findings): void;
  /** Reports what was found in the end everywhere, until the moment of `clock.now()` or the signal. */
  publish(findings: Findings, limits: Deadline): Promise<void>;
}

/** Reader of the records of earlier gates. They label, and never decide. */
export interface HistoryReader {
  /** Reads what is known of the base and of earlier pushes, as far as it is found by then. Never rejects, never warns. */
  read(within: Deadline): Promise<Pick<Findings, 'base' | 'baseUnavailableReason' | 'history'>>;
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
  extends Pick<
    ExecutorDependencies,
    'provider' | 'clock' | 'log' | 'logProgress' | 'warn' | 'startName' | 'onBatches'
  > {
  readonly publisher: Publisher;
  readonly historyReader: HistoryReader;
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
  const { provider, publisher, historyReader, clock, signal } = dependencies;
  const { rule, timeoutMinutes, maxBatchAgeMinutes } = options;
  const startedAt = clock.now();
  // Age is measured at the start, so a long wait does not make a fresh batch too old.
  const startedEpoch = clock.epoch();
  const deadline = { until: startedAt + timeoutMinutes * 60_000, signal };

  const decide = quarantineDecider(dependencies, { deadline, now: startedEpoch });
  const findings = (
    batches: readonly WatchedBatch[],
    prepared: Prepared | undefined,
    more: Partial<Findings> = {},
  ): Findings => ({
    name: options.name,
    providerTitle: provider.title,
    batches,
    rule,
    subject: prepared?.subject.title,
    targetName: prepared?.subject.name,
    targetVersion: prepared?.subject.version,
    reused: prepared?.reused,
    subjectNote: prepared?.subject.note,
    selected: prepared && { count: prepared.testCases.length, outOf: prepared.outOf },
    writtenAt: clock.epoch(),
    waitedMs: clock.now() - startedAt,
    isReportOnly: isReportOnly(options.failOn, more.judgement),
    ...more,
  });
  const executor = createExecutor(options, {
    ...dependencies,
    deadline,
    attachQuarantine:
      dependencies.readQuarantine &&
      (async (cases, batches) => attachQuarantine(cases, await decide(cases, tally(batches, cases).total))),
    onProgress: (batches, prepared) => publisher.showWaiting(findings(batches, prepared)),
  });

  // Beside the waiting.
  const readingHistory = historyReader.read({ until: startedAt + READ_HISTORY_MS, signal });
  const execution = await executor.run();
  const batches = await withFailureDetails(execution.batches, dependencies);
  const results = groupRunsByTestCase(batches, { rule, isCutShort: execution.ending !== 'settled' });
  const quarantined = await decide(results);
  const compared = await executor.compare(attachQuarantine(results, quarantined), { ...execution, batches });
  const history = await readingHistory;

  const { cases } = compared;
  const refusal = isKeyRefused(batches) ? 'key' : execution.refusal;
  const judgeAs = (ending: Ending, cancellations?: readonly Cancellation[]): Judgement => ({
    ...judge({
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
      edits: execution.edits,
      beside: compared.batches,
      names: execution.prepared?.names,
      // So that the compiler asks for a new one.
    } satisfies Required<JudgeInput>),
    ...(refusal && ending !== 'cancelled' && { refusal }),
  });
  const runs = execution.started.runs + compared.runs;
  const publish = (judgement: Judgement, limits: Deadline): Promise<void> => {
    const found = findings(batches, execution.prepared, {
      ...history,
      judgement,
      cases,
      started: runs === 0 ? undefined : { ...execution.started, runs },
      cost: costOf([...batches, ...compared.batches], runs, execution.prepared?.reused),
      comparedWith: compared.title,
      comparisonBatches: compared.batches,
      quarantineNotes: quarantineNotes(quarantined),
      quarantineProblem: quarantined.problem && { file: quarantined.path, ...quarantined.problem },
    });
    return publisher.publish(found, limits);
  };

  if (!signal.aborted) {
    const judgement = judgeAs(execution.ending);
    await publish(judgement, { until: clock.now() + PUBLISH_MS, signal });
    if (!signal.aborted) return judgement;
  }
  // Cancelled while waiting or while publishing: everything that was published says so now.
  const cancellations = await cancelStarted([...batches, ...compared.batches], { provider, clock });
  const judgement = judgeAs('cancelled', cancellations);
  const unstopped = new AbortController().signal;
  await publish(judgement, { until: clock.now() + PUBLISH_CANCELLED_MS, signal: unstopped });
  return judgement;
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
