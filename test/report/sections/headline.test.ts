import { expect, test } from 'vitest';
import type { Tally } from '../../../src/domain/batch.ts';
import type { State } from '../../../src/domain/verdict.ts';
import { headline } from '../../../src/report/sections/headline.ts';

const NAME = 'Agent tests (Retell)';

type Counts = [passed: number, failed: number, errored: number, cancelled: number, unfinished: number];

const tallyOf = ([passed, failed, errored, cancelled, unfinished]: Counts): Tally => ({
  total: passed + failed + errored + cancelled + unfinished,
  passed,
  failed,
  errored,
  cancelled,
  unfinished,
  flaky: 0,
  tolerated: 0,
});

test.each<[State, Counts, string]>([
  ['waiting', [0, 0, 0, 0, 0], '⏳ Agent tests (Retell): waiting for the first result'],
  ['waiting', [3, 0, 0, 0, 2], '⏳ Agent tests (Retell): waiting, 3 of 5 finished'],
  ['waiting', [1, 1, 1, 0, 2], '⏳ Agent tests (Retell): waiting, 3 of 5 finished, 1 failed, 1 errored'],
  ['passed', [12, 0, 0, 0, 0], '✅ Agent tests (Retell): all 12 passed'],
  ['passed', [1, 0, 0, 0, 0], '✅ Agent tests (Retell): the one test case passed'],
  ['failed', [2, 2, 1, 0, 0], '❌ Agent tests (Retell): 2 of 5 failed, 1 errored'],
  ['failed', [0, 1, 0, 0, 0], '❌ Agent tests (Retell): 1 of 1 failed'],
  ['failed', [0, 1, 0, 1, 3], '❌ Agent tests (Retell): 1 of 5 failed, 1 cancelled, 3 unfinished'],
  ['errored', [4, 0, 1, 0, 0], '⚠️ Agent tests (Retell): 1 of 5 errored'],
  ['errored', [3, 0, 0, 0, 2], '⚠️ Agent tests (Retell): the batch errored, 3 of 5 finished'],
  ['errored', [0, 0, 0, 0, 0], '⚠️ Agent tests (Retell): the batch errored, no test cases seen'],
  ['cancelled', [3, 0, 0, 2, 0], '🚫 Agent tests (Retell): 2 of 5 cancelled'],
  ['cancelled', [3, 0, 0, 0, 2], '🚫 Agent tests (Retell): cancelled, 3 of 5 finished'],
  ['timed-out', [3, 0, 0, 0, 2], '⏰ Agent tests (Retell): timed out, 3 of 5 finished'],
  ['timed-out', [0, 0, 0, 0, 0], '⏰ Agent tests (Retell): timed out, no test cases seen'],
  ['inconclusive', [5, 0, 0, 0, 0], '❓ Agent tests (Retell): inconclusive, 5 of 5 passed'],
  ['inconclusive', [0, 0, 0, 0, 0], '❓ Agent tests (Retell): inconclusive, no test cases seen'],
])('%s with %j says "%s"', (state, counts, expected) => {
  expect(headline(NAME, state, tallyOf(counts))).toBe(expected);
});

test('the name is one line, and leaves room for the verdict', () => {
  expect(headline(`Nightly\n\u202e${'x'.repeat(500)}`, 'passed', tallyOf([2, 0, 0, 0, 0]))).toBe(
    `✅ Nightly ${'x'.repeat(111)}…: all 2 passed`,
  );
});
