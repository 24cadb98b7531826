import { expect, test } from 'vitest';
import { type Base, type BaseCase, changeOf, noLongerRun } from '../../src/domain/comparison.ts';
import type { CaseOutcome, CaseResult } from '../../src/domain/test-case.ts';

const result = (id: string | undefined, outcome: CaseOutcome): CaseResult => ({
  key: `0 ${id}`,
  testCase: { id, name: `Case ${id}` },
  place: 0,
  runs: [
    {
      id: 'r',
      testCase: { id, name: `Case ${id}` },
      status: 'passed',
      assertions: [],
      criteria: [],
      turns: [],
      round: 1,
    },
  ],
  outcome,
});

const known = (outcome: CaseOutcome): BaseCase => ({ name: 'Before', outcome, passes: 1, runs: 2 });
const base = (cases: Record<string, BaseCase>): Base => ({
  branch: 'main',
  commit: 'b7e21f0',
  cases: new Map(Object.entries(cases)),
  firstRuns: undefined,
});

test.each<[CaseOutcome, CaseOutcome | undefined, string]>([
  ['failed', 'passed', 'new-failure'],
  ['errored', 'flaky', 'new-failure'],
  ['failed', 'errored', 'still-failing'],
  ['passed', 'failed', 'fixed'],
  ['flaky', 'failed', 'fixed'],
  ['flaky', 'passed', 'newly-flaky'],
  ['flaky', 'flaky', 'unchanged'],
  ['passed', 'passed', 'unchanged'],
  ['failed', undefined, 'new-test-case'],
  ['passed', undefined, 'new-test-case'],
])('%s here and %s on the base: %s', (here, there, change) => {
  expect(changeOf(result('c', here), base(there === undefined ? {} : { c: known(there) }))).toBe(change);
});

test('nothing is said of a test case without an id, or without a base', () => {
  expect(changeOf(result(undefined, 'failed'), base({}))).toBeUndefined();
  expect(changeOf(result('c', 'failed'), undefined)).toBeUndefined();
});

test('what the base ran and this step did not', () => {
  expect(noLongerRun([result('c', 'passed')], base({ c: known('passed'), d: known('failed') }))).toEqual([
    known('failed'),
  ]);
  expect(noLongerRun([result('c', 'passed')], undefined)).toEqual([]);
});
