import { expect, test } from 'vitest';
import { readPayload } from '../../src/github/event.ts';
import { GitHubError } from '../../src/github/github-error.ts';
import { findPullRequest, type PullRequestSearch } from '../../src/github/pull-request.ts';
import { virtualClock } from '../virtual-clock.ts';
import { examplesOf } from './examples.ts';

const HEAD = 'ec26c3e57ca3a959ca5aad62de7213c562f8c821';
const RUN_HEAD = '3484a3fb816e0859fd6e1cea078d76385ff50625';
const PUSHED = '6113728f27ae82c7b1a177c8d03f9e96e0adf246';

/** Answers from tables and records what was asked. */
function fakeClient({
  ofCommit = {},
  ofBranch = {},
}: {
  ofCommit?: Record<string, { number: number; headSha: string }[]>;
  ofBranch?: Record<string, { number: number; headSha: string }[]>;
} = {}) {
  const asked: string[] = [];
  const client: PullRequestSearch['client'] = {
    pullRequestsOfCommit: async (sha) => {
      asked.push(`commit ${sha}`);
      return ofCommit[sha] ?? [];
    },
    pullRequestsOfBranch: async ({ owner, name }) => {
      asked.push(`branch ${owner}:${name}`);
      return ofBranch[`${owner}:${name}`] ?? [];
    },
  };
  return { client, asked };
}

/** That the event belongs to no pull request. */
const none = (eventName: string) => ({
  note: `No comment: no pull request belongs to this ${eventName}${eventName === '' ? '' : ' '}event. To comment on one, name it with the input pull-request.`,
});

function limits(until = 60_000) {
  return { clock: virtualClock(), random: () => 0.5, until, signal: new AbortController().signal };
}

function search(
  eventName: string,
  event: unknown,
  rest: { ref?: string; sha?: string; explicit?: number; client?: PullRequestSearch['client'] } = {},
) {
  const { ref, sha = PUSHED, explicit, client = fakeClient().client } = rest;
  const context = { eventName, payload: readPayload(event), ref, sha };
  return findPullRequest({ context, explicit, client }, limits());
}

test.each(['pull_request', 'pull_request_review', 'pull_request_review_comment'])(
  'every real %s event names its pull request and its head',
  async (eventName) => {
    const examples = examplesOf(eventName);
    const found = await Promise.all(examples.map((event) => search(eventName, event)));
    expect(found).toEqual(examples.map(() => ({ pullRequest: { number: 2, headSha: HEAD } })));
  },
);

test('so does a pull_request_target event, which has the same payload', async () => {
  const [event] = examplesOf('pull_request');
  expect(await search('pull_request_target', event, { ref: 'refs/heads/main' })).toEqual({
    pullRequest: { number: 2, headSha: HEAD },
  });
});

test('a pull request whose fork was deleted is still found', async () => {
  const event = { pull_request: { number: 7, head: { sha: HEAD, repo: null, user: null } } };
  expect(await search('pull_request', event)).toEqual({ pullRequest: { number: 7, headSha: HEAD } });
});

test('every real merge_group event names the pull request in the name of its branch', async () => {
  const examples = examplesOf('merge_group');
  const found = await Promise.all(examples.map((event) => search('merge_group', event)));
  expect(found).toEqual(examples.map(() => ({ pullRequest: { number: 104 } })));
});

test.each([
  [`refs/heads/gh-readonly-queue/main/pr-12-${PUSHED}`, 12],
  [`refs/heads/gh-readonly-queue/release/2026/09/pr-7-${PUSHED}`, 7],
  [`refs/heads/gh-readonly-queue/pr-3-${PUSHED}/pr-8-${PUSHED}`, 8],
])('a queue is also seen by the ref alone: %s', async (ref, number) => {
  expect(await search('merge_group', {}, { ref })).toEqual({ pullRequest: { number } });
  expect(await search('push', {}, { ref })).toEqual({ pullRequest: { number } });
});

test.each([
  'refs/heads/gh-readonly-queue/main/pr-x-0',
  'refs/heads/my-gh-readonly-queue-pr-7',
  'refs/heads/my/gh-readonly-queue/main/pr-7-0',
  'refs/heads/refs/pull/7/merge',
  'refs/heads/main',
])('%s is no queue', async (ref) => {
  expect(await search('merge_group', {}, { ref })).toEqual(none('merge_group'));
});

test.each(['refs/pull/7/merge', 'refs/pull/7/head'])(
  'a pull request that only the ref %s names got no comment and no word',
  async (ref) => {
    const { client, asked } = fakeClient();
    expect(await search('dynamic', {}, { ref, client })).toEqual({ pullRequest: { number: 7 } });
    expect(asked).toEqual([]);
  },
);

test.each([
  ['deployment_status', { deployment: { sha: HEAD }, deployment_status: { state: 'success' } }, HEAD],
  ['deployment', { deployment: { sha: HEAD } }, HEAD],
  ['workflow_dispatch', examplesOf('workflow_dispatch')[0], PUSHED],
  ['check_suite', { check_suite: { head_sha: HEAD, pull_requests: [] } }, HEAD],
  ['check_run', { check_run: { head_sha: HEAD, pull_requests: [] } }, HEAD],
  ['status', { sha: HEAD, state: 'success' }, HEAD],
])("a %s event on a pull request's commit got no comment and no word", async (eventName, event, sha) => {
  const { client, asked } = fakeClient({ ofCommit: { [sha]: [{ number: 31, headSha: sha }] } });
  expect(await search(eventName, event, { client })).toEqual({
    pullRequest: { number: 31, headSha: sha },
  });
  expect(asked).toEqual([`commit ${sha}`]);
  expect(await search(eventName, event)).toEqual(none(eventName));
});

test.each(['check_suite', 'check_run'])(
  'a %s event names its pull requests, and those of other repositories are not ours',
  async (eventName) => {
    const pull = (number: number, repository: number) => ({
      number,
      head: { sha: HEAD },
      base: { ref: 'main', repo: { id: repository } },
    });
    const check = { head_sha: HEAD, pull_requests: [pull(3, 8), pull(9, 1)] };
    const event = { [eventName]: check, repository: { id: 1 } };
    expect(await search(eventName, event)).toEqual({ pullRequest: { number: 9, headSha: HEAD } });
  },
);

test('a workflow_run names its pull request', async () => {
  const example = examplesOf('workflow_run')[2] ?? {};
  // In this example the names were changed and the ids were not.
  const event = { ...example, repository: { id: 186853002 } };
  expect(await search('workflow_run', event)).toEqual({ pullRequest: { number: 2, headSha: HEAD } });
});

test("a workflow_run's pull request in another repository is not ours to comment on", async () => {
  const { client, asked } = fakeClient();
  const event = examplesOf('workflow_run')[2];
  expect(await search('workflow_run', event, { client })).toEqual(none('workflow_run'));
  expect(asked).toEqual(['branch octo-org:master', `commit ${RUN_HEAD}`]);
});

test('of several pull requests of a workflow_run the one with that head is meant', async () => {
  const pull_requests = [
    { number: 3, head: { sha: 'other' } },
    { number: 9, head: { sha: HEAD } },
  ];
  expect(await search('workflow_run', { workflow_run: { head_sha: HEAD, pull_requests } })).toEqual({
    pullRequest: { number: 9, headSha: HEAD },
  });
});

test("a fork's workflow_run names none, and its branch finds it", async () => {
  const { client, asked } = fakeClient({ ofBranch: { 'stranger:fix': [{ number: 31, headSha: HEAD }] } });
  const workflow_run = {
    head_sha: HEAD,
    head_branch: 'fix',
    head_repository: { owner: { login: 'stranger' } },
    pull_requests: [],
  };
  expect(await search('workflow_run', { workflow_run }, { client })).toEqual({
    pullRequest: { number: 31, headSha: HEAD },
  });
  expect(asked).toEqual(['branch stranger:fix']);
});

test("where the branch is gone the workflow_run's commit finds it", async () => {
  const { client } = fakeClient({ ofCommit: { [HEAD]: [{ number: 31, headSha: HEAD }] } });
  const workflow_run = { head_sha: HEAD, head_branch: null, head_repository: null, pull_requests: [] };
  expect(await search('workflow_run', { workflow_run }, { client })).toEqual({
    pullRequest: { number: 31, headSha: HEAD },
  });
});

test('a push belongs to the open pull request with that head, else to the first that contains it', async () => {
  const event = examplesOf('push')[4];
  const containing = [
    { number: 40, headSha: 'newer' },
    { number: 38, headSha: 'other' },
  ];
  const withHead = [...containing, { number: 52, headSha: PUSHED }];
  const found = async (pulls: typeof containing) =>
    (await search('push', event, { client: fakeClient({ ofCommit: { [PUSHED]: pulls } }).client }))
      .pullRequest;
  expect(await found(withHead)).toEqual({ number: 52, headSha: PUSHED });
  expect(await found(containing)).toEqual({ number: 38, headSha: 'other' });
  expect(await found([])).toBeUndefined();
});

test('a comment on a pull request belongs to it, a comment on an issue to none', async () => {
  const [example = {}] = examplesOf('issue_comment');
  const issue = { ...(example['issue'] as object), pull_request: { url: 'https://api.github.com/…' } };
  expect(await search('issue_comment', { ...example, issue })).toEqual({ pullRequest: { number: 1 } });
  expect(await search('issue_comment', example)).toEqual(none('issue_comment'));
});

test.each([
  ['schedule', { schedule: '0 4 * * *' }],
  ['repository_dispatch', examplesOf('repository_dispatch')[0]],
  ['release', examplesOf('release')[0]],
  ['issues', examplesOf('issues')[0]],
  ['', {}],
])('%s belongs to no pull request, without a question, and says so', async (eventName, event) => {
  const { client, asked } = fakeClient();
  expect(await search(eventName, event, { client })).toEqual(none(eventName));
  expect(asked).toEqual([]);
});

test('the number that the user gave wins, with the head if it is the same pull request', async () => {
  const [event] = examplesOf('pull_request');
  const { client, asked } = fakeClient();
  expect(await search('pull_request', event, { explicit: 77, client })).toEqual({
    pullRequest: { number: 77 },
  });
  expect(await search('pull_request', event, { explicit: 2, client })).toEqual({
    pullRequest: { number: 2, headSha: HEAD },
  });
  expect(await search('push', {}, { explicit: 77, client })).toEqual({ pullRequest: { number: 77 } });
  expect(asked).toEqual([]);
});

test('a passing trouble of GitHub is outlasted', async () => {
  const { client } = fakeClient({ ofCommit: { [PUSHED]: [{ number: 5, headSha: PUSHED }] } });
  let troubles = 2;
  const flaky: PullRequestSearch['client'] = {
    ...client,
    pullRequestsOfCommit: async (sha, inTime) => {
      if (troubles-- > 0) throw new GitHubError('unavailable', 'GitHub answered 502');
      return client.pullRequestsOfCommit(sha, inTime);
    },
  };
  expect(await search('push', {}, { client: flaky })).toEqual({
    pullRequest: { number: 5, headSha: PUSHED },
  });
});

test('a refusal is a warning that names the permission and the way out', async () => {
  const refusing: PullRequestSearch['client'] = {
    ...fakeClient().client,
    pullRequestsOfCommit: async () => {
      throw new GitHubError(
        'no-permission',
        'GitHub answered 403 (no) to GET /repos/acme/agents/commits/1/pulls',
      );
    },
  };
  expect(await search('push', {}, { client: refusing })).toEqual({
    warning:
      'No comment: could not determine which pull request this push event belongs to: GitHub answered 403 (no) to GET /repos/acme/agents/commits/1/pulls. Give the job "permissions: pull-requests: write", or name the pull request with the input pull-request.',
  });
});
