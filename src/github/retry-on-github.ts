import { type ClockAndRandom, retryUntilDeadline } from '../http/retry.ts';
import type { Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded } from '../runtime/deadline.ts';
import { GitHubError } from './github-error.ts';

const BACKOFF_MS = { first: 500, longest: 5_000 };
/** Give up after 20 s without any answer. */
const MAX_SILENCE_MS = 20_000;
/** Pauses after a rate limit that does not say when it ends: doubled after each further one. */
const LIMIT_BACKOFF_MS = { first: 4_000, longest: 30_000 };
/** A rate limit that lasts no longer than this is worth one more try, however little time there is. */
const MAX_LIMIT_MS = 120_000;
/** Time that is left for the last try, in milliseconds. */
const LAST_TRY_MS = 5_000;

/**
 * Runs a task until it succeeds, as long as its failures may pass and there is time. Whatever the task does, this returns
 * or throws a `GitHubError` by then, or as soon as the signal comes.
 *
 * It goes back to where a task begins, at its first read: a write that failed must not be sent again as it was, over what
 * others wrote meanwhile. A rate limit that ends too late is tried once more just before the time is over.
 */
export async function retryOnGitHub<T>(
  task: (deadline: Deadline) => Promise<T>,
  { clock, random, until, signal }: ClockAndRandom & Deadline,
): Promise<T> {
  let limits = 0;
  /** Limits that say nothing are waited out longer and longer, each job at its own times. */
  const limitPauseMs = (): number => {
    const growing = Math.min(LIMIT_BACKOFF_MS.longest, LIMIT_BACKOFF_MS.first * 2 ** limits);
    limits += 1;
    return growing * (0.75 + random() / 2);
  };
  const attempt = (noRetries: boolean): Promise<T> =>
    retryUntilDeadline(
      task,
      { until, signal, noRetries },
      {
        clock,
        random,
        backoff: BACKOFF_MS,
        failFast: true,
        classifyError: (error) =>
          error instanceof GitHubError ? classifyGitHubError(error, limitPauseMs) : undefined,
      },
    );
  let limited: unknown;
  try {
    return await attempt(false).catch(async (error: unknown) => {
      const leftMs = until - clock.now();
      if (!isWorthLastTry(error) || leftMs <= 0 || signal.aborted) throw error;
      limited = error;
      await clock.sleep(leftMs - Math.min(LAST_TRY_MS, leftMs / 2), signal);
      return await attempt(true);
    });
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    throw error.cause ?? limited ?? new GitHubError('out-of-time', 'GitHub did not answer in time');
  }
}

function classifyGitHubError({ isRetryable, retryAfterMs, kind }: GitHubError, limitPauseMs: () => number) {
  return {
    isRetryable,
    retryAfterMs: kind === 'rate-limited' ? (retryAfterMs ?? limitPauseMs()) : retryAfterMs,
    maxRetryMs: kind === 'unavailable' ? MAX_SILENCE_MS : undefined,
  };
}

const isWorthLastTry = (error: unknown): boolean =>
  error instanceof GitHubError && error.kind === 'rate-limited' && (error.retryAfterMs ?? 0) <= MAX_LIMIT_MS;
