import * as z from 'zod/mini';

/** The kinds of failed requests, and advice about each: for providers, and partly for GitHub. */

/** 408, 409, 421, 423, 425, 429 and 5xx: the other side's trouble, which may pass. */
const RETRIED_STATUSES: readonly number[] = [
  ...[408, 409, 421, 423, 425, 429],
  ...Array.from({ length: 100 }, (_, index) => 500 + index),
];

/** Tries, before giving up, on what is most likely a changed API; and on what is most likely a wrong address. */
const MISCONFIGURED_TRIES = { shape: 4, address: 7 };

/** Certificates do not get better by asking again. */
const CERTIFICATE_CODES =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER)/;

/** A name that does not resolve, a port at which nobody listens, and one that does not speak TLS. */
const WRONG_ADDRESS_CODES = ['ENOTFOUND', 'ECONNREFUSED', 'ERR_SSL_WRONG_VERSION_NUMBER'];

/** `fetch` does not ask some ports, 9 and 6000 for instance (fetch.spec.whatwg.org, "port blocking"). */
const BLOCKED_PORT = 'bad port';
/** undici's message for a proxy that wants another user or password. */
const PROXY_REFUSED = /\bproxy\b.*\b407\b/i;
/** undici's message for a proxy that refuses a tunnel to an address: many allow only the port of https. */
const PROXY_FORBIDS = /^Proxy response \((?!407|408|429)4\d\d\)/;

/** The answer is not what the API documents: not JSON, or a field that we need is missing. The message is a clause. */
export class InvalidResponse extends Error {
  override name = 'InvalidResponse';
  /** Whether it was JSON. A page in HTML may be a proxy's hiccup; JSON without the field will not change. */
  readonly isJson: boolean;
  constructor(message: string, options: { isJson: boolean }) {
    super(message);
    this.isJson = options.isJson;
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

/** The answer cannot be used and asking again would not help. The message is a clause. */
export class UnusableResponse extends Error {
  override name = 'UnusableResponse';
}

/** A redirect that is not followed. */
export class RedirectNotFollowed extends UnusableResponse {
  override name = 'RedirectNotFollowed';
  /** The target without its path: another origin. */
  readonly to: string;
  constructor(to: string, message: string) {
    super(message);
    this.to = to;
  }
}

/** The answer is longer than what is read of one; a smaller page may be asked for. The message is a clause. */
export class ResponseTooLarge extends UnusableResponse {
  override name = 'ResponseTooLarge';
}

/** The answer is compressed in a way that nobody here can undo. The message is a clause. */
export class UnknownEncoding extends UnusableResponse {
  override name = 'UnknownEncoding';
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

/** The connection failed: DNS, TLS, a reset, a body that ended early, nothing for too long. */
export class ConnectionError extends Error {
  override name = 'ConnectionError';
  /** Of Node.js or OpenSSL; empty where there is none. */
  readonly code: string;
  readonly #causes: readonly RootCause[];
  constructor(cause: unknown) {
    const { code, message } = rootCause(cause);
    // undici's own codes say less than its messages.
    super(code === '' || code.startsWith('UND_ERR_') ? message : code, { cause });
    this.code = code;
    this.#causes = rootCauses(cause);
  }

  /** Most likely a wrong address. */
  get isWrongAddress(): boolean {
    return (
      WRONG_ADDRESS_CODES.includes(this.code) ||
      this.message === BLOCKED_PORT ||
      PROXY_FORBIDS.test(this.message)
    );
  }

  /** Whether there certainly never was a connection over which a request could have gone, to any of the addresses. */
  get neverConnected(): boolean {
    return this.#causes.every(isBeforeConnection);
  }
}

/** Whether a request fails with this before any of it is sent: name, connection, TLS, or the proxy in between. */
function isBeforeConnection({ code, message, call }: RootCause): boolean {
  return (
    WRONG_ADDRESS_CODES.includes(code) ||
    message === BLOCKED_PORT ||
    ['connect', 'getaddrinfo'].includes(call) ||
    code === 'UND_ERR_CONNECT_TIMEOUT' ||
    CERTIFICATE_CODES.test(code) ||
    /^ERR_SSL_.*(PROTOCOL|HANDSHAKE_FAILURE|UNRECOGNIZED_NAME)/.test(code) ||
    /before secure TLS connection|^Proxy response \(/.test(message)
  );
}

/** There was no whole answer in time. */
export class TryTimeout extends ConnectionError {
  override name = 'TryTimeout';
  constructor(ms: number) {
    super(`no answer within ${Math.round(ms / 100) / 10} s`);
  }
}

/** Whether a wrong address or a changed API is the most likely cause, so that asking again is in vain. */
export function isLikelyMisconfigured(error: unknown): boolean {
  return error instanceof ConnectionError ? error.isWrongAddress : error instanceof InvalidResponse;
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
  if (error instanceof ConnectionError) {
    return !CERTIFICATE_CODES.test(error.code) && !PROXY_REFUSED.test(error.message);
  }
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
  const isUnread = error instanceof ResponseTooLarge || error instanceof UnknownEncoding;
  return error instanceof UnusableResponse && !isUnread;
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
  if (error instanceof ConnectionError) return `failed: ${error.message}. ${transportAdvice(error)}`;
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

const PROXY_ADVICE = 'The proxy refuses: check the user and the password in HTTPS_PROXY or HTTP_PROXY.';

function transportAdvice({ code, message }: ConnectionError): string {
  if (PROXY_REFUSED.test(message)) return PROXY_ADVICE;
  if (PROXY_FORBIDS.test(message)) {
    return 'The proxy does not let us through: check api-url (many proxies allow https only), or name the host in NO_PROXY.';
  }
  if (CERTIFICATE_CODES.test(code)) {
    return "The server's certificate is not trusted: check api-url, or set NODE_EXTRA_CA_CERTS on a self-hosted runner.";
  }
  return 'Check that this machine can reach it (a proxy is taken from HTTPS_PROXY), and api-url if it is set.';
}

const errorBody = z.object({
  message: z.optional(z.unknown()),
  msg: z.optional(z.unknown()),
  detail: z.optional(z.unknown()),
  error: z.optional(z.unknown()),
  errors: z.optional(z.unknown()),
  reason: z.optional(z.unknown()),
  loc: z.optional(z.unknown()),
});

/**
 * The provider's own words in an error body: `message` (`msg`), or the first of `errors`, or of lists of these, or inside
 * `detail` (ElevenLabs), after the place that it is about (`loc`) and with its `reason` (Vapi), at most 200 characters and
 * without the full stop; empty where there is none. The body must be without secrets already (`http/json.ts`).
 */
export function errorMessageIn(body: unknown, depth = 3): string {
  const parsed = errorBody.safeParse(body);
  if (!parsed.success) return '';
  const { message, msg, detail, error, errors, reason, loc } = parsed.data;
  const first = Array.isArray(errors) ? errors[0] : undefined;
  const hasValue = (part: unknown): boolean =>
    part !== undefined && part !== null && !(Array.isArray(part) && part.length === 0);
  const given = [first, message, msg, detail, error].find(hasValue);
  const value = Array.isArray(given) ? (given[0] as unknown) : given;
  if (value === undefined) return '';
  const text =
    typeof value === 'string' ? value : (depth > 0 && errorMessageIn(value, depth - 1)) || toText(value);
  const place = Array.isArray(loc) && loc.length > 0 ? `${loc.map(toText).join('.')}: ` : '';
  const more = typeof reason === 'string' && reason !== '' ? `: ${reason}` : '';
  const sentence = `${place}${text.trim().replace(/\.$/, '')}${more}`;
  return sentence.replaceAll(/\s+/g, ' ').slice(0, 200).replace(/\.$/, '');
}

/** Any JSON as text: what is nested too deeply to be written is a dot-dot-dot. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    return '…';
  }
}

/** The innermost error of a request that failed: "connect ECONNREFUSED 127.0.0.1:443". */
interface RootCause {
  /** Of Node.js, OpenSSL or undici; empty where there is none. */
  readonly code: string;
  readonly message: string;
  /** The system call that failed: "connect", "read"; empty where there is none. */
  readonly call: string;
}

/** The root cause that says most: of several addresses that failed, one that is most likely wrong. */
export function rootCause(error: unknown): RootCause {
  const causes = rootCauses(error);
  const [first = NO_CAUSE] = causes;
  return causes.find(({ code }) => WRONG_ADDRESS_CODES.includes(code)) ?? first;
}

/** One for each address that a name resolves to; otherwise one. */
function rootCauses(error: unknown): RootCause[] {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  if (current instanceof AggregateError && current.errors.length > 0) {
    return current.errors.flatMap((part) => rootCauses(part));
  }
  if (!(current instanceof Error)) return [{ ...NO_CAUSE, message: String(current) }];
  const failed = current;
  const text = (name: string): string => {
    const value: unknown = Reflect.get(failed, name);
    return typeof value === 'string' ? value : '';
  };
  // What `fetch` refuses without a word, a 407 without a proxy for instance, has an empty message.
  const message = failed.message || (error instanceof Error ? error.message : '');
  return [{ code: text('code'), message, call: text('syscall') }];
}

const NO_CAUSE: RootCause = { code: '', message: '', call: '' };
