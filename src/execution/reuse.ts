/** Finds an earlier batch whose result still holds, in the provider's own lists, so that nothing need be started. */
import { type Batch, formatRunCount, type ReusedBatch } from '../domain/batch.ts';
import { mismatchWith } from '../domain/claims.ts';
import { findContradictions, unknownStatuses } from '../domain/integrity.ts';
import type { RunStatus } from '../domain/run.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import { joinFirst } from '../domain/wording.ts';
import type { Provider } from '../providers/provider.ts';
import type { Candidate, Listing, SubjectSnapshot } from '../providers/starter.ts';
import type { Deadline } from '../runtime/clock.ts';
import { onProviderError } from '../runtime/errors.ts';
import { formatAge, formatMoment } from '../text/format.ts';
import { CLOCK_SLACK_MS, matchContents, uniqueBatches } from './find-lost-batch.ts';
import type { Prepared } from './prepare.ts';
import type { ExecutorDependencies, ExecutorOptions } from './types.ts';

const HOUR_MS = 3_600_000;
/** The most that `reuse-hours` can be. A batch of these hours that does not agree with a younger one is heard too. */
const HORIZON_MS = 168 * HOUR_MS;
/** With more batches than this that may have run the same, nothing is reused: each would have to be read. */
const MAX_READ = 25;
/** Time limit of the search; at most a quarter of the time that is left. */
const SEARCH_MS = 60_000;
/** A `Date` header says the second, and not what has passed of it. */
const DATE_PRECISION_MS = 999;

export interface ReuseOptions
  extends Pick<ExecutorOptions, 'reuseHours' | 'isJobRerun' | 'maxBatchAgeMinutes'>,
    Pick<ExecutorDependencies, 'provider' | 'clock' | 'deadline'> {
  readonly prepared: Pick<Prepared, 'subject' | 'testCases' | 'names' | 'revisions'>;
}

/** The batch to judge in place of a new one. */
export interface FoundReuse {
  readonly kind: 'found';
  readonly reused: ReusedBatch;
  /** True if a later look at it still shows what was found. */
  readonly isStill: (batch: Batch) => boolean;
}

/** The batch to judge, or why nothing is reused: a clause. */
export type ReuseResult = FoundReuse | { readonly kind: 'none'; readonly why: string };

/** The result as one line for the log. */
export const describeReuse = (result: ReuseResult): string =>
  result.kind === 'found'
    ? `reuse-hours: this is the result of batch ${result.reused.batchId}, started ${formatAge(result.reused.ageMs)} ago: nothing under test has changed since.`
    : `reuse-hours: no earlier result is reused: ${result.why}.`;

const none = (why: string): ReuseResult => ({ kind: 'none', why });

/**
 * Finds the newest ended batch of at most so many hours that ran exactly these test cases on exactly this version, since the
 * last edit of any of it. Nothing is found where another batch of these does not agree with it on a test case, or where one
 * that may be of these cannot be read: the one that was found may be a lucky repetition. `undefined` where none was asked for.
 * Never throws for what a provider does.
 */
export async function findReusableBatch(options: ReuseOptions): Promise<ReuseResult | undefined> {
  const { provider, reuseHours, isJobRerun = false, clock, deadline } = options;
  if (reuseHours === 0) return undefined;
  if (isJobRerun) return none('this is a re-run of the job');
  const now = clock.now();
  const until = now + Math.min(SEARCH_MS, (deadline.until - now) / 4);
  return search(options, { ...deadline, until }).catch(
    onProviderError((error) => none(`${provider.title} could not be asked: ${error.message}`)),
  );
}

async function search(options: ReuseOptions, deadline: Deadline): Promise<ReuseResult> {
  const { provider, prepared, clock } = options;
  const { starter } = provider;
  const { subject, testCases, names, revisions } = prepared;
  const undated = testCases.filter((id) => !isMoment(revisions.get(id)));
  if (!starter.readSnapshot || !starter.listBatches || subject.key === undefined) {
    return none(`${starter.title} does not show what earlier batches tested`);
  }
  if (starter.batchSize !== undefined && testCases.length > starter.batchSize) {
    return none(`${formatCaseCount(testCases.length)} take more than one batch`);
  }
  if (undated.length > 0) {
    const named = joinFirst(undated.map((id) => names.get(id) ?? id));
    return none(`${starter.title} does not say when ${named} was last edited`);
  }
  const snapshot = await starter.readSnapshot(subject, deadline);
  if (snapshot.editedAt !== undefined && !isMoment(snapshot.editedAt)) {
    return none(`${starter.title} does not say when what is under test was last edited`);
  }
  const lastEdit = Math.max(snapshot.editedAt ?? 0, ...testCases.map((id) => revisions.get(id) ?? 0));
  const since = clock.epoch() - HORIZON_MS - CLOCK_SLACK_MS;
  const listing = await starter.listBatches({ subject, testCases, since }, deadline);
  const period = periodOf(listing, options);
  const candidates = candidatesIn(listing, {
    ...prepared,
    from: Math.max(period.now - HORIZON_MS, lastEdit + 1),
  });
  const nothing = none(`no batch of the last ${period.words} ran exactly this since the last edit`);
  if (!listing.isComplete)
    return none(`the list of batches of ${starter.title} could not be read to the end`);
  if (!candidates.some(({ createdAt }) => createdAt === undefined || period.isRecent(createdAt))) {
    return nothing;
  }
  if (candidates.length > MAX_READ) {
    return none(`${candidates.length} batches may have run this since the last edit, too many to compare`);
  }
  const { idKey = (id: string) => id } = provider;
  const now = { prepared, snapshot, lastEdit, now: period.now, idKey };
  const earlier = await Promise.all(
    candidates.map((candidate) => readEarlier(candidate, now, { provider, deadline })),
  );
  const unclear = earlier.find((result) => result.kind === 'unclear');
  if (unclear !== undefined) return none(`batch ${unclear.id} ${unclear.why}`);
  const same = earlier.filter((result) => result.kind === 'same');
  const [newest] = same
    .filter(({ hasEnded, createdAt }) => hasEnded && period.isRecent(createdAt))
    .toSorted((a, b) => b.createdAt - a.createdAt);
  if (newest === undefined) return nothing;
  for (const batch of same) {
    const differing = findDifference(batch, newest);
    if (differing === undefined) continue;
    const name = names.get(differing) ?? differing;
    return none(`batches ${newest.id} and ${batch.id} do not agree on ${name}`);
  }
  const { id, createdAt } = newest;
  return {
    kind: 'found',
    reused: { batchId: id, startedAt: createdAt, ageMs: period.now - createdAt },
    isStill(batch) {
      const again = compareEarlier(batch, createdAt, now);
      return again.kind === 'same' && again.hasEnded && !findDifference(again, newest);
    },
  };
}

/** True if a time says anything: a zero stands for none. */
const isMoment = (epochMs: number | undefined): boolean => epochMs !== undefined && epochMs > 0;

/** The hours within which a batch is taken, by the provider's clock where its answers tell it. */
interface Period {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isRecent: (createdAt: number) => boolean;
  /** "2 h", "30 min" */
  readonly words: string;
}

function periodOf(
  { date }: Listing,
  { reuseHours, maxBatchAgeMinutes = Number.POSITIVE_INFINITY, clock }: ReuseOptions,
): Period {
  const now = date === undefined ? clock.epoch() : date + DATE_PRECISION_MS;
  const slackMs = date === undefined ? CLOCK_SLACK_MS : 0;
  // `max-batch-age-minutes` is measured by the runner's clock when the batch is judged.
  const aheadMs = Math.max(0, clock.epoch() - now);
  const maxMinutes = Math.min(reuseHours * 60, maxBatchAgeMinutes);
  return {
    now,
    isRecent: (createdAt) =>
      createdAt <= now && now - createdAt + Math.max(slackMs, aheadMs) <= maxMinutes * 60_000,
    words: maxMinutes < 60 ? `${maxMinutes} min` : `${maxMinutes / 60} h`,
  };
}

/** The listed batches that may have run exactly this since that moment, each once. */
function candidatesIn(
  listing: Listing,
  { subject, testCases, from }: ReuseOptions['prepared'] & { readonly from: number },
): readonly Candidate[] {
  return uniqueBatches(listing).filter(
    (batch) =>
      (batch.subject ?? subject.key) === subject.key &&
      (batch.runCount ?? testCases.length) === testCases.length &&
      (batch.createdAt ?? from) >= from,
  );
}

/** Relation of an earlier batch to what is under test now. */
type Earlier =
  | {
      readonly kind: 'same';
      readonly id: string;
      readonly createdAt: number;
      /** Every test case has been decided there. */
      readonly hasEnded: boolean;
      /** Status of each test case whose run has ended. */
      readonly ended: ReadonlyMap<string, RunStatus>;
    }
  /** It ran something else, or before the last edit. */
  | { readonly kind: 'other' }
  /** It may have run the same: `why` follows its id. */
  | { readonly kind: 'unclear'; readonly id: string; readonly why: string };

/** Present subject, test cases and rule, with which earlier batches are compared. */
interface Now {
  readonly prepared: ReuseOptions['prepared'];
  readonly snapshot: SubjectSnapshot;
  /** Milliseconds since the epoch, like `now`, both by the provider's clock. */
  readonly lastEdit: number;
  readonly now: number;
  /** The form in which the provider compares ids of test cases. */
  readonly idKey: (id: string) => string;
}

type SameBatch = Extract<Earlier, { kind: 'same' }>;

/** A test case that ended in one batch, and otherwise or not at all in another. */
const findDifference = (left: Pick<SameBatch, 'ended'>, right: Pick<SameBatch, 'ended'>) =>
  [...left.ended].find(([id, status]) => right.ended.get(id) !== status)?.[0];

async function readEarlier(
  candidate: Candidate,
  now: Now,
  { provider, deadline }: { readonly provider: Provider; readonly deadline: Deadline },
): Promise<Earlier> {
  const { id } = candidate;
  const adapter = provider.withoutConversations ?? provider;
  const batch = await adapter
    .fetchBatch(id, deadline)
    .then((found) => (found.runs === undefined ? adapter.fetchRuns(found, deadline) : found))
    .catch(onProviderError((error) => error.message));
  const unclear = (why: string): Earlier => ({ kind: 'unclear', id, why });
  if (typeof batch === 'string') return unclear(`could not be read: ${batch}`);
  const { runCount, isMixed = false } = candidate;
  const listed = batch.runs?.length ?? 0;
  if (runCount !== undefined && runCount !== listed) {
    return unclear(
      `contradicts itself: the list announces ${formatRunCount(runCount)}, and ${listed} of it ${listed === 1 ? 'is' : 'are'} there`,
    );
  }
  const earlier = compareEarlier(batch, candidate.createdAt, now);
  return isMixed && earlier.kind === 'same'
    ? unclear('has runs that were repeated on another version')
    : earlier;
}

/** `listedAt` is when it was created, as the list says it. */
function compareEarlier(
  batch: Batch,
  listedAt: number | undefined,
  { prepared: { subject, testCases, revisions }, snapshot, lastEdit, now, idKey }: Now,
): Earlier {
  const { id } = batch;
  const unclear = (why: string): Earlier => ({ kind: 'unclear', id, why });
  const { createdAt = listedAt, runs = [] } = batch;
  const doubt = doubtOf(batch);
  if (doubt !== undefined) return unclear(doubt);
  const ran = runs.map(({ testCase }) => testCase.id ?? '');
  const likeness = matchContents({ testCases: ran, total: batch.announced.total }, testCases, idKey);
  const compared = snapshot.compare(batch);
  const isOver = batch.settled && batch.conclusion !== 'cancelled';
  const isOther = likeness === 'other' || (likeness === 'unclear' && isOver);
  if (isOther || compared.kind === 'other') return { kind: 'other' };
  if (compared.kind === 'unknown') return unclear(compared.why);
  const mismatch = mismatchWith(subject.claims, batch);
  if (mismatch !== undefined) return unclear(`contradicts itself: ${mismatch}`);
  if (createdAt === undefined || (listedAt ?? createdAt) !== createdAt) {
    return unclear('does not say when it was started');
  }
  if (createdAt > now) return unclear(`was started at ${formatMoment(createdAt)}, which is not yet`);
  const isEdited = runs.some(
    ({ testCase: { id: ranId = '', revision = revisions.get(ranId) } }) => revision !== revisions.get(ranId),
  );
  if (isEdited || createdAt <= lastEdit) return { kind: 'other' };
  const ended = runs.filter(({ status }) => status !== 'pending' && status !== 'cancelled');
  return {
    ...{ kind: 'same', id, createdAt, hasEnded: isOver && ended.length === runs.length },
    ended: new Map(ended.map(({ testCase, status }) => [testCase.id ?? '', status])),
  };
}

/** Reason not to believe, or not to understand, the answers about a batch, as a clause that follows it. */
function doubtOf(batch: Batch): string | undefined {
  const { runs = [] } = batch;
  const [word] = unknownStatuses(batch);
  if (word !== undefined) return `has the unknown status "${word}"`;
  if (runs.some((run) => !run.testCase.id)) return 'has a run that names no test case';
  if (runs.some(({ conflict, unproven }) => (conflict ?? unproven) !== undefined)) {
    return 'has a run that proves nothing';
  }
  // Of one that was cancelled, runs may be open for good.
  const [contradiction] = batch.conclusion === 'cancelled' ? [] : findContradictions(batch);
  return contradiction === undefined ? undefined : `contradicts itself: ${contradiction}`;
}
