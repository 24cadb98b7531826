import { DeadlineExceeded } from '../runtime/deadline.ts';
import { KeyRefused, NotFound, ProviderError, ProviderTimeout, RequestRefused } from '../runtime/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { ConnectionError, PROXY_ADVICE } from './connection-error.ts';
import {
  ErrorResponse,
  HttpStatusError,
  InvalidResponse,
  isTransientStatus,
  summarizeError,
  UnusableResponse,
} from './failure.ts';

/** Statuses with which a provider refuses what the user gave, and their errors. Payment (402) is not among them. */
const REFUSALS: Readonly<Record<number, typeof ProviderError>> = {
  400: RequestRefused,
  401: KeyRefused,
  403: KeyRefused,
  404: NotFound,
  422: RequestRefused,
};

/**
 * The error for the caller of a request that came to nothing: a refusal where the status says so, a `ProviderTimeout`
 * at the deadline. `name` is the request's. Rethrows any other error, as a mistake of ours.
 */
export function toProviderError(
  error: unknown,
  name: string,
  {
    advice,
    redact,
    signal,
    hasAnswered,
  }: {
    advice: (status: number) => string;
    signal: AbortSignal;
    hasAnswered: boolean;
  } & Pick<Runtime, 'redact'>,
): ProviderError {
  if (error instanceof DeadlineExceeded) {
    const { cause } = error;
    if (signal.aborted) return new ProviderError('The request was stopped.', { cause });
    const last = cause === undefined ? '' : ` (${summarizeError(cause)})`;
    const isWrongAddress = cause instanceof ConnectionError && cause.retry === 'briefly' && !hasAnswered;
    const next = isWrongAddress ? cause.advice : 'Raise timeout-minutes, or run the job again.';
    const clause = `did not answer in time${last}. ${next}`;
    return new ProviderTimeout(redact(`${name} ${clause}`), { cause });
  }
  const clause = describeFailure(error, advice);
  if (clause === undefined) throw error;
  const Kind = (error instanceof HttpStatusError && REFUSALS[error.status]) || ProviderError;
  return new Kind(redact(`${name} ${clause}`), { cause: error });
}

/** The failure as a clause, with advice as a sentence; `undefined` for a mistake of ours. */
function describeFailure(error: unknown, advice: (status: number) => string): string | undefined {
  if (error instanceof HttpStatusError)
    return `answered ${error.message}. ${statusAdvice(error.status, advice)}`;
  if (error instanceof ConnectionError) return `failed: ${error.message}. ${error.advice}`;
  const isAnswer =
    error instanceof InvalidResponse || error instanceof ErrorResponse || error instanceof UnusableResponse;
  return isAnswer ? error.message : undefined;
}

function statusAdvice(status: number, advice: (status: number) => string): string {
  if (status === 407) return PROXY_ADVICE;
  if (isTransientStatus(status)) return 'The provider is in trouble: run this job again later.';
  if (status === 304 || status > 599) return 'Check api-url.';
  if (status < 400) return 'Set api-url to the address that answers directly.';
  return advice(status);
}
