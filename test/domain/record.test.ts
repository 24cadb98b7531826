import { describe, expect, test } from 'vitest';
import type { Base, BaseCase } from '../../src/domain/comparison.ts';
import {
  baseOf,
  type GateRecord,
  historyOf,
  type RecordInput,
  recordOf,
  withEarlierPushes,
} from '../../src/domain/record.ts';
import type { CaseOutcome, CaseResult } from '../../src/domain/test-case.ts';
import { resultOf } from '../builders.ts';

const COUNTS = { total: 4, passed: 2, flaky: 1, failed: 1, errored: 1, cancelled: 0, unfinished: 0 };

const gate = (cases: readonly CaseResult[], more: Partial<RecordInput> = {}): RecordInput => ({
  cases,
  tally: { ...COUNTS, tolerated: 0 },
  verdict: 'failed',
  commit: 'c3',
  attempt: 1,
  base: undefined,
  branch: 'main',
  ...more,
});

const base = (cases: Base['cases'], more: Partial<Base> = {}): Base => ({
  branch: 'main',
  commit: 'b7e21f0',
  cases,
  firstRuns: { passes: 9, total: 10 },
  ...more,
});

const known = (outcome: CaseOutcome, passes: number, runs: number) => ({
  name: 'Before',
  outcome,
  passes,
  runs,
});

describe('the record of a gate', () => {
  test('has each test case with its runs, and the push with those that counted', () => {
    const cases = [
      resultOf('a', 'passed'),
      resultOf('b', 'flaky', { script: 'FPP' }),
      resultOf('c', 'failed', { script: 'FC' }),
      resultOf('d', 'errored', { script: 'E' }),
      resultOf(undefined, 'failed', { script: 'F' }),
      { ...resultOf('q', 'failed', { script: 'F' }), isExcusedByComparison: true },
    ];
    expect(recordOf(gate(cases, { target: 'agent/a1' }))).toEqual({
      target: 'agent/a1',
      branch: 'main',
      cases: new Map([
        ['a', { name: 'Case a', outcome: 'passed', passes: 1, runs: 1 }],
        ['b', { name: 'Case b', outcome: 'flaky', passes: 2, runs: 3 }],
        ['c', { name: 'Case c', outcome: 'failed', passes: 0, runs: 1 }],
        ['d', { name: 'Case d', outcome: 'errored', passes: 0, runs: 1 }],
        ['q', { name: 'Case q', outcome: 'failed', passes: 0, runs: 1 }],
      ]),
      firstRuns: { passes: 1, total: 6 },
      pushes: [
        { commit: 'c3', attempt: 1, verdict: 'failed', failureCount: 2, total: 4, failedCaseIds: ['c', 'd'] },
      ],
    });
  });

  test('adds its runs to those of the base, and drops what the base ran and this gate did not', () => {
    const before = base(
      new Map([
        ['a', known('failed', 7, 9)],
        ['gone', known('passed', 4, 4)],
      ]),
    );
    const record = recordOf(gate([resultOf('a', 'passed')], { base: before, verdict: 'passed' }));
    expect([...record.cases]).toEqual([['a', { name: 'Case a', outcome: 'passed', passes: 8, runs: 10 }]]);
    expect(record.firstRuns).toEqual({ passes: 10, total: 11 });
  });

  test('a gate that was cut short takes nothing away from what is known', () => {
    const before = base(
      new Map([
        ['a', known('failed', 7, 9)],
        ['b', known('passed', 4, 4)],
      ]),
    );
    const cases = [resultOf('a', 'unfinished', { script: '.' })];
    const record = recordOf(gate(cases, { base: before, verdict: 'timed-out' }));
    expect([...record.cases]).toEqual([
      ['a', known('failed', 7, 9)],
      ['b', known('passed', 4, 4)],
    ]);
  });

  test('two base branches are not mixed, nor a file that the user keeps', () => {
    const before = base(new Map([['a', known('failed', 7, 9)]]), { branch: 'release' });
    const record = recordOf(gate([resultOf('a', 'passed')], { base: before }));
    expect(record.cases.get('a')).toEqual({ name: 'Case a', outcome: 'passed', passes: 1, runs: 1 });
    expect(record.firstRuns).toEqual({ passes: 1, total: 1 });
  });

  test('above 50 runs both counts are halved', () => {
    const before = base(new Map([['a', known('passed', 46, 50)]]));
    const record = recordOf(gate([resultOf('a', 'passed')], { base: before }));
    expect(record.cases.get('a')).toEqual({ name: 'Case a', outcome: 'passed', passes: 23, runs: 25 });
  });

  test('a test case in two batches is the worse of both, with the runs of both', () => {
    const cases = [resultOf('a', 'failed', { script: 'F' }), resultOf('a', 'passed', { place: 1 })];
    expect(recordOf(gate(cases)).cases.get('a')).toMatchObject({ outcome: 'failed', passes: 1, runs: 2 });
    expect(recordOf(gate(cases.toReversed())).cases.get('a')).toMatchObject({ outcome: 'failed', runs: 2 });
  });

  test('without a commit it is no push that could be told from others', () => {
    expect(recordOf(gate([], { commit: undefined })).pushes).toEqual([]);
  });
});

const push = (commit: string, failedCaseIds?: string[], attempt = 1) => ({
  ...{ commit, attempt, verdict: 'failed', failureCount: 1, total: 4, failedCaseIds },
});
const having = (...pushes: GateRecord['pushes']): GateRecord => ({
  cases: new Map(),
  firstRuns: { passes: 0, total: 0 },
  pushes,
});

describe('the history', () => {
  test('three pushes in a row', () => {
    const two = withEarlierPushes(having(push('c2', ['a', 'b'])), having(push('c1', ['a'])));
    const three = withEarlierPushes(having(push('c3', ['b'])), two);
    expect(three.pushes.map(({ commit }) => commit)).toEqual(['c1', 'c2', 'c3']);
    expect(historyOf(three, 'c3')).toEqual({
      pushes: [
        { commit: 'c1', attempt: 1, verdict: 'failed', failureCount: 1, total: 4 },
        { commit: 'c2', attempt: 1, verdict: 'failed', failureCount: 1, total: 4 },
      ],
      failedPushIndices: new Map([
        ['a', [0, 1]],
        ['b', [1]],
      ]),
    });
  });

  test('has the revisions of the last push, and not those of an earlier attempt on this commit', () => {
    const cases = new Map<string, BaseCase>([
      ['a', { ...known('passed', 1, 1), revision: 5_000 }],
      ['b', known('failed', 0, 1)],
    ]);
    const record = { ...having(push('c1', []), push('c2', [])), cases };
    expect(historyOf(record, 'c3')?.revisions).toEqual(new Map([['a', 5_000]]));
    expect(historyOf(record, 'c2')?.revisions).toBeUndefined();
  });

  test('a new attempt of the same commit replaces its push', () => {
    const again = withEarlierPushes(having(push('c2', [], 2)), having(push('c1', ['a']), push('c2', ['a'])));
    expect(again.pushes).toEqual([push('c1', ['a']), push('c2', [], 2)]);
  });

  test('keeps the last 20 pushes', () => {
    const many = Array.from({ length: 20 }, (_, index) => push(`c${index}`));
    const record = withEarlierPushes(having(push('new')), having(...many));
    expect(record.pushes.length).toBe(20);
    expect([record.pushes[0]?.commit, record.pushes.at(-1)?.commit]).toEqual(['c1', 'new']);
  });

  test('begins where it is known which test cases were bad, so that "first failed" is not claimed wrongly', () => {
    const record = having(push('c1', ['a']), push('c2'), push('c3', ['b']));
    expect(historyOf(record, 'c4')?.pushes.map(({ commit }) => commit)).toEqual(['c3']);
    expect(historyOf(having(push('c1')), 'c4')).toBeUndefined();
  });

  test('of the first push is empty', () => {
    expect(historyOf(having(push('c1', [])), 'c1')).toBeUndefined();
  });
});

test('a record as the base of a later pull request', () => {
  const record = recordOf(gate([resultOf('a', 'passed')]));
  expect(baseOf(record, { branch: 'main', commit: 'm1' })).toEqual({
    branch: 'main',
    commit: 'm1',
    cases: new Map([['a', { name: 'Case a', outcome: 'passed', passes: 1, runs: 1 }]]),
    firstRuns: { passes: 1, total: 1 },
  });
});
