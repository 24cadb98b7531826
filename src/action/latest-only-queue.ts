import type { Clock } from '../runtime/clock.ts';

/** Takes news as it comes; only the newest is worked on, one after the other. */
export interface LatestOnlyQueue<News> {
  push(news: News): void;
  /** Resolves when nothing is worked on. */
  drained(): Promise<void>;
}

export interface LatestOnlyQueueOptions<News> {
  readonly clock: Clock;
  /** Ends the loop; a task that is under way has its own way to end. */
  readonly signal: AbortSignal;
  /** Pause before the first task, and again after a time without tasks. */
  readonly delay: () => Promise<unknown>;
  /** Returns how long to pause after it, in milliseconds. */
  readonly task: (news: News) => number | Promise<number>;
  readonly onError: (error: unknown) => void;
}

/** Runs as long as there is news, and begins again with the next. */
export function createLatestOnlyQueue<News extends object>(
  options: LatestOnlyQueueOptions<News>,
): LatestOnlyQueue<News> {
  const { clock, signal, delay, task, onError } = options;
  let newest: News | undefined;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    try {
      await delay();
      while (newest !== undefined && !signal.aborted) {
        const news = newest;
        newest = undefined;
        await clock.sleep(await task(news), signal);
      }
    } catch (error) {
      onError(error);
    } finally {
      running = undefined;
    }
  }

  return {
    push(news) {
      newest = news;
      running ??= run();
    },
    drained: async () => running,
  };
}
