import { describe, expect, test } from 'vitest';
import { readPayload } from '../../src/github/event.ts';
import { commitsOf, readQuarantine } from '../../src/github/quarantine-source.ts';
import { DEFAULT_TOKEN, type GitHubEmulator, type GitHubOptions, startGitHub } from '../emulators/github.ts';
import { onLoopback } from '../loopback.ts';
import { virtualClock } from '../virtual-clock.ts';
import { clientOf } from './client-of.ts';

const PATH = '.github/quarantine files/q.yml';
const NOW = Date.UTC(2026, 10, 21, 12);
const MERGE = 'a'.repeat(40);
const HEAD = 'b'.repeat(40);

const yaml = (...ids: readonly string[]) =>
  `quarantine:\n${ids.map((id) => `  - {test-case: ${id}, name: N, reason: R, owner: o, until: 2026-12-10}\n`).join('')}`;
const entry = (testCase: string, line = 2) => ({
  testCase,
  name: 'N',
  reason: 'R',
  owner: 'o',
  until: '2026-12-10',
  line,
});
const entries = (...ids: readonly string[]) => ({
  kind: 'entries',
  entries: ids.map((id, index) => entry(id, index + 2)),
});

const onPullRequest = {
  eventName: 'pull_request',
  payload: readPayload({
    pull_request: { number: 7, head: { sha: HEAD, ref: 'fix' }, base: { ref: 'main' } },
  }),
  ref: 'refs/pull/7/merge',
  sha: MERGE,
};
const onPush = { eventName: 'push', payload: readPayload({}), ref: 'refs/heads/main', sha: MERGE };

async function read(
  options: GitHubOptions,
  {
    context = onPullRequest,
    path = PATH,
    prepare = () => {},
    timeoutMs = 1_800_000,
  }: {
    context?: Parameters<typeof commitsOf>[0];
    path?: string;
    prepare?: (github: GitHubEmulator) => void;
    timeoutMs?: number;
  } = {},
) {
  await using github = await startGitHub(options);
  prepare(github);
  const clock = virtualClock(NOW);
  const client = clientOf(github, { clock, fetch: onLoopback(clock) });
  const deadline = { until: clock.now() + timeoutMs, signal: new AbortController().signal };
  const files = await readQuarantine({ path, context, client }, { clock, random: () => 0, ...deadline });
  const asked = github.requests.map(
    ({ path: at, query }) => `${at.split('/').slice(4).join('/')} ${query['ref']}`,
  );
  return { files, asked: asked.toSorted(), tookMs: clock.now() };
}

describe('on a pull request', () => {
  test('the file is read at the tip of the base and at the merge commit, in our own repository', async () => {
    const { files, asked } = await read({
      files: { main: { [PATH]: yaml('a', 'b') }, [MERGE]: { [PATH]: yaml('a') } },
    });
    expect(files).toEqual({ path: PATH, tested: entries('a'), base: entries('a', 'b') });
    expect(asked).toEqual([
      `contents/.github/quarantine%20files/q.yml ${MERGE}`,
      'contents/.github/quarantine%20files/q.yml main',
      'git/ref/tags/main undefined',
    ]);
  });

  test('a path may begin with ./', async () => {
    const { files } = await read(
      { files: { main: { 'q.yml': yaml() }, [MERGE]: { 'q.yml': yaml() } } },
      { path: './q.yml' },
    );
    expect(files).toEqual({ path: 'q.yml', tested: entries(), base: entries() });
  });

  test('a merge commit that is gone: the head of the pull request', async () => {
    const { files } = await read({ files: { main: { [PATH]: yaml('a') }, [HEAD]: { [PATH]: yaml('a') } } });
    expect(files).toEqual({ path: PATH, tested: entries('a'), base: entries('a') });
  });

  test('a file that one of them does not have is absent there', async () => {
    const added = await read({ files: { main: {}, [MERGE]: { [PATH]: yaml('a') }, [HEAD]: {} } });
    expect(added.files).toEqual({ path: PATH, tested: entries('a'), base: { kind: 'absent' } });
    const deleted = await read({ files: { main: { [PATH]: yaml('a') }, [MERGE]: {}, [HEAD]: {} } });
    expect(deleted.files).toEqual({ path: PATH, tested: { kind: 'absent' }, base: entries('a') });
  });

  test('a tag with the name of the base branch could be read in its place, so nothing is quarantined', async () => {
    const { files } = await read({
      files: { main: { [PATH]: yaml('a') }, [MERGE]: { [PATH]: yaml('a') } },
      tags: ['main'],
    });
    expect(files.base).toEqual({
      kind: 'refused',
      problem: 'there is a tag with the name of the branch, main',
    });
  });
});

describe('other events', () => {
  test('read the file of their own commit', async () => {
    const { files, asked } = await read({ files: { [MERGE]: { [PATH]: yaml('a') } } }, { context: onPush });
    expect(files).toEqual({ path: PATH, tested: entries('a'), base: undefined });
    expect(asked).toEqual([`contents/.github/quarantine%20files/q.yml ${MERGE}`]);
  });
});

describe('which commits decide', () => {
  const UNKNOWN = 'the event does not say which commits are tested';
  const pull_request = { number: 7, head: { sha: HEAD }, base: { ref: 'release/2' } };
  const sha = MERGE;
  test.each<[string, object, string | undefined, unknown]>([
    ['pull_request', { pull_request }, undefined, { tested: [MERGE, HEAD], base: { branch: 'release/2' } }],
    [
      'pull_request_review',
      { pull_request },
      undefined,
      { tested: [MERGE, HEAD], base: { branch: 'release/2' } },
    ],
    ['pull_request_target', { pull_request }, undefined, { tested: [HEAD], base: { branch: 'release/2' } }],
    ['pull_request', {}, undefined, UNKNOWN],
    ['pull_request', { pull_request: { number: 7, head: { sha: HEAD } } }, undefined, UNKNOWN],
    ['pull_request_target', { pull_request: { ...pull_request, head: {} } }, undefined, UNKNOWN],
    [
      'merge_group',
      {
        merge_group: {
          head_ref: 'refs/heads/gh-readonly-queue/main/pr-7-0',
          head_sha: HEAD,
          base_ref: 'refs/heads/main',
        },
      },
      undefined,
      { tested: [HEAD], base: { branch: 'main' } },
    ],
    [
      'merge_group',
      { merge_group: { head_ref: 'refs/heads/gh-readonly-queue/main/pr-7-0' } },
      `refs/heads/gh-readonly-queue/main/pr-7-${HEAD}`,
      { tested: [MERGE], base: { branch: 'main' } },
    ],
    ['merge_group', {}, undefined, UNKNOWN],
    [
      'push',
      {},
      `refs/heads/gh-readonly-queue/release/2/pr-7-${HEAD}`,
      { tested: [MERGE], base: { branch: 'release/2' } },
    ],
    ['push', {}, 'refs/heads/main', { tested: [MERGE] }],
    ['schedule', {}, 'refs/heads/main', { tested: [MERGE] }],
    ['issue_comment', { issue: { number: 7, pull_request: {} } }, 'refs/heads/main', { tested: [MERGE] }],
    [
      'workflow_run',
      { workflow_run: { head_sha: HEAD, pull_requests: [] } },
      'refs/heads/main',
      { tested: [HEAD], base: { commit: MERGE } },
    ],
    ['workflow_run', { workflow_run: {} }, 'refs/heads/main', UNKNOWN],
  ])('%s %j', (eventName, payload, ref, expected) => {
    expect(commitsOf({ eventName, payload: readPayload(payload), ref, sha })).toEqual(expected);
  });

  test('nothing is known outside GitHub', () => {
    expect(commitsOf({ eventName: '', payload: readPayload({}) })).toBe(UNKNOWN);
  });
});

describe('a file that cannot be read quarantines nothing', () => {
  const tested = async (options: GitHubOptions, more: Parameters<typeof read>[1] = {}) =>
    (await read(options, { context: onPush, ...more })).files.tested;
  const at = (content: string | Uint8Array) => ({ files: { [MERGE]: { [PATH]: content } } });

  test('without the permission, which the sentence names', async () => {
    const options = { ...at(yaml('a')), tokens: { [DEFAULT_TOKEN]: { readsContents: false } } };
    expect(await tested(options)).toEqual({
      kind: 'refused',
      problem:
        'it could not be read: GitHub answered 403 (Resource not accessible by integration) to GET /repos/acme/voice-agents/contents/.github/quarantine%20files/q.yml; give the job "permissions: contents: read"',
    });
  });

  test('where it is not there, or the commit is not', async () => {
    expect(await tested({ files: { [MERGE]: {} } })).toEqual({ kind: 'absent' });
    expect(await tested({ files: {} })).toEqual({ kind: 'absent' });
  });

  test('where it is a folder', async () => {
    const options = { files: { [MERGE]: { [`${PATH}/a.yml`]: '' } } };
    expect(await tested(options)).toEqual({ kind: 'refused', problem: 'it is not a file' });
  });

  test.each([65_537, 1_048_577])('of %i bytes', async (bytes) => {
    expect(await tested(at('#'.repeat(bytes)))).toEqual({
      kind: 'refused',
      problem: `it has ${bytes} bytes, and 65536 are allowed`,
    });
  });

  test('that is broken, with the line', async () => {
    expect(await tested(at('quarantine:\n\t- a\n'))).toEqual({
      kind: 'refused',
      problem: 'it has a tab; use spaces',
      line: 2,
    });
  });

  test('of which half came: half of a file could be a good file of its own', async () => {
    const half = {
      type: 'file',
      encoding: 'base64',
      size: 500,
      content: Buffer.from(yaml('a')).toString('base64'),
    };
    const prepare = (github: GitHubEmulator) =>
      github.fail({ fault: { kind: 'answer', status: 200, body: half }, times: 100 });
    expect(await tested({}, { prepare })).toEqual({
      kind: 'refused',
      problem: 'it could not be read: GitHub answered something else than it documents',
    });
  });

  test.each(['/etc/q.yml', '../q.yml', 'a//q.yml', 'a\\q.yml', ''])('at the path %j', async (path) => {
    expect(await tested({}, { path })).toEqual({
      kind: 'refused',
      problem: 'the path must be one inside the repository, like .github/quarantine.yml',
    });
  });

  test('without a token', async () => {
    const clock = virtualClock(NOW);
    const deadline = { until: 1_000, signal: new AbortController().signal };
    const files = await readQuarantine(
      { path: PATH, context: onPush, client: undefined },
      { clock, random: () => 0, ...deadline },
    );
    expect(files.tested).toEqual({
      kind: 'refused',
      problem: 'it cannot be read without a repository on GitHub and a github-token',
    });
  });

  test('after 15 s of an outage', async () => {
    const prepare = (github: GitHubEmulator) =>
      github.fail({ fault: { kind: 'answer', status: 503 }, times: 10_000 });
    const { files, tookMs } = await read(at(yaml('a')), { context: onPush, prepare });
    expect(files.tested).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(/^it could not be read: GitHub answered 503 /),
    });
    expect(tookMs).toBeLessThanOrEqual(15_000);
  });

  test('unless GitHub is well again in time', async () => {
    const prepare = (github: GitHubEmulator) =>
      github.fail({ fault: { kind: 'answer', status: 503 }, times: 4 });
    expect(await tested(at(yaml('a')), { prepare })).toEqual(entries('a'));
  });
});
