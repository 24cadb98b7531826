/** The kinds of failed requests, and what follows from each: for providers, and partly for GitHub. */
import { ConnectionError, PROXY_ADVICE } from './connection-error.ts';

/** 408, 409, 421, 423, 425, 429 and 5xx: the other side's trouble, which may pass. */
const RETRIED_STATUSES: readonly number[] = [
  ...[408, 409, 421, 423, 425, 429],
  ...Array.from({ length: 100 }, (_, index) => 500 + index),
];

/** Tries, before giving up, on what is most likely a changed API; and on what is most likely a wrong address. */
const MISCONFIGURED_TRIES = { shape: 4, address: 7 };

/** The answer is not what the API documents: not JSON, or a field that we need is missing. The message is a clause. */
export class InvalidResponse extends Error {
  override name = 'InvalidResponse';
  /** Whether it was JSON. A page in HTML may be a proxy's hiccup; JSON without the field will not change. */
  readonly isJson: boolean;
  constructor(message: string, { isJson = true }: { isJson?: boolean } = {}) {
    super(message);
    this.isJson = isJson;
  }
}

/** An error reported inside a 2xx answer. The message is a clause. */
export class ErrorResponse extends Error {
  override name = 'ErrorResponse';
  readonly isRetryable: boolean;
  constructor(message: string, options: { isRetryable: boolean }) {
    super(message);
    this.isRetryable = options.isRetryable;
  }
}

/** The answer cannot be read and asking again would not help. The message is a clause. */
export class UnusableResponse extends Error {
  override name = 'UnusableResponse';
}

/** The answer is longer than what is read of one; a smaller page may be asked for. The message is a clause. */
export class ResponseTooLarge extends UnusableResponse {
  override name = 'ResponseTooLarge';
}

/** A redirect that is not followed. The message is a clause. */
export class RedirectNotFollowed extends UnusableResponse {
  override name = 'RedirectNotFollowed';
  /** The target without its path: another origin. */
  readonly to: string;
  constructor(to: string, message: string) {
    super(message);
    this.to = to;
  }
}

/** An answer with another status than 2xx. */
export class HttpStatusError extends Error {
  override name = 'HttpStatusError';
  readonly status: number;
  /** The pause that the answer asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** `detail`: what the answer says about it, in a few words. */
  constructor(
    status: number,
    { detail, retryAfterMs }: { detail: string; retryAfterMs: number | undefined },
  ) {
    super(`${status}${detail === '' ? '' : ` (${detail})`}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether a wrong address or a changed API is the most likely cause, so that asking again is in vain. */
export function isLikelyMisconfigured(error: unknown): boolean {
  return error instanceof ConnectionError ? error.retry === 'briefly' : error instanceof InvalidResponse;
}

/**
 * Whether to ask again. `consecutiveConfigErrors` counts the failures in a row that look like a wrong address or API, this
 * one included; a host that `hasAnswered` properly is trusted to do so again, whatever it answers meanwhile.
 */
export function isRetryable(
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
  return error instanceof HttpStatusError && RETRIED_STATUSES.includes(error.status);
}

/** Whether a request to start something certainly started nothing: it never arrived, or the answer says no. */
export function isDefinitelyRejected(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.neverConnected;
  if (error instanceof ErrorResponse) return !error.isRetryable;
  if (error instanceof HttpStatusError) {
    // 303 sends on to what was made, and 408 may come after a proxy has passed the request on.
    return error.status >= 300 && error.status < 500 && ![303, 408].includes(error.status);
  }
  return error instanceof RedirectNotFollowed;
}

/** The failure in a few words, for the log. */
export function summarizeError(error: unknown): string {
  if (error instanceof HttpStatusError) return `HTTP ${error.message}`;
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}

/** The failure as a clause, with advice as a sentence; `undefined` for a mistake of ours. */
export function describeFailure(error: unknown, advice: (status: number) => string): string | undefined {
  if (error instanceof HttpStatusError)
    return `answered ${error.message}. ${statusAdvice(error.status, advice)}`;
  if (error instanceof ConnectionError) return `failed: ${error.message}. ${error.advice}`;
  const isAnswer =
    error instanceof InvalidResponse || error instanceof ErrorResponse || error instanceof UnusableResponse;
  return isAnswer ? error.message : undefined;
}

function statusAdvice(status: number, advice: (status: number) => string): string {
  if (status === 407) return PROXY_ADVICE;
  if (RETRIED_STATUSES.includes(status)) return 'The provider is in trouble: run this job again later.';
  if (status === 304 || status > 599) return 'Check api-url.';
  if (status < 400) return 'Set api-url to the address that answers directly.';
  return advice(status);
}
