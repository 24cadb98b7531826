import type { Deadline } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { ConnectionError } from './connection-error.ts';
import {
  ErrorResponse,
  HttpStatusError,
  InvalidResponse,
  isTransientStatus,
  summarizeError,
} from './failure.ts';
import { type RetryDecision, retryUntilDeadline } from './retry.ts';

const BACKOFF_MS = { first: 500, longest: 30_000 };
/** Tries, before giving up, on what is most likely a changed API; and on what is most likely a wrong address. */
const MISCONFIGURED_TRIES = { shape: 4, address: 7 };
/** From this many failures in a row on, the log says what is happening. */
const QUIET_FAILURES = 3;

interface RetryAndLogOptions {
  /** Name of the request in the log. */
  readonly name: string;
  /** `hasAnswered`: it has answered properly once, so it is trusted to do so again. */
  readonly host: Pick<Runtime, 'clock' | 'random' | 'log' | 'trace'> & { readonly hasAnswered: boolean };
  readonly deadline: Deadline;
  /** True if it does no harm to send the request again after this failure. */
  readonly mayRepeat?: (error: unknown) => boolean;
}

/**
 * Runs the tries of a request until one succeeds, and tells the log about those that fail. Throws like
 * `retryUntilDeadline`.
 */
export async function retryAndLog<T>(
  task: (deadline: Deadline) => Promise<T>,
  { name, host, deadline, mayRepeat = () => true }: RetryAndLogOptions,
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

/** True if a wrong address or a changed API is the most likely cause, so that asking again is in vain. */
function isLikelyMisconfigured(error: unknown): boolean {
  return error instanceof ConnectionError ? error.retry === 'briefly' : error instanceof InvalidResponse;
}

/**
 * True if the request is to be sent again. `consecutiveConfigErrors` counts the failures in a row that look like a wrong
 * address or API, this one included; a host that `hasAnswered` properly is trusted to do so again, whatever it answers
 * meanwhile.
 */
function isRetryable(
  error: unknown,
  { consecutiveConfigErrors, hasAnswered }: { consecutiveConfigErrors: number; hasAnswered: boolean },
): boolean {
  if (isLikelyMisconfigured(error)) {
    const isOtherApi = error instanceof InvalidResponse && error.isJson;
    return (
      hasAnswered ||
      consecutiveConfigErrors < (isOtherApi ? MISCONFIGURED_TRIES.shape : MISCONFIGURED_TRIES.address)
    );
  }
  if (error instanceof ErrorResponse) return error.isRetryable;
  if (error instanceof ConnectionError) return error.retry === 'always';
  return error instanceof HttpStatusError && isTransientStatus(error.status);
}
