/** Writes the section of a job into the shared comment, step by step, and looks whether it stays. */
import type { GitHubClient } from '../github/client.ts';
import { GitHubError, onGitHubError } from '../github/github-error.ts';
import { retryOnGitHub } from '../github/retry-on-github.ts';
import type { ClockAndRandom } from '../http/retry.ts';
import type { Deadline } from '../runtime/clock.ts';
import { commentWarning, reasonToLeave, TWIN } from './comment-warning.ts';
import { findSection, needsHeadSha } from './current-sections.ts';
import { type NextStep, nextStep, type Written } from './next-step.ts';
import type { OwnComments } from './own-comments.ts';
import type { CommentState, OwnSection, Section, Writer } from './state.ts';

/** Result of a write. */
export interface WriteResult {
  /** `left`: rightly not written, since what there is belongs to others, or a later call took over. */
  readonly status: 'created' | 'updated' | 'unchanged' | 'left' | 'failed';
  readonly why?: 'absent' | 'newer-run' | 'superseded' | 'newer-format' | 'full' | undefined;
  /** The comment in which the section stands, and the page that shows it. */
  readonly id?: number | undefined;
  readonly url?: string | undefined;
  /** Tells what went wrong and what to do: a sentence. */
  readonly warning?: string | undefined;
  /** A sentence for the log. */
  readonly note?: string | undefined;
}

/** The comment to write, and who writes it. */
export interface WriteContext extends ClockAndRandom {
  readonly client: Pick<GitHubClient, 'pullRequest'>;
  /** The number of the pull request. */
  readonly issue: number;
  readonly writer: Writer;
  readonly comments: OwnComments;
  /** Called before a comment is made: from then on there may be one. */
  readonly beforeCreate?: (() => void) | undefined;
}

export interface WriteTask {
  /** Given this job's section as it stands, says what is to stand there; `undefined`: it is right. */
  readonly decide: (existing: Section | undefined) => OwnSection | undefined;
  /** True to make a comment where there is none. */
  readonly create: boolean;
  /** Look at all comments, and not only at the one that was found last. */
  readonly searchAll: boolean;
}

/** A task under way. */
interface Writing extends WriteContext, WriteTask {
  /** Section that is to stand in the comment. */
  own?: OwnSection | undefined;
  /** Last write; `undefined` while it is not known what stands there. */
  written?: Written | undefined;
  /** Of the last write. */
  result?: WriteResult | undefined;
}

/** Before looking whether what was written stays: others that read before us could write that long after us. */
const PAUSE_MS = { alone: 250, inCompany: 1_000, longest: 10_000 };
/** Looks and writes, against other jobs that never stop writing. */
const MAX_ITERATIONS = 30;

/** Reads and writes until the section stands in the one comment. Never rejects. */
export async function writeSection(
  task: WriteTask,
  context: WriteContext,
  deadline: Deadline,
): Promise<WriteResult> {
  const { clock, random, issue } = context;
  const writing: Writing = { ...context, ...task };
  try {
    for (let iteration = 0; iteration < MAX_ITERATIONS; iteration += 1) {
      const next = await retryOnGitHub((within) => iterate(writing, within), { clock, random, ...deadline });
      if (typeof next !== 'number') return next;
      // Looking too early is better than not at all.
      await clock.sleep(Math.min(next, (deadline.until - clock.now()) / 2), deadline.signal);
    }
    throw new GitHubError('unavailable', 'other jobs kept writing it at the same time');
  } catch (error) {
    // It may have been written without the time to see it stay.
    if (writing.written !== undefined && writing.result !== undefined) return writing.result;
    return { status: 'failed', warning: commentWarning(error, issue) };
  }
}

/** One look, and what follows from it: the result, or how long to wait before the next look, in milliseconds. */
async function iterate(writing: Writing, within: Deadline): Promise<WriteResult | number> {
  const { clock, random, comments, issue } = writing;
  const pause = (atLeastMs: number): number => atLeastMs * (1 + random());
  /** Wait longer when GitHub is slow: another job's write may still be in flight. */
  const pauseInCompany = (): number =>
    pause(Math.min(PAUSE_MS.longest, Math.max(PAUSE_MS.inCompany, 2 * (clock.now() - startedAt))));

  const startedAt = clock.now();
  const next = await readAndDecide(writing, within);
  const removeDoubles = async (): Promise<void> => {
    for (const { id } of next.remove) await comments.remove(id, within);
  };
  if (next.step !== 'write') await removeDoubles();
  switch (next.step) {
    case 'leave':
      return { status: 'left', why: next.why, ...reasonToLeave(next.why, issue) };
    case 'done':
      return { status: 'unchanged', ...writing.result, id: next.primary.id, url: next.primary.url };
    case 'look again':
      writing.written = next.written;
      return pauseInCompany();
  }
  writing.written = undefined;
  const result = await write(writing, next, within);
  writing.result = result;
  writing.written = next.written;
  // Not before: other jobs look again after about the time that reading and writing take.
  await removeDoubles();
  // What only waits is soon written again and need not be looked after.
  if (!next.isFirst && writing.own?.state === 'waiting') return result;
  const isAlone = !next.isFirst && !next.isShared;
  return isAlone ? pause(PAUSE_MS.alone) : pauseInCompany();
}

/** Reads the comments and decides what to do. */
async function readAndDecide(writing: Writing, within: Deadline): Promise<NextStep> {
  const { comments, searchAll, decide, writer, create } = writing;
  const found = await comments.find(within, searchAll);
  const states = found.map(({ state }) => state);
  const existing = findSection(states, writer);
  // Without its mark, what the step itself has written may turn up after what stands in for it.
  const isOther = existing !== undefined && existing.mark !== writing.written?.section.mark;
  if (writing.written === undefined || isOther) {
    writing.own = decide(existing);
    // Only this job writes this section, so it is in the comment that may have been made.
    if (existing !== undefined && !searchAll) comments.markFound();
  }
  const { own, written } = writing;
  const mayAppearLater = comments.mayAppearLater();
  const headSha = await headShaFor(writing, states, within);
  return nextStep({ found, writer, written, own, create, mayAppearLater, headSha });
}

/** The newest commit of the pull request, where that decides; `undefined` where it cannot be read. */
async function headShaFor(
  { client, issue, own, writer }: Writing,
  states: readonly CommentState[],
  within: Deadline,
): Promise<string | undefined> {
  if (own === undefined || !needsHeadSha(states, own, writer)) return undefined;
  const pullRequest = await client.pullRequest(issue, within).catch(onGitHubError(() => undefined));
  return pullRequest?.headSha;
}

async function write(
  { comments, beforeCreate }: Writing,
  { into, written, hasTwin }: Extract<NextStep, { step: 'write' }>,
  within: Deadline,
): Promise<WriteResult> {
  // The call was given up meanwhile, and another one may be at work.
  if (within.signal.aborted) throw new GitHubError('out-of-time', 'GitHub did not answer in time');
  if (into === undefined) beforeCreate?.();
  const { id, url } =
    into === undefined
      ? await comments.create(written.body, within)
      : await comments.update(into.id, written.body, within);
  return { status: into === undefined ? 'created' : 'updated', id, url, note: hasTwin ? TWIN : undefined };
}
