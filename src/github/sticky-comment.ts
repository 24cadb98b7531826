import type { Deadline } from '../clock.ts';
import type { Means } from '../http/retry.ts';
import { normalize, parseComment, type StoredSection } from '../shared-comment/codec.ts';
import {
  COMMENT_LIMIT,
  findSection,
  isLeftover,
  mergeSection,
  type OwnSection,
  type Writer,
} from '../shared-comment/merge.ts';
import type { Comment, GitHubClient } from './client.ts';
import { commentWarning, leftWarning } from './comment-warning.ts';
import { GitHubError } from './github-error.ts';
import { createOwnComments } from './own-comments.ts';
import { persist } from './retry.ts';

export interface StickyCommentOptions extends Means {
  readonly client: GitHubClient;
  /** The number of the pull request. */
  readonly issue: number;
  readonly writer: Writer;
}

export interface WriteOptions extends Deadline {
  /** Whether to make a comment where there is none. */
  readonly create: boolean;
}

export type WriteResult =
  | {
      readonly status: 'created' | 'updated' | 'unchanged';
      readonly id: number;
      readonly url?: string | undefined;
    }
  /** Rightly not written; what there is belongs to others, or a later call took over. */
  | {
      readonly status: 'left';
      readonly why: 'absent' | 'newer-run' | 'newer-format' | 'full' | 'superseded';
      readonly warning?: string;
    }
  | { readonly status: 'failed'; readonly warning: string };

/** This gate's one comment on a pull request. Nothing in here throws or goes on after its limits. */
export interface StickyComment {
  /** Writes this job's section and sees to it that it stays. A new call ends the one before. */
  write(section: OwnSection, options: WriteOptions): Promise<WriteResult>;
  /**
   * For the end of the job: looks once, at the comment with this id if it is known, and writes the section only if
   * there is none of this job, one that still waits, or a green one although the job did not end so.
   */
  check(id: number | undefined, section: OwnSection, options: WriteOptions): Promise<WriteResult>;
}

interface Written {
  readonly status: 'created' | 'updated';
  readonly comment: Comment;
  readonly section: StoredSection;
  /** The whole text that was written. */
  readonly body: string;
  /** The section has been seen to be there, while others were writing. */
  readonly isConfirmed: boolean;
}

interface Pause {
  readonly pauseMs: number;
}

/** Before looking whether what was written stays: others that read before us could write that long after us. */
const PAUSE_MS = { alone: 250, inCompany: 1_000, longest: 10_000 };
/** After so long without a sign of another job there is none that is just beginning. */
const ALONE_AFTER_MS = 10_000;
/** Looks and writes, against other jobs that never stop writing. */
const MAX_ROUNDS = 30;
/** For a GitHub that refuses what is under its documented limit. */
const SHORT_LIMIT = 16_000;

export function createStickyComment({
  client,
  issue,
  writer,
  clock,
  random,
}: StickyCommentOptions): StickyComment {
  const comments = createOwnComments({
    client,
    issue,
    isMarked: (body) => parseComment(body, writer.name) !== undefined,
  });
  /** When another job was last seen, or could not yet be. */
  let companyAt = clock.now();
  let newest = new AbortController();
  let queue: Promise<unknown> = Promise.resolve();

  /** One call at a time, and the newest ends the others: a late report must not overwrite the final one. */
  function takeTurn(
    options: WriteOptions,
    work: (limits: Deadline) => Promise<WriteResult>,
  ): Promise<WriteResult> {
    newest.abort();
    const mine = new AbortController();
    newest = mine;
    const signal = AbortSignal.any([options.signal, mine.signal]);
    const turn = queue.then(async (): Promise<WriteResult> => {
      const result = await work({ until: options.until, signal });
      return result.status === 'failed' && mine.signal.aborted
        ? { status: 'left', why: 'superseded' }
        : result;
    });
    queue = turn;
    return turn;
  }

  /**
   * GitHub cannot write a comment only if nobody else has meanwhile, so jobs that write at the same time lose what
   * the others wrote. Therefore: read, merge, write, and after a pause look whether it is still there; until it is.
   */
  async function converge(
    own: OwnSection,
    options: WriteOptions & { isCheck: boolean },
  ): Promise<WriteResult> {
    let written: Written | undefined;
    let limit = COMMENT_LIMIT;

    async function step(limits: Deadline): Promise<WriteResult | Pause> {
      const startedAt = clock.now();
      const found = await comments.find(limits);
      if (found.length > 1) companyAt = clock.now();
      const next = await act(found, { startedAt, limits });
      // Only now that what they hold stands in the first.
      await removeLeftovers(found.slice(1), own.key, limits);
      return next;
    }

    async function act(
      found: readonly Comment[],
      { startedAt, limits }: { startedAt: number; limits: Deadline },
    ): Promise<WriteResult | Pause> {
      const kept = found[0];
      const there = kept && findSection(kept.body, own.key, writer);
      if (kept !== undefined && there !== undefined) {
        if (written !== undefined && stands(written.section, there)) {
          const isQuiet = written.isConfirmed || written.body === normalize(kept.body);
          if (isQuiet) return resultOf(written.status, kept);
          // Others are writing, so one that read before us may still be about to write.
          written = { ...written, isConfirmed: true };
          return pauseAfter(clock.now() - startedAt);
        }
        const mayStay = there.state === own.state || !['waiting', 'passed'].includes(there.state);
        if (options.isCheck && mayStay) return resultOf('unchanged', kept);
      }
      written = undefined;

      const merge = mergeSection({ existing: found.map(({ body }) => body), own, writer, limit });
      if (merge.action === 'leave') return leave(merge.why);
      if (kept === undefined && !options.create) return leave('absent');
      if (kept !== undefined && normalize(kept.body) === merge.body) return resultOf('unchanged', kept);

      const comment = await comments.write(merge.body, kept, limits);
      const status = kept === undefined ? 'created' : 'updated';
      written = { status, comment, section: merge.section, body: merge.body, isConfirmed: false };
      // What only waits is soon written again and need not be looked after.
      if (there !== undefined && own.state === 'waiting') return resultOf(status, comment);
      if (there === undefined || merge.isShared) companyAt = clock.now();
      const isAlone = clock.now() - companyAt > ALONE_AFTER_MS;
      return isAlone ? pause(PAUSE_MS.alone) : pauseAfter(clock.now() - startedAt);
    }

    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      try {
        const next = await persist(step, { clock, random, until: options.until, signal: options.signal });
        if ('status' in next) return next;
        // Looking too early is better than not at all.
        const half = (options.until - clock.now()) / 2;
        await clock.sleep(Math.min(next.pauseMs, half), options.signal);
      } catch (error) {
        const isTooLong = error instanceof GitHubError && error.kind === 'too-long';
        if (!isTooLong || limit === SHORT_LIMIT) {
          // It was written, and there was no time to see it stay.
          if (written !== undefined) return resultOf(written.status, written.comment);
          return { status: 'failed', warning: commentWarning(error, issue) };
        }
        limit = SHORT_LIMIT;
      }
    }
    const error = new GitHubError('unavailable', 'other jobs kept writing it at the same time');
    return { status: 'failed', warning: commentWarning(error, issue) };
  }

  /** A job that raced for the comment removes what it made itself; what older runs left behind goes as well. */
  async function removeLeftovers(others: readonly Comment[], key: string, limits: Deadline): Promise<void> {
    for (const comment of others) {
      if (comments.isCreatedHere(comment) || isLeftover(comment.body, key, writer)) {
        await comments.remove(comment, limits);
      }
    }
  }

  const leave = (why: (WriteResult & { status: 'left' })['why']): WriteResult => ({
    status: 'left',
    why,
    ...(why === 'newer-format' || why === 'full' ? { warning: leftWarning(why, issue) } : {}),
  });

  const pause = (atLeastMs: number): Pause => ({ pauseMs: atLeastMs * (1 + random()) });
  /** A GitHub that is slow to us is slow to the others. */
  const pauseAfter = (tookMs: number): Pause =>
    pause(Math.min(PAUSE_MS.longest, Math.max(PAUSE_MS.inCompany, 2 * tookMs)));

  return {
    write: (section, options) =>
      takeTurn(options, (limits) => converge(section, { ...options, ...limits, isCheck: false })),
    check(id, section, options) {
      if (id !== undefined) comments.expect(id);
      return takeTurn(options, (limits) => converge(section, { ...options, ...limits, isCheck: true }));
    },
  };
}

/** Whether a section is there as it was written; or is another job's with the same batches, that has ended. */
function stands(written: StoredSection, there: StoredSection): boolean {
  if (there.markdown === written.markdown && there.state === written.state) {
    return there.shortened === written.shortened;
  }
  return there.state !== 'waiting' && !there.shortened;
}

function resultOf(status: 'created' | 'updated' | 'unchanged', { id, url }: Comment): WriteResult {
  return { status, id, url };
}
