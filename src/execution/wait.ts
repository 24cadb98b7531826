import { type Batch, type BatchOutcome, countRuns, runsFinished } from '../domain/batch.ts';
import { contradictions, listOf, missingCases, unknownWords } from '../domain/integrity.ts';
import { countCases } from '../domain/test-case.ts';
import type { Ending } from '../domain/verdict.ts';
import type { Provider } from '../providers/provider.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { NotFound, OutOfTime, ProviderError } from '../runtime/errors.ts';
import { type Look, nextGapMs } from './poll-schedule.ts';

/** How long the one last look after the deadline may take. */
const LAST_LOOK_MS = 10_000;
/** How long a batch that has ended and does not add up is read again, unless the provider says otherwise. */
const RECHECK_MS = 120_000;
const LONGEST_RECHECK_GAP_MS = 5_000;
/** How long a provider may not know a batch that it has just started. */
const APPEARS_WITHIN_MS = 15_000;

/** What to wait for, and how. */
export interface WaitOptions {
  readonly provider: Provider;
  readonly batchIds: readonly string[];
  /** Those that this step has just started, by id, with the test cases that it asked for: a 404 may mean that they are not there yet. */
  readonly startedHere?: ReadonlyMap<string, readonly string[]> | undefined;
  readonly clock: Clock;
  /** Its signal aborts when the workflow is cancelled. */
  readonly deadline: Deadline;
  readonly pollIntervalMs: number;
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
  // If one batch cannot be read the verdict cannot be `passed`: stop waiting for the others and read each once more.
  const halt = new AbortController();
  const outcomes = await Promise.all(options.batchIds.map((id) => watch(id, options, halt)));
  return { ending: endingOf(outcomes, options.deadline.signal, halt.signal), outcomes };
}

async function watch(id: string, options: WaitOptions, halt: AbortController): Promise<BatchOutcome> {
  const { provider, clock, pollIntervalMs } = options;
  const { until, signal: cancelled } = options.deadline;
  const deadline = { until, signal: AbortSignal.any([cancelled, halt.signal]) };
  const isOver = () => deadline.signal.aborted || clock.now() >= until;
  const asked = options.startedHere?.get(id);
  const appearsBy = clock.now() + (asked === undefined ? 0 : APPEARS_WITHIN_MS);
  let isMissed = false;
  const looks: Look[] = [];
  const lists = createListMemory(options);
  let last: Batch | undefined;
  /** Set while a batch that has ended is read again. */
  let recheck: Recheck | undefined;

  try {
    while (!isOver()) {
      try {
        last = await provider.look(id, deadline);
        if (last.settled) last = await provider.readRuns(last, deadline);
        last = lists.compare(last);
      } catch (error) {
        if (!(error instanceof NotFound) || clock.now() >= appearsBy) throw error;
        if (!isMissed) options.log(`Batch ${id} was started just now and is not there yet: looking again.`);
        isMissed = true;
        await clock.sleep(Math.min(pollIntervalMs, until - clock.now()), deadline.signal);
        continue;
      }
      options.onLook(last);
      looks.push(toLook(last, clock));
      let gapMs = nextGapMs(looks, pollIntervalMs);
      if (last.settled) {
        const isListConfirmed = lists.confirm(last);
        const doubts = doubtsAbout(last, asked);
        // All that was asked for is there: `doubts` would name what is missing.
        const isWhole = asked !== undefined || isSizeKnown(last) || isListConfirmed === true;
        if (doubts.length === 0 && isWhole) return { id, batch: last, isListConfirmed };

        recheck ??= createRecheck(id, options);
        const pauseMs = recheck.next(doubts);
        if (pauseMs === undefined && !isOver()) return { id, batch: last, isListConfirmed };
        gapMs = pauseMs ?? 0;
      } else {
        recheck = undefined;
        lists.forget();
      }
      await clock.sleep(Math.min(gapMs, until - clock.now()), deadline.signal);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // A timer may fire slightly early, so the clock alone does not tell that the deadline has come.
    if (!isOver() && !(error instanceof OutOfTime)) {
      halt.abort();
      return { id, batch: last, problem: error.message };
    }
  }
  return cancelled.aborted ? { id, batch: last } : lastLook(id, last, lists, options);
}

/** After the deadline, or when another batch has made waiting pointless: what can be seen now, with every run. */
async function lastLook(
  id: string,
  before: Batch | undefined,
  lists: ListMemory,
  { provider, clock, deadline: { signal }, onLook }: WaitOptions,
): Promise<BatchOutcome> {
  const within = { until: clock.now() + LAST_LOOK_MS, signal, noRetries: true };
  let last = before;
  try {
    last = await provider.look(id, within);
    last = lists.compare(await provider.readRuns(last, within));
    onLook(last);
    return { id, batch: last, isListConfirmed: last.settled ? lists.confirm(last) : undefined };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { id, batch: last, problem: signal.aborted ? undefined : error.message };
  }
}

/** The pace at which a batch that has ended is read again. */
interface Recheck {
  /** How long to pause before the next reading, in milliseconds; `undefined` if the doubts have stayed for too long. */
  next(doubts: readonly string[]): number | undefined;
}

function createRecheck(id: string, { provider, pollIntervalMs, log }: WaitOptions): Recheck {
  /** Only the pauses count, so that retries do not use up the time. */
  let leftMs = provider.recheckMs ?? RECHECK_MS;
  let gapMs = pollIntervalMs;
  let said = '';
  return {
    next(doubts) {
      let pauseMs = gapMs;
      if (doubts.length > 0) {
        if (leftMs <= 0) return undefined;
        const text = doubts.join('; ');
        if (text !== said) log(`Batch ${id} has ended and does not add up yet (${text}): reading it again.`);
        said = text;
        // Not past the end of the rechecks, but not sooner than the user's shortest gap either.
        pauseMs = Math.min(gapMs, Math.max(pollIntervalMs, leftMs));
        leftMs -= pauseMs;
      }
      gapMs = Math.min(2 * gapMs, Math.max(pollIntervalMs, LONGEST_RECHECK_GAP_MS));
      return pauseMs;
    },
  };
}

/** Remembers what the looks at one batch showed of its runs. */
interface ListMemory {
  /** The batch, with a doubt where an earlier look showed more test cases or announced more runs. */
  compare(batch: Batch): Batch;
  /** True if the same list was seen before, at least one poll interval ago; `undefined` where it need not be. */
  confirm(settled: Batch): boolean | undefined;
  /** The batch turned out not to have settled. */
  forget(): void;
}

function createListMemory({ clock, pollIntervalMs }: WaitOptions): ListMemory {
  let seen: { list: string; atMs: number } | undefined;
  /** The test case of each run. A provider may repeat a run of its own accord, or name its test case later. */
  const listed = new Map<string, string | undefined>();
  let announced = 0;
  return {
    compare(batch) {
      const { runs = [], settled } = batch;
      const total = batch.announced.total ?? announced;
      const ids = new Set(runs.map(({ id }) => id));
      const cases = new Set(runs.map(({ testCase }) => testCase.id));
      const gone = [...listed].filter(([id, testCase]) => !ids.has(id) && !(testCase && cases.has(testCase)));
      const doubts: string[] = [];
      if (settled && gone.length > 0)
        doubts.push(
          `${countRuns(gone.length)} that it listed before ${gone.length === 1 ? 'is' : 'are'} missing`,
        );
      if (settled && total < announced)
        doubts.push(`it announced ${countRuns(announced)} before, and now ${total}`);
      for (const { id, testCase } of runs) listed.set(id, testCase.id);
      announced = Math.max(announced, total);
      return doubts.length === 0 ? batch : { ...batch, doubts: [...(batch.doubts ?? []), ...doubts] };
    },
    confirm(settled) {
      if (isSizeKnown(settled)) return undefined;
      const list = listOf(settled.runs ?? []);
      if (seen?.list !== list) seen = { list, atMs: clock.now() };
      return clock.now() - seen.atMs >= pollIntervalMs;
    },
    forget() {
      seen = undefined;
    },
  };
}

/** Whether something says how many runs there must be. Otherwise the same list in two looks has to show that none is missing. */
function isSizeKnown({ announced }: Batch): boolean {
  return announced.total !== undefined;
}

/** What has not settled in the end was stopped by the deadline, unless it was cancelled. */
function endingOf(outcomes: readonly BatchOutcome[], cancelled: AbortSignal, halted: AbortSignal): Ending {
  if (cancelled.aborted) return 'cancelled';
  const allSettled = outcomes.every(({ batch }) => batch?.settled === true);
  return allSettled || halted.aborted ? 'settled' : 'deadline';
}

function doubtsAbout(batch: Batch, asked: readonly string[] | undefined): string[] {
  const missing = missingCases({ asked, batch }).length;
  return [
    ...contradictions(batch),
    ...unknownWords(batch).map((word) => `unknown status "${word}"`),
    ...(missing === 0 ? [] : [`${missing} of ${countCases(asked?.length ?? 0)} without a run`]),
  ];
}

function toLook(batch: Batch, clock: Clock): Look {
  return { atMs: clock.now(), ...runsFinished(batch) };
}
