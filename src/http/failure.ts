/** The kinds of failed requests, for providers and partly for GitHub. */
import { errorMessageOf } from '../runtime/errors.ts';
import { ConnectionError } from './connection-error.ts';

/** The answer is not what the API documents: not JSON, or a field that we need is missing. The message is a clause. */
export class InvalidResponse extends Error {
  override name = 'InvalidResponse';
  /** True if it was JSON. A page in HTML may be a proxy's hiccup; JSON without the field will not change. */
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

/** True if a request to start something certainly started nothing: it never arrived, or the answer says no. */
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
  return errorMessageOf(error).replace(/\.$/, '');
}

/** Statuses of trouble on the other side, which may pass: 408, 409, 421, 423, 425, 429 and 5xx. */
export function isTransientStatus(status: number): boolean {
  return [408, 409, 421, 423, 425, 429].includes(status) || (status >= 500 && status <= 599);
}
