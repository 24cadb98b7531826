import pLimit from 'p-limit';
import { describe, expect, test } from 'vitest';
import { startBland } from '../emulators/bland.ts';
import { type Fault, rateLimited } from '../emulators/faults.ts';
import type { GitHubEmulator } from '../emulators/github.ts';
import { startRetell } from '../emulators/retell.ts';
import { readSample } from '../emulators/samples.ts';
import type { Emulator, FaultRule } from '../emulators/server.ts';
import { endingOf, endless, gateOn, headingOf, red, startEventGitHub } from './bad-day.ts';
import { type Ended, HAS_SIGNALS, prepareStep, type Started } from './runner.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const hang: Fault = { kind: 'hang', when: 'before' };
const hangAt =
  (path: RegExp): FaultRule =>
  (request) =>
    path.test(request.path) ? hang : undefined;

interface Moment {
  readonly name: string;
  readonly provider: 'retell' | 'bland';
  start(): Promise<Emulator>;
  readonly inputs?: Record<string, string>;
  /** Resolves when the moment has come. */
  reached(emulator: Emulator, started: Started): Promise<unknown>;
  readonly verdict: 'cancelled' | 'failed';
  /** What the summary says in any case. */
  readonly says: RegExp;
}

const GOES_ON = /was cancelled.+b1 keeps running/s;
const unfinished = { id: 'b1', runs: [{}, endless], settlesAt: Number.POSITIVE_INFINITY };

const MOMENTS: readonly Moment[] = [
  {
    name: 'in the middle of a body',
    provider: 'bland',
    start: () => startBland({ batches: [unfinished], faults: () => ({ kind: 'hang', when: 'middle' }) }),
    reached: (bland) => bland.seen(() => true),
    verdict: 'cancelled',
    says: GOES_ON,
  },
  {
    name: 'between two looks, after a run has failed',
    provider: 'bland',
    start: () => startBland({ batches: [{ ...unfinished, runs: [{ outcome: 'failed' }, endless] }] }),
    inputs: { 'poll-interval-seconds': '60' },
    reached: (_, started) => started.line(/1 of 2 test cases finished/),
    verdict: 'failed',
    says: GOES_ON,
  },
  {
    name: 'while Retry-After is obeyed',
    provider: 'retell',
    start: () => startRetell({ batches: [unfinished], faults: () => rateLimited('20') }),
    reached: (_, started) => started.line(/::debug::.+ failed \(1 in a row\)/),
    verdict: 'cancelled',
    says: GOES_ON,
  },
  {
    name: 'while details of a failed run are read',
    provider: 'bland',
    start: () =>
      startBland({
        batches: [{ id: 'b1', runs: [{}, { outcome: 'failed' }] }],
        faults: hangAt(/\/runs\//),
      }),
    reached: (bland) => bland.seen(({ path }) => path.includes('/runs/')),
    verdict: 'failed',
    says: /was cancelled/,
  },
  {
    name: 'in the last look, after the deadline',
    provider: 'retell',
    start: () => startRetell({ batches: [unfinished], faults: () => hang }),
    // Enough for the first look to begin on a busy machine. It hangs until the deadline.
    inputs: { 'timeout-minutes': '0.1' },
    reached: (retell) => retell.seen(({ nth }) => nth === 2),
    verdict: 'cancelled',
    says: GOES_ON,
  },
];

const PUBLISHING = [
  { name: 'searched', method: 'GET', nth: 1 },
  { name: 'written', method: 'POST', nth: 1 },
] as const;

/** GitHub hangs from the `nth` request of this method on, whatever it is. Resolves when it has begun to. */
function hangFrom(github: GitHubEmulator, { method, nth }: { method: string; nth: number }): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = 0;
  const when = (request: { method: string }): boolean => {
    if (request.method === method) seen += 1;
    if (seen >= nth) resolve();
    return seen >= nth;
  };
  github.fail({ fault: hang, times: Number.POSITIVE_INFINITY, when });
  return promise;
}

/** Sends the signal and waits for the end. */
function end(started: Started, signal: NodeJS.Signals): Promise<Ended> {
  started.process.kill(signal);
  return started.ended;
}

/** The two signals have one handler, so each moment is tried with one of them. */
const SIGNALLED = MOMENTS.map((moment, index) => ({ ...moment, signal: SIGNALS[index % 2] ?? 'SIGINT' }));

describe.skipIf(!HAS_SIGNALS).concurrent('a signal', () => {
  test.each(SIGNALLED)(
    '$signal $name',
    async ({ provider, start, inputs, reached, verdict, says, signal }) => {
      await using emulator = await start();
      using step = prepareStep({ inputs: gateOn(provider, emulator, inputs), env: { RUNNER_DEBUG: '1' } });
      const started = step.main();
      await reached(emulator, started);
      const ended = await end(started, signal);
      expect(endingOf(ended)).toEqual(red(verdict));
      expect(ended.summary).toMatch(says);
    },
  );

  test('a second one ends everything at once, before there is a verdict', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
    await using github = await startEventGitHub();
    const hanging = hangFrom(github, { method: 'GET', nth: 1 });
    using step = prepareStep({
      inputs: gateOn('retell', retell, { comment: 'always' }),
      env: { GITHUB_API_URL: github.url },
    });
    const started = step.main();
    await hanging;
    started.process.kill('SIGINT');
    const { exitCode, signal, log } = await end(started, 'SIGTERM');
    expect({ exitCode, signal }).toEqual({ exitCode: 1, signal: null });
    expect(log).toContain('This step was cancelled');
    // After the first signal alone, GitHub is waited for and the verdict is logged.
    expect(log).not.toContain('Verdict:');
  });
});

describe.skipIf(!HAS_SIGNALS).concurrent('a signal while publishing', () => {
  test.each(PUBLISHING)('while the comment is $name and GitHub hangs', async ({ method, nth }) => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
    await using github = await startEventGitHub();
    const hanging = hangFrom(github, { method, nth });
    using step = prepareStep({
      inputs: gateOn('retell', retell, { comment: 'always' }),
      env: { GITHUB_API_URL: github.url },
    });
    const started = step.main();
    await hanging;
    const ended = await end(started, 'SIGINT');
    expect(endingOf(ended)).toEqual(red('cancelled'));
    expect(ended.summary).toMatch(/was cancelled/);
  });
});

test
  .skipIf(!HAS_SIGNALS)
  .concurrent(
    'a signal at each moment, with lines of the log or a request: never green before the verdict is out everywhere',
    async () => {
      const { events } = await signalAt(Number.POSITIVE_INFINITY);

      const fewAtOnce = pLimit(6);
      const ends = await Promise.all(
        Array.from({ length: events }, (_, index) => fewAtOnce(() => signalAt(index + 1))),
      );
      expect(ends.filter(isGreenTooEarly)).toEqual([]);
      let doubtful = ends.filter(isUnclear);
      // Where the machine gave the step too little time to say everything, it says it when nothing else runs here.
      for (let tries = 0; doubtful.length > 0 && tries < 3; tries += 1) {
        const again: typeof ends = [];
        for (const { event } of doubtful) again.push(await signalAt(event));
        expect(again.filter(isGreenTooEarly)).toEqual([]);
        doubtful = again.filter(isUnclear);
      }
      expect(doubtful).toEqual([]);
      // At the latest with each request to Retell, of which there are three.
      expect(ends.filter(({ verdict }) => verdict === 'cancelled').length).toBeGreaterThanOrEqual(3);
    },
  );

/** The `event`th moment at which lines of the log come or a request to anybody is the moment of the signal. */
async function signalAt(event: number) {
  let events = 0;
  let isSameMoment = false;
  let kill = (): unknown => undefined;
  const count = (): undefined => {
    if (isSameMoment) return;
    isSameMoment = true;
    setImmediate(() => {
      isSameMoment = false;
    });
    events += 1;
    if (events === event) kill();
  };
  await using retell = await startRetell({
    batches: [
      {
        id: recordedBatch.test_case_batch_job_id,
        looks: [{ ...recordedBatch, status: 'in_progress' }, recordedBatch],
        listings: [readSample('retell__list-test-runs-v2__all-pass')],
      },
    ],
    faults: count,
  });
  await using github = await startEventGitHub();
  github.fail({ fault: hang, when: () => count() ?? false });
  using step = prepareStep({
    inputs: gateOn('retell', retell, {
      comment: 'always',
      'batch-id': recordedBatch.test_case_batch_job_id,
    }),
    env: { GITHUB_API_URL: github.url },
    onLine: count,
  });
  const started = step.main();
  kill = () => started.process.kill('SIGINT');
  const ended = await started.ended;
  const texts = [ended.summary, ...github.comments(7).map(({ body }) => body)];
  return {
    ...endingOf(ended),
    event,
    events,
    headings: texts.map(headingOf),
  };
}
const recordedBatch = readSample<{ test_case_batch_job_id: string }>(
  'retell__get-batch-test__complete-all-pass',
);

type Ending = Awaited<ReturnType<typeof signalAt>>;

const sayAll = ({ headings }: Ending, pattern: RegExp) => headings.every((heading) => pattern.test(heading));

/** However little time there was: the step succeeds only where everything says that it passed. */
const isGreenTooEarly = (ended: Ending): boolean =>
  ended.exitCode === 0 && !(ended.verdict === 'passed' && sayAll(ended, /: all \d+ passed/));

/** Neither that it was cancelled is said everywhere, nor that it passed; nor did it end before anything was begun. */
function isUnclear(ended: Ending): boolean {
  const { exitCode, verdict, headings } = ended;
  // Before the action listens the signal ends the process in the system's way: nothing was begun by then.
  const isUnborn = exitCode === null && headings.join('') === '';
  const isCancelled = exitCode === 1 && verdict === 'cancelled' && sayAll(ended, /: cancelled/);
  // After the verdict it changes nothing, but may still cut the process's own end short.
  const isTooLate = exitCode !== 1 && verdict === 'passed' && sayAll(ended, /: all \d+ passed/);
  return !(isUnborn || isCancelled || isTooLate);
}
