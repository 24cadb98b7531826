import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readContext } from '../../src/github/context.ts';
import { readPayload } from '../../src/github/event.ts';
import { examplesOf } from './examples.ts';

const RUNNER = {
  GITHUB_EVENT_NAME: 'pull_request',
  GITHUB_REPOSITORY: 'Codertocat/Hello-World',
  GITHUB_REF: 'refs/pull/2/merge',
  GITHUB_SHA: '1111111111111111111111111111111111111111',
  GITHUB_WORKFLOW: 'Agent tests',
  GITHUB_WORKFLOW_REF: 'Codertocat/Hello-World/.github/workflows/agents.yml@refs/pull/2/merge',
  GITHUB_RUN_ID: '9001',
  GITHUB_RUN_NUMBER: '12',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_API_URL: 'https://api.github.com',
};

function eventFile(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'event-')), 'event.json');
  writeFileSync(path, content);
  return path;
}

function contextOf(event: unknown, env: Record<string, string | undefined> = {}) {
  return readContext({ ...RUNNER, GITHUB_EVENT_PATH: eventFile(JSON.stringify(event)), ...env });
}

test("a pull request's report is about its head, not about the commit that merges it", () => {
  const event = examplesOf('pull_request')[1];
  expect(contextOf(event)).toEqual({
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
  const { origin } = contextOf(examplesOf('workflow_run')[1], { GITHUB_EVENT_NAME: 'workflow_run' });
  expect(origin.commit).toBe('3484a3fb816e0859fd6e1cea078d76385ff50625');
});

test.each(['push', 'merge_group', 'schedule'])('the report of a %s is about GITHUB_SHA', (eventName) => {
  const event = eventName === 'schedule' ? { schedule: '0 4 * * *' } : examplesOf(eventName)[0];
  expect(contextOf(event, { GITHUB_EVENT_NAME: eventName }).origin.commit).toBe(RUNNER.GITHUB_SHA);
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
  expect(contextOf({ repository }).visibility).toBe(expected);
});

test("a private fork's pull request into a public repository is public", () => {
  const [example] = examplesOf('pull_request');
  const head = { sha: 'abc', repo: { private: true, visibility: 'private' } };
  const event = { ...example, pull_request: { number: 2, head } };
  expect(contextOf(event).visibility).toBe('public');
});

test('GitHub Enterprise Server is linked and asked at its own address', () => {
  const env = { GITHUB_SERVER_URL: 'https://git.example/', GITHUB_API_URL: 'https://git.example/api/v3/' };
  const { apiUrl, origin } = contextOf({}, env);
  expect({ apiUrl, link: origin.repositoryUrl }).toEqual({
    apiUrl: 'https://git.example/api/v3',
    link: 'https://git.example/Codertocat/Hello-World',
  });
});

test.each([
  [
    'is not JSON',
    eventFile('{"repository":'),
    /event\.json \(GITHUB_EVENT_PATH\) tells nothing: it is not JSON\.$/,
  ],
  ['does not exist', '/nowhere/event.json', /\/nowhere\/event\.json .* tells nothing: it cannot be read\.$/],
  ['is a folder', tmpdir(), /it cannot be read\.$/],
])('an event file that %s is a problem to tell, and no more', (_, path, problem) => {
  const context = readContext({ ...RUNNER, GITHUB_EVENT_PATH: path });
  expect(context.payloadProblem).toMatch(problem);
  expect({ payload: context.payload, commit: context.origin.commit, visibility: context.visibility }).toEqual(
    {
      payload: {},
      commit: RUNNER.GITHUB_SHA,
      visibility: 'unknown',
    },
  );
});

test.each([['null'], ['[]'], ['"text"'], ['{"repository":7,"pull_request":"no","workflow_run":[]}']])(
  'an event file with %s in it tells nothing and is no problem',
  (content) => {
    const { visibility, origin, payloadProblem } = readContext({
      ...RUNNER,
      GITHUB_EVENT_PATH: eventFile(content),
    });
    expect({ visibility, commit: origin.commit, payloadProblem }).toEqual({
      visibility: 'unknown',
      commit: RUNNER.GITHUB_SHA,
      payloadProblem: undefined,
    });
  },
);

test("on one's own machine there is nothing to know", () => {
  expect(readContext({})).toEqual({
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
  const { repository, origin } = readContext({ ...RUNNER, GITHUB_REPOSITORY });
  expect({ repository, url: origin.repositoryUrl }).toEqual({ repository: undefined, url: undefined });
});
