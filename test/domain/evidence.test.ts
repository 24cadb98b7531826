import { describe, expect, test } from 'vitest';
import type { WatchedBatch } from '../../src/domain/batch.ts';
import { findRepeatedRuns, foreignRuns } from '../../src/domain/evidence.ts';
import { judge } from '../../src/domain/judge.ts';
import { EVERY_RUN, type PassRule } from '../../src/domain/pass-rule.ts';
import type { Run } from '../../src/domain/run.ts';
import { groupRunsByTestCase, tally } from '../../src/domain/test-case.ts';
import { placed, run, runOf, watched } from '../builders.ts';
import { judgeByEveryRun } from '../judge-by-every-run.ts';

const REPEAT: PassRule = { kind: 'repeat', need: 2, of: 3 };

const judged = (batches: readonly WatchedBatch[], rule: PassRule = EVERY_RUN) => {
  const facts = { batches, ending: 'settled', providerTitle: 'Retell', timeoutMinutes: 30, now: 0 } as const;
  const cases = groupRunsByTestCase(batches, { rule });
  const { verdict, reason } = judge({ ...facts, cases });
  return { verdict, reason, cases: cases.map((result) => [result.testCase.id, result.outcome]) };
};

/** A batch that this step started with these test cases. */
const started = (
  id: string,
  requestedTestCases: readonly string[],
  runs: readonly Run[],
  more: Partial<WatchedBatch> = {},
): WatchedBatch => ({ ...watched(id, runs), requestedTestCases, ...more });

describe('only what was asked for counts', () => {
  test('a first round that lists test cases nobody asked for was green', () => {
    const batch = started('b1', ['a'], [runOf('a', 'passed'), runOf('x', 'passed'), runOf('y', 'failed')]);
    expect(judged([batch])).toEqual({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: it ran what was not asked for: Case x, Case y.',
      cases: [['a', 'passed']],
    });
  });

  test('stray passes in re-runs of other test cases turned three failures into flaky', () => {
    const rule: PassRule = { kind: 'reruns', need: 3, of: 5 };
    const failed = ['b1', 'b2', 'b3'].map((id, index) =>
      started(id, ['a'], [runOf('a', 'failed', `${id} a`)], { batchIndex: 0, round: index + 1 }),
    );
    const strays = ['b4', 'b5', 'b6'].map((id) =>
      started(id, ['b'], [runOf('b', 'passed', `${id} b`), runOf('a', 'passed', `${id} a`)], {
        batchIndex: 0,
        round: 4,
      }),
    );
    expect(judged([...failed, ...strays], rule)).toMatchObject({
      verdict: 'failed',
      cases: [
        ['a', 'failed'],
        ['b', 'passed'],
      ],
    });
  });

  test('a test case that ran twice although it was asked for once counts once, with its worst run', () => {
    const runs = [runOf('a', 'passed', 'r1'), runOf('a', 'failed', 'r2'), runOf('a', 'passed', 'r3')];
    expect(judged([started('b1', ['a'], runs)])).toMatchObject({
      verdict: 'failed',
      cases: [['a', 'failed']],
    });
    const passed = [runOf('a', 'passed', 'r1'), runOf('a', 'passed', 'r2')];
    expect(judged([started('b1', ['a'], passed)])).toEqual({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: it ran more often than asked for: Case a.',
      cases: [['a', 'passed']],
    });
  });

  test('a run that names no test case is shown and proves nothing', () => {
    const batch = started('b1', ['a'], [runOf('a', 'passed', 'r1'), runOf(undefined, 'passed', 'r2')]);
    expect(judged([batch])).toEqual({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: 1 of its runs names no test case.',
      cases: [
        ['a', 'passed'],
        [undefined, 'unfinished'],
      ],
    });
  });

  test('the first three that were not asked for are named', () => {
    const runs = ['a', 'v', 'w', 'x', 'y'].map((id) => runOf(id, 'passed'));
    expect(foreignRuns(started('b1', ['a'], runs), new Set())).toEqual([
      'it ran what was not asked for: Case v, Case w, Case x and 1 more',
    ]);
  });
});

describe('one run counts once in a step', () => {
  test('the same run in a first batch and in a re-run counted twice', () => {
    const same = (id: string, round: number) =>
      started(id, ['a'], [runOf('a', 'passed', 'r1')], { batchIndex: 0, round });
    expect(judged([same('b1', 1), same('b2', 1)], REPEAT)).toEqual({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: run r1 stands more than once in this step.',
      cases: [['a', 'unfinished']],
    });
  });

  test('capitals make no other run', () => {
    const batches = [watched('b1', [run('passed', 'abc')]), watched('b2', [run('passed', 'ABC')])];
    expect(findRepeatedRuns(batches)).toEqual(new Set(['abc']));
    expect(judged(batches).verdict).toBe('inconclusive');
  });

  test('a run of the comparison that stands in the first round as well does not count in either', () => {
    const first = watched('b1', [runOf('a', 'failed', 'r1'), runOf('b', 'passed', 'r2')]);
    const otherBatches = [watched('c1', [runOf('a', 'failed', 'r1')])];
    expect(
      groupRunsByTestCase([first], { rule: EVERY_RUN, otherBatches }).map((result) => result.outcome),
    ).toEqual(['unfinished', 'passed']);
    const facts = { batches: [first], ending: 'settled', providerTitle: 'Retell', now: 0 } as const;
    expect(judgeByEveryRun({ ...facts, timeoutMinutes: 30, otherBatches })).toMatchObject({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: run r1 stands more than once in this step.',
    });
  });
});

test('a batch of which nothing says what it tests is shown, and never green', () => {
  const doubt = "the answer to its start was lost, and Bland's lists do not say what it tests";
  const batch = (status: 'passed' | 'failed') =>
    started('b1', ['a'], [runOf('a', status)], { isAdopted: true, doubt });
  expect(judged([batch('passed')])).toEqual({
    verdict: 'inconclusive',
    reason: `Batch b1 may not test what was asked for: ${doubt}.`,
    cases: [['a', 'passed']],
  });
  expect(judged([batch('failed')]).verdict).toBe('failed');
});

describe('runs of two revisions of a test case', () => {
  const at = (revision: number | undefined, status: 'passed' | 'failed', id: string): Run => ({
    ...runOf('a', status, id),
    testCase: { id: 'a', name: 'Case a', revision },
  });
  const rounds = (...runs: readonly Run[]) =>
    runs.map((each, index) => started(`b${index}`, ['a'], [each], { batchIndex: 0, round: index + 1 }));
  const RERUNS: PassRule = { kind: 'reruns', need: 2, of: 3 };

  test('a test case that was edited between its runs was flaky', () => {
    const batches = rounds(at(1, 'failed', 'r1'), at(2, 'passed', 'r2'), at(2, 'passed', 'r3'));
    expect(judged(batches, RERUNS)).toEqual({
      verdict: 'inconclusive',
      reason: '1 test case was edited while it was tested: Case a.',
      cases: [['a', 'unfinished']],
    });
  });

  test('what did not pass stays what it is', () => {
    const batches = rounds(at(1, 'failed', 'r1'), at(2, 'failed', 'r2'));
    expect(judged(batches, RERUNS)).toMatchObject({ verdict: 'failed', cases: [['a', 'failed']] });
  });

  test('where a run does not tell its revision nothing is known of an edit', () => {
    const batches = rounds(at(1, 'failed', 'r1'), at(undefined, 'passed', 'r2'), at(1, 'passed', 'r3'));
    expect(judged(batches, RERUNS)).toMatchObject({ verdict: 'passed', cases: [['a', 'flaky']] });
  });
});

test('a run that passed although nothing was evaluated was green', () => {
  const unproven = { kind: 'not-evaluated', why: 'none of its evaluations ran' } as const;
  const runs = [runOf('a', 'passed'), { ...runOf('b', 'pending'), unproven }];
  // The provider may count it as passed or not.
  for (const passed of [undefined, 1, 2]) {
    expect(judged([watched('b1', runs, { announced: { total: 2, passed } })])).toEqual({
      verdict: 'inconclusive',
      reason: 'Nothing was evaluated in 1 test case (none of its evaluations ran): Case b.',
      cases: [
        ['a', 'passed'],
        ['b', 'unfinished'],
      ],
    });
  }
  expect(judged([watched('b1', runs, { announced: { total: 2, passed: 0 } })])).toMatchObject({
    verdict: 'inconclusive',
    reason: 'Batch b1 is inconsistent: the provider counts 0 passed and lists 1.',
  });
});

describe('test cases without a run', () => {
  const requestedTestCases = ['a', 'b', 'c', 'd', 'e', 'f'];
  const batch = started('b1', requestedTestCases, [runOf('a', 'passed')]);

  test('are named: the first three and how many more', () => {
    const caseNames = new Map([['b', 'Angry caller']]);
    const facts = { batches: [batch], ending: 'settled', providerTitle: 'Retell', now: 0 } as const;
    expect(judgeByEveryRun({ ...facts, timeoutMinutes: 30, caseNames }).reason).toBe(
      '5 of 6 test cases that batch b1 was started with have no run: Angry caller, c, d and 2 more.',
    );
  });

  test('count as unfinished, also where the batch was never read', () => {
    expect(tally([batch])).toMatchObject({ total: 6, passed: 1, unfinished: 5 });
    expect(tally(placed([{ id: 'b1', requestedTestCases }]))).toMatchObject({ total: 6, unfinished: 6 });
  });
});
