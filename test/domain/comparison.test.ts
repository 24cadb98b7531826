import { describe, expect, test } from 'vitest';
import {
  type Base,
  type BaseCase,
  changeOf,
  classifyFailure,
  countNewFailures,
  type Edit,
  editOf,
  findRemovedCases,
  type History,
} from '../../src/domain/comparison.ts';
import type { RoundRun } from '../../src/domain/pass-rule.ts';
import type { CaseOutcome, CaseResult } from '../../src/domain/test-case.ts';
import { resultOf } from '../builders.ts';

const known = (outcome: CaseOutcome): BaseCase => ({ name: 'Before', outcome, passes: 1, runs: 2 });
const base = (cases: Record<string, BaseCase>): Base => ({
  branch: 'main',
  commit: 'b7e21f0',
  cases: new Map(Object.entries(cases)),
  firstRuns: { passes: 0, total: 0 },
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

test.each<CaseOutcome>(['cancelled', 'unfinished'])(
  'a test case that is %s here is no new failure',
  (outcome) => {
    const there = base({ c: known('passed') });
    expect(changeOf(resultOf('c', outcome), there)).toBeUndefined();
    expect(changeOf(resultOf('c', outcome), base({}))).toBe('new-test-case');
    expect(countNewFailures([resultOf('c', outcome)], there)).toBe(0);
  },
);

test('what the base ran and this step did not', () => {
  expect(
    findRemovedCases([resultOf('c', 'passed')], base({ c: known('passed'), d: known('failed') })),
  ).toEqual([known('failed')]);
  expect(findRemovedCases([resultOf('c', 'passed')], undefined)).toEqual([]);
});

test('a test case of which only its passing is known, and one that may have been there', () => {
  const passedHashes = { hashes: '', has: (id: string) => id === 'd' };
  expect(changeOf(resultOf('d', 'failed'), { ...base({}), passedHashes })).toBe('new-failure');
  expect(changeOf(resultOf('d', 'passed'), { ...base({}), passedHashes })).toBe('unchanged');
  expect(changeOf(resultOf('e', 'failed'), { ...base({}), passedHashes })).toBe('new-test-case');
  expect(changeOf(resultOf('e', 'failed'), { ...base({}), passedHashes, isPartial: true })).toBeUndefined();
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

const compared = (id: string, here: CaseOutcome, there: CaseOutcome): CaseResult => {
  const result = resultOf(id, here);
  return { ...result, comparison: { runs: result.runs, outcome: there } };
};

test.each<[CaseOutcome, CaseOutcome, CaseOutcome | undefined, string]>([
  ['failed', 'passed', 'failed', 'regression'],
  ['errored', 'flaky', 'failed', 'regression'],
  ['failed', 'failed', 'passed', 'pre-existing'],
  ['failed', 'errored', 'passed', 'regression'],
  ['failed', 'errored', 'failed', 'pre-existing'],
  ['failed', 'unfinished', undefined, 'new-test-case'],
  ['cancelled', 'passed', 'passed', 'unknown'],
])(
  'a test case that is %s here, %s on the version of compare-with and %s on the base is %s: that version comes first',
  (here, there, before, failureClass) => {
    const of = base(before === undefined ? {} : { c: known(before) });
    expect(classifyFailure(compared('c', here, there), of)).toBe(failureClass);
  },
);

test('new failures were empty, or counted the base, where compare-with shows a failure to be new', () => {
  const cases = [
    compared('new', 'failed', 'passed'),
    compared('old', 'failed', 'failed'),
    { ...compared('excused', 'failed', 'failed'), isExcusedByComparison: true },
    compared('unknown', 'failed', 'errored'),
  ];
  expect(countNewFailures(cases, undefined)).toBe(1);
  expect(
    countNewFailures(cases, base({ new: known('failed'), old: known('passed'), unknown: known('passed') })),
  ).toBe(2);
  expect(countNewFailures([compared('unknown', 'failed', 'errored')], undefined)).toBeUndefined();
});

describe('a failure says since when its test case is known to have been edited', () => {
  const EDITED = Date.UTC(2026, 8, 14, 8, 0, 1);
  const of = (outcome: CaseOutcome, revision: number | undefined): CaseResult => {
    const result = resultOf('c', outcome, { script: 'F' });
    const runs = result.runs.map((run) => ({ ...run, testCase: { ...run.testCase, revision } }));
    return { ...result, runs: runs as [RoundRun, ...RoundRun[]] };
  };
  const baseAt = (revision: number | undefined) => base({ c: { ...known('passed'), revision } });
  const pushAt = (revision: number): History => ({
    pushes: [],
    failedPushIndices: new Map(),
    revisions: new Map([['c', revision]]),
  });

  test.each<[string, Edit | undefined, CaseResult, { base?: Base; history?: History }]>([
    ['since the base', 'base', of('failed', EDITED), { base: baseAt(EDITED - 1_000) }],
    ['an error too', 'base', of('errored', EDITED), { base: baseAt(EDITED - 1_000) }],
    [
      'since the last push, which is later',
      'last-push',
      of('failed', EDITED),
      { base: baseAt(EDITED - 9_000), history: pushAt(EDITED - 1_000) },
    ],
    [
      'since the base, and not since the last push',
      'base',
      of('failed', EDITED),
      { base: baseAt(EDITED - 1_000), history: pushAt(EDITED) },
    ],
    ['not at all', undefined, of('failed', EDITED), { base: baseAt(EDITED), history: pushAt(EDITED) }],
    ['within the second that is kept', undefined, of('failed', EDITED + 999), { base: baseAt(EDITED) }],
    ['an older one than on the base', undefined, of('failed', EDITED - 5_000), { base: baseAt(EDITED) }],
    ['nothing known here', undefined, of('failed', undefined), { base: baseAt(EDITED) }],
    ['nothing known there', undefined, of('failed', EDITED), { base: baseAt(undefined) }],
    ['no failure', undefined, of('passed', EDITED), { base: baseAt(EDITED - 1_000) }],
  ])('%s: %s', (_, edit, result, known) => {
    expect(editOf(result, known)).toBe(edit);
  });
});
