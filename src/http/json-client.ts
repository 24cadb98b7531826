import ky, { isTimeoutError } from 'ky';
import pLimit from 'p-limit';
import type { Clock, Deadline } from '../clock.ts';
import { OutOfTime, ProviderError } from '../errors.ts';
import { complaint, describe, isDoubtful, mayPass, RETRIED_STATUSES } from './failure.ts';
import { type Fetch, keptHeaders, parseJson, readWhole } from './whole-answer.ts';

/** Requests under way at once, over all batches. Bland allows an organisation few. */
const CONCURRENCY = 4;
/** From this many failures in a row on, the log says what is happening. */
const QUIET_FAILURES = 3;

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

/** The transport of one provider: where, with which key, and how to speak about it. */
export interface HttpOptions {
  readonly baseUrl: string;
  /** The key travels in these; they never appear in a message. */
  readonly headers: Readonly<Record<string, string>>;
  /** What to do about 400, 401, 402, 403, 404 and 422: a sentence. */
  readonly advice: (status: number) => string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Takes the secrets that the action knows out of a text, before any of it is cut or told. */
  readonly redact: (text: string) => string;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** A line in the log, for people. */
  readonly log: (line: string) => void;
  /** A line in the log when the runner is in debug mode. */
  readonly trace: (line: string) => void;
  readonly timing?: Timing;
}

/** One thing to ask for. */
export interface JsonRequest<T> {
  /** Segments of the path; each is encoded, so that no id can reach another path. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Makes something of the JSON; throws `MalformedAnswer`, `ErrorInAnswer` or `Refusal` when it cannot. */
  readonly read: (json: unknown) => T;
  /** How big an answer may reasonably get, which decides how long it may take. */
  readonly size: 'small' | 'large';
}

export interface Http {
  /**
   * GETs JSON. What may pass is retried as long as the deadline lasts: 408, 429, 5xx, broken connections,
   * time-outs, bodies that are not the JSON that was announced. Throws `ProviderError` with a message for
   * people: method, host, path, status, what to do; never the key. `OutOfTime` if it was the deadline that ended.
   */
  getJson<T>(request: JsonRequest<T>, deadline: Deadline): Promise<T>;
}

/** The one place from which providers are asked: ky retries, and each attempt of it is a whole answer. */
export function createHttp(options: HttpOptions): Http {
  const { clock, log, trace, timing = TIMING } = options;
  const limit = pLimit(CONCURRENCY);
  const base = new URL(options.baseUrl);
  /** A host that has answered properly once is trusted to come back. */
  let hasAnswered = false;

  async function getJson<T>(request: JsonRequest<T>, deadline: Deadline): Promise<T> {
    const url = addressOf(base, request);
    const name = `GET ${url.host}${url.pathname}`;
    const isSingleTry = deadline.noRetries === true;
    let answer: { value: T } | undefined;
    let failures = 0;
    let doubts = 0;
    let lastFailure = '';
    const leftMs = () => Math.max(1, Math.ceil(deadline.until - clock.now()));
    const attemptMs = () =>
      Math.min(
        timing.attempt[request.size],
        isSingleTry ? leftMs() : Math.max(timing.shortestAttempt, Math.ceil(leftMs() / 4)),
      );

    /**
     * What ky takes for `fetch` is an attempt from connection to parsed body, so that a body cut short is retried like
     * a lost connection (docs/adr/0004). The value leaves by `answer`; ky sees whether it is there.
     */
    const attempt = async (asked: Request): Promise<Response> => {
      const started = clock.now();
      const { response, body } = await readWhole(options.fetch, asked, attemptMs());
      const took = Math.round(clock.now() - started);
      trace(`${name} answered ${response.status} after ${took} ms with ${body.length} characters`);
      if (!response.ok) {
        const headers = keptHeaders(response, { leftMs: leftMs(), epoch: clock.epoch() });
        return new Response(options.redact(body), { status: response.status, headers });
      }
      answer = { value: request.read(parseJson(body, options.redact)) };
      return new Response(null, { status: 204 });
    };

    const shouldRetry = (error: Error): boolean | undefined => {
      failures += 1;
      doubts = isDoubtful(error) ? doubts + 1 : 0;
      if (!isTimeoutError(error)) lastFailure = describe(error);
      const retry = mayPass(error, { doubts, hasAnswered });
      if (retry === false) return false;
      trace(`${name} failed (${failures} in a row): ${lastFailure}`);
      // At 3, 6, 12, … failures: often enough to know, seldom enough to read.
      if (failures >= QUIET_FAILURES && Number.isInteger(Math.log2(failures / QUIET_FAILURES))) {
        log(
          `${name} has failed ${failures} times in a row: ${lastFailure}. Still trying, ${isDoubtful(error) ? 'a few times' : `for at most ${seconds(leftMs())}`} more.`,
        );
      }
      return retry;
    };

    try {
      await ky(url, {
        headers: options.headers,
        signal: deadline.signal,
        fetch: (asked) => limit(() => attempt(asked as Request)),
        timeout: false,
        totalTimeout: leftMs(),
        retry: {
          limit: isSingleTry ? 0 : Number.MAX_SAFE_INTEGER,
          methods: ['get'],
          statusCodes: RETRIED_STATUSES,
          afterStatusCodes: RETRIED_STATUSES,
          maxRetryAfter: Number.MAX_SAFE_INTEGER,
          delay: (nth) => Math.min(timing.backoff.longest, timing.backoff.first * 2 ** (nth - 1)),
          jitter: (delayMs) => delayMs * (0.75 + options.random() / 4),
          shouldRetry: ({ error }) => shouldRetry(error),
        },
      });
    } catch (error) {
      if (deadline.signal.aborted) throw new ProviderError('The reading was stopped.', { cause: error });
      if (isTimeoutError(error)) {
        const last = lastFailure === '' ? '' : ` (${lastFailure})`;
        throw new OutOfTime(
          `${name} did not answer in time${last}. Raise timeout-minutes, or run the job again.`,
        );
      }
      const clause = complaint(error, options.advice);
      // Anything else is a mistake of ours and not the provider's.
      if (clause === undefined) throw error;
      throw new ProviderError(`${name} ${clause}`, { cause: error });
    }
    if (answer === undefined) throw new ProviderError(`${name} gave no answer. Please report this.`);
    hasAnswered = true;
    if (failures >= QUIET_FAILURES) log(`${name} answers again.`);
    return answer.value;
  }

  return { getJson };
}

/** The base URL's own path is kept: a proxy may serve the API under a prefix. */
function addressOf<T>(base: URL, { path, query }: JsonRequest<T>): URL {
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

const seconds = (ms: number): string =>
  ms < 120_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`;
