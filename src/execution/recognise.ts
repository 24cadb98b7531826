/** Which batch an unclear POST has started, from what the provider's lists show. Pure. */
import type { Candidate, Contents, Listing } from '../providers/starter.ts';

/** When the lists are looked through, in milliseconds after the POST failed. */
export const LOOKS_MS = [2_000, 8_000, 20_000] as const;
/** How much later than the failure of its POST a batch may come into being. */
const SLOWNESS_MS = 5_000;
/** How far a provider's own clocks (of its `Date` header and of its batches), and the runner's, are apart when all is well. */
const JITTER_MS = 2_000;
/**
 * A batch that seems to be this much older or newer than the POST, although the list did not hold it just before, tells
 * that clocks differ: no list is half a minute late.
 */
const EVIDENT_SKEW_MS = 30_000;

/** The lists at one moment, with what they tell of the provider's clock. */
export interface Observation {
  readonly listing: Listing;
  readonly offset: Offset | undefined;
}

/** A look after the POST: what was not there before and can be ours. */
export interface ListLook {
  /** With exactly our test cases, engine and version. */
  readonly same: readonly Candidate[];
  /** Of which not every run is listed yet, so that they may turn out to have them. */
  readonly unclear: readonly Candidate[];
  readonly offset: Offset | undefined;
}

/** Whether a batch has exactly these test cases, each once; `unclear` as long as it can still come to that. */
export function compareContents(
  { testCases, total }: Contents,
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
export interface Offset {
  readonly low: number;
  readonly high: number;
}

/** What one `Date` header, which has whole seconds, tells of the provider's clock. */
export function offsetOf(
  date: number | undefined,
  { askedAt, answeredAt }: { askedAt: number; answeredAt: number },
): Offset | undefined {
  return date === undefined ? undefined : { low: date - answeredAt, high: date + 1_000 - askedAt };
}

/** Which batch is ours, or why that is not known: a clause. */
export type Recognition =
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
export function recognise({
  before,
  failedPost,
  looks,
}: {
  before: Observation | undefined;
  failedPost: FailedPost;
  looks: readonly (ListLook | undefined)[];
}): Recognition {
  const not = (why: string): Recognition => ({ kind: 'not-found', why });
  if (before === undefined || !before.listing.isComplete) {
    return not('its batches could not be listed before, so that nothing tells a new one from an old one');
  }
  if (looks.length < LOOKS_MS.length || looks.at(-1) === undefined) {
    return not('its list of batches could not be read to the end');
  }
  const seen = new Map(looks.flatMap((each) => each?.same ?? []).map((each) => [each.id, each]));
  const unclear = (looks.at(-1)?.unclear ?? []).filter(({ id }) => !seen.has(id));
  const all = [...seen.values(), ...unclear];
  if (all.length === 0) return not('its list does not show one');
  const [only] = all;
  if (all.length > 1 || only === undefined) {
    return not(`more than one could be it: ${namesOf(all)}`);
  }
  if (unclear.length > 0) return not(`batch ${only.id} could be it, but its test cases are not listed`);

  const offset = narrowest([before.offset, ...looks.map((each) => each?.offset)]);
  const wasThereAtOnce = looks[0]?.same.some(({ id }) => id === only.id) ?? false;
  switch (whenMade(only, failedPost, offset)) {
    case 'while-posting':
      return { kind: 'ours', id: only.id };
    case 'nobody-knows':
      if (wasThereAtOnce) return { kind: 'ours', id: only.id };
      return not(`batch ${only.id} could be it, but when it was created cannot be told`);
    case 'another-time':
      return not(`batch ${only.id} has the same test cases, but was created at another time`);
  }
}

/** Where no answer told the provider's clock, the runner's is taken for it. */
const SAME_CLOCK: Offset = { low: 0, high: 0 };

function whenMade(
  { createdAt }: Candidate,
  { sentAt, failedAt }: FailedPost,
  offset: Offset = SAME_CLOCK,
): 'while-posting' | 'another-time' | 'nobody-knows' {
  if (createdAt === undefined) return 'nobody-knows';
  const early = sentAt + offset.low - JITTER_MS - createdAt;
  const late = createdAt - (failedAt + offset.high + SLOWNESS_MS);
  const off = Math.max(early, late);
  if (off <= 0) return 'while-posting';
  return off > EVIDENT_SKEW_MS ? 'nobody-knows' : 'another-time';
}

/** What all of them allow; the narrowest of them if they contradict each other, as answers of several servers may. */
function narrowest(offsets: readonly (Offset | undefined)[]): Offset | undefined {
  const known = offsets.filter((each) => each !== undefined);
  if (known.length === 0) return undefined;
  const low = Math.max(...known.map((each) => each.low));
  const high = Math.min(...known.map((each) => each.high));
  if (low <= high) return { low, high };
  return known.reduce((best, each) => (each.high - each.low < best.high - best.low ? each : best));
}

const SHOWN_IDS = 3;

function namesOf(candidates: readonly Candidate[]): string {
  const shown = candidates.slice(0, SHOWN_IDS).map(({ id }) => id);
  const more = candidates.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
