import { expect, test } from 'vitest';
import { EVERY_RUN, type PassRule } from '../../src/domain/pass-rule.ts';
import { maxRunsOfStep, splitIntoBatches } from '../../src/execution/planning.ts';

const reruns = (need: number, of: number): PassRule => ({ kind: 'reruns', need, of });
const repeat = (need: number, of: number): PassRule => ({ kind: 'repeat', need, of });

test.each<[string, number, PassRule, boolean, number]>([
  ['each once', 20, EVERY_RUN, false, 20],
  ['each once on both versions', 20, EVERY_RUN, true, 40],
  ['few test cases, all of them again', 4, reruns(3, 5), false, 20],
  ['20, and 4 more of each of 6: with 7 failures nothing is run again', 20, reruns(3, 5), false, 44],
  ['100, and 4 more of each of 30', 100, reruns(3, 5), false, 220],
  ['nothing again, since the first failure decides', 20, reruns(3, 3), false, 20],
  ['3 of each, and 2 more of each of 6', 20, repeat(3, 5), false, 72],
  ['all of each, where the first passes are not final', 20, repeat(3, 4), false, 80],
  ['whatever is compared comes on top', 20, reruns(3, 5), true, 144],
])('the most runs of a step: %s', (_, testCases, rule, compares, expected) => {
  expect(maxRunsOfStep(testCases, { rule, compares })).toBe(expected);
});

test('a batch holds at most so many test cases, and all batches each of them once, in their order', () => {
  const ids = Array.from({ length: 2_345 }, (_, index) => `case ${index}`);
  const batches = splitIntoBatches([...ids, ...ids], 1_000);
  expect(batches.map(({ length }) => length)).toEqual([1_000, 1_000, 345]);
  expect(batches.flat()).toEqual(ids);
  expect(splitIntoBatches([], 1_000)).toEqual([]);
});
