import type { ClockAndRandom } from '../http/retry.ts';
import type { Deadline } from '../runtime/clock.ts';
import type { GitHubClient, PullRequest } from './client.ts';
import type { GitHubContext } from './context.ts';
import type { EventPayload } from './event.ts';
import { GitHubError } from './github-error.ts';
import { retryOnGitHub } from './retry-on-github.ts';

export interface PullRequestSearch {
  readonly context: Pick<GitHubContext, 'eventName' | 'payload' | 'ref' | 'sha'>;
  /** The number that the user gave; it wins. */
  readonly explicit?: number | undefined;
  readonly client: Pick<GitHubClient, 'pullRequestsOfCommit' | 'pullRequestsOfBranch'>;
}

export interface FoundPullRequest {
  /** `undefined` where the event is about none. */
  readonly pullRequest?: PullRequest | undefined;
  /** GitHub could not be asked. */
  readonly warning?: string | undefined;
}

/** The branch on which a merge queue tests a pull request. */
const QUEUE_BRANCH = /\bgh-readonly-queue\/.+\/pr-(\d+)-[0-9a-f]+$/;

/** Which pull request the event is about, if any. Never throws. */
export async function findPullRequest(
  { context, explicit, client }: PullRequestSearch,
  deadline: ClockAndRandom & Deadline,
): Promise<FoundPullRequest> {
  const named = pullRequestInEvent(context);
  if (explicit !== undefined) {
    return { pullRequest: named?.number === explicit ? named : { number: explicit } };
  }
  if (named !== undefined) return { pullRequest: named };
  try {
    return { pullRequest: await retryOnGitHub((inTime) => askGitHub(context, client, inTime), deadline) };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return {
      warning: `No comment: could not determine which pull request this ${context.eventName} event belongs to: ${error.message}. Give the job "permissions: pull-requests: write", or name the pull request with the input pull-request.`,
    };
  }
}

/**
 * The commit that the check is about. `GITHUB_SHA` is the default branch's where somebody commented on a pull request,
 * or the input names one that the event does not: then it is that pull request's head. `undefined` where GitHub does
 * not tell. Never throws.
 */
export async function findTestedCommit(
  {
    context,
    explicit,
    client,
  }: Omit<PullRequestSearch, 'context' | 'client'> & {
    readonly context: PullRequestSearch['context'] & Pick<GitHubContext, 'origin'>;
    readonly client: Pick<GitHubClient, 'pullRequest'> | undefined;
  },
  deadline: ClockAndRandom & Deadline,
): Promise<string | undefined> {
  const { payload, eventName, origin } = context;
  const named = pullRequestInEvent(context);
  const pullNumber = explicit ?? (eventName === 'issue_comment' ? named?.number : undefined);
  const isAboutIt = payload.workflow_run !== undefined || payload.pull_request?.number === pullNumber;
  if (pullNumber === undefined || isAboutIt) return origin.commit;
  if (named?.number === pullNumber && named.headSha !== undefined) return named.headSha;
  if (client === undefined) return undefined;
  try {
    const found = await retryOnGitHub((inTime) => client.pullRequest(pullNumber, inTime), deadline);
    return found?.headSha;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return undefined;
  }
}

/**
 * The branch that the pull request of the event goes to; `undefined` where the event does not say it, or is about
 * another pull request than the one that the user named.
 */
export function baseBranchOf({
  context: { payload },
  explicit,
}: Pick<PullRequestSearch, 'context' | 'explicit'>): string | undefined {
  const { pull_request, merge_group, workflow_run } = payload;
  if (merge_group?.base_ref !== undefined) return merge_group.base_ref.replace(/^refs\/heads\//, '');
  const named = [pull_request, ...(workflow_run?.pull_requests ?? [])];
  const pullNumber = explicit ?? named.find((one) => one !== undefined)?.number;
  return named.find((one) => one?.number === pullNumber)?.base?.ref;
}

/** What the event itself says. */
function pullRequestInEvent({
  payload,
  ref,
  eventName,
}: PullRequestSearch['context']): PullRequest | undefined {
  const { pull_request, merge_group, workflow_run, issue } = payload;
  if (pull_request !== undefined) return toPullRequest(pull_request);
  const queued = QUEUE_BRANCH.exec(merge_group?.head_ref ?? ref ?? '')?.[1];
  if (queued !== undefined) return { number: Number(queued) };
  if (workflow_run !== undefined) return pullRequestOfRun(payload);
  if (eventName === 'issue_comment' && issue?.pull_request !== undefined) return { number: issue.number };
  return undefined;
}

/** A run in a fork also lists the pull request that its branch has in another repository: not ours to comment on. */
function pullRequestOfRun({ workflow_run, repository }: EventPayload): PullRequest | undefined {
  const here = (workflow_run?.pull_requests ?? []).filter(({ base }) => {
    const id = base?.repo?.id;
    return id === undefined || repository?.id === undefined || id === repository.id;
  });
  return bestOf(here.map(toPullRequest), workflow_run?.head_sha);
}

async function askGitHub(
  { eventName, payload, sha }: PullRequestSearch['context'],
  client: PullRequestSearch['client'],
  deadline: Deadline,
): Promise<PullRequest | undefined> {
  if (eventName === 'push' && sha !== undefined) {
    return bestOf(await client.pullRequestsOfCommit(sha, deadline), sha);
  }
  const run = payload.workflow_run;
  if (run === undefined) return undefined;
  // The event of a fork's run names no pull request. Its branch finds it; its commit may not be known here.
  const owner = run.head_repository?.owner.login;
  const ofBranch =
    owner === undefined || run.head_branch === undefined
      ? []
      : await client.pullRequestsOfBranch({ owner, name: run.head_branch }, deadline);
  if (ofBranch.length > 0 || run.head_sha === undefined) return bestOf(ofBranch, run.head_sha);
  return bestOf(await client.pullRequestsOfCommit(run.head_sha, deadline), run.head_sha);
}

/** The one whose head is the commit; else the first that was opened. */
function bestOf(found: readonly PullRequest[], sha: string | undefined): PullRequest | undefined {
  const inOrder = found.toSorted((a, b) => a.number - b.number);
  return inOrder.find(({ headSha }) => headSha === sha) ?? inOrder[0];
}

function toPullRequest({ number, head }: NonNullable<EventPayload['pull_request']>): PullRequest {
  return { number, headSha: head?.sha };
}
