/** Records that outlive the sections of their jobs: found, continued and collected. Pure. */
import { withEarlierPushes } from '../domain/record.ts';
import { findSection } from './current-sections.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import { areTwins, isNewerRun, isSameAttempt, isSameJob, jobOf, runOf } from './section-identity.ts';
import {
  type CommentState,
  isReadable,
  type OrphanedRecord,
  type ReadableComment,
  runsIn,
  type Section,
  sectionsOf,
  type Writer,
} from './state.ts';

/** Records of jobs that have no section: so many, through so many newer workflow runs. */
const MAX_ORPHANED = { records: 10, runs: 20 };

/**
 * The record of a job of a workflow in the comments of this gate: that of its newest section, or what was kept of it;
 * `undefined` if there is none, or several that nothing tells apart.
 */
export function recordIn(existing: readonly CommentState[], writer: Writer): string | undefined {
  const own = findSection(existing, writer);
  if (own?.record !== undefined) return own.record;
  const job = jobOf(writer);
  const run = runOf(writer);
  const [newest, next] = sectionsOf(existing)
    // What stands there of this attempt is another job's.
    .filter((section) => section.record !== undefined && !isSameAttempt(section.run, run))
    .filter((section) => section.run.workflow === run.workflow && isSameJob(section, job))
    .toSorted((a, b) => b.run.id - a.run.id || b.run.attempt - a.run.attempt);
  if (newest !== undefined) return next !== undefined && areTwins(newest, next) ? undefined : newest.record;
  return existing
    .filter(isReadable)
    .flatMap(({ orphanedRecords }) => orphanedRecords)
    .filter(({ workflow = run.workflow }) => workflow === run.workflow)
    .find((record) => isSameJob(record, job))?.record;
}

/** A new record with the pushes that the one before holds; without a new one, that one. */
export function extendRecord(record: string | undefined, before: string | undefined): string | undefined {
  if (record === undefined || before === undefined) return record ?? before;
  const decoded = decodeRecord(record);
  return decoded && encodeRecord(withEarlierPushes(decoded, decodeRecord(before)));
}

/**
 * The records of jobs that have no section any more and may write later, or not at all: a newer run of their workflow, or
 * a newer commit, has taken their sections away.
 */
export function collectOrphanedRecords(
  comments: readonly ReadableComment[],
  { writer, present }: { writer: Writer; present: readonly Section[] },
): OrphanedRecord[] {
  const run = runOf(writer);
  const isPresent = (record: OrphanedRecord): boolean =>
    present.some(
      (section) =>
        isSameJob(section, record) &&
        (record.workflow === undefined || record.workflow === section.run.workflow),
    );
  const collected: OrphanedRecord[] = [];
  for (const comment of comments) {
    // The first write of a newer run of the workflow: from here on its records are one run older.
    const isFirst = runsIn(comment).some((other) => isNewerRun(run, other));
    for (const record of recordsOf(comment)) {
      const isOurs = record.workflow === undefined || record.workflow === run.workflow;
      const aged = { ...record, runs: record.runs + (isFirst && isOurs ? 1 : 0) };
      const index = collected.findIndex(
        (other) => isSameJob(other, aged) && other.workflow === aged.workflow,
      );
      const seen = collected[index];
      if (aged.runs > MAX_ORPHANED.runs || isPresent(aged)) continue;
      if (seen === undefined) collected.push(aged);
      else if (aged.runs < seen.runs) collected[index] = aged;
    }
  }
  return collected.toSorted((a, b) => a.runs - b.runs).slice(0, MAX_ORPHANED.records);
}

/** The records that a comment holds: of its sections, where it is certain whose they are, and of jobs without one. */
function recordsOf({ sections, orphanedRecords }: ReadableComment): OrphanedRecord[] {
  const ofSections = sections.flatMap((section) => {
    const { key, variant, run, record } = section;
    const isAmbiguous = sections.some((other) => areTwins(other, section));
    return record === undefined || isAmbiguous
      ? []
      : [{ key, variant, workflow: run.workflow, record, runs: 0 }];
  });
  return [...ofSections, ...orphanedRecords];
}
