import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { contextOf, readContext } from '../../src/github/context.ts';
import { readPayload } from '../../src/github/event.ts';
import { examplesOf } from './examples.ts';

const RUNNER = {
  GITHUB_REPOSITORY: 'Codertocat/Hello-World',
  GITHUB_WORKFLOW: 'Agent tests',
  GITHUB_WORKFLOW_REF: 'Codertocat/Hello-World/.github/workflows/agents.yml@refs/pull/2/merge',
  GITHUB_RUN_ID: '9001',
  GITHUB_RUN_NUMBER: '12',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_API_URL: 'https://api.github.com',
};

/** What the toolkit's context has of an event beside its payload. */
const EVENT = {
  eventName: 'pull_request',
  ref: 'refs/pull/2/merge',
  sha: '1111111111111111111111111111111111111111',
};

const contextWith = (payload: unknown, event: Partial<typeof EVENT> = {}) =>
  contextOf({ ...EVENT, ...event, payload }, RUNNER);

test("a pull request's report is about its head, not about the commit that merges it", () => {
  const event = examplesOf('pull_request')[1];
  expect(contextWith(event)).toEqual({
    eventName: 'pull_request',
    payload: readPayload(event),
    ref: 'refs/pull/2/merge',
    sha: '1111111111111111111111111111111111111111',
    repository: { owner: 'Codertocat', repo: 'Hello-World' },
    apiUrl: 'https://api.github.com',
    run: {
      workflow: 'Codertocat/Hello-World/.github/workflows/agents.yml',
      id: 9001,
      number: 12,
      attempt: 2,
    },
    origin: {
      commit: 'ec26c3e57ca3a959ca5aad62de7213c562f8c821',
      repositoryUrl: 'https://github.com/Codertocat/Hello-World',
      runId: 9001,
      runNumber: 12,
      runAttempt: 2,
    },
    visibility: 'public',
  });
});

test('the report of a workflow that follows another is about the commit of the first', () => {
  const { origin } = contextWith(examplesOf('workflow_run')[1], { eventName: 'workflow_run' });
  expect(origin.commit).toBe('3484a3fb816e0859fd6e1cea078d76385ff50625');
});

test.each(['push', 'merge_group', 'schedule'])('the report of a %s is about GITHUB_SHA', (eventName) => {
  const event = eventName === 'schedule' ? { schedule: '0 4 * * *' } : examplesOf(eventName)[0];
  expect(contextWith(event, { eventName }).origin.commit).toBe(EVENT.sha);
});

test('the report links its very job, and what the words mean in the version that runs', () => {
  const env = {
    ...RUNNER,
    GITHUB_ACTION_REPOSITORY: 'acme/agent-test-gate',
    GITHUB_ACTION_REF: 'releases/v3',
  };
  const { origin } = contextOf({ ...EVENT, payload: {} }, env, 48200123456);
  expect({ jobUrl: origin.jobUrl, wordsUrl: origin.wordsUrl }).toEqual({
    jobUrl: 'https://github.com/Codertocat/Hello-World/actions/runs/9001/job/48200123456',
    wordsUrl: 'https://github.com/acme/agent-test-gate/blob/releases/v3/docs/reading-a-report.md',
  });
});

test.each([
  ['an action of the repository itself', { GITHUB_ACTION_REPOSITORY: '', GITHUB_ACTION_REF: '' }],
  ['a repository that is none', { GITHUB_ACTION_REPOSITORY: 'a/b/../c', GITHUB_ACTION_REF: 'v3' }],
])('neither is linked for %s and on a server that knows no check runs', (_, env) => {
  const { origin } = contextOf({ ...EVENT, payload: {} }, { ...RUNNER, ...env });
  expect([origin.jobUrl, origin.wordsUrl]).toEqual([undefined, undefined]);
});

test.each([
  ['deployment_status', { deployment: { sha: 'd'.repeat(40) } }],
  ['check_suite', { check_suite: { head_sha: 'd'.repeat(40) } }],
  ['status', { sha: 'd'.repeat(40) }],
])('the report of a %s is about the commit that it names', (eventName, payload) => {
  expect(contextWith(payload, { eventName }).origin.commit).toBe('d'.repeat(40));
});

test.each([
  [{ visibility: 'public', private: false }, 'public'],
  [{ visibility: 'private', private: true }, 'private'],
  [{ visibility: 'internal', private: true }, 'internal'],
  [{ private: true }, 'private'],
  [{ private: false }, 'public'],
  [{ visibility: 'secret' }, 'unknown'],
  [{ private: 'yes' }, 'unknown'],
  [undefined, 'unknown'],
])('a repository with %j is %s', (repository, expected) => {
  expect(contextWith({ repository }).visibility).toBe(expected);
});

test("a private fork's pull request into a public repository is public", () => {
  const [example] = examplesOf('pull_request');
  const head = { sha: 'abc', repo: { private: true, visibility: 'private' } };
  const event = { ...example, pull_request: { number: 2, head } };
  expect(contextWith(event).visibility).toBe('public');
});

test('GitHub Enterprise Server is linked and asked at its own address', () => {
  const env = { GITHUB_SERVER_URL: 'https://git.example/', GITHUB_API_URL: 'https://git.example/api/v3/' };
  const { apiUrl, origin } = contextOf({ ...EVENT, payload: {} }, { ...RUNNER, ...env });
  expect({ apiUrl, link: origin.repositoryUrl }).toEqual({
    apiUrl: 'https://git.example/api/v3',
    link: 'https://git.example/Codertocat/Hello-World',
  });
});

describe('an event file that the toolkit does not read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'event-'));
  const path = join(folder, 'event.json');
  const env = {
    ...RUNNER,
    GITHUB_EVENT_NAME: EVENT.eventName,
    GITHUB_REF: EVENT.ref,
    GITHUB_SHA: EVENT.sha,
    GITHUB_EVENT_PATH: path,
  };
  const read = () => readContext(env, {}, () => Promise.reject(new SyntaxError('Unexpected token')));
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is read without its byte order mark', async () => {
    const event = { repository: { private: true } };
    writeFileSync(path, `\uFEFF${JSON.stringify(event)}`);
    expect(await read()).toEqual(contextWith(event));
  });

  test.each([
    ['is not JSON', () => writeFileSync(path, '{"repository":'), 'it is not JSON'],
    ['is a folder', () => mkdirSync(path), 'it cannot be read'],
    ['is not there', () => undefined, 'it cannot be read'],
  ])('that %s is a problem to tell, and no more', async (_, make, why) => {
    make();
    expect(await read()).toEqual({
      ...contextWith({}),
      payloadProblem: `The event file ${path} (GITHUB_EVENT_PATH) could not be used: ${why}.`,
    });
  });
});

test("the toolkit's context is taken where there is one", async () => {
  const context = { ...EVENT, payload: { repository: { private: true } } };
  expect(await readContext(RUNNER, {}, async () => ({ context }))).toEqual(contextWith(context.payload));
});

test.each([[null], [[]], ['text'], [{ repository: 7, pull_request: 'no', workflow_run: [] }]])(
  'an event with the payload %j tells nothing and is no problem',
  (payload) => {
    expect(contextWith(payload)).toEqual(contextWith({}));
  },
);

test("on one's own machine there is nothing to know", () => {
  expect(contextOf({ payload: {} }, {})).toEqual({
    eventName: '',
    payload: {},
    ref: undefined,
    sha: undefined,
    repository: undefined,
    apiUrl: 'https://api.github.com',
    run: { workflow: '', id: 0, number: 0, attempt: 1 },
    origin: {},
    visibility: 'unknown',
  });
});

test.each(['', 'no-slash', 'too/many/parts'])('"%s" is no repository', (GITHUB_REPOSITORY) => {
  const { repository, origin } = contextOf({ payload: {} }, { ...RUNNER, GITHUB_REPOSITORY });
  expect({ repository, url: origin.repositoryUrl }).toEqual({ repository: undefined, url: undefined });
});
