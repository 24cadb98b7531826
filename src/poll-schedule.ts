/** What one look at a batch showed. */
export interface Look {
  /** When, in milliseconds of `Clock.now()`. */
  readonly atMs: number;
  /** How many runs are finished, and how many there are in all; `undefined` where the provider does not say. */
  readonly finished?: number | undefined;
  readonly total?: number | undefined;
}

/** No gap is longer, unless the user's own shortest gap is. */
export const LONGEST_GAP_MS = 30_000;

/**
 * How long to wait before the next look at a batch, in milliseconds. `looks` are the looks so far, oldest first; those
 * that showed the same count as the one before may be left out, except the last two. The caller cuts the gap
 * at its deadline.
 *
 * Two rules, and the longer gap counts; `npm run bench` shows what they achieve.
 * - Most runs are unfinished: the batch cannot end before they do, so the next look can wait until, at the pace seen,
 *   one is left.
 * - One is left, or nothing moves: when it ends is anybody's guess, and the longer it has taken, the longer it is likely
 *   to take. The gap that costs least in requests and delay together then grows with the square root of the wait.
 */
export function nextGapMs(looks: readonly Look[], minMs: number): number {
  // Half the square root of the wait, both in seconds: 5 s after 100 s, 10 s after 400 s. Chosen on generated
  // timelines: less than half costs many requests and saves little delay.
  const guessMs = 0.5 * Math.sqrt(waitMs(looks) / 1000) * 1000;
  const gapMs = Math.max(untilOneIsLeftMs(looks), guessMs);
  return Math.max(minMs, Math.min(gapMs, LONGEST_GAP_MS));
}

/** For how long the count of finished runs has stood where it stands. */
function waitMs(looks: readonly Look[]): number {
  const last = looks.at(-1);
  return last === undefined ? 0 : last.atMs - reachedAtMs(looks, finishedRuns(last));
}

/** The time until all runs but one have finished, at the pace seen; 0 where there is none. */
function untilOneIsLeftMs(looks: readonly Look[]): number {
  const [first, previous, last] = [looks.at(0), looks.at(-2), looks.at(-1)];
  if (first === undefined || previous === undefined || last === undefined) return 0;
  const finished = finishedRuns(last);
  const unfinished = (last.total ?? 0) - finished;
  const moved = finished - finishedRuns(first);
  if (!(unfinished > 1 && moved > 0)) return 0;

  // The runs to come will take about as long as the same number did before them. Believe the latest gap instead when it
  // was faster: stragglers that waited for the same thing end together.
  const alike = Math.min(unfinished, moved);
  const alikeMs = reachedAtMs(looks, finished) - reachedAtMs(looks, finished - alike);
  const latest = finished - finishedRuns(previous);
  const latestMs = last.atMs - previous.atMs;
  const msPerRun = Math.min(alikeMs / alike, latest > 0 ? latestMs / latest : Number.POSITIVE_INFINITY);
  return msPerRun * (unfinished - 1) - waitMs(looks);
}

/** When that many runs were first seen finished. */
function reachedAtMs(looks: readonly Look[], finished: number): number {
  return looks.find((look) => finishedRuns(look) >= finished)?.atMs ?? 0;
}

/** A count without a total teaches nothing, so it counts as no run finished: the gap then grows with the elapsed time. */
function finishedRuns({ finished, total }: Look): number {
  return Number.isFinite(finished) && Number.isFinite(total) ? (finished ?? 0) : 0;
}
