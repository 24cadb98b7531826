import type { Deadline } from '../clock.ts';
import type { Batch } from '../domain/batch.ts';
import type { Run } from '../domain/run.ts';

/** The values of the input `provider`. */
export const PROVIDER_NAMES = ['retell', 'bland'] as const;

/** See `PROVIDER_NAMES`. */
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/**
 * A voice-agent test provider. Adding one: its name above, a file beside this one, a line in `registry.ts`; the
 * compiler asks for the rest.
 * Every method retries what is worth retrying as long as the deadline lasts, and then throws a
 * `ProviderError` whose message tells a person what to do.
 */
export interface Provider {
  /** How the provider is called in headings: "Retell". */
  readonly title: string;
  /** Where the batch stands, at the price of one request however many runs there are. */
  look(batchId: string, deadline: Deadline): Promise<Batch>;
  /** The same batch with every run. Asks only for what `look` did not already bring. */
  readRuns(batch: Batch, deadline: Deadline): Promise<Batch & { readonly runs: readonly Run[] }>;
  /**
   * Runs that did not pass, with the explanation, error message and conversation where the provider keeps those
   * elsewhere. Bounded in requests; a detail that cannot be read is left out and never an error.
   */
  explain(runs: readonly Run[], deadline: Deadline): Promise<readonly Run[]>;
}
