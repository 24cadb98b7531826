import pLimit from 'p-limit';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded } from '../runtime/deadline.ts';
import {
  KeyRefused,
  NotFound,
  ProviderError,
  ProviderTimeout,
  RequestRefused,
  refusalOf,
} from '../runtime/errors.ts';
import type { Redactor } from '../text/redact.ts';
import {
  ConnectionError,
  describeFailure,
  errorMessageIn,
  HttpStatusError,
  isDefinitelyRejected,
  isLikelyMisconfigured,
  isRetryable,
  summarizeError,
  TryTimeout,
} from './failure.ts';
import { type Fetch, fetchText, type HttpRequest } from './fetch-text.ts';
import { parseBody, parseErrorBody } from './json.ts';
import { parseRetryAfter, type RetryDecision, retryUntilDeadline } from './retry.ts';

/** Requests under way at once, over all batches. Bland allows an organisation few. */
const CONCURRENCY = 4;
/** From this many failures in a row on, the log says what is happening. */
const QUIET_FAILURES = 3;
const BACKOFF_MS = { first: 500, longest: 30_000 };

/** Statuses with which a provider refuses what the user gave, and their errors. Payment (402) is not among them. */
const REFUSALS: Readonly<Record<number, typeof ProviderError>> = {
  400: RequestRefused,
  401: KeyRefused,
  403: KeyRefused,
  404: NotFound,
  422: RequestRefused,
};

/** The error for the caller: a refusal where the status says so. */
function toProviderError(error: unknown, message: string): ProviderError {
  const Kind = (error instanceof HttpStatusError && REFUSALS[error.status]) || ProviderError;
  return new Kind(message, { cause: error });
}

/** The longest that one try may take, connection and body included, in milliseconds, for a small or a large answer. */
const TRY_MS = { small: 15_000, large: 60_000 };
/** Near a short deadline a try gets a part of what is left, so that one hanging answer is not the end. */
const MIN_TRY_MS = 2_000;
/** After a time-out a try gets twice as long, up to so many times as long. */
const MAX_TIMEOUT_FACTOR = 4;

/** The transport of one provider: where, with which key, and how to speak about it. */
export interface HttpOptions {
  readonly baseUrl: string;
  /** The key travels in these; they never appear in a message. */
  readonly headers: Readonly<Record<string, string>>;
  /** Advice about 400, 401, 402, 403, 404 and 422: a sentence. */
  readonly advice: (status: number) => string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Takes the secrets that the action knows out of a text, before any of it is cut or told. */
  readonly redact: Redactor;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** A line in the log, for people. */
  readonly log: (line: string) => void;
  /** A line in the log when the runner is in debug mode. */
  readonly trace: (line: string) => void;
}

/** One thing to ask for. */
export interface JsonRequest<T> {
  /** Segments of the path; each is encoded, so that no id can reach another path. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Makes something of the JSON; throws `InvalidResponse`, `ErrorResponse` or `Refusal` when it cannot. */
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

/** One thing to start. */
export interface PostRequest<T> extends Omit<JsonRequest<T>, 'size'> {
  /** Sent as JSON. */
  readonly body: unknown;
}

/** One thing to ask for whose answer says nothing but yes or no. */
export interface CommandRequest {
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
   * GETs JSON. What may pass is retried as long as the deadline lasts: 408, 409, 421, 423, 425, 429, 5xx, broken
   * connections, time-outs, bodies that are not the JSON that was announced. Throws `ProviderError` with a message for
   * people: method, host, path, status, what to do; never the key. Its `cause` is an `ResponseTooLarge` if a smaller page
   * would help. `NotFound` after a 404, `ProviderTimeout` if it was the deadline that ended.
   */
  getJson<T>(request: JsonRequest<T>, deadline: Deadline): Promise<T>;
  /**
   * POSTs JSON and reads the answer. It is sent again only if it certainly was not accepted: the connection was never
   * made, or the answer was 429. Throws a `ProviderError` only when the signal comes; the request may have been carried
   * out then.
   */
  postJsonOnce<T>(request: PostRequest<T>, deadline: Deadline): Promise<PostResult<T>>;
  /**
   * Sends a request without a body that may be carried out twice, like the end of a batch. Any 2xx is a yes, whatever
   * the answer's body is. Retried, and throws, like `getJson`.
   */
  sendCommand(request: CommandRequest, deadline: Deadline): Promise<void>;
}

/** A request with its name for people: "GET HOST/PATH". */
interface NamedRequest extends HttpRequest {
  readonly name: string;
}

/** The one place from which providers are asked. Each try is a whole answer, from the connection to the parsed body. */
export function createHttpClient(options: HttpOptions): HttpClient {
  const { clock, random, redact, log, trace } = options;
  const limit = pLimit(CONCURRENCY);
  const base = new URL(options.baseUrl);
  /** A host that has answered properly once is trusted to come back. */
  let hasAnswered = false;
  /** The factor by which the last answer of each size needed more time than usual. */
  const lastTimeoutFactor = { small: 1, large: 1 };

  /** One try: the value of the answer, or what is wrong with it. */
  async function sendOnce<T>(
    httpRequest: NamedRequest,
    read: (body: string, about: ResponseInfo) => T,
    { ms, signal }: { ms: number; signal: AbortSignal },
  ): Promise<T> {
    const started = clock.now();
    const followsRedirects = httpRequest.method === 'GET';
    const response = await fetchText(httpRequest, {
      fetch: options.fetch,
      clock,
      ms,
      signal,
      followsRedirects,
    });
    const { status, headers, body } = response;
    trace(
      `${httpRequest.name} answered ${status} after ${Math.round(clock.now() - started)} ms with ${body.length} characters`,
    );
    if (status < 200 || status > 299) {
      const retryAfterMs = parseRetryAfter(headers.get('retry-after'), clock.epoch());
      throw new HttpStatusError(status, {
        detail: errorMessageIn(parseErrorBody(body, redact)),
        retryAfterMs,
      });
    }
    const value = read(body, { date: parseDateHeader(headers) });
    hasAnswered = true;
    return value;
  }

  /** Counts the failures of one request and tells the log about them. */
  function trackFailures(name: string, deadline: Deadline) {
    let failures = 0;
    let consecutiveConfigErrors = 0;
    return {
      classifyError(error: unknown): RetryDecision {
        failures += 1;
        consecutiveConfigErrors = isLikelyMisconfigured(error) ? consecutiveConfigErrors + 1 : 0;
        const retries = isRetryable(error, { consecutiveConfigErrors, hasAnswered });
        if (!retries || deadline.noRetries === true) return { isRetryable: false };
        trace(`${name} failed (${failures} in a row): ${summarizeError(error)}`);
        // At 3, 6, 12, … failures: often enough to know, seldom enough to read.
        if (failures >= QUIET_FAILURES && Number.isInteger(Math.log2(failures / QUIET_FAILURES))) {
          const isSoonOver = isLikelyMisconfigured(error) && !hasAnswered;
          const howLong = isSoonOver
            ? 'a few times'
            : `for at most ${formatRemaining(deadline.until - clock.now())}`;
          log(
            `${name} has failed ${failures} times in a row: ${summarizeError(error)}. Still trying, ${howLong} more.`,
          );
        }
        return {
          isRetryable: true,
          ...(error instanceof HttpStatusError && { retryAfterMs: error.retryAfterMs }),
        };
      },
      succeeded() {
        if (failures >= QUIET_FAILURES) log(`${name} answers again.`);
      },
    };
  }

  /** The failure for people: a sentence. Throws a mistake of ours. */
  function failureMessage(name: string, error: unknown, advice = options.advice): string {
    const clause = describeFailure(error, advice);
    if (clause === undefined) throw error;
    return redact(`${name} ${clause}`);
  }

  /** The time was up: cancelled, or at the deadline. */
  function deadlineError(name: string, { cause }: DeadlineExceeded, { signal }: Deadline): ProviderError {
    if (signal.aborted) return new ProviderError('The request was stopped.', { cause });
    const last = cause === undefined ? '' : ` (${summarizeError(cause)})`;
    return new ProviderTimeout(
      redact(`${name} did not answer in time${last}. Raise timeout-minutes, or run the job again.`),
      { cause },
    );
  }

  /** The value of an answer's body. */
  const parsed =
    <T>({ read }: Pick<JsonRequest<T>, 'read'>) =>
    (body: string, about: ResponseInfo): T =>
      read(parseBody(body, redact), about);

  async function getJson<T>(request: JsonRequest<T>, deadline: Deadline): Promise<T> {
    const httpRequest = buildRequest(base, 'GET', request, options.headers);
    return requestWithRetry(
      httpRequest,
      { size: request.size, read: parsed(request), advice: request.advice },
      deadline,
    );
  }

  async function sendCommand({ method, path, advice }: CommandRequest, deadline: Deadline): Promise<void> {
    const httpRequest = buildRequest(base, method, { path }, options.headers);
    return requestWithRetry(httpRequest, { size: 'small', read: () => undefined, advice }, deadline);
  }

  /** Asks until there is an answer that can be used, the deadline comes or nothing can be hoped for. */
  async function requestWithRetry<T>(
    httpRequest: NamedRequest,
    {
      size,
      read,
      advice,
    }: Pick<JsonRequest<T>, 'size' | 'advice'> & { read: (body: string, about: ResponseInfo) => T },
    deadline: Deadline,
  ): Promise<T> {
    const failures = trackFailures(httpRequest.name, deadline);
    let timeoutFactor = lastTimeoutFactor[size];

    const task = ({ signal }: Deadline): Promise<T> =>
      limit(async () => {
        const leftMs = Math.max(1, Math.ceil(deadline.until - clock.now()));
        // A second try knows that the first was too short, so it may take more of what is left.
        const share = deadline.noRetries === true ? leftMs : leftMs / (timeoutFactor > 1 ? 2 : 4);
        const ms = Math.min(leftMs, TRY_MS[size] * timeoutFactor, Math.max(MIN_TRY_MS, Math.ceil(share)));
        const started = clock.now();
        try {
          const value = await sendOnce(httpRequest, read, { ms, signal });
          lastTimeoutFactor[size] = clock.now() - started > TRY_MS[size] ? timeoutFactor : 1;
          return value;
        } catch (error) {
          if (error instanceof TryTimeout) timeoutFactor = Math.min(MAX_TIMEOUT_FACTOR, 2 * timeoutFactor);
          throw error;
        }
      });

    try {
      const value = await retryUntilDeadline(task, deadline, {
        clock,
        random,
        backoff: BACKOFF_MS,
        classifyError: failures.classifyError,
      });
      failures.succeeded();
      return value;
    } catch (error) {
      if (error instanceof DeadlineExceeded) throw deadlineError(httpRequest.name, error, deadline);
      throw toProviderError(error, failureMessage(httpRequest.name, error, advice));
    }
  }

  async function postJsonOnce<T>(request: PostRequest<T>, deadline: Deadline): Promise<PostResult<T>> {
    const headers = { ...options.headers, 'content-type': 'application/json' };
    const httpRequest = buildRequest(base, 'POST', request, headers, JSON.stringify(request.body));
    const failures = trackFailures(httpRequest.name, deadline);
    /** When the last try was sent, and whether it is known to have come to nothing. */
    let last: { readonly at: number; isOver: boolean } | undefined;

    const task = ({ signal }: Deadline): Promise<T> =>
      limit(async () => {
        if (signal.aborted) throw new DeadlineExceeded();
        const leftMs = Math.max(1, Math.ceil(deadline.until - clock.now()));
        const mine = { at: clock.epoch(), isOver: false };
        last = mine;
        try {
          return await sendOnce(httpRequest, parsed(request), {
            ms: Math.min(leftMs, TRY_MS.large),
            signal,
          });
        } catch (error) {
          mine.isOver = isDefinitelyRejected(error);
          throw error;
        }
      });

    const classifyError = (error: unknown): RetryDecision => {
      const isUnaccepted =
        (error instanceof ConnectionError && error.neverConnected) ||
        (error instanceof HttpStatusError && error.status === 429);
      return isUnaccepted ? failures.classifyError(error) : { isRetryable: false };
    };

    try {
      const value = await retryUntilDeadline(task, deadline, {
        clock,
        random,
        backoff: BACKOFF_MS,
        classifyError,
      });
      failures.succeeded();
      return { kind: 'accepted', value };
    } catch (error) {
      const isOver = last === undefined || last.isOver;
      if (error instanceof DeadlineExceeded && deadline.signal.aborted && !isOver)
        throw deadlineError(httpRequest.name, error, deadline);
      const problem =
        error instanceof DeadlineExceeded
          ? deadlineError(httpRequest.name, error, deadline).message
          : failureMessage(httpRequest.name, error, request.advice);
      const refusal = refusalOf(toProviderError(error, problem));
      if (last === undefined || last.isOver) return { kind: 'refused', problem, ...(refusal && { refusal }) };
      return { kind: 'unknown', problem, at: last.at };
    }
  }

  return { getJson, postJsonOnce, sendCommand };
}

function buildRequest<T>(
  base: URL,
  method: 'GET' | 'POST' | 'PATCH',
  request: Pick<JsonRequest<T>, 'path' | 'query'>,
  headers: Readonly<Record<string, string>>,
  body?: string,
): NamedRequest {
  const url = buildUrl(base, request);
  const name = `${method} ${url.host}${url.pathname}`;
  const httpRequest = { name, url: url.href, method, headers: { ...headers } };
  return body === undefined ? httpRequest : { ...httpRequest, body };
}

/** The base URL's own path is kept: a proxy may serve the API under a prefix. */
function buildUrl<T>(base: URL, { path, query }: Pick<JsonRequest<T>, 'path' | 'query'>): URL {
  const url = new URL(base);
  const segments = path.map((segment) => {
    // These two cannot be encoded: a URL parser resolves `%2e%2e` like `..`.
    if (segment === '.' || segment === '..')
      throw new ProviderError(`"${segment}" cannot be an id. Check batch-id.`);
    return encodeURIComponent(segment.toWellFormed());
  });
  url.pathname = [url.pathname.replace(/\/+$/, ''), ...segments].join('/');
  for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
  return url;
}

function parseDateHeader(headers: Headers): number | undefined {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? undefined : date;
}

const formatRemaining = (ms: number): string =>
  ms < 120_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`;
