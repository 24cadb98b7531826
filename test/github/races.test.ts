import { describe, expect, test } from 'vitest';
import { createStickyComment, type StickyComment } from '../../src/github/sticky-comment.ts';
import { findSection, type OwnSection, type WorkflowRun } from '../../src/shared-comment/merge.ts';
import { virtualClock } from '../virtual-clock.ts';
import { seeded, type VirtualGitHub, virtualGitHub } from './virtual-github.ts';

const NAME = 'Agent tests (Retell)';
const RUN: WorkflowRun = {
  workflow: 'acme/voice-agents/.github/workflows/test.yml',
  id: 9001,
  number: 12,
  attempt: 1,
};
const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);
const LEGS = ['a', 'b', 'c', 'd', 'e'];

function section(key: string, state: 'waiting' | 'passed'): OwnSection {
  const tally = {
    total: 1,
    passed: 0,
    failed: 0,
    errored: 0,
    cancelled: 0,
    unfinished: 0,
    flaky: 0,
    tolerated: 0,
  };
  tally[state === 'passed' ? 'passed' : 'unfinished'] = 1;
  return { key, state, tally, label: `batch ${key}`, render: () => `Report of ${key}: ${state}.` };
}

/** Jobs with nothing in common but the comment, and a GitHub that takes up to 1.5 s each way. */
function jobsOf(seed: number, run = RUN) {
  const clock = virtualClock();
  const chance = seeded(seed);
  const github = virtualGitHub({ clock, latencyMs: () => chance() * 1_500 });
  const limits = () => ({ until: clock.now() + 60_000, signal: new AbortController().signal, create: true });
  const job = (workflowRun = run): StickyComment =>
    createStickyComment({
      client: github.client,
      issue: 1,
      writer: { name: NAME, run: workflowRun },
      clock,
      random: chance,
    });
  return { clock, chance, github, job, limits };
}

const statesIn = (github: VirtualGitHub, run = RUN) =>
  github
    .comments(1)
    .map(({ body }) => LEGS.map((key) => findSection(body, key, { name: NAME, run })?.markdown));

const ALL_PASSED = [LEGS.map((key) => `Report of ${key}: passed.`)];

test('however slow GitHub is, it is looked at once more in the time there is', async () => {
  const clock = virtualClock();
  const github = virtualGitHub({ clock, latencyMs: () => 7_000 });
  const comment = createStickyComment({
    client: github.client,
    issue: 1,
    writer: { name: NAME, run: RUN },
    clock,
    random: () => 0.9,
  });
  const limits = { until: 60_000, signal: new AbortController().signal, create: true };
  expect(await comment.write(section('a', 'passed'), limits)).toMatchObject({ status: 'created' });
  expect({ calls: github.calls.map((call) => call.split(' ')[0]), now: clock.now() }).toEqual({
    calls: ['GET', 'POST', 'GET'],
    now: 58_000,
  });
});

describe.each(SEEDS)('with seed %i', (seed) => {
  test('five jobs that write for the first time at the same moment make one comment of five sections', async () => {
    const { github, job, limits } = jobsOf(seed);
    const results = await Promise.all(LEGS.map((key) => job().write(section(key, 'passed'), limits())));
    expect(results.filter(({ status }) => status !== 'created' && status !== 'updated')).toEqual([]);
    expect(statesIn(github)).toEqual(ALL_PASSED);
  });

  test('so do five jobs over the comment of an older run', async () => {
    const { github, job, limits } = jobsOf(seed);
    await job({ ...RUN, id: 8001, number: 11 }).write(section('old', 'passed'), limits());
    await Promise.all(LEGS.map((key) => job().write(section(key, 'passed'), limits())));
    expect(statesIn(github)).toEqual(ALL_PASSED);
  });

  test('no job stays waiting when all end within moments of each other', async () => {
    const { clock, chance, github, job, limits } = jobsOf(seed);
    await Promise.all(
      LEGS.map(async (key) => {
        const comment = job();
        await comment.write(section(key, 'waiting'), limits());
        await clock.sleep(chance() * 2_000);
        await comment.write(section(key, 'passed'), limits());
      }),
    );
    expect(statesIn(github)).toEqual(ALL_PASSED);
  });

  test('an older run that ends last, and one of its jobs that starts late, change nothing', async () => {
    const { github, job, limits } = jobsOf(seed);
    const old = { ...RUN, id: 8001, number: 11 };
    const slow = job(old);
    await slow.write(section('a', 'waiting'), limits());
    const fresh = LEGS.map((key) => job().write(section(key, 'passed'), limits()));
    const stale = [
      slow.write(section('a', 'passed'), limits()),
      job(old).write(section('b', 'passed'), limits()),
    ];
    await Promise.all([...fresh, ...stale]);
    expect(statesIn(github)).toEqual(ALL_PASSED);
  });
});
