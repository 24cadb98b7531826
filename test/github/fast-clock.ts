import type { Clock } from '../../src/runtime/clock.ts';

/** From here on a sleep is a time limit, and below a pause. */
const SHORTEST_LIMIT_MS = 15_000;

/**
 * A clock for tests with real connections: a pause of a second takes a millisecond. Time limits run only `limits`
 * times faster than in life, so that a slow machine is not taken for a server that hangs.
 */
export function fastClock({ limits = 20 } = {}): Clock {
  let now = 0;
  return {
    now: () => now,
    epoch: () => Date.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const end = now + ms;
        const ring = () => {
          now = Math.max(now, end);
          resolve();
        };
        const timer = setTimeout(ring, ms / (ms < SHORTEST_LIMIT_MS ? 1_000 : limits));
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
