import type { Clock } from '../../src/clock.ts';

/**
 * A clock on which time flies, for tests with real connections: pauses and time limits of seconds take
 * milliseconds. It is the real one, only `speed` times faster.
 */
export function fastClock(speed = 100): Clock {
  return {
    now: () => performance.now() * speed,
    epoch: () => Date.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const timer = setTimeout(resolve, ms / speed);
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
