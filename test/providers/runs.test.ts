import { expect, test } from 'vitest';
import { mergeRuns } from '../../src/providers/runs.ts';
import { run } from '../builders.ts';

test('the words of a run that contradicts itself stay apart, whatever they are', () => {
  const unknown = run('pending', 'r', { unknownStatus: 'skipped and passed' });
  const words = new Map([['pass', 'passed'] as const]);
  const [merged] = mergeRuns([run('passed', 'r'), unknown, run('passed', 'r'), unknown], words);
  expect(merged).toMatchObject({ status: 'pending', conflict: ['pass', 'skipped and passed'] });
});
