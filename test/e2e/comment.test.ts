import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type GitHubEmulator, type GitHubOptions, startGitHub } from '../emulators/github.ts';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { many, type RunScript } from '../emulators/timeline.ts';
import { type Ended, prepareStep, pullRequestEvent, runStep, type StepOptions } from './runner.ts';

const PULL = 7;

const onGitHub = (github: GitHubEmulator): Record<string, string> => ({
  GITHUB_API_URL: github.url,
  GITHUB_GRAPHQL_URL: `${github.url}/graphql`,
});

interface Gate {
  readonly batch?: string;
  readonly runs?: readonly RunScript[];
  readonly inputs?: Record<string, string>;
  readonly env?: Record<string, string | undefined>;
  readonly event?: StepOptions['event'];
}

const NIGHTLY = {
  name: 'schedule',
  payload: { schedule: '0 3 * * *', repository: { full_name: 'acme/voice-agents' } },
};
/** A run of the same workflow before the others. */
const OLDER = { GITHUB_RUN_ID: '1599999999', GITHUB_RUN_NUMBER: '40' };
const inputsFor = ({ url }: { url: string }): Record<string, string> => ({
  provider: 'retell',
  'api-key': 'test-key',
  'batch-id': 'b1',
  'api-url': url,
  'poll-interval-seconds': '0.1',
});

/** One gate on one batch, reporting to the given GitHub. */
async function gate(
  github: GitHubEmulator,
  { batch = 'b1', runs = many(3), inputs = {}, env = {}, event }: Gate = {},
): Promise<Ended> {
  await using retell = await startRetell({ batches: [{ id: batch, runs }] });
  return await runStep({
    inputs: { ...inputsFor(retell), 'batch-id': batch, ...inputs },
    env: { ...onGitHub(github), ...env },
    ...(event === undefined ? {} : { event }),
  });
}

const bodies = (github: GitHubEmulator): string[] => github.comments(PULL).map(({ body }) => body);
const startWithPull = (options: GitHubOptions = {}) => startGitHub({ issues: { [PULL]: {} }, ...options });

describe.concurrent('the comment', () => {
  test('is written, and the output names it', async () => {
    await using github = await startWithPull();
    const { exitCode, outputs } = await gate(github, {
      runs: [{}, { outcome: 'failed', name: 'Quotes a price' }],
    });
    expect(exitCode).toBe(1);
    expect(bodies(github)).toEqual([
      expect.stringMatching(/^## ❌ Agent tests \(Retell\): 1 of 2 failed[\s\S]*Quotes a price/),
    ]);
    expect(outputs['comment-url']).toBe(github.comments(PULL)[0]?.html_url);
  });

  test('is made with the verdict, since GitHub mails only what it says when it is made', async () => {
    await using github = await startWithPull();
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: many(3), settlesAt: 2_500 }] });
    const { exitCode } = await runStep({ inputs: inputsFor(retell), env: onGitHub(github) });
    expect(exitCode).toBe(0);
    const sent = github.requests.filter(({ method, path }) => method !== 'GET' && path !== '/graphql');
    expect(sent.map(({ method, body }) => [method, JSON.stringify(body).includes('✅')])).toEqual([
      ['POST', true],
    ]);
  });

  test('is neither looked for nor written with comment: never, while the gate waits, at its end and after the job', async () => {
    await using github = await startWithPull();
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: many(3), settlesAt: 2_500 }] });
    using step = prepareStep({
      inputs: { ...inputsFor(retell), comment: 'never' },
      env: onGitHub(github),
    });
    expect((await step.main().ended).exitCode).toBe(0);
    expect((await step.post().ended).exitCode).toBe(0);
    expect(github.requests).toEqual([]);
  });

  test('of a newer run is not overwritten by an older one', async () => {
    await using github = await startWithPull();
    await gate(github, { env: { GITHUB_RUN_ID: '1600000009', GITHUB_RUN_NUMBER: '49' } });
    const newer = bodies(github);
    const { exitCode, log } = await gate(github, { runs: [{ outcome: 'failed' }] });
    expect({ exitCode, bodies: bodies(github) }).toEqual({ exitCode: 1, bodies: newer });
    expect(log.match(/^.*newer workflow run.*$/gm)).toEqual([
      'The comment is left as it is: a newer workflow run, or a newer attempt of this one, has written it.',
    ]);
  });

  test('has a section for each of three jobs that race for it', async () => {
    await using github = await startWithPull({ latencyMs: () => 20 });
    const jobs = ['a', 'b', 'c'].map((batch) =>
      gate(github, {
        batch,
        inputs: { matrix: JSON.stringify({ agent: `agent ${batch}` }) },
        runs: [{}, { outcome: batch === 'c' ? 'failed' : 'passed', name: `Case of ${batch}` }],
      }),
    );
    const codes = (await Promise.all(jobs)).map(({ exitCode }) => exitCode);
    expect(codes).toEqual([0, 0, 1]);
    expect(github.comments(PULL).length).toBe(1);
    const [body] = bodies(github);
    expect(body).toContain('## ❌ Agent tests (Retell): agent c failed');
    expect(
      [...(body ?? '').matchAll(/^\| (\S+) \*\*agent (\w)\*\*/gm)].map(
        ([, sign, batch]) => `${batch} ${sign}`,
      ),
    ).toEqual(['c ❌', 'a ✅', 'b ✅']);
    expect(body).toContain('Case of c');
    expect(body?.match(/^\*\*Next:\*\* \*\*agent c\*\*: fix the failure\..*$/gm)?.length).toBe(1);
    expect(body?.match(/Details of each job/g)?.length).toBe(1);
  });

  test('of a reusable workflow that two jobs call has a section for each: red first, green second gave one green one', async () => {
    await using github = await startWithPull();
    const call = (id: string, options: Gate) => gate(github, { ...options, inputs: { 'check-run-id': id } });
    const red = await call('51', { runs: [{ outcome: 'failed', name: 'Quotes a price' }] });
    const green = await call('52', { batch: 'b2' });
    expect([red.exitCode, green.exitCode]).toEqual([1, 0]);
    const [body = ''] = bodies(github);
    expect(body).toMatch(/^## ❌ Agent tests \(Retell\): gate 1 failed$/m);
    const rows = [...body.matchAll(/^\| (\S+) \*\*\[(gate \d)\]\(\S+\/job\/(\d+)\)\*\*/gm)];
    expect(rows.map(([, sign, label, job]) => [sign, label, job])).toEqual([
      ['❌', 'gate 1', '51'],
      ['✅', 'gate 2', '52'],
    ]);
    expect(body).toContain('Quotes a price');
    const again = await gate(github, { env: { GITHUB_RUN_ATTEMPT: '2' }, inputs: { 'check-run-id': '53' } });
    expect(again.log).toMatch(/^Another job of this workflow run has the same label and the same target/m);
    expect(bodies(github)[0]).toMatch(/^## ❌ Agent tests \(Retell\): gate 1 failed$/m);
    expect(bodies(github)[0]).toMatch(/^\| ❌ \*\*\[gate 1\]\(\S+\/job\/51\)\*\* \(attempt 1\) \|/m);
  });

  test('calls a job without a matrix by its agent, and a comma or a bracket in the name cuts nothing off', async () => {
    await using github = await startWithPull();
    const name = 'Front desk (EU), night: tier 1';
    for (const [step, agent] of Object.entries({ day: 'Day shift', night: name })) {
      await using retell = await startRetell({ agents: [{ ...DEFAULT_AGENT, name: agent }], speed: 50 });
      await runStep({
        inputs: {
          ...inputsFor(retell),
          'batch-id': '',
          target: `agent/${DEFAULT_AGENT.id}`,
          'test-cases': '*',
        },
        env: { ...onGitHub(github), GITHUB_ACTION: step },
      });
    }
    expect(bodies(github)[0]).toContain('| ✅ **Day shift** |');
    expect(bodies(github)[0]).toContain(`| ✅ **${name}** |`);
  });

  test('is not made for a green gate with comment: failures, but brought up to date', async () => {
    await using github = await startWithPull();
    const inputs = { comment: 'failures' };
    await gate(github, { inputs });
    expect(bodies(github)).toEqual([]);
    await gate(github, { inputs, runs: [{ outcome: 'failed' }] });
    expect(bodies(github)).toEqual([expect.stringContaining('❌')]);
    await gate(github, { inputs });
    expect(bodies(github)).toEqual([expect.stringContaining('✅')]);
  });

  test('shows conversations in a private repository and not in a public one', async () => {
    const runs = [
      {
        outcome: 'failed' as const,
        transcript: [{ role: 'agent', content: 'The dentist is made of cheese.' }],
      },
    ];
    for (const [visibility, shown] of [
      ['public', false],
      ['private', true],
      ['internal', true],
    ] as const) {
      await using github = await startWithPull();
      const { summary } = await gate(github, { runs, event: pullRequestEvent(PULL, visibility) });
      expect([summary, bodies(github)[0] ?? ''].map((text) => text.includes('made of cheese'))).toEqual([
        shown,
        shown,
      ]);
      expect(summary.includes('Conversations are left out, since this repository is public')).toBe(!shown);
    }
  });
});

describe.concurrent('an older green comment when the step fails on its inputs', () => {
  const key = { 'api-key': '' };
  /** GitHub with the green comment of an older run of the workflow. */
  const startWithOlder = async (): Promise<GitHubEmulator> => {
    const github = await startWithPull();
    github.plant(PULL, { login: 'github-actions[bot]', type: 'Bot', body: await olderBody });
    return github;
  };
  let olderBody: Promise<string>;
  beforeAll(() => {
    olderBody = (async () => {
      await using github = await startWithPull();
      await gate(github, { env: OLDER });
      return bodies(github)[0] ?? '';
    })();
  });

  test.each([
    ['the provider is wrong and the name follows from it', { ...key, provider: 'rettel' }],
    ['the name is wrong', { name: 'two\nlines' }],
    ['comment is wrong', { comment: 'sometimes' }],
  ])('is brought up to date: %s', async (_, inputs) => {
    await using github = await startWithOlder();
    expect(bodies(github)).toEqual([expect.stringContaining('✅')]);
    const { exitCode, log } = await gate(github, { inputs });
    expect(exitCode).toBe(1);
    expect(bodies(github)).toEqual([
      expect.stringMatching(/^## ❓ Agent tests \(Retell\): inconclusive, .+invalid/s),
    ]);
    expect(log).not.toContain('::warning');
  });

  test('is made for nobody who has none, and not touched with comment: never', async () => {
    await using github = await startWithPull();
    await gate(github, { inputs: key });
    expect(bodies(github)).toEqual([]);
    await using withOlder = await startWithOlder();
    const before = bodies(withOlder);
    await gate(withOlder, { inputs: { ...key, comment: 'never' } });
    expect(bodies(withOlder)).toEqual(before);
  });
});

test.concurrent("the commit in the report of a comment on a pull request is that one's head, not the default branch's", async () => {
  const sha = 'feedbee1234567890feedbee1234567890feedbe';
  await using github = await startWithPull({
    pulls: [{ number: PULL, head: { owner: 'acme', ref: 'topic', sha } }],
  });
  const issue = { number: PULL, pull_request: { url: 'https://api.github.com' } };
  const event = { name: 'issue_comment', payload: { action: 'created', issue } };
  const { summary } = await gate(github, { event });
  for (const text of [summary, bodies(github)[0]]) {
    expect(text).toContain(sha.slice(0, 7));
    expect(text).not.toContain('5e0a1b2');
  }
});

describe.concurrent('a GitHub that does not want it', () => {
  test('a read-only token: one warning that names the permission, and the verdict stands', async () => {
    await using github = await startWithPull({ tokens: { ghs_emulated: { permission: 'read' } } });
    const { exitCode, outputs, log, summary } = await gate(github);
    expect({ exitCode, verdict: outputs['verdict'] }).toEqual({ exitCode: 0, verdict: 'passed' });
    expect(log.match(/^::warning::.*$/gm)).toEqual([expect.stringContaining('pull-requests: write')]);
    expect(summary).toContain('## ✅ Agent tests (Retell)');
    expect(outputs['comment-url']).toBeUndefined();
  });

  test('nobody there: one warning, and the verdict stands', async () => {
    await using github = await startWithPull();
    await github.close();
    const { exitCode, log } = await gate(github);
    expect(exitCode).toBe(0);
    expect(log.match(/^::warning::.*$/gm)?.length).toBe(1);
  });

  test('no pull request: no comment, one line that says so, and no warning', async () => {
    await using github = await startWithPull();
    const { exitCode, log } = await gate(github, { event: NIGHTLY, env: { GITHUB_REF: 'refs/heads/main' } });
    expect(exitCode).toBe(0);
    expect(log).not.toContain('::warning');
    expect(log.match(/^.*no pull request.*$/gm)).toEqual([
      'No comment: no pull request belongs to this schedule event. To comment on one, name it with the input pull-request.',
    ]);
    expect(bodies(github)).toEqual([]);
  });
});

test.concurrent('report files are written where they were asked for, and named by outputs', async () => {
  await using github = await startWithPull();
  await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}, { outcome: 'failed' }] }] });
  using step = prepareStep({
    inputs: {
      ...inputsFor(retell),
      comment: 'never',
      'report-json': 'out/deep/report.json',
      'report-junit': 'out/report.xml',
      'report-html': 'out/report.html',
    },
    env: onGitHub(github),
  });
  const { outputs } = await step.main().ended;
  expect(outputs).toMatchObject({
    'report-json': 'out/deep/report.json',
    'report-junit': 'out/report.xml',
    'report-html': 'out/report.html',
  });
  expect(readFileSync(join(step.workspace, 'out/report.html'), 'utf8')).toMatch(
    /^<!doctype html><html lang="en">/,
  );
});
