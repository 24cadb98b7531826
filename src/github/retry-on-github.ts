import { type ClockAndRandom, retryUntilDeadline } from '../http/retry.ts';
import type { Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded } from '../runtime/deadline.ts';
import { GitHubError } from './github-error.ts';

const BACKOFF_MS = { first: 500, longest: 5_000 };
/** Give up after 20 s without any answer. */
const MAX_SILENCE_MS = 20_000;

/**
 * Runs a task until it succeeds, as long as its failures may pass and there is time. Whatever the task does, this returns
 * or throws a `GitHubError` by then, or as soon as the signal comes.
 *
 * Octokit's plugins retry single reads. This goes back to where a task begins, at its first read: a write that failed
 * must not be sent again as it was, over what others wrote meanwhile.
 */
export async function retryOnGitHub<T>(
  task: (deadline: Deadline) => Promise<T>,
  { clock, random, until, signal }: ClockAndRandom & Deadline,
): Promise<T> {
  try {
    return await retryUntilDeadline(
      task,
      { until, signal },
      {
        clock,
        random,
        backoff: BACKOFF_MS,
        // A rate limit that ends too late is said at once: to ask meanwhile would make it longer.
        failFast: true,
        classifyError: (error) => (error instanceof GitHubError ? classifyError(error) : undefined),
      },
    );
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    throw error.cause ?? new GitHubError('out-of-time', 'GitHub did not answer in time');
  }
}

const classifyError = ({ isRetryable, retryAfterMs, kind }: GitHubError) => ({
  isRetryable,
  retryAfterMs,
  maxRetryMs: kind === 'unavailable' ? MAX_SILENCE_MS : undefined,
});
