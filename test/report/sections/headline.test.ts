import { expect, test } from 'vitest';
import type { Tally } from '../../../src/domain/batch.ts';
import type { State } from '../../../src/domain/verdict.ts';
import { headlineHeading, resultOf } from '../../../src/report/sections/headline.ts';
import { tallyOf } from '../../builders.ts';
import { EXAMPLES } from '../examples.ts';
import { batch, reportOn, run } from '../reports.ts';

const NAME = 'Agent tests (Retell)';

type Counts = [passed: number, failed: number, errored: number, cancelled: number, unfinished: number];

const counted = ([passed, failed, errored, cancelled, unfinished]: Counts): Tally =>
  tallyOf({ passed, failed, errored, cancelled, unfinished });

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
  ['inconclusive', [5, 0, 0, 0, 0], '❓ Agent tests (Retell): inconclusive'],
  ['failed', [937, 300, 0, 0, 0], '❌ Agent tests (Retell): 300 of 1,237 failed'],
  ['inconclusive', [0, 0, 0, 0, 0], '❓ Agent tests (Retell): inconclusive, no test cases seen'],
])('%s with %j says "%s"', (state, counts, expected) => {
  expect(headlineHeading({ name: NAME, state, tally: counted(counts) })).toBe(`## ${expected}`);
});

test('the name is one line, and leaves room for the verdict', () => {
  const name = `Nightly\n\u202e${'x'.repeat(500)}`;
  expect(headlineHeading({ name, state: 'passed', tally: counted([2, 0, 0, 0, 0]) })).toBe(
    `## ✅ Nightly ${'x'.repeat(111)}…: all 2 passed`,
  );
});

test('while test cases are run again the heading says how many are decided', () => {
  const first = [run('passed', 'a'), run('failed', 'b'), run('failed', 'c')];
  const again = {
    id: 'second',
    round: 2,
    batchIndex: 0,
    batch: batch('second', [{ ...first[1]!, id: 'b again', status: 'passed' }]),
  };
  const started = { id: 'first', batchIndex: 0, batch: batch('first', first) };
  const report = reportOn([started, again], { ending: undefined, rule: { kind: 'reruns', need: 1, of: 2 } });
  expect(resultOf(report)).toBe('waiting, 2 of 3 decided, 1 being confirmed');
});

test('a gate that only reports says so, whatever happened', () => {
  const examples = ['retell-inconclusive', 'green-flaky'].map((name) => EXAMPLES[name]!);
  expect(examples.map((report) => resultOf({ ...report, isReportOnly: true }))).toEqual([
    'inconclusive, 3 of 5 runs missing (report only)',
    'all 8 passed, 1 flaky (report only)',
  ]);
});

test.each([
  ['every failure is new', ['passed', 'passed'], '2 of 2 failed, all new'],
  ['none is new', ['failed', 'failed'], '2 of 2 failed, none of them new'],
  ['one is new', ['failed', 'passed'], '2 of 2 failed, 1 of them new'],
  ['of one nothing is known', ['failed', undefined], '2 of 2 failed'],
] as const)('where %s the heading says so, and nothing else', (_what, outcomes, expected) => {
  const runs = [run('failed', 'a'), run('failed', 'b')];
  const cases = runs.flatMap(({ testCase }, index) => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [[testCase.id!, { name: '', outcome, passes: 0, runs: 1 }] as const];
  });
  const base = {
    branch: 'main',
    commit: undefined,
    firstRuns: { passes: 0, total: 0 },
    cases: new Map(cases),
  };
  expect(resultOf(reportOn([batch('b', runs)], { base }))).toBe(expected);
});
