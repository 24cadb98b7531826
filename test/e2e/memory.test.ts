import { describe, expect, test } from 'vitest';
import { parseComment } from '../../src/comment/codec.ts';
import { decodeRecord } from '../../src/comment/record.ts';
import type { GateRecord } from '../../src/domain/record.ts';
import { type GitHubEmulator, type GitHubOptions, startGitHub } from '../emulators/github.ts';
import { startRetell } from '../emulators/retell.ts';
import type { RunScript } from '../emulators/timeline.ts';
import { type Ended, pullRequestEvent, runStep, type StepOptions } from './runner.ts';

type Event = NonNullable<StepOptions['event']>;

const NAME = 'Agent tests (Retell)';
const commit = (letter: string): string => letter.repeat(40);
const GREEN: readonly RunScript[] = [{ name: 'Says hello' }, { name: 'Quotes a price' }];
const RED: readonly RunScript[] = [{ name: 'Says hello' }, { name: 'Quotes a price', outcome: 'failed' }];

const pushed = (number: number, sha: string): Event => {
  const { name, payload } = pullRequestEvent(number);
  return { name, payload: { ...payload, pull_request: { number, head: { sha }, base: { ref: 'main' } } } };
};
const queued = (number: number): Event => ({
  name: 'merge_group',
  payload: {
    merge_group: {
      head_ref: `refs/heads/gh-readonly-queue/main/pr-${number}-${commit('e')}`,
      base_ref: 'refs/heads/main',
    },
    repository: { full_name: 'acme/voice-agents', private: false, visibility: 'public' },
  },
});

/** A gate whose workflow run has this number. */
async function gate(
  github: GitHubEmulator,
  run: number,
  { runs = GREEN, event, env = {}, inputs = {} }: { runs?: readonly RunScript[] } & Partial<StepOptions>,
): Promise<Ended> {
  await using retell = await startRetell({ batches: [{ id: `b${run}`, runs }] });
  return await runStep({
    inputs: {
      provider: 'retell',
      'api-key': 'test-key',
      'batch-id': `b${run}`,
      'api-url': retell.url,
      'poll-interval-seconds': '0.1',
      ...inputs,
    },
    event: event ?? pushed(7, commit('a')),
    env: {
      GITHUB_API_URL: github.url,
      GITHUB_GRAPHQL_URL: `${github.url}/graphql`,
      GITHUB_RUN_ID: String(1_600_000_000 + run),
      GITHUB_RUN_NUMBER: String(run),
      ...env,
    },
  });
}

/** The records in the only comment of a pull request, by the job's label. */
function records(github: GitHubEmulator, issue: number): Record<string, GateRecord | undefined> {
  const comments = github.comments(issue);
  expect(comments.length).toBe(1);
  const state = parseComment(comments[0]?.body ?? '', NAME);
  const sections = state?.format === 'known' ? state.sections : [];
  return Object.fromEntries(sections.map(({ label, record = '' }) => [label, decodeRecord(record)]));
}

const countsOf = (record: GateRecord | undefined) =>
  [...(record?.cases.values() ?? [])]
    .map(({ name, outcome, passes, runs }) => [name, outcome, passes, runs] as const)
    .toSorted(([a], [b]) => a.localeCompare(b));
const pushesOf = (record: GateRecord | undefined) =>
  record?.pushes.map(({ commit: sha, attempt, verdict, failureCount }) => [
    sha.charAt(0),
    attempt,
    verdict,
    failureCount,
  ]);

const startWith = (options: GitHubOptions = {}): Promise<GitHubEmulator> =>
  startGitHub({
    issues: { 7: {}, 8: {} },
    pulls: [
      {
        number: 7,
        head: { owner: 'acme', ref: 'fix', sha: commit('c') },
        mergedAt: '2026-11-20T08:00:00Z',
        mergeSha: commit('d'),
      },
    ],
    ...options,
  });

describe.concurrent('memory', () => {
  test('a failure whose test case was edited since the last push, or since what was merged, says so', async () => {
    const edited = (second: number, outcome: 'passed' | 'failed' = 'failed'): RunScript[] => [
      {
        ...{ testCaseId: 'test_case_quote', name: 'Quotes a price', outcome },
        fields: {
          test_case_definition_snapshot: { name: 'Quotes a price', user_modified_timestamp: second * 1_000 },
        },
      },
    ];
    await using github = await startWith();
    await gate(github, 3, { event: pushed(7, commit('c')), runs: edited(1_789_200_060, 'passed') });

    const sinceMain = await gate(github, 4, { event: pushed(8, commit('f')), runs: edited(1_789_200_120) });
    const sentence = 'The test case was edited since `main`: the failure may come from that edit.';
    expect(sinceMain.summary).toContain(sentence);
    expect(github.comments(8)[0]?.body).toContain(sentence);
    const sincePush = await gate(github, 5, { event: pushed(8, commit('1')), runs: edited(1_789_200_180) });
    expect(sincePush.summary).toContain('The test case was edited since the last push:');
  });

  test('two pushes and a new attempt, then the next pull request counts on from what was merged', async () => {
    await using github = await startWith();
    await gate(github, 1, { event: pushed(7, commit('a')), runs: RED });
    await gate(github, 3, { event: pushed(7, commit('c')), runs: RED });
    await gate(github, 3, { event: pushed(7, commit('c')), env: { GITHUB_RUN_ATTEMPT: '2' } });
    const merged = records(github, 7)['gate'];
    expect(pushesOf(merged)).toEqual([
      ['a', 1, 'failed', 1],
      ['c', 2, 'passed', 0],
    ]);
    expect(countsOf(merged)).toEqual([
      ['Quotes a price', 'passed', 1, 1],
      ['Says hello', 'passed', 1, 1],
    ]);

    const { exitCode } = await gate(github, 9, { event: pushed(8, commit('f')), runs: RED });
    expect(exitCode).toBe(1);
    expect(pushesOf(records(github, 8)['gate'])).toEqual([['f', 1, 'failed', 1]]);
    expect(countsOf(records(github, 8)['gate'])).toEqual([
      ['Quotes a price', 'failed', 1, 2],
      ['Says hello', 'passed', 2, 2],
    ]);

    await gate(github, 10, { event: queued(8), env: { GITHUB_SHA: commit('e') } });
    expect(pushesOf(records(github, 8)['gate'])).toEqual([
      ['f', 1, 'failed', 1],
      ['e', 1, 'passed', 0],
    ]);
    expect(countsOf(records(github, 8)['gate'])).toEqual([
      ['Quotes a price', 'passed', 2, 2],
      ['Says hello', 'passed', 2, 2],
    ]);
  });

  test('a GitHub that hangs over the base delays and changes nothing', async () => {
    await using github = await startWith({ latencyMs: ({ path }) => (/\/pulls$/.test(path) ? 600_000 : 0) });
    const { exitCode, log } = await gate(github, 1, { event: pushed(8, commit('f')) });
    expect([exitCode, log.includes('::warning')]).toEqual([0, false]);
    expect(pushesOf(records(github, 8)['gate'])).toEqual([['f', 1, 'passed', 0]]);
  });

  test('a forged base makes nothing green', async () => {
    await using github = await startWith();
    await gate(github, 1, { event: pushed(7, commit('c')), runs: RED });
    const forged = github.comments(7)[0]?.body.replace(/(?<=-section \S+ )\S+(?= -->)/, 'AAAAAAAA') ?? '';
    github.edit(github.comments(7)[0]?.id ?? 0, forged);
    const { exitCode } = await gate(github, 2, { event: pushed(8, commit('f')), runs: RED });
    expect(exitCode).toBe(1);
    expect(countsOf(records(github, 8)['gate'])).toEqual([
      ['Quotes a price', 'failed', 0, 1],
      ['Says hello', 'passed', 1, 1],
    ]);
  });
});
