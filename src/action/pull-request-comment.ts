import { gatesOfJob } from '../comment/codec.ts';
import { findBase, limitRequests, MAX_BASE_REQUESTS } from '../comment/find-base.ts';
import { decodeRecord } from '../comment/record.ts';
import { jobKey, type OwnSection, type Writer } from '../comment/state.ts';
import {
  createStickyComment,
  type StickyComment,
  type WriteOptions,
  type WriteResult,
} from '../comment/sticky-comment.ts';
import type { Base } from '../domain/comparison.ts';
import type { GateRecord } from '../domain/record.ts';
import { createClient, type GitHubClient } from '../github/client.ts';
import type { GitHubContext } from '../github/context.ts';
import { baseBranchOf, findPullRequest, headOf } from '../github/pull-request.ts';
import type { Deadline } from '../runtime/clock.ts';
import type { Outside } from '../runtime/runtime.ts';
import type { CommentTarget } from './comment-target.ts';

/** What our comments hold of earlier gates. */
export interface Recalled {
  /** Of the last push of this pull request. */
  readonly earlier?: GateRecord | undefined;
  readonly base?: Base | undefined;
  /** Why nothing is known of the base: a clause; absent where there is none. */
  readonly noBase?: string | undefined;
}

/** What is recalled. */
export interface RecallOptions {
  /** The input `target`. */
  readonly target: string | undefined;
  /** Whether to look for the base. */
  readonly wantsBase: boolean;
}

/** The comment of this gate on the pull request that the event is about. */
export interface PullRequestComment {
  /** Writes this job's section, if a comment is wanted. `create`: also where there is no comment yet. */
  write(section: OwnSection, options: WriteOptions): Promise<WriteResult>;
  /** The commit that the report is about; `undefined` where it cannot be found out. Never rejects. */
  commit(limits: Deadline): Promise<string | undefined>;
  /** Reads what earlier gates left, of this pull request and of those merged into its base. Never rejects. */
  recall(options: RecallOptions, limits: Deadline): Promise<Recalled>;
  /** The branch that the pull request goes to; `undefined` where the event does not say it. */
  readonly baseBranch: string | undefined;
}

/** The comment, found when it is first written. `onCreate` is called before one is made. */
export function createPullRequestComment(
  target: CommentTarget,
  context: GitHubContext,
  { outside, onCreate }: { outside: Outside; onCreate?: (() => void) | undefined },
): PullRequestComment {
  let located: Promise<Located> | undefined;
  /** Looked for until it is found: an event may be about none, or GitHub may not answer now. */
  async function locate(limits: Deadline): Promise<Located> {
    const locating = located ?? findComments(target, context, { outside, onCreate, limits });
    located = locating;
    const forget = (): void => {
      if (located === locating) located = undefined;
    };
    const found = await locating.catch((error: unknown) => {
      forget();
      throw error;
    });
    if (found.comments.length === 0) forget();
    return found;
  }
  const baseBranch = baseBranchOf({ context, explicit: target.pullRequest });

  async function recallBase(
    { target: tested, wantsBase }: RecallOptions,
    { issue, writer }: Pick<Located, 'issue' | 'writer'>,
    limits: Deadline,
  ): Promise<Pick<Recalled, 'base' | 'noBase'>> {
    if (!wantsBase || baseBranch === undefined || issue === undefined || writer === undefined) return {};
    const limited = { ...outside, fetch: limitRequests(MAX_BASE_REQUESTS, outside.fetch) };
    const { client } = clientFor(target, context, limited);
    if (client === undefined) return {};
    const { clock, random } = outside;
    const search = { client, branch: baseBranch, issue, writer, target: tested };
    return await findBase(search, { clock, random, ...limits });
  }

  return {
    baseBranch,
    async recall(options, limits) {
      if (target.comment === 'never') return {};
      const found = await locate(limits);
      const [sticky] = found.comments;
      if (sticky === undefined) return {};
      const [record, base] = await Promise.all([sticky.record(limits), recallBase(options, found, limits)]);
      return { earlier: record === undefined ? undefined : decodeRecord(record), ...base };
    },
    async write(section, options) {
      if (target.comment === 'never') return { status: 'left', why: 'absent' };
      const { comments, warning } = await locate(options);
      const [sticky] = comments;
      if (sticky !== undefined) return await sticky.write(section, options);
      return warning === undefined ? { status: 'left', why: 'absent' } : { status: 'failed', warning };
    },
    async commit(limits) {
      const { client } = clientFor(target, context, outside);
      const { clock, random } = outside;
      return await headOf({ context, explicit: target.pullRequest, client }, { clock, random, ...limits });
    },
  };
}

/** What was found of the comment, or why it was not. */
interface Located {
  readonly comments: StickyComment[];
  /** The number of the pull request. */
  readonly issue?: number | undefined;
  /** Where the gate's name is known. */
  readonly writer?: Writer | undefined;
  readonly warning?: string | undefined;
}

/**
 * Finds the pull request, and with it the comment; a warning where that could not be done. There are several only
 * where the gate's name is not known, and none if there is no such comment then.
 */
export async function findComments(
  target: CommentTarget,
  context: GitHubContext,
  { outside, limits, onCreate }: { outside: Outside; limits: Deadline; onCreate?: (() => void) | undefined },
): Promise<Located> {
  const { clock, random, redact, env } = outside;
  const { client, warning: noClient } = clientFor(target, context, outside);
  if (client === undefined) return { comments: [], warning: noClient };
  const { pullRequest, warning } = await findPullRequest(
    { context, explicit: target.pullRequest, client },
    { clock, random, ...limits },
  );
  if (pullRequest === undefined) return { comments: [], warning: warning ?? context.payloadProblem };
  const issue = pullRequest.number;
  const job = jobKey({ job: env['GITHUB_JOB'], action: env['GITHUB_ACTION'], matrix: target.matrix });
  const names =
    target.name === undefined
      ? gatesOfJob(await bodiesOf(client, issue, limits), job, context.run.workflow)
      : [redact(target.name)];
  const writers = names.map((name) => ({ name, run: context.run, job }));
  const comments = writers.map((writer) =>
    createStickyComment({ client, clock, random, issue, writer, onCreate }),
  );
  return { comments, issue, writer: target.name === undefined ? undefined : writers[0] };
}

/** Asks GitHub with the token of the step; a sentence where that cannot be done. */
export function clientFor(
  { githubToken }: CommentTarget,
  { apiUrl, repository }: GitHubContext,
  outside: Outside,
): { client?: GitHubClient; warning?: string } {
  // Outside GitHub there is nothing to comment on.
  if (repository === undefined) return {};
  if (githubToken === '') {
    return {
      warning: "No comment: github-token is empty. Leave the input out to use the job's own token.",
    };
  }
  return { client: createClient({ ...outside, token: githubToken, apiUrl, repository }) };
}

/** Without a name the search is worth one try. */
async function bodiesOf(client: GitHubClient, issue: number, limits: Deadline): Promise<string[]> {
  try {
    return (await client.listComments(issue, limits)).map(({ body }) => body);
  } catch {
    return [];
  }
}
