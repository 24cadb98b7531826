/**
 * The part of GitHub's REST and GraphQL API that the action uses, on loopback: comments with paging and limits, pull
 * requests of a commit or a branch, whose a token is, and GitHub's own words where it refuses.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, type Payload, send } from './faults.ts';
import { type Answer, answerTo, GitHubState, refusalBody, sent } from './github-routes.ts';
import { headersOf, listen } from './server.ts';

export const DEFAULT_TOKEN = 'ghs_emulated';
export const DEFAULT_REPOSITORY = 'acme/voice-agents';

/** Whose a token is and what it may do. */
export interface EmulatedToken {
  /** Default `github-actions[bot]`. */
  readonly login?: string;
  /** Default `Bot`. Only a `User` may ask for itself by REST. */
  readonly type?: 'Bot' | 'User';
  /** What GraphQL calls it; `null` if GraphQL is switched off. Default: the login. */
  readonly graphqlLogin?: string | null;
  /** Default `write`. A fork's is `read`. */
  readonly permission?: 'write' | 'read';
  /** Whether it may read files (`contents: read`). Default true. */
  readonly readsContents?: boolean;
}

export interface EmulatedIssue {
  readonly locked?: boolean;
  /** Comments that are there from the start. */
  readonly comments?: readonly PlantedComment[];
}

export interface PlantedComment {
  /** Default `somebody`, a user. */
  readonly login?: string;
  readonly type?: 'Bot' | 'User';
  readonly body: string;
}

export interface EmulatedPull {
  readonly number: number;
  /** Default `open`. */
  readonly state?: 'open' | 'closed';
  /** `owner` is a fork's if it is not the repository's. */
  readonly head: { readonly owner: string; readonly ref: string; readonly sha: string };
  /** Commits that it contains beside its head. */
  readonly commits?: readonly string[];
  /** The branch that it goes to. Default `main`. */
  readonly base?: string;
  /** When it was merged, as GitHub writes it; it is then closed. */
  readonly mergedAt?: string | undefined;
  /** What it became on its base branch. */
  readonly mergeSha?: string;
  /** When it last changed. Default: when it was merged. */
  readonly updatedAt?: string;
}

export type EmulatedFiles = Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;

export interface GitHubOptions {
  /** `owner/repo`. */
  readonly repository?: string;
  /** `/api/v3` makes it a GitHub Enterprise Server, with GraphQL at `/api/graphql`. */
  readonly basePath?: string;
  /** By token; any other is refused. Default: `DEFAULT_TOKEN`, the workflow's own with write permission. */
  readonly tokens?: Readonly<Record<string, EmulatedToken>>;
  /** By number. Default: number 1, without comments. */
  readonly issues?: Readonly<Record<number, EmulatedIssue>>;
  readonly pulls?: readonly EmulatedPull[];
  /** By branch or commit: the text or bytes of each path. */
  readonly files?: EmulatedFiles;
  readonly tags?: readonly string[];
  /** Milliseconds that a request takes, half of them before it has its effect and half after. */
  readonly latencyMs?: (request: GitHubRequest) => number;
}

/** A request as it arrived. */
export interface GitHubRequest {
  readonly method: string;
  /** Without the base path. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON, or `undefined`. */
  readonly body: unknown;
}

/** A comment as GitHub sends it, as far as anybody reads it. */
export interface GitHubComment {
  readonly id: number;
  readonly html_url: string;
  readonly body: string;
  readonly user: { readonly login: string; readonly type: 'Bot' | 'User' };
  readonly created_at: string;
  readonly updated_at: string;
}

/** A bad answer to the next requests for which `when` holds (default: all). */
export interface GitHubFault {
  readonly fault: Fault;
  readonly when?: (request: GitHubRequest) => boolean;
  /** How many requests it hits. Default 1. */
  readonly times?: number;
}

export interface GitHubEmulator extends AsyncDisposable {
  /** For `GITHUB_API_URL`. */
  readonly url: string;
  readonly repository: string;
  readonly requests: readonly GitHubRequest[];
  /** `METHOD /path` of each request, for whole-value comparisons. */
  calls(): string[];
  /** In the order in which they were made. */
  comments(issue: number): GitHubComment[];
  plant(issue: number, comment: PlantedComment): GitHubComment;
  /** Changes a comment behind the back of those who use the API. */
  edit(id: number, body: string): void;
  remove(id: number): void;
  lock(issue: number): void;
  fail(...faults: readonly GitHubFault[]): void;
  close(): Promise<void>;
}

/** The hourly limit is used up. `reset` is its end in seconds since the epoch. */
export function primaryRateLimit(reset: number): Fault {
  return {
    kind: 'answer',
    status: 403,
    headers: {
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(reset),
    },
    body: refusalBody(403, 'API rate limit exceeded for installation ID 1.'),
  };
}

/** Too much at once. GitHub does not always say for how many seconds. */
export function secondaryRateLimit(retryAfter?: number): Fault {
  return {
    kind: 'answer',
    status: 403,
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    body: refusalBody(
      403,
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    ),
  };
}

/** Starts on a free port of 127.0.0.1. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHubEmulator> {
  const { repository = DEFAULT_REPOSITORY, basePath = '', tokens = { [DEFAULT_TOKEN]: {} } } = options;
  const { issues = { 1: {} }, pulls = [], files = {}, tags = [], latencyMs = () => 0 } = options;
  const state = new GitHubState(repository, { issues, pulls, files, tags });
  const requests: GitHubRequest[] = [];
  const faults: (Required<GitHubFault> & { left: number })[] = [];

  const respond = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming, basePath);
    requests.push(request);
    const latency = latencyMs(request) / 2;
    if (latency > 0) await delay(latency);
    const right = lazily(() => toPayload(answerTo(request, { state, tokens, url })));
    const fault = nextFault(request);
    if (fault?.kind === 'answer') {
      const { status, headers = {}, body = refusalBody(status, 'Server Error') } = fault;
      return send(response, () => toPayload({ status, headers, body }), undefined);
    }
    if (fault?.kind === 'rewrite' || fault?.kind === 'done-but') {
      throw new Error(`This emulator does not know ${fault.kind}.`);
    }
    if (fault === undefined) right();
    if (latency > 0) await delay(latency);
    return send(response, right, fault);
  };

  const nextFault = (request: GitHubRequest): Fault | undefined => {
    const hit = faults.find(({ when, left }) => left > 0 && when(request));
    if (hit !== undefined) hit.left -= 1;
    return hit?.fault;
  };

  const { url: host, close } = await listen(respond);
  const url = `${host}${basePath}`;

  return {
    url,
    repository,
    requests,
    calls: () => requests.map(({ method, path }) => `${method} ${path}`),
    comments: (issue) => state.comments(issue).map(sent),
    plant: (issue, comment) => sent(state.add(issue, comment)),
    edit: (id, body) => {
      state.change(id, body);
    },
    remove: (id) => state.remove(id),
    lock: (issue) => state.lock(issue),
    fail: (...more) => {
      faults.push(
        ...more.map(({ fault, when = () => true, times = 1 }) => ({ fault, when, times, left: times })),
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readRequest(incoming: IncomingMessage, basePath: string): Promise<GitHubRequest> {
  const { method = '', url = '' } = incoming;
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  return {
    method,
    path: pathBelow(pathname, basePath),
    query: Object.fromEntries(searchParams),
    headers: headersOf(incoming),
    body: parse(await text(incoming)),
  };
}

/** GitHub Enterprise Server has REST below `/api/v3` and GraphQL beside it. */
function pathBelow(path: string, basePath: string): string {
  if (basePath !== '' && path === basePath.replace(/\/v3$/, '/graphql')) return '/graphql';
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : `/outside${path}`;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function toPayload({ status, headers = {}, body }: Answer): Payload {
  const type = { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json; charset=utf-8' };
  const bytes = Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
  return { status, headers: { ...type, ...headers }, bytes };
}

/** The right answer has its effect once, whenever it is sent. */
function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
