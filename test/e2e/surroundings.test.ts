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

interface Oddity {
  readonly oddity: string;
  readonly env?: NonNullable<StepOptions['env']>;
  readonly inputs?: Readonly<Record<string, string>>;
  /** What the warnings of the step name, each of them once. */
  readonly warnings?: readonly RegExp[];
  /** The comments on the pull request after the step and its post step. Default 1. */
  readonly comments?: number;
  readonly outcome?: Outcome;
}

/** Relative paths begin in the workspace, where `file` is a file, `folder` a folder, `pipe` a pipe and `broken.json` no JSON. */
async function gateIn({ env, inputs, outcome = 'passed' }: Oddity) {
  await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}, { outcome }] }] });
  await using github = await startEventGitHub();
  using step = prepareStep({
    inputs: gateOn('retell', retell, { comment: 'always', ...inputs }),
    env: { GITHUB_API_URL: github.url, ...env },
  });
  mkdirSync(join(step.workspace, 'folder'));
  writeFileSync(join(step.workspace, 'file'), 'something');
  writeFileSync(join(step.workspace, 'broken.json'), '{"pull_request":');
  if (Object.values(inputs ?? {}).includes('pipe')) execFileSync('mkfifo', [join(step.workspace, 'pipe')]);
  const { exitCode, log } = await step.main().ended;
  const post = await step.post().ended;
  const warnings = log.split('\n').filter((line) => line.startsWith('::warning::'));
  return { exitCode, log, warnings, post, comments: github.comments(7).length };
}

describe.concurrent('something is wrong on the runner: a warning at most, and the verdict stands', () => {
  const [summary, outputs] = [/The job summary/, /The outputs/];
  const [nowhere, folder] = [
    {
      GITHUB_STEP_SUMMARY: 'nowhere/summary',
      GITHUB_OUTPUT: 'nowhere/output',
      GITHUB_STATE: 'nowhere/state',
    },
    { GITHUB_STEP_SUMMARY: 'folder', GITHUB_OUTPUT: 'folder', GITHUB_STATE: 'folder' },
  ];
  const notRegular: Oddity[] = [
    {
      oddity:
        'report files that are a pipe which nobody reads, a device, in a place that is not for us, and in a folder that cannot be made',
      inputs: {
        'report-json': 'pipe',
        'report-junit': '/dev/null',
        'report-ctrf': '/proc/report.json',
        'report-html': '/proc/nope/report.html',
      },
      warnings: [
        /report-json \(pipe\) could not be written: it is not a regular file$/,
        /report-junit \(\/dev\/null\) could not be written: it is not a regular file$/,
        /report-ctrf/,
        /report-html/,
      ],
    },
    { oddity: 'a baseline that is a pipe which nobody writes', inputs: { baseline: 'pipe' } },
  ];
  const oddities: Oddity[] = [
    {
      oddity: 'no place for summary, outputs, state and temporary files',
      env: {
        ...{ GITHUB_STEP_SUMMARY: undefined, GITHUB_OUTPUT: undefined },
        ...{ GITHUB_STATE: undefined, RUNNER_TEMP: undefined },
      },
    },
    {
      oddity: 'files and folders that are not there',
      env: { ...nowhere, RUNNER_TEMP: 'nowhere' },
      inputs: { 'report-json': 'report.json' },
      warnings: [summary, outputs, /The output comment-url could/, /The output report-json could/],
    },
    { oddity: 'folders in place of files', env: folder, warnings: [summary, outputs] },
    // The other events that cannot be read: test/github/context.test.ts.
    {
      oddity: 'an event file that is not JSON, and no numbers of the run',
      env: {
        ...{ GITHUB_EVENT_PATH: 'broken.json', GITHUB_RUN_ID: undefined },
        ...{ GITHUB_RUN_NUMBER: 'x', GITHUB_RUN_ATTEMPT: '' },
      },
    },
    { oddity: 'a repository that is none', env: { GITHUB_REPOSITORY: 'acme' }, comments: 0 },
    { oddity: 'an address of GitHub that is none', env: { GITHUB_API_URL: 'github' }, comments: 0 },
    {
      oddity: 'report files below a file and in place of a folder',
      inputs: { 'report-json': 'file/report.json', 'report-junit': 'folder' },
      warnings: [/report-json \(file\/report\.json\)/, /report-junit \(folder\)/],
    },
    ...(HAS_PIPES ? notRegular : []),
  ];

  test.each(oddities)('$oddity', async (oddity) => {
    const { exitCode, log, post, warnings, comments } = await gateIn(oddity);
    expect([exitCode, post.exitCode]).toEqual([0, 0]);
    expect(log).toContain('Verdict: passed.');
    expect(comments).toBe(oddity.comments ?? 1);
    for (const name of oddity.warnings ?? []) {
      expect(warnings.filter((line) => name.test(line)).length).toBe(1);
    }
    expect(warnings.filter((line) => /The comment could/.test(line))).toEqual([]);
  });

  test('all of it at once, and a run that failed', async () => {
    const env = Object.assign({}, ...oddities.map((oddity) => oddity.env ?? {}));
    const { exitCode, log, post } = await gateIn({
      ...{ oddity: 'all', env, inputs: { 'report-json': 'folder' }, outcome: 'failed' },
    });
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
    expect(ended.log.match(/^::warning::.*$/gm)).toEqual([expect.stringContaining('The job summary')]);
    expect(ended.log).not.toContain('::debug::');
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
      'after a cancellation: the outputs and the summary are there, and the step ends',
      async () => {
        await using retell = await startRetell({ batches: [{ id: 'b1', runs: [endless] }] });
        using step = prepareStep({
          inputs: gateOn('retell', retell, { 'report-json': 'hang.json' }),
          env,
        });
        execFileSync('mkfifo', [join(step.workspace, 'pipe')]);
        const main = step.main();
        await retell.seen(({ path }) => path.endsWith('b1'));
        main.process.kill('SIGTERM');
        const { exitCode, outputs, summary } = await main.ended;
        expect([exitCode, outputs['verdict']]).toEqual([1, 'cancelled']);
        expect(summary).toContain('This step was cancelled');
      },
    );
  });

function withoutRunner(): Record<string, undefined> {
  const runner = readFileSync(new URL('runner.ts', import.meta.url), 'utf8');
  const names = [...runner.matchAll(/^ +((?:GITHUB|RUNNER)_[A-Z_]+|CI): /gm)].map(([, name]) => name ?? '');
  expect(names).toContain('GITHUB_EVENT_PATH');
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

test.concurrent('of 300 batches one run of the last failed: red, with four requests at once at most', async () => {
  const ids = Array.from({ length: 300 }, (_, index) => `b${index}`);
  const lastRun = { outcome: 'failed' as const };
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
  expect(ended).toMatchObject({ exitCode: 1, outputs: { verdict: 'failed', total: '600', failed: '1' } });
  expect(Math.max(...retell.requests.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(4);
});

test.concurrent('RUNNER_DEBUG traces each request with status and time, without keys or bodies', async () => {
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
