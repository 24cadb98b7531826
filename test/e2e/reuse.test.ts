/** `reuse-hours` as a process: an earlier batch is judged, and nothing is paid for twice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RetellOptions, startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { recordedDefinitions } from '../emulators/retell-bodies.ts';
import { runCli } from './cli-process.ts';
import { prepareStep, runStep } from './runner.ts';

const AGENT = `agent/${DEFAULT_AGENT.id}`;
const HOUR = 3_600_000;

/** Retell, where everything was last edited a day ago. */
const retellOf = (options: RetellOptions = {}) => {
  const modifiedAt = Date.now() - 24 * HOUR;
  return startRetell({
    definitions: recordedDefinitions.map((each) => ({ ...each, user_modified_timestamp: modifiedAt })),
    agents: [
      { ...DEFAULT_AGENT, versions: DEFAULT_AGENT.versions.map((version) => ({ ...version, modifiedAt })) },
    ],
    ...options,
  });
};

const inputsOf = (url: string, more: Record<string, string> = {}) => ({
  ...{ provider: 'retell', 'api-key': 'test-key', 'api-url': url, target: AGENT, 'test-cases': '*' },
  ...{ 'poll-interval-seconds': '0.1', 'timeout-minutes': '1', comment: 'never', 'reuse-hours': '2' },
  ...more,
});

describe.concurrent('reuse-hours', () => {
  test('the second gate judges what the first has started, and says so first; a re-run of the job tests again', async () => {
    await using retell = await retellOf({ speed: 50 });
    const first = await runStep({ inputs: inputsOf(retell.url) });
    const [started] = retell.started;
    using step = prepareStep({ inputs: inputsOf(retell.url, { 'report-json': 'report.json' }) });
    const second = await step.main().ended;

    expect([first.exitCode, second.exitCode, retell.started.length]).toEqual([0, 0, 1]);
    expect(first.log).toContain(
      'reuse-hours: no earlier result is reused: no batch of the last 2 h ran exactly this since the last edit.',
    );
    expect(second.outputs['batch-id']).toBe(started?.id);
    expect(second.log).toMatch(
      new RegExp(
        `reuse-hours: this is the result of batch ${started?.id}, started .+ ago: nothing under test`,
      ),
    );
    const [heading, , line] = second.summary.split('\n');
    expect(heading).toContain('passed');
    expect(line).toMatch(
      new RegExp(
        `^This is the result of batch \`${started?.id}\`, started [\\d.]+ s ago: nothing under test has changed since\\.`,
      ),
    );
    const report: unknown = JSON.parse(readFileSync(join(step.workspace, 'report.json'), 'utf8'));
    expect(report).toMatchObject({ reused: { batchId: started?.id } });
    expect(report).not.toHaveProperty('started');

    const rerun = await runStep({ inputs: inputsOf(retell.url), env: { GITHUB_RUN_ATTEMPT: '2' } });
    expect(rerun.log).toContain('reuse-hours: no earlier result is reused: this is a re-run of the job.');
    expect(retell.started.length).toBe(2);
  });

  test('two gates at once: each judges a batch, and every batch is judged', async () => {
    await using retell = await retellOf({ speed: 5 });
    const both = await Promise.all([
      runStep({ inputs: inputsOf(retell.url) }),
      runStep({ inputs: inputsOf(retell.url) }),
    ]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    // One that comes so late that the other has ended judges the same.
    const judged = both.map(({ outputs }) => outputs['batch-id']);
    expect(new Set(judged)).toEqual(new Set(retell.started.map(({ id }) => id)));
  });

  test('a red result stays red, and reruns confirm it as those of a given batch', async () => {
    const script = ['failed', 'passed'] as const;
    let batches = 0;
    await using retell = await retellOf({
      speed: 50,
      created: (ids) => {
        const outcome = script[batches] ?? 'passed';
        batches += 1;
        return { runs: ids.map((_, index) => (index === 0 ? { outcome } : {})) };
      },
    });
    const first = await runStep({ inputs: inputsOf(retell.url) });
    const again = await runStep({ inputs: inputsOf(retell.url) });
    expect([first.exitCode, again.exitCode, retell.started.length]).toEqual([1, 1, 1]);
    const confirmed = await runStep({ inputs: inputsOf(retell.url, { reruns: '1/2' }) });
    expect([confirmed.exitCode, confirmed.outputs['flaky']]).toEqual([0, '1']);
    expect(retell.started.map(({ testCases }) => testCases.length)).toEqual([5, 1]);
  });

  test('plan says what would be taken, and starts nothing', async () => {
    await using retell = await retellOf({ speed: 50 });
    const args = ['--provider', 'retell', '--api-url', retell.url, '--target', AGENT, '--test-cases', '*'];
    const common = [...args, '--reuse-hours', '2', '--poll-interval-seconds', '0.1'];
    const before = await runCli(['plan', ...common]);
    const run = await runCli(['run', ...common]);
    const after = await runCli(['plan', ...common]);
    expect([before, run, after].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(retell.started.length).toBe(1);
    const id = retell.started[0]?.id;
    expect(before.stdout).toContain('reuse-hours: no earlier result is reused: no batch of the last 2 h');
    expect(before.stdout).toContain('Starts 5 runs at least, 5 at most.');
    expect(after.stdout).toContain('Starts 0 runs at least, 0 at most.');
    expect(after.stdout).toContain(`reuse-hours: this is the result of batch ${id}, started `);
  });
});
