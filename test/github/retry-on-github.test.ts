import { expect, test } from 'vitest';
import { GitHubError } from '../../src/github/github-error.ts';
import { retryOnGitHub } from '../../src/github/retry-on-github.ts';
import type { Deadline } from '../../src/runtime/clock.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';

const UNAVAILABLE = new GitHubError('unavailable', 'GitHub answered 502');

const limitsOn = (clock: VirtualClock, signal = new AbortController().signal) => ({
  ...{ clock, random: () => 0, until: 60_000, signal },
});
/** A task that ends when it is told to. */
const untilAborted = ({ signal }: Deadline) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

/** Runs a task that fails with these and then succeeds, and says when each try was. */
async function run(
  failures: readonly Error[],
  { until = 60_000, random = 0.5, signal = new AbortController().signal } = {},
) {
  const clock = virtualClock();
  const tries: number[] = [];
  const queue = [...failures];
  const outcome = await retryOnGitHub(
    async () => {
      tries.push(clock.now());
      const failure = queue.shift();
      if (failure !== undefined) throw failure;
      return 'done';
    },
    { clock, random: () => random, until, signal },
  ).catch((error: Error) => error.message);
  return { outcome, tries };
}

test('what may pass is tried again, with growing pauses', async () => {
  expect(await run(Array(7).fill(UNAVAILABLE))).toEqual({
    outcome: 'done',
    tries: [0, 375, 1_125, 2_625, 5_625, 9_375, 13_125, 16_875],
  });
});

test('a GitHub that is not there is given up after 20 seconds', async () => {
  const { outcome, tries } = await run(Array(99).fill(UNAVAILABLE));
  expect({ outcome, last: tries.at(-1) }).toEqual({ outcome: 'GitHub answered 502', last: 16_875 });
});

test('whoever asks us to wait is there, and the 20 seconds begin again', async () => {
  const limited = new GitHubError('rate-limited', 'GitHub answered 429', { retryAfterMs: 30_000 });
  expect(await run([UNAVAILABLE, limited, ...Array(5).fill(UNAVAILABLE)])).toEqual({
    outcome: 'done',
    tries: [0, 375, 30_375, 31_875, 34_875, 38_625, 42_375, 46_125],
  });
});

test('one request that hangs does not take the time of the next', async () => {
  const clock = virtualClock();
  const ends: number[] = [];
  const hangs = async ({ until }: Deadline) => {
    ends.push(until);
    await clock.sleep(15_000);
    throw UNAVAILABLE;
  };
  await expect(retryOnGitHub(hangs, limitsOn(clock))).rejects.toBe(UNAVAILABLE);
  expect({ ends, now: clock.now() }).toEqual({ ends: [60_000, 20_000], now: 20_000 });
});

test('the pauses of several jobs differ', async () => {
  expect((await run([UNAVAILABLE], { random: 0 })).tries).toEqual([0, 250]);
  expect((await run([UNAVAILABLE], { random: 0.99 })).tries).toEqual([0, 497.5]);
});

test('what GitHub asks for is kept to', async () => {
  const limited = new GitHubError('rate-limited', 'GitHub answered 429', { retryAfterMs: 20_000 });
  expect(await run([limited])).toEqual({ outcome: 'done', tries: [0, 20_000] });
});

test('a rate limit that does not say when it ends is waited out longer and longer, up to the end', async () => {
  const limited = new GitHubError('rate-limited', 'GitHub answered 403 (secondary rate limit)');
  expect(await run(Array(4).fill(limited), { until: 55_000 })).toEqual({
    outcome: 'done',
    tries: [0, 4_000, 12_000, 28_000, 50_000],
  });
  expect(await run(Array(5).fill(limited), { until: 55_000 })).toEqual({
    outcome: 'GitHub answered 403 (secondary rate limit)',
    tries: [0, 4_000, 12_000, 28_000, 50_000],
  });
});

test('a rate limit of 60 s in a step that has 55 s was never outlasted: it is tried once more at the end', async () => {
  const limited = new GitHubError('rate-limited', 'GitHub answered 429', { retryAfterMs: 60_000 });
  expect(await run([limited], { until: 55_000 })).toEqual({ outcome: 'done', tries: [0, 50_000] });
  expect(await run([limited, limited], { until: 55_000 })).toEqual({
    outcome: 'GitHub answered 429',
    tries: [0, 50_000],
  });
  expect(await run([limited], { until: 3_000 })).toEqual({ outcome: 'done', tries: [0, 1_500] });
});

test('a rate limit that lasts for half an hour is said at once', async () => {
  const limited = new GitHubError('rate-limited', 'GitHub answered 403', { retryAfterMs: 1_800_000 });
  expect(await run([limited])).toEqual({ outcome: 'GitHub answered 403', tries: [0] });
});

test.each(['bad-token', 'no-permission', 'denied', 'locked', 'not-found', 'too-long', 'refused'] as const)(
  '%s is final',
  async (kind) => {
    expect(await run([new GitHubError(kind, 'no')])).toEqual({ outcome: 'no', tries: [0] });
  },
);

test('a mistake of ours is not tried again', async () => {
  expect(await run([new TypeError('x is not a function')])).toEqual({
    outcome: 'x is not a function',
    tries: [0],
  });
});

test('a task that hangs is told to end when the time is over', async () => {
  const clock = virtualClock();
  await expect(retryOnGitHub(untilAborted, limitsOn(clock))).rejects.toThrow('GitHub did not answer in time');
  expect(clock.now()).toBe(60_000);
});

test('when the time is over the last real trouble is told', async () => {
  const tasks = [() => Promise.reject(UNAVAILABLE)];
  const task = (deadline: Deadline) => (tasks.pop() ?? untilAborted)(deadline);
  await expect(retryOnGitHub(task, limitsOn(virtualClock()))).rejects.toBe(UNAVAILABLE);
});

test('a task that does not listen is abandoned, whatever becomes of it', async () => {
  const stop = new AbortController();
  const late = Promise.withResolvers<string>();
  const outcome = retryOnGitHub(() => late.promise, {
    clock: virtualClock(),
    random: () => 0,
    until: Number.POSITIVE_INFINITY,
    signal: stop.signal,
  });
  stop.abort();
  await expect(outcome).rejects.toThrow('GitHub did not answer in time');
  // Vitest fails if this is not taken care of.
  late.reject(new Error('too late'));
});

test('a cancellation ends a pause and forbids another try', async () => {
  const stop = new AbortController();
  const clock = virtualClock();
  let tries = 0;
  const task = async () => {
    tries += 1;
    stop.abort();
    throw UNAVAILABLE;
  };
  const outcome = retryOnGitHub(task, limitsOn(clock, stop.signal));
  await expect(outcome).rejects.toThrow('GitHub did not answer in time');
  expect({ tries, now: clock.now() }).toEqual({ tries: 1, now: 0 });
});

test.each([
  ['the time is over', { until: 0 }],
  ['the signal has come', { signal: AbortSignal.abort() }],
])('nothing is begun when %s', async (_, limits) => {
  expect(await run([], limits)).toEqual({ outcome: 'GitHub did not answer in time', tries: [] });
});
