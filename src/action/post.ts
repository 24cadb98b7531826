import type { OwnSection, Section } from '../comment/state.ts';
import { NO_CASES } from '../domain/batch.ts';
import type { Verdict } from '../domain/verdict.ts';
import { readContext } from '../github/context.ts';
import { foreign, paragraph, render, words } from '../report/markdown.ts';
import { headlineHeading } from '../report/sections/headline.ts';
import { APPEARS_WITHIN_MS, POST_MS } from '../runtime/limits.ts';
import type { Outside } from '../runtime/runtime.ts';
import type { CommentTarget } from './comment-target.ts';
import { orWarn } from './publisher.ts';
import { findComments } from './pull-request-comment.ts';
import { writeSummary } from './runner-files.ts';
import type { CommentLeft, SavedSection, StepLeft } from './step-state.ts';

const STOPPED = 'The step was stopped before it reached a verdict.';
const LOST = 'The step ended without leaving its report here: see the job summary.';

/** What the `post` step works with. */
export interface FinishOptions extends StepLeft {
  readonly target: CommentTarget;
  readonly outside: Outside;
}

/**
 * After the job: the comment says how the step ended, whatever became of its own writing; a section that another job's
 * write removed is put back; and of several comments that a race or a lost answer has made one stays.
 */
export async function finishComment(options: FinishOptions): Promise<void> {
  const { target, outside, end, memory } = options;
  if (end !== 'finished') await orWarn(outside, 'The job summary', () => writeSummary(summaryOf(options)));
  if (target.comment === 'never') return;

  const limits = { until: outside.clock.now() + POST_MS, signal: new AbortController().signal };
  const context = await readContext(outside.env);
  const { comments, warning } = await findComments(target, context, { outside, limits });
  // The step was to make one, and ran out of time or did not hear of it.
  const create = memory?.isWanted === true && memory.stage === 'unwritten';
  const recalled = { id: memory?.id, appearsWithinMs: mayAppearFor(options) };
  const results = await Promise.all(
    comments.map((comment) =>
      comment.check(recalled, (there) => sectionAtEnd(options, there), { ...limits, create }),
    ),
  );
  // What the step itself could not write it has warned of.
  if (end === 'finished' && memory !== undefined && memory.stage !== 'written') return;
  for (const said of [
    warning,
    ...results.map((result) => ('warning' in result ? result.warning : undefined)),
  ]) {
    if (said !== undefined) outside.warn(said);
  }
}

/**
 * What is to stand in the comment at the end; `undefined` if what stands there is right.
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
export function sectionAtEnd(
  { end, verdict, memory, batchIds }: StepLeft,
  there: Section | undefined,
): OwnSection | undefined {
  // What stands there is of this attempt, so the step did begin, and could not save that it did.
  if (end === 'not begun') return there === undefined ? bare('cancelled', stopped([]), undefined) : undefined;
  const isSettled = there !== undefined && there.state !== 'waiting' && there.state !== 'passed';
  const isUnwritten = memory?.stage === 'unwritten' && end === 'finished';
  if (isSettled && !isUnwritten) return undefined;
  if (end === 'killed') {
    const isGreen = memory?.section.state === 'passed';
    return memory === undefined || isGreen
      ? bare('cancelled', stopped(batchIds), memory?.section ?? there)
      : restored(memory.section);
  }
  if (memory !== undefined) {
    const isRight = there?.state === memory.section.state && memory.stage === 'written';
    return isRight ? undefined : restored(memory.section);
  }
  const isRight = there === undefined || (there.state === 'passed' && (verdict ?? 'passed') === 'passed');
  return isRight ? undefined : bare(verdict ?? 'inconclusive', LOST, there);
}

/** Whether another comment of ours may still turn up, and for how many milliseconds. */
function mayAppearFor({ end, memory, target, outside }: FinishOptions): number {
  // Killed in an unknown state; or there is nothing to look for.
  if (memory === undefined) return end === 'killed' ? APPEARS_WITHIN_MS : 0;
  if (memory.createdAt === undefined) return 0;
  // Its answer came, and no other job was making one at the same time.
  if (memory.id !== undefined && target.isShared !== true) return 0;
  const since = outside.clock.epoch() - memory.createdAt;
  return Math.min(APPEARS_WITHIN_MS, Math.max(0, APPEARS_WITHIN_MS - since));
}

function summaryOf({ target, outside, memory, batchIds }: FinishOptions): string {
  const name = outside.redact(target.name ?? 'Agent Test Gate');
  const { state, tally, ...section } = sectionOfStopped(memory, batchIds);
  const parts = [section.render, section.renderClosing].map((part) => part?.(Number.POSITIVE_INFINITY) ?? '');
  const blocks = [headlineHeading(2, { name, state, tally }), ...parts].filter((block) => block !== '');
  return `${blocks.join('\n\n')}\n`;
}

/** What the job summary says of a step that was killed. */
function sectionOfStopped(memory: CommentLeft | undefined, batchIds: readonly string[]): OwnSection {
  const left = { end: 'killed', verdict: undefined, memory, batchIds } as const;
  return sectionAtEnd(left, undefined) ?? bare('cancelled', stopped(batchIds), undefined);
}

/** That the step was stopped, and which batches may go on. */
function stopped(batchIds: readonly string[]): string {
  return batchIds.length === 0
    ? STOPPED
    : `${STOPPED} It knew of ${batchIds.join(', ')}, which may keep running.`;
}

function restored({ markdown, closing = '', ...section }: SavedSection): OwnSection {
  const omitted = render(paragraph(words('The report is in the job summary of this workflow run.')));
  return {
    ...section,
    render: (max) => (markdown.length <= max ? markdown : omitted),
    renderClosing: (max) => (closing.length <= max ? closing : ''),
  };
}

/** A section that has no report, only a sentence; with the counts that are known. */
function bare(
  state: Verdict,
  sentence: string,
  known: Pick<Section, 'tally' | 'label'> | undefined,
): OwnSection {
  const { tally = NO_CASES, label = '' } = known ?? {};
  return { state, tally, label, render: () => render(paragraph(foreign(sentence, 1_000))) };
}
