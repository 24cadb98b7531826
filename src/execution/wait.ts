import { type Batch, countFinishedRuns, formatRunCount, type WatchedBatch } from '../domain/batch.ts';
import { findMissingCases, findRepeatedRuns, foreignRuns } from '../domain/evidence.ts';
import { findContradictions, unknownStatuses } from '../domain/integrity.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import type { Ending } from '../domain/verdict.ts';
import { joinFirst } from '../domain/wording.ts';
import type { Provider } from '../providers/provider.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { KeyRefused, NotFound, ProviderError, ProviderTimeout } from '../runtime/errors.ts';
import { nextGapMs, type PollSample } from './poll-schedule.ts';
import { createRunListHistory } from './run-list-history.ts';

/** Time limit for the one last look after the deadline. */
const FINAL_POLL_MS = 10_000;
/** Time for which a batch that has ended and is inconsistent is read again. */
const RECHECK_MS = 120_000;
/** The same where `passed` is impossible already, whatever is still missing, open or unknown. */
const HOPELESS_RECHECK_MS = 10_000;
const LONGEST_RECHECK_GAP_MS = 5_000;
/** Longest standstill of the counters before the list of runs is read all the same: nobody documents that they move. */
const STILL_COUNTERS_MS = 30_000;
/** Time between two readings of such a list, for each of its runs: 20 runs are read at each look, 300 and more each 30 s. */
const LISTED_RUN_MS = 100;
/** Time for which a provider may not know a batch that it has just started. */
const BATCH_APPEARS_MS = 15_000;

/** Batches to wait for, and the options of waiting. */
export interface WaitOptions {
  readonly provider: Pick<Provider, 'fetchBatch' | 'fetchRuns' | 'idKey'>;
  /** As they were given or started: a 404 for one that was started may mean that it is not there yet. */
  readonly batches: readonly WatchedBatch[];
  readonly clock: Clock;
  /** Its signal aborts when the workflow is cancelled. */
  readonly deadline: Deadline;
  readonly pollIntervalMs: number;
  /** Told of every look. */
  readonly onPoll: (watched: WatchedBatch) => void;
  /** True while the verdict can still be `passed`, as far as is known after the last look; always, if absent. */
  readonly mayPass?: (() => Promise<boolean>) | undefined;
  /** Runs are read while their batch goes on, where its looks do not have them: a run that did not pass is confirmed early. */
  readonly readsEarly?: boolean | undefined;
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
  const { provider, clock, pollIntervalMs } = options;
  const { until, signal: cancelled } = options.deadline;
  const deadline = { until, signal: AbortSignal.any([cancelled, halt.signal]) };
  const isOver = () => deadline.signal.aborted || clock.now() >= until;
  const { id, requestedTestCases } = started;
  const spell = spellingOf(requestedTestCases, provider);
  const appearsBy = clock.now() + (requestedTestCases === undefined ? 0 : BATCH_APPEARS_MS);
  let loggedNotFound = false;
  const samples: PollSample[] = [];
  const runListHistory = createRunListHistory(options);
  const earlyReads = createEarlyReads(options);
  let last: Batch | undefined;
  /** The counts of a look whose runs were not read yet. */
  let counted: Batch | undefined;
  /** Set while a batch that has ended is read again. */
  let recheck: ReturnType<typeof createRecheck> | undefined;

  try {
    while (!isOver()) {
      try {
        let look = runListHistory.addClaims(await provider.fetchBatch(id, deadline));
        counted = look;
        if (look.settled || earlyReads.isDue(look)) look = await provider.fetchRuns(look, deadline);
        counted = undefined;
        // A look at the counts alone takes nothing away from what an earlier one showed of the runs.
        last = runListHistory.compare(spell({ ...look, runs: look.runs ?? last?.runs }));
      } catch (error) {
        if (!(error instanceof NotFound) || clock.now() >= appearsBy) throw error;
        if (!loggedNotFound)
          options.log(`Batch ${id} was started just now and is not there yet: looking again.`);
        loggedNotFound = true;
        await clock.sleep(Math.min(pollIntervalMs, until - clock.now()), deadline.signal);
        continue;
      }
      options.onPoll({ ...started, batch: last });
      samples.push({ atMs: clock.now(), ...countFinishedRuns(last) });
      let gapMs = nextGapMs(samples, pollIntervalMs, { watchesRuns: options.readsEarly });
      if (last.settled) {
        const ended = { ...started, batch: last, isListConfirmed: runListHistory.confirm(last) };
        const inconsistencies = findInconsistencies(ended, options.names);
        // All that was asked for is there: `inconsistencies` would name what is missing.
        const isWhole = requestedTestCases !== undefined || ended.isListConfirmed !== false;
        if (inconsistencies.length === 0 && isWhole) return ended;

        recheck ??= createRecheck(id, options);
        const mayPass = !runListHistory.isContradicted() && ((await options.mayPass?.()) ?? true);
        const pauseMs = recheck.next(inconsistencies, mayPass);
        if (pauseMs === undefined && !isOver()) return ended;
        gapMs = pauseMs ?? 0;
      } else {
        recheck = undefined;
        runListHistory.forget();
      }
      await clock.sleep(Math.min(gapMs, until - clock.now()), deadline.signal);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // A timer may fire slightly early, so the clock alone does not tell that the deadline has come.
    if (!isOver() && !(error instanceof ProviderTimeout)) {
      if (started.round === 1) halt.abort();
      const isKeyRefused = error instanceof KeyRefused;
      return {
        ...started,
        batch: counted ?? last,
        problem: error.message,
        ...(isKeyRefused && { isKeyRefused }),
      };
    }
  }
  const known = { ...started, batch: batchAtDeadline(counted, last, options) };
  return cancelled.aborted ? known : finalPoll(known, { runListHistory, spell, options });
}

/** Last known state of a batch at the end of the time. Counts without runs are none where more runs would confirm it. */
function batchAtDeadline(
  counted: Batch | undefined,
  last: Batch | undefined,
  { readsEarly = false }: WaitOptions,
): Batch | undefined {
  return readsEarly ? last : (counted ?? last);
}

/** After the deadline, or when another batch has made waiting pointless: what can be seen now, with every run. */
async function finalPoll(
  known: WatchedBatch,
  {
    runListHistory,
    spell,
    options,
  }: {
    runListHistory: ReturnType<typeof createRunListHistory>;
    spell: (batch: Batch) => Batch;
    options: WaitOptions;
  },
): Promise<WatchedBatch> {
  const { provider, clock, onPoll } = options;
  const { signal } = options.deadline;
  const within = { until: clock.now() + FINAL_POLL_MS, signal, noRetries: true };
  let counted: Batch | undefined;
  try {
    counted = runListHistory.addClaims(await provider.fetchBatch(known.id, within));
    const batch = runListHistory.compare(spell(await provider.fetchRuns(counted, within)));
    onPoll({ ...known, batch });
    return { ...known, batch, isListConfirmed: batch.settled ? runListHistory.confirm(batch) : undefined };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const batch = batchAtDeadline(counted, known.batch, options);
    return { ...known, batch, problem: signal.aborted ? undefined : error.message };
  }
}

/** Writes the ids of test cases as this step asked for them: a provider may answer in other capitals. */
function spellingOf(
  requestedTestCases: readonly string[] | undefined,
  { idKey }: Pick<Provider, 'idKey'>,
): (batch: Batch) => Batch {
  if (requestedTestCases === undefined || idKey === undefined) return (batch) => batch;
  const spelling = new Map(requestedTestCases.map((id) => [idKey(id), id]));
  return (batch) => ({
    ...batch,
    runs: batch.runs?.map((run) => {
      const id = run.testCase.id === undefined ? undefined : spelling.get(idKey(run.testCase.id));
      return id === undefined || id === run.testCase.id ? run : { ...run, testCase: { ...run.testCase, id } };
    }),
  });
}

/**
 * Decides when the runs of a batch that goes on are read: when its counters move, and each 30 s where they stand still. A long
 * list is read less often: it takes pages, and they may hold conversations.
 */
function createEarlyReads({ readsEarly = false, clock }: WaitOptions) {
  let seen = { finished: 0, atMs: clock.now() };
  return {
    isDue(batch: Batch): boolean {
      if (!readsEarly || batch.runs !== undefined) return false;
      const { finished, total } = countFinishedRuns(batch);
      const sinceMs = clock.now() - seen.atMs;
      const hasMoved = finished !== seen.finished && sinceMs >= total * LISTED_RUN_MS;
      if (!hasMoved && sinceMs < STILL_COUNTERS_MS) return false;
      seen = { finished, atMs: clock.now() };
      return true;
    },
  };
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
