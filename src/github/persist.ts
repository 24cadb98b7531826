import type { Clock } from '../clock.ts';
import { GitHubError } from './failure.ts';

/** How long to go on. */
export interface Limits {
  /** A moment of `Clock.now()`, in milliseconds. */
  readonly until: number;
  /** Ends everything at once. */
  readonly signal: AbortSignal;
}

/** Time and chance, which tests bring themselves. */
export interface Means {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
}

const BACKOFF_MS = { first: 500, longest: 10_000 };

/**
 * Runs a task until it succeeds, as long as its failures may pass and there is time. `Retry-After` is obeyed if it
 * ends in time. The task is told by its signal to end; whatever happens, this returns or throws a `GitHubError` by then.
 *
 * Not Octokit's retry and throttling plugins: their pauses do not end with a signal, so they would keep the process
 * from ending after a cancellation; and they would send a write once more as it was, over what others wrote meanwhile.
 */
export async function persist<T>(
  task: (signal: AbortSignal) => Promise<T>,
  { clock, random, until, signal }: Means & Limits,
): Promise<T> {
  let last: GitHubError | undefined;
  for (let failures = 0; ; failures += 1) {
    try {
      return await withinTime(task, { clock, until, signal });
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      if (!error.mayPass) throw error.kind === 'out-of-time' ? (last ?? error) : error;
      last = error;
    }
    const backoff = Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** failures) * (0.5 + random() / 2);
    const pause = last.retryAfterMs ?? backoff;
    if (clock.now() + pause >= until) throw last;
    await clock.sleep(pause, signal);
  }
}

async function withinTime<T>(
  task: (signal: AbortSignal) => Promise<T>,
  { clock, until, signal }: { clock: Clock } & Limits,
): Promise<T> {
  const over = new AbortController();
  const finished = new AbortController();
  const left = until - clock.now();
  const outOfTime = new GitHubError('out-of-time', 'GitHub did not answer in time');
  if (left <= 0 || signal.aborted) throw outOfTime;
  void clock.sleep(left, finished.signal).then(() => over.abort());
  const stop = AbortSignal.any([signal, over.signal]);
  try {
    return await task(stop);
  } catch (error) {
    throw stop.aborted ? outOfTime : error;
  } finally {
    finished.abort();
  }
}
