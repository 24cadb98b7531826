import { expect, test } from 'vitest';
import { mergeRuns, readCounters } from '../../src/providers/runs.ts';
import { run } from '../builders.ts';

test('the words of a run that contradicts itself stay apart, whatever they are', () => {
  const unknown = run('pending', 'r', { unknownStatus: 'skipped and passed' });
  const words = new Map([['pass', 'passed'] as const]);
  const [merged] = mergeRuns([run('passed', 'r'), unknown, run('passed', 'r'), unknown], words);
  expect(merged).toMatchObject({ status: 'pending', conflict: ['pass', 'skipped and passed'] });
});

test.each([
  ...['1', 1.5, -1, [], {}, true].map((value) => [value, 'is not a number of runs'] as const),
  [null, 'is missing'] as const,
  [undefined, 'is missing'] as const,
])('a counter of %j %s, and no count', (value, problem) => {
  expect(readCounters({ all: 4, bad: value }, { total: 'all', failed: 'bad' })).toEqual({
    announced: { total: 4 },
    inconsistencies: [`"bad" ${problem}`],
  });
});
