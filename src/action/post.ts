import { type OwnSection, type Section, STOPPED } from '../comment/state.ts';
import { EMPTY_TALLY } from '../domain/batch.ts';
import type { Verdict } from '../domain/verdict.ts';
import { readContext } from '../github/context.ts';
import { paragraph, trusted, untrusted } from '../report/markdown.ts';
import { render } from '../report/markdown-writer.ts';
import { headlineHeading } from '../report/sections/headline.ts';
import { COMMENT_APPEARS_MS, POST_MS } from '../runtime/limits.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { CommentInputs } from './comment-inputs.ts';
import { findComments } from './pull-request-comment.ts';
import { writeSummary } from './runner-files.ts';
import { labelOf } from './section.ts';
import type { SavedSection, SavedStepState } from './step-state.ts';
import { warnOnError } from './warn-on-error.ts';

const LOST = 'The step ended without leaving its report here: see the job summary.';

/** State and options of the `post` step. */
export interface FinishOptions extends SavedStepState {
  readonly commentInputs: CommentInputs;
  readonly runtime: Runtime;
}

/**
 * After the job: the comment says how the step ended, whatever became of its own writing; a section that another job's
 * write removed is put back; and of several comments that a race or a lost answer has made one stays.
 */
export async function finishComment(options: FinishOptions): Promise<void> {
  const { commentInputs, runtime, end, mark, savedComment } = options;
  if (end !== 'finished')
    await warnOnError(runtime, 'The job summary', () => writeSummary(summaryOf(options)));
  if (commentInputs.comment === 'never') return;

  const deadline = { until: runtime.clock.now() + POST_MS, signal: new AbortController().signal };
  const context = await readContext(runtime.env, commentInputs);
  const { comments, warning } = await findComments(commentInputs, context, { mark, runtime, deadline });
  // The step was to make one, and ran out of time or did not hear of it.
  const create = savedComment?.isWanted === true && savedComment.stage === 'unwritten';
  const recalled = { id: savedComment?.id, appearsWithinMs: pendingCommentMs(options) };
  if (comments.length > 0 && recalled.appearsWithinMs > 0) {
    const seconds = Math.ceil(recalled.appearsWithinMs / 1_000);
    runtime.log(`Looking for at most ${seconds} s for a comment that may still appear.`);
  }
  const results = await Promise.all(
    comments.map((comment) =>
      comment.reconcile(recalled, (existing) => withLabel(finalSection(options, existing), options), {
        ...deadline,
        create,
      }),
    ),
  );
  // What the step itself could not write it has warned of.
  if (end === 'finished' && savedComment !== undefined && savedComment.stage !== 'written') return;
  for (const text of [warning, ...results.map((result) => result.warning)]) {
    if (text !== undefined) runtime.warn(text);
  }
}

/**
 * Section that belongs into the comment at the end; `undefined` if the one that stands there is right.
 *
 * | the step | its section there | what it remembers | what is to stand there |
 * |---|---|---|---|
 * | not begun | none | nothing | that it was stopped |
 * | not begun | any | nothing | what stands there |
 * | any | ended and not green | verdict not written | the verdict |
 * | any | ended and not green | anything else | what stands there |
 * | killed | green, waiting, none | anything but a green verdict | that |
 * | killed | green, waiting, none | a green verdict, nothing | that it was stopped |
 * | finished | green, waiting, none | anything | that |
 * | finished | waiting, or green without a green verdict | nothing | the verdict, without the report |
 * | finished | green, none | nothing | what stands there |
 */
export function finalSection(
  { end, verdict, savedComment, batchIds }: SavedStepState,
  existing: Section | undefined,
): OwnSection | undefined {
  // What stands there is of this attempt, so the step did begin, and could not save that it did.
  if (end === 'not begun')
    return existing === undefined
      ? sectionWithoutReport('cancelled', stoppedMessage([]), undefined)
      : undefined;
  const isSettled = existing !== undefined && existing.state !== 'waiting' && existing.state !== 'passed';
  const isUnwritten = savedComment?.stage === 'unwritten' && end === 'finished';
  if (isSettled && !isUnwritten) return undefined;
  if (end === 'killed') return sectionOfKilled(savedComment?.section, batchIds, existing);
  if (savedComment !== undefined) {
    const isRight = existing?.state === savedComment.section.state && savedComment.stage === 'written';
    return isRight ? undefined : restoredSection(savedComment.section);
  }
  const isRight =
    existing === undefined || (existing.state === 'passed' && (verdict ?? 'passed') === 'passed');
  return isRight ? undefined : sectionWithoutReport(verdict ?? 'inconclusive', LOST, existing);
}

/** Time for which another comment of ours may still turn up, in milliseconds. */
function pendingCommentMs({ end, savedComment, commentInputs }: FinishOptions): number {
  // Ended in an unknown state; or there is nothing to look for.
  if (savedComment === undefined) return end === 'finished' ? 0 : COMMENT_APPEARS_MS;
  if (savedComment.createdAgoMs === undefined) return 0;
  // Its answer came, and no other job was making one at the same time.
  if (savedComment.id !== undefined && commentInputs.isShared !== true) return 0;
  return Math.max(0, COMMENT_APPEARS_MS - savedComment.createdAgoMs);
}

/** A section of a step that left no label is called as the step would have called it. */
function withLabel(
  section: OwnSection | undefined,
  { commentInputs, runtime }: FinishOptions,
): OwnSection | undefined {
  return section?.label === '' ? { ...section, label: labelOf({}, commentInputs, runtime) } : section;
}

function summaryOf({ commentInputs, runtime, savedComment, batchIds }: FinishOptions): string {
  const name = runtime.redact(commentInputs.name ?? 'Agent Test Gate');
  const { state, tally, ...section } = sectionOfKilled(savedComment?.section, batchIds, undefined);
  const parts = [section.render, section.renderClosing].map((part) => part?.(Number.POSITIVE_INFINITY) ?? '');
  const blocks = [headlineHeading({ name, state, tally }), ...parts].filter((block) => block !== '');
  return `${blocks.join('\n\n')}\n`;
}

/** The section that a killed step saved, unless that is green: that would be no proof. */
function sectionOfKilled(
  saved: SavedSection | undefined,
  batchIds: readonly string[],
  existing: Section | undefined,
): OwnSection {
  return saved === undefined || saved.state === 'passed'
    ? sectionWithoutReport('cancelled', stoppedMessage(batchIds), saved ?? existing)
    : restoredSection(saved);
}

/** That the step was stopped, and which batches may go on. */
function stoppedMessage(batchIds: readonly string[]): string {
  return batchIds.length === 0
    ? STOPPED
    : `${STOPPED} It knew of ${batchIds.join(', ')}, which may keep running.`;
}

function restoredSection({ markdown, closing = '', ...section }: SavedSection): OwnSection {
  const omitted = render(paragraph(trusted('The report is in the job summary of this workflow run.')));
  return {
    ...section,
    render: (max) => (markdown.length <= max ? markdown : omitted),
    renderClosing: (max) => (closing.length <= max ? closing : ''),
  };
}

/** A section that has no report, only a sentence; with the counts that are known. */
function sectionWithoutReport(
  state: Verdict,
  sentence: string,
  known: Pick<Section, 'tally' | 'label'> | undefined,
): OwnSection {
  const { tally = EMPTY_TALLY, label = '' } = known ?? {};
  return { state, tally, label, render: () => render(paragraph(untrusted(sentence, 1_000))) };
}
