import type { Clock } from '../src/runtime/clock.ts';

/** A clock that jumps to the next alarm as soon as nobody has anything else to do. */
export interface VirtualClock extends Clock {
  /** Every sleep, in milliseconds, in the order in which they began. */
  readonly sleeps: readonly number[];
  /** Lets the clock stand still whenever `blocks` says so, until the returned function is called. */
  hold(blocks: () => boolean): () => void;
}

/** Starts at 0 (`now`) and at `epoch`, in milliseconds. */
export function virtualClock(epoch = Date.UTC(2026, 8, 14, 8)): VirtualClock {
  let now = 0;
  let isTicking = false;
  const sleeps: number[] = [];
  const alarms = new Set<{ at: number; ring: () => void }>();
  const holds = new Set<() => boolean>();

  // A turn of the event loop lets every promise that can settle do so.
  const tick = () => {
    isTicking = false;
    const isHeld = [...holds].some((blocks) => blocks());
    const next = isHeld ? undefined : [...alarms].sort((one, other) => one.at - other.at)[0];
    if (next !== undefined) {
      alarms.delete(next);
      now = Math.max(now, next.at);
      next.ring();
    }
    schedule(isHeld);
  };
  const schedule = (isHeld = false) => {
    if (isTicking || alarms.size === 0) return;
    isTicking = true;
    if (isHeld) setTimeout(tick, 1);
    else setImmediate(tick);
  };

  return {
    sleeps,
    now: () => now,
    epoch: () => epoch + now,
    hold: (blocks) => {
      holds.add(blocks);
      return () => holds.delete(blocks);
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        sleeps.push(ms);
        if (signal?.aborted === true) return resolve();
        const alarm = { at: now + Math.max(0, ms), ring: resolve };
        alarms.add(alarm);
        signal?.addEventListener('abort', () => {
          alarms.delete(alarm);
          resolve();
        });
        schedule();
      }),
  };
}
