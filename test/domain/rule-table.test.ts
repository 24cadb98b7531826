import { describe, expect, test } from 'vitest';
import { ruleTable, ruleTableText, walk, wronglyRed } from '../../scripts/bench/rules.ts';
import { EVERY_RUN, maxRunsPerCase, type PassRule } from '../../src/domain/pass-rule.ts';

const reruns = (need: number, of: number): PassRule => ({ kind: 'reruns', need, of });
const repeat = (need: number, of: number): PassRule => ({ kind: 'repeat', need, of });
const percent = (value: number, digits: number) => Number((100 * value).toFixed(digits));

test('the table of the documents, exactly, from the code that the gate runs', () => {
  const figures = ruleTable().map(({ rule, wronglyRed: red, slipsThrough, runs }) => [
    rule,
    red.map((value) => percent(value, 2)),
    slipsThrough.map((value) => percent(value, 1)),
    Number(runs.toFixed(2)),
  ]);
  expect(figures).toEqual([
    ['strict', [18.21, 45.62, 64.15], [30, 50, 70, 90], 1],
    ['1/2', [0.2, 1.78, 4.88], [51, 75, 91, 99], 1.03],
    ['3/5', [0.01, 0.31, 1.39], [35.9, 65.6, 89.6, 99.5], 1.09],
    ['4/6', [0.02, 0.51, 2.24], [32.2, 59.4, 85.8, 99.2], 1.12],
  ]);
  expect(ruleTableText()).toBe(
    `| Rule | Chance that a gate of 20 healthy tests is red at 1 / 3 / 5 % noise | Chance that a test passing 30 / 50 / 70 / 90 % of the time gets through | Runs per test at 3 % noise |
|---|---|---|---|
| strict | 18.2 / 45.6 / 64.2 % | 30 / 50 / 70 / 90 % | 1.00 |
| \`1/2\` | 0.20 / 1.78 / 4.88 % | 51 / 75 / 91 / 99 % | 1.03 |
| \`3/5\` | 0.01 / 0.31 / 1.39 % | 36 / 66 / 90 / 99.5 % | 1.09 |
| \`4/6\` | 0.02 / 0.51 / 2.24 % | 32 / 59 / 86 / 99 % | 1.12 |`,
  );
});

describe('the same figures by hand', () => {
  test.each([0.1, 0.3, 0.5, 0.7, 0.9, 0.97])('for a test that passes with the probability %d', (p) => {
    const q = 1 - p;
    expect(walk(EVERY_RUN, p)).toEqual({ accepted: p, flaky: 0, runs: 1, most: 1 });
    // Retry once: one more run after a failure.
    expect(walk(reruns(1, 2), p).accepted).toBeCloseTo(p + q * p, 12);
    expect(walk(reruns(1, 2), p).runs).toBeCloseTo(1 + q, 12);
    // After a failure, at least 3 of the next 4 must pass.
    expect(walk(reruns(3, 5), p).accepted).toBeCloseTo(p + q * (4 * p ** 3 * q + p ** 4), 12);
    // At least 3 of 5, whatever the first run brought.
    expect(walk(repeat(3, 5), p).accepted).toBeCloseTo(10 * p ** 3 * q ** 2 + 5 * p ** 4 * q + p ** 5, 12);
  });
});

test('the most runs of a rule are what its longest way takes', () => {
  const rules = [EVERY_RUN];
  for (let of = 1; of <= 7; of += 1) {
    for (let need = 1; need <= of; need += 1) rules.push(reruns(need, of), repeat(need, of));
  }
  expect(rules.filter((rule) => walk(rule, 0.5).most !== maxRunsPerCase(rule))).toEqual([]);
});

test('3/5 beats "retry once" on both errors for a broken test that passes less than 77 % of the time', () => {
  const better = (passes: number) =>
    walk(reruns(3, 5), passes).accepted < walk(reruns(1, 2), passes).accepted;
  expect([better(0.01), better(0.5), better(0.76), better(0.77)]).toEqual([true, true, true, false]);
  for (const noise of [0.01, 0.03, 0.05, 0.2]) {
    expect(wronglyRed(reruns(3, 5), noise)).toBeLessThan(wronglyRed(reruns(1, 2), noise));
  }
});

test('3/5 costs 1.9 runs more for 20 healthy tests at 3 % noise', () => {
  expect((20 * (walk(reruns(3, 5), 0.97).runs - 1)).toFixed(1)).toBe('1.9');
});

test('max-flaky of 15 % (3 of 20) adds 0.3 points at 3 % noise and 1.5 points at 5 %', () => {
  const figures = [0.01, 0.03, 0.05].map((noise) => percent(wronglyRed(reruns(3, 5), noise, 3), 2));
  expect(figures).toEqual([0.02, 0.57, 2.89]);
});
