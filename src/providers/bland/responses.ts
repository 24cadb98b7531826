import { errorMessageIn } from '../../http/error-body.ts';
import { ErrorResponse } from '../../http/failure.ts';

/**
 * The payload of an answer: documented bare, seen live as `{data, errors}`, and once more with `data: null` and the
 * payload beside it. An error can come with any HTTP status.
 */
export function unwrapEnvelope(json: unknown, advice = 'Check batch-id and api-key.'): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const { data, errors, error, status } = json as Record<string, unknown>;
  const isEnvelope = typeof data === 'object' && data !== null;
  if (!isEmpty(errors)) throw toErrorResponse(Array.isArray(errors) ? errors : [errors], advice);
  if (!isEnvelope) return json;
  // Beside `data` these are the envelope's own; in a bare batch `status` is the batch's.
  if (!isEmpty(error)) throw toErrorResponse([error], advice);
  if (isErrorStatus(status)) throw toErrorResponse([json], advice);
  return data;
}

/** True if a field holds nothing: Bland writes that in several ways. */
export function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === '' || value === false || value === 0;
}

/** The status of an envelope in words, or like the status of an HTTP answer. */
function isErrorStatus(status: unknown): boolean {
  if (typeof status === 'number') return status >= 400;
  return typeof status === 'string' && /^(error|errored|fail|failed|failure)$/i.test(status.trim());
}

function toErrorResponse(errors: readonly unknown[], advice: string): ErrorResponse {
  const said = errorMessageIn({ errors });
  const [first] = errors as [{ error?: unknown } | string | null];
  const code = typeof first === 'object' && typeof first?.error === 'string' ? first.error : said;
  return new ErrorResponse(`answered with an error (${said || 'without a message'}). ${advice}`, {
    isRetryable: !/\b(AUTH|UNAUTHORIZED|FORBIDDEN|NOT.FOUND|INVALID)/i.test(code),
  });
}
