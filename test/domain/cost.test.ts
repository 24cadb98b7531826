import { describe, expect, test } from 'vitest';
import { costOf } from '../../src/domain/cost.ts';
import { run, watched } from '../builders.ts';

const paid = (id: string, credits: number, llmUsd?: number) => run('passed', id, { credits, llmUsd });

describe('the cost of a step', () => {
  test('is the sum over all runs of all batches', () => {
    const batches = [
      watched('b1', [paid('r1', 12, 0.25), paid('r2', 0, 0)]),
      watched('b2', [paid('r3', 8, 0.5)]),
    ];
    expect(costOf(batches, 0)).toEqual({
      runs: 3,
      credits: { sum: 20, runs: 3 },
      llmUsd: { sum: 0.75, runs: 3 },
    });
  });

  test('has no runs of an earlier batch that is used again', () => {
    const batches = [
      watched('b1', [paid('r1', 12)]),
      { ...watched('b2', [paid('r2', 8)]), requestedTestCases: ['case-r2'] },
    ];
    expect(costOf(batches, 1, { batchId: 'b1' })).toEqual({
      runs: 1,
      credits: { sum: 8, runs: 1 },
      llmUsd: undefined,
    });
    expect(costOf(batches.slice(0, 1), 0, { batchId: 'b1' })).toBeUndefined();
  });

  test('is unknown where no run says it', () => {
    expect(costOf([watched('b1', [run('passed', 'r1')])], 1)).toBeUndefined();
    expect(costOf([], 0)).toBeUndefined();
  });

  test.each([
    ['a run that does not say it', [run('failed', 'r2')], 0, 2],
    ['a run that goes on', [run('pending', 'r2', { credits: 3 })], 0, 2],
    ['a run that was started and is not listed', [], 1, 2],
  ] as const)('is less than all with %s', (_, more, lost, runs) => {
    const requestedTestCases = ['case-1', ...more.map(({ id }) => id)];
    const batches = [{ ...watched('b1', [paid('r1', 12), ...more]), requestedTestCases }];
    expect(costOf(batches, requestedTestCases.length + lost)).toMatchObject({ runs, credits: { runs: 1 } });
  });

  test('counts runs that were announced or asked for, and one that stands in two batches once', () => {
    const announced = watched('b1', [paid('r1', 5)], { announced: { total: 3 } });
    const unread = { id: 'b2', round: 1, batchIndex: 1, requestedTestCases: ['case-1', 'case-2'] };
    expect(costOf([announced, unread], 2)).toMatchObject({ runs: 5, credits: { sum: 5, runs: 1 } });
    const twice = [watched('b1', [paid('r1', 5)]), watched('b2', [paid('R1', 5)])];
    expect(costOf(twice, 0)).toMatchObject({ credits: { sum: 5, runs: 1 } });
  });
});
