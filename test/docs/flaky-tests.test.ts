import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ruleTable, ruleTableText, walk } from '../../scripts/bench/rules.ts';
import { firstPassRate } from '../../src/domain/test-case.ts';
import { root } from './workflow-files.ts';

const text = readFileSync(join(root, 'docs/flaky-tests.md'), 'utf8');

test('docs/flaky-tests.md has the table that the code gives', () => {
  expect(text).toContain(ruleTableText());
});

test('README.md says of the rule what the table says at 3 % noise', () => {
  const redAt3 = (name: string) => ruleTable().find(({ rule }) => rule === name)?.wronglyRed[1] ?? 0;
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(readme).toContain(
    `a gate is red ${(100 * redAt3('strict')).toFixed(0)} % of the time without this rule, and ${(100 * redAt3('3/5')).toFixed(1)} % of the time with it`,
  );
});

test.each([0.99, 0.95, 0.9, 0.8, 0.7])(
  'docs/flaky-tests.md: three nights of 9/10 for a test that passes %f',
  (share) => {
    const { accepted } = walk({ kind: 'repeat', need: 9, of: 10 }, share);
    expect(text).toContain(`| ${100 * share} % | ${(100 * accepted ** 3).toFixed(0)} % |`);
  },
);

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
