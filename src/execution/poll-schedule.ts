/** Counts of one look at a batch. */
export interface PollSample {
  /** When, in milliseconds of `Clock.now()`. */
  readonly atMs: number;
  /** Number of finished runs, and of all; `undefined` where the provider does not say. */
  readonly finished?: number | undefined;
  readonly total?: number | undefined;
}

/** No gap is longer, unless the user's own shortest gap is. */
export const LONGEST_GAP_MS = 30_000;

/**
 * Pause before the next look at a batch, in milliseconds. `samples` are all looks so far, oldest first;
 * `minMs` is the user's shortest gap. The caller cuts the gap at its deadline.
 *
 * Two rules; the longer gap counts.
 * - While several runs are unfinished the batch cannot end, so nothing is missed before the time when, at the pace
 *   seen so far, only one is left.
 *   Not so where each run that ends may start another (`watchesRuns`).
 * - When one is left or nothing moves, the end cannot be predicted; but the longer it has taken, the longer it
 *   is likely to take. Requests and delay together are then least if the gap grows with the square root of the wait.
 */
export function nextGapMs(
  samples: readonly PollSample[],
  minMs: number,
  { watchesRuns = false }: { readonly watchesRuns?: boolean | undefined } = {},
): number {
  // Three quarters, because the pace may rise.
  const knownMs = watchesRuns ? 0 : 0.75 * timeToLastRunMs(samples);
  // 5 s after 100 s, 10 s after 400 s. On generated timelines, less than half the root costs many requests and
  // saves little delay.
  const guessedMs = 0.5 * Math.sqrt(waitMs(samples) / 1000) * 1000;
  return Math.max(minMs, Math.min(Math.max(knownMs, guessedMs), LONGEST_GAP_MS));
}

/** For how long the count of finished runs has stood where it stands. */
function waitMs(samples: readonly PollSample[]): number {
  const last = samples.at(-1);
  return last === undefined ? 0 : last.atMs - firstSeenMs(samples, finishedRuns(last));
}

/** The time until one run is left, at the pace seen; nothing or less where no pace is known or it was not kept. */
function timeToLastRunMs(samples: readonly PollSample[]): number {
  const [first, previous, last] = [samples.at(0), samples.at(-2), samples.at(-1)];
  if (first === undefined || previous === undefined || last === undefined) return 0;
  const finished = finishedRuns(last);
  const unfinished = (last.total ?? 0) - finished;
  const moved = finished - finishedRuns(first);
  if (!(unfinished > 1 && moved > 0)) return 0;

  // As many runs as are still to come, or as many as were seen, tell how long one takes.
  const start = finished - Math.min(unfinished, moved);
  const before = finishedRuns(samples.findLast((sample) => finishedRuns(sample) <= start) ?? first);
  const usualMs = (firstSeenMs(samples, finished) - firstSeenMs(samples, before)) / (finished - before);
  // The latest gap counts if it was faster: runs that hung on the same thing end together.
  const latest = finished - finishedRuns(previous);
  const latestMs = latest > 0 ? (last.atMs - previous.atMs) / latest : usualMs;
  return Math.min(usualMs, latestMs) * (unfinished - 1) - waitMs(samples);
}

/** When at least that many runs were first seen finished. */
function firstSeenMs(samples: readonly PollSample[], finished: number): number {
  return samples.find((sample) => finishedRuns(sample) >= finished)?.atMs ?? 0;
}

/** A count without a total teaches nothing: as if no run had finished, the gap grows with the elapsed time. */
function finishedRuns({ finished = 0, total }: PollSample): number {
  return Number.isSafeInteger(finished) && Number.isSafeInteger(total) ? Math.max(0, finished) : 0;
}
