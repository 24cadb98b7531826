import { type Batch, countFinishedRuns, type WatchedBatch } from '../domain/batch.ts';
import type { Provider } from '../providers/provider.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { createRunListHistory } from './run-list-history.ts';

/** Longest standstill of the counters before the list of runs is read all the same: nobody documents that they move. */
const STILL_COUNTERS_MS = 30_000;
/** Time between two readings of such a list, for each of its runs: 20 runs are read at each look, 300 and more each 30 s. */
const LISTED_RUN_MS = 100;

/** Options of looking at a batch. */
export interface BatchReaderOptions {
  readonly provider: Pick<Provider, 'fetchBatch' | 'fetchRuns' | 'idKey'>;
  readonly clock: Clock;
  /** Told of every look. */
  readonly onPoll: (watched: WatchedBatch) => void;
  /** Runs are read while their batch goes on, where its looks do not have them: a run that did not pass is confirmed early. */
  readonly readsEarly?: boolean | undefined;
}

/** Looks at one batch, as it was given or started, and remembers what was seen. */
export function createBatchReader(
  started: WatchedBatch,
  options: BatchReaderOptions & { readonly runListHistory: ReturnType<typeof createRunListHistory> },
) {
  const { provider, onPoll, readsEarly = false, runListHistory } = options;
  const spell = spellingOf(started.requestedTestCases, provider);
  const earlyReads = createEarlyReads(options);
  let last: Batch | undefined;
  /** The counts of a look whose runs were not read yet. */
  let counted: Batch | undefined;
  return {
    /** Looks once. The runs are read where the batch has ended or they are due; `needsRuns`: in any case. */
    async look(deadline: Deadline, { needsRuns = false } = {}): Promise<Batch> {
      let batch = runListHistory.addClaims(await provider.fetchBatch(started.id, deadline));
      counted = batch;
      if (needsRuns || batch.settled || earlyReads.isDue(batch)) {
        batch = await provider.fetchRuns(batch, deadline);
      }
      counted = undefined;
      // A look at the counts alone takes nothing away from what an earlier one showed of the runs.
      last = runListHistory.compare(spell({ ...batch, runs: batch.runs ?? last?.runs }));
      onPoll({ ...started, batch: last });
      return last;
    },
    /** The last known state, if only in counts. */
    lastKnown: (): Batch | undefined => counted ?? last,
    /** The same at the end of the time. Counts without runs are none where more runs would confirm it. */
    lastKnownAtDeadline: (): Batch | undefined => (readsEarly ? last : (counted ?? last)),
  };
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
function createEarlyReads({ readsEarly = false, clock }: BatchReaderOptions) {
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
