import { describe, expect, test } from 'vitest';
import type { PassRule } from '../../src/domain/pass-rule.ts';
import { attachQuarantine } from '../../src/domain/quarantine.ts';
import type { BatchStarter, StartResponse } from '../../src/providers/starter.ts';
import { quarantining, runOf } from '../builders.ts';
import { play, type Story, SUBJECT } from './played-rounds.ts';

const execute = (scripts: Readonly<Record<string, string>>, story: Story = {}) =>
  play(scripts, { rule: { kind: 'reruns', need: 3, of: 5 }, ...story });

describe('re-runs', () => {
  test('only what did not pass is run again, as often as must happen anyway, and never twice in a batch', async () => {
    const { posts, outcomes, started, remarks, known } = await execute({
      a: 'P',
      b: 'FPPP',
      c: 'FFF',
      d: 'E',
    });
    expect(posts).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd'],
      ['b', 'c', 'd'],
      ['b', 'd'],
    ]);
    expect(outcomes).toEqual({ a: 'passed', b: 'flaky', c: 'failed', d: 'flaky' });
    expect(started).toEqual({ runs: 12, reruns: 8 });
    expect([known.length, remarks]).toEqual([4, []]);
  });

  test('the places of given batches are kept', async () => {
    const { outcomes, posts, started } = await execute({ a: 'P', b: 'FPPP' }, { given: true });
    expect(posts).toEqual([['b'], ['b'], ['b']]);
    expect(outcomes).toEqual({ a: 'passed', b: 'flaky' });
    expect(started).toEqual({ runs: 3, reruns: 3 });
  });

  test('a quarantined test case is not run again', async () => {
    const { posts } = await execute(
      { a: 'F', b: 'P' },
      { attachQuarantine: async (cases) => attachQuarantine(cases, quarantining('a')) },
    );
    expect(posts).toEqual([['a', 'b']]);
  });

  test('a cancelled run is not repeated', async () => {
    const { posts, outcomes } = await execute({ a: 'C', b: 'P' });
    expect(posts).toEqual([['a', 'b']]);
    expect(outcomes).toEqual({ a: 'cancelled', b: 'passed' });
  });

  test('more than 5 and more than 30 % that did not pass are no flakiness', async () => {
    const many = (failing: number, of: number) =>
      Object.fromEntries(
        Array.from({ length: of }, (_, index) => [`c${index}`, index < failing ? 'F' : 'P']),
      );
    const broad = await execute(many(6, 19));
    expect(broad.posts.length).toBe(1);
    expect(broad.remarks).toEqual([
      'Nothing was run again: 6 of 19 test cases did not pass in the first round, which is too many for flakiness.',
    ]);
    expect((await execute(many(6, 20))).posts.length).toBeGreaterThan(1);
    expect((await execute(many(5, 5))).posts.length).toBeGreaterThan(1);
  });

  test('a first round of more than max-runs is not started', async () => {
    const { posts, startProblem } = await execute({ a: 'P', b: 'P' }, { maxRuns: 1 });
    expect([posts, startProblem]).toEqual([
      [],
      'test-cases selects 2 runs, and max-runs allows 1: select fewer, or raise max-runs.',
    ]);
  });

  test('more than max-runs are not started, and what was seen stands', async () => {
    const { posts, outcomes, remarks } = await execute({ a: 'FPPP', b: 'P' }, { maxRuns: 3 });
    expect(posts).toEqual([['a', 'b']]);
    expect(outcomes).toEqual({ a: 'failed', b: 'passed' });
    expect(remarks).toEqual([
      '1 test case was not run again: that takes 2 more runs, and max-runs allows 3 in all.',
    ]);
  });
});

describe('repeat', () => {
  const rule: PassRule = { kind: 'repeat', need: 3, of: 5 };

  test('the first round starts in parallel what must happen anyway, and counts every run', async () => {
    const { posts, outcomes, started } = await execute({ a: 'PPP', b: 'PFPP', c: 'FFF' }, { rule });
    expect(posts).toEqual([['a', 'b', 'c'], ['a', 'b', 'c'], ['a', 'b', 'c'], ['b']]);
    expect(outcomes).toEqual({ a: 'passed', b: 'flaky', c: 'failed' });
    expect(started).toEqual({ runs: 10, reruns: 1 });
  });

  test('passes that are too few for the rule, since a start was refused, are no pass', async () => {
    const refused: StartResponse = { kind: 'refused', problem: 'POST x answered 402.' };
    const { outcomes, startProblem } = await execute(
      { a: 'PPP' },
      { rule, posted: (nth) => (nth === 3 ? refused : undefined) },
    );
    expect(outcomes).toEqual({ a: 'unfinished' });
    expect(startProblem).toBe('POST x answered 402.');
  });
});

describe('a round that cannot be started or read', () => {
  test('a refused re-run changes nothing', async () => {
    const refused: StartResponse = { kind: 'refused', problem: 'POST x answered 402.' };
    const { outcomes, remarks, startProblem } = await execute(
      { a: 'FPPP', b: 'P' },
      { posted: (nth) => (nth === 3 ? refused : undefined) },
    );
    expect(outcomes).toEqual({ a: 'failed', b: 'passed' });
    expect(remarks).toEqual(['Not every test case could be run again: POST x answered 402.']);
    expect(startProblem).toBeUndefined();
  });

  test('a re-run of which nobody knows is not sent again, and ends the rounds', async () => {
    const lost: StartResponse = { kind: 'unknown', problem: 'POST x failed: ECONNRESET.', at: 0 };
    const { outcomes, posts, startProblem } = await execute(
      { a: 'FPPP', b: 'P' },
      { posted: (nth) => (nth === 2 ? lost : undefined) },
    );
    expect(posts.length).toBe(2);
    expect(outcomes).toEqual({ a: 'failed', b: 'passed' });
    expect(startProblem).toMatch(/^POST x failed: ECONNRESET\. A batch may have been started at /);
  });

  test('a first round of which nobody knows: nothing else is started', async () => {
    const lost: StartResponse = { kind: 'unknown', problem: 'POST x failed: ECONNRESET.', at: 0 };
    const { posts, batches, startProblem } = await execute(
      { a: 'P', b: 'P' },
      { starter: { batchSize: 1 }, posted: () => lost },
    );
    expect([posts, batches]).toEqual([[['a']], []]);
    expect(startProblem).toMatch(/may have been started/);
  });

  test('a re-run that cannot be read leaves the failure', async () => {
    const { outcomes, batches } = await execute(
      { a: 'FPPP' },
      { watched: (nth) => (nth > 1 ? { batch: undefined, problem: 'GET x answered 500.' } : {}) },
    );
    expect(outcomes).toEqual({ a: 'failed' });
    expect(batches.filter(({ problem }) => problem !== undefined).length).toBe(2);
  });
});

test('where the time is over before a re-run, what is undecided is unfinished', async () => {
  const { outcomes, ending, posts } = await execute({ a: 'FPPP', b: 'P' }, { given: true, isOver: true });
  expect([outcomes, ending, posts]).toEqual([{ a: 'unfinished', b: 'passed' }, 'deadline', []]);
});

test('more than a batch takes becomes several, which are judged as one', async () => {
  const { posts, outcomes } = await execute({ a: 'P', b: 'P', c: 'FPPP' }, { starter: { batchSize: 2 } });
  expect(posts).toEqual([['a', 'b'], ['c'], ['c'], ['c'], ['c']]);
  expect(outcomes).toEqual({ a: 'passed', b: 'passed', c: 'flaky' });
});

describe('what went wrong once', () => {
  test('a re-run that was answered with an old batch counted its runs twice', async () => {
    const { outcomes, remarks, startProblem, started } = await execute(
      { a: 'FPPP' },
      { posted: (nth) => (nth === 3 ? { kind: 'accepted', value: { id: 'started-2' } } : undefined) },
    );
    expect(outcomes).toEqual({ a: 'failed' });
    expect(startProblem).toMatch(
      /^Retell answered the start with batch started-2, which was there before\. A batch may have been started at /,
    );
    expect(remarks).toEqual([`Not every test case could be run again: ${startProblem}`]);
    expect(started).toEqual({ runs: 3, reruns: 2 });
  });

  test('a re-run that ended without its run was started again until the deadline', async () => {
    const { posts, outcomes } = await execute({ a: 'F' }, { says: (nth) => (nth > 1 ? { runs: [] } : {}) });
    expect([posts, outcomes]).toEqual([[['a'], ['a'], ['a']], { a: 'failed' }]);
  });

  test('a test case without an id was named in every round, and its runs counted against max-runs', async () => {
    const nameless = { ...runOf('x', 'failed'), testCase: { id: undefined, name: 'Nameless' } };
    const { remarks, outcomes, posts } = await execute(
      { b: 'FPPP' },
      { given: true, maxRuns: 3, says: (nth, runs) => (nth === 1 ? { runs: [...runs, nameless] } : {}) },
    );
    expect(remarks).toEqual(['1 test case could not be run again: the provider gives no id.']);
    expect(posts).toEqual([['b'], ['b'], ['b']]);
    expect(outcomes).toEqual({ b: 'flaky', undefined: 'failed' });
  });

  test('what a given batch tested was asked, and refused, in every round', async () => {
    const asked: string[] = [];
    const resolveTested: BatchStarter['resolveTested'] = ({ id }) => {
      asked.push(id);
      return { kind: 'refused', problem: 'A custom LLM cannot be tested again.' };
    };
    const { remarks } = await execute({ a: 'FPPP', b: 'P' }, { given: true, starter: { resolveTested } });
    expect([asked, remarks]).toEqual([
      ['given-1'],
      ['1 test case could not be run again: A custom LLM cannot be tested again.'],
    ]);
  });

  test('what a given batch tested is asked once for all rounds', async () => {
    const asked: string[] = [];
    const resolveTested: BatchStarter['resolveTested'] = ({ id }) => {
      asked.push(id);
      return SUBJECT;
    };
    const { posts } = await execute({ a: 'FPPP' }, { given: true, starter: { resolveTested } });
    expect([posts.length, asked]).toEqual([3, ['given-1']]);
  });

  test('a round that max-runs does not allow was called unfinished where the time was over as well', async () => {
    const { outcomes, ending } = await execute({ a: 'F' }, { given: true, isOver: true, maxRuns: 1 });
    expect([outcomes, ending]).toEqual([{ a: 'failed' }, 'settled']);
  });
});

test('which test cases are not run again is asked with all of the first round', async () => {
  const asked: number[] = [];
  await execute(
    { a: 'F', b: 'P', c: 'FFF' },
    {
      given: true,
      attachQuarantine: async (cases) => {
        asked.push(cases.length);
        return attachQuarantine(cases, quarantining('a'));
      },
    },
  );
  expect(new Set(asked)).toEqual(new Set([3]));
});
