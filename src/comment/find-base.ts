import type { Base } from '../domain/comparison.ts';
import { baseOf, type GateRecord } from '../domain/record.ts';
import type { Author, MergedPullRequest } from '../github/answers.ts';
import type { GitHubClient } from '../github/client.ts';
import { GitHubError } from '../github/github-error.ts';
import type { Fetch } from '../http/fetch-text.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded, withDeadline } from '../runtime/deadline.ts';
import { recordIn } from './kept-records.ts';
import { isSameAuthor, parseFound } from './own-comments.ts';
import { decodeRecord } from './record.ts';
import type { Writer } from './state.ts';

/** The requests that it may take to find the base. */
const MAX_REQUESTS = 6;
const MAX_PULL_REQUESTS = 5;

export interface BaseSearch {
  readonly client: Pick<GitHubClient, 'mergedInto' | 'firstComments' | 'whoAmI'>;
  /** Of `limitRequests`, with whose `fetch` the client is made. */
  readonly requestsLeft: () => number;
  /** The branch that the pull request goes to. */
  readonly branch: string;
  /** The pull request itself, which is not its own base, should it be merged by now. */
  readonly issue: number;
  /** The base is a record of the same gate, job and target. */
  readonly writer: Writer;
}

/** Results of the base branch, or why there are none: a clause. */
export type FoundBase =
  | { readonly base: Base; readonly baseUnavailableReason?: undefined }
  | { readonly base?: undefined; readonly baseUnavailableReason: string };

/** Sends as many requests as it may take to find the base, and fails the others. */
export function limitRequests(fetch: Fetch): { fetch: Fetch; requestsLeft: () => number } {
  let left = MAX_REQUESTS;
  return {
    requestsLeft: () => left,
    async fetch(url, init) {
      if (left === 0) throw new Error('All requests are used up.');
      left -= 1;
      return await fetch(url, init);
    },
  };
}

/**
 * Looks for the base in our own comments on the pull requests that were merged last. The first with a record of what
 * was merged counts: of its newest commit, or of what that became on the base branch in a merge queue. A record of an
 * earlier push says nothing of what was merged, so it is passed over. Whether commits were squashed or rebased makes no
 * difference, since the gate tested the pull request. Nothing in here throws, warns, or goes on after its limits.
 */
export async function findBase(search: BaseSearch, deadline: Deadline, clock: Clock): Promise<FoundBase> {
  try {
    return await withDeadline((within) => searchMergedPullRequests(search, within), deadline, clock);
  } catch (error) {
    return { baseUnavailableReason: unavailableReason(error) };
  }
}

function unavailableReason(error: unknown): string {
  if (error instanceof DeadlineExceeded) return 'GitHub did not answer in time';
  return error instanceof GitHubError
    ? error.message
    : 'the comments of merged pull requests could not be read';
}

async function searchMergedPullRequests(search: BaseSearch, deadline: Deadline): Promise<FoundBase> {
  const { client, requestsLeft, branch, issue, writer } = search;
  const merged = (await client.mergedInto(branch, deadline)).filter(({ number }) => number !== issue);
  const newest = merged.slice(0, MAX_PULL_REQUESTS);
  let ownAuthor: Author | undefined;
  for (const pull of newest) {
    if (requestsLeft() === 0) break;
    const marked = (await client.firstComments(pull.number, deadline)).flatMap(
      (comment) => parseFound(comment, writer.name) ?? [],
    );
    if (marked.length === 0) continue;
    if (ownAuthor === undefined) {
      if (requestsLeft() === 0) break;
      ownAuthor = await client.whoAmI(deadline);
    }
    const author = ownAuthor;
    const ours = marked.filter((comment) => isSameAuthor(author, comment.author)).map(({ state }) => state);
    const encoded = recordIn(ours, writer);
    const record = encoded === undefined ? undefined : decodeRecord(encoded);
    if (record === undefined || record.target !== writer.target || record.branch !== branch) continue;
    if (!isOfMerge(record, pull)) continue;
    return { base: baseOf(record, { branch, commit: pull.mergeSha ?? pull.headSha }) };
  }
  const baseUnavailableReason =
    merged.length === 0
      ? `no pull request into ${branch} was merged lately`
      : `the last pull requests merged into ${branch} have no report of their last commit with the same name, job and target`;
  return { baseUnavailableReason };
}

/** True if the record is of what was merged, and not of an earlier push. */
function isOfMerge({ pushes }: GateRecord, { headSha, mergeSha }: MergedPullRequest): boolean {
  const commit = pushes.at(-1)?.commit;
  return commit !== undefined && commit !== '' && (commit === headSha || commit === mergeSha);
}
