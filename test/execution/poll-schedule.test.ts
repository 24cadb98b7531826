import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LONGEST_GAP_MS, nextGapMs, type PollSample } from '../../src/execution/poll-schedule.ts';

/** '0s 0/40, 60s ?/40': moments since the first look, with the runs finished and all runs as the looks showed them. */
function looksAt(seen: string): PollSample[] {
  const count = (text: string) => (text === '?' ? undefined : Number(text));
  return [...seen.matchAll(/(\d+)s ([^/]+)\/([^,]+)/g)].map(
    ([, seconds = '', finished = '', total = '']) => ({
      atMs: 7_000_000 + Number(seconds) * 1000,
      finished: count(finished),
      total: count(total),
    }),
  );
}

describe('the gap, where the shortest is 5 s,', () => {
  test.each([
    ['is short before the first look', '', 5000],
    ['is short after the first look', '0s 0/40', 5000],

    ['is short for the first 100 s without counts', '0s ?/?, 100s ?/?', 5000],
    ['grows with the elapsed time without counts', '0s ?/?, 400s ?/?', 10_000],
    ['has an upper limit', '0s ?/?, 7200s ?/?', 30_000],
    ['grows with the elapsed time if nothing moves', '0s 0/40, 5s 0/40, 400s 0/40', 10_000],
    ['grows with the elapsed time if the total is unknown', '0s 0/?, 380s 6/?, 400s 7/?', 10_000],

    ['is long with half of the runs finished after a minute', '0s 0/100, 60s 50/100', 30_000],
    ['is three quarters of the time until one is left', '0s 0/100, 90s 90/100', 6750],
    ['goes by as many runs as are still to come', '0s 0/20, 10s 10/20, 40s 15/20', 18_000],
    ['goes by the latest gap if it was faster', '0s 0/20, 10s 10/20, 40s 12/20, 45s 14/20', 9375],
    ['leaves out runs that had finished at the first look', '0s 80/100, 20s 90/100', 13_500],
    ['is less by the time since the last run finished', '0s 0/20, 60s 15/20, 65s 15/20', 8250],
    ['is short when the pace was not kept', '0s 0/20, 60s 15/20, 80s 15/20', 5000],

    ['is short when one run is left', '0s 0/10, 60s 9/10', 5000],
    ['is short while that run hangs for 100 s', '0s 0/10, 60s 9/10, 160s 9/10', 5000],
    ['grows with the time for which that run hangs', '0s 0/10, 60s 9/10, 460s 9/10', 10_000],
    ['is short when all runs have finished and the batch has not', '0s 0/10, 60s 10/10', 5000],

    ['is short when the count goes backwards', '0s 0/10, 30s 8/10, 60s 5/10', 5000],
    ['is short when more have finished than there are', '0s 0/3, 60s 5/3', 5000],
    ['takes absurd counts for none', '0s -4/9, 100s NaN/9, 200s 0.5/9, 400s 3/Infinity', 10_000],
  ])('%s', (_name, seen, gapMs) => {
    expect(nextGapMs(looksAt(seen), 5000)).toBe(gapMs);
  });
});

test('a smaller shortest gap is where the gap begins', () => {
  const gaps = ['0s', '4s', '36s', '400s'].map((at) => nextGapMs(looksAt(`0s ?/?, ${at} ?/?`), 500));
  expect(gaps).toEqual([500, 1000, 3000, 10_000]);
});

test('a shortest gap above the upper limit is kept to', () => {
  expect(nextGapMs(looksAt('0s ?/?, 7200s ?/?'), 60_000)).toBe(60_000);
});

test('the gap is within its bounds whatever was seen', () => {
  const count = fc.oneof(fc.constant(undefined), fc.nat(1000), fc.integer(), fc.double());
  const step = fc.record({ afterMs: fc.nat(600_000), finished: count, total: count });
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 120_000 }), (steps, minMs) => {
      let atMs = 0;
      const looks = steps.map(({ afterMs, finished, total }) => {
        atMs += afterMs;
        return { atMs, finished, total };
      });
      const gapMs = nextGapMs(looks, minMs);
      return gapMs >= minMs && gapMs <= Math.max(minMs, LONGEST_GAP_MS);
    }),
    { numRuns: 2000 },
  );
});
