import { setTimeout as delay } from 'node:timers/promises';

/** Time, passed in so that tests and the benchmark bring their own. */
export interface Clock {
  /** Milliseconds on a clock that never jumps; only differences mean anything. */
  now(): number;
  /** Milliseconds since the epoch, to compare with what a provider says. */
  epoch(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Time limit of a piece of work, and the signal that ends it. */
export interface Deadline {
  /** A moment of `Clock.now()`, in milliseconds. */
  readonly until: number;
  /** Aborts when the work has to end at once: the workflow was cancelled, or a newer call took over. */
  readonly signal: AbortSignal;
  /** Each request is sent once: what fails is not tried again. */
  readonly noRetries?: boolean;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(Math.max(0, ms), undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
};
