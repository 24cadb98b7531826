import type { Clock, Deadline } from '../clock.ts';
import { ProviderError } from '../errors.ts';
import type { BatchLists, Candidate, Contents, Listing, Posted } from '../providers/starter.ts';
import { formatTime } from '../text/format.ts';

export type Start =
  | { readonly kind: 'started'; readonly batchId: string }
  | { readonly kind: 'refused'; readonly problem: string }
  /** A batch may have been started; the problem says so, and when. */
  | { readonly kind: 'unknown'; readonly problem: string };

export interface StartOptions {
  /** How the provider is called: "Retell". */
  readonly title: string;
  readonly testCases: readonly string[];
  /** As `Candidate.subject`. */
  readonly subject: string | undefined;
  /** Sends the request to start the batch. Called at most once. */
  readonly post: (deadline: Deadline) => Promise<Posted>;
  readonly lists: BatchLists;
  /** The batches that this step has started already: none of them is this one. */
  readonly startedBefore: ReadonlySet<string>;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly log: (line: string) => void;
}

/** Batches that seem to be older than this are not listed, where a provider can leave them out: clocks differ by less. */
export const OLDEST_LISTED_MS = 26 * 3_600_000;
/** When the lists are looked through, in milliseconds after the POST failed. */
const LOOKS_MS = [2_000, 8_000, 20_000] as const;
/** When the last look ends at the latest, in milliseconds after the POST failed. */
const LAST_LOOK_ENDS_MS = 30_000;
/** How long a start waits for the list of the batches that are there before, and then does without. */
const LIST_BEFORE_MS = 30_000;
/** How much later than the failure of its POST a batch may come into being. */
const SLOWNESS_MS = 5_000;
/** How far a provider's own clocks (of its `Date` header and of its batches), and the runner's, are apart when all is well. */
const JITTER_MS = 2_000;
/**
 * A batch that seems to be this much older or newer than the POST, although the list did not hold it just before, tells
 * that clocks differ: no list is half a minute late.
 */
const EVIDENT_SKEW_MS = 30_000;

/**
 * Starts one batch. The POST is sent once; if nobody can know what became of it, the provider's lists are looked
 * through. Never throws for what a provider does.
 */
export async function startOnce(options: StartOptions): Promise<Start> {
  const { title, clock, deadline, log } = options;
  const before = await observe(options, limited(deadline, clock.now() + LIST_BEFORE_MS));
  if (deadline.signal.aborted || clock.now() >= deadline.until) {
    return {
      kind: 'refused',
      problem: 'The time was over before a batch was started: raise timeout-minutes.',
    };
  }
  const posted = await postOnce(options);
  switch (posted.kind) {
    case 'accepted':
      return { kind: 'started', batchId: posted.value };
    case 'refused':
      return posted;
    case 'unknown':
      log(`${posted.problem} A batch may have been started: looking through ${title}'s lists for 20 s.`);
      return find(options, {
        before,
        attempt: { sentAt: posted.at, failedAt: clock.epoch() },
        problem: posted.problem,
      });
  }
}

async function postOnce({ post, clock, deadline }: StartOptions): Promise<Posted> {
  const at = clock.epoch();
  try {
    return await post(deadline);
  } catch (error) {
    // Stopped on its way: nobody knows how far it came.
    if (error instanceof ProviderError) return { kind: 'unknown', problem: error.message, at };
    throw error;
  }
}

/** The lists at one moment, with what they tell of the provider's clock. */
export interface Observation {
  readonly listing: Listing;
  readonly offset: Offset | undefined;
}

/** The same deadline, or an earlier one. */
const limited = (deadline: Deadline, until: number): Deadline => ({
  ...deadline,
  until: Math.min(deadline.until, until),
});

async function observe({ lists, clock }: StartOptions, deadline: Deadline): Promise<Observation | undefined> {
  const askedAt = clock.epoch();
  try {
    const listing = await lists.list(deadline);
    return { listing, offset: offsetOf(listing.date, { askedAt, answeredAt: clock.epoch() }) };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return undefined;
  }
}

async function find(
  options: StartOptions,
  { before, attempt, problem }: { before: Observation | undefined; attempt: Attempt; problem: string },
): Promise<Start> {
  const { clock, deadline, log } = options;
  const failedAt = clock.now();
  const looks: (Look | undefined)[] = [];
  const known = new Map<string, Contents>();
  for (const [index, afterMs] of before === undefined ? [] : LOOKS_MS.entries()) {
    await clock.sleep(Math.min(failedAt + afterMs, deadline.until) - clock.now(), deadline.signal);
    if (deadline.signal.aborted || clock.now() >= deadline.until) break;
    const endsAt = failedAt + (LOOKS_MS[index + 1] ?? LAST_LOOK_ENDS_MS);
    looks.push(await look(options, { before, known, deadline: limited(deadline, endsAt) }));
  }
  const found = recognise({ before, attempt, looks });
  if (found.kind === 'ours') {
    log(`Batch ${found.id} is in ${options.title}'s list, and is the one that this step started.`);
    return { kind: 'started', batchId: found.id };
  }
  return { kind: 'unknown', problem: sentence(options, attempt, { problem, why: found.why }) };
}

/** A look after the POST: what was not there before and can be ours. */
export interface Look {
  /** With exactly our test cases, engine and version. */
  readonly same: readonly Candidate[];
  /** Of which not every run is listed yet, so that they may turn out to have them. */
  readonly unclear: readonly Candidate[];
  readonly offset: Offset | undefined;
}

async function look(
  options: StartOptions,
  {
    before,
    known,
    deadline,
  }: { before: Observation | undefined; known: Map<string, Contents>; deadline: Deadline },
): Promise<Look | undefined> {
  const now = await observe(options, deadline);
  if (now === undefined) return undefined;
  const same: Candidate[] = [];
  const unclear: Candidate[] = [];
  for (const candidate of newIn(now.listing, { before, options })) {
    const contents = known.get(candidate.id) ?? (await readContents(options.lists, candidate.id, deadline));
    const likeness = compare(contents, options.testCases);
    // What is clear once does not change any more.
    if (likeness !== 'unclear') known.set(candidate.id, contents);
    if (likeness === 'same') same.push(candidate);
    if (likeness === 'unclear') unclear.push(candidate);
  }
  return { same, unclear, offset: now.offset };
}

function newIn(
  listing: Listing,
  { before, options }: { before: Observation | undefined; options: StartOptions },
): Candidate[] {
  const old = new Set(before?.listing.batches.map(({ id }) => id));
  const { subject, startedBefore } = options;
  const batches = [...new Map(listing.batches.map((each) => [each.id, each])).values()];
  return batches.filter(
    (each) =>
      !old.has(each.id) &&
      !startedBefore.has(each.id) &&
      (each.subject === undefined || each.subject === subject),
  );
}

async function readContents(lists: BatchLists, id: string, deadline: Deadline): Promise<Contents> {
  try {
    return await lists.contentsOf(id, deadline);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { testCases: [] };
  }
}

/** Whether a batch has exactly these test cases, each once; `unclear` as long as it can still come to that. */
export function compare(
  { testCases, total }: Contents,
  wanted: readonly string[],
): 'same' | 'unclear' | 'other' {
  const missing = new Set(wanted);
  if (!testCases.every((id) => missing.delete(id))) return 'other';
  if (total !== undefined && total !== wanted.length) return 'other';
  return missing.size === 0 ? 'same' : 'unclear';
}

/** When the POST was sent and when it failed: milliseconds since the epoch, on the runner's clock. */
export interface Attempt {
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
  attempt,
  looks,
}: {
  before: Observation | undefined;
  attempt: Attempt;
  looks: readonly (Look | undefined)[];
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
  switch (whenMade(only, attempt, offset)) {
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
  { sentAt, failedAt }: Attempt,
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

function sentence(
  { title, clock }: StartOptions,
  { sentAt }: Attempt,
  { problem, why }: { problem: string; why: string },
): string {
  const at = secondsOf(sentAt) ?? secondsOf(clock.epoch()) ?? 'an unknown time';
  return `${problem} A batch may have been started at ${at}, and ${why}. Look for it at ${title} before you run this job again.`;
}

/** `2026-09-14 08:00:12 UTC`: to the second, since it is to be found in a list. */
function secondsOf(epochMs: number): string | undefined {
  const minutes = formatTime(epochMs);
  return minutes?.replace(' UTC', `:${new Date(epochMs).toISOString().slice(17, 19)} UTC`);
}

/** The test cases in batches of at most `size` (Retell: 1,000), in their order, each of them once. */
export function splitIntoBatches(testCases: readonly string[], size: number): string[][] {
  const ids = [...new Set(testCases)];
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, index) =>
    ids.slice(index * size, (index + 1) * size),
  );
}

/** The sentence that refuses a first round of more runs than `max-runs`; `undefined` if it may be started. */
export function tooManyRuns(
  { testCases, runsOfEach = 1 }: { testCases: number; runsOfEach?: number },
  maxRuns: number | undefined,
): string | undefined {
  const runs = testCases * runsOfEach;
  if (maxRuns === undefined || runs <= maxRuns) return undefined;
  const times = runsOfEach === 1 ? '' : ` (${runsOfEach} of each of ${testCases} test cases)`;
  return `test-cases selects ${runs} runs${times}, and max-runs allows ${maxRuns}: select fewer, or raise max-runs.`;
}
