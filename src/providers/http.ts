import ky, { HTTPError, isHTTPError, isTimeoutError } from 'ky';
import pLimit from 'p-limit';
import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import { ProviderError } from '../errors.ts';
import type { Patience } from './provider.ts';

/** Requests under way at once, over all batches. Bland allows an organisation few. */
const CONCURRENCY = 4;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_REDIRECTS = 5;
/** How long things take, in milliseconds. Tests bring shorter times. */
export interface Timing {
  /** The longest that one attempt may take, connection and body included, for a small or a large answer. */
  readonly attempt: { readonly small: number; readonly large: number };
  /** Near a short deadline an attempt gets a quarter of what is left, so that one hanging answer is not the end. */
  readonly shortestAttempt: number;
  readonly backoff: { readonly first: number; readonly longest: number };
}

const TIMING: Timing = {
  attempt: { small: 15_000, large: 60_000 },
  shortestAttempt: 2_000,
  backoff: { first: 500, longest: 30_000 },
};
/** Attempts on what is most likely a wrong address or a changed API, before giving up. */
const DOUBTFUL_ATTEMPTS = 4;
/** From this many failures in a row on, the log says what is happening. */
const QUIET_FAILURES = 3;

const RETRIED_STATUSES = [408, 429, ...Array.from({ length: 100 }, (_, index) => 500 + index)];

/** Certificates do not get better by asking again. */
const CERTIFICATE_CODES =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER)/;

/** The global `fetch`, passed in. */
export type Fetch = (request: Request, init: { redirect: 'manual' }) => Promise<Response>;

/** The transport of one provider: where, with which key, and how to speak about it. */
export interface HttpOptions {
  readonly baseUrl: string;
  /** The key travels in these; they never appear in a message. */
  readonly headers: Readonly<Record<string, string>>;
  /** What to do about 400, 401, 402, 403, 404 and 422: a sentence. */
  readonly advice: (status: number) => string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** A line in the log, for people. */
  readonly log: (line: string) => void;
  /** A line in the log when the runner is in debug mode. */
  readonly trace: (line: string) => void;
  readonly timing?: Timing;
}

export interface JsonRequest<T> {
  /** Segments of the path; each is encoded, so that no id can reach another path. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Makes something of the JSON; throws `MalformedAnswer` or `ErrorInAnswer` when it cannot. */
  readonly read: (json: unknown) => T;
  /** How big an answer may reasonably get, which decides how long it may take. */
  readonly size: 'small' | 'large';
}

export interface Http {
  /**
   * GETs JSON. What may pass is retried as long as the patience lasts: 408, 429, 5xx, broken connections,
   * time-outs, bodies that are not the JSON that was announced. Throws `ProviderError` with a message for
   * people: method, host, path, status, what to do; never the key.
   */
  getJson<T>(request: JsonRequest<T>, patience: Patience): Promise<T>;
}

/** The answer is not what the API documents: not JSON, or a field that we need is missing. */
export class MalformedAnswer extends Error {
  override name = 'MalformedAnswer';
  /** Whether it was JSON at all. A page in HTML may be a proxy's hiccup; JSON without the field will not change. */
  readonly isJson: boolean;
  constructor(message: string, options: { isJson: boolean }) {
    super(message);
    this.isJson = options.isJson;
  }
}

/** An error reported inside a 2xx answer. */
export class ErrorInAnswer extends Error {
  override name = 'ErrorInAnswer';
  readonly mayPass: boolean;
  constructor(message: string, options: { mayPass: boolean }) {
    super(message);
    this.mayPass = options.mayPass;
  }
}

/** The answer cannot be used and asking again would not help. */
class Refusal extends Error {
  override name = 'Refusal';
}

/** The connection failed: DNS, TLS, reset, or a body that ended early. */
class TransportFailure extends Error {
  override name = 'TransportFailure';
  readonly code: string;
  constructor(cause: unknown) {
    const { code, message } = deepestCause(cause);
    super(code === '' ? message : code, { cause });
    this.code = code;
  }
}

export function createHttp(options: HttpOptions): Http {
  const limit = pLimit(CONCURRENCY);
  const base = new URL(options.baseUrl);
  const timing = options.timing ?? TIMING;
  /** A host that has answered properly once is trusted to come back. */
  let hasAnswered = false;

  async function getJson<T>(request: JsonRequest<T>, patience: Patience): Promise<T> {
    const url = addressOf(base, request);
    const name = `GET ${url.host}${url.pathname}`;
    let answer: { value: T } | undefined;
    let failures = 0;
    let lastFailure: string | undefined;
    const leftMs = () => Math.max(1, Math.ceil(patience.until - options.clock.now()));

    /** One attempt from connection to parsed body, so that a body cut short is retried like a lost connection. */
    const wholeAnswer = async (attempt: Request): Promise<Response> => {
      const started = options.clock.now();
      const response = await fetchWithinOrigin(options.fetch, attempt);
      const body = await readBody(response);
      const took = Math.round(options.clock.now() - started);
      options.trace(`${name} answered ${response.status} after ${took} ms with ${body.length} characters`);
      if (!response.ok)
        return new Response(body, {
          status: response.status,
          headers: keptHeaders(response, { leftMs: leftMs(), epoch: options.clock.epoch() }),
        });
      answer = { value: request.read(parseJson(body)) };
      return new Response(null, { status: 204 });
    };

    const isWorthRetrying = (error: Error): boolean | undefined => {
      failures += 1;
      lastFailure = describe(error);
      const retry = mayPass(error, { failures, hasAnswered });
      if (retry !== false) {
        options.trace(`${name} failed (${failures} in a row): ${lastFailure}`);
        if (failures >= QUIET_FAILURES && Math.log2(failures / QUIET_FAILURES) % 1 === 0) {
          options.log(
            `${name} has failed ${failures} times in a row: ${lastFailure}. Still trying, for at most ${seconds(leftMs())} more.`,
          );
        }
      }
      return retry;
    };

    const left = leftMs();
    try {
      await ky(url, {
        headers: options.headers,
        signal: patience.signal,
        fetch: (attempt) => limit(() => wholeAnswer(attempt as Request)),
        timeout: Math.min(timing.attempt[request.size], Math.max(timing.shortestAttempt, left / 4)),
        totalTimeout: left,
        retry: {
          limit: patience.once === true ? 0 : Number.MAX_SAFE_INTEGER,
          methods: ['get'],
          statusCodes: RETRIED_STATUSES,
          afterStatusCodes: RETRIED_STATUSES,
          maxRetryAfter: Number.MAX_SAFE_INTEGER,
          delay: (attempt) => timing.backoff.first * 2 ** (attempt - 1),
          backoffLimit: timing.backoff.longest,
          jitter: (delayMs) => delayMs * (0.75 + Math.random() / 4),
          shouldRetry: ({ error }) => isWorthRetrying(error),
        },
      });
    } catch (error) {
      if (patience.signal.aborted) throw new ProviderError('The reading was stopped.', { cause: error });
      const message = complaint(name, error, lastFailure);
      // Anything else is a mistake of ours and not the provider's.
      if (message === undefined) throw error;
      throw new ProviderError(message, { cause: error });
    }
    if (answer === undefined) throw new ProviderError(`${name} gave no answer.`);
    hasAnswered = true;
    if (failures >= QUIET_FAILURES) options.log(`${name} answers again.`);
    return answer.value;
  }

  function complaint(name: string, error: unknown, lastFailure: string | undefined): string | undefined {
    if (isHTTPError(error)) {
      const { status } = error.response;
      return `${name} answered ${status}${saying(error)}. ${adviceOn(status)}`;
    }
    if (isTimeoutError(error))
      return `${name} did not answer in time${lastFailure === undefined ? '' : ` (${lastFailure})`}.`;
    if (error instanceof TransportFailure)
      return `${name} failed: ${error.message}. ${transportAdvice(error.code)}`;
    const isAnswer =
      error instanceof MalformedAnswer || error instanceof ErrorInAnswer || error instanceof Refusal;
    return isAnswer ? `${name} ${error.message}` : undefined;
  }

  function adviceOn(status: number): string {
    if (status >= 300 && status < 400) return 'Set api-url to the address that answers directly.';
    return options.advice(status);
  }

  return { getJson };
}

/** The base URL's own path is kept: a proxy may serve the API under a prefix. */
function addressOf<T>(base: URL, { path, query }: JsonRequest<T>): URL {
  const url = new URL(base);
  const segments = path.map((segment) => {
    // These two cannot be encoded: a URL parser resolves `%2e%2e` like `..`.
    if (segment === '.' || segment === '..') throw new ProviderError(`"${segment}" cannot be an id.`);
    return encodeURIComponent(segment.toWellFormed());
  });
  url.pathname = [url.pathname.replace(/\/+$/, ''), ...segments].join('/');
  for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
  return url;
}

/** Follows redirects within the origin only: the key must not travel to another host. */
async function fetchWithinOrigin(fetcher: Fetch, request: Request): Promise<Response> {
  let current = request;
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetcher(current, { redirect: 'manual' }).catch((error: unknown) => {
      throw current.signal.aborted ? error : new TransportFailure(error);
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    const target = URL.parse(location, current.url);
    if (target === null || target.origin !== new URL(current.url).origin) {
      const where = target === null ? 'an address that is no URL' : target.origin;
      throw new Refusal(
        `redirects to ${where}; the key is not sent there. If that is right, set api-url to it.`,
      );
    }
    if (redirects === MAX_REDIRECTS)
      throw new Refusal(`redirects more than ${MAX_REDIRECTS} times. Check api-url.`);
    current = new Request(target, current);
  }
}

async function readBody(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BODY_BYTES) {
        throw new Refusal(
          `answered with more than ${MAX_BODY_BYTES / 1024 / 1024} MiB. That is no batch; check api-url.`,
        );
      }
      parts.push(decoder.decode(chunk, { stream: true }));
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new TransportFailure(error);
  }
  parts.push(decoder.decode());
  return parts.join('');
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    const start = body.trimStart().slice(0, 60);
    const what = start === '' ? 'an empty body' : `"${start}${body.length > start.length ? '…' : ''}"`;
    throw new MalformedAnswer(
      `answered with something that is not JSON: ${what}. Check api-url if this persists.`,
      { isJson: false },
    );
  }
}

/**
 * The headers that the retries look at. A `Retry-After` that ends behind the deadline is dropped, and so is one
 * under a second: both leave the pause to the backoff, which neither gives up nor runs hot.
 */
function keptHeaders(response: Response, { leftMs, epoch }: { leftMs: number; epoch: number }): Headers {
  const kept = new Headers({ 'content-type': response.headers.get('content-type') ?? 'text/plain' });
  const retryAfter = response.headers.get('retry-after')?.trim();
  if (retryAfter === undefined) return kept;
  const pauseMs = /^\d+(\.\d+)?$/.test(retryAfter)
    ? Number(retryAfter) * 1_000
    : Date.parse(retryAfter) - epoch;
  if (pauseMs >= 1_000 && pauseMs < leftMs) kept.set('retry-after', String(Math.ceil(pauseMs / 1_000)));
  return kept;
}

/** `undefined` leaves the decision to the table of statuses. */
function mayPass(
  error: Error,
  { failures, hasAnswered }: { failures: number; hasAnswered: boolean },
): boolean | undefined {
  const doubtful = failures < DOUBTFUL_ATTEMPTS;
  if (error instanceof MalformedAnswer) return doubtful || (hasAnswered && !error.isJson);
  if (error instanceof ErrorInAnswer) return error.mayPass;
  if (error instanceof TransportFailure) {
    if (CERTIFICATE_CODES.test(error.code)) return false;
    // A name that has never resolved, or a port that does not speak TLS, is most likely a typing error.
    if (error.code === 'ENOTFOUND' || error.code === 'ERR_SSL_WRONG_VERSION_NUMBER')
      return doubtful || hasAnswered;
    return true;
  }
  if (isTimeoutError(error)) return true;
  return error instanceof HTTPError ? undefined : false;
}

function transportAdvice(code: string): string {
  if (CERTIFICATE_CODES.test(code)) {
    return "The server's certificate is not trusted: check api-url, or set NODE_EXTRA_CA_CERTS on a self-hosted runner.";
  }
  return 'Check api-url, and that this runner may reach it (a proxy is taken from HTTPS_PROXY).';
}

function describe(error: Error): string {
  if (isHTTPError(error)) return `HTTP ${error.response.status}${saying(error)}`;
  if (isTimeoutError(error)) return 'no answer in time';
  return error.message;
}

/** What the provider itself says of an error: `message`, or the first of `errors`, in a few words. */
const errorBody = z.object({
  message: z.optional(z.unknown()),
  error: z.optional(z.unknown()),
  errors: z.optional(z.unknown()),
});

function saying(error: HTTPError): string {
  const text = messageIn(error.data);
  return text === '' ? '' : ` (${text})`;
}

/** The message in an error body of either provider, at most 200 characters; empty where there is none. */
export function messageIn(body: unknown): string {
  const parsed = errorBody.safeParse(body);
  if (!parsed.success) return '';
  const { message, error, errors } = parsed.data;
  const first = Array.isArray(errors) ? errors[0] : undefined;
  const told = [first, message, error].find((part) => part !== undefined && part !== null);
  if (told === undefined) return '';
  const text = typeof told === 'string' ? told : messageIn(told) || JSON.stringify(told);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
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

const seconds = (ms: number): string =>
  ms < 120_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`;
