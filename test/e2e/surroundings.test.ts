import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBland } from '../emulators/bland.ts';
import { rateLimited } from '../emulators/faults.ts';
import { startRetell } from '../emulators/retell.ts';
import { many, type Outcome } from '../emulators/timeline.ts';
import { endingOf, endless, gateOn, red, startEventGitHub } from './bad-day.ts';
import { HAS_SIGNALS, prepareStep, runStep, type StepOptions } from './runner.ts';

const HAS_PIPES = process.platform !== 'win32';

/** Relative paths begin in the workspace, where `file` is a file, `folder` a folder, `pipe` a pipe and `broken.json` no JSON. */
async function gateIn(
  env: NonNullable<StepOptions['env']>,
  inputs: Record<string, string> = {},
  outcome: Outcome = 'passed',
) {
  await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}, { outcome }] }] });
  await using github = await startEventGitHub();
  using step = prepareStep({
    inputs: gateOn('retell', retell, inputs),
    env: { GITHUB_API_URL: github.url, ...env },
  });
  mkdirSync(join(step.workspace, 'folder'));
  writeFileSync(join(step.workspace, 'file'), 'something');
  writeFileSync(join(step.workspace, 'broken.json'), '{"pull_request":');
  writeFileSync(join(step.workspace, 'list.json'), '[]');
  if (HAS_PIPES) execFileSync('mkfifo', [join(step.workspace, 'pipe')]);
  const main = await step.main().ended;
  const post = await step.post().ended;
  return { ...main, post };
}

describe.concurrent('something is wrong on the runner: a warning at most, and the verdict stands', () => {
  const commenting = { comment: 'always' };
  const oddities: [string, NonNullable<StepOptions['env']>, Record<string, string>][] = [
    ['no place for the summary', { GITHUB_STEP_SUMMARY: undefined }, {}],
    ['a summary file that is not there', { GITHUB_STEP_SUMMARY: 'nowhere/summary' }, {}],
    ['a folder for a summary', { GITHUB_STEP_SUMMARY: 'folder' }, {}],
    ['no place for outputs', { GITHUB_OUTPUT: undefined }, {}],
    ['an output file that is not there', { GITHUB_OUTPUT: 'nowhere/output' }, {}],
    ['a folder for outputs', { GITHUB_OUTPUT: 'folder' }, {}],
    ['no place for the state', { GITHUB_STATE: undefined }, commenting],
    ['a state file that is not there', { GITHUB_STATE: 'nowhere/state' }, commenting],
    ['no event file', { GITHUB_EVENT_PATH: undefined }, commenting],
    ['an event file that is not there', { GITHUB_EVENT_PATH: 'nowhere.json' }, commenting],
    ['an event file that is not JSON', { GITHUB_EVENT_PATH: 'broken.json' }, commenting],
    ['an event that is a list', { GITHUB_EVENT_PATH: 'list.json' }, commenting],
    ['a folder for an event', { GITHUB_EVENT_PATH: 'folder' }, commenting],
    ['no place for temporary files', { RUNNER_TEMP: undefined }, commenting],
    ['a folder for temporary files that is not there', { RUNNER_TEMP: 'nowhere' }, commenting],
    ['no repository', { GITHUB_REPOSITORY: undefined }, commenting],
    ['a repository that is none', { GITHUB_REPOSITORY: 'acme' }, commenting],
    ['an address of GitHub that is none', { GITHUB_API_URL: 'github' }, commenting],
    [
      'no numbers of the run',
      { GITHUB_RUN_ID: undefined, GITHUB_RUN_NUMBER: 'x', GITHUB_RUN_ATTEMPT: '' },
      commenting,
    ],
    ['a report file below a file', {}, { 'report-json': 'file/report.json' }],
    ['a report file that is a folder', {}, { 'report-junit': 'folder' }],
    ['a report file in a place that is not for us', {}, { 'report-ctrf': '/proc/report.json' }],
    ['a report file in a folder that cannot be made', {}, { 'report-json': '/proc/nope/report.json' }],
    ['a report file that is a device', {}, { 'report-json': '/dev/null' }],
    ['a report file that is a pipe which nobody reads', {}, { 'report-json': 'pipe' }],
    ['a baseline that is a pipe which nobody writes', {}, { baseline: 'pipe' }],
  ];

  test.each(oddities)('%s', async (_, env, inputs) => {
    const { exitCode, log, post } = await gateIn(env, inputs);
    expect([exitCode, post.exitCode]).toEqual([0, 0]);
    expect(log).toContain('Verdict: passed.');
  });

  test.each([
    ['the summary', { GITHUB_STEP_SUMMARY: 'nowhere/summary' }, {}, /The job summary/],
    ['the outputs', { GITHUB_OUTPUT: 'nowhere/output' }, {}, /The outputs/],
    ['a report file', {}, { 'report-json': 'file/report.json' }, /report-json \(file\/report\.json\)/],
    [
      'a report file that is a pipe',
      {},
      { 'report-json': 'pipe' },
      /report-json \(pipe\) could not be written: it is not a regular file$/,
    ],
  ])('%s that could not be written is named in a warning', async (_, env, inputs, name) => {
    const { log } = await gateIn(env, inputs);
    const warnings = log.split('\n').filter((line) => line.startsWith('::warning::'));
    expect(warnings.filter((line) => name.test(line)).length).toBe(1);
  });

  test('all of it at once, and a run that failed', async () => {
    const env = Object.assign({}, ...oddities.map(([, each]) => each));
    const { exitCode, log, post } = await gateIn(env, { ...commenting, 'report-json': 'folder' }, 'failed');
    expect([exitCode, post.exitCode]).toEqual([1, 0]);
    expect(log).toContain('Verdict: failed.');
  });

  test('nothing at all of what a runner sets', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
    using step = prepareStep({
      inputs: gateOn('retell', retell, { comment: 'always' }),
      env: withoutRunner(),
    });
    const ended = await step.main().ended;
    expect(ended.exitCode).toBe(0);
    expect(ended.log).toContain('Verdict: passed.');
  });
});

describe
  .skipIf(!HAS_PIPES)
  .concurrent('a file system that never answers, and blocks a thread for ever', () => {
    /** Opens `hang.json` as a pipe that nobody reads, in the way that blocks. */
    const env = {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { open } = fs.promises;
      fs.promises.open = (path, ...rest) =>
        String(path).endsWith('hang.json') ? open('pipe', 'w') : open(path, ...rest);
      syncBuiltinESMExports();`)}`,
    };

    test('a report file: the verdict, the outputs, the comment and the other file are there, and the step ends', async () => {
      await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
      await using github = await startEventGitHub();
      using step = prepareStep({
        inputs: gateOn('retell', retell, {
          comment: 'always',
          'report-json': 'hang.json',
          'report-junit': 'report.xml',
        }),
        env: { ...env, GITHUB_API_URL: github.url },
      });
      execFileSync('mkfifo', [join(step.workspace, 'pipe')]);
      const { exitCode, outputs, log } = await step.main().ended;
      expect([exitCode, outputs['verdict'], outputs['report-json'], outputs['report-junit']]).toEqual([
        0,
        'passed',
        undefined,
        'report.xml',
      ]);
      expect(github.comments(7).length).toBe(1);
      expect(log).toMatch(
        /^::warning::The file of report-json \(hang\.json\) could not be written: the file system did not answer in time$/m,
      );
    });

    test('a baseline: it is said in the report, and the step ends', async () => {
      await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
      using step = prepareStep({ inputs: gateOn('retell', retell, { baseline: 'hang.json' }), env });
      execFileSync('mkfifo', [join(step.workspace, 'pipe')]);
      const { exitCode, summary } = await step.main().ended;
      expect(exitCode).toBe(0);
      expect(summary).toContain('could not be read in time');
    });

    test.skipIf(!HAS_SIGNALS)(
      'after a cancellation: the outputs and the summary are there before the runner kills the step',
      async () => {
        await using retell = await startRetell({ batches: [{ id: 'b1', runs: [endless] }] });
        using step = prepareStep({
          inputs: gateOn('retell', retell, { 'report-json': 'hang.json' }),
          env,
        });
        execFileSync('mkfifo', [join(step.workspace, 'pipe')]);
        const main = step.main();
        await retell.seen(({ path }) => path.endsWith('b1'));
        const cancelledAt = performance.now();
        main.process.kill('SIGTERM');
        const { exitCode, outputs, summary } = await main.ended;
        expect([exitCode, outputs['verdict']]).toEqual([1, 'cancelled']);
        expect(summary).toContain('This step was cancelled');
        expect(performance.now() - cancelledAt).toBeLessThan(10_000);
      },
    );
  });

function withoutRunner(): Record<string, undefined> {
  const runner = readFileSync(new URL('runner.ts', import.meta.url), 'utf8');
  const names = [...runner.matchAll(/^ +((?:GITHUB|RUNNER)_[A-Z_]+|CI): /gm)].map(([, name]) => name ?? '');
  expect(names).toContain('GITHUB_EVENT_PATH');
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

describe.concurrent('many batches', () => {
  const ids = Array.from({ length: 300 }, (_, index) => `b${index}`);

  test.each([
    ['passes', 0, 'passed'],
    ['passes but for one run of the last', 1, 'failed'],
  ] as const)('of 300 each %s', async (_, exitCode, verdict) => {
    const lastRun = verdict === 'failed' ? { outcome: 'failed' as const } : {};
    await using retell = await startRetell({
      batches: ids.map((id, index) => ({ id, runs: [{}, index === ids.length - 1 ? lastRun : {}] })),
    });
    const ended = await runStep({
      inputs: gateOn('retell', retell, {
        'batch-id': ids.join('\n'),
        'report-json': 'report.json',
        // Far more than it takes: on a busy machine the deadline must not decide.
        'timeout-minutes': '30',
      }),
    });
    expect(ended).toMatchObject({ exitCode, outputs: { verdict, total: '600' } });
    expect(Math.max(...retell.requests.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(4);
  });
});

describe.concurrent('RUNNER_DEBUG', () => {
  test('traces each request with status and time, without keys or bodies', async () => {
    await using bland = await startBland({
      apiKey: 'org_0123456789',
      batches: [
        {
          id: 'b1',
          runs: many(2, { name: 'Secret of the clinic', outcome: 'errored', explanation: 'Boom' }),
        },
      ],
      faults: [rateLimited()],
    });
    await using github = await startEventGitHub();
    const ended = await runStep({
      inputs: gateOn('bland', bland, {
        comment: 'always',
        'api-key': 'org_0123456789',
        annotations: 'false',
      }),
      env: { RUNNER_DEBUG: '1', GITHUB_API_URL: github.url },
    });
    expect(endingOf(ended)).toEqual(red('errored'));
    const trace = ended.log.split('\n').filter((line) => line.startsWith('::debug::'));
    const requests = [...bland.requests, ...github.requests];
    for (const { method, path } of requests) {
      const line = new RegExp(`^::debug::${method} \\S*${path} answered \\d{3} after \\d+ ms`);
      expect(trace.filter((each) => line.test(each)).length).toBeGreaterThan(0);
    }
    expect(trace.length).toBeGreaterThanOrEqual(requests.length);
    const withoutMasks = ended.log.replace(/^::add-mask::.*$/gm, '');
    expect(withoutMasks).not.toMatch(/org_0123456789|ghs_|authorization|Bearer/i);
    // The last lines of the log name the test cases that count; the trace has nothing of a body.
    expect(trace.join('\n')).not.toMatch(/Secret of the clinic|Boom/);
  });

  test('without it there is no trace', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
    const { log } = await runStep({ inputs: gateOn('retell', retell) });
    expect(log).not.toContain('::debug::');
  });
});
