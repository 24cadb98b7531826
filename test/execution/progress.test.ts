import { expect, test } from 'vitest';
import { EVERY_RUN } from '../../src/domain/pass-rule.ts';
import { createProgress } from '../../src/execution/progress.ts';
import { runOf, watched } from '../builders.ts';
import { virtualClock } from '../virtual-clock.ts';

test('a heartbeat estimates what is left over all batches, where it is known how many run at once', async () => {
  const clock = virtualClock();
  const ended = new AbortController();
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const progress = createProgress({ clock, log, until: 600_000, rule: EVERY_RUN });
  progress.estimateBy({ atOnce: 2, shortestRunMs: 1, isLeast: false });
  const requestedTestCases = ['a', 'b', 'c'];
  progress.add({ ...watched('b1', []), batch: undefined, requestedTestCases });
  progress.add({ ...watched('b2', []), batch: undefined, requestedTestCases });
  const heartbeats = progress.logHeartbeats(ended.signal);
  await clock.sleep(90_000);
  const runs = [runOf('a', 'passed'), runOf('b', 'passed'), runOf('c', 'pending')];
  progress.update({ ...watched('b1', runs), requestedTestCases });
  await clock.sleep(61_000);
  ended.abort();
  await heartbeats;
  expect(lines.filter((line) => line.includes('still waiting'))).toEqual([
    '[1:00] still waiting, for at most 9 min more: nothing has been read yet (about 3 waves of 2 left)',
    '[2:30] still waiting, for at most 8 min more: 2 of 6 test cases finished, 2 passed, 1 of 2 batches not read yet (about 2 waves of 2 left, 5 min)',
  ]);
});

test('where test cases are run again a line says how many are decided, and how many are being confirmed', () => {
  const lines: string[] = [];
  const progress = createProgress({
    clock: virtualClock(),
    log: (line) => lines.push(line),
    until: 600_000,
    rule: { kind: 'reruns', need: 1, of: 2 },
  });
  const requestedTestCases = ['a', 'b', 'c'];
  const runs = [runOf('a', 'failed'), runOf('b', 'passed'), runOf('c', 'pending')];
  progress.update({ ...watched('b1', runs, { settled: false }), batchIndex: 0, requestedTestCases });
  const again = { batchIndex: 0, round: 2, requestedTestCases: ['a'] };
  progress.update({ ...watched('b2', [runOf('a', 'passed', 'again')]), ...again });
  expect(lines).toEqual([
    '[0:00] 1 of 3 test cases decided, 1 being confirmed, 1 passed',
    '[0:00] 2 of 3 test cases decided, 2 passed',
  ]);
});
