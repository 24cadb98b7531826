import type { WatchedBatch } from '../domain/batch.ts';
import type { Ending } from '../domain/verdict.ts';
import type { RoundsOptions } from './types.ts';

/**
 * Waits for the batches of a step side by side, and knows the latest state of each. `examine` adds what keeps a batch from being
 * the one that was asked for, at each look.
 */
export function createTracker(
  { waitFor }: Pick<RoundsOptions, 'waitFor'>,
  examine: (watched: WatchedBatch) => WatchedBatch,
) {
  const latest = new Map<string, WatchedBatch>();
  const open = new Set<string>();
  const endings: Ending[] = [];
  let failure: { readonly error: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const see = (watched: WatchedBatch): void => {
    latest.set(watched.id, examine(watched));
  };
  const wait = async (batches: readonly WatchedBatch[]): Promise<void> => {
    try {
      const ended = await waitFor(batches, (watched) => {
        see(watched);
        wake();
      });
      endings.push(ended.ending);
      ended.batches.forEach(see);
    } catch (error) {
      failure = { error };
    } finally {
      for (const { id } of batches) open.delete(id);
      wake();
    }
  };
  return {
    /** Latest state of each batch, in the order in which they were added. */
    batches: (): readonly WatchedBatch[] => [...latest.values()],
    /** Begins to wait for batches that were given or started together. */
    add(batches: readonly WatchedBatch[]): void {
      if (batches.length === 0) return;
      for (const batch of batches) {
        latest.set(batch.id, batch);
        open.add(batch.id);
      }
      void wait(batches);
    },
    /** Ids of the batches that are still waited for at this moment. */
    open: (): ReadonlySet<string> => new Set(open),
    /** Resolves at the next look, or when batches have ended. */
    change: (): Promise<void> => changed.promise,
    /** The worst ending so far. Throws if the waiting failed by a mistake of ours. */
    ending(): Ending {
      if (failure !== undefined) throw failure.error;
      return (['cancelled', 'deadline'] as const).find((ending) => endings.includes(ending)) ?? 'settled';
    },
  };
}
