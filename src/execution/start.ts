import type { BatchContents, BatchLists, Candidate, Listing, StartResponse } from '../providers/starter.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { onProviderError, type ProviderError } from '../runtime/errors.ts';
import {
  clockOffsetFrom,
  type FailedPost,
  findLostBatch,
  type ListSnapshot,
  matchContents,
  SEARCH_DELAYS_MS,
  type SearchPass,
} from './find-lost-batch.ts';

/** What became of a start; problems are sentences. */
export type StartOutcome =
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
  readonly post: (deadline: Deadline) => Promise<StartResponse>;
  readonly recentBatches: BatchLists;
  /** The batches that this step has started already: none of them is this one. */
  readonly alreadyStarted: ReadonlySet<string>;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly log: (line: string) => void;
}

/** Batches that seem to be older than this are not listed, where a provider can leave them out: clocks differ by less. */
export const OLDEST_LISTED_MS = 26 * 3_600_000;
/** When the last look ends at the latest, in milliseconds after the POST failed. */
const SEARCH_ENDS_MS = 30_000;
/** How long a start waits for the list of the batches that are there before, and then does without. */
const LIST_BEFORE_MS = 30_000;

/**
 * Starts one batch. The POST is sent once; if it is not known what became of it, the provider's lists are looked
 * through. Never throws for what a provider does.
 */
export async function startBatchOnce(options: StartOptions): Promise<StartOutcome> {
  const { title, clock, deadline, log } = options;
  const before = await takeListSnapshot(options, withEarlierEnd(deadline, clock.now() + LIST_BEFORE_MS));
  if (deadline.signal.aborted || clock.now() >= deadline.until) {
    return {
      kind: 'refused',
      problem: 'The time was over before a batch was started: raise timeout-minutes.',
    };
  }
  const at = clock.epoch();
  // Stopped on its way: it may have arrived.
  const stopped = ({ message }: ProviderError): StartResponse => ({ kind: 'unknown', problem: message, at });
  const posted = await options.post(deadline).catch(onProviderError(stopped));
  switch (posted.kind) {
    case 'accepted':
      return { kind: 'started', batchId: posted.value };
    case 'refused':
      return posted;
    case 'unknown':
      log(`${posted.problem} A batch may have been started: looking through ${title}'s lists for 20 s.`);
      return searchForLostBatch(options, {
        before,
        failedPost: { sentAt: posted.at, failedAt: clock.epoch() },
        problem: posted.problem,
      });
  }
}

/** The same deadline, or an earlier one. */
const withEarlierEnd = (deadline: Deadline, until: number): Deadline => ({
  ...deadline,
  until: Math.min(deadline.until, until),
});

/** What the lists show now; `undefined` where they cannot be read. */
async function takeListSnapshot(
  { recentBatches, clock }: StartOptions,
  deadline: Deadline,
): Promise<ListSnapshot | undefined> {
  const askedAt = clock.epoch();
  const listing = await recentBatches.list(deadline).catch(onProviderError(() => undefined));
  if (listing === undefined) return undefined;
  return { listing, offset: clockOffsetFrom(listing.date, { askedAt, answeredAt: clock.epoch() }) };
}

/** Looks through the lists, and says which batch is ours. */
async function searchForLostBatch(
  options: StartOptions,
  {
    before,
    failedPost,
    problem,
  }: { before: ListSnapshot | undefined; failedPost: FailedPost; problem: string },
): Promise<StartOutcome> {
  const { clock, deadline, log } = options;
  const failedAt = clock.now();
  const passes: (SearchPass | undefined)[] = [];
  const known = new Map<string, BatchContents>();
  for (const [index, afterMs] of before === undefined ? [] : SEARCH_DELAYS_MS.entries()) {
    await clock.sleep(Math.min(failedAt + afterMs, deadline.until) - clock.now(), deadline.signal);
    if (deadline.signal.aborted || clock.now() >= deadline.until) break;
    const endsAt = failedAt + (SEARCH_DELAYS_MS[index + 1] ?? SEARCH_ENDS_MS);
    passes.push(await searchLists(options, { before, known, deadline: withEarlierEnd(deadline, endsAt) }));
  }
  const found = findLostBatch({ before, failedPost, passes });
  if (found.kind === 'ours') {
    log(`Batch ${found.id} is in ${options.title}'s list, and is the one that this step started.`);
    return { kind: 'started', batchId: found.id };
  }
  return { kind: 'unknown', problem: unclearStartMessage(options, failedPost, { problem, why: found.why }) };
}

async function searchLists(
  options: StartOptions,
  {
    before,
    known,
    deadline,
  }: { before: ListSnapshot | undefined; known: Map<string, BatchContents>; deadline: Deadline },
): Promise<SearchPass | undefined> {
  const now = await takeListSnapshot(options, deadline);
  if (now === undefined) return undefined;
  const same: Candidate[] = [];
  const unclear: Candidate[] = [];
  for (const candidate of newCandidates(now.listing, { before, options })) {
    const contents =
      known.get(candidate.id) ??
      (await options.recentBatches
        .batchContents(candidate.id, deadline)
        .catch(onProviderError(() => UNREAD)));
    const likeness = matchContents(contents, options.testCases);
    // What is clear once does not change any more.
    if (likeness !== 'unclear') known.set(candidate.id, contents);
    if (likeness === 'same') same.push(candidate);
    if (likeness === 'unclear') unclear.push(candidate);
  }
  return { same, unclear, offset: now.offset };
}

function newCandidates(
  listing: Listing,
  { before, options }: { before: ListSnapshot | undefined; options: StartOptions },
): Candidate[] {
  const old = new Set(before?.listing.batches.map(({ id }) => id));
  const { subject, alreadyStarted } = options;
  const batches = [...new Map(listing.batches.map((each) => [each.id, each])).values()];
  return batches.filter(
    (each) =>
      !old.has(each.id) &&
      !alreadyStarted.has(each.id) &&
      (each.subject === undefined || each.subject === subject),
  );
}

/** A batch of which no run is listed, as far as we know. */
const UNREAD: BatchContents = { testCases: [] };

function unclearStartMessage(
  { title }: StartOptions,
  { sentAt }: FailedPost,
  { problem, why }: { problem: string; why: string },
): string {
  // To the second, since it is to be found in a list.
  const at = new Date(sentAt).toISOString().slice(0, 19).replace('T', ' ');
  return `${problem} A batch may have been started at ${at} UTC, and ${why}. Look for it at ${title} before you run this job again.`;
}
