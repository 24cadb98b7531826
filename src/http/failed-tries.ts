/** Failures of one request: whether it is sent again, and what people are told. */
import type { Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded } from '../runtime/deadline.ts';
import { KeyRefused, NotFound, ProviderError, ProviderTimeout, RequestRefused } from '../runtime/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import {
  describeFailure,
  HttpStatusError,
  isLikelyMisconfigured,
  isRetryable,
  summarizeError,
} from './failure.ts';
import { type RetryDecision, retryUntilDeadline } from './retry.ts';

const BACKOFF_MS = { first: 500, longest: 30_000 };
/** From this many failures in a row on, the log says what is happening. */
const QUIET_FAILURES = 3;

/** Statuses with which a provider refuses what the user gave, and their errors. Payment (402) is not among them. */
const REFUSALS: Readonly<Record<number, typeof ProviderError>> = {
  400: RequestRefused,
  401: KeyRefused,
  403: KeyRefused,
  404: NotFound,
  422: RequestRefused,
};

interface HostOfTries extends Pick<Runtime, 'clock' | 'random' | 'log' | 'trace'> {
  /** Whether it has answered properly once: then it is trusted to come back. */
  readonly hasAnswered: boolean;
}

/**
 * The error for the caller of a request that came to nothing: a refusal where the status says so, a `ProviderTimeout`
 * at the deadline. `name` is the request's. Throws a mistake of ours.
 */
export function toProviderError(
  error: unknown,
  name: string,
  {
    advice,
    redact,
    signal,
  }: { advice: (status: number) => string; signal: AbortSignal } & Pick<Runtime, 'redact'>,
): ProviderError {
  if (error instanceof DeadlineExceeded) {
    const { cause } = error;
    if (signal.aborted) return new ProviderError('The request was stopped.', { cause });
    const last = cause === undefined ? '' : ` (${summarizeError(cause)})`;
    return new ProviderTimeout(
      redact(`${name} did not answer in time${last}. Raise timeout-minutes, or run the job again.`),
      { cause },
    );
  }
  const clause = describeFailure(error, advice);
  if (clause === undefined) throw error;
  const Kind = (error instanceof HttpStatusError && REFUSALS[error.status]) || ProviderError;
  return new Kind(redact(`${name} ${clause}`), { cause: error });
}

/**
 * Runs the tries of a request until one succeeds, and tells the log about those that fail. Throws like
 * `retryUntilDeadline`. `mayRepeat`: whether it does no harm to send the request again after this failure.
 */
export async function retryAndLog<T>(
  task: (deadline: Deadline) => Promise<T>,
  name: string,
  host: HostOfTries,
  deadline: Deadline,
  mayRepeat: (error: unknown) => boolean = () => true,
): Promise<T> {
  const { clock, random, log, trace } = host;
  let failures = 0;
  let consecutiveConfigErrors = 0;

  function classifyError(error: unknown): RetryDecision {
    failures += 1;
    consecutiveConfigErrors = isLikelyMisconfigured(error) ? consecutiveConfigErrors + 1 : 0;
    const { hasAnswered } = host;
    const retries = mayRepeat(error) && isRetryable(error, { consecutiveConfigErrors, hasAnswered });
    if (!retries || deadline.noRetries === true) return { isRetryable: false };
    const summary = summarizeError(error);
    trace(`${name} failed (${failures} in a row): ${summary}`);
    // At 3, 6, 12, … failures: often enough to know, seldom enough to read.
    if (failures >= QUIET_FAILURES && Number.isInteger(Math.log2(failures / QUIET_FAILURES))) {
      const isSoonOver = isLikelyMisconfigured(error) && !hasAnswered;
      const remaining = formatRemaining(deadline.until - clock.now());
      const howLong = isSoonOver ? 'a few times' : `for at most ${remaining}`;
      log(`${name} has failed ${failures} times in a row: ${summary}. Still trying, ${howLong} more.`);
    }
    const retryAfterMs = error instanceof HttpStatusError ? error.retryAfterMs : undefined;
    return { isRetryable: true, retryAfterMs };
  }

  const value = await retryUntilDeadline(task, deadline, {
    clock,
    random,
    backoff: BACKOFF_MS,
    classifyError,
  });
  if (failures >= QUIET_FAILURES) log(`${name} answers again.`);
  return value;
}

const formatRemaining = (ms: number): string =>
  ms < 120_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`;
