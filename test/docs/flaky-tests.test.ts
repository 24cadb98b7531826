import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ruleTableText } from '../../scripts/bench/rules.ts';
import { firstPassRate } from '../../src/domain/test-case.ts';
import { root } from './workflow-files.ts';

const text = readFileSync(join(root, 'docs/flaky-tests.md'), 'utf8');

test('docs/flaky-tests.md has the table that the code gives', () => {
  expect(text).toContain(ruleTableText());
});

test.each([
  [20, 19],
  [20, 20],
  [100, 97],
  [600, 582],
])('docs/flaky-tests.md has the interval of %i first runs of which %i passed', (total, passed) => {
  const { rate, low, high } = firstPassRate(passed, total)!;
  const [share, from, to] = [rate, low, high].map((value) => Math.round(100 * value));
  expect(text).toContain(`| ${total} | ${passed} | ${share} % | ${from} to ${to} % |`);
});
