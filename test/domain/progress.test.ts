import { expect, test } from 'vitest';
import type { WatchedBatch } from '../../src/domain/batch.ts';
import type { PassRule } from '../../src/domain/pass-rule.ts';
import { progressOf } from '../../src/domain/progress.ts';
import { runOf, STATUS, watched } from '../builders.ts';

const reruns = (need: number, of: number): PassRule => ({ kind: 'reruns', need, of });

/** A batch that runs a, b, c and d, of which these letters are known. */
function batchOf(id: string, letters: string, round = 1): WatchedBatch {
  const runs = [...letters].map((letter, nth) => runOf('abcd'[nth], STATUS[letter]!, `${id} ${nth}`));
  const requestedTestCases = round === 1 ? [...'abcd'] : [...'abcd'].slice(0, letters.length);
  return { ...watched(id, runs), round, batchIndex: 0, requestedTestCases };
}

/** The same with counters alone. */
const countersOf = (passed: number, failed: number, errored = 0): WatchedBatch => ({
  ...{ id: 'b1', round: 1, batchIndex: 0 },
  requestedTestCases: [...'abcd'],
  batch: { id: 'b1', settled: false, announced: { total: 4, passed, failed, errored } },
});

test.each<[string, readonly WatchedBatch[], PassRule, object]>([
  [
    'a first run that did not pass',
    [batchOf('b1', 'FPE.')],
    reruns(1, 2),
    { passed: 1, unfinished: 3, confirming: 2 },
  ],
  [
    'one that passed then',
    [batchOf('b1', 'FPE.'), batchOf('b2', 'P', 2)],
    reruns(1, 2),
    { passed: 2, flaky: 1, unfinished: 2, confirming: 1 },
  ],
  [
    'one that did not',
    [batchOf('b1', 'FPP.'), batchOf('b2', 'F', 2)],
    reruns(1, 2),
    { passed: 2, failed: 1, unfinished: 1, confirming: 0 },
  ],
  [
    'a rule that a failure decides',
    [batchOf('b1', 'FPPP')],
    reruns(2, 2),
    { passed: 3, failed: 1, confirming: 0 },
  ],
  [
    'every run',
    [batchOf('b1', 'FPP.')],
    { kind: 'every-run' },
    { passed: 2, failed: 1, unfinished: 1, confirming: 0 },
  ],
  [
    'counters of first runs',
    [countersOf(1, 1, 1)],
    reruns(1, 2),
    { passed: 1, failed: 0, errored: 0, unfinished: 3, confirming: 2 },
  ],
  [
    'counters of runs of which one is not enough',
    [countersOf(2, 1)],
    { kind: 'repeat', need: 2, of: 3 },
    { passed: 0, unfinished: 4, confirming: 1 },
  ],
  [
    'counters that decide',
    [countersOf(2, 1)],
    reruns(2, 2),
    { passed: 2, failed: 1, unfinished: 1, confirming: 0 },
  ],
])('%s', (_, batches, rule, { confirming, ...counts }: { confirming?: number }) => {
  const progress = progressOf(batches, rule);
  expect(progress.confirming).toBe(confirming);
  expect(progress.tally).toMatchObject({ total: 4, ...counts });
});
