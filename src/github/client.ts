import { Octokit } from '@octokit/core';
import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import { failureOf, GitHubError } from './failure.ts';

/** GitHub itself gives up on a request after 10 s. */
const REQUEST_MS = 15_000;
const PER_PAGE = 100;
/** More comments than a pull request can have; an answer that always promises another page ends here. */
const MAX_PAGES = 100;

/** The global `fetch`, passed in. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  readonly token: string;
  /** `GITHUB_API_URL`: `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. */
  readonly apiUrl: string;
  readonly repository: { readonly owner: string; readonly repo: string };
  readonly userAgent: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** A line in the log when the runner is in debug mode: never a token or a body. */
  readonly trace: (line: string) => void;
}

export interface Author {
  readonly login: string;
  /** `User` or `Bot`, as far as it is known. */
  readonly type?: string | undefined;
}

export interface Comment {
  readonly id: number;
  readonly body: string;
  /** The page that shows it. */
  readonly url?: string | undefined;
  readonly author?: Author | undefined;
}

export interface PullRequest {
  readonly number: number;
  /** The newest commit of its branch. */
  readonly headSha?: string | undefined;
}

/**
 * What we ask of GitHub. Nothing is retried in here; every method throws a `GitHubError`, and ends early with its signal.
 */
export interface GitHubClient {
  /** All comments of an issue or pull request, oldest first. */
  listComments(issue: number, signal: AbortSignal): Promise<Comment[]>;
  /** `undefined` if it was deleted. */
  getComment(id: number, signal: AbortSignal): Promise<Comment | undefined>;
  createComment(issue: number, body: string, signal: AbortSignal): Promise<Comment>;
  /** `undefined` if it was deleted. */
  updateComment(id: number, body: string, signal: AbortSignal): Promise<Comment | undefined>;
  deleteComment(id: number, signal: AbortSignal): Promise<void>;
  /** Whom the token belongs to. */
  whoAmI(signal: AbortSignal): Promise<Author>;
  /** Open pull requests that contain the commit. */
  pullRequestsOfCommit(sha: string, signal: AbortSignal): Promise<PullRequest[]>;
  /** Open pull requests from a branch, which may be a fork's. */
  pullRequestsOfBranch(branch: { owner: string; name: string }, signal: AbortSignal): Promise<PullRequest[]>;
}

const author = z.object({ login: z.string(), type: z.optional(z.string()) });
const comment = z.object({
  id: z.number(),
  body: z.nullish(z.string()),
  html_url: z.optional(z.string()),
  user: z.nullish(author),
});
const pullRequests = z.array(
  z.object({ number: z.number(), state: z.string(), head: z.object({ sha: z.string() }) }),
);
const viewer = z.object({ viewer: author });
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

/** Whose comments the token of a workflow writes. */
const WORKFLOW_TOKEN: Author = { login: 'github-actions[bot]', type: 'Bot' };

export function createClient(options: ClientOptions): GitHubClient {
  const { repository, clock, trace } = options;
  const octokit = new Octokit({
    auth: options.token,
    baseUrl: options.apiUrl.replace(/\/+$/, ''),
    userAgent: options.userAgent,
    request: { fetch: (url: string, init: RequestInit) => fetchWhole(url, init, options) },
    log: { debug: trace, info: trace, warn: trace, error: trace },
  });
  octokit.hook.error('request', (error, endpoint) => {
    const { method, url } = octokit.request.endpoint.parse(endpoint);
    throw asGitHubError(error, { request: `${method} ${new URL(url).pathname}`, epoch: clock.epoch() });
  });

  return {
    async listComments(issue_number, signal) {
      const comments: Comment[] = [];
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const { data, headers } = await octokit.request(
          'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
          { ...repository, issue_number, page, per_page: PER_PAGE, request: { signal } },
        );
        const found = read(z.array(comment), data);
        comments.push(...found.map(toComment));
        const { link } = headers;
        const hasNext = link === undefined ? found.length === PER_PAGE : /\brel="?next\b/.test(link);
        if (!hasNext || found.length === 0) break;
      }
      return comments;
    },
    getComment: (comment_id, signal) =>
      unlessGone(async () => {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/issues/comments/{comment_id}', {
          ...repository,
          comment_id,
          request: { signal },
        });
        return toComment(read(comment, data));
      }),
    async createComment(issue_number, body, signal) {
      const { data } = await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
        ...repository,
        issue_number,
        body,
        request: { signal },
      });
      return toComment(read(comment, data));
    },
    updateComment: (comment_id, body, signal) =>
      unlessGone(async () => {
        const { data } = await octokit.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
          ...repository,
          comment_id,
          body,
          request: { signal },
        });
        return toComment(read(comment, data));
      }),
    async deleteComment(comment_id, signal) {
      await octokit.request('DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}', {
        ...repository,
        comment_id,
        request: { signal },
      });
    },
    async whoAmI(signal) {
      const request = { signal };
      const byGraphql = async () => {
        const answer = await octokit.graphql('{ viewer { login } }', { request });
        return viewer.safeParse(answer).data?.viewer;
      };
      const byRest = async () =>
        author.safeParse((await octokit.request('GET /user', { request })).data).data;
      // The workflow's own token may not ask for its user by REST; GraphQL may be switched off.
      return (await unlessRefused(byGraphql)) ?? (await unlessRefused(byRest)) ?? WORKFLOW_TOKEN;
    },
    async pullRequestsOfCommit(commit_sha, signal) {
      const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', {
        ...repository,
        commit_sha,
        per_page: PER_PAGE,
        request: { signal },
      });
      return openOnes(read(pullRequests, data));
    },
    async pullRequestsOfBranch({ owner, name }, signal) {
      const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls', {
        ...repository,
        head: `${owner}:${name}`,
        state: 'open',
        per_page: PER_PAGE,
        request: { signal },
      });
      return openOnes(read(pullRequests, data));
    },
  };
}

/** One request with its whole answer, within its time: Octokit would take a body that broke off for an empty one. */
async function fetchWhole(
  url: string,
  init: RequestInit,
  { fetch, clock, trace }: ClientOptions,
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
    return new Response(response.body, { status, headers });
  } catch (error) {
    throw overdue.signal.aborted ? new Error(`nothing for ${REQUEST_MS / 1_000} s`) : error;
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

function read<T>(schema: z.ZodMiniType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new GitHubError('unavailable', 'GitHub answered something else than it documents');
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

async function unlessGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitHubError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

/** `undefined` where GitHub does not tell, now or later. */
async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitHubError && error.mayPass) throw error;
    return undefined;
  }
}

function openOnes(found: z.infer<typeof pullRequests>): PullRequest[] {
  return found
    .filter(({ state }) => state === 'open')
    .map(({ number, head }) => ({ number, headSha: head.sha }));
}

function toComment({ id, body, html_url, user }: z.infer<typeof comment>): Comment {
  return { id, body: body ?? '', url: html_url, author: user ?? undefined };
}
