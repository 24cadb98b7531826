import type { Comment } from '../github/answers.ts';
import type { GitHubClient } from '../github/client.ts';
import { GitHubError } from '../github/github-error.ts';
import { retryOnGitHub } from '../github/retry-on-github.ts';
import type { ClockAndRandom } from '../http/retry.ts';
import type { Deadline } from '../runtime/clock.ts';
import { normalize, parseComment } from './codec.ts';
import { commentWarning, leftWarning } from './comment-warning.ts';
import { needsHead } from './current-sections.ts';
import { recordIn } from './kept-records.ts';
import { type FoundComment, type NextStep, nextStep, sectionIn, type Written } from './next-step.ts';
import { createOwnComments } from './own-comments.ts';
import type { OwnSection, Section, Writer } from './state.ts';

export interface StickyCommentOptions extends ClockAndRandom {
  readonly client: GitHubClient;
  /** The number of the pull request. */
  readonly issue: number;
  readonly writer: Writer;
  /** Called before a comment is made: from then on there may be one. */
  readonly onCreate?: (() => void) | undefined;
}

export interface WriteOptions extends Deadline {
  /** Whether to make a comment where there is none. */
  readonly create: boolean;
}

/** Result of a write. */
export type WriteResult =
  | {
      readonly status: 'created' | 'updated' | 'unchanged';
      readonly id: number;
      readonly url?: string | undefined;
      /** Another job has the same key, label and target: see `Merge`. */
      readonly hasTwin?: boolean | undefined;
    }
  /** Rightly not written: what there is belongs to others, or a later call took over. */
  | { readonly status: 'left'; readonly why: 'absent' | 'newer-run' | 'superseded' }
  | { readonly status: 'left'; readonly why: 'newer-format' | 'full'; readonly warning: string }
  | { readonly status: 'failed'; readonly warning: string };

/** Comment of this job that an earlier process knew. */
export interface KnownComment {
  readonly id?: number | undefined;
  /** For so many milliseconds a comment may still appear that the earlier process, or another job, has made. */
  readonly appearsWithinMs: number;
}

/** This gate's one comment on a pull request. Nothing in here throws or goes on after its limits. */
export interface StickyComment {
  /** Writes this job's section and sees to it that it stays. A new call ends the one before. */
  write(section: OwnSection, options: WriteOptions): Promise<WriteResult>;
  /** The record of this job's last push; `undefined` where there is none, or it cannot be read now. Never rejects. */
  record(deadline: Deadline): Promise<string | undefined>;
  /**
   * For the end of the job: looks at all comments of the gate, keeps one, and removes our doubles. `decide` is given
   * this job's section as it stands, and says what is to stand there; `undefined`: it is right.
   */
  reconcile(
    known: KnownComment,
    decide: (existing: Section | undefined) => OwnSection | undefined,
    options: WriteOptions,
  ): Promise<WriteResult>;
}

/** Before looking whether what was written stays: others that read before us could write that long after us. */
const PAUSE_MS = { alone: 250, inCompany: 1_000, longest: 10_000 };
/** Looks and writes, against other jobs that never stop writing. */
const MAX_ITERATIONS = 30;

/** Task of a call. */
interface WriteTask {
  readonly own: (existing: Section | undefined) => OwnSection | undefined;
  readonly create: boolean;
  /** Look at all comments, and not only at the one that was found last. */
  readonly searchAll: boolean;
}

/** Progress of a call. */
interface WriteProgress {
  /** Section that is to stand in the comment. */
  own?: OwnSection | undefined;
  /** Last write; `undefined` while it is not known what stands there. */
  written?: Written | undefined;
  /** Of the last write. */
  result?: Extract<WriteResult, { id: number }> | undefined;
}

/** The comment of one gate, written by one job. */
export function createStickyComment(options: StickyCommentOptions): StickyComment {
  const { client, issue, writer, clock, random } = options;
  const isMarked = (body: string): boolean => parseComment(body, writer.name) !== undefined;
  const comments = createOwnComments({ client, issue, clock, isMarked });
  let newest = new AbortController();
  let queue: Promise<unknown> = Promise.resolve();

  /** One call at a time, and the newest ends the others: a late report must not overwrite the final one. */
  function enqueue({ until, signal }: Deadline, task: WriteTask): Promise<WriteResult> {
    newest.abort();
    const mine = new AbortController();
    newest = mine;
    const turn = queue.then(async (): Promise<WriteResult> => {
      const result = await writeUntilStable(task, { until, signal: AbortSignal.any([signal, mine.signal]) });
      return result.status === 'failed' && mine.signal.aborted
        ? { status: 'left', why: 'superseded' }
        : result;
    });
    queue = turn;
    return turn;
  }

  /** Step by step, until the section stands in the one comment. */
  async function writeUntilStable(task: WriteTask, deadline: Deadline): Promise<WriteResult> {
    const progress: WriteProgress = {};
    try {
      for (let iteration = 0; iteration < MAX_ITERATIONS; iteration += 1) {
        const next = await retryOnGitHub((within) => iterate(task, progress, within), {
          clock,
          random,
          ...deadline,
        });
        if (typeof next !== 'number') return next;
        // Looking too early is better than not at all.
        await clock.sleep(Math.min(next, (deadline.until - clock.now()) / 2), deadline.signal);
      }
      throw new GitHubError('unavailable', 'other jobs kept writing it at the same time');
    } catch (error) {
      // It may have been written without the time to see it stay.
      if (progress.written !== undefined && progress.result !== undefined) return progress.result;
      return { status: 'failed', warning: commentWarning(error, issue) };
    }
  }

  /** One look, and what follows from it: the result, or how long to wait before the next look, in milliseconds. */
  async function iterate(
    task: WriteTask,
    progress: WriteProgress,
    within: Deadline,
  ): Promise<WriteResult | number> {
    const startedAt = clock.now();
    const next = await readAndDecide(task, progress, within);
    const removeDoubles = async (): Promise<void> => {
      for (const { id } of next.remove) await comments.remove(id, within);
    };
    if (next.step !== 'write') await removeDoubles();
    switch (next.step) {
      case 'leave':
        return leave(next.why);
      case 'done':
        return {
          ...{ status: 'unchanged', ...progress.result },
          ...{ id: next.primary.id, url: next.primary.url },
        };
      case 'look again':
        progress.written = next.written;
        return pauseAfter(clock.now() - startedAt);
    }
    progress.written = undefined;
    const result = await write(next, within);
    progress.result = result;
    progress.written = next.written;
    // Not before: other jobs look again after about the time that reading and writing take.
    await removeDoubles();
    // What only waits is soon written again and need not be looked after.
    if (!next.isFirst && progress.own?.state === 'waiting') return result;
    const isAlone = !next.isFirst && !next.isShared;
    return isAlone ? pause(PAUSE_MS.alone) : pauseAfter(clock.now() - startedAt);
  }

  /** Reads the comments and decides what to do. */
  async function readAndDecide(
    task: WriteTask,
    progress: WriteProgress,
    within: Deadline,
  ): Promise<NextStep> {
    const found = (await comments.find(within, task.searchAll)).flatMap((comment) => parsed(comment) ?? []);
    const existing = sectionIn(found, writer);
    // Without its mark, what the step itself has written may turn up after what stands in for it.
    const isOther = existing !== undefined && existing.mark !== progress.written?.section.mark;
    if (progress.written === undefined || isOther) {
      progress.own = task.own(existing);
      // Only this job writes this section, so it is in the comment that may have been made.
      if (existing !== undefined && !task.searchAll) comments.markFound();
    }
    return nextStep({
      ...{ found, writer, written: progress.written, own: progress.own, create: task.create },
      mayAppearLater: comments.mayAppearLater(),
      headSha: await headShaFor(found, progress.own, within),
    });
  }

  /** The newest commit of the pull request, where that decides; `undefined` where it cannot be read. */
  async function headShaFor(
    found: readonly FoundComment[],
    own: OwnSection | undefined,
    within: Deadline,
  ): Promise<string | undefined> {
    const states = found.map(({ state }) => state);
    if (own === undefined || !needsHead(states, own, writer)) return undefined;
    try {
      return (await client.pullRequest(issue, within))?.headSha;
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      return undefined;
    }
  }

  async function write(
    { into, written, hasTwin }: Extract<NextStep, { step: 'write' }>,
    within: Deadline,
  ): Promise<Extract<WriteResult, { id: number }>> {
    // The call was given up meanwhile, and another one may be at work.
    if (within.signal.aborted) throw new GitHubError('out-of-time', 'GitHub did not answer in time');
    if (into !== undefined) {
      const { id, url } = await comments.update(into.id, written.body, within);
      return { status: 'updated', id, url, hasTwin: hasTwin || undefined };
    }
    options.onCreate?.();
    const { id, url } = await comments.create(written.body, within);
    return { status: 'created', id, url, hasTwin: hasTwin || undefined };
  }

  function parsed({ id, body, url }: Comment): FoundComment | undefined {
    const state = parseComment(body, writer.name);
    return state && { id, url, body: normalize(body), state };
  }

  const leave = (why: Extract<WriteResult, { why: unknown }>['why']): WriteResult =>
    why === 'newer-format' || why === 'full'
      ? { status: 'left', why, warning: leftWarning(why, issue) }
      : { status: 'left', why };

  const pause = (atLeastMs: number): number => atLeastMs * (1 + random());
  /** Wait longer when GitHub is slow: another job's write may still be in flight. */
  const pauseAfter = (tookMs: number): number =>
    pause(Math.min(PAUSE_MS.longest, Math.max(PAUSE_MS.inCompany, 2 * tookMs)));

  async function record(deadline: Deadline): Promise<string | undefined> {
    try {
      const read = await retryOnGitHub((within) => comments.find(within), { clock, random, ...deadline });
      return recordIn(
        read.flatMap((comment) => parsed(comment)?.state ?? []),
        writer,
      );
    } catch {
      return undefined;
    }
  }

  return {
    record,
    write: (section, { create, ...deadline }) =>
      enqueue(deadline, { own: () => section, create, searchAll: false }),
    reconcile(known, decide, { create, ...deadline }) {
      comments.restore(known);
      return enqueue(deadline, { own: decide, create, searchAll: true });
    },
  };
}
