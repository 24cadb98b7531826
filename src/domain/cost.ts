import type { ReusedBatch, WatchedBatch } from './batch.ts';
import { idKey } from './evidence.ts';
import type { Run } from './run.ts';

/** Cost of the runs of a step, as far as the provider says it. An amount is absent where no run says it: unknown is not zero. */
export interface Cost {
  /** Number of runs, those that were started and never seen included. */
  readonly runs: number;
  readonly credits?: Amount | undefined;
  /** US dollars for the language model. */
  readonly llmUsd?: Amount | undefined;
}

/** A sum over runs. */
export interface Amount {
  readonly sum: number;
  /** Number of runs whose whole amount is in the sum; with fewer than all, the sum is the least that they cost. */
  readonly runs: number;
}

/**
 * Adds up what the runs of all batches of a step cost; `undefined` where no run says it. `started` is how many the step started.
 * The runs of a batch that is used again cost nothing here.
 */
export function costOf(
  all: readonly WatchedBatch[],
  started: number,
  reused?: Pick<ReusedBatch, 'batchId'>,
): Cost | undefined {
  const batches = all.filter(({ id }) => id !== reused?.batchId);
  const runs = new Map(
    batches.flatMap(({ batch }) => batch?.runs ?? []).map((run) => [idKey(run.id), run] as const),
  );
  const credits = amountOf([...runs.values()], ({ credits: amount }) => amount);
  const llmUsd = amountOf([...runs.values()], ({ llmUsd: amount }) => amount);
  if (credits === undefined && llmUsd === undefined) return undefined;
  return { runs: countRuns(batches, started), credits, llmUsd };
}

function amountOf(runs: readonly Run[], amountIn: (run: Run) => number | undefined): Amount | undefined {
  const known = runs.filter((run) => amountIn(run) !== undefined);
  if (known.length === 0) return undefined;
  return {
    sum: known.reduce((sum, run) => sum + (amountIn(run) ?? 0), 0),
    // A run that goes on costs more.
    runs: known.filter(({ status }) => status !== 'pending').length,
  };
}

function countRuns(batches: readonly WatchedBatch[], started: number): number {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const all = sum(
    batches.map(({ batch, requestedTestCases = [] }) =>
      Math.max(batch?.runs?.length ?? 0, batch?.announced.total ?? 0, requestedTestCases.length),
    ),
  );
  const requested = sum(batches.map(({ requestedTestCases = [] }) => requestedTestCases.length));
  return all + Math.max(0, started - requested);
}
