import type { Batch, WatchedBatch } from '../domain/batch.ts';
import { mismatchWith } from '../domain/claims.ts';
import type { Refusal } from '../domain/result.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import { type BatchStarter, type Subject, shortTitleOf } from '../providers/starter.ts';
import { formatMoment } from '../text/format.ts';
import { isOlder } from './find-lost-batch.ts';
import type { BatchToStart } from './planning.ts';
import { type StartResult, startBatchOnce } from './start.ts';
import type { RoundsOptions } from './types.ts';

/** Result of starting the batches of a round. */
export interface StartedBatches {
  readonly batches: readonly WatchedBatch[];
  /** Reason why not all of them were started: a sentence. */
  readonly problem?: string | undefined;
  /** It is not known whether the next one was started. */
  readonly isStartUncertain?: boolean | undefined;
  /** The provider, or `max-runs`, refuses what the user gave. */
  readonly refusal?: Refusal | undefined;
}

type Acceptance = Extract<StartResult, { kind: 'started' }> & {
  readonly subject: Subject;
  /** The first reason why it is not what was asked for: no later answer takes it away. */
  mismatch: string | undefined;
};

/** Starts batches one after the other, and counts what was started. */
export function createBatchLauncher(options: RoundsOptions) {
  const { plan, starter, startName, earlier = [], onStarted, clock, deadline, log } = options;
  const ids = new Set([...earlier.map(({ id }) => id), ...(plan.kind === 'given' ? plan.batchIds : [])]);
  const accepted = new Map<string, Acceptance>();
  let runs = 0;
  let reruns = 0;
  return {
    /** Numbers of runs that were started, or may have been. */
    counts: () => ({ runs, reruns }),
    /** Ends at the first batch that cannot be started, or of which that is not known. */
    async start(batchesToStart: readonly BatchToStart[], round: number): Promise<StartedBatches> {
      const batches: WatchedBatch[] = [];
      for (const { batchIndex, testCases, subject } of batchesToStart) {
        const wrong = batches.find(({ id }) => accepted.get(id)?.mismatch !== undefined);
        if (wrong !== undefined) {
          return {
            batches,
            problem: `After batch ${wrong.id}, which is not what was asked for, nothing more was started.`,
          };
        }
        const start = await startBatchOnce({
          ...{ starter, subject, testCases, name: startName?.(round) },
          ...{ alreadyStarted: ids, clock, deadline, log },
        });
        if (start.kind === 'refused') {
          return { batches, problem: start.problem, refusal: start.refusal };
        }
        // What may have been started may have to be paid for.
        runs += testCases.length;
        if (round > 1) reruns += testCases.length;
        if (start.kind === 'unknown') return { batches, problem: start.problem, isStartUncertain: true };
        const id = start.batchId;
        ids.add(id);
        const mismatch = start.answer && mismatchWith(subject.claims, start.answer);
        accepted.set(id, { ...start, subject, mismatch });
        log(`Started batch ${id}: ${formatCaseCount(testCases.length)} on ${shortTitleOf(subject)}.`);
        const isAdopted = start.adopted !== undefined;
        const batch = {
          ...{ id, batchIndex, round, requestedTestCases: testCases },
          ...(isAdopted && { isAdopted }),
        };
        batches.push(batch);
        onStarted(batch);
      }
      return { batches };
    },
    /** The batch with what keeps it from being the one that was asked for, after all looks so far. */
    examine(watched: WatchedBatch): WatchedBatch {
      const start = accepted.get(watched.id);
      if (start === undefined) return watched;
      start.mismatch ??= watched.batch && mismatchOf(watched.batch, start);
      const { mismatch } = start;
      const doubt = doubtAbout(start, starter);
      return {
        ...watched,
        ...(mismatch !== undefined && { mismatch }),
        ...(doubt !== undefined && { doubt }),
      };
    },
  };
}

/** Reason why a batch, as one look shows it, is not the one that was started: a clause. Silence of the provider is no reason. */
function mismatchOf(batch: Batch, { subject, sentAt }: Acceptance): string | undefined {
  const { createdAt } = batch;
  if (createdAt !== undefined && sentAt !== undefined && isOlder(createdAt, sentAt)) {
    return `it was created at ${formatMoment(createdAt)}, before the request of ${formatMoment(sentAt)}, which may have started another one`;
  }
  return mismatchWith(subject.claims, batch);
}

/** Reason why nothing proves that a batch from the provider's lists tests what was asked for: a clause. */
function doubtAbout({ adopted, subject }: Acceptance, starter: BatchStarter): string | undefined {
  if (adopted === undefined) return undefined;
  const isSameSubject = subject.key !== undefined && adopted.subject === subject.key;
  if (isSameSubject || subject.isProvenByLists === true) return undefined;
  return `the answer to its start was lost, and ${starter.title}'s lists do not say what it tests`;
}
