import type { Batch, WatchedBatch } from '../domain/batch.ts';
import { disagreement } from '../domain/claims.ts';
import { type Refused, refused } from '../domain/result.ts';
import type { BatchStarter, Subject } from '../providers/starter.ts';
import type { RoundsOptions } from './types.ts';

/** Tells what the batches of a place in the first round tested. Asked once, so that all rounds repeat the same. */
export function createSubjectResolver({ plan, starter }: Pick<RoundsOptions, 'plan' | 'starter'>) {
  const subjects = new Map<number, Subject | Refused>();
  const resolve = (batchIndex: number, batches: readonly WatchedBatch[]): Subject | Refused => {
    if (plan.kind === 'start') return plan.subject;
    const batch = batches.find((watched) => watched.batchIndex === batchIndex)?.batch;
    if (batch === undefined) return refused('nothing says what the batch tested.');
    return resolveTestedSubject(starter, batch);
  };
  return (batchIndex: number, batches: readonly WatchedBatch[]): Subject | Refused => {
    const subject = subjects.get(batchIndex) ?? resolve(batchIndex, batches);
    subjects.set(batchIndex, subject);
    return subject;
  };
}

/**
 * Resolves what a given batch tested, if it can be tested again: all that the batch says of it must be what would be tested.
 */
export function resolveTestedSubject(starter: BatchStarter, batch: Batch): Subject | Refused {
  const subject = starter.resolveTested(batch);
  if ('problem' in subject) return subject;
  const [said] = disagreement(batch.claims, subject.claims) ?? [];
  return said === undefined
    ? subject
    : refused(`the batch says that it tested ${said}, which cannot be tested again from here.`);
}
