/** Rules for who may write the shared comment and which sections stay. Pure. */
import { withEarlierPushes } from '../domain/record.ts';
import type { WorkflowRun } from '../github/context.ts';
import { paragraph, trusted } from '../report/markdown.ts';
import { render } from '../report/markdown-writer.ts';
import { cleanLine } from '../text/clean.ts';
import { shortHash } from './codec.ts';
import { COMMENT_LIMIT, type ComposedComment, layoutSections } from './layout.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import {
  type CommentState,
  isLostMark,
  type OrphanedRecord,
  type OwnSection,
  type Section,
  type Writer,
} from './state.ts';

const MAX_LABEL = 100;
const MAX_TARGET = 200;
const MAX_RESULT = 200;
/** Records of jobs that have no section: so many, through so many newer workflow runs. */
const MAX_ORPHANED = { records: 10, runs: 20 };
const STOPPED = 'The step was stopped before it reached a verdict.';

type KnownComment = Extract<CommentState, { format: 'known' }>;
/** A run of a workflow, whichever attempt. */
type Run = Omit<WorkflowRun, 'attempt'>;

/** The comment with the job's section in it; or a newer run or a newer version of this action has written it. */
export type Merge =
  | (Extract<ComposedComment, { action: 'write' }> & {
      /** Another job has the same key and variant, so that a new attempt cannot tell whose section it replaces. */
      readonly hasTwin: boolean;
    })
  | { readonly action: 'leave'; readonly why: 'full' | 'newer-run' | 'newer-format' };

/** Facts beside the sections themselves that decide which of them stay. */
export interface MergeContext {
  readonly writer: Writer;
  /** The newest commit of the pull request, where it was asked for and is known. */
  readonly headSha?: string | undefined;
}

/**
 * Puts a job's section into the comment. `existing` are this gate's comments, first the one that will be written;
 * there is more than one only until a race between jobs is settled.
 */
export function mergeSection({
  existing,
  own,
  writer,
  headSha,
  limit = COMMENT_LIMIT,
}: MergeContext & {
  existing: readonly CommentState[];
  own: OwnSection;
  /** Characters. */
  limit?: number;
}): Merge {
  const known = existing.filter(isKnown);
  if (known.length < existing.length) return { action: 'leave', why: 'newer-format' };
  const sections = known.flatMap((comment) => comment.sections);
  if (known.some((comment) => isOfNewerRun(comment, writer))) return { action: 'leave', why: 'newer-run' };

  const before = findOwn(sections, writer);
  const section: Section = {
    key: shortHash(writer.job),
    variant: variantOf(writer),
    run: hashed(writer.run),
    mark: before?.mark ?? writer.mark,
    checkRunId: writer.checkRunId,
    commit: own.facts?.origin?.commit ?? writer.commit,
    state: own.state,
    tally: own.tally,
    label: cleanLine(own.label, MAX_LABEL),
    target: writer.target === undefined ? undefined : cleanLine(writer.target, MAX_TARGET),
    facts: own.facts && { ...own.facts, result: cleanLine(own.facts.result, MAX_RESULT) },
    record: extendRecord(own.record, recordIn(known, writer)),
    markdown: '',
    closing: undefined,
    isCollapsed: false,
  };
  const isStale = staleness(section, headSha);
  const rest = sections.filter((other) => !isSameSection(other, section) && !isStale(other));
  const others = currentSections([section, ...rest]).filter((other) => other !== section);
  const orphanedRecords = collectOrphanedRecords(known, { writer, present: [section, ...others] });
  const composed = layoutSections({ section, others, orphanedRecords, own, writer, limit });
  if (composed.action === 'leave') return composed;
  const hasTwin = others.some((other) => other.run.id === section.run.id && isSameJob(other, section));
  return { ...composed, hasTwin };
}

/**
 * Sections that stay, each once: of each workflow those of its newest run; of a job that ran again the latest, where it is
 * certain which section is its earlier one. What still waits in an earlier attempt was stopped.
 */
function currentSections(sections: readonly Section[]): Section[] {
  const unique: Section[] = [];
  for (const section of sections) {
    const index = unique.findIndex((other) => isSameSection(other, section));
    const seen = unique[index];
    if (seen === undefined) unique.push(section);
    else if (finality(section) > finality(seen)) unique[index] = section;
  }
  const known = unique.filter((section) => !unique.some((other) => standsInFor(section, other)));
  const newest = known.filter((section) => !known.some((other) => isNewerRun(other.run, section.run)));
  return [...Map.groupBy(newest, ({ run }) => run.id).values()].flatMap(latestAttempts);
}

/**
 * The sections of one workflow run. A section replaces one of an earlier attempt only where it is the only one of the same
 * job: of two that nothing tells apart it cannot be known which of them ran again, so both stay.
 */
function latestAttempts(sections: readonly Section[]): Section[] {
  const attempts = [...Map.groupBy(sections, ({ run }) => run.attempt)].toSorted(([a], [b]) => a - b);
  const newest = attempts.at(-1)?.[0];
  let current: Section[] = [];
  for (const [, ofAttempt] of attempts) {
    const replaced = new Set(
      ofAttempt.flatMap((section) => {
        const earlier = current.filter((other) => isSameJob(other, section));
        return earlier.length === 1 ? earlier : [];
      }),
    );
    current = [...current.filter((section) => !replaced.has(section)), ...ofAttempt];
  }
  return current.map((section) => (section.run.attempt === newest ? section : markStopped(section)));
}

/** An attempt begins when all jobs of the one before have ended: what still waits there was stopped. */
function markStopped(section: Section): Section {
  if (section.state !== 'waiting') return section;
  return {
    ...section,
    state: 'cancelled',
    facts: undefined,
    markdown: render(paragraph(trusted(STOPPED))),
    closing: undefined,
    isCollapsed: false,
  };
}

/** Of two texts of one section: the one that has ended, and then the one that is not green. */
function finality({ state }: Section): number {
  return state === 'waiting' ? 0 : state === 'passed' ? 1 : 2;
}

/**
 * Finds sections of other workflows about a commit that the pull request has left behind. Runs of different workflows have no
 * order; where the newest commit is not known, their ids say which was started first.
 */
function staleness({ run, commit }: Section, headSha: string | undefined): (section: Section) => boolean {
  return (section) =>
    section.run.workflow !== run.workflow &&
    isAboutAnother(section, commit) &&
    (headSha === undefined ? section.run.id < run.id : section.commit !== headSha);
}

const isAboutAnother = (section: Section, commit: string | undefined): boolean =>
  commit !== undefined && section.commit !== undefined && section.commit !== commit;

/** Whether only the newest commit of the pull request says which sections of other workflows stay. */
export function needsHead(
  existing: readonly CommentState[],
  own: OwnSection,
  { run, commit }: Writer,
): boolean {
  const about = own.facts?.origin?.commit ?? commit;
  const workflow = shortHash(run.workflow);
  return existing
    .filter(isKnown)
    .some(({ sections }) =>
      sections.some((section) => section.run.workflow !== workflow && isAboutAnother(section, about)),
    );
}

/**
 * The record of a job of a workflow in the comments of this gate: that of its newest section, or what was kept of it;
 * `undefined` if there is none, or several that nothing tells apart.
 */
export function recordIn(existing: readonly CommentState[], writer: Writer): string | undefined {
  const known = existing.filter(isKnown);
  const sections = known.flatMap((comment) => comment.sections);
  const own = findOwn(sections, writer);
  if (own?.record !== undefined) return own.record;
  const job = { key: shortHash(writer.job), variant: variantOf(writer) };
  const run = hashed(writer.run);
  const [newest, next] = sections
    // What stands there of this attempt is another job's.
    .filter((section) => section.record !== undefined && !isSameAttempt(section.run, run))
    .filter((section) => section.run.workflow === run.workflow && isSameJob(section, job))
    .toSorted((a, b) => b.run.id - a.run.id || b.run.attempt - a.run.attempt);
  if (newest !== undefined) return next !== undefined && areTwins(newest, next) ? undefined : newest.record;
  return known
    .flatMap(({ orphanedRecords }) => orphanedRecords)
    .filter(({ workflow = run.workflow }) => workflow === run.workflow)
    .find((record) => isSameJob(record, job))?.record;
}

/** A new record with the pushes that the one before holds; without a new one, that one. */
function extendRecord(record: string | undefined, before: string | undefined): string | undefined {
  if (record === undefined || before === undefined) return record ?? before;
  const decoded = decodeRecord(record);
  return decoded && encodeRecord(withEarlierPushes(decoded, decodeRecord(before)));
}

/**
 * The records of jobs that have no section any more and may write later, or not at all: a newer run of their workflow, or
 * a newer commit, has taken their sections away.
 */
function collectOrphanedRecords(
  known: readonly KnownComment[],
  { writer, present }: { writer: Writer; present: readonly Section[] },
): OrphanedRecord[] {
  const run = hashed(writer.run);
  const isPresent = (record: OrphanedRecord): boolean =>
    present.some(
      (section) =>
        isSameJob(section, record) &&
        (record.workflow === undefined || record.workflow === section.run.workflow),
    );
  const collected: OrphanedRecord[] = [];
  for (const comment of known) {
    // The first write of a newer run of the workflow: from here on its records are one run older.
    const isFirst = runsOf(comment).some((other) => isNewerRun(run, other));
    const ofSections = comment.sections.flatMap((section) => {
      const {
        key,
        variant,
        run: { workflow },
        record,
      } = section;
      const isAmbiguous = comment.sections.some((other) => areTwins(other, section));
      return record === undefined || isAmbiguous ? [] : [{ key, variant, workflow, record, runs: 0 }];
    });
    for (const record of [...ofSections, ...comment.orphanedRecords]) {
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

/** This step's section as it stands in these comments; `undefined` if it is in none. */
export function findSection(comments: readonly CommentState[], writer: Writer): Section | undefined {
  return findOwn(
    comments.filter(isKnown).flatMap(({ sections }) => sections),
    writer,
  );
}

/**
 * This step's section of this attempt. Where the mark of the step is lost, its job's `check_run_id` tells it, and where
 * the server does not know that, it is the only one of the job.
 */
function findOwn(sections: readonly Section[], writer: Writer): Section | undefined {
  const { mark, checkRunId, isMarkLost = false } = writer;
  const own = { key: shortHash(writer.job), variant: variantOf(writer) };
  const run = hashed(writer.run);
  const ofJob = sections.filter(
    (section) => isSameAttempt(section.run, run) && section.key === own.key && section.mark !== '',
  );
  const marked = ofJob.find((section) => section.mark === mark);
  if (!isMarkLost) return marked;
  const candidates = currentSections(ofJob)
    .filter((section) => isSameJob(section, own))
    .filter((section) => checkRunId === undefined || (section.checkRunId ?? checkRunId) === checkRunId);
  const marks = new Set(candidates.map((section) => section.mark));
  return marks.size === 1 ? candidates[0] : marked;
}

/** Whether a second comment of this gate has nothing that the first one lacks, so that it can be deleted. */
export function isSupersededBy(
  duplicate: CommentState,
  primary: CommentState,
  context: MergeContext,
): boolean {
  if (!isKnown(duplicate) || !isKnown(primary)) return false;
  const isNewer = (run: Run): boolean => !runsOf(primary).some((other) => isSameOrNewerRun(other, run));
  if (duplicate.run !== undefined && isNewer(duplicate.run)) return false;
  const own = findOwn(primary.sections, context.writer);
  const isStale = own === undefined ? () => false : staleness(own, context.headSha);
  const current = currentSections([...primary.sections, ...duplicate.sections]);
  const isThere = (section: Section): boolean =>
    primary.sections.some((other) => isSameSection(other, section) && finality(other) >= finality(section));
  return duplicate.sections.every(
    (section) =>
      isThere(section) || isStale(section) || !current.some((other) => isSameSection(other, section)),
  );
}

const isKnown = (comment: CommentState): comment is KnownComment => comment.format === 'known';

/** The runs that a comment is about. */
const runsOf = ({ run, sections }: KnownComment): Run[] => [
  ...(run === undefined ? [] : [run]),
  ...sections.map((section) => section.run),
];

const hashed = (run: WorkflowRun): WorkflowRun => ({ ...run, workflow: shortHash(run.workflow) });

const variantOf = ({ variant }: Writer): string => (variant === '' ? '' : shortHash(variant));

/** Whether a newer run of the writer's workflow, or a later attempt of its run, is in the comment. */
function isOfNewerRun(comment: KnownComment, writer: Writer): boolean {
  const run = hashed(writer.run);
  return (
    runsOf(comment).some((other) => isNewerRun(other, run)) ||
    comment.sections.some((section) => section.run.id === run.id && section.run.attempt > run.attempt)
  );
}

/** Whether `run` is a newer run of the same workflow than `other`. Runs of different workflows have no order. */
function isNewerRun(run: Run, other: Run): boolean {
  return run.workflow === other.workflow && (run.number - other.number || run.id - other.id) > 0;
}

function isSameOrNewerRun(run: Run, other: Run): boolean {
  return run.workflow === other.workflow && !isNewerRun(other, run);
}

function isSameAttempt(a: WorkflowRun, b: WorkflowRun): boolean {
  return a.workflow === b.workflow && a.id === b.id && a.attempt === b.attempt;
}

/** Whether two sections are one that was written twice. */
function isSameSection(a: Section, b: Section): boolean {
  return isSameAttempt(a.run, b.run) && a.key === b.key && a.mark === b.mark;
}

/**
 * Whether one of two sections of the same step only stands in for the other: it was written without the step's mark, or it
 * still waits and the other was written without the mark at the step's end.
 */
function standsInFor(section: Section, other: Section): boolean {
  const isSameStep =
    isSameAttempt(section.run, other.run) &&
    section.key === other.key &&
    section.checkRunId !== undefined &&
    section.checkRunId === other.checkRunId &&
    isLostMark(section.mark) !== isLostMark(other.mark);
  if (!isSameStep) return false;
  const [marked, unmarked] = isLostMark(section.mark) ? [other, section] : [section, other];
  return section === (marked.state === 'waiting' ? marked : unmarked);
}

/** Whether two sections of one attempt are of jobs that nothing tells apart. */
function areTwins(a: Section, b: Section): boolean {
  return isSameAttempt(a.run, b.run) && isSameJob(a, b) && a.mark !== b.mark;
}

/** Whether nothing tells the jobs apart. What the second edition wrote does not say what the user called the job. */
function isSameJob(a: Pick<Section, 'key' | 'variant'>, b: Pick<Section, 'key' | 'variant'>): boolean {
  return a.key === b.key && (a.variant === undefined || b.variant === undefined || a.variant === b.variant);
}
