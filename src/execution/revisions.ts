import type { WatchedBatch } from '../domain/batch.ts';
import type { Subject } from '../providers/starter.ts';
import { withEarlierEnd } from '../runtime/deadline.ts';
import { onProviderError, ProviderError } from '../runtime/errors.ts';
import type { RoundsOptions } from './types.ts';

/** Time limit for reading a revision before a start; without it nothing is started. */
const READ_MS = 30_000;
/** The least time to read it after the last run, also where the deadline has come meanwhile. */
const LAST_READ_MS = 10_000;

/** Watches the configurations under test for edits. */
export function createRevisions({
  starter,
  clock,
  deadline,
}: Pick<RoundsOptions, 'starter' | 'clock' | 'deadline'>) {
  const remembered = new Map<Subject, string | number | undefined>();
  const edits: string[] = [];
  const edited = ({ title }: Subject) => `${title} was edited while it was tested.`;
  return {
    /** Remembers the revision of a subject, before the first batch is started on it. Returns a sentence if it cannot be read. */
    async remember(subject: Subject, given?: WatchedBatch): Promise<string | undefined> {
      if (starter.readRevision === undefined || remembered.has(subject)) return undefined;
      const within = withEarlierEnd(deadline, clock.now() + READ_MS);
      const revision = await starter.readRevision(subject, within).catch(onProviderError((error) => error));
      if (revision instanceof ProviderError) return revision.message;
      remembered.set(subject, revision);
      // A revision that is a moment tells of an edit between a given batch and its re-runs.
      const createdAt = given?.batch?.createdAt;
      if (typeof revision === 'number' && createdAt !== undefined && revision > createdAt) {
        edits.push(edited(subject));
      }
      return undefined;
    },
    /** Reads all revisions again, after the last run. What was edited, or may have been: sentences. */
    async compare(): Promise<string[]> {
      if (starter.readRevision === undefined || deadline.signal.aborted) return edits;
      const { until } = withEarlierEnd(deadline, clock.now() + READ_MS);
      const within = { ...deadline, until: Math.max(until, clock.now() + LAST_READ_MS) };
      for (const [subject, before] of remembered) {
        if (before === undefined) continue;
        const after = await starter.readRevision(subject, within).catch(onProviderError((error) => error));
        if (after instanceof ProviderError) {
          edits.push(
            `Whether ${subject.title} was edited while it was tested could not be read: ${after.message}`,
          );
        } else if (after !== before && !edits.includes(edited(subject))) {
          edits.push(edited(subject));
        }
      }
      return edits;
    },
  };
}
