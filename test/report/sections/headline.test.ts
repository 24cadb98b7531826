import { expect, test } from 'vitest';
import type { Tally } from '../../../src/domain/batch.ts';
import { headline, type State } from '../../../src/report/sections/headline.ts';

const NAME = 'Agent tests (Retell)';

type Counts = [passed: number, failed: number, errored: number, cancelled: number, unfinished: number];

const tallyOf = ([passed, failed, errored, cancelled, unfinished]: Counts): Tally => ({
  total: passed + failed + errored + cancelled + unfinished,
  passed,
  failed,
  errored,
  cancelled,
  unfinished,
});

test.each<[State, Counts, string]>([
  ['waiting', [0, 0, 0, 0, 0], '⏳ Agent tests (Retell): waiting for the first result'],
  ['waiting', [3, 0, 0, 0, 2], '⏳ Agent tests (Retell): waiting, 3 of 5 runs finished'],
  ['waiting', [1, 1, 1, 0, 2], '⏳ Agent tests (Retell): waiting, 3 of 5 runs finished, 1 failed, 1 errored'],
  ['passed', [12, 0, 0, 0, 0], '✅ Agent tests (Retell): all 12 runs passed'],
  ['passed', [1, 0, 0, 0, 0], '✅ Agent tests (Retell): the one run passed'],
  ['failed', [2, 2, 1, 0, 0], '❌ Agent tests (Retell): 2 of 5 runs failed, 1 errored'],
  ['failed', [0, 1, 0, 0, 0], '❌ Agent tests (Retell): 1 of 1 run failed'],
  ['failed', [0, 1, 0, 1, 3], '❌ Agent tests (Retell): 1 of 5 runs failed, 1 cancelled, 3 unfinished'],
  ['errored', [4, 0, 1, 0, 0], '⚠️ Agent tests (Retell): 1 of 5 runs errored'],
  ['errored', [3, 0, 0, 0, 2], '⚠️ Agent tests (Retell): the provider reports an error, 3 of 5 runs finished'],
  ['errored', [0, 0, 0, 0, 0], '⚠️ Agent tests (Retell): the provider reports an error, no runs seen'],
  ['cancelled', [3, 0, 0, 2, 0], '🚫 Agent tests (Retell): 2 of 5 runs cancelled'],
  ['cancelled', [3, 0, 0, 0, 2], '🚫 Agent tests (Retell): cancelled, 3 of 5 runs finished'],
  ['timed-out', [3, 0, 0, 0, 2], '⏰ Agent tests (Retell): timed out, 3 of 5 runs finished'],
  ['timed-out', [0, 0, 0, 0, 0], '⏰ Agent tests (Retell): timed out, no runs seen'],
  ['inconclusive', [5, 0, 0, 0, 0], '❓ Agent tests (Retell): inconclusive, 5 of 5 runs passed'],
  ['inconclusive', [0, 0, 0, 0, 0], '❓ Agent tests (Retell): inconclusive, no runs seen'],
])('%s with %j says "%s"', (state, counts, expected) => {
  expect(headline(NAME, state, tallyOf(counts))).toBe(expected);
});

test('the name is one line, and leaves room for the verdict', () => {
  expect(headline(`Nightly\n\u202e${'x'.repeat(500)}`, 'passed', tallyOf([2, 0, 0, 0, 0]))).toBe(
    `✅ Nightly ${'x'.repeat(111)}…: all 2 runs passed`,
  );
});
