/** Finds the batch that an unclear POST has started in the provider's lists. Pure. */
import { idKey } from '../domain/evidence.ts';
import { joinFirst } from '../domain/wording.ts';
import type { BatchContents, Candidate, Listing } from '../providers/starter.ts';

/** When the lists are looked through, in milliseconds after the POST failed. */
export const SEARCH_DELAYS_MS = [2_000, 8_000, 20_000] as const;
/** Greatest difference between the clocks of a provider (of its `Date` header and of its batches) and the runner's. */
export const CLOCK_SLACK_MS = 120_000;

/** The lists at one moment. */
export interface ListSnapshot {
  readonly listing: Listing;
  /** By how much the provider's clock is ahead of the runner's, in milliseconds; `undefined` without a `Date` header. */
  readonly aheadMs: number | undefined;
}

/** A look after the POST: what was not there before and can be ours. */
export interface SearchPass {
  /** With exactly our test cases, engine and version. */
  readonly same: readonly Candidate[];
  /** Of which not every run is listed yet, so that they may turn out to have them. */
  readonly unclear: readonly Candidate[];
  readonly aheadMs: number | undefined;
}

/** The batches of a list, each once: pages may repeat some. */
export const uniqueBatches = ({ batches }: Listing): readonly Candidate[] => [
  ...new Map(batches.map((batch) => [batch.id, batch])).values(),
];

/**
 * Compares a batch with exactly these test cases, each once; `unclear` as long as it can still come to have them. Ids are the
 * same if `keyOf` makes the same of them.
 */
export function matchContents(
  { testCases, total }: BatchContents,
  wanted: readonly string[],
  keyOf: (id: string) => string = idKey,
): 'same' | 'unclear' | 'other' {
  const missing = new Set(wanted.map(keyOf));
  if (!testCases.every((id) => missing.delete(keyOf(id)))) return 'other';
  if (total !== undefined && total !== wanted.length) return 'other';
  return missing.size === 0 ? 'same' : 'unclear';
}

/** The batch that is ours, or the reason why that is not known: a clause. */
export type SearchResult =
  | { readonly kind: 'ours'; readonly batch: Candidate }
  | { readonly kind: 'not-found'; readonly why: string };

/**
 * Finds the batch that an unclear POST started. Ours is a batch with exactly our test cases, engine and version that was
 * not in the complete list before the POST, if it is the only one of that kind in all looks, and was created no earlier than
 * the POST by the provider's clock; without a `Date` header, by the runner's.
 *
 * Not excluded: that our POST was lost, and that within these seconds somebody else started the same test cases on the
 * same version.
 */
export function findLostBatch({
  before,
  sentAt,
  passes,
  isCancelled,
}: {
  before: ListSnapshot | undefined;
  /** When the POST was sent, in milliseconds since the epoch on the runner's clock. */
  sentAt: number;
  passes: readonly (SearchPass | undefined)[];
  /** True if the looks ended with a cancellation. */
  isCancelled: boolean;
}): SearchResult {
  const not = (why: string): SearchResult => ({ kind: 'not-found', why });
  if (before === undefined || !before.listing.isComplete) {
    return not('its batches could not be listed before, so that nothing tells a new one from an old one');
  }
  if (passes.length < SEARCH_DELAYS_MS.length || passes.at(-1) === undefined) {
    return not(
      isCancelled
        ? 'its list of batches was not read after the cancellation'
        : 'its list of batches could not be read to the end',
    );
  }
  const seen = new Map(passes.flatMap((pass) => pass?.same ?? []).map((batch) => [batch.id, batch]));
  const unclear = (passes.at(-1)?.unclear ?? []).filter(({ id }) => !seen.has(id));
  const all = [...seen.values(), ...unclear];
  if (all.length === 0) return not('its list does not show one');
  const [only] = all;
  if (all.length > 1 || only === undefined) {
    return not(`more than one could be it: ${listIds(all)}`);
  }
  if (unclear.length > 0) return not(`batch ${only.id} could be it, but its test cases are not listed`);

  const aheadMs = [before, ...passes].find((look) => look?.aheadMs !== undefined)?.aheadMs ?? 0;
  if (isOlder(only.createdAt, sentAt + aheadMs)) {
    return not(`batch ${only.id} has the same test cases, but was created before the request`);
  }
  return { kind: 'ours', batch: only };
}

/** True if a batch was certainly created before a moment, both by the provider's clock. */
export const isOlder = (createdAt: number | undefined, sentAt: number): boolean =>
  createdAt !== undefined && createdAt < sentAt - CLOCK_SLACK_MS;

const listIds = (candidates: readonly Candidate[]): string => joinFirst(candidates.map(({ id }) => id));
