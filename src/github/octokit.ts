import { Octokit } from '@octokit/rest';
import * as z from 'zod/mini';
import { rootCause, TryTimeout } from '../http/connection-error.ts';
import { RedirectNotFollowed, ResponseTooLarge, UnusableResponse } from '../http/failure.ts';
import { fetchText } from '../http/fetch-text.ts';
import { parseErrorBody } from '../http/json.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { USER_AGENT } from '../runtime/version.ts';
import type { Redactor } from '../text/redact.ts';
import { GitHubError, toGitHubError, unexpectedResponse } from './github-error.ts';

/** GitHub itself gives up on a request after 10 s. */
const REQUEST_MS = 15_000;

/**
 * The newest version that Octokit's types describe (@octokit/openapi-types). 2026-03-10 changes other endpoints than
 * ours, and GitHub Enterprise Server refuses a version that it does not know.
 */
const API_VERSION = '2022-11-28';
/** A response with one of these cannot be made with a body, not even an empty one. */
const BODILESS = [204, 205, 304];

export interface OctokitSettings extends Pick<Runtime, 'fetch' | 'clock' | 'trace' | 'redact'> {
  readonly token: string;
  /** `GITHUB_API_URL`: `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. */
  readonly apiUrl: string;
}

const errorAnswer = z.object({
  status: z.number(),
  response: z.object({
    headers: z.record(z.string(), z.optional(z.union([z.string(), z.number()]))),
    data: z.unknown(),
  }),
});
const errorBody = z.object({
  message: z.string(),
  errors: z.catch(z.array(z.union([z.string(), z.object({ message: z.string() })])), []),
});

/** Each request is sent once: `retryOnGitHub` retries what failed, from where its task begins. */
export function createOctokit(options: OctokitSettings): Pick<Octokit, 'request' | 'graphql'> {
  const { token, apiUrl, trace } = options;
  const octokit = new Octokit({
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ''),
    userAgent: USER_AGENT,
    request: { fetch: (url: string, init: RequestInit) => fetchWhole(url, init, options) },
    // What Octokit itself would say of each request is in the line that `fetchWhole` traces.
    log: { debug: () => {}, info: () => {}, warn: trace, error: () => {} },
  });
  return checked(octokit, options);
}

/** Its requests name the version of the API, its errors become `GitHubError`s, and its answers are JSON. */
function checked(octokit: Octokit, { clock }: OctokitSettings): Octokit {
  octokit.hook.before('request', ({ headers }) => {
    headers.accept = 'application/vnd.github+json';
    headers['x-github-api-version'] = API_VERSION;
  });
  octokit.hook.error('request', (error, endpoint) => {
    const { method, url } = octokit.request.endpoint.parse(endpoint);
    throw asGitHubError(error, { request: `${method} ${new URL(url).pathname}`, epoch: clock.epoch() });
  });
  octokit.hook.after('request', ({ status, data }) => {
    // Octokit takes what is not JSON for text.
    if ((typeof data !== 'object' || data === null) && status !== 204) throw unexpectedResponse();
  });
  return octokit;
}

/**
 * One request with its whole answer, within its time: Octokit would take a body that broke off for an empty one. It goes
 * to no other origin. GitHub redirects within its own when a repository was renamed.
 */
async function fetchWhole(url: string, init: RequestInit, options: OctokitSettings): Promise<Response> {
  const { fetch, clock, trace, redact } = options;
  const { method = 'GET' } = init;
  const signal = init.signal ?? new AbortController().signal;
  const started = clock.now();
  try {
    const sent = {
      url,
      method,
      headers: Object.fromEntries(new Headers(init.headers)),
      // Octokit sends nothing but JSON.
      ...(typeof init.body === 'string' && { body: init.body }),
    };
    const limits = { timeoutMs: REQUEST_MS, signal };
    const answer = await fetchText(sent, { fetch, clock, ...limits, followsRedirects: true });
    const { status, headers } = answer;
    trace(
      `${method} ${new URL(url).pathname} answered ${status} after ${Math.round(clock.now() - started)} ms`,
    );
    if (BODILESS.includes(status)) return new Response(null, { status, headers });
    return new Response(status < 400 ? answer.body : withoutSecrets(answer.body, redact), {
      status,
      headers,
    });
  } catch (error) {
    if (!(error instanceof TryTimeout || error instanceof UnusableResponse) && !signal.aborted) throw error;
    // Octokit hands on an error of this name as it is.
    const why = signal.aborted ? 'given up' : error instanceof TryTimeout ? NO_ANSWER : 'refused';
    throw new DOMException(why, { name: 'AbortError', cause: error });
  }
}

const NO_ANSWER = `nothing for ${REQUEST_MS / 1_000} s`;

/** Redacts the body of an error: GitHub's words end in messages, which are cut. */
function withoutSecrets(body: string, redact: Redactor): string {
  const json = parseErrorBody(body, redact);
  return json === undefined ? redact(body) : JSON.stringify(json);
}

/** Octokit's errors have a `response` if there was one, and otherwise a `cause`. */
function asGitHubError(error: unknown, about: { request: string; epoch: number }): GitHubError {
  const answered = errorAnswer.safeParse(error);
  if (answered.success) {
    const { headers, data } = answered.data.response;
    const { message = '', errors = [] } = errorBody.safeParse(data).data ?? {};
    const said = [
      message,
      ...errors.map((detail) => (typeof detail === 'string' ? detail : detail.message)),
    ].join(': ');
    return toGitHubError({ status: answered.data.status, headers, message: said }, about);
  }
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof RedirectNotFollowed) {
    const message = `GitHub redirects ${about.request} to ${cause.to}, where the token is not sent`;
    return new GitHubError('refused', message, { cause });
  }
  if (cause instanceof UnusableResponse) {
    return new GitHubError('refused', `GitHub's answer to ${about.request} is too large`, {
      overload: cause instanceof ResponseTooLarge ? 'error' : undefined,
      cause,
    });
  }
  const isGiven = error instanceof Error && error.name === 'AbortError';
  const reason = isGiven ? error.message : rootCause(error).message;
  return new GitHubError('unavailable', `no answer from GitHub to ${about.request}: ${reason}`, {
    overload: cause instanceof TryTimeout ? 'timeout' : undefined,
    cause: error,
  });
}
