import { describe, expect, test } from 'vitest';
import type { WatchedBatch } from '../../src/domain/batch.ts';
import { EVERY_RUN } from '../../src/domain/pass-rule.ts';
import type { RunStatus } from '../../src/domain/run.ts';
import {
  type CaseOutcome,
  decisiveRun,
  findPassedBesideFailures,
  firstPassRate,
  groupRunsByTestCase,
  outcomeOf,
  tally,
} from '../../src/domain/test-case.ts';
import { placed, runOf, watched } from '../builders.ts';

const grouped = (batches: readonly WatchedBatch[]) =>
  groupRunsByTestCase(batches).map((one) => [one.key, one.outcome, one.runs.map(({ id }) => id).join(' ')]);

describe('what runs are grouped by', () => {
  test('the id of the test case, and not its name', () => {
    const runs = [runOf('c1', 'passed', 'r1'), runOf('c2', 'passed', 'r2'), runOf('c1', 'failed', 'r3')];
    expect(grouped([watched('b', runs)])).toEqual([
      ['0 c1', 'failed', 'r1 r3'],
      ['0 c2', 'passed', 'r2'],
    ]);
  });

  test('a run without a test case id is a test case of its own, also beside one whose test case has the id of the run', () => {
    const runs = [
      runOf(undefined, 'passed', 'r1'),
      runOf(undefined, 'failed', 'r2'),
      runOf('r1', 'passed', 'r3'),
    ];
    expect(grouped([watched('b', runs)])).toEqual([
      ['0 run r1', 'passed', 'r1'],
      ['0 run r2', 'failed', 'r2'],
      ['0 r1', 'passed', 'r3'],
    ]);
  });

  test('an empty id is no id', () => {
    expect(grouped([watched('b', [runOf('', 'passed', 'r1'), runOf('', 'failed', 'r2')])])).toEqual([
      ['0 run r1', 'passed', 'r1'],
      ['0 run r2', 'failed', 'r2'],
    ]);
  });

  test('the same test case in two batches is two', () => {
    expect(
      grouped([watched('b1', [runOf('c', 'passed', 'r1')]), watched('b2', [runOf('c', 'failed', 'r2')])]),
    ).toEqual([
      ['0 c', 'passed', 'r1'],
      ['1 c', 'failed', 'r2'],
    ]);
  });
});

test.each<[CaseOutcome, RunStatus[]]>([
  ['passed', ['passed']],
  ['passed', ['passed', 'passed']],
  ['failed', ['passed', 'failed']],
  ['failed', ['errored', 'failed', 'cancelled', 'pending']],
  ['errored', ['passed', 'errored', 'cancelled']],
  ['cancelled', ['cancelled', 'pending', 'passed']],
  ['unfinished', ['passed', 'pending']],
  ['unfinished', []],
])('%s: %j', (expected, statuses) => {
  const runs = statuses.map((status, index) => ({
    ...runOf('c', status, `r${index}`),
    round: 1,
    batchId: 'b',
  }));
  expect(outcomeOf(runs, { rule: EVERY_RUN })).toBe(expected);
});

test('the decisive run is the first that made the outcome what it is', () => {
  const [result] = groupRunsByTestCase([
    watched('b', [runOf('c', 'passed', 'r1'), runOf('c', 'failed', 'r2'), runOf('c', 'failed', 'r3')]),
  ]);
  expect(result && decisiveRun(result).id).toBe('r2');
});

describe('counts', () => {
  test('of test cases, and of announced runs that nobody listed', () => {
    const runs = [runOf('c1', 'passed', 'r1'), runOf('c1', 'failed', 'r2'), runOf('c2', 'passed', 'r3')];
    expect(tally([watched('b', runs, { announced: { total: 5 } })])).toEqual({
      total: 4,
      passed: 1,
      flaky: 0,
      failed: 1,
      errored: 0,
      cancelled: 0,
      unfinished: 2,
      tolerated: 0,
    });
  });

  test("of the provider's own counters while the runs were not read", () => {
    const announced = { total: 9, passed: 3, failed: 1, cancelled: 2 };
    expect(
      tally(placed([{ id: 'b', batch: { id: 'b', settled: false, announced } }, { id: 'not read yet' }])),
    ).toEqual({
      total: 9,
      passed: 3,
      flaky: 0,
      failed: 1,
      errored: 0,
      cancelled: 2,
      unfinished: 3,
      tolerated: 0,
    });
  });
});

test('batches that run the same test cases in parallel are counted once', () => {
  const unread = (id: string): WatchedBatch => ({
    ...{ id, round: 1, batchIndex: 0 },
    batch: { id, settled: false, announced: { total: 4, passed: 1 } },
  });
  const { total, passed, unfinished } = tally([unread('b1'), unread('b2'), unread('b3')]);
  expect([total, passed, unfinished]).toEqual([4, 1, 3]);
});

test("the first-run pass rate has Wilson's interval", () => {
  expect(firstPassRate(7, 12)).toEqual({
    rate: expect.closeTo(0.5833, 4),
    low: expect.closeTo(0.3195, 4),
    high: expect.closeTo(0.8067, 4),
  });
  expect(firstPassRate(0, 0)).toBeUndefined();
});

test('of each test case with a failure, the first run that passed is compared, one with its conversation before others', () => {
  const runs = [
    runOf('c1', 'failed', 'r1'),
    runOf('c2', 'passed', 'r2'),
    runOf('c3', 'passed', 'r3'),
    runOf('c1', 'passed', 'r4'),
    runOf('c1', 'passed', 'r5'),
    runOf('c3', 'errored', 'r6'),
    runOf(undefined, 'failed', 'r7'),
    runOf(undefined, 'passed', 'r8'),
    runOf('c4', 'pending', 'r9'),
    runOf('c4', 'passed', 'r10'),
  ];
  expect(findPassedBesideFailures(runs)).toEqual(new Set(['r4', 'r3']));
  const withTurns = runs.map((run) =>
    run.id === 'r5' ? { ...run, turns: [{ kind: 'transition' as const, to: 'end' }] } : run,
  );
  expect(findPassedBesideFailures(withTurns)).toEqual(new Set(['r5', 'r3']));
});
