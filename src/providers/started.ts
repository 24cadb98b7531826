import type { Deadline } from '../runtime/clock.ts';
import { readCounter } from './fields.ts';
import type { BatchContents, BatchLists, Candidate, Listing } from './starter.ts';

/** A batch in a list; `total` is the number of its runs as the list writes it. */
export interface ListedBatch extends Candidate {
  readonly total?: unknown;
}

/**
 * The lists in which a batch is looked for that may have been started. What announces another number of runs than ours
 * is not ours, so its runs are not read; no count yet, in a batch that was made just now, means nothing.
 */
export function batchListsOf({
  testCases,
  idKey = (id) => id,
  list,
  testCasesOf,
}: {
  readonly testCases: readonly string[];
  readonly idKey?: (id: string) => string;
  readonly list: (
    deadline: Deadline,
  ) => Promise<Omit<Listing, 'batches'> & { readonly batches: readonly ListedBatch[] }>;
  /** The test cases of a batch; with the number of runs that it announces, where its own answer says that. */
  readonly testCasesOf: (
    batchId: string,
    total: number | undefined,
    deadline: Deadline,
  ) => Promise<readonly string[] | BatchContents>;
}): BatchLists {
  const totals = new Map<string, number>();
  const spelling = new Map(testCases.map((testCase) => [idKey(testCase), testCase]));
  return {
    async list(deadline) {
      const listing = await list(deadline);
      const batches = listing.batches.map((batch) => {
        const { count } = readCounter(batch.total);
        if (!count) return batch;
        totals.set(batch.id, count);
        return { ...batch, runCount: count };
      });
      return { ...listing, batches };
    },
    async batchContents(batchId, deadline) {
      const total = totals.get(batchId);
      if (total !== undefined && total !== testCases.length) return { testCases: [], total };
      const found = await testCasesOf(batchId, total, deadline);
      const contents: BatchContents = 'testCases' in found ? found : { testCases: found, total };
      return {
        ...contents,
        testCases: contents.testCases.map((testCase) => spelling.get(idKey(testCase)) ?? testCase),
      };
    },
  };
}
