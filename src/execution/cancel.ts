import type { WatchedBatch } from '../domain/batch.ts';
import type { Cancellation } from '../domain/judge.ts';
import type { Provider } from '../providers/provider.ts';
import type { Clock } from '../runtime/clock.ts';
import { onProviderError } from '../runtime/errors.ts';
import { CANCEL_MS } from '../runtime/limits.ts';

/**
 * Asks the provider to end every batch that this step started and that has not settled; never one that was given. Returns
 * the result of each request, none where the provider cannot cancel. Never throws for what a provider does.
 */
export async function cancelStartedBatches(
  batches: readonly WatchedBatch[],
  { provider, clock }: { readonly provider: Provider; readonly clock: Clock },
): Promise<readonly Cancellation[]> {
  const { cancel } = provider;
  if (cancel === undefined) return [];
  // The signal of the step has aborted already, so these requests get one of their own.
  const deadline = { until: clock.now() + CANCEL_MS, signal: new AbortController().signal };
  const running = batches.filter(
    ({ requestedTestCases, batch }) => requestedTestCases !== undefined && batch?.settled !== true,
  );
  return Promise.all(
    running.map(async ({ id }) => {
      const accepted = cancel(id, deadline).then(() => undefined);
      return { id, problem: await accepted.catch(onProviderError(({ message }) => message)) };
    }),
  );
}
