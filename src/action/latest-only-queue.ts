import type { Clock } from '../runtime/clock.ts';

interface LatestOnlyQueueOptions<Item> {
  readonly clock: Clock;
  /** Ends the loop; a task that is under way has its own way to end. */
  readonly signal: AbortSignal;
  /** Pause before the first task, and again after a time without tasks. */
  readonly delay: () => Promise<unknown>;
  /** Returns how long to pause after it, in milliseconds. */
  readonly task: (item: Item) => number | Promise<number>;
  readonly onError: (error: unknown) => void;
}

/** Queue that keeps only the newest item. It works as long as there are items, one after the other, and begins again with the next. */
export function createLatestOnlyQueue<Item extends object>({
  clock,
  signal,
  delay,
  task,
  onError,
}: LatestOnlyQueueOptions<Item>) {
  let newest: Item | undefined;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    try {
      await delay();
      while (newest !== undefined && !signal.aborted) {
        const item = newest;
        newest = undefined;
        await clock.sleep(await task(item), signal);
      }
    } catch (error) {
      onError(error);
    } finally {
      running = undefined;
    }
  }

  return {
    push(item: Item): void {
      newest = item;
      running ??= run();
    },
    /** Resolves when nothing is worked on. */
    drained: async (): Promise<void> => running,
  };
}
