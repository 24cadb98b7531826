import { HTTPError, isHTTPError, isTimeoutError } from 'ky';
import * as z from 'zod/mini';

/** 408, 429 and 5xx: the provider's trouble, which may pass. */
export const RETRIED_STATUSES = [408, 429, ...Array.from({ length: 100 }, (_, index) => 500 + index)];

/** Attempts, before giving up, on what is most likely a changed API; and on what is most likely a wrong address. */
const DOUBTFUL_ATTEMPTS = { shape: 4, address: 7 };

/** Certificates do not get better by asking again. */
const CERTIFICATE_CODES =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER)/;

/** How undici says that a proxy wants another user or password. */
const PROXY_REFUSED = /\bproxy\b.*\b407\b/i;

/** The answer is not what the API documents: not JSON, or a field that we need is missing. The message is a clause. */
export class MalformedAnswer extends Error {
  override name = 'MalformedAnswer';
  /** Whether it was JSON at all. A page in HTML may be a proxy's hiccup; JSON without the field will not change. */
  readonly isJson: boolean;
  constructor(message: string, options: { isJson: boolean }) {
    super(message);
    this.isJson = options.isJson;
  }
}

/** An error reported inside a 2xx answer. The message is a clause. */
export class ErrorInAnswer extends Error {
  override name = 'ErrorInAnswer';
  readonly mayPass: boolean;
  constructor(message: string, options: { mayPass: boolean }) {
    super(message);
    this.mayPass = options.mayPass;
  }
}

/** The answer cannot be used and asking again would not help. The message is a clause. */
export class Refusal extends Error {
  override name = 'Refusal';
}

/** The answer is longer than what is read; a smaller page may be asked for. The message is a clause. */
export class AnswerTooLarge extends Refusal {
  override name = 'AnswerTooLarge';
}

/** The connection failed: DNS, TLS, a reset, a body that ended early, nothing for too long. */
export class TransportFailure extends Error {
  override name = 'TransportFailure';
  /** Of Node.js or OpenSSL; empty where there is none. */
  readonly code: string;
  constructor(cause: unknown) {
    const { code, message } = deepestCause(cause);
    // undici's own codes say less than its messages.
    super(code === '' || code.startsWith('UND_ERR_') ? message : code, { cause });
    this.code = code;
  }
}

/** Whether this is most likely a wrong address or a changed API, so that asking again and again is in vain. */
export function isDoubtful(error: Error): boolean {
  if (error instanceof TransportFailure) {
    // A name that does not resolve, or a port that does not speak TLS.
    return error.code === 'ENOTFOUND' || error.code === 'ERR_SSL_WRONG_VERSION_NUMBER';
  }
  return error instanceof MalformedAnswer;
}

/**
 * Whether to ask again; `undefined` leaves it to the table of statuses. `doubts` are the doubtful failures in a
 * row, this one included; a host that `hasAnswered` is trusted to come back, but not to change its JSON.
 */
export function mayPass(
  error: Error,
  { doubts, hasAnswered }: { doubts: number; hasAnswered: boolean },
): boolean | undefined {
  if (isDoubtful(error)) {
    if (error instanceof MalformedAnswer && error.isJson) return doubts < DOUBTFUL_ATTEMPTS.shape;
    return doubts < DOUBTFUL_ATTEMPTS.address || hasAnswered;
  }
  if (error instanceof ErrorInAnswer) return error.mayPass;
  if (error instanceof TransportFailure) {
    return !CERTIFICATE_CODES.test(error.code) && !PROXY_REFUSED.test(error.message);
  }
  if (isTimeoutError(error)) return true;
  return error instanceof HTTPError ? undefined : false;
}

/** The failure in a few words, for the log. */
export function describe(error: Error): string {
  return isHTTPError(error)
    ? `HTTP ${error.response.status}${saying(error)}`
    : error.message.replace(/\.$/, '');
}

/** What ended the asking, as a sentence that says what to do; `undefined` for a mistake of ours. */
export function complaint(error: unknown, advice: (status: number) => string): string | undefined {
  if (isHTTPError(error)) {
    const { status } = error.response;
    return `answered ${status}${saying(error)}. ${adviceOn(status, advice)}`;
  }
  if (error instanceof TransportFailure) return `failed: ${error.message}. ${transportAdvice(error)}`;
  const isAnswer =
    error instanceof MalformedAnswer || error instanceof ErrorInAnswer || error instanceof Refusal;
  return isAnswer ? error.message : undefined;
}

function adviceOn(status: number, advice: (status: number) => string): string {
  if (status === 407) return PROXY_ADVICE;
  if (RETRIED_STATUSES.includes(status)) return 'The provider is in trouble: run this job again later.';
  if (status >= 300 && status < 400) return 'Set api-url to the address that answers directly.';
  return advice(status);
}

const PROXY_ADVICE = 'The proxy refuses: check the user and the password in HTTPS_PROXY or HTTP_PROXY.';

function transportAdvice({ code, message }: TransportFailure): string {
  if (PROXY_REFUSED.test(message)) return PROXY_ADVICE;
  if (CERTIFICATE_CODES.test(code)) {
    return "The server's certificate is not trusted: check api-url, or set NODE_EXTRA_CA_CERTS on a self-hosted runner.";
  }
  return 'Check api-url, and that this runner may reach it (a proxy is taken from HTTPS_PROXY).';
}

function saying(error: HTTPError): string {
  const text = messageIn(error.data);
  return text === '' ? '' : ` (${text})`;
}

const errorBody = z.object({
  message: z.optional(z.unknown()),
  error: z.optional(z.unknown()),
  errors: z.optional(z.unknown()),
});

/**
 * What the provider itself says in an error body: `message`, or the first of `errors`, at most 200 characters and
 * without the full stop; empty where there is none.
 */
export function messageIn(body: unknown, depth = 3): string {
  const parsed = errorBody.safeParse(body);
  if (!parsed.success) return '';
  const { message, error, errors } = parsed.data;
  const first = Array.isArray(errors) ? errors[0] : undefined;
  const told = [first, message, error].find((part) => part !== undefined && part !== null);
  if (told === undefined) return '';
  const text = typeof told === 'string' ? told : (depth > 0 && messageIn(told, depth - 1)) || asText(told);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 200).replace(/\.$/, '');
}

/** Any JSON as text: what is nested too deeply to be written is a dot-dot-dot. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    return '…';
  }
}

function deepestCause(error: unknown): { code: string; message: string } {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  if (!(current instanceof Error)) return { code: '', message: String(current) };
  // A name that resolves to several addresses fails with one error for each.
  const one =
    current instanceof AggregateError && current.errors[0] instanceof Error ? current.errors[0] : current;
  const code = 'code' in one && typeof one.code === 'string' ? one.code : '';
  return { code, message: one.message };
}
