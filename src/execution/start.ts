import { idKey } from '../domain/evidence.ts';
import type { Refusal } from '../domain/result.ts';
import type {
  BatchContents,
  BatchStarter,
  Candidate,
  Listing,
  StartedBatch,
  StartResponse,
  Subject,
} from '../providers/starter.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { isOver, withEarlierEnd } from '../runtime/deadline.ts';
import { onProviderError, type ProviderError } from '../runtime/errors.ts';
import { formatMoment } from '../text/format.ts';
import {
  findLostBatch,
  type ListSnapshot,
  matchContents,
  SEARCH_DELAYS_MS,
  type SearchPass,
  uniqueBatches,
} from './find-lost-batch.ts';
import type { StartName } from './start-name.ts';

/** Result of a start; problems are sentences. */
export type StartResult =
  | {
      readonly kind: 'started';
      readonly batchId: string;
      /** The answer to the start, where it came. */
      readonly answer?: StartedBatch | undefined;
      /** When the POST was sent, in milliseconds since the epoch by the provider's own clock; `undefined` if nothing tells it. */
      readonly sentAt: number | undefined;
      /** The batch as the provider's lists show it, where the answer was lost and it was found there. */
      readonly adopted?: Candidate | undefined;
    }
  | { readonly kind: 'refused'; readonly problem: string; readonly refusal?: Refusal | undefined }
  /** A batch may have been started; the problem says so, and when. */
  | { readonly kind: 'unknown'; readonly problem: string };

export interface StartOptions {
  /** Its `startBatch` is called at most once. */
  readonly starter: BatchStarter;
  readonly subject: Subject;
  readonly testCases: readonly string[];
  readonly name?: StartName | undefined;
  /** The batches that this step has started already: none of them is this one. */
  readonly alreadyStarted: ReadonlySet<string>;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly log: (line: string) => void;
}

/** Batches that seem to be older than this are not listed, where a provider can leave them out: clocks differ by less. */
const OLDEST_LISTED_MS = 26 * 3_600_000;
/** When the last look ends at the latest, in milliseconds after the POST failed. */
const SEARCH_ENDS_MS = 30_000;
/** Time limit for the list of batches before a start, which then does without. */
const LIST_BEFORE_MS = 30_000;

/**
 * Starts one batch. The POST is sent once; if it is not known what became of it, the provider's lists are looked
 * through. Never throws for what a provider does.
 */
export async function startBatchOnce(options: StartOptions): Promise<StartResult> {
  const { starter, subject, testCases, name, clock, deadline, log } = options;
  const { title } = starter;
  const read = await takeListSnapshot(options, withEarlierEnd(deadline, clock.now() + LIST_BEFORE_MS));
  const before = read === undefined || 'problem' in read ? undefined : read;
  if (isOver(deadline, clock)) {
    const why = read !== undefined && 'problem' in read ? read.problem : 'Raise timeout-minutes.';
    return { kind: 'refused', problem: `The time was over before a batch was started. ${why}` };
  }
  const at = clock.epoch();
  // Stopped on its way: it may have arrived.
  const stopped = ({ message }: ProviderError): StartResponse => ({ kind: 'unknown', problem: message, at });
  const posted = await starter
    .startBatch(subject, testCases, deadline, name?.text)
    .catch(onProviderError(stopped));
  switch (posted.kind) {
    case 'accepted':
      if (wasThereBefore(posted.value.id, { before, options })) {
        const problem = `${title} answered the start with batch ${posted.value.id}, which was there before.`;
        return {
          kind: 'unknown',
          problem: unclearStartMessage(options, at, { problem, why: 'what it started is not known' }),
        };
      }
      return {
        kind: 'started',
        batchId: posted.value.id,
        answer: posted.value,
        sentAt: before?.aheadMs === undefined ? undefined : at + before.aheadMs,
      };
    case 'refused':
      return posted;
    case 'unknown':
      // Otherwise nobody looks.
      if (before !== undefined && !isOver(deadline, clock)) {
        log(`${posted.problem} A batch may have been started: looking through ${title}'s lists for 20 s.`);
      }
      return searchForLostBatch(options, { before, sentAt: posted.at, problem: posted.problem });
  }
}

/** True if a batch stands in the lists from before the start, or was started by this step already. */
function wasThereBefore(
  id: string,
  { before, options }: { before: ListSnapshot | undefined; options: StartOptions },
): boolean {
  const known = [...options.alreadyStarted, ...(before?.listing.batches.map((batch) => batch.id) ?? [])];
  return known.some((old) => idKey(old) === idKey(id));
}

/** Reads the lists, if there are any; where they cannot be read, a sentence that says why. */
async function takeListSnapshot(
  { starter, subject, testCases, name, clock }: StartOptions,
  deadline: Deadline,
): Promise<ListSnapshot | { readonly problem: string } | undefined> {
  const since = clock.epoch() - OLDEST_LISTED_MS;
  const listing = await starter
    .listBatches?.({ subject, testCases, since, mark: name?.mark }, deadline)
    .catch(onProviderError(({ message }) => ({ problem: message })));
  if (listing === undefined || 'problem' in listing) return listing;
  return { listing, aheadMs: listing.date === undefined ? undefined : listing.date - clock.epoch() };
}

/** Looks through the lists, and says which batch is ours. */
async function searchForLostBatch(
  options: StartOptions,
  { before, sentAt, problem }: { before: ListSnapshot | undefined; sentAt: number; problem: string },
): Promise<StartResult> {
  const { clock, deadline, log } = options;
  const failedAt = clock.now();
  const passes: (SearchPass | undefined)[] = [];
  const known = new Map<string, BatchContents>();
  for (const [index, afterMs] of before === undefined ? [] : SEARCH_DELAYS_MS.entries()) {
    await clock.sleep(Math.min(failedAt + afterMs, deadline.until) - clock.now(), deadline.signal);
    if (isOver(deadline, clock)) break;
    const endsAt = failedAt + (SEARCH_DELAYS_MS[index + 1] ?? SEARCH_ENDS_MS);
    passes.push(await searchLists(options, { before, known, deadline: withEarlierEnd(deadline, endsAt) }));
  }
  const found = findLostBatch({ before, sentAt, passes, isCancelled: deadline.signal.aborted });
  if (found.kind === 'ours') {
    const { batch } = found;
    log(`Batch ${batch.id} is in ${options.starter.title}'s list, and is the one that this step started.`);
    return { kind: 'started', batchId: batch.id, sentAt: undefined, adopted: batch };
  }
  return { kind: 'unknown', problem: unclearStartMessage(options, sentAt, { problem, why: found.why }) };
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
  if (now === undefined || 'problem' in now) return undefined;
  const same: Candidate[] = [];
  const unclear: Candidate[] = [];
  for (const candidate of newCandidates(now.listing, { before, options })) {
    const contents = known.get(candidate.id) ?? (await readContents(candidate, options, deadline));
    const likeness = matchContents(contents, options.testCases);
    // What is clear once does not change any more.
    if (likeness !== 'unclear') known.set(candidate.id, contents);
    if (likeness === 'same') same.push(candidate);
    if (likeness === 'unclear') unclear.push(candidate);
  }
  return { same, unclear, aheadMs: now.aheadMs };
}

/** The test cases of a batch. What announces another number of runs than ours is not ours, so its runs are not read. */
async function readContents(
  { id, runCount: total }: Candidate,
  { starter, testCases }: StartOptions,
  deadline: Deadline,
): Promise<BatchContents> {
  if (total !== undefined && total !== testCases.length) return { testCases: [], total };
  return starter.readBatchContents(id, deadline).catch(onProviderError(() => UNREAD));
}

function newCandidates(
  listing: Listing,
  { before, options }: { before: ListSnapshot | undefined; options: StartOptions },
): Candidate[] {
  return uniqueBatches(listing).filter(
    ({ id, subject, isMixed = false }) =>
      !isMixed &&
      !wasThereBefore(id, { before, options }) &&
      (subject === undefined || subject === options.subject.key),
  );
}

/** A batch of which no run is listed, as far as we know. */
const UNREAD: BatchContents = { testCases: [] };

function unclearStartMessage(
  { starter }: StartOptions,
  sentAt: number,
  { problem, why }: { problem: string; why: string },
): string {
  return `${problem} A batch may have been started at ${formatMoment(sentAt)}, and ${why}. Look for it at ${starter.title} before you run this job again.`;
}
