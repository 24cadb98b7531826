import { describe, expect, test } from 'vitest';
import { composeComment } from '../../src/comment/codec.ts';
import { type FoundBase, findBase, limitRequests } from '../../src/comment/find-base.ts';
import { encodeRecord } from '../../src/comment/record.ts';
import { shortHash } from '../../src/comment/section-identity.ts';
import type { Base } from '../../src/domain/comparison.ts';
import type { GateRecord } from '../../src/domain/record.ts';
import { tallyOf } from '../builders.ts';
import {
  type EmulatedPull,
  type GitHubEmulator,
  type PlantedComment,
  secondaryRateLimit,
  startGitHub,
} from '../emulators/github.ts';
import { clientOf } from '../github/client-of.ts';
import { fastClock } from '../github/fast-clock.ts';
import { NAME, OLDER, RUN, writerOf } from './gate-comment.ts';

const WRITER = writerOf('gate');
const BOT = { login: 'github-actions[bot]', type: 'Bot' } as const;

const recordOf = (commit: string, more: Partial<GateRecord> = {}): GateRecord => ({
  target: 'agent/a1',
  branch: 'main',
  cases: new Map([['c', { name: `As of ${commit}`, outcome: 'passed', passes: 3, runs: 4 }]]),
  firstRuns: { passes: 3, total: 4 },
  pushes: [{ commit, attempt: 1, verdict: 'passed', failureCount: 0, total: 1, failedCaseIds: [] }],
  ...more,
});

/** Our comment on another pull request, of a run that came before. */
function comment(
  record: GateRecord | string,
  { name = NAME, job = WRITER.job, author = BOT as PlantedComment | typeof BOT } = {},
): PlantedComment {
  const encoded = typeof record === 'string' ? record : encodeRecord(record);
  const tally = tallyOf({ passed: 1 });
  const section = {
    key: shortHash(job),
    variant: '',
    run: { ...OLDER, workflow: shortHash(RUN.workflow) },
    mark: 'm1',
    state: 'passed' as const,
    tally,
    label: job,
    record: encoded,
    markdown: 'Report.',
    isCollapsed: false,
  };
  const body = composeComment({ name, sections: [section] });
  return { ...author, body };
}

const merged = (number: number, day: number, more: Partial<EmulatedPull> = {}): EmulatedPull => ({
  number,
  head: { owner: 'acme', ref: `branch-${number}`, sha: `head${number}` },
  mergedAt: `2026-11-${String(day).padStart(2, '0')}T08:00:00Z`,
  mergeSha: `merge${number}`,
  ...more,
});

type Comments = Readonly<Record<number, readonly PlantedComment[]>>;

const startWith = (pulls: readonly EmulatedPull[], comments: Comments): Promise<GitHubEmulator> =>
  startGitHub({
    pulls,
    issues: Object.fromEntries(pulls.map(({ number }) => [number, { comments: comments[number] ?? [] }])),
  });

async function find(
  github: GitHubEmulator,
  {
    target = 'agent/a1',
    branch = 'main',
    issue = 99,
    limitMs = 60_000,
    signal = new AbortController().signal,
  } = {},
): Promise<FoundBase> {
  const clock = fastClock();
  const { fetch: limitedFetch, requestsLeft } = limitRequests(fetch);
  const client = clientOf(github, { clock, fetch: limitedFetch });
  const search = { client, requestsLeft, branch, issue, writer: { ...WRITER, target } };
  return await findBase(search, { until: clock.now() + limitMs, signal }, clock);
}

const baseAt = (commit: string, mergeSha: string): Base => ({
  branch: 'main',
  commit: mergeSha,
  cases: new Map([['c', { name: `As of ${commit}`, outcome: 'passed', passes: 3, runs: 4 }]]),
  firstRuns: { passes: 3, total: 4 },
});
const NO_REPORT =
  'the last pull requests merged into main have no report of their last commit with the same name, job and target';

describe('the base', () => {
  test('is the newest merge with a record, whichever changed last', async () => {
    await using github = await startWith(
      [
        merged(1, 1, { updatedAt: '2026-11-20T08:00:00Z' }),
        merged(2, 5),
        merged(3, 9),
        merged(4, 8, { mergedAt: undefined, state: 'closed', updatedAt: '2026-11-19T08:00:00Z' }),
      ],
      { 1: [comment(recordOf('head1'))], 2: [comment(recordOf('head2'))], 3: [{ body: 'Nice!' }] },
    );
    expect(await find(github)).toEqual({ base: baseAt('head2', 'merge2') });
    expect(github.calls()).toEqual([
      'GET /repos/acme/voice-agents/pulls',
      'GET /repos/acme/voice-agents/issues/3/comments',
      'GET /repos/acme/voice-agents/issues/2/comments',
      'POST /graphql',
    ]);
    expect(github.requests[0]?.query).toMatchObject({
      ...{ state: 'closed', base: 'main', sort: 'updated', direction: 'desc' },
    });
  });

  test('of a merge queue is what the queue tested', async () => {
    await using github = await startWith([merged(1, 1)], { 1: [comment(recordOf('merge1'))] });
    expect(await find(github)).toEqual({ base: baseAt('merge1', 'merge1') });
  });

  test('of one branch is not that of another', async () => {
    const release = { base: 'release' };
    await using github = await startWith([merged(1, 1), merged(2, 2, release)], {
      1: [comment(recordOf('head1'))],
      2: [comment(recordOf('head2', { branch: 'release' }))],
    });
    expect(await find(github)).toEqual({ base: baseAt('head1', 'merge1') });
    const other = await find(github, { branch: 'release' });
    expect([other.base?.branch, other.base?.commit]).toEqual(['release', 'merge2']);
    expect(await find(github, { branch: 'hotfix' })).toEqual({
      baseUnavailableReason: 'no pull request into hotfix was merged lately',
    });
  });

  test('is not the pull request itself, should it be merged by now', async () => {
    await using github = await startWith([merged(1, 1), merged(2, 2)], {
      1: [comment(recordOf('head1'))],
      2: [comment(recordOf('head2'))],
    });
    expect(await find(github, { issue: 2 })).toEqual({ base: baseAt('head1', 'merge1') });
  });

  test.each<[string, PlantedComment]>([
    ['of an earlier push than the one that was merged', comment(recordOf('head2-before'))],
    [
      'that counted for another branch before the pull request was moved',
      comment(recordOf('head2', { branch: 'x' })),
    ],
    ['of another target', comment(recordOf('head2', { target: 'agent/other' }))],
    ['of another gate', comment(recordOf('head2'), { name: 'Other tests' })],
    ['of another job', comment(recordOf('head2'), { job: 'other' })],
    ['by somebody else', { ...comment(recordOf('head2')), login: 'mallory', type: 'User' }],
    [
      'by somebody with the name of our bot',
      { ...comment(recordOf('head2')), login: 'github-actions', type: 'User' },
    ],
    ['that is cut', comment((encodeRecord(recordOf('head2')) ?? '').slice(0, 40))],
    ['that is none', comment('AAAA')],
    ['in a comment that is cut', { ...BOT, body: comment(recordOf('head2')).body.slice(0, 300) }],
  ])('is never a record %s', async (_, planted) => {
    await using github = await startWith([merged(1, 1), merged(2, 2)], {
      1: [comment(recordOf('head1'))],
      2: [planted],
    });
    expect(await find(github)).toEqual({ base: baseAt('head1', 'merge1') });
  });

  test('is not known where the comment was deleted, or no push was tested after the last commit', async () => {
    await using github = await startWith([merged(1, 1), merged(2, 2)], { 1: [], 2: [] });
    expect(await find(github)).toEqual({ baseUnavailableReason: NO_REPORT });
    await using stale = await startWith([merged(1, 1)], { 1: [comment(recordOf('before'))] });
    expect(await find(stale)).toEqual({ baseUnavailableReason: NO_REPORT });
  });

  test('is looked for in five pull requests, with six requests at most', async () => {
    const pulls = Array.from({ length: 9 }, (_, index) => merged(index + 1, index + 1));
    const foreign = Object.fromEntries(
      pulls.map(({ number }) => [number, [comment(recordOf('x'), { job: 'other' })]]),
    );
    await using without = await startWith(pulls, {});
    expect(await find(without)).toEqual({ baseUnavailableReason: NO_REPORT });
    expect(without.requests.length).toBe(6);
    await using withOthers = await startWith(pulls, foreign);
    expect(await find(withOthers)).toEqual({ baseUnavailableReason: NO_REPORT });
    expect(withOthers.requests.length).toBe(6);
  });

  test('is not known if GitHub refuses or is down, and nobody asks twice', async () => {
    for (const fault of [
      { kind: 'answer', status: 403 },
      { kind: 'answer', status: 502 },
      { kind: 'reset', when: 'before' },
      { kind: 'answer', status: 200, body: '<html>' },
      { kind: 'answer', status: 200, body: { message: 'no list' } },
    ] as const) {
      await using github = await startWith([merged(1, 1)], { 1: [comment(recordOf('head1'))] });
      github.fail({ fault, times: 9 });
      expect(await find(github)).toEqual({ baseUnavailableReason: expect.stringMatching(/GitHub|comments/) });
      expect(github.requests.length).toBe(1);
    }
  });

  test('is not known if GitHub wants to be left alone', async () => {
    await using github = await startWith([merged(1, 1)], { 1: [comment(recordOf('head1'))] });
    github.fail({ fault: secondaryRateLimit(60), times: 9 });
    expect((await find(github)).baseUnavailableReason).toContain('secondary rate limit');
  });

  test('is not waited for beyond its time, nor after a cancellation', async () => {
    await using github = await startGitHub({ latencyMs: () => 2_000, pulls: [merged(1, 1)] });
    expect(await find(github, { limitMs: 5_000 })).toEqual({
      baseUnavailableReason: 'GitHub did not answer in time',
    });
    const cancelled = AbortSignal.timeout(20);
    expect(await find(github, { signal: cancelled })).toEqual({
      baseUnavailableReason: 'GitHub did not answer in time',
    });
  });
});
