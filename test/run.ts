import type { WatchedBatch } from '../src/domain/batch.ts';
import type { Run, RunStatus } from '../src/domain/run.ts';

/** A run of a test case of its own. */
export function run(status: RunStatus, id = 'run-1', more: Partial<Run> = {}): Run {
  const testCase = { id: `case-${id}`, name: `Case ${id}` };
  return { id, testCase, status, assertions: [], criteria: [], turns: [], ...more };
}

/** A batch of which a test need not say its round and place. */
export type Unplaced = Omit<WatchedBatch, 'round' | 'batchIndex'> &
  Partial<Pick<WatchedBatch, 'round' | 'batchIndex'>>;

/** The batches, of the first round and each at a place of its own, where they do not say otherwise. */
export const placed = (batches: readonly Unplaced[]): WatchedBatch[] =>
  batches.map((batch, batchIndex) => ({ round: 1, batchIndex, ...batch }));
