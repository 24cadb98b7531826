import type { Clock, Deadline } from '../clock.ts';
import { type Batch, type BatchOutcome, runsFinished } from '../domain/batch.ts';
import { contradictions, unknownWords } from '../domain/integrity.ts';
import type { Ending } from '../domain/verdict.ts';
import { OutOfTime, ProviderError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';
import { type Look, nextGapMs } from './poll-schedule.ts';

/** How long the one last look after the deadline may take. */
const LAST_LOOK_MS = 10_000;
/** A batch that has ended and does not add up is read again for three intervals, and at least this long. */
const RECHECK_MS = 8_000;
const LONGEST_RECHECK_GAP_MS = 5_000;

/** What to wait for, and how. */
export interface WaitOptions {
  readonly provider: Provider;
  readonly batchIds: readonly string[];
  readonly clock: Clock;
  /** The deadline: a moment of `clock.now()`. */
  readonly until: number;
  readonly pollIntervalMs: number;
  /** Aborts when the workflow is cancelled. */
  readonly signal: AbortSignal;
  /** Told of every look. */
  readonly onLook: (batch: Batch) => void;
  readonly log: (line: string) => void;
}

/**
 * Looks at each batch until it settles, the deadline comes or the workflow is cancelled. Never throws for what
 * a provider does: a batch that cannot be read is an outcome with a problem.
 */
export async function waitForBatches(
  options: WaitOptions,
): Promise<{ ending: Ending; outcomes: BatchOutcome[] }> {
  // One batch that cannot be read makes green impossible, so the others are not waited for: they get a last look.
  const halt = new AbortController();
  const outcomes = await Promise.all(options.batchIds.map((id) => watch(id, options, halt)));
  return { ending: endingOf(outcomes, options.signal, halt.signal), outcomes };
}

async function watch(id: string, options: WaitOptions, halt: AbortController): Promise<BatchOutcome> {
  const { provider, clock, until } = options;
  const deadline = { until, signal: AbortSignal.any([options.signal, halt.signal]) };
  const isOver = () => deadline.signal.aborted || clock.now() >= until;
  const looks: Look[] = [];
  let last: Batch | undefined;
  const saw = (batch: Batch): Batch => {
    last = batch;
    options.onLook(batch);
    looks.push(toLook(batch, clock));
    return batch;
  };

  try {
    while (!isOver()) {
      let batch = saw(await provider.look(id, deadline));
      if (batch.settled) {
        for await (const read of readUntilConsistent(batch, options, deadline)) batch = saw(read);
        if (batch.settled && (doubts(batch).length === 0 || !isOver())) return { id, batch };
      }
      const gapMs = nextGapMs(looks, options.pollIntervalMs);
      await clock.sleep(Math.min(gapMs, until - clock.now()), deadline.signal);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // A timer may ring a little before its time, so the clock alone does not tell that the deadline has come.
    if (!isOver() && !(error instanceof OutOfTime)) {
      halt.abort();
      return { id, ...batchIf(last), problem: error.message };
    }
  }
  return options.signal.aborted ? { id, ...batchIf(last) } : lastLook(id, last, options);
}

/**
 * A settled batch with its runs, read again as long as it does not add up: batch and runs may disagree for a
 * moment. Ends early if the batch turns out not to be settled after all.
 */
async function* readUntilConsistent(
  settled: Batch,
  options: WaitOptions,
  deadline: Deadline,
): AsyncGenerator<Batch> {
  const { provider, clock, pollIntervalMs } = options;
  const giveUpAt = Math.min(clock.now() + Math.max(3 * pollIntervalMs, RECHECK_MS), options.until);
  let batch: Batch = await provider.readRuns(settled, deadline);
  yield batch;
  let gapMs = pollIntervalMs;
  while (batch.settled && doubts(batch).length > 0 && clock.now() < giveUpAt) {
    options.log(
      `Batch ${batch.id} has ended and does not add up yet (${doubts(batch).join('; ')}): reading it again.`,
    );
    // Not beyond the time, but not sooner than the user's shortest gap either.
    const untilGivenUpMs = Math.max(pollIntervalMs, giveUpAt - clock.now());
    await clock.sleep(Math.min(gapMs, untilGivenUpMs, options.until - clock.now()), deadline.signal);
    if (deadline.signal.aborted) return;
    gapMs = Math.min(2 * gapMs, Math.max(pollIntervalMs, LONGEST_RECHECK_GAP_MS));
    const again = await provider.look(batch.id, deadline);
    batch = again.settled ? await provider.readRuns(again, deadline) : again;
    yield batch;
  }
}

/** After the deadline, or when another batch has made waiting pointless: what can be seen now, with every run. */
async function lastLook(id: string, before: Batch | undefined, options: WaitOptions): Promise<BatchOutcome> {
  const { provider, clock, signal } = options;
  const deadline = { until: clock.now() + LAST_LOOK_MS, signal, noRetries: true };
  let last = before;
  try {
    last = await provider.look(id, deadline);
    last = await provider.readRuns(last, deadline);
    options.onLook(last);
    return { id, batch: last };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { id, ...batchIf(last), ...(signal.aborted ? {} : { problem: error.message }) };
  }
}

/** What is unsettled in the end was stopped by the deadline, unless it was stopped by somebody. */
function endingOf(outcomes: readonly BatchOutcome[], cancelled: AbortSignal, halted: AbortSignal): Ending {
  if (cancelled.aborted) return 'cancelled';
  const allSettled = outcomes.every(({ batch }) => batch?.settled === true);
  return allSettled || halted.aborted ? 'settled' : 'deadline';
}

function doubts(batch: Batch): string[] {
  return [...contradictions(batch), ...unknownWords(batch).map((word) => `unknown status "${word}"`)];
}

function toLook(batch: Batch, clock: Clock): Look {
  return { atMs: clock.now(), ...runsFinished(batch) };
}

const batchIf = (batch: Batch | undefined) => (batch === undefined ? {} : { batch });
