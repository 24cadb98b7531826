/** Which batch an unclear POST has started, from what the provider's lists show. Pure. */
import type { BatchContents, Candidate, Listing } from '../providers/starter.ts';

/** When the lists are looked through, in milliseconds after the POST failed. */
export const SEARCH_DELAYS_MS = [2_000, 8_000, 20_000] as const;
/** How much later than the failure of its POST a batch may come into being. */
const MAX_CREATION_DELAY_MS = 5_000;
/** How far a provider's own clocks (of its `Date` header and of its batches), and the runner's, are apart when all is well. */
const CLOCK_JITTER_MS = 2_000;
/**
 * A batch that seems to be this much older or newer than the POST, although the list did not hold it just before, tells
 * that clocks differ: no list is half a minute late.
 */
const EVIDENT_SKEW_MS = 30_000;

/** The lists at one moment, with what they tell of the provider's clock. */
export interface ListSnapshot {
  readonly listing: Listing;
  readonly offset: ClockOffset | undefined;
}

/** A look after the POST: what was not there before and can be ours. */
export interface SearchPass {
  /** With exactly our test cases, engine and version. */
  readonly same: readonly Candidate[];
  /** Of which not every run is listed yet, so that they may turn out to have them. */
  readonly unclear: readonly Candidate[];
  readonly offset: ClockOffset | undefined;
}

/** Whether a batch has exactly these test cases, each once; `unclear` as long as it can still come to that. */
export function matchContents(
  { testCases, total }: BatchContents,
  wanted: readonly string[],
): 'same' | 'unclear' | 'other' {
  const missing = new Set(wanted);
  if (!testCases.every((id) => missing.delete(id))) return 'other';
  if (total !== undefined && total !== wanted.length) return 'other';
  return missing.size === 0 ? 'same' : 'unclear';
}

/** When the POST was sent and when it failed: milliseconds since the epoch, on the runner's clock. */
export interface FailedPost {
  readonly sentAt: number;
  readonly failedAt: number;
}

/** By how much the provider's clock is ahead of the runner's, in milliseconds: between these two. */
export interface ClockOffset {
  readonly low: number;
  readonly high: number;
}

/** What one `Date` header, which has whole seconds, tells of the provider's clock. */
export function clockOffsetFrom(
  date: number | undefined,
  { askedAt, answeredAt }: { askedAt: number; answeredAt: number },
): ClockOffset | undefined {
  return date === undefined ? undefined : { low: date - answeredAt, high: date + 1_000 - askedAt };
}

/** Which batch is ours, or why that is not known: a clause. */
export type SearchOutcome =
  | { readonly kind: 'ours'; readonly id: string }
  | { readonly kind: 'not-found'; readonly why: string };

/**
 * Which batch is the one that an unclear POST started. Ours is a batch with exactly our test cases, engine and version
 * that was not in the complete list before the POST, if it is the only one of that kind in all looks, and if
 *
 * - it was created while the POST was under way, or shortly after, by the provider's clock; or
 * - clocks evidently differ, or the batch does not say when it was created, and it was there at the first look: the
 *   two lists, before the POST and 2 s after it, are the clock then.
 *
 * What is not excluded: that our POST was lost, and that within these seconds somebody else started the same test
 * cases on the same version.
 */
export function findLostBatch({
  before,
  failedPost,
  passes,
}: {
  before: ListSnapshot | undefined;
  failedPost: FailedPost;
  passes: readonly (SearchPass | undefined)[];
}): SearchOutcome {
  const not = (why: string): SearchOutcome => ({ kind: 'not-found', why });
  if (before === undefined || !before.listing.isComplete) {
    return not('its batches could not be listed before, so that nothing tells a new one from an old one');
  }
  if (passes.length < SEARCH_DELAYS_MS.length || passes.at(-1) === undefined) {
    return not('its list of batches could not be read to the end');
  }
  const seen = new Map(passes.flatMap((each) => each?.same ?? []).map((each) => [each.id, each]));
  const unclear = (passes.at(-1)?.unclear ?? []).filter(({ id }) => !seen.has(id));
  const all = [...seen.values(), ...unclear];
  if (all.length === 0) return not('its list does not show one');
  const [only] = all;
  if (all.length > 1 || only === undefined) {
    return not(`more than one could be it: ${listIds(all)}`);
  }
  if (unclear.length > 0) return not(`batch ${only.id} could be it, but its test cases are not listed`);

  const offset = intersectOffsets([before.offset, ...passes.map((each) => each?.offset)]);
  const wasThereAtOnce = passes[0]?.same.some(({ id }) => id === only.id) ?? false;
  switch (creationMatch(only, failedPost, offset)) {
    case 'during-request':
      return { kind: 'ours', id: only.id };
    case 'unknown':
      if (wasThereAtOnce) return { kind: 'ours', id: only.id };
      return not(`batch ${only.id} could be it, but when it was created cannot be told`);
    case 'outside':
      return not(`batch ${only.id} has the same test cases, but was created at another time`);
  }
}

/** Where no answer told the provider's clock, the runner's is taken for it. */
const NO_OFFSET: ClockOffset = { low: 0, high: 0 };

function creationMatch(
  { createdAt }: Candidate,
  { sentAt, failedAt }: FailedPost,
  offset: ClockOffset = NO_OFFSET,
): 'during-request' | 'outside' | 'unknown' {
  if (createdAt === undefined) return 'unknown';
  const early = sentAt + offset.low - CLOCK_JITTER_MS - createdAt;
  const late = createdAt - (failedAt + offset.high + MAX_CREATION_DELAY_MS);
  const off = Math.max(early, late);
  if (off <= 0) return 'during-request';
  return off > EVIDENT_SKEW_MS ? 'unknown' : 'outside';
}

/** What all of them allow; the narrowest of them if they contradict each other, as answers of several servers may. */
function intersectOffsets(offsets: readonly (ClockOffset | undefined)[]): ClockOffset | undefined {
  const known = offsets.filter((each) => each !== undefined);
  if (known.length === 0) return undefined;
  const low = Math.max(...known.map((each) => each.low));
  const high = Math.min(...known.map((each) => each.high));
  if (low <= high) return { low, high };
  return known.reduce((best, each) => (each.high - each.low < best.high - best.low ? each : best));
}

const SHOWN_IDS = 3;

function listIds(candidates: readonly Candidate[]): string {
  const shown = candidates.slice(0, SHOWN_IDS).map(({ id }) => id);
  const more = candidates.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
