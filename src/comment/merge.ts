/** Rules for who may write the shared comment and what it says then. Pure. */
import { cleanLine } from '../text/clean.ts';
import { currentSections, finality, findSection, isStale } from './current-sections.ts';
import { collectOrphanedRecords, extendRecord, recordIn } from './kept-records.ts';
import { COMMENT_LIMIT, type ComposedComment, layoutSections } from './layout.ts';
import { isNewerRun, isSameJob, isSameSection, jobOf, runOf } from './section-identity.ts';
import {
  type CommentState,
  isReadable,
  type OwnSection,
  type ReadableComment,
  type Run,
  runsIn,
  type Section,
  sectionsOf,
  type Writer,
} from './state.ts';

const MAX_LABEL = 100;
const MAX_TARGET = 200;
const MAX_RESULT = 200;

/** The comment with the job's section in it; or a newer run or a newer version of this action has written it. */
export type Merge =
  | (Extract<ComposedComment, { action: 'write' }> & {
      /** Another job has the same key and variant, so that a new attempt cannot tell whose section it replaces. */
      readonly hasTwin: boolean;
    })
  | { readonly action: 'leave'; readonly why: 'full' | 'newer-run' | 'newer-format' };

/** Facts beside the sections themselves that decide which of them stay. */
interface MergeContext {
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
  const comments = existing.filter(isReadable);
  if (comments.length < existing.length) return { action: 'leave', why: 'newer-format' };
  if (comments.some((comment) => isOfNewerRun(comment, writer))) return { action: 'leave', why: 'newer-run' };

  const section: Section = {
    ...jobOf(writer),
    run: runOf(writer),
    mark: findSection(comments, writer)?.mark ?? writer.mark,
    checkRunId: writer.checkRunId,
    commit: own.facts?.origin?.commit ?? writer.commit,
    state: own.state,
    tally: own.tally,
    label: cleanLine(own.label, MAX_LABEL),
    target: writer.target === undefined ? undefined : cleanLine(writer.target, MAX_TARGET),
    facts: own.facts && { ...own.facts, result: cleanLine(own.facts.result, MAX_RESULT) },
    record: extendRecord(own.record, recordIn(comments, writer)),
    markdown: '',
    closing: undefined,
    isCollapsed: false,
  };
  const rest = sectionsOf(comments).filter(
    (other) => !isSameSection(other, section) && !isStale(other, section, headSha),
  );
  const others = currentSections([section, ...rest]).filter((other) => other !== section);
  const orphanedRecords = collectOrphanedRecords(comments, { writer, present: [section, ...others] });
  const composed = layoutSections({ name: writer.name, section, others, orphanedRecords, own, limit });
  if (composed.action === 'leave') return composed;
  const hasTwin = others.some((other) => other.run.id === section.run.id && isSameJob(other, section));
  return { ...composed, hasTwin };
}

/** True if a second comment of this gate has nothing that the first one lacks, so that it can be deleted. */
export function isSupersededBy(
  duplicate: CommentState,
  primary: CommentState,
  context: MergeContext,
): boolean {
  if (!isReadable(duplicate) || !isReadable(primary)) return false;
  const isCovered = (run: Run): boolean =>
    runsIn(primary).some((other) => other.workflow === run.workflow && !isNewerRun(run, other));
  if (duplicate.run !== undefined && !isCovered(duplicate.run)) return false;
  const own = findSection([primary], context.writer);
  const current = currentSections([...primary.sections, ...duplicate.sections]);
  const isThere = (section: Section): boolean =>
    primary.sections.some((other) => isSameSection(other, section) && finality(other) >= finality(section));
  return duplicate.sections.every(
    (section) =>
      isThere(section) ||
      (own !== undefined && isStale(section, own, context.headSha)) ||
      !current.some((other) => isSameSection(other, section)),
  );
}

/** True if a newer run of the writer's workflow, or a later attempt of its run, is in the comment. */
function isOfNewerRun(comment: ReadableComment, writer: Writer): boolean {
  const run = runOf(writer);
  return (
    runsIn(comment).some((other) => isNewerRun(other, run)) ||
    comment.sections.some((section) => section.run.id === run.id && section.run.attempt > run.attempt)
  );
}
