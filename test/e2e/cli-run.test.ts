/** `agent-test-gate run` and `plan` as a process: exit codes, streams, files. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import type { RunScript } from '../emulators/timeline.ts';
import { EACH_KIT } from '../kits/kits.ts';
import { type CliOptions, runCli, startCli } from './cli-process.ts';

const QUICK = ['--poll-interval-seconds', '0.1', '--timeout-minutes', '5'];
const AGENT = ['--target', `agent/${DEFAULT_AGENT.id}`, '--test-cases', '*'];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-run-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command at an emulator of Retell. */
const runAt = ({ url }: { url: string }, args: readonly string[], command = 'run', options?: CliOptions) =>
  runCli([command, '--provider', 'retell', '--api-url', url, ...QUICK, ...args], options);

/** Runs a command on batches of Retell's emulator. */
async function onRetell(
  runs: readonly RunScript[],
  args: readonly string[],
  { command = 'run', ...options }: CliOptions & { readonly command?: string } = {},
) {
  await using retell = await startRetell({
    batches: [{ id: 'b1', runs }],
    created: (ids) => ({ runs: ids.map((_, index) => runs[index % runs.length] ?? {}) }),
  });
  const ended = await runAt(retell, args, command, options);
  return { ...ended, started: retell.started.length, requests: retell.requests.length };
}

const failing: readonly RunScript[] = [{}, { outcome: 'failed' }];
const given = ['--batch-id', 'b1'];

describe.concurrent('exit codes of run', () => {
  test('0 for passed, with the verdict first on standard output', async () => {
    const { exitCode, stdout } = await onRetell([{}, {}], given);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^✓ passed All 2 test cases passed\.\n/);
    expect(stdout).toContain('2 test cases: 2 passed.\nStarted no runs.');
  });

  test('1 for failed, with the reason and the turns that prove it', async () => {
    const { exitCode, stdout } = await onRetell(failing, given);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^✗ failed 1 of 2 test cases failed\.\n/);
    expect(stdout).toMatch(/✗ Failed: .+\n {4}\S.+\n( {6}\S.+\n)+/);
  });

  test('0 for failed with fail-on: nothing, and the result says that it is only reported', async () => {
    const { exitCode, stdout } = await onRetell(failing, [...given, '--fail-on', 'nothing']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^✗ failed \(report only\) 1 of 2 test cases failed\.\n/);
  });

  test('1 for a batch that is not there', async () => {
    const { exitCode, stdout } = await onRetell([{}], ['--batch-id', 'other']);
    expect([exitCode, stdout.split(' ', 2).join(' ')]).toEqual([1, '? inconclusive']);
  });

  test('2 for a refused key, with the variable it came from', async () => {
    const { exitCode, stdout, stderr } = await onRetell([{}], given, {
      env: { RETELL_API_KEY: 'wrong-key-0815' },
    });
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/^\? refused Batch b1 could not be read: .+ answered 401 /);
    expect(stderr).toContain('The api-key is what RETELL_API_KEY holds.\n');
    expect(stdout + stderr).not.toContain('wrong-key-0815');
  });

  test('2 without a key, before any request', async () => {
    const ended = await onRetell([{}], given, { env: { RETELL_API_KEY: undefined } });
    expect(ended).toMatchObject({ exitCode: 2, stdout: '', requests: 0 });
    expect(ended.stderr).toContain('RETELL_API_KEY is not set');
    expect(ended.stderr).not.toMatch(/secret|fork|workflow/i);
  });

  test.each([
    ['a target that is not there', ['--target', 'agent/agent_none', '--test-cases', '*']],
    ['a selector that matches nothing', [...AGENT.slice(0, 2), '--test-cases', 'No such name']],
    ['more runs than --max-runs', [...AGENT, '--max-runs', '1']],
    ['a wrong value', [...given, '--reruns', '5/3']],
    ['an option that is not there', [...given, '--tagret', 'x']],
  ])('2 for %s, and nothing is started', async (_, args) => {
    expect(await onRetell([{}], args)).toMatchObject({ exitCode: 2, started: 0 });
  });

  test.each([
    ['the start', '/create-batch-test', 422, false],
    ['the key for the start', '/create-batch-test', 403, true],
    ['the key', '/', 401, true],
  ])(
    '2 where the provider refuses %s, with the variable if it is the key',
    async (_, under, status, isKey) => {
      await using retell = await startRetell({
        faults: ({ path }) => (path.startsWith(under) ? { kind: 'answer', status } : undefined),
      });
      const { exitCode, stdout, stderr } = await runAt(retell, AGENT);
      expect([exitCode, retell.started]).toEqual([2, []]);
      expect(stdout).toContain('Started no runs.');
      expect(stderr.includes('The api-key is what RETELL_API_KEY holds.\n')).toBe(isKey);
    },
  );

  test('1 where the provider cannot be read before the start', async () => {
    await using retell = await startRetell({ faults: () => ({ kind: 'answer', status: 503 }) });
    const args = ['--provider', 'retell', '--api-url', retell.url, ...AGENT, '--timeout-minutes', '0.02'];
    const ended = await Promise.all(['run', 'plan'].map((command) => runCli([command, ...args])));
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([1, 1]);
  });
});

describe.concurrent('what run starts', () => {
  test('a failure is confirmed by the rule, and the runs are counted', async () => {
    const { exitCode, stdout, stderr } = await onRetell(failing, [...AGENT, '--reruns', '2/3']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/Started \d+ runs, \d+ of them again\./);
    expect(stderr).toContain('The gate asks for');
  });

  test.each(EACH_KIT)('the same verdict at %s', async (provider, { start }) => {
    await using emulator = await start({ batches: [{ id: 'b1', runs: [{}, {}] }] });
    const { exitCode, stdout } = await runCli([
      'run',
      ...['--provider', provider, '--api-url', emulator.url, ...QUICK, '--batch-id', 'b1'],
    ]);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, '✓ passed All 2 test cases passed.']);
  });
});

describe.concurrent('the streams of run', () => {
  test('--report-json - is the JSON alone on standard output, and everything else is on standard error', async () => {
    const { exitCode, stdout, stderr } = await onRetell(failing, [...given, '--report-json', '-']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'failed', origin: {}, tally: { total: 2 } });
    expect(stderr).toContain('✗ failed 1 of 2 test cases failed.');
  });

  test('no escape sequence, no workflow command and no key where no stream is a terminal', async () => {
    const explanation = '::error::evil\u001b]0;title\u0007\u009b31m\u202e\n  ::set-output name=x::y test-key';
    await using retell = await startRetell({
      batches: [{ id: 'b1', runs: [{ outcome: 'failed', name: '::warning::\u001b[2Jname', explanation }] }],
    });
    const { stdout, stderr } = await runAt(retell, given);
    expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    expect(stdout + stderr).not.toMatch(/^\s*::/m);
    expect(stdout + stderr).not.toContain('test-key');
    expect(stdout).toContain('    : :error::evil');
  });

  test('standard output that nobody reads does no harm: | head', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: failing }] });
    const started = startCli([
      ...['run', '--provider', 'retell', '--api-url', retell.url, '--batch-id', 'b1', ...QUICK],
    ]);
    started.process.stdout?.destroy();
    const { exitCode, stderr } = await started.ended;
    expect(exitCode).toBe(1);
    expect(stderr).not.toMatch(/EPIPE|itself failed/);
  });
});

describe.concurrent('the files of run', () => {
  test('are written and named; one that cannot be written is a warning after the verdict', async () => {
    const cwd = join(folder, 'files');
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'file'), '');
    const files = ['--report-json', 'a/report.json', '--report-html', 'page.html'];
    const refused = ['--report-junit', 'file/junit.xml'];
    const { exitCode, stdout, stderr } = await onRetell([{}], [...given, ...files, ...refused], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Wrote a/report.json\n');
    expect(stdout).toContain('Wrote page.html\n');
    expect(readFileSync(join(cwd, 'page.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]+<\/html>\n$/);
    expect(JSON.parse(readFileSync(join(cwd, 'a/report.json'), 'utf8'))).toMatchObject({ verdict: 'passed' });
    expect(stderr).toMatch(/Warning: file\/junit\.xml could not be written: .+/);
  });

  test('the quarantine and the baseline are read from disk, and one that is not there is said', async () => {
    const cwd = join(folder, 'quarantine');
    mkdirSync(cwd);
    const args = [...given, '--quarantine', 'q.yml', '--baseline', 'base.json'];
    const { exitCode, stdout } = await onRetell(failing, args, { cwd });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('Nothing is quarantined');
    expect(stdout).not.toMatch(/permissions|repository/);
  });
});

describe.concurrent('plan', () => {
  test('says version, test cases, those that a ! took away, and how many runs; and starts nothing', async () => {
    const args = [...AGENT, '--test-cases', '!Asks for a person', '--reruns', '3/5'];
    await using retell = await startRetell({
      definitions: ['Books a cleaning', 'Asks for a person'].map((name, index) => ({
        test_case_definition_id: `test_case_${index}`,
        name,
      })),
    });
    const { exitCode, stdout } = await runAt(retell, args, 'plan');
    expect({ exitCode, started: retell.started }).toEqual({ exitCode: 0, started: [] });
    expect(stdout).toMatch(/^Tests .*version \d+.*\n/);
    expect(stdout).toContain('1 test case of 2\n  Books a cleaning test_case_0\n');
    expect(stdout).toContain('1 excluded by a line with "!"\n  Asks for a person test_case_1\n');
    expect(stdout).toContain('Starts 1 run at least, 5 at most. Nothing is started now.\n');
  });

  test('of a given batch says where it stands', async () => {
    const { exitCode, stdout } = await onRetell(failing, given, { command: 'plan' });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Batch b1: 2 runs, has ended.*\nJudges these batches and starts nothing\.\n$/);
  });
});
