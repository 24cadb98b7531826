import type { GitHubClient } from '../github/client.ts';
import { retryOnGitHub } from '../github/retry-on-github.ts';
import type { Deadline } from '../runtime/clock.ts';
import { recordIn } from './kept-records.ts';
import { createOwnComments } from './own-comments.ts';
import type { OwnSection } from './state.ts';
import { type WriteContext, type WriteResult, type WriteTask, writeSection } from './write-section.ts';

interface StickyCommentOptions extends Omit<WriteContext, 'comments'> {
  readonly client: GitHubClient;
}

export interface WriteOptions extends Deadline, Pick<WriteTask, 'create'> {}

/** Comment of this job that an earlier process knew. */
interface RecalledComment {
  readonly id?: number | undefined;
  /** For so many milliseconds a comment may still appear that the earlier process, or another job, has made. */
  readonly appearsWithinMs: number;
}

/** This gate's one comment on a pull request, written by one job. Nothing in here throws or goes on after its limits. */
export type StickyComment = ReturnType<typeof createStickyComment>;

/** Nothing is asked for before it is read or written. */
export function createStickyComment(options: StickyCommentOptions) {
  const { client, issue, writer, clock, random } = options;
  const comments = createOwnComments({ client, issue, clock, name: writer.name });
  let newest = new AbortController();
  let queue: Promise<unknown> = Promise.resolve();

  /** One call at a time, and the newest ends the others: a late report must not overwrite the final one. */
  function enqueue({ until, signal }: Deadline, task: WriteTask): Promise<WriteResult> {
    newest.abort();
    const mine = new AbortController();
    newest = mine;
    const turn = queue.then(async (): Promise<WriteResult> => {
      const deadline = { until, signal: AbortSignal.any([signal, mine.signal]) };
      const result = await writeSection(task, { ...options, comments }, deadline);
      return result.status === 'failed' && mine.signal.aborted
        ? { status: 'left', why: 'superseded' }
        : result;
    });
    queue = turn;
    return turn;
  }

  return {
    /** Writes this job's section and sees to it that it stays. A new call ends the one before. */
    write: (section: OwnSection, { create, ...deadline }: WriteOptions): Promise<WriteResult> =>
      enqueue(deadline, { decide: () => section, create, searchAll: false }),
    /** For the end of the job: looks at all comments of the gate, keeps one, and removes our doubles. */
    reconcile(
      recalled: RecalledComment,
      decide: WriteTask['decide'],
      { create, ...deadline }: WriteOptions,
    ): Promise<WriteResult> {
      comments.restore(recalled);
      return enqueue(deadline, { decide, create, searchAll: true });
    },
    /** Reads the record of this job's last push; `undefined` where there is none, or it cannot be read now. Never rejects. */
    async readRecord(deadline: Deadline): Promise<string | undefined> {
      const asked = { clock, random, ...deadline };
      const found = await retryOnGitHub((within) => comments.find(within), asked).catch(() => []);
      return recordIn(
        found.map(({ state }) => state),
        writer,
      );
    },
  };
}
