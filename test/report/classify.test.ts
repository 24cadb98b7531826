import { expect, test } from 'vitest';
import { classifyCases } from '../../src/report/classify.ts';
import { SECOND_EXAMPLES } from './second-reports.ts';

const names = (cases: readonly { testCase: { name: string } }[]) =>
  cases.map(({ testCase }) => testCase.name);

test('each test case is in one list, and new failures come first', () => {
  const report = SECOND_EXAMPLES['red-everything']!;
  const { failures, unfinished, flaky, tolerated, fixed, passed, removed } = classifyCases(report);
  expect([names(failures), names(flaky), names(tolerated), names(fixed)]).toEqual([
    [
      'Declines to quote a price that is not published',
      'Offers another time when the slot is taken',
      'Transfers an angry caller to the office manager',
    ],
    ['Books two siblings in one call'],
    ["Spells the caller's surname"],
    ['Takes a message after hours'],
  ]);
  expect([unfinished, passed.length, removed]).toEqual([[], 6, []]);
});

test('runs of this step on another version say more than the base', () => {
  const { classified } = SECOND_EXAMPLES['compare-with']!;
  expect(classified.failures.map(({ failureClass }) => failureClass)).toEqual([
    'regression',
    'unknown',
    'pre-existing',
  ]);
});
