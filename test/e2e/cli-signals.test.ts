/** Ctrl+C and SIGTERM at several moments, on the built command line. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../emulators/faults.ts';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import type { RunScript } from '../emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { type CliOptions, startCli } from './cli-process.ts';
import { HAS_SIGNALS } from './runner.ts';

/** What the contract allows from the signal to the end, in milliseconds, and what a busy machine adds. */
const WITHIN = 5_000;

const endless: RunScript = { endsAt: Number.POSITIVE_INFINITY };
const hang: Fault = { kind: 'hang', when: 'before' };
const AGENT = ['--target', `agent/${DEFAULT_AGENT.id}`, '--test-cases', '*'];

/** Starts `run` at an emulator of a provider. */
const startRun = (
  provider: string,
  { url }: { url: string },
  args: readonly string[],
  options?: CliOptions,
) =>
  startCli(
    ['run', '--provider', provider, '--api-url', url, '--poll-interval-seconds', '0.1', ...args],
    options,
  );

describe.skipIf(!HAS_SIGNALS).concurrent('Ctrl+C', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s while a batch runs: exit code %i, and says which batch keeps running',
    async (signal, exitCode) => {
      await using retell = await startRetell({
        created: (ids) => ({ runs: ids.map(() => endless), settlesAt: Number.POSITIVE_INFINITY }),
      });
      const started = startRun('retell', retell, [...AGENT, '--report-json', '-']);
      await retell.seen(({ path }) => path.includes('get-batch-test'));
      const at = performance.now();
      started.process.kill(signal);
      const ended = await started.ended;
      expect(ended.exitCode).toBe(exitCode);
      expect(performance.now() - at).toBeLessThan(WITHIN);
      expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: 'cancelled' });
      expect(ended.stderr).toContain(`${retell.started[0]?.id} keeps running`);
      expect(ended.stderr).not.toMatch(/workflow/i);
    },
  );

  test('a failure that was seen stays one, and the files are written', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'cli-signals-'));
    const runs = [{ outcome: 'failed' as const }, endless];
    await using retell = await startRetell({
      batches: [{ id: 'b1', runs, settlesAt: Number.POSITIVE_INFINITY }],
    });
    const files = ['--report-json', 'r.json', '--report-junit', 'r.xml'];
    const started = startRun('retell', retell, ['--batch-id', 'b1', ...files], { cwd });
    await started.says(/1 of 2 test cases finished/);
    started.process.kill('SIGINT');
    const { exitCode, stdout } = await started.ended;
    const report = JSON.parse(readFileSync(join(cwd, 'r.json'), 'utf8'));
    rmSync(cwd, { recursive: true });
    expect([exitCode, report.verdict]).toEqual([130, stdout.split(' ')[1]]);
    expect(['failed', 'cancelled']).toContain(report.verdict);
    expect(stdout).toContain('Wrote r.json\nWrote r.xml\n');
  });

  test('Vapi is asked to cancel what was started', async () => {
    const simulations = [{ id: '5d0c8d5a-0000-4000-8000-000000000001', name: 'Books' }];
    await using vapi = await startVapi({
      simulations,
      created: (ids) => ({ runs: ids.map(() => endless), settlesAt: Number.POSITIVE_INFINITY }),
    });
    const assistant = ['--target', `assistant/${VAPI_ASSISTANT}`, '--test-cases', 'Books'];
    const started = startRun('vapi', vapi, assistant);
    await vapi.seen(({ method, path }) => method === 'GET' && /\/run\/[^/]+$/.test(path));
    started.process.kill('SIGINT');
    const { exitCode, stdout } = await started.ended;
    expect(exitCode).toBe(130);
    expect(vapi.cancelled).toEqual([vapi.started[0]?.id]);
    expect(stdout).toContain(`Vapi accepted the cancellation of ${vapi.started[0]?.id}.`);
  });

  test('in the middle of a start: one may have been started', async () => {
    await using retell = await startRetell({
      faults: ({ path }) => (path === '/create-batch-test' ? hang : undefined),
    });
    const started = startRun('retell', retell, AGENT);
    await retell.seen(({ path }) => path === '/create-batch-test');
    const at = performance.now();
    started.process.kill('SIGINT');
    const { exitCode, stdout } = await started.ended;
    expect(exitCode).toBe(130);
    expect(performance.now() - at).toBeLessThan(WITHIN);
    expect(stdout).toMatch(/may have been started at .+ was not read after the cancellation/);
    expect(stdout).not.toMatch(/looking through/);
  });

  test('where nobody reads standard output', async () => {
    const runs = Array.from({ length: 300 }, () => ({ outcome: 'failed' as const }));
    await using retell = await startRetell({ batches: [{ id: 'b1', runs }] });
    const args = ['--batch-id', 'b1', '--report-json', '-'];
    const started = startRun('retell', retell, args, { isRead: false });
    await started.says(/Batch: b1\n/);
    started.process.kill('SIGINT');
    expect((await started.ended).exitCode).toBe(130);
  });

  test('while the program is loaded: the handlers are there before any library', async () => {
    await using retell = await startRetell({ faults: () => hang });
    // zod keeps its registry here as soon as it is loaded.
    const onLibrary = `Object.defineProperty(globalThis, '__zod_globalRegistry', {
      configurable: true,
      set(value) {
        Object.defineProperty(globalThis, '__zod_globalRegistry', { value });
        process.kill(process.pid, 'SIGINT');
      },
    });`;
    const preload = `data:text/javascript,${encodeURIComponent(onLibrary)}`;
    const env = { NODE_OPTIONS: `--import=${preload}` };
    const { exitCode, stdout } = await startRun('retell', retell, ['--batch-id', 'b1'], { env }).ended;
    expect([exitCode, stdout.split(' ')[1]]).toEqual([130, 'cancelled']);
  });

  test('a second one ends at once', async () => {
    await using vapi = await startVapi({
      batches: [{ id: 'b1', runs: [endless], settlesAt: Number.POSITIVE_INFINITY }],
    });
    const started = startRun('vapi', vapi, ['--batch-id', 'b1', '--report-json', '-']);
    await vapi.seen(() => true);
    await started.says(/finished/);
    started.process.kill('SIGINT');
    started.process.kill('SIGINT');
    const { exitCode } = await started.ended;
    expect(exitCode).toBe(130);
  });

  test.each([
    ['plan', 'The request was stopped.'],
    ['init', 'Nothing was written.'],
  ])('%s ends as well: %s', async (command, message) => {
    await using retell = await startRetell({ faults: () => hang });
    const uses = command === 'init' ? ['--uses', 'acme/agent-test-gate@v2'] : [];
    const started = startCli([command, '--provider', 'retell', '--api-url', retell.url, ...uses, ...AGENT]);
    await retell.seen(() => true);
    started.process.kill('SIGINT');
    expect(await started.ended).toMatchObject({
      exitCode: 130,
      stdout: '',
      stderr: `Ctrl+C: ending. Again ends at once.\n${message}\n`,
    });
  });
});
