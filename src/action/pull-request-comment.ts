import type { Deadline } from '../clock.ts';
import { createClient, type GitHubClient } from '../github/client.ts';
import type { GitHubContext } from '../github/context.ts';
import { findPullRequest, headOf } from '../github/pull-request.ts';
import { createStickyComment, type StickyComment } from '../github/sticky-comment.ts';
import type { Outside } from '../outside.ts';
import { gatesOfJob } from '../shared-comment/codec.ts';
import { jobKey, type OwnSection } from '../shared-comment/state.ts';
import type { CommentTarget } from './comment-target.ts';

/** What became of a write. All are absent if no comment was wanted, or none was there to bring up to date. */
export interface CommentResult {
  readonly id?: number | undefined;
  readonly url?: string | undefined;
  /** Why there is none, or an old one, as a sentence. */
  readonly warning?: string | undefined;
  /** Why it was rightly left as it is, as a sentence for the log. */
  readonly note?: string | undefined;
}

/** The comment of this gate on the pull request that the event is about. */
export interface PullRequestComment {
  /** Writes this job's section. `create`: also where there is no comment yet. */
  write(section: OwnSection, options: Deadline & { create: boolean }): Promise<CommentResult>;
  /** The commit that the report is about; `undefined` where it cannot be found out. Never rejects. */
  commit(limits: Deadline): Promise<string | undefined>;
}

/** The comment, found when it is first written. `onCreate` is called before one is made. */
export function createPullRequestComment(
  target: CommentTarget,
  context: GitHubContext,
  { outside, onCreate }: { outside: Outside; onCreate?: (() => void) | undefined },
): PullRequestComment {
  let sticky: StickyComment | undefined;
  return {
    async write(section, options) {
      if (target.comment === 'never') return {};
      if (sticky === undefined) {
        const found = await findComments(target, context, { outside, onCreate, limits: options });
        sticky = found.comments[0];
        if (sticky === undefined) return { warning: found.warning };
      }
      const result = await sticky.write(section, options);
      if (result.status === 'failed') return { warning: result.warning };
      if (result.status !== 'left') return { id: result.id, url: result.url };
      const isNewer = result.why === 'newer-run';
      return { warning: result.warning, note: isNewer ? NEWER_RUN : undefined };
    },
    async commit(limits) {
      const { client } = clientFor(target, context, outside);
      const means = { clock: outside.clock, random: outside.random };
      return await headOf({ context, explicit: target.pullRequest, client }, { ...means, ...limits });
    },
  };
}

const NEWER_RUN =
  'The comment is left as it is: a newer workflow run, or a newer attempt of this one, has written it.';

/**
 * Finds the pull request, and with it the comment; a warning where that could not be done. There are several only
 * where the gate's name is not known, and none if there is no such comment then.
 */
export async function findComments(
  target: CommentTarget,
  context: GitHubContext,
  { outside, limits, onCreate }: { outside: Outside; limits: Deadline; onCreate?: (() => void) | undefined },
): Promise<{ comments: StickyComment[]; warning?: string | undefined }> {
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
  const comments = names.map((name) => {
    const writer = { name, run: context.run, job };
    return createStickyComment({ client, clock, random, issue, writer, onCreate });
  });
  return { comments };
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
