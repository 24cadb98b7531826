import { randomUUID } from 'node:crypto';
import { type RetryOptions, retry } from '@octokit/plugin-retry';
import { type ThrottlingOptions, throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import { failureOf, GitHubError, undocumented } from './github-error.ts';

/** GitHub itself gives up on a request after 10 s. */
const REQUEST_MS = 15_000;
/** Of a read: after 1 s and again after 4 s. */
const RETRIES = 2;
/** A refusal stays one. Rate limits, which are among these, are the throttling plugin's. */
const REFUSALS = Array.from({ length: 100 }, (_, index) => 400 + index);

/** The global `fetch`, passed in. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface OctokitSettings {
  readonly token: string;
  /** `GITHUB_API_URL`: `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. */
  readonly apiUrl: string;
  readonly userAgent: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** A line in the log when the runner is in debug mode: never a token or a body. */
  readonly trace: (line: string) => void;
  /** Takes the secrets that the action knows out of a refusal, before any of it is cut or told. */
  readonly redact: (text: string) => string;
  /** Other settings of the plugins. Their pauses are on the real clock: tests make them short, or do without. */
  readonly plugins?: { readonly retry?: RetryOptions; readonly throttle?: Partial<ThrottlingOptions> };
}

/** Whether to send a request again after so many seconds. */
type LimitHandler = NonNullable<ThrottlingOptions['onRateLimit']>;

const errorAnswer = z.object({
  status: z.number(),
  response: z.object({
    headers: z.record(z.string(), z.optional(z.union([z.string(), z.number()]))),
    data: z.unknown(),
  }),
});
const errorBody = z.object({
  message: z.string(),
  errors: z.catch(z.array(z.object({ message: z.string() })), []),
});

/** For reads: they are tried again, and wait for a rate limit that ends before `request.until` (`clock.now()`). */
export function createReader(options: OctokitSettings): Octokit {
  const { clock, plugins = {} } = options;
  const waitsForLimit: LimitHandler = (seconds, { request }, _octokit, retries) =>
    retries < RETRIES && clock.now() + seconds * 1_000 < request['until'];

  const octokit = new (Octokit.plugin(retry, throttling))({
    ...basicsOf(options),
    retry: { retries: RETRIES, doNotRetry: REFUSALS, ...plugins.retry },
    throttle: {
      // Without an id of its own it would share its queues with all others in the process.
      id: randomUUID(),
      onRateLimit: waitsForLimit,
      onSecondaryRateLimit: waitsForLimit,
      ...plugins.throttle,
    },
  });
  return checked(octokit, options);
}

/**
 * For writes: each is sent once, and at once. The plugins would send it again later, or keep it a second or three from
 * the one before, and either way over what others wrote since the comment was read.
 */
export function createWriter(options: OctokitSettings): Octokit {
  return checked(new Octokit(basicsOf(options)), options);
}

function basicsOf(options: OctokitSettings) {
  const { token, apiUrl, userAgent, trace } = options;
  return {
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ''),
    userAgent,
    request: { fetch: (url: string, init: RequestInit) => fetchWhole(url, init, options) },
    // What Octokit itself would say of each request is in the line that `fetchWhole` traces.
    log: { debug: () => {}, info: () => {}, warn: trace, error: () => {} },
  };
}

/** Its errors become `GitHubError`s, and its answers are JSON. */
function checked(octokit: Octokit, { clock }: OctokitSettings): Octokit {
  octokit.hook.error('request', (error, endpoint) => {
    const { method, url } = octokit.request.endpoint.parse(endpoint);
    throw asGitHubError(error, { request: `${method} ${new URL(url).pathname}`, epoch: clock.epoch() });
  });
  octokit.hook.after('request', ({ status, data, headers }, endpoint) => {
    // Octokit takes what is not JSON for text, and pages through text, or through nothing, as if it were a list.
    const isJson = typeof data === 'object' && data !== null;
    if (!isJson && status !== 204) throw undocumented();
    const next = linkToNext(octokit.request.endpoint.parse(endpoint).url, data);
    if (next !== undefined) headers.link ??= next;
  });
  return octokit;
}

/** Where links are missing, since a proxy took them out, only a page that is not full is known to be the last. */
function linkToNext(address: string, page: unknown): string | undefined {
  const url = new URL(address);
  const { searchParams } = url;
  if (!Array.isArray(page) || page.length !== Number(searchParams.get('per_page'))) return undefined;
  searchParams.set('page', String(Number(searchParams.get('page') ?? 1) + 1));
  return `<${url}>; rel="next"`;
}

/** One request with its whole answer, within its time: Octokit would take a body that broke off for an empty one. */
async function fetchWhole(
  url: string,
  init: RequestInit,
  { fetch, clock, trace, redact }: OctokitSettings,
): Promise<Response> {
  const { method = 'GET', signal } = init;
  const started = clock.now();
  const finished = new AbortController();
  const overdue = new AbortController();
  void clock.sleep(REQUEST_MS, finished.signal).then(() => overdue.abort());
  try {
    const stop = AbortSignal.any(signal ? [signal, overdue.signal] : [overdue.signal]);
    const { status, headers, ...response } = await fetch(url, { ...init, signal: stop }).then(readBody);
    trace(
      `${method} ${new URL(url).pathname} answered ${status} after ${Math.round(clock.now() - started)} ms`,
    );
    const body = status >= 400 && response.body !== null ? redact(response.body) : response.body;
    return new Response(body, { status, headers });
  } catch (error) {
    if (!overdue.signal.aborted && signal?.aborted !== true) throw error;
    // An error of this name is the one that the retry plugin lets pass.
    const why = overdue.signal.aborted ? `nothing for ${REQUEST_MS / 1_000} s` : 'given up';
    throw new DOMException(why, 'AbortError');
  } finally {
    finished.abort();
  }
}

async function readBody(response: Response) {
  const { status, headers } = response;
  const body = await response.text();
  // A response with one of these statuses cannot be made with a body, not even an empty one.
  return { status, headers, body: [204, 205, 304].includes(status) ? null : body };
}

/** Octokit's errors have a `response` if there was one, and otherwise a `cause`. */
function asGitHubError(error: unknown, about: { request: string; epoch: number }): GitHubError {
  const answered = errorAnswer.safeParse(error);
  if (answered.success) {
    const { headers, data } = answered.data.response;
    const { message = '', errors = [] } = errorBody.safeParse(data).data ?? {};
    const said = [message, ...errors.map((one) => one.message)].join(': ');
    return failureOf({ status: answered.data.status, headers, message: said }, about);
  }
  return new GitHubError('unavailable', `no answer from GitHub to ${about.request}: ${reasonOf(error)}`, {
    cause: error,
  });
}

/** What is at the bottom of a failed `fetch`: "connect ECONNREFUSED 127.0.0.1:443". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const deeper = error.cause instanceof Error ? reasonOf(error.cause) : '';
  const code = 'code' in error ? String(error.code) : error.name;
  return deeper || error.message || code;
}
