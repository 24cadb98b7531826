import type { Deadline } from '../clock.ts';
import type { Means } from '../http/retry.ts';
import { normalize, parseComment } from '../shared-comment/codec.ts';
import { recordIn } from '../shared-comment/merge.ts';
import { type FoundComment, nextStep, sectionIn, type Written } from '../shared-comment/next-step.ts';
import type { OwnSection, Section, Writer } from '../shared-comment/state.ts';
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
  /** Called before a comment is made: from then on there may be one. */
  readonly onCreate?: (() => void) | undefined;
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
      readonly warning?: string | undefined;
    }
  | { readonly status: 'failed'; readonly warning: string };

/** What an earlier process of this job knows of its comment. */
export interface Recalled {
  readonly id?: number | undefined;
  /** For so many milliseconds a comment may still appear that the earlier process, or another job, has made. */
  readonly appearsWithinMs: number;
}

/** This gate's one comment on a pull request. Nothing in here throws or goes on after its limits. */
export interface StickyComment {
  /** Writes this job's section and sees to it that it stays. A new call ends the one before. */
  write(section: OwnSection, options: WriteOptions): Promise<WriteResult>;
  /** The record of this job's last push; `undefined` where there is none, or it cannot be read now. Never rejects. */
  record(limits: Deadline): Promise<string | undefined>;
  /**
   * For the end of the job: looks at all comments of the gate, keeps one, and removes our doubles. `decide` is given
   * this job's section as it stands, and says what is to stand there; `undefined`: it is right.
   */
  check(
    recalled: Recalled,
    decide: (there: Section | undefined) => OwnSection | undefined,
    limits: Deadline,
  ): Promise<WriteResult>;
}

/** Before looking whether what was written stays: others that read before us could write that long after us. */
const PAUSE_MS = { alone: 250, inCompany: 1_000, longest: 10_000 };
/** Looks and writes, against other jobs that never stop writing. */
const MAX_ROUNDS = 30;

interface Work {
  readonly own: (there: Section | undefined) => OwnSection | undefined;
  readonly create: boolean;
  /** Look at all comments, and not only at the one that was found last. */
  readonly all: boolean;
}

export function createStickyComment(options: StickyCommentOptions): StickyComment {
  const { client, issue, writer, clock, random } = options;
  const isMarked = (body: string): boolean => parseComment(body, writer.name) !== undefined;
  const comments = createOwnComments({ client, issue, clock, isMarked });
  let newest = new AbortController();
  let queue: Promise<unknown> = Promise.resolve();

  /** One call at a time, and the newest ends the others: a late report must not overwrite the final one. */
  function takeTurn({ until, signal }: Deadline, work: Work): Promise<WriteResult> {
    newest.abort();
    const mine = new AbortController();
    newest = mine;
    const turn = queue.then(async (): Promise<WriteResult> => {
      const result = await converge(work, { until, signal: AbortSignal.any([signal, mine.signal]) });
      return result.status === 'failed' && mine.signal.aborted
        ? { status: 'left', why: 'superseded' }
        : result;
    });
    queue = turn;
    return turn;
  }

  async function converge(work: Work, limits: Deadline): Promise<WriteResult> {
    let written: Written | undefined;
    let own: OwnSection | undefined;
    let result: Extract<WriteResult, { id: number }> | undefined;

    /** One look, and what follows from it. Returns how long to wait before the next, in milliseconds. */
    async function step(within: Deadline): Promise<WriteResult | number> {
      const startedAt = clock.now();
      const read = await comments.find(within, work.all);
      const found = read.flatMap((comment) => parsed(comment) ?? []);
      const there = sectionIn(found, writer);
      if (written === undefined) {
        own = work.own(there);
        // Nobody else writes this section, so it is in the comment that may have been made.
        if (there !== undefined && !work.all) comments.appeared();
      }
      const next = nextStep({
        ...{ found, written, own, writer, create: work.create },
        mayAppear: comments.mayAppear(),
      });
      for (const { id } of next.remove) await comments.remove(id, within);
      if (next.step === 'leave') return leave(next.why);
      if (next.step === 'done') {
        const { id } = next.kept;
        return { status: result?.status ?? 'unchanged', id, url: read.find((one) => one.id === id)?.url };
      }
      if (next.step === 'look again') {
        written = next.written;
        return pauseAfter(clock.now() - startedAt);
      }
      written = undefined;
      // The call was given up meanwhile, and another one may be at work.
      if (within.signal.aborted) throw new GitHubError('out-of-time', 'GitHub did not answer in time');
      const { id, url } = await write(next.into, next.written.body, within);
      written = next.written;
      result = { status: next.into === undefined ? 'created' : 'updated', id, url };
      // What only waits is soon written again and need not be looked after.
      if (!next.isFirst && own?.state === 'waiting') return result;
      const isAlone = !next.isFirst && !next.isShared;
      return isAlone ? pause(PAUSE_MS.alone) : pauseAfter(clock.now() - startedAt);
    }

    try {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const next = await persist(step, { clock, random, ...limits });
        if (typeof next !== 'number') return next;
        // Looking too early is better than not at all.
        await clock.sleep(Math.min(next, (limits.until - clock.now()) / 2), limits.signal);
      }
      throw new GitHubError('unavailable', 'other jobs kept writing it at the same time');
    } catch (error) {
      // It may have been written without the time to see it stay.
      return written !== undefined && result !== undefined
        ? result
        : { status: 'failed', warning: commentWarning(error, issue) };
    }
  }

  async function write(into: FoundComment | undefined, body: string, limits: Deadline): Promise<Comment> {
    if (into !== undefined) return await comments.update(into.id, body, limits);
    options.onCreate?.();
    return await comments.create(body, limits);
  }

  function parsed({ id, body }: Comment): FoundComment | undefined {
    const state = parseComment(body, writer.name);
    return state && { id, body: normalize(body), state };
  }

  const leave = (why: (WriteResult & { status: 'left' })['why']): WriteResult => ({
    status: 'left',
    why,
    warning: why === 'newer-format' || why === 'full' ? leftWarning(why, issue) : undefined,
  });

  const pause = (atLeastMs: number): number => atLeastMs * (1 + random());
  /** Wait longer when GitHub is slow: another job's write may still be in flight. */
  const pauseAfter = (tookMs: number): number =>
    pause(Math.min(PAUSE_MS.longest, Math.max(PAUSE_MS.inCompany, 2 * tookMs)));

  async function record(limits: Deadline): Promise<string | undefined> {
    try {
      const read = await persist((within) => comments.find(within), { clock, random, ...limits });
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
    write: (section, { create, ...limits }) => takeTurn(limits, { own: () => section, create, all: false }),
    check(recalled, decide, limits) {
      comments.recall(recalled);
      return takeTurn(limits, { own: decide, create: false, all: true });
    },
  };
}
