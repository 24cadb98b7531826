import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { GitHubClient } from '../../src/github/client.ts';
import { GitHubError } from '../../src/github/github-error.ts';
import { retryOnGitHub } from '../../src/github/retry-on-github.ts';
import type { Deadline } from '../../src/runtime/clock.ts';
import { USER_AGENT } from '../../src/runtime/version.ts';
import type { Fault } from '../emulators/faults.ts';
import {
  DEFAULT_TOKEN,
  type EmulatedToken,
  type GitHubEmulator,
  type GitHubRequest,
  primaryRateLimit,
  secondaryRateLimit,
  startGitHub,
} from '../emulators/github.ts';
import { onLoopback } from '../loopback.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';
import { clientOf } from './client-of.ts';

const AT = 'repos/acme/voice-agents/issues/1/comments';
const forever: Deadline = { until: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

function clientOn(
  github: { readonly url: string },
  {
    clock = virtualClock(Date.now()),
    ...more
  }: Partial<Parameters<typeof clientOf>[1]> & { clock?: VirtualClock } = {},
): GitHubClient {
  return clientOf(github, { clock, fetch: onLoopback(clock), ...more });
}

/** What became of a promise that must fail. */
async function failure(promise: Promise<unknown>): Promise<{ kind: string; message: string }> {
  const error = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof GitHubError)) throw new Error('this did not fail as GitHub fails', { cause: error });
  return { kind: error.kind, message: error.message };
}

test.each([
  [240, ['1', '2', '3']],
  [100, ['1', '2']],
])('reads all pages of %i comments, 100 each, oldest first', async (count, pages) => {
  const comments = Array.from({ length: count }, (_, index) => ({ body: `Comment ${index}` }));
  await using github = await startGitHub({ issues: { 5: { comments } } });
  const found = await clientOn(github).listComments(5, forever);
  expect(found.map(({ body }) => body)).toEqual(comments.map(({ body }) => body));
  expect(github.requests.map(({ query }) => query)).toEqual(pages.map((page) => ({ per_page: '100', page })));
});

test('a list that is always full ends', async () => {
  await using github = await startGitHub();
  const body = Array.from({ length: 100 }, (_, id) => ({ id, body: 'x' }));
  github.fail({ times: 999, fault: { kind: 'answer', status: 200, body } });
  expect(await clientOn(github).listComments(1, forever)).toHaveLength(100);
  expect(github.requests).toHaveLength(50);
});

test.each([
  ['its own page', (url: string) => `${url}/repos/acme/voice-agents/issues/1/comments?per_page=100`],
  ['another host', () => 'https://elsewhere.test/comments?page=2'],
])('a Link header that points to %s says that there is a next page, and leads nowhere', async (_, linked) => {
  await using github = await startGitHub();
  const headers = { link: `<${linked(github.url)}>; rel="next"` };
  github.fail(
    { fault: { kind: 'answer', status: 200, headers, body: [{ id: 1, body: 'x' }] } },
    { fault: { kind: 'answer', status: 200, headers, body: [] } },
  );
  expect(await clientOn(github).listComments(1, forever)).toHaveLength(1);
  expect(github.requests.map(({ path, query }) => `${path} ${query['page']}`)).toEqual([
    `/${AT} 1`,
    `/${AT} 2`,
  ]);
});

describe('a list of comments that GitHub does not bring together', () => {
  const comments = Array.from({ length: 120 }, (_, index) => ({ body: `Comment ${index}` }));
  const isLarge =
    (max: number) =>
    ({ query }: GitHubRequest): boolean =>
      Number(query['per_page']) > max;
  const pages = (github: GitHubEmulator) =>
    github.requests.map(({ query }) => `${query['per_page']}/${query['page']}`);

  test.each([
    [502, 50],
    [504, 25],
    [500, 10],
  ])(
    'was asked for again as it was (%i): it comes in pages of %i, and so does the next',
    async (status, max) => {
      await using github = await startGitHub({ issues: { 1: { comments } } });
      github.fail({ times: 99, when: isLarge(max), fault: { kind: 'answer', status } });
      const client = clientOn(github);
      expect((await client.listComments(1, forever)).map(({ body }) => body)).toEqual(
        comments.map(({ body }) => body),
      );
      const before = github.requests.length;
      expect(await client.listComments(1, forever)).toHaveLength(120);
      expect(new Set(github.requests.slice(before).map(({ query }) => query['per_page']))).toEqual(
        new Set([String(max)]),
      );
    },
  );

  test('in the middle: what was read is not read again', async () => {
    await using github = await startGitHub({ issues: { 1: { comments } } });
    github.fail({ when: ({ query }) => query['page'] === '2', fault: { kind: 'answer', status: 502 } });
    expect(await clientOn(github).listComments(1, forever)).toHaveLength(120);
    expect(pages(github)).toEqual(['100/1', '100/2', '50/3']);
  });

  test('in time: the next try asks for smaller pages', async () => {
    await using github = await startGitHub({ issues: { 1: { comments } } });
    github.fail({ times: 99, when: isLarge(50), fault: { kind: 'hang', when: 'before' } });
    const client = clientOn(github);
    expect(await failure(client.listComments(1, forever))).toMatchObject({ kind: 'unavailable' });
    expect(await client.listComments(1, forever)).toHaveLength(120);
    expect(pages(github)).toEqual(['100/1', '50/1', '50/2', '50/3']);
  });
});

test.each([301, 302, 307, 308])(
  'a redirect (%i) to another host gets neither the token nor the report',
  async (status) => {
    await using github = await startGitHub();
    await using elsewhere = await startGitHub();
    const location = `${elsewhere.url}/repos/acme/voice-agents/issues/1/comments`;
    github.fail({ times: 9, fault: { kind: 'answer', status, headers: { location }, body: '' } });
    const client = clientOn(github);
    expect(await failure(client.listComments(1, forever))).toEqual({
      kind: 'refused',
      message: `GitHub redirects GET /${AT} to ${elsewhere.url}, where the token is not sent`,
    });
    expect((await failure(client.createComment(1, 'Report.', forever))).kind).toBe('refused');
    expect({ asked: github.requests.length, elsewhere: elsewhere.requests.length }).toEqual({
      asked: 2,
      elsewhere: 0,
    });
  },
);

test('a repository that was renamed is found by its redirect, also for a write', async () => {
  await using github = await startGitHub();
  const location = `${github.url}/repos/acme/voice-agents/issues/1/comments`;
  const moved = { kind: 'answer', status: 307, headers: { location }, body: '' } as const;
  github.fail({ fault: moved });
  const client = clientOn(github, { repo: 'old-name' });
  expect((await client.createComment(1, 'Hello.', forever)).body).toBe('Hello.');
  expect(github.calls()).toEqual([
    'POST /repos/acme/old-name/issues/1/comments',
    'POST /repos/acme/voice-agents/issues/1/comments',
  ]);
});

test('a comment is made, changed, read and deleted, and then gone', async () => {
  await using github = await startGitHub();
  const client = clientOn(github);
  const author = { login: 'github-actions[bot]', type: 'Bot' };
  const created = await client.createComment(1, 'First.', forever);
  const { id } = created;
  const url = `https://github.com/acme/voice-agents/pull/1#issuecomment-${id}`;
  expect(created).toEqual({ id, body: 'First.', url, author });
  expect(await client.updateComment(id, 'Second.', forever)).toEqual({ id, body: 'Second.', url, author });
  expect(await client.getComment(id, forever)).toEqual({ id, body: 'Second.', url, author });
  await client.deleteComment(id, forever);
  expect(await client.getComment(id, forever)).toBeUndefined();
  expect(await client.updateComment(id, 'Third.', forever)).toBeUndefined();
  expect((await failure(client.deleteComment(id, forever))).kind).toBe('not-found');
});

test('says who is asking, with which token, and which version of the API', async () => {
  await using github = await startGitHub();
  await clientOn(github).listComments(1, forever);
  const { authorization, 'user-agent': userAgent, ...headers } = github.requests[0]?.headers ?? {};
  expect(headers).toMatchObject({
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
  });
  expect(authorization).toBe(`token ${DEFAULT_TOKEN}`);
  expect(userAgent?.startsWith(`${USER_AGENT} `)).toBe(true);
});

test.each<[string, EmulatedToken, unknown]>([
  ["the workflow's own", {}, { login: 'github-actions[bot]' }],
  ["a person's", { login: 'mona', type: 'User' }, { login: 'mona' }],
  [
    "an app's, whose suffix GraphQL leaves out",
    { login: 'gate[bot]', graphqlLogin: 'gate' },
    { login: 'gate' },
  ],
  [
    "a person's without GraphQL",
    { login: 'mona', type: 'User', graphqlLogin: null },
    { login: 'mona', type: 'User' },
  ],
  [
    "the workflow's own without GraphQL",
    { graphqlLogin: null },
    { login: 'github-actions[bot]', type: 'Bot' },
  ],
])('knows whose a token is: %s', async (_, token, expected) => {
  await using github = await startGitHub({ tokens: { secret: token } });
  expect(await clientOn(github, { token: 'secret' }).whoAmI(forever)).toEqual(expected);
});

test('does not guess whose a token is while GitHub is in trouble', async () => {
  await using github = await startGitHub();
  github.fail({ times: 9, fault: { kind: 'answer', status: 502 } });
  expect(await failure(clientOn(github).whoAmI(forever))).toMatchObject({ kind: 'unavailable' });
  expect(new Set(github.calls())).toEqual(new Set(['POST /graphql', 'GET /user']));
});

test('asks by REST whose a token is when GraphQL answers 500', async () => {
  await using github = await startGitHub({ tokens: { mine: { login: 'mona', type: 'User' } } });
  const isGraphql = ({ path }: { path: string }) => path === '/graphql';
  github.fail({ times: 9, when: isGraphql, fault: { kind: 'answer', status: 500 } });
  expect(await clientOn(github, { token: 'mine' }).whoAmI(forever)).toEqual({ login: 'mona', type: 'User' });
});

test('finds the open pull requests of a commit and of a branch', async () => {
  const head = { owner: 'stranger', ref: 'fix', sha: 'c1' };
  await using github = await startGitHub({
    pulls: [
      { number: 3, state: 'closed', head },
      { number: 4, head },
      { number: 5, head: { owner: 'acme', ref: 'fix', sha: 'c2' }, commits: ['c1'] },
    ],
  });
  const client = clientOn(github);
  expect(await client.pullRequestsOfCommit('c1', forever)).toEqual([
    { number: 4, headSha: 'c1' },
    { number: 5, headSha: 'c2' },
  ]);
  expect(await client.pullRequestsOfBranch({ owner: 'stranger', name: 'fix' }, forever)).toEqual([
    { number: 4, headSha: 'c1' },
  ]);
});

test('GitHub Enterprise Server is asked below its own path, also by GraphQL', async () => {
  await using github = await startGitHub({ basePath: '/api/v3' });
  const client = clientOn({ url: `${github.url}/` });
  await client.createComment(1, 'Hello.', forever);
  expect(await client.listComments(1, forever)).toHaveLength(1);
  expect(await client.whoAmI(forever)).toEqual({ login: 'github-actions[bot]' });
});

test('odd names cannot reach another path', async () => {
  await using github = await startGitHub();
  const client = clientOn(github, { repo: '../../user' });
  expect((await failure(client.pullRequestsOfCommit('a/../b?c', forever))).kind).toBe('not-found');
  expect(github.calls()).toEqual(['GET /repos/acme/..%2F..%2Fuser/commits/a%2F..%2Fb%3Fc/pulls']);
});

test.each([
  [
    'a refused token',
    { token: 'wrong' },
    1,
    'bad-token',
    `GitHub answered 401 (Bad credentials) to POST /${AT}`,
  ],
  [
    'an unknown pull request',
    {},
    9,
    'not-found',
    'GitHub answered 404 (Not Found) to POST /repos/acme/voice-agents/issues/9/comments',
  ],
  [
    'a read-only token',
    { token: 'fork' },
    1,
    'no-permission',
    `GitHub answered 403 (Resource not accessible by integration) to POST /${AT}`,
  ],
  [
    'a locked conversation',
    {},
    2,
    'locked',
    'GitHub answered 403 (Unable to create comment because issue is locked.) to POST /repos/acme/voice-agents/issues/2/comments',
  ],
])('tells what %s means', async (_, options, issue, kind, message) => {
  await using github = await startGitHub({
    tokens: { [DEFAULT_TOKEN]: {}, fork: { permission: 'read' } },
    issues: { 1: {}, 2: { locked: true } },
  });
  expect(await failure(clientOn(github, options).createComment(issue, 'x', forever))).toEqual({
    kind,
    message,
  });
});

test('GitHub counts characters, and says so beyond its limit', async () => {
  await using github = await startGitHub();
  const client = clientOn(github);
  expect((await client.createComment(1, '😀'.repeat(65_536), forever)).body.length).toBe(131_072);
  expect((await failure(client.createComment(1, 'x'.repeat(65_537), forever))).kind).toBe('too-long');
});

test.each([
  ['a connection that breaks', { kind: 'reset', when: 'before' }],
  ['a connection that breaks in the middle', { kind: 'reset', when: 'middle' }],
  ['an answer that is cut short', { kind: 'cut' }],
  ["a proxy's error page", { kind: 'answer', status: 502, body: '<h1>Bad Gateway' }],
] as const)('after %s each request was sent once: the one retry begins a task anew', async (_, fault) => {
  await using github = await startGitHub();
  const clock = virtualClock(Date.now());
  const client = clientOn(github, { clock });
  github.fail({ fault, times: 2 });
  expect((await failure(client.whoAmI(forever))).kind).toBe('unavailable');
  github.fail({ fault });
  expect((await failure(client.createComment(1, 'Hello.', forever))).kind).toBe('unavailable');
  github.fail({ fault, times: 2 });
  const again = retryOnGitHub((within) => client.pullRequestsOfCommit('c1', within), {
    ...{ clock, random: () => 0, until: 60_000, signal: new AbortController().signal },
  });
  expect(await again).toEqual([]);
  expect({ calls: github.calls(), now: clock.now() }).toEqual({
    calls: [
      ...['POST /graphql', 'GET /user', `POST /${AT}`],
      ...Array(3).fill('GET /repos/acme/voice-agents/commits/c1/pulls'),
    ],
    now: 750,
  });
});

test.each([
  ['JSON that is none', { kind: 'broken-json' }],
  ['a page in place of JSON', { kind: 'answer', status: 200, body: '<p>Please log in.' }],
  ['nothing at all', { kind: 'answer', status: 200, body: '' }],
  ['null', { kind: 'answer', status: 200, body: null }],
  ['JSON of another kind', { kind: 'answer', status: 200, body: { comments: [] } }],
] as const)('%s is no list of comments, and a trouble that may pass', async (_, fault) => {
  await using github = await startGitHub({ issues: { 1: { comments: [{ body: 'Hello.' }] } } });
  github.fail({ fault });
  const client = clientOn(github);
  expect((await failure(client.listComments(1, forever))).kind).toBe('unavailable');
  expect(await client.listComments(1, forever)).toHaveLength(1);
});

test('a refusal is not questioned', async () => {
  await using github = await startGitHub();
  github.fail({ fault: { kind: 'answer', status: 422 } });
  expect((await failure(clientOn(github).listComments(1, forever))).kind).toBe('refused');
  expect(github.requests).toHaveLength(1);
});

describe('rate limits', () => {
  const soon = () => primaryRateLimit(Math.floor(Date.now() / 1_000) + 8);

  test.each([
    ['the primary', soon],
    ['the secondary', () => secondaryRateLimit(9)],
  ])('a read is sent once, and the retry waits for the end of %s one', async (_, limit) => {
    await using github = await startGitHub();
    const clock = virtualClock(Date.now());
    const client = clientOn(github, { clock });
    github.fail({ fault: limit() }, { fault: limit() });
    expect((await failure(client.listComments(1, forever))).kind).toBe('rate-limited');
    expect(github.requests).toHaveLength(1);
    const again = retryOnGitHub((within) => client.listComments(1, within), {
      ...{ clock, random: () => 0, until: 60_000, signal: new AbortController().signal },
    });
    expect(await again).toEqual([]);
    expect({ requests: github.requests.length, isOver: clock.now() >= 6_000 }).toEqual({
      requests: 3,
      isOver: true,
    });
  });

  test('a write does not wait', async () => {
    await using github = await startGitHub();
    github.fail({ fault: secondaryRateLimit(1) }, { fault: soon() });
    const client = clientOn(github);
    expect((await failure(client.createComment(1, 'Hello.', forever))).kind).toBe('rate-limited');
    expect((await failure(client.updateComment(7, 'Hello.', forever))).kind).toBe('rate-limited');
    expect(github.requests).toHaveLength(2);
  });
});

test('an answer that does not come, or stops, is given up after 15 seconds', async () => {
  await using github = await startGitHub({ issues: { 1: { comments: [{ body: 'Hello.' }] } } });
  github.fail({ fault: { kind: 'hang', when: 'before' } }, { fault: { kind: 'hang', when: 'middle' } });
  const clock = virtualClock();
  const client = clientOn(github, { clock });
  const message = `no answer from GitHub to GET /${AT}: nothing for 15 s`;
  expect(await failure(client.listComments(1, forever))).toEqual({ kind: 'unavailable', message });
  expect(await failure(client.listComments(1, forever))).toEqual({ kind: 'unavailable', message });
  expect({ requests: github.requests.length, now: clock.now() }).toEqual({ requests: 2, now: 30_000 });
});

test('a signal ends a request at once', async () => {
  await using github = await startGitHub();
  github.fail({ fault: { kind: 'hang', when: 'before' } });
  const stop = new AbortController();
  const asked = failure(clientOn(github).listComments(1, { ...forever, signal: stop.signal }));
  await expect.poll(() => github.requests.length).toBe(1);
  stop.abort(new Error('cancelled'));
  expect((await asked).kind).toBe('unavailable');
  expect(github.requests).toHaveLength(1);
});

test('nobody at home', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const { kind, message } = await failure(
    clientOn({ url: `http://127.0.0.1:${port}` }).listComments(1, forever),
  );
  expect({ kind, message }).toEqual({
    kind: 'unavailable',
    message: `no answer from GitHub to GET /${AT}: connect ECONNREFUSED 127.0.0.1:${port}`,
  });
});

test("the primary limit says when it ends, on GitHub's clock and not on ours", async () => {
  await using github = await startGitHub();
  const epoch = Date.UTC(2026, 8, 14);
  const limit = primaryRateLimit(epoch / 1_000 + 20);
  const headers = { ...(limit.kind === 'answer' && limit.headers), date: new Date(epoch).toUTCString() };
  github.fail({ fault: { ...limit, headers } as Fault });
  const error = await clientOn(github, { clock: virtualClock(epoch + 7_200_000) })
    .listComments(1, forever)
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ kind: 'rate-limited', retryAfterMs: 21_000 });
});

test('the trace names requests and answers, and neither token nor text', async () => {
  await using github = await startGitHub();
  const lines: string[] = [];
  await clientOn(github, { trace: (line) => lines.push(line) }).createComment(1, 'Secret text.', forever);
  expect(lines).toEqual([
    expect.stringMatching(
      /^POST \/repos\/acme\/voice-agents\/issues\/1\/comments answered 201 after \d+ ms$/,
    ),
  ]);
});
