import type { Batch } from '../domain/batch.ts';
import type { Run, RunStatus } from '../domain/run.ts';
import type { SelectorRules } from '../domain/selectors.ts';
import type { Mode, TargetRules, Version, VersionRules } from '../domain/target.ts';
import type { HttpClient } from '../http/json-client.ts';
import type { Deadline } from '../runtime/clock.ts';
import type { BatchStarter, StarterAdapter } from './starter.ts';

/**
 * Reads one provider's batches. Every method retries what is worth retrying as long as the deadline lasts, and then throws a
 * `ProviderError` whose message tells a person what to do.
 */
export interface ProviderAdapter {
  /** Reads the state of the batch, with one request however many runs there are. */
  fetchBatch(batchId: string, deadline: Deadline): Promise<Batch>;
  /** The same batch with every run. Asks only for what `fetchBatch` did not already bring. */
  fetchRuns(batch: Batch, deadline: Deadline): Promise<Batch & { readonly runs: readonly Run[] }>;
  /**
   * The batch with what the provider keeps elsewhere about runs that did not pass: explanation, error message,
   * conversation; and with the conversations of the runs in `passedRunIds`, with which those are compared. Bounded in
   * requests; a detail that cannot be read is left out and never an error. Absent where the list of runs says it all.
   */
  fetchFailureDetails?(batch: Batch, deadline: Deadline, passedRunIds: ReadonlySet<string>): Promise<Batch>;
  /**
   * Asks the provider to end a batch, and resolves if it accepts; what has not ended then is cancelled there. Asking twice
   * does no harm. Only for batches that this step started. Absent where the provider has no way to cancel.
   */
  cancel?(batchId: string, deadline: Deadline): Promise<void>;
}

/** An adapter that is ready to ask, with what the gate needs to know about its provider. */
export interface Provider extends ProviderAdapter {
  /** Name of the provider in headings: "Retell". */
  readonly title: string;
  /** See `ProviderDescriptor`. */
  readonly idKey?: ((id: string) => string) | undefined;
  /** Reads batches whose conversations nobody is shown, so that they take no room from others. `this` if absent. */
  readonly withoutConversations?: ProviderAdapter | undefined;
  readonly starter: BatchStarter;
}

/** A provider that can also say what there is to test. */
export interface BrowsableProvider extends Provider {
  /** See `ProviderDescriptor`. */
  listTargets(deadline: Deadline): Promise<readonly AvailableTarget[]>;
}

/** Meaning of a batch's status word. `ended`: it has ended, and only its runs say how. */
export type BatchStatus = RunStatus | 'ended';

/** Rules for the inputs that start a batch. */
export interface StartRules {
  /** The words before the slash of `target`: `agent`. */
  readonly targetKinds: TargetRules['kinds'];
  readonly selectors: Omit<SelectorRules, 'title'>;
  /** True if `target` can be left out where every selector is an id (Bland). */
  readonly isTargetOptional: boolean;
}

/** Abilities of a provider beyond reading. */
export interface Capabilities {
  /** Start batches: what `target` and `test-cases` can be. */
  readonly start: StartRules;
  /** Choose the version under test, and another one to compare it with. `false`: not supported. */
  readonly versions: false | VersionRules;
  /** Choose between chat and voice: the mode that an empty input stands for. `false`: not supported. */
  readonly modes: false | { readonly fallback: Mode };
  /**
   * Test a configuration that is sent with the start: what is wrong with one, as a clause. Otherwise how to test one here, as a
   * sentence.
   */
  readonly targetConfig:
    | { readonly problemOf: (json: Readonly<Record<string, unknown>>) => string | undefined }
    | { readonly instead: string };
  /** Take the result of an earlier batch; otherwise: why nothing proves that it still holds, as a clause (`reuse-hours`). */
  readonly reuse: true | { readonly problem: string };
  /** Cancel a batch that the action started. */
  readonly cancel: boolean;
}

/** Something that can be under test, as the provider lists it. */
export interface AvailableTarget {
  /** The word before the slash of `target`: `agent`. */
  readonly kind: string;
  readonly id: string;
  /** The id, where the provider gives no name. Foreign text. */
  readonly name: string;
  /** When it was last edited, in milliseconds since the epoch. */
  readonly editedAt?: number | undefined;
}

/** Everything the action knows about a provider. Each provider's file exports one; `registry.ts` lists them. */
export interface ProviderDescriptor {
  /** The value of the input `provider`, and the key in the registry. */
  readonly name: string;
  /** Name of the provider in headings and sentences: "Retell". */
  readonly title: string;
  /** Its full name where it is introduced: "Retell AI". */
  readonly product: string;
  readonly homepage: string;
  /** Address of the API, unless `api-url` says otherwise. */
  readonly url: string;
  /** Usual name of the key's environment variable and secret: `RETELL_API_KEY`. */
  readonly keyVariable: string;
  /** The headers that authorise a request. */
  readonly headers: (apiKey: string) => Record<string, string>;
  /** One sentence that says what to do about a refusal with this HTTP status. */
  readonly advice: (status: number) => string;
  /** The tables by which the adapter reads status words; the documentation shows them. */
  readonly statusWords: {
    readonly batch: ReadonlyMap<string, BatchStatus>;
    readonly run: ReadonlyMap<string, RunStatus>;
  };
  readonly capabilities: Capabilities;
  /** The form in which the provider compares ids; by default as they are. */
  readonly idKey?: ((id: string) => string) | undefined;
  readonly createAdapter: (http: HttpClient, options?: AdapterOptions) => ProviderAdapter;
  /** Everything that can be under test, to choose from. Throws a `ProviderError` if it cannot be listed. */
  readonly listTargets: (http: HttpClient, deadline: Deadline) => Promise<readonly AvailableTarget[]>;
  /**
   * True if the list shows that there is no such target. Only where `BatchStarter.resolveTarget` does not ask for it.
   */
  readonly lacksTarget?:
    | ((targets: readonly AvailableTarget[], target: Pick<AvailableTarget, 'kind' | 'id'>) => boolean)
    | undefined;
  /** The provider's page that says how test cases are made. */
  readonly testCasesPage: string;
  /** Makes what starts batches. */
  readonly createBatchStarter: (http: HttpClient, options: BatchStarterOptions) => StarterAdapter;
}

/** Options of an adapter beside its requests. */
export interface AdapterOptions {
  /** True if conversations may be shown; if not, none is asked for or kept. Default `true`. */
  readonly showsConversations?: boolean | undefined;
}

/** Options of a starter beside its requests. */
export interface BatchStarterOptions {
  /** The input `version`, for re-runs of given batches that do not say what they tested (Bland). */
  readonly version?: Version | undefined;
}
