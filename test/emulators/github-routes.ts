/** What the emulated GitHub keeps, and its endpoints with GitHub's own rules and words. */
import type {
  EmulatedFiles,
  EmulatedIssue,
  EmulatedPull,
  EmulatedToken,
  GitHubComment,
  GitHubRequest,
  PlantedComment,
} from './github.ts';

/** GitHub counts characters, not UTF-16 code units. */
const MAX_BODY = 65_536;
const MAX_PER_PAGE = 100;
/** The contents of a larger file are not sent. */
const MAX_CONTENT = 1_048_576;
const NOT_ACCESSIBLE = 'Resource not accessible by integration';
const FIRST_COMMENT = 1_001;

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that says no. */
class Refusal extends Error {
  readonly answer: Answer;
  constructor(status: number, message: string, errors?: readonly unknown[]) {
    super(message);
    this.answer = { status, body: refusalBody(status, message, errors) };
  }
}

/** GitHub's body of an error. */
export function refusalBody(status: number, message: string, errors?: readonly unknown[]): unknown {
  const documentation_url = 'https://docs.github.com/rest';
  return { message, ...(errors === undefined ? {} : { errors }), documentation_url, status: String(status) };
}

type StoredComment = GitHubComment & { readonly issue: number };

/** Everything that changes. */
export class GitHubState {
  readonly repository: string;
  readonly pulls: readonly EmulatedPull[];
  readonly files: EmulatedFiles;
  readonly tags: readonly string[];
  readonly #locked = new Map<number, boolean>();
  #comments: StoredComment[] = [];
  #nextId = FIRST_COMMENT;

  constructor(
    repository: string,
    {
      issues,
      pulls,
      files = {},
      tags = [],
    }: {
      issues: Readonly<Record<number, EmulatedIssue>>;
      pulls: readonly EmulatedPull[];
      files?: EmulatedFiles;
      tags?: readonly string[];
    },
  ) {
    this.repository = repository;
    this.pulls = pulls;
    this.files = files;
    this.tags = tags;
    for (const [number, { locked = false, comments = [] }] of Object.entries(issues)) {
      this.#locked.set(Number(number), locked);
      for (const comment of comments) this.add(Number(number), comment);
    }
  }

  hasIssue(issue: number): boolean {
    return this.#locked.has(issue);
  }

  isLocked(issue: number): boolean {
    return this.#locked.get(issue) === true;
  }

  lock(issue: number): void {
    this.#locked.set(issue, true);
  }

  comments(issue: number): StoredComment[] {
    return this.#comments.filter((comment) => comment.issue === issue);
  }

  comment(id: number): StoredComment | undefined {
    return this.#comments.find((comment) => comment.id === id);
  }

  add(issue: number, { login = 'somebody', type = 'User', body }: PlantedComment): StoredComment {
    const id = this.#nextId++;
    const now = new Date().toISOString();
    const html_url = `https://github.com/${this.repository}/pull/${issue}#issuecomment-${id}`;
    const comment = { issue, id, html_url, body, user: { login, type }, created_at: now, updated_at: now };
    this.#comments.push(comment);
    return comment;
  }

  change(id: number, body: string): StoredComment | undefined {
    this.#comments = this.#comments.map((comment) =>
      comment.id === id ? { ...comment, body, updated_at: new Date().toISOString() } : comment,
    );
    return this.comment(id);
  }

  remove(id: number): void {
    this.#comments = this.#comments.filter((comment) => comment.id !== id);
  }
}

/** A comment without what only the emulator knows. */
export function sent({ issue: _issue, ...comment }: StoredComment): GitHubComment {
  return comment;
}

interface Call {
  readonly state: GitHubState;
  readonly request: GitHubRequest;
  readonly token: Required<EmulatedToken>;
  /** What the groups of the route's path matched, decoded. */
  readonly parts: readonly string[];
  /** Where this path is, for links to other pages. */
  readonly url: string;
}

interface Route {
  readonly method: string;
  /** Below the repository, unless it begins with a slash. */
  readonly path: string;
  readonly answer: (call: Call) => Answer;
}

const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: 'issues/(\\d+)/comments',
    answer: (call) => paged(call, call.state.comments(issueOf(call)).map(sent)),
  },
  {
    method: 'POST',
    path: 'issues/(\\d+)/comments',
    answer: (call) => {
      const { state, token } = call;
      const issue = issueOf(call);
      mustBeWritable(call, issue);
      return { status: 201, body: sent(state.add(issue, { ...token, body: textOf(call.request) })) };
    },
  },
  {
    method: 'GET',
    path: 'issues/comments/(\\d+)',
    answer: (call) => ({ status: 200, body: sent(commentOf(call)) }),
  },
  {
    method: 'PATCH',
    path: 'issues/comments/(\\d+)',
    answer: (call) => {
      const { id, issue } = commentOf(call);
      mustBeWritable(call, issue);
      const changed = call.state.change(id, textOf(call.request));
      return { status: 200, body: changed && sent(changed) };
    },
  },
  {
    method: 'DELETE',
    path: 'issues/comments/(\\d+)',
    answer: (call) => {
      const { id } = commentOf(call);
      mustBeAllowed(call);
      call.state.remove(id);
      return { status: 204 };
    },
  },
  {
    method: 'GET',
    path: 'commits/([^/]+)/pulls',
    answer: (call) => {
      const [sha = ''] = call.parts;
      const found = call.state.pulls.filter(
        ({ head, commits = [] }) => head.sha === sha || commits.includes(sha),
      );
      return paged(call, found.map(pullOf));
    },
  },
  {
    method: 'GET',
    path: 'pulls/(\\d+)',
    answer: ({ state, parts }) => {
      const found = state.pulls.find(({ number }) => number === Number(parts[0]));
      if (found === undefined) throw new Refusal(404, 'Not Found');
      return { status: 200, body: pullOf(found) };
    },
  },
  {
    method: 'GET',
    path: 'pulls',
    answer: (call) => {
      const { head, base, state = 'open', sort = 'created', direction } = call.request.query;
      const found = call.state.pulls
        .map(pullOf)
        .filter((pull) => state === 'all' || pull.state === state)
        .filter((pull) => head === undefined || pull.head.label === head)
        .filter((pull) => base === undefined || pull.base.ref === base)
        .toSorted((a, b) => (sort === 'updated' ? Date.parse(a.updated_at) - Date.parse(b.updated_at) : 0));
      return paged(call, direction === 'desc' ? found.toReversed() : found);
    },
  },
  {
    method: 'GET',
    path: 'contents/(.+)',
    answer: contentsOf,
  },
  {
    method: 'GET',
    path: 'git/ref/tags/(.+)',
    answer: ({ state, token, parts: [name = ''] }) => {
      if (!token.readsContents) throw new Refusal(403, NOT_ACCESSIBLE);
      if (!state.tags.includes(name)) throw new Refusal(404, 'Not Found');
      return {
        status: 200,
        body: { ref: `refs/tags/${name}`, object: { type: 'commit', sha: '0'.repeat(40) } },
      };
    },
  },
  {
    method: 'GET',
    path: '/user',
    answer: ({ token: { login, type } }) => {
      if (type === 'Bot') throw new Refusal(403, NOT_ACCESSIBLE);
      return { status: 200, body: { login, type } };
    },
  },
  {
    method: 'POST',
    path: '/graphql',
    answer: ({ request, token: { graphqlLogin } }) => {
      const query = field(request.body, 'query');
      if (graphqlLogin === null || typeof query !== 'string' || !/\bviewer\s*{\s*login\s*}/.test(query)) {
        throw new Refusal(404, 'Not Found');
      }
      return { status: 200, body: { data: { viewer: { login: graphqlLogin } } } };
    },
  },
];

/** The right answer to a request. */
export function answerTo(
  request: GitHubRequest,
  {
    state,
    tokens,
    url,
  }: { state: GitHubState; tokens: Readonly<Record<string, EmulatedToken>>; url: string },
): Answer {
  try {
    const token = tokenOf(request, tokens);
    for (const { method, path, answer } of ROUTES) {
      const whole = path.startsWith('/') ? path : `/repos/${state.repository}/${path}`;
      const match = new RegExp(`^${whole}$`).exec(request.path);
      if (match === null || method !== request.method) continue;
      const parts = match.slice(1).map(decodeURIComponent);
      return answer({ state, request, token, parts, url: `${url}${request.path}` });
    }
    throw new Refusal(404, 'Not Found');
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

function tokenOf(
  { headers }: GitHubRequest,
  tokens: Readonly<Record<string, EmulatedToken>>,
): Required<EmulatedToken> {
  const given = headers['authorization'];
  if (given === undefined) throw new Refusal(401, 'Requires authentication');
  const token = tokens[given.replace(/^(token|bearer) /i, '')];
  if (token === undefined) throw new Refusal(401, 'Bad credentials');
  const { login = 'github-actions[bot]', type = 'Bot', permission = 'write', readsContents = true } = token;
  return {
    login,
    type,
    permission,
    readsContents,
    graphqlLogin: token.graphqlLogin === undefined ? login : token.graphqlLogin,
  };
}

/** A file with its content up to 1 MB, a folder as a list. */
function contentsOf({ state, token, request, parts: [path = ''] }: Call): Answer {
  if (!token.readsContents) throw new Refusal(403, NOT_ACCESSIBLE);
  const { ref = 'main' } = request.query;
  const tree = state.files[ref];
  if (tree === undefined) throw new Refusal(404, `No commit found for the ref ${ref}`);
  const file = tree[path];
  const inside = Object.keys(tree).filter((name) => name.startsWith(`${path}/`));
  if (file === undefined && inside.length === 0) throw new Refusal(404, 'Not Found');
  if (file === undefined) return { status: 200, body: inside.map((name) => ({ type: 'file', path: name })) };
  const bytes = Buffer.from(file);
  const isSent = bytes.length <= MAX_CONTENT;
  // In lines, as GitHub sends it.
  const content = isSent ? bytes.toString('base64').replaceAll(/.{60}/g, '$&\n') : '';
  const encoding = isSent ? 'base64' : 'none';
  return { status: 200, body: { type: 'file', encoding, size: bytes.length, path, content } };
}

function issueOf({ state, parts }: Call): number {
  const issue = Number(parts[0]);
  if (!state.hasIssue(issue)) throw new Refusal(404, 'Not Found');
  return issue;
}

function commentOf({ state, parts }: Call): StoredComment {
  const comment = state.comment(Number(parts[0]));
  if (comment === undefined) throw new Refusal(404, 'Not Found');
  return comment;
}

function mustBeAllowed({ token }: Call): void {
  if (token.permission === 'read') throw new Refusal(403, NOT_ACCESSIBLE);
}

function mustBeWritable(call: Call, issue: number): void {
  mustBeAllowed(call);
  if (call.state.isLocked(issue)) throw new Refusal(403, 'Unable to create comment because issue is locked.');
}

function textOf({ body }: GitHubRequest): string {
  const given = field(body, 'body');
  const invalid = (message: string) =>
    new Refusal(422, 'Validation Failed', [
      { resource: 'IssueComment', code: 'unprocessable', field: 'data', message },
    ]);
  if (typeof given !== 'string' || given.trim() === '') throw invalid('Body cannot be blank');
  if ([...given].length > MAX_BODY) throw invalid(`Body is too long (maximum is ${MAX_BODY} characters)`);
  return given;
}

function field(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>)[name] : undefined;
}

/** One page with links to its neighbours. */
function paged({ request, url }: Call, all: readonly unknown[]): Answer {
  const perPage = Math.min(MAX_PER_PAGE, Number(request.query['per_page'] ?? 30));
  const page = Number(request.query['page'] ?? 1);
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const to = (number: number, rel: string): string => {
    const query = new URLSearchParams({ ...request.query, page: String(number) });
    return `<${url}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [to(page - 1, 'prev'), to(1, 'first')] : []),
    ...(page < last ? [to(page + 1, 'next'), to(last, 'last')] : []),
  ];
  return {
    status: 200,
    body: all.slice((page - 1) * perPage, page * perPage),
    ...(links.length === 0 ? {} : { headers: { link: links.join(', ') } }),
  };
}

function pullOf({ number, state, head, base = 'main', mergedAt, mergeSha, updatedAt }: EmulatedPull) {
  return {
    number,
    state: state ?? (mergedAt === undefined ? 'open' : 'closed'),
    head: { label: `${head.owner}:${head.ref}`, ref: head.ref, sha: head.sha, user: { login: head.owner } },
    base: { ref: base },
    merged_at: mergedAt ?? null,
    merge_commit_sha: mergeSha ?? null,
    updated_at: updatedAt ?? mergedAt ?? '2026-01-01T00:00:00Z',
  };
}
