import type { Clock, Deadline } from '../clock.ts';
import { GitHubError } from '../github/github-error.ts';

/** Time and chance, which tests bring themselves. */
export interface Means {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
}

const BACKOFF_MS = { first: 500, longest: 5_000 };
/** A GitHub that has not been there for so long is not worth more of a job's time. */
const ABSENT_MS = 20_000;

/**
 * Runs a task until it succeeds, as long as its failures may pass and there is time. `Retry-After` is obeyed if it
 * ends in time. Whatever the task does, this returns or throws a `GitHubError` by then, or as soon as the signal comes.
 *
 * Octokit's plugins retry single reads. This goes back to where a task begins, at its first read: a write that failed
 * must not be sent again as it was, over what others wrote meanwhile.
 */
export async function persist<T>(
  task: (limits: Deadline) => Promise<T>,
  { clock, random, until, signal }: Means & Deadline,
): Promise<T> {
  let last: GitHubError | undefined;
  let end = until;
  for (let failures = 0; ; failures += 1) {
    const startedAt = clock.now();
    try {
      return await withinTime(task, { clock, until: end, signal });
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      if (!error.mayPass) throw error.kind === 'out-of-time' ? (last ?? error) : error;
      last = error;
    }
    end = last.kind === 'unavailable' ? Math.min(end, startedAt + ABSENT_MS) : until;
    const backoff = Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** failures) * (0.5 + random() / 2);
    const pause = last.retryAfterMs ?? backoff;
    if (clock.now() + pause >= end) throw last;
    await clock.sleep(pause, signal);
  }
}

/** The pauses of Octokit's plugins do not end with a signal: the task is left behind, and what becomes of it ignored. */
async function withinTime<T>(
  task: (limits: Deadline) => Promise<T>,
  { clock, until, signal }: { clock: Clock } & Deadline,
): Promise<T> {
  const over = new AbortController();
  const finished = new AbortController();
  const left = until - clock.now();
  const outOfTime = new GitHubError('out-of-time', 'GitHub did not answer in time');
  if (left <= 0 || signal.aborted) throw outOfTime;
  void clock.sleep(left, finished.signal).then(() => over.abort());
  const stop = AbortSignal.any([signal, over.signal]);
  const stopped = new Promise<never>((_, reject) => stop.addEventListener('abort', () => reject(outOfTime)));
  try {
    return await Promise.race([task({ until, signal: stop }), stopped]);
  } catch (error) {
    throw stop.aborted ? outOfTime : error;
  } finally {
    finished.abort();
  }
}
