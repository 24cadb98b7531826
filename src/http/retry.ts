import type { Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded, withDeadline } from '../runtime/deadline.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Time and random numbers, which tests bring themselves. */
export type ClockAndRandom = Pick<Runtime, 'clock' | 'random'>;

/** Decision about a failure: whether to retry, and when. */
export interface RetryDecision {
  /** True if the same task may succeed later. */
  readonly isRetryable: boolean;
  /** The pause that the other side asks for, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Failures like this one are retried for so many milliseconds, and not to the deadline. */
  readonly maxRetryMs?: number | undefined;
}

interface RetryOptions extends ClockAndRandom {
  /** In milliseconds: the pause after the first failure, doubled after each further one up to `longest`. */
  readonly backoff: { readonly first: number; readonly longest: number };
  /** Asked after each failure, once. `undefined` for a mistake of ours. */
  readonly classifyError: (error: unknown) => RetryDecision | undefined;
  /** True to throw the last failure as soon as the next try would come after the deadline. */
  readonly failFast?: boolean;
}

/** A shorter wish of the other side leaves the pause to the backoff: a `Retry-After` of zero would be no pause. */
const MIN_RETRY_AFTER_MS = 1_000;

/**
 * Runs a task until it succeeds, as long as its failures may pass and there is time. `Retry-After` is obeyed if it
 * ends before the deadline. Throws the failure that cannot pass, or `DeadlineExceeded` as soon as the deadline or the signal
 * comes, whatever the task does then. With `noRetries` the task is run once.
 */
export async function retryUntilDeadline<T>(
  task: (deadline: Deadline) => Promise<T>,
  deadline: Deadline,
  { clock, random, backoff, classifyError, failFast = false }: RetryOptions,
): Promise<T> {
  const { signal, noRetries } = deadline;
  let last: unknown;
  let end = deadline.until;
  for (let failures = 0; ; failures += 1) {
    const startedAt = clock.now();
    try {
      return await withDeadline(task, { ...deadline, until: end }, clock);
    } catch (error) {
      if (error instanceof DeadlineExceeded) throw new DeadlineExceeded(undefined, { cause: last });
      const decision = classifyError(error);
      if (decision?.isRetryable !== true || noRetries === true) throw error;
      last = error;
      const { retryAfterMs = 0, maxRetryMs = Number.POSITIVE_INFINITY } = decision;
      // An answer that asks us to wait shows that the other side is there, so `maxRetryMs` begins again.
      end = decision.maxRetryMs === undefined ? deadline.until : Math.min(end, startedAt + maxRetryMs);
      const leftMs = end - clock.now();
      const backoffMs = Math.min(backoff.longest, backoff.first * 2 ** failures) * (0.5 + random() / 2);
      const followsRetryAfter = retryAfterMs >= MIN_RETRY_AFTER_MS && (failFast || retryAfterMs < leftMs);
      const pauseMs = followsRetryAfter ? retryAfterMs : backoffMs;
      if (failFast && pauseMs >= leftMs) throw error;
      await clock.sleep(Math.min(pauseMs, leftMs), signal);
    }
  }
}

/**
 * Time that a `Retry-After` header asks for, in milliseconds from now: it holds seconds or a date (RFC 9110, 10.2.3).
 * `undefined` for nonsense. `epoch` is the time now, in milliseconds.
 */
export function parseRetryAfter(header: string | null | undefined, epoch: number): number | undefined {
  const value = header?.trim() ?? '';
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - epoch;
  return Number.isNaN(ms) || /^-/.test(value) ? undefined : Math.max(0, ms);
}
