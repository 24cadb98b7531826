import pLimit, { type LimitFunction } from 'p-limit';
import type { Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded } from '../runtime/deadline.ts';
import { refusalOf } from '../runtime/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { parseTime } from '../text/format.ts';
import { ConnectionError, TryTimeout } from './connection-error.ts';
import { errorMessageIn } from './error-body.ts';
import { HttpStatusError, isDefinitelyRejected } from './failure.ts';
import { fetchText } from './fetch-text.ts';
import { parseBody, parseErrorBody } from './json.ts';
import { buildRequest, type NamedRequest, type Resource } from './named-request.ts';
import { toProviderError } from './provider-error.ts';
import { parseRetryAfter } from './retry.ts';
import { retryAndLog } from './retry-and-log.ts';

/** Requests under way at once, over all batches. Bland allows an organisation few. */
const CONCURRENCY = 4;

/** The longest that one try may take, connection and body included, in milliseconds, for a small or a large answer. */
const TRY_MS = { small: 15_000, large: 60_000 };
/** Near a short deadline a try gets a part of what is left, so that one hanging answer is not the end. */
const MIN_TRY_MS = 2_000;
/** After a time-out a try gets twice as long, up to so many times as long. */
const MAX_TIMEOUT_FACTOR = 4;

/** The transport of one provider: where, with which key, and how to speak about it. */
export interface HttpOptions
  extends Pick<Runtime, 'fetch' | 'clock' | 'redact' | 'random' | 'log' | 'trace'> {
  readonly baseUrl: string;
  /** The key travels in these; they never appear in a message. */
  readonly headers: Readonly<Record<string, string>>;
  /** Advice about 400, 401, 402, 403, 404 and 422: a sentence. */
  readonly advice: (status: number) => string;
}

/** A GET request, and how its answer is read. */
export interface JsonRequest<T> extends Resource {
  /** Makes a value of the JSON; throws `InvalidResponse` or `ErrorResponse` when it cannot. */
  readonly read: (json: unknown, about: ResponseInfo) => T;
  /** The size that an answer may reasonably have; it decides the time limit. */
  readonly size: 'small' | 'large';
  /** Advice about a refusal of this request, in place of `HttpOptions.advice`. */
  readonly advice?: ((status: number) => string) | undefined;
}

/** Facts from an answer's headers. */
export interface ResponseInfo {
  /** The `Date` header, in milliseconds since the epoch; `undefined` without one that can be read. */
  readonly date: number | undefined;
}

/** A request that starts something. */
interface PostRequest<T> extends Omit<JsonRequest<T>, 'size'> {
  /** Sent as JSON. */
  readonly body: unknown;
}

/** A request whose answer says nothing but yes or no. */
interface CommandRequest {
  readonly method: 'POST' | 'PATCH';
  readonly path: readonly string[];
  readonly advice?: JsonRequest<unknown>['advice'];
}

/** The result of a POST. `problem` is a sentence that says what to do. */
export type PostResult<T> =
  | { readonly kind: 'accepted'; readonly value: T }
  /** Certainly nothing was started: the request never arrived, or the answer says no. */
  | {
      readonly kind: 'refused';
      readonly problem: string;
      /** The provider refuses what the user gave. */
      readonly refusal?: ReturnType<typeof refusalOf>;
    }
  /** It may have been started. `at` is when the request was sent, in milliseconds since the epoch. */
  | { readonly kind: 'unknown'; readonly problem: string; readonly at: number };

export interface HttpClient {
  /**
   * GETs JSON. Retries until the deadline after 408, 409, 421, 423, 425, 429, 5xx, broken connections, time-outs and
   * bodies that are not the documented JSON. Throws a `ProviderError` with a message for people: method, host, path,
   * status, what to do; never the key. It is a `NotFound` after a 404 and a `ProviderTimeout` at the deadline; its
   * `cause` is a `ResponseTooLarge` if a smaller page would help.
   */
  getJson<T>(request: JsonRequest<T>, deadline: Deadline): Promise<T>;
  /**
   * POSTs JSON and reads the answer. Retries only what was certainly not accepted: the connection was never made, or the
   * answer was 429. Throws a `ProviderError` only when the signal comes; the request may have been carried out then.
   */
  postJsonOnce<T>(request: PostRequest<T>, deadline: Deadline): Promise<PostResult<T>>;
  /**
   * Sends a request without a body that does no harm when it is carried out twice, like cancelling a batch. Succeeds with
   * any 2xx, whatever the body is. Retries and throws like `getJson`.
   */
  sendCommand(request: CommandRequest, deadline: Deadline): Promise<void>;
}

/** A provider's host, and what is remembered of its answers. */
interface Host extends HttpOptions {
  readonly limit: LimitFunction;
  /** A host that has answered properly once is trusted to come back. */
  hasAnswered: boolean;
  /** The factor by which the last answer of each size needed more time than usual. */
  readonly lastTimeoutFactor: { small: number; large: number };
}

/** Makes a value of the text of an answer. */
type ReadText<T> = (body: string, about: ResponseInfo) => T;

/** The one place from which providers are asked. Each try is a whole answer, from the connection to the parsed body. */
export function createHttpClient(options: HttpOptions): HttpClient {
  const host: Host = {
    ...options,
    limit: pLimit(CONCURRENCY),
    hasAnswered: false,
    lastTimeoutFactor: { small: 1, large: 1 },
  };
  const { redact } = options;
  const asJson =
    <T>(read: JsonRequest<T>['read']): ReadText<T> =>
    (body, about) =>
      read(parseBody(body, redact), about);
  return {
    async getJson(request, deadline) {
      const { size, advice, read } = request;
      const httpRequest = buildRequest('GET', request, options);
      return sendUntilAnswered(host, httpRequest, { size, advice, read: asJson(read) }, deadline);
    },
    async postJsonOnce(request, deadline) {
      const { advice, body, read } = request;
      const httpRequest = buildRequest('POST', request, options, body);
      return sendAtMostOnce(host, httpRequest, { advice, read: asJson(read) }, deadline);
    },
    async sendCommand({ method, path, advice }, deadline) {
      const httpRequest = buildRequest(method, { path }, options);
      return sendUntilAnswered(host, httpRequest, { size: 'small', advice, read: () => undefined }, deadline);
    },
  };
}

/** Sends a request until an answer can be used, a failure cannot pass or the deadline comes. */
async function sendUntilAnswered<T>(
  host: Host,
  httpRequest: NamedRequest,
  { size, read, advice = host.advice }: Pick<JsonRequest<T>, 'size' | 'advice'> & { read: ReadText<T> },
  deadline: Deadline,
): Promise<T> {
  const { clock, limit, lastTimeoutFactor } = host;
  const { name } = httpRequest;
  let timeoutFactor = lastTimeoutFactor[size];

  const task = ({ signal }: Deadline): Promise<T> =>
    limit(async () => {
      const leftMs = Math.max(1, Math.ceil(deadline.until - clock.now()));
      // A second try knows that the first was too short, so it may take more of what is left.
      const shares = timeoutFactor > 1 ? 2 : 4;
      const shareMs = deadline.noRetries === true ? leftMs : Math.max(MIN_TRY_MS, Math.ceil(leftMs / shares));
      const timeoutMs = Math.min(leftMs, shareMs, TRY_MS[size] * timeoutFactor);
      const started = clock.now();
      try {
        const value = await sendOnce(host, httpRequest, read, { timeoutMs, signal });
        lastTimeoutFactor[size] = clock.now() - started > TRY_MS[size] ? timeoutFactor : 1;
        return value;
      } catch (error) {
        if (error instanceof TryTimeout) timeoutFactor = Math.min(MAX_TIMEOUT_FACTOR, 2 * timeoutFactor);
        throw error;
      }
    });

  try {
    return await retryAndLog(task, { name, host, deadline });
  } catch (error) {
    throw toProviderError(error, name, { ...host, advice, signal: deadline.signal });
  }
}

/** Sends a request that starts something; again only after a try that certainly was not accepted. */
async function sendAtMostOnce<T>(
  host: Host,
  httpRequest: NamedRequest,
  { read, advice = host.advice }: Pick<JsonRequest<T>, 'advice'> & { read: ReadText<T> },
  deadline: Deadline,
): Promise<PostResult<T>> {
  const { clock, limit } = host;
  const { name } = httpRequest;
  /** When the try was sent that may have been accepted, in milliseconds since the epoch. */
  let maybeAcceptedAt: number | undefined;

  const task = ({ signal }: Deadline): Promise<T> =>
    limit(async () => {
      if (signal.aborted) throw new DeadlineExceeded();
      const leftMs = Math.max(1, Math.ceil(deadline.until - clock.now()));
      maybeAcceptedAt = clock.epoch();
      try {
        const timeoutMs = Math.min(leftMs, TRY_MS.large);
        return await sendOnce(host, httpRequest, read, { timeoutMs, signal });
      } catch (error) {
        if (isDefinitelyRejected(error)) maybeAcceptedAt = undefined;
        throw error;
      }
    });

  const isUnaccepted = (error: unknown): boolean =>
    (error instanceof ConnectionError && error.neverConnected) ||
    (error instanceof HttpStatusError && error.status === 429);

  try {
    const value = await retryAndLog(task, { name, host, deadline, mayRepeat: isUnaccepted });
    return { kind: 'accepted', value };
  } catch (error) {
    const { signal } = deadline;
    const failure = toProviderError(error, name, { ...host, advice, signal });
    const problem = failure.message;
    if (maybeAcceptedAt === undefined) {
      const refusal = refusalOf(failure);
      return { kind: 'refused', problem, ...(refusal && { refusal }) };
    }
    if (error instanceof DeadlineExceeded && signal.aborted) throw failure;
    return { kind: 'unknown', problem, at: maybeAcceptedAt };
  }
}

/** One try: the value of the answer, or what is wrong with it. */
async function sendOnce<T>(
  host: Host,
  httpRequest: NamedRequest,
  read: ReadText<T>,
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<T> {
  const { fetch, clock, redact, trace } = host;
  const started = clock.now();
  const followsRedirects = httpRequest.method === 'GET';
  const { status, headers, body } = await fetchText(httpRequest, {
    fetch,
    clock,
    ...limits,
    followsRedirects,
  });
  trace(
    `${httpRequest.name} answered ${status} after ${Math.round(clock.now() - started)} ms with ${body.length} characters`,
  );
  if (status < 200 || status > 299) {
    throw new HttpStatusError(status, {
      detail: errorMessageIn(parseErrorBody(body, redact)),
      retryAfterMs: parseRetryAfter(headers.get('retry-after'), clock.epoch()),
    });
  }
  const value = read(body, { date: parseTime(headers.get('date')) });
  host.hasAnswered = true;
  return value;
}
