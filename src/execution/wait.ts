import { type Batch, countFinishedRuns, formatRunCount, type WatchedBatch } from '../domain/batch.ts';
import { findMissingCases, findRepeatedRuns, foreignRuns } from '../domain/evidence.ts';
import { findContradictions, unknownStatuses } from '../domain/integrity.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import type { Ending } from '../domain/verdict.ts';
import { joinFirst } from '../domain/wording.ts';
import type { Deadline } from '../runtime/clock.ts';
import { isOver } from '../runtime/deadline.ts';
import { KeyRefused, NotFound, ProviderError, ProviderTimeout } from '../runtime/errors.ts';
import { type BatchReaderOptions, createBatchReader } from './batch-reader.ts';
import { nextGapMs, type PollSample } from './poll-schedule.ts';
import { createRunListHistory } from './run-list-history.ts';

/** Time limit for the one last look after the deadline. */
const FINAL_POLL_MS = 10_000;
/** Time for which a batch that has ended and is inconsistent is read again. */
const RECHECK_MS = 120_000;
/** The same where `passed` is impossible already, whatever is still missing, open or unknown. */
const HOPELESS_RECHECK_MS = 10_000;
const LONGEST_RECHECK_GAP_MS = 5_000;
/** Time for which a provider may not know a batch that it has just started. */
const BATCH_APPEARS_MS = 15_000;

/** Batches to wait for, and the options of waiting. */
export interface WaitOptions extends BatchReaderOptions {
  /** As they were given or started: a 404 for one that was started may mean that it is not there yet. */
  readonly batches: readonly WatchedBatch[];
  /** Its signal aborts when the workflow is cancelled. */
  readonly deadline: Deadline;
  readonly pollIntervalMs: number;
  /** True while the verdict can still be `passed`, as far as is known after the last look; always, if absent. */
  readonly mayPass?: (() => Promise<boolean>) | undefined;
  /** Names of test cases, by id. */
  readonly names?: ReadonlyMap<string, string> | undefined;
  readonly log: (line: string) => void;
}

/**
 * Looks at each batch until it settles, the deadline comes or the workflow is cancelled. Never throws for what
 * a provider does: a batch that cannot be read is returned with its problem.
 */
export async function waitForBatches(
  options: WaitOptions,
): Promise<{ ending: Ending; batches: WatchedBatch[] }> {
  // If one batch cannot be read the verdict cannot be `passed`: stop waiting for the others and read each once more. Re-runs
  // go on, since they still tell what is broken and what is flaky.
  const halt = new AbortController();
  const batches = await Promise.all(
    options.batches.map((started) => pollUntilSettled(started, options, halt)),
  );
  return { ending: endingOf(batches, options.deadline.signal, halt.signal), batches };
}

/** Looks at one batch until it settles, and reads it again while it does not add up. */
async function pollUntilSettled(
  started: WatchedBatch,
  options: WaitOptions,
  halt: AbortController,
): Promise<WatchedBatch> {
  const { clock, pollIntervalMs } = options;
  const { until, signal: cancelled } = options.deadline;
  const deadline = { until, signal: AbortSignal.any([cancelled, halt.signal]) };
  const pause = (ms: number) => clock.sleep(Math.min(ms, until - clock.now()), deadline.signal);
  const { id, requestedTestCases } = started;
  const appearsBy = clock.now() + (requestedTestCases === undefined ? 0 : BATCH_APPEARS_MS);
  let loggedNotFound = false;
  const samples: PollSample[] = [];
  const runListHistory = createRunListHistory(options);
  const reader = createBatchReader(started, { ...options, runListHistory });
  /** Set while a batch that has ended is read again. */
  let recheck: ReturnType<typeof createRecheck> | undefined;

  try {
    while (!isOver(deadline, clock)) {
      let batch: Batch;
      try {
        batch = await reader.look(deadline);
      } catch (error) {
        if (!(error instanceof NotFound) || clock.now() >= appearsBy) throw error;
        if (!loggedNotFound)
          options.log(`Batch ${id} was started just now and is not there yet: looking again.`);
        loggedNotFound = true;
        await pause(pollIntervalMs);
        continue;
      }
      samples.push({ atMs: clock.now(), ...countFinishedRuns(batch) });
      let gapMs = nextGapMs(samples, pollIntervalMs, { watchesRuns: options.readsEarly });
      if (batch.settled) {
        const ended = { ...started, batch, isListConfirmed: runListHistory.confirm(batch) };
        const inconsistencies = findInconsistencies(ended, options.names);
        // All that was asked for is there: `inconsistencies` would name what is missing.
        const isWhole = requestedTestCases !== undefined || ended.isListConfirmed !== false;
        if (inconsistencies.length === 0 && isWhole) return ended;

        recheck ??= createRecheck(id, options);
        const mayPass = !runListHistory.isContradicted() && ((await options.mayPass?.()) ?? true);
        const pauseMs = recheck.next(inconsistencies, mayPass);
        if (pauseMs === undefined && !isOver(deadline, clock)) return ended;
        gapMs = pauseMs ?? 0;
      } else {
        recheck = undefined;
        runListHistory.forget();
      }
      await pause(gapMs);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // A timer may fire slightly early, so the clock alone does not tell that the deadline has come.
    if (!isOver(deadline, clock) && !(error instanceof ProviderTimeout)) {
      if (started.round === 1) halt.abort();
      const isKeyRefused = error instanceof KeyRefused;
      return {
        ...started,
        batch: reader.lastKnown(),
        problem: error.message,
        ...(isKeyRefused && { isKeyRefused }),
      };
    }
  }
  return cancelled.aborted
    ? { ...started, batch: reader.lastKnownAtDeadline() }
    : finalPoll(started, { reader, runListHistory }, options);
}

/** After the deadline, or when another batch has made waiting pointless: what can be seen now, with every run. */
async function finalPoll(
  started: WatchedBatch,
  {
    reader,
    runListHistory,
  }: {
    reader: ReturnType<typeof createBatchReader>;
    runListHistory: ReturnType<typeof createRunListHistory>;
  },
  { clock, deadline: { signal } }: WaitOptions,
): Promise<WatchedBatch> {
  const within = { until: clock.now() + FINAL_POLL_MS, signal, noRetries: true };
  try {
    const batch = await reader.look(within, { needsRuns: true });
    return { ...started, batch, isListConfirmed: batch.settled ? runListHistory.confirm(batch) : undefined };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const problem = signal.aborted ? undefined : error.message;
    return { ...started, batch: reader.lastKnownAtDeadline(), problem };
  }
}

/** Keeps the pace at which a batch that has ended is read again. */
function createRecheck(id: string, { pollIntervalMs, log }: WaitOptions) {
  /** Only the pauses count, so that retries do not use up the time. */
  let spentMs = 0;
  let gapMs = pollIntervalMs;
  let said = '';
  return {
    /**
     * Pause before the next reading, in milliseconds; `undefined` if the doubts have stayed for too long. `mayPass`: the
     * verdict can still be `passed`.
     */
    next(inconsistencies: readonly string[], mayPass: boolean): number | undefined {
      let pauseMs = gapMs;
      if (inconsistencies.length > 0) {
        const leftMs = (mayPass ? RECHECK_MS : HOPELESS_RECHECK_MS) - spentMs;
        if (leftMs <= 0) return undefined;
        const text = inconsistencies.join('; ');
        if (text !== said) log(`Batch ${id} has ended and does not add up yet (${text}): reading it again.`);
        said = text;
        // Not past the end of the rechecks, but not sooner than the user's shortest gap either.
        pauseMs = Math.min(gapMs, Math.max(pollIntervalMs, leftMs));
        spentMs += pauseMs;
      }
      gapMs = Math.min(2 * gapMs, Math.max(pollIntervalMs, LONGEST_RECHECK_GAP_MS));
      return pauseMs;
    },
  };
}

/** Ending of the waiting: what has not settled was stopped by the deadline, unless it was cancelled. */
function endingOf(batches: readonly WatchedBatch[], cancelled: AbortSignal, halted: AbortSignal): Ending {
  if (cancelled.aborted) return 'cancelled';
  const allSettled = batches.every(({ batch }) => batch?.settled === true);
  return allSettled || halted.aborted ? 'settled' : 'deadline';
}

function findInconsistencies(
  watched: WatchedBatch & { readonly batch: Batch },
  names: WaitOptions['names'],
): string[] {
  const { batch, requestedTestCases } = watched;
  const missing = findMissingCases(watched);
  const without = joinFirst(missing.map((testCase) => names?.get(testCase) ?? testCase));
  const empty = batch.runs?.filter(({ unproven }) => unproven?.kind === 'not-evaluated') ?? [];
  return [
    ...findContradictions(batch),
    ...foreignRuns(watched, findRepeatedRuns([watched])),
    ...unknownStatuses(batch).map((word) => `unknown status "${word}"`),
    ...(empty.length === 0 ? [] : [`nothing was evaluated in ${formatRunCount(empty.length)}`]),
    ...(missing.length === 0
      ? []
      : [
          `${missing.length} of ${formatCaseCount(requestedTestCases?.length ?? 0)} without a run: ${without}`,
        ]),
  ];
}
