import { expect, test } from 'vitest';
import {
  type Base,
  type BaseCase,
  changeOf,
  countNewFailures,
  findRemovedCases,
} from '../../src/domain/comparison.ts';
import type { CaseOutcome } from '../../src/domain/test-case.ts';
import { resultOf } from '../builders.ts';

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
  expect(changeOf(resultOf('c', here), base(there === undefined ? {} : { c: known(there) }))).toBe(change);
});

test('nothing is said of a test case without an id, or without a base', () => {
  expect(changeOf(resultOf(undefined, 'failed'), base({}))).toBeUndefined();
  expect(changeOf(resultOf('c', 'failed'), undefined)).toBeUndefined();
});

test('what the base ran and this step did not', () => {
  expect(
    findRemovedCases([resultOf('c', 'passed')], base({ c: known('passed'), d: known('failed') })),
  ).toEqual([known('failed')]);
  expect(findRemovedCases([resultOf('c', 'passed')], undefined)).toEqual([]);
});

test('a test case of which only its passing is known, and one that may have been there', () => {
  const passedOnlyIds = { has: (id: string) => id === 'd' };
  expect(changeOf(resultOf('d', 'failed'), { ...base({}), passedOnlyIds })).toBe('new-failure');
  expect(changeOf(resultOf('d', 'passed'), { ...base({}), passedOnlyIds })).toBe('unchanged');
  expect(changeOf(resultOf('e', 'failed'), { ...base({}), passedOnlyIds })).toBe('new-test-case');
  expect(changeOf(resultOf('e', 'failed'), { ...base({}), passedOnlyIds, isPartial: true })).toBeUndefined();
});

test('new failures are those that count and are known to pass on the base', () => {
  const cases = [
    resultOf('new', 'failed'),
    resultOf('errors', 'errored'),
    resultOf('old', 'failed'),
    resultOf('unknown', 'failed'),
    resultOf('waits', 'unfinished'),
    resultOf('fine', 'passed'),
    { ...resultOf('excused', 'failed'), isExcusedByComparison: true },
  ];
  const passing = ['new', 'errors', 'waits', 'fine', 'excused'].map((id) => [id, known('passed')]);
  const there = base({ ...Object.fromEntries(passing), old: known('failed') });
  expect(countNewFailures(cases, there)).toBe(2);
  expect(countNewFailures([], there)).toBe(0);
  expect(countNewFailures(cases, undefined)).toBeUndefined();
});
