import { describe, expect, test } from 'vitest';
import { type EmulatedFiles, startGitHub } from '../emulators/github.ts';
import { startRetell } from '../emulators/retell.ts';
import { many, type RunScript } from '../emulators/timeline.ts';
import { pullRequestEvent, runStep } from './runner.ts';

/** The commit that the workflow run tests: the pull request merged into its base. */
const TESTED = '5e0a1b2c3d4e5f60718293a4b5c6d7e8f9a0b1c2';
const PATH = '.github/quarantine.yml';
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const entry = (id: string, days: number): string =>
  [
    'quarantine:',
    `  - test-case: ${id}`,
    '    name: Angry caller cancels',
    '    reason: The judge disagrees with itself',
    '    owner: acme/voice',
    `    until: ${inDays(days)}`,
    '',
  ].join('\n');

/** The built action on a pull request of `head` into `main`, with the file at both. */
async function gate(
  { base, tested }: { base?: string; tested?: string },
  { runs = [{ outcome: 'failed' }, ...many(3)] }: { runs?: readonly RunScript[] } = {},
) {
  const files: EmulatedFiles = {
    main: base === undefined ? {} : { [PATH]: base },
    [TESTED]: tested === undefined ? {} : { [PATH]: tested },
  };
  const event = pullRequestEvent(7);
  const { pull_request } = event.payload;
  const payload = {
    ...event.payload,
    pull_request: { ...pull_request, base: { ...pull_request.base, ref: 'main' } },
  };
  await using retell = await startRetell({
    batches: [{ id: 'b1', runs: runs.map((run, index) => ({ ...run, testCaseId: `case_${index}` })) }],
  });
  await using github = await startGitHub({ issues: { 7: {} }, files });
  return await runStep({
    inputs: {
      provider: 'retell',
      'api-key': 'test-key',
      'batch-id': 'b1',
      'api-url': retell.url,
      'poll-interval-seconds': '0.1',
      quarantine: PATH,
    },
    event: { ...event, payload },
    env: { GITHUB_API_URL: github.url, GITHUB_GRAPHQL_URL: `${github.url}/graphql` },
  });
}

describe.concurrent('a quarantined test case', () => {
  test('does not make the verdict red, and is shown with its owner', async () => {
    const file = entry('case_0', 20);
    const { exitCode, outputs, summary } = await gate({ base: file, tested: file });
    expect([
      exitCode,
      outputs['verdict'],
      outputs['failed'],
      outputs['tolerated'],
      outputs['passed'],
    ]).toEqual([0, 'passed', '0', '1', '3']);
    expect(summary).toContain('acme/voice');
  });

  test('does not make it green either', async () => {
    const file = entry('case_0', 20);
    const { exitCode, outputs } = await gate({ base: file, tested: file }, { runs: [{}] });
    expect([exitCode, outputs['verdict']]).toEqual([1, 'inconclusive']);
    expect(outputs['reason']).toContain('Every test case is quarantined or excused');
  });

  test('that only the pull request adds counts', async () => {
    const { exitCode, outputs } = await gate({ tested: entry('case_0', 20) });
    expect([exitCode, outputs['verdict'], outputs['tolerated']]).toEqual([1, 'failed', '0']);
  });

  test('of a file that is broken counts, and the file is an error at its line', async () => {
    const broken = `${entry('case_0', 20)}    more: keys\n`;
    const { exitCode, outputs, log } = await gate({ base: entry('case_0', 20), tested: broken });
    expect([exitCode, outputs['verdict'], outputs['tolerated']]).toEqual([1, 'failed', '0']);
    expect(log).toMatch(
      /^::error title=Quarantine,file=\.github\/quarantine\.yml,line=\d+::Nothing is quarantined/m,
    );
  });
});
