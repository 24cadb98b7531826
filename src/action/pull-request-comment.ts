import { gatesOfJob } from '../comment/codec.ts';
import { findBase, limitRequests } from '../comment/find-base.ts';
import { decodeRecord } from '../comment/record.ts';
import { jobKey, jobVariant, type OwnSection, substituteMark, type Writer } from '../comment/state.ts';
import { createStickyComment, type StickyComment, type WriteOptions } from '../comment/sticky-comment.ts';
import type { WriteResult } from '../comment/write-section.ts';
import type { Base } from '../domain/comparison.ts';
import type { GateRecord } from '../domain/record.ts';
import { createGitHubClient, type GitHubClient } from '../github/client.ts';
import type { GitHubContext } from '../github/context.ts';
import { baseBranchOf, findPullRequest, findTestedCommit } from '../github/pull-request.ts';
import type { Deadline } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { CommentInputs } from './comment-inputs.ts';
import { randomMark } from './step-state.ts';

/** Results of earlier gates, as our comments hold them. */
export interface EarlierResults {
  /** Of the last push of this pull request. */
  readonly earlier?: GateRecord | undefined;
  readonly base?: Base | undefined;
  /** Reason why nothing is known of the base: a clause; absent where there is none. */
  readonly baseUnavailableReason?: string | undefined;
}

/** Parts of the step, beside the inputs and the event, that finding the comment needs. */
interface StepParts {
  readonly runtime: Runtime;
  /** Of the step, see `Section.mark`; `undefined` in a `post` part that does not know it. */
  readonly mark: string | undefined;
  readonly beforeCreate?: (() => void) | undefined;
}

/**
 * The comment of this gate on the pull request that the event is about, found when it is first written. `beforeCreate` is
 * called before one is made.
 */
export function createPullRequestComment(
  commentInputs: CommentInputs,
  context: GitHubContext,
  { mark, runtime, beforeCreate }: StepParts,
) {
  let located: Promise<LocatedComments> | undefined;
  /** Looked for until it is found: an event may be about none, or GitHub may not answer now. */
  async function locate(deadline: Deadline): Promise<LocatedComments> {
    located ??= findComments(commentInputs, context, { mark, runtime, beforeCreate, deadline });
    const locating = located;
    const found = await locating;
    if (found.comments.length === 0 && located === locating) located = undefined;
    return found;
  }
  const baseBranch = baseBranchOf({ context, explicit: commentInputs.pullRequest });

  async function readBase(
    { issue, writer }: Pick<LocatedComments, 'issue' | 'writer'>,
    deadline: Deadline,
  ): Promise<Pick<EarlierResults, 'base' | 'baseUnavailableReason'>> {
    if (baseBranch === undefined || issue === undefined || writer === undefined) return {};
    const { fetch, requestsLeft } = limitRequests(runtime.fetch);
    const { client } = clientFor(commentInputs, context, { ...runtime, fetch });
    if (client === undefined) return {};
    const search = { client, requestsLeft, branch: baseBranch, issue, writer };
    return await findBase(search, deadline, runtime.clock);
  }

  return {
    /** The branch that the pull request goes to; `undefined` where the event does not say it. */
    baseBranch,
    /** Reads what earlier gates left, of this pull request and, with `base`, of those merged into its base. Never rejects. */
    async readEarlierResults(
      { base: wantsBase }: { readonly base: boolean },
      deadline: Deadline,
    ): Promise<EarlierResults> {
      if (commentInputs.comment === 'never') return {};
      const found = await locate(deadline);
      const [sticky] = found.comments;
      if (sticky === undefined) return {};
      const [record, base] = await Promise.all([
        sticky.readRecord(deadline),
        wantsBase ? readBase(found, deadline) : {},
      ]);
      return { earlier: record === undefined ? undefined : decodeRecord(record), ...base };
    },
    /** Writes this job's section. `create`: also where there is no comment yet. */
    async write(section: OwnSection, options: WriteOptions): Promise<WriteResult> {
      const { comments, warning, note } = await locate(options);
      const [sticky] = comments;
      if (sticky !== undefined) return await sticky.write(section, options);
      return warning === undefined ? { status: 'left', why: 'absent', note } : { status: 'failed', warning };
    },
  };
}

/** Comments of the gate on the pull request, or why they were not found. */
interface LocatedComments {
  readonly comments: StickyComment[];
  /** The number of the pull request. */
  readonly issue?: number | undefined;
  /** Writer of the comment, where the gate's name is known. */
  readonly writer?: Writer | undefined;
  readonly warning?: string | undefined;
  /** Says that there is no pull request to comment on. */
  readonly note?: string | undefined;
}

/**
 * Finds the pull request, and with it the comment; a warning where that could not be done. There are several only
 * where the gate's name is not known, and none if there is no such comment then.
 */
export async function findComments(
  commentInputs: CommentInputs,
  context: GitHubContext,
  { mark, runtime, deadline, beforeCreate }: StepParts & { deadline: Deadline },
): Promise<LocatedComments> {
  const { clock, random, redact, env } = runtime;
  const { client, warning: noClient } = clientFor(commentInputs, context, runtime);
  if (client === undefined) return { comments: [], warning: noClient };
  const { pullRequest, warning, note } = await findPullRequest(
    { context, explicit: commentInputs.pullRequest, client },
    { clock, random, ...deadline },
  );
  if (pullRequest === undefined) return { comments: [], warning: warning ?? context.payloadProblem, note };
  const issue = pullRequest.number;
  const job = jobKey({ job: env['GITHUB_JOB'], action: env['GITHUB_ACTION'], matrix: commentInputs.matrix });
  const names =
    commentInputs.name === undefined
      ? gatesOfJob(await bodiesOf(client, issue, deadline), job, context.run.workflow)
      : [redact(commentInputs.name)];
  const { checkRunId, label, target } = commentInputs;
  const given = { label: label && redact(label), target: target && redact(target) };
  const step = {
    ...{ run: context.run, job, variant: jobVariant(given), target: given.target },
    ...{ checkRunId, commit: context.origin.commit },
    mark: mark ?? substituteMark(randomMark()),
  };
  const writers = names.map((name): Writer => ({ name, ...step }));
  const comments = writers.map((writer) =>
    createStickyComment({ client, clock, random, issue, writer, beforeCreate }),
  );
  return { comments, issue, writer: commentInputs.name === undefined ? undefined : writers[0] };
}

/** The commit that the report is about; `undefined` where it cannot be found out. Never rejects. */
export async function findCommit(
  commentInputs: CommentInputs,
  context: GitHubContext,
  runtime: Runtime,
  deadline: Deadline,
): Promise<string | undefined> {
  const { client } = clientFor(commentInputs, context, runtime);
  const { clock, random } = runtime;
  const search = { context, explicit: commentInputs.pullRequest, client };
  return await findTestedCommit(search, { clock, random, ...deadline });
}

/** Asks GitHub with the token of the step; a sentence where that cannot be done. */
export function clientFor(
  { githubToken }: CommentInputs,
  { apiUrl, repository }: GitHubContext,
  runtime: Runtime,
): { client?: GitHubClient; warning?: string } {
  // Outside GitHub there is nothing to comment on.
  if (repository === undefined) return {};
  if (githubToken === '') {
    return {
      warning:
        runtime.env['ACT'] === 'true'
          ? 'No comment: act gives the job no token. Run it with -s GITHUB_TOKEN=… to get one.'
          : "No comment: github-token is empty. Leave the input out to use the job's own token.",
    };
  }
  return { client: createGitHubClient({ ...runtime, token: githubToken, apiUrl, repository }) };
}

/** Without a name the search is worth one try. */
const bodiesOf = (client: GitHubClient, issue: number, deadline: Deadline): Promise<string[]> =>
  client.listComments(issue, deadline).then(
    (comments) => comments.map(({ body }) => body),
    () => [],
  );
