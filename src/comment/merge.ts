/** Who may write the shared comment and which sections stay. Pure. */

import { withEarlierPushes } from '../domain/record.ts';
import type { WorkflowRun } from '../github/context.ts';
import { paragraph, render, trusted } from '../report/markdown.ts';
import { cleanLine } from '../text/clean.ts';
import { shortHash } from './codec.ts';
import { COMMENT_LIMIT, type ComposedComment, layoutSections } from './layout.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import type { CommentState, OrphanedRecord, OwnSection, Section, Writer } from './state.ts';

const MAX_LABEL = 100;
const MAX_RESULT = 200;
/** Records of jobs that have no section: so many, through so many newer workflow runs. */
const MAX_ORPHANED = { records: 10, runs: 20 };
const STOPPED = 'The step was stopped before it reached a verdict.';

/** The comment with the job's section in it; or a newer run or a newer version of this action has written it. */
export type Merge =
  | ComposedComment
  | { readonly action: 'leave'; readonly why: 'newer-run' | 'newer-format' };

/**
 * Puts a job's section into the comment. `existing` are this gate's comments, first the one that will be written;
 * there is more than one only until a race between jobs is settled.
 */
export function mergeSection({
  existing,
  own,
  writer,
  limit = COMMENT_LIMIT,
}: {
  existing: readonly CommentState[];
  own: OwnSection;
  writer: Writer;
  /** Characters. */
  limit?: number;
}): Merge {
  const { run, job } = writer;
  const sections: Section[] = [];
  for (const comment of existing) {
    if (comment.format === 'newer') return { action: 'leave', why: 'newer-format' };
    const age = compareRuns(comment.run, run);
    if (age > 0) return { action: 'leave', why: 'newer-run' };
    if (age === 0) sections.push(...comment.sections);
  }
  if (sections.some(({ attempt }) => attempt > run.attempt)) return { action: 'leave', why: 'newer-run' };
  const key = shortHash(job);
  const section: Section = {
    key,
    attempt: run.attempt,
    state: own.state,
    tally: own.tally,
    label: cleanLine(own.label, MAX_LABEL),
    part: own.part && { ...own.part, result: cleanLine(own.part.result, MAX_RESULT) },
    record: extendRecord(own.record, recordIn(existing, writer)),
    markdown: '',
    closing: undefined,
    shortened: false,
  };
  const others = latestOtherSections(section, sections);
  const present = new Set([key, ...others.map((other) => other.key)]);
  const orphanedRecords = collectOrphanedRecords(existing, run).filter((one) => !present.has(one.key));
  return layoutSections({ section, others, orphanedRecords, own, writer, limit });
}

/**
 * The record of a job in the comments of this gate, from whichever workflow run: that of the newest section, or what was
 * kept of it; `undefined` if there is none.
 */
export function recordIn(existing: readonly CommentState[], { run, job }: Writer): string | undefined {
  const key = shortHash(job);
  const known = existing
    .flatMap((comment) => (comment.format === 'known' ? [comment] : []))
    .toSorted((a, b) => compareRuns(b.run, run) - compareRuns(a.run, run));
  const ofSections = known
    .flatMap(({ sections }) => sections.toSorted((a, b) => b.attempt - a.attempt))
    .find((section) => section.key === key && section.record !== undefined);
  return (
    ofSections?.record ??
    known.flatMap(({ orphanedRecords }) => orphanedRecords).find((one) => one.key === key)?.record
  );
}

/** A new record with the pushes that the one before holds; without a new one, that one. */
function extendRecord(record: string | undefined, before: string | undefined): string | undefined {
  if (record === undefined || before === undefined) return record ?? before;
  const decoded = decodeRecord(record);
  return decoded && encodeRecord(withEarlierPushes(decoded, decodeRecord(before)));
}

/** The records in comments, for jobs that write later or not at all: a newer workflow run takes their sections away. */
function collectOrphanedRecords(existing: readonly CommentState[], run: WorkflowRun): OrphanedRecord[] {
  const kept = new Map<string, OrphanedRecord>();
  for (const comment of existing) {
    if (comment.format === 'newer') continue;
    const isOlder = compareRuns(comment.run, run) < 0;
    const ofSections = isOlder
      ? comment.sections.flatMap(({ key, record }) =>
          record === undefined ? [] : [{ key, record, runs: 0 }],
        )
      : [];
    for (const one of [...ofSections, ...comment.orphanedRecords]) {
      const aged = { ...one, runs: one.runs + (isOlder ? 1 : 0) };
      const seen = kept.get(one.key);
      if (aged.runs <= MAX_ORPHANED.runs && (seen === undefined || aged.runs < seen.runs))
        kept.set(one.key, aged);
    }
  }
  return [...kept.values()].toSorted((a, b) => a.runs - b.runs).slice(0, MAX_ORPHANED.records);
}

/** This job's section of this attempt, as it stands in a comment; `undefined` if it is not there. */
export function findSection(comment: CommentState, { run, job }: Writer): Section | undefined {
  if (comment.format === 'newer' || compareRuns(comment.run, run) !== 0) return undefined;
  const key = shortHash(job);
  return comment.sections.find((section) => section.key === key && section.attempt === run.attempt);
}

/** Whether a second comment of this gate holds nothing that the kept one lacks, so that it can be deleted. */
export function isSupersededBy(duplicate: CommentState, primary: CommentState): boolean {
  if (duplicate.format === 'newer' || primary.format === 'newer') return false;
  const age = duplicate.run.id === primary.run.id ? 0 : compareHashed(duplicate.run, primary.run);
  if (age !== 0) return age < 0;
  return duplicate.sections.every((section) =>
    primary.sections.some((other) => other.key === section.key && !isNewerSection(section, other)),
  );
}

/** Below 0 if an older workflow run wrote the comment, 0 if this one did, above if a newer one. */
function compareRuns(comment: Omit<WorkflowRun, 'attempt'>, run: Omit<WorkflowRun, 'attempt'>): number {
  return compareHashed(comment, { ...run, workflow: shortHash(run.workflow) });
}

function compareHashed(one: Omit<WorkflowRun, 'attempt'>, other: Omit<WorkflowRun, 'attempt'>): number {
  const byNumber = one.workflow === other.workflow ? one.number - other.number : 0;
  return byNumber || one.id - other.id;
}

/** Of two sections of one job: the one of a later attempt, and within an attempt the one that has ended. */
function isNewerSection(one: Section, other: Section): boolean {
  if (one.attempt !== other.attempt) return one.attempt > other.attempt;
  return one.state !== 'waiting' && other.state === 'waiting';
}

/** The other jobs' sections, each once. Those of an earlier attempt stay: their jobs may not run again. */
function latestOtherSections(own: Section, sections: readonly Section[]): Section[] {
  const others = new Map<string, Section>();
  for (const section of sections) {
    const seen = others.get(section.key);
    if (seen === undefined || isNewerSection(section, seen)) others.set(section.key, section);
  }
  others.delete(own.key);
  return [...others.values()].map((section) => markStopped(section, own.attempt));
}

/** An attempt begins when all jobs of the one before have ended: what still waits there was stopped. */
function markStopped(section: Section, attempt: number): Section {
  if (section.attempt === attempt || section.state !== 'waiting') return section;
  return {
    ...section,
    state: 'cancelled',
    part: undefined,
    markdown: render(paragraph(trusted(STOPPED))),
    closing: undefined,
    shortened: false,
  };
}
