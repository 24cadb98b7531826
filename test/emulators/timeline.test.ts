import { describe, expect, test } from 'vitest';
import { type BatchScript, type Moment, many, momentsOf } from './timeline.ts';

/** Two runs, one after the other; the second fails. */
const script: BatchScript = {
  id: 'batch',
  runs: [
    { startsAt: 1000, endsAt: 3000 },
    { startsAt: 3000, endsAt: 5000, outcome: 'failed' },
  ],
};

const at = (changes: Partial<BatchScript>, elapsed: number): Moment =>
  momentsOf({ ...script, ...changes })(elapsed);

const counts = (passed: number, failed: number) => ({ total: 2, passed, failed, errored: 0 });

describe('a batch moves with its runs', () => {
  test.each([
    [0, 'pending', ['pending', 'pending'], counts(0, 0), 0],
    [999, 'pending', ['pending', 'pending'], counts(0, 0), 0],
    [1000, 'running', ['running', 'pending'], counts(0, 0), 1000],
    [3000, 'running', ['ended', 'running'], counts(1, 0), 3000],
    [4999, 'running', ['ended', 'running'], counts(1, 0), 3000],
    [5000, 'ended', ['ended', 'ended'], counts(1, 1), 5000],
    [1e9, 'ended', ['ended', 'ended'], counts(1, 1), 5000],
  ])('after %d ms it is %s', (elapsed, phase, phases, expected, changedAt) => {
    const runs = phases.map((each, index) => ({ index, phase: each }));
    expect(at({}, elapsed)).toEqual({ phase, runs, counts: expected, changedAt });
  });
});

describe('a batch that does not move with its runs', () => {
  test.each<[string, Partial<BatchScript>, number, Partial<Moment>]>([
    ['settles before its last run', { settlesAt: 4000 }, 4000, { phase: 'ended', counts: counts(1, 0) }],
    [
      'settles long after its last run',
      { settlesAt: 60_000 },
      59_999,
      { phase: 'running', counts: counts(1, 1) },
    ],
    ['never settles', { settlesAt: Infinity }, 1e9, { phase: 'running', counts: counts(1, 1) }],
    [
      'counts late',
      { counts: { lagMs: 2000 } },
      6999,
      { phase: 'ended', counts: counts(1, 0), changedAt: 5000 },
    ],
    [
      'has counted in the end',
      { counts: { lagMs: 2000 } },
      7000,
      { phase: 'ended', counts: counts(1, 1), changedAt: 7000 },
    ],
    [
      'counts nothing before it settles',
      { counts: 'at-end' },
      4999,
      { phase: 'running', counts: counts(0, 0) },
    ],
    [
      'counts everything once it settles',
      { counts: 'at-end' },
      5000,
      { phase: 'ended', counts: counts(1, 1) },
    ],
    [
      'announces what is not so',
      { announce: { total: 3, passed: 2 } },
      5000,
      { counts: { total: 3, passed: 2, failed: 1, errored: 0 } },
    ],
    [
      'has no runs',
      { runs: [] },
      0,
      { phase: 'ended', runs: [], counts: { total: 0, passed: 0, failed: 0, errored: 0 } },
    ],
  ])('one that %s', (_, changes, elapsed, expected) => {
    expect(at(changes, elapsed)).toMatchObject(expected);
  });

  test('one that lists a run late, after the others', () => {
    const late = momentsOf({ id: 'batch', runs: [{ listedAt: 9000 }, {}] });

    expect(late(8999)).toMatchObject({
      phase: 'ended',
      runs: [{ index: 1 }],
      counts: { total: 2, passed: 2 },
    });
    expect(late(9000).runs.map(({ index }) => index)).toEqual([1, 0]);
  });
});

test('a run that errored or was cancelled is counted as neither passed nor failed', () => {
  const runs = many(4, (index) => ({
    outcome: (['passed', 'failed', 'errored', 'cancelled'] as const)[index]!,
  }));

  expect(momentsOf({ id: 'batch', runs })(0).counts).toEqual({ total: 4, passed: 1, failed: 1, errored: 1 });
});

test('nothing new is made between two changes, and time may go back', () => {
  const moments = momentsOf(script);
  const first = moments(1000);

  expect(moments(2999)).toBe(first);
  expect(moments(3000)).not.toBe(first);
  expect(moments(1500)).toEqual(first);
});

test('many runs are alike, or each is as it is told', () => {
  expect(many(2, { outcome: 'errored' })).toEqual([{ outcome: 'errored' }, { outcome: 'errored' }]);
  expect(many(2, (index) => ({ endsAt: index * 10 }))).toEqual([{ endsAt: 0 }, { endsAt: 10 }]);
  expect(many(10_000)).toHaveLength(10_000);
});
