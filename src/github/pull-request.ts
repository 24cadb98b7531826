import type { ClockAndRandom } from '../http/retry.ts';
import type { Deadline } from '../runtime/clock.ts';
import type { PullRequest } from './answers.ts';
import type { GitHubClient } from './client.ts';
import type { GitHubContext } from './context.ts';
import { branchNameOf, commitOfEvent, type EventPayload, parseQueueBranch } from './event.ts';
import { onGitHubError } from './github-error.ts';
import { retryOnGitHub } from './retry-on-github.ts';

export interface PullRequestSearch {
  readonly context: Pick<GitHubContext, 'eventName' | 'payload' | 'ref' | 'sha'>;
  /** The number that the user gave; it wins. */
  readonly explicit?: number | undefined;
  readonly client: Pick<GitHubClient, 'pullRequestsOfCommit' | 'pullRequestsOfBranch'>;
}

interface TestedCommitSearch extends Pick<PullRequestSearch, 'explicit'> {
  readonly context: PullRequestSearch['context'] & Pick<GitHubContext, 'origin'>;
  /** `undefined` outside GitHub, or without a token. */
  readonly client: Pick<GitHubClient, 'pullRequest'> | undefined;
}

interface FoundPullRequest {
  /** `undefined` where the event is about none. */
  readonly pullRequest?: PullRequest | undefined;
  /** GitHub could not be asked. */
  readonly warning?: string | undefined;
  /** Says that there is none: a sentence for the log. */
  readonly note?: string | undefined;
}

/** The ref of a pull request: its merge into the base, or its head. */
const PULL_REF = /^refs\/pull\/(\d+)\/(merge|head)$/;
/** Events of which `GITHUB_SHA`, or a commit that they name, may be the head of an open pull request. */
const COMMIT_EVENTS = [
  ...['push', 'workflow_dispatch', 'deployment', 'deployment_status'],
  ...['check_suite', 'check_run', 'status'],
];

/** Finds the pull request that the event is about, if any. Never throws. */
export async function findPullRequest(
  { context, explicit, client }: PullRequestSearch,
  deadline: ClockAndRandom & Deadline,
): Promise<FoundPullRequest> {
  const named = pullRequestInEvent(context);
  if (explicit !== undefined) {
    return { pullRequest: named?.number === explicit ? named : { number: explicit } };
  }
  if (named !== undefined) return { pullRequest: named };
  return await retryOnGitHub((inTime) => askGitHub(context, client, inTime), deadline).then(
    (pullRequest) => (pullRequest === undefined ? { note: noPullRequest(context) } : { pullRequest }),
    onGitHubError((error) => ({
      warning: `No comment: could not determine which pull request this ${context.eventName} event belongs to: ${error.message}. ${error.kind === 'no-permission' ? 'Give the job "permissions: pull-requests: write", or name' : 'Name'} the pull request with the input pull-request.`,
    })),
  );
}

function noPullRequest({ eventName }: PullRequestSearch['context']): string {
  const event = eventName === '' ? 'event' : `${eventName} event`;
  return `No comment: no pull request belongs to this ${event}. To comment on one, name it with the input pull-request.`;
}

/**
 * The commit that the check is about. `GITHUB_SHA` is the default branch's where somebody commented on a pull request,
 * or the input names one that the event does not, and a merge where only `refs/pull/N/merge` names it: then the commit
 * is that pull request's head. `undefined` where GitHub does not tell. Never throws.
 */
export async function findTestedCommit(
  { context, explicit, client }: TestedCommitSearch,
  deadline: ClockAndRandom & Deadline,
): Promise<string | undefined> {
  const { payload, eventName, origin } = context;
  const named = pullRequestInEvent(context);
  const isMergeRef =
    pullRequestInPayload(context) === undefined && PULL_REF.exec(context.ref ?? '')?.[2] === 'merge';
  const isNamedAlone = eventName === 'issue_comment' || isMergeRef;
  const pullNumber = explicit ?? (isNamedAlone ? named?.number : undefined);
  const isAboutIt = payload.workflow_run !== undefined || payload.pull_request?.number === pullNumber;
  if (pullNumber === undefined || isAboutIt) return origin.commit;
  if (named?.number === pullNumber && named.headSha !== undefined) return named.headSha;
  if (client === undefined) return undefined;
  const found = await retryOnGitHub((inTime) => client.pullRequest(pullNumber, inTime), deadline).catch(
    onGitHubError(() => undefined),
  );
  return found?.headSha;
}

/**
 * The branch that the pull request of the event goes to; `undefined` where the event does not say it, or is about
 * another pull request than the one that the user named.
 */
export function baseBranchOf({
  context: { payload },
  explicit,
}: Pick<PullRequestSearch, 'context' | 'explicit'>): string | undefined {
  const { pull_request, merge_group, workflow_run, check_suite, check_run } = payload;
  if (merge_group?.base_ref !== undefined) return branchNameOf(merge_group.base_ref);
  const named = [pull_request, ...((workflow_run ?? check_suite ?? check_run)?.pull_requests ?? [])];
  const pullNumber = explicit ?? named.find((pullRequest) => pullRequest !== undefined)?.number;
  return named.find((pullRequest) => pullRequest?.number === pullNumber)?.base?.ref;
}

/** Pull request in the event's payload, or else in its ref. */
function pullRequestInEvent(context: PullRequestSearch['context']): PullRequest | undefined {
  const named = pullRequestInPayload(context);
  const number = pullRequestInRef(context.ref);
  return named ?? (number === undefined ? undefined : { number });
}

/** The number of the pull request that `refs/pull/N/merge` or `refs/pull/N/head` names; `undefined` where it is another ref. */
export function pullRequestInRef(ref: string | undefined): number | undefined {
  const [, number] = PULL_REF.exec(ref ?? '') ?? [];
  return number === undefined ? undefined : Number(number);
}

function pullRequestInPayload({
  payload,
  ref,
  eventName,
}: PullRequestSearch['context']): PullRequest | undefined {
  const { pull_request, merge_group, issue } = payload;
  if (pull_request !== undefined) return toPullRequest(pull_request);
  const queued = parseQueueBranch(merge_group?.head_ref ?? ref)?.pullNumber;
  if (queued !== undefined) return { number: queued };
  const ofCheck = pullRequestOfCheck(payload);
  if (ofCheck !== undefined) return ofCheck;
  if (eventName === 'issue_comment' && issue?.pull_request !== undefined) return { number: issue.number };
  return undefined;
}

/**
 * The pull request that a workflow run, a check suite or a check run names. In a fork it also lists the one that its
 * branch has in another repository: not ours to comment on.
 */
function pullRequestOfCheck(payload: EventPayload): PullRequest | undefined {
  const { workflow_run, check_suite, check_run, repository } = payload;
  const { pull_requests = [], head_sha } = workflow_run ?? check_suite ?? check_run ?? {};
  const here = pull_requests.filter(({ base }) => {
    const id = base?.repo?.id;
    return id === undefined || repository?.id === undefined || id === repository.id;
  });
  return bestOf(here.map(toPullRequest), head_sha);
}

async function askGitHub(
  { eventName, payload, sha }: PullRequestSearch['context'],
  client: PullRequestSearch['client'],
  deadline: Deadline,
): Promise<PullRequest | undefined> {
  const run = payload.workflow_run;
  if (run === undefined) {
    const commit = commitOfEvent(payload) ?? sha;
    if (!COMMIT_EVENTS.includes(eventName) || commit === undefined) return undefined;
    return bestOf(await client.pullRequestsOfCommit(commit, deadline), commit);
  }
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
