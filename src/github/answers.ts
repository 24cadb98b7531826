/** Answers of GitHub, read by schemas. Each reader throws a `GitHubError` for what GitHub does not document. */

import * as z from 'zod/mini';
import { parseAs } from '../json.ts';
import { parseTime } from '../text/format.ts';
import { unexpectedResponse } from './github-error.ts';

export interface Author {
  readonly login: string;
  /** `User` or `Bot`, as far as it is known. */
  readonly type?: string | undefined;
}

export interface Comment {
  readonly id: number;
  readonly body: string;
  /** The page that shows it. */
  readonly url?: string | undefined;
  readonly author?: Author | undefined;
}

export interface PullRequest {
  readonly number: number;
  /** The newest commit of its branch. */
  readonly headSha?: string | undefined;
}

/** A path of the repository at one commit. */
export interface RepositoryFile {
  /** In bytes. */
  readonly size: number;
  /** Absent for a folder or a submodule, and for a file of more than 1 MB, which GitHub does not send. */
  readonly content?: Uint8Array | undefined;
}

/** A pull request that was merged. */
export interface MergedPullRequest {
  readonly number: number;
  /** The newest commit of its branch. */
  readonly headSha: string;
  /** Commit on the base branch that it became: the merge, the squashed commit, or the last of those that were rebased. */
  readonly mergeSha?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly mergedAt: number;
}

const author = z.object({ login: z.string(), type: z.optional(z.string()) });
const comment = z.object({
  id: z.number(),
  body: z.nullish(z.string()),
  html_url: z.optional(z.string()),
  user: z.nullish(author),
});
const pullRequest = z.object({
  number: z.number(),
  state: z.string(),
  head: z.object({ sha: z.string() }),
});
const content = z.object({
  type: z.string(),
  size: z.number(),
  encoding: z.optional(z.string()),
  content: z.optional(z.string()),
});
const closedPullRequest = z.object({
  number: z.number(),
  head: z.object({ sha: z.string() }),
  base: z.object({ ref: z.string() }),
  merged_at: z.nullish(z.string()),
  merge_commit_sha: z.nullish(z.string()),
});
const viewer = z.object({ viewer: author });

/** The user that a GraphQL or REST answer names; `undefined` where it names none. */
export const readViewer = (data: unknown): Author | undefined => viewer.safeParse(data).data?.viewer;
export const readUser = (data: unknown): Author | undefined => author.safeParse(data).data;

export const readComment = (data: unknown): Comment => toComment(read(comment, data));

export const readComments = (data: unknown): Comment[] => read(z.array(comment), data).map(toComment);

export const readPullRequest = (data: unknown): PullRequest => toPullRequest(read(pullRequest, data));

export function readOpenPullRequests(data: unknown): PullRequest[] {
  const found = read(z.array(pullRequest), data);
  return found.filter(({ state }) => state === 'open').map(toPullRequest);
}

/** Those merged into a branch, the newest merge first. */
export function readMergedPullRequests(data: unknown, base: string): MergedPullRequest[] {
  return read(z.array(closedPullRequest), data)
    .filter((pull) => pull.base.ref === base)
    .flatMap((pull) => toMerged(pull) ?? [])
    .toSorted((a, b) => b.mergedAt - a.mergedAt);
}

/** GitHub sends a list for a folder, and no content for a file of more than 1 MB. */
export function readRepositoryFile(data: unknown): RepositoryFile {
  if (Array.isArray(data)) return { size: 0 };
  const { type, size, encoding, content: text = '' } = read(content, data);
  if (type !== 'file' || encoding !== 'base64') return { size };
  const bytes = Buffer.from(text, 'base64');
  // Half of a file could be a good file of its own.
  if (bytes.length !== size) throw unexpectedResponse();
  return { size, content: bytes };
}

const read = <T>(schema: z.ZodMiniType<T>, data: unknown): T => parseAs(schema, data, unexpectedResponse);

function toPullRequest({ number, head }: z.infer<typeof pullRequest>): PullRequest {
  return { number, headSha: head.sha };
}

function toMerged({
  number,
  head,
  merged_at,
  merge_commit_sha,
}: z.infer<typeof closedPullRequest>): MergedPullRequest | undefined {
  const mergedAt = parseTime(merged_at);
  if (mergedAt === undefined) return undefined;
  return { number, headSha: head.sha, mergeSha: merge_commit_sha ?? undefined, mergedAt };
}

function toComment({ id, body, html_url, user }: z.infer<typeof comment>): Comment {
  return { id, body: body ?? '', url: html_url, author: user ?? undefined };
}
