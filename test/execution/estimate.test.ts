import { describe, expect, test } from 'vitest';
import { describeRest, describeWaves, wavesWarning } from '../../src/execution/estimate.ts';

const voice = { atOnce: 5, shortestRunMs: 30_000, isLeast: false };
const chat = { atOnce: 5, shortestRunMs: 10_000, isLeast: true };

describe('how long runs take where only some run at once', () => {
  test.each([
    [20, voice, '5 runs at a time: about 4 waves.'],
    [21, voice, '5 runs at a time: about 5 waves.'],
    [20, chat, '5 runs at a time: about 4 waves, or fewer, since chats may not count.'],
    [5, chat, undefined],
  ])('%i runs, before the start', (runs, parallelism, expected) => {
    expect(describeWaves(runs, parallelism)).toBe(expected);
  });

  test('the warning comes where several waves cannot end in time', () => {
    expect(wavesWarning(20, voice, 119_999)).toBe(
      '20 runs, 5 at once, probably do not end within timeout-minutes: 4 waves of 30 s or more take 2 minutes. Raise timeout-minutes, or select fewer test cases.',
    );
    expect(wavesWarning(20, voice, 120_000)).toBeUndefined();
    expect(wavesWarning(20, chat, 60_000)).toBeUndefined();
    expect(wavesWarning(5, voice, 1)).toBeUndefined();
  });

  test.each([
    [0, 'about 4 waves of 5 left'],
    [2, 'about 4 waves of 5 left, 8 min'],
    [10, 'about 2 waves of 5 left, 2 min'],
    [19, 'about 1 wave of 5 left, 1 min'],
    [20, undefined],
  ])('%i of 20 have ended after 2 minutes', (finished, expected) => {
    expect(describeRest({ finished, total: 20 }, 120_000, voice)).toBe(expected);
  });
});
