import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { composeComment } from '../../src/comment/codec.ts';
import type { Fault } from '../emulators/faults.ts';
import type { GitHubRequest } from '../emulators/github.ts';
import { startRetell } from '../emulators/retell.ts';
import { endingOf, endless, gateOn, green, headingOf, red, startEventGitHub } from './bad-day.ts';
import { type Ended, HAS_SIGNALS, prepareStep, type Step } from './runner.ts';

const unfinished = { id: 'b1', runs: [{}, endless], settlesAt: Number.POSITIVE_INFINITY };
const COMMENT_WAITS = /::debug::PATCH .+ answered 200/;
/** What the workflow run before left on the pull request. */
const OLDER_COMMENT = composeComment({ name: 'Agent tests (Retell)', sections: [] });

/** A step that gates on `b1` and comments. `older`: the pull request has a comment of an older run. */
async function setUp(
  batch: { id: string; runs: readonly object[] } = unfinished,
  { older = false, env = {} }: { older?: boolean; env?: Record<string, string | undefined> } = {},
) {
  const retell = await startRetell({ batches: [batch] });
  const github = await startEventGitHub();
  if (older) github.plant(7, { login: 'github-actions[bot]', type: 'Bot', body: OLDER_COMMENT });
  const step = prepareStep({
    inputs: gateOn('retell', retell, { comment: 'always' }),
    env: { GITHUB_API_URL: github.url, RUNNER_DEBUG: '1', NODE_OPTIONS: MISTAKES, ...env },
  });
  return {
    retell,
    github,
    step,
    headings: () => github.comments(7).map(({ body }) => headingOf(body)),
    async [Symbol.asyncDispose]() {
      step.remove();
      await Promise.all([retell.close(), github.close()]);
    },
  };
}

/** Runs a script in the process of the action before the action itself. */
const importing = (script: string): string => `--import=data:text/javascript,${encodeURIComponent(script)}`;

/** JSON with a field `mistake` throws as soon as its `status` is read: something that nothing in the action expects. */
const MISTAKES = importing(`
  const { parse } = JSON;
  JSON.parse = (...all) => {
    const json = parse(...all);
    const get = () => { throw new Error('a slip of the pen'); };
    return json?.mistake === true ? Object.defineProperty(json, 'status', { get }) : json;
  };
`);
const mistake: Fault = { kind: 'rewrite', change: (body) => ({ ...(body as object), mistake: true }) };

const WAITING = expect.stringMatching(/⏳.+waiting/);
const CANCELLED = expect.stringMatching(/🚫.+cancelled/);

describe.skipIf(!HAS_SIGNALS).concurrent('cancelled', () => {
  test('while the comment waits: it names the commit, and then says that it was cancelled and the batch goes on', async () => {
    await using scene = await setUp(unfinished, { older: true });
    const { step, github, headings } = scene;
    const started = step.main();
    await started.line(COMMENT_WAITS);
    expect(headings()).toEqual([WAITING]);
    expect(github.comments(7)[0]?.body).toContain('8d3c1f0');
    started.process.kill('SIGTERM');
    const ended = await started.ended;
    expect(endingOf(ended)).toEqual(red('cancelled'));
    expect(headings()).toEqual([CANCELLED]);
    for (const text of [ended.summary, github.comments(7)[0]?.body]) expect(text).toMatch(/b1 keeps running/);

    const before = github.comments(7);
    expect((await step.post().ended).exitCode).toBe(0);
    expect(github.comments(7)).toEqual(before);
  });

  test('after the comment said "passed", while GitHub hangs: the post step corrects it', async () => {
    await using scene = await setUp({ id: 'b1', runs: [{}] });
    const { step, github, headings } = scene;
    let hangs = true;
    const { promise: written, resolve } = Promise.withResolvers<void>();
    github.fail({
      fault: { kind: 'hang', when: 'before' },
      times: Number.POSITIVE_INFINITY,
      when: () => {
        const isWritten = github.comments(7).length > 0;
        if (isWritten) resolve();
        return hangs && isWritten;
      },
    });
    const started = step.main();
    await written;
    started.process.kill('SIGINT');
    expect(endingOf(await started.ended)).toEqual(red('cancelled'));
    hangs = false;
    expect((await step.post().ended).exitCode).toBe(0);
    expect(headings()).toEqual([CANCELLED]);
  });
});

describe.concurrent('killed, and then the post step', () => {
  test('and GitHub refuses the token: a warning, and no red step', async () => {
    await using scene = await setUp(unfinished, { older: true });
    const { step, github } = scene;
    const started = step.main();
    await started.line(COMMENT_WAITS);
    started.process.kill('SIGKILL');
    await started.ended;
    github.fail({ fault: { kind: 'answer', status: 401 }, times: Number.POSITIVE_INFINITY });
    const post = await step.post().ended;
    expect(post.exitCode).toBe(0);
    expect(post.log).toMatch(/^::warning::.+could not be written/m);
    expect(post.summary).toMatch(/stopped before it reached a verdict\. Retell may still be running b1\./);
  });

  test('2 of 3 finished, 1 failed: comment and summary still say so', async ({ expect }) => {
    const batch = { ...unfinished, runs: [{}, { outcome: 'failed', name: 'Quotes a price' }, endless] };
    await using scene = await setUp(batch, { older: true });
    const { step, github, headings } = scene;
    const started = step.main();
    await started.line(COMMENT_WAITS);
    await expect
      .poll(() => rememberedFiles(step).some((file) => readFileSync(file, 'utf8').includes('"failed":1')), {
        timeout: 60_000,
      })
      .toBe(true);
    started.process.kill('SIGKILL');
    await started.ended;
    expect(headings()).toEqual([WAITING]);
    const { exitCode, summary } = await step.post().ended;
    expect(exitCode).toBe(0);
    for (const text of [summary, github.comments(7)[0]?.body]) {
      expect(text).toContain('## ❌ Agent tests (Retell): 1 of 3 failed, 1 unfinished');
      expect(text).not.toMatch(/waiting|no test cases seen|no runs seen|never read/i);
    }
  });

  test('before there was a comment: none is made, and what the step left for the post step is private and goes', async ({
    expect,
  }) => {
    await using scene = await setUp();
    const { step, headings } = scene;
    const started = step.main();
    await started.line(/1 of 2 test cases finished/);
    await expect.poll(() => rememberedFiles(step).length, { timeout: 60_000 }).toBeGreaterThan(0);
    const modes = rememberedFiles(step).map((file) => (statSync(file).mode & 0o777).toString(8));
    started.process.kill('SIGKILL');
    await started.ended;
    const post = await step.post().ended;
    expect({ modes: new Set(modes), left: rememberedFiles(step) }).toEqual({
      modes: new Set(['600']),
      left: [],
    });
    expect(post.exitCode).toBe(0);
    expect(post.summary).toMatch(/stopped before it reached a verdict\. Retell may still be running b1\./);
    expect(headings()).toEqual([]);
  });

  test('without RUNNER_TEMP nothing is written anywhere', async () => {
    await using scene = await setUp({ id: 'b1', runs: [{}] }, { env: { RUNNER_TEMP: undefined } });
    const { step } = scene;
    const files = () => readdirSync(tmpdir()).filter((name) => /^agent-test-gate-.*\.json/.test(name));
    const before = files();
    expect(endingOf(await step.main().ended)).toEqual(green);
    expect(files()).toEqual(before);
  });

  test('a comment that is made after the kill, and that the list does not show at once, is corrected', async ({
    expect,
  }) => {
    await using scene = await setUp({ id: 'b1', runs: [{}] });
    const { step, github, headings } = scene;
    const arrived = Promise.withResolvers<void>();
    const made = Promise.withResolvers<void>();
    const when = ({ method }: GitHubRequest): boolean => {
      if (method === 'POST') arrived.resolve();
      return method === 'POST';
    };
    github.fail({ fault: { kind: 'hold', until: made.promise }, when });
    const started = step.main();
    await arrived.promise;
    started.process.kill('SIGKILL');
    await started.ended;
    const post = step.post();
    const before = github.requests.length;
    await expect.poll(() => github.requests.length, { timeout: 60_000 }).toBeGreaterThan(before);
    made.resolve();
    expect((await post.ended).log).toMatch(
      /^Looking for at most \d s for a comment that may still appear\.$/m,
    );
    expect(headings()).toEqual([CANCELLED]);
  });
});

describe.concurrent('a mistake of ours', () => {
  test('is red and reported, with its stack for the debug mode only, and leaves no comment that waits', async () => {
    await using scene = await setUp(unfinished, { older: true });
    const { step, retell, headings } = scene;
    const started = step.main();
    await started.line(COMMENT_WAITS);
    retell.fail(mistake);
    const ended = await started.ended;
    expect(endingOf(ended)).toEqual(red('inconclusive'));
    expectReportOf(ended, 'a slip of the pen');
    expect((await step.post().ended).exitCode).toBe(0);
    expect(headings()).not.toEqual([WAITING]);
  });

  test('in a promise of somebody else is red at once and told in the log; the post step reports that the step was stopped', async () => {
    await using retell = await startRetell({ batches: [unfinished] });
    const script = 'setTimeout(() => Promise.reject(new Error("a slip of the pen")), 400);';
    using step = prepareStep({
      inputs: gateOn('retell', retell),
      // The post step runs in the same environment.
      env: {
        NODE_OPTIONS: importing(`if (!process.argv[1]?.endsWith('post.js')) ${script}`),
        RUNNER_DEBUG: '1',
      },
    });
    const { exitCode, log } = await step.main().ended;
    expect(exitCode).toBe(1);
    expect(log).toMatch(/^::error::The action itself failed \(a slip of the pen\)\. Please report this/m);
    expect(log).toMatch(/^::debug:: *at /m);
    expect((await step.post().ended).summary).toContain('The step was stopped before it reached a verdict.');
  });
});

describe.concurrent('the post step never fails', () => {
  test('after a green step: that stays, whatever happened to what it left, and of two comments of ours one goes', async () => {
    await using scene = await setUp({ id: 'b1', runs: [{}] });
    const { step, github, headings } = scene;
    expect(endingOf(await step.main().ended)).toEqual(green);
    const [comment] = github.comments(7);
    const commentPath = `/repos/acme/voice-agents/issues/comments/${comment?.id}`;
    const files = rememberedFiles(step);
    expect(files.length).toBeGreaterThan(0);
    const spoilings = [
      () => undefined,
      (file: string) => rmSync(file, { force: true }),
      (file: string) => writeFileSync(file, '{"section":'),
      (file: string) => writeFileSync(file, '[1]'),
    ];
    for (const [index, spoil] of spoilings.entries()) {
      files.forEach(spoil);
      const before = github.calls().length;
      expect((await step.post().ended).exitCode).toBe(0);
      expect(github.comments(7)).toEqual([comment]);
      // A job that shares nothing: no comment of another job is waited for.
      const calls = ['GET /repos/acme/voice-agents/issues/7/comments', `GET ${commentPath}`];
      if (index === 0) expect(github.calls().slice(before)).toEqual(calls);
    }

    github.plant(7, { login: 'github-actions[bot]', type: 'Bot', body: comment?.body ?? '' });
    expect((await step.post().ended).exitCode).toBe(0);
    expect(headings()).toEqual([expect.stringContaining('✅')]);
  });

  // The runner starts it only after the step, which was killed before it listened to signals.
  test('when the step never began: the summary says so, and no comment is made', async () => {
    await using scene = await setUp();
    const { exitCode, summary } = await scene.step.post().ended;
    expect(exitCode).toBe(0);
    expect(summary).toContain('The step was stopped before it reached a verdict.');
    expect(scene.github.comments(7)).toEqual([]);
  });

  test('after wrong inputs', async () => {
    await using github = await startEventGitHub();
    using step = prepareStep({
      inputs: { provider: 'retell', 'api-key': '', 'batch-id': '' },
      env: { GITHUB_API_URL: github.url },
    });
    expect((await step.main().ended).exitCode).toBe(1);
    const post = await step.post().ended;
    expect(post).toMatchObject({ exitCode: 0, summary: '' });
    expect(post.log).not.toMatch(/::error|^\s*at /m);
  });
});

/** What the step wrote into `RUNNER_TEMP`. */
function rememberedFiles({ workspace }: Step): string[] {
  const folder = dirname(workspace);
  return readdirSync(folder)
    .filter((name) => name.startsWith('agent-test-gate-'))
    .map((name) => join(folder, name));
}

/** The mistake is in log and summary; its stack is in the lines for the debug mode only. */
function expectReportOf({ log, summary }: Ended, mistake: string): void {
  expect(summary).toContain(mistake);
  const [debug, rest] = partition(log.split('\n'), (line) => line.startsWith('::debug::'));
  expect(rest.join('\n')).toContain(mistake);
  expect(debug.join('\n')).toMatch(/^::debug::\s*at /m);
  expect(rest.join('\n')).not.toMatch(/^\s*at /m);
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
