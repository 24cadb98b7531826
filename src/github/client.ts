import * as z from 'zod/mini';
import { parseAs } from '../json.ts';
import type { Deadline } from '../runtime/clock.ts';
import { GitHubError, unexpectedResponse } from './github-error.ts';
import { createOctokit, type OctokitSettings } from './octokit.ts';

const PER_PAGE = 100;
/** Of comments: a page that GitHub does not bring together is asked for again in the next smaller size. */
const PAGE_SIZES: readonly number[] = [PER_PAGE, 50, 25, 10];
/** Closed pull requests come whole, with up to 20 KB each. */
const CLOSED_PER_PAGE = 30;
/** Twice the comments that an issue can have; a list that does not end is left here. */
const MAX_COMMENTS = 5_000;

export interface ClientOptions extends OctokitSettings {
  readonly repository: { readonly owner: string; readonly repo: string };
}

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

/** Requests to GitHub. Each is sent once (`retryOnGitHub` retries tasks). Every method throws a `GitHubError`. */
export interface GitHubClient {
  /** All comments of an issue or pull request, oldest first. */
  listComments(issue: number, deadline: Deadline): Promise<Comment[]>;
  /** The first 100 of them, with one request. */
  firstComments(issue: number, deadline: Deadline): Promise<Comment[]>;
  /** `undefined` if it was deleted. */
  getComment(id: number, deadline: Deadline): Promise<Comment | undefined>;
  createComment(issue: number, body: string, deadline: Deadline): Promise<Comment>;
  /** `undefined` if it was deleted. */
  updateComment(id: number, body: string, deadline: Deadline): Promise<Comment | undefined>;
  deleteComment(id: number, deadline: Deadline): Promise<void>;
  /** Whom the token belongs to. */
  whoAmI(deadline: Deadline): Promise<Author>;
  /** A pull request, open or not; `undefined` if there is none with this number. */
  pullRequest(number: number, deadline: Deadline): Promise<PullRequest | undefined>;
  /** Open pull requests that contain the commit. */
  pullRequestsOfCommit(sha: string, deadline: Deadline): Promise<PullRequest[]>;
  /** Open pull requests from a branch, which may be a fork's. */
  pullRequestsOfBranch(branch: { owner: string; name: string }, deadline: Deadline): Promise<PullRequest[]>;
  /** Reads the file or folder of a path at a branch or commit; `undefined` if nothing is there. Needs `contents: read`. */
  readFile(path: string, ref: string, deadline: Deadline): Promise<RepositoryFile | undefined>;
  /** Whether there is a tag of this name. Needs `contents: read`. */
  hasTag(name: string, deadline: Deadline): Promise<boolean>;
  /** The pull requests that were merged into a branch, of the last that changed; the newest merge first. One request. */
  mergedInto(base: string, deadline: Deadline): Promise<MergedPullRequest[]>;
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
const pullRequests = z.array(pullRequest);
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
/** Whose comments the token of a workflow writes. */
const WORKFLOW_TOKEN: Author = { login: 'github-actions[bot]', type: 'Bot' };

/** Asks GitHub about one repository. */
export function createGitHubClient(options: ClientOptions): GitHubClient {
  const { repository } = options;
  const octokit = createOctokit(options);

  /** The size of pages of comments to begin with: that which GitHub answered last. */
  let commentsPerPage = PER_PAGE;

  async function pageOfComments(
    issue_number: number,
    { page, per_page }: { page: number; per_page: number },
    deadline: Deadline,
  ): Promise<{ comments: Comment[]; hasNext: boolean }> {
    const params = { ...repository, issue_number, per_page, page, request: deadline };
    const { data, headers } = await octokit.rest.issues.listComments(params);
    // Where the link leads decides nothing: pages are counted by us.
    const hasNext = /\brel="?next\b/.test(headers.link ?? '');
    return { comments: read(z.array(comment), data).map(toComment), hasNext };
  }

  return {
    async listComments(issue, deadline) {
      const found = new Map<number, Comment>();
      let per_page = commentsPerPage;
      for (let offset = 0; offset < MAX_COMMENTS; ) {
        const page = Math.floor(offset / per_page) + 1;
        try {
          const { comments, hasNext } = await pageOfComments(issue, { page, per_page }, deadline);
          // A comment that was deleted meanwhile moves the others to the page before.
          for (const listed of comments) found.set(listed.id, listed);
          if (comments.length === 0 || (comments.length < per_page && !hasNext)) break;
          offset = page * per_page;
        } catch (error) {
          const smaller = PAGE_SIZES.find((size) => size < per_page);
          const overload = error instanceof GitHubError ? error.overload : undefined;
          if (overload === undefined || smaller === undefined) throw error;
          if (overload === 'timeout') {
            // It took long enough: the whole list is begun again, if there is time.
            commentsPerPage = smaller;
            throw error;
          }
          per_page = smaller;
        }
      }
      commentsPerPage = per_page;
      return [...found.values()];
    },
    async firstComments(issue, deadline) {
      return (await pageOfComments(issue, { page: 1, per_page: PER_PAGE }, deadline)).comments;
    },
    getComment: (comment_id, deadline) =>
      undefinedIf404(async () => {
        const { data } = await octokit.rest.issues.getComment({
          ...repository,
          comment_id,
          request: deadline,
        });
        return toComment(read(comment, data));
      }),
    async createComment(issue_number, body, deadline) {
      const { data } = await octokit.rest.issues.createComment({
        ...repository,
        issue_number,
        body,
        request: deadline,
      });
      return toComment(read(comment, data));
    },
    updateComment: (comment_id, body, deadline) =>
      undefinedIf404(async () => {
        const { data } = await octokit.rest.issues.updateComment({
          ...repository,
          comment_id,
          body,
          request: deadline,
        });
        return toComment(read(comment, data));
      }),
    async deleteComment(comment_id, deadline) {
      await octokit.rest.issues.deleteComment({ ...repository, comment_id, request: deadline });
    },
    async whoAmI(deadline) {
      const request = deadline;
      const byGraphql = async () =>
        viewer.safeParse(await octokit.graphql('{ viewer { login } }', { request })).data?.viewer;
      const byRest = async () =>
        author.safeParse((await octokit.rest.users.getAuthenticated({ request })).data).data;
      // The workflow's own token may not ask for its user by REST; GraphQL may be switched off, or down.
      const said = await ignoreErrorsOf(({ kind }) => kind !== 'out-of-time', byGraphql);
      return said ?? (await ignoreErrorsOf(({ isRetryable }) => !isRetryable, byRest)) ?? WORKFLOW_TOKEN;
    },
    pullRequest: (pull_number, deadline) =>
      undefinedIf404(async () => {
        const { data } = await octokit.rest.pulls.get({ ...repository, pull_number, request: deadline });
        return toPullRequest(read(pullRequest, data));
      }),
    async pullRequestsOfCommit(commit_sha, deadline) {
      const { data } = await octokit.rest.repos.listPullRequestsAssociatedWithCommit({
        ...repository,
        commit_sha,
        per_page: PER_PAGE,
        request: deadline,
      });
      return openPullRequests(read(pullRequests, data));
    },
    async pullRequestsOfBranch({ owner, name }, deadline) {
      const { data } = await octokit.rest.pulls.list({
        ...repository,
        head: `${owner}:${name}`,
        state: 'open',
        per_page: PER_PAGE,
        request: deadline,
      });
      return openPullRequests(read(pullRequests, data));
    },
    readFile: (path, ref, deadline) =>
      undefinedIf404(async () => {
        const params = { ...repository, path: withSlashes(path), ref, request: deadline };
        return toFile((await octokit.request('GET /repos/{owner}/{repo}/contents/{+path}', params)).data);
      }),
    async hasTag(name, deadline) {
      const params = { ...repository, name: withSlashes(name), request: deadline };
      const ask = () => octokit.request('GET /repos/{owner}/{repo}/git/ref/tags/{+name}', params);
      return (await undefinedIf404(ask)) !== undefined;
    },
    async mergedInto(base, deadline) {
      const { data } = await octokit.rest.pulls.list({
        ...repository,
        base,
        state: 'closed',
        sort: 'updated',
        direction: 'desc',
        per_page: CLOSED_PER_PAGE,
        request: deadline,
      });
      return read(z.array(closedPullRequest), data)
        .flatMap((pull) => (pull.base.ref === base ? (toMerged(pull) ?? []) : []))
        .toSorted((a, b) => b.mergedAt - a.mergedAt);
    },
  };
}

/** Encoded but for its slashes, which Octokit would write as %2F. */
const withSlashes = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** GitHub sends a list for a folder, and no content for a file of more than 1 MB. */
function toFile(data: unknown): RepositoryFile {
  if (Array.isArray(data)) return { size: 0 };
  const { type, size, encoding, content: text = '' } = read(content, data);
  if (type !== 'file' || encoding !== 'base64') return { size };
  const bytes = Buffer.from(text, 'base64');
  // Half of a file could be a good file of its own.
  if (bytes.length !== size) throw unexpectedResponse();
  return { size, content: bytes };
}

const read = <T>(schema: z.ZodMiniType<T>, data: unknown): T => parseAs(schema, data, unexpectedResponse);

/** `undefined` where GitHub fails in a way that means no more than that. */
async function ignoreErrorsOf<T>(
  isMeant: (error: GitHubError) => boolean,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitHubError && isMeant(error)) return undefined;
    throw error;
  }
}

const undefinedIf404 = <T>(ask: () => Promise<T>) => ignoreErrorsOf(({ kind }) => kind === 'not-found', ask);

function openPullRequests(found: z.infer<typeof pullRequests>): PullRequest[] {
  return found.filter(({ state }) => state === 'open').map(toPullRequest);
}

function toPullRequest({ number, head }: z.infer<typeof pullRequest>): PullRequest {
  return { number, headSha: head.sha };
}

function toMerged({
  number,
  head,
  merged_at,
  merge_commit_sha,
}: z.infer<typeof closedPullRequest>): MergedPullRequest | undefined {
  const mergedAt = Date.parse(merged_at ?? '');
  if (Number.isNaN(mergedAt)) return undefined;
  return { number, headSha: head.sha, mergeSha: merge_commit_sha ?? undefined, mergedAt };
}

function toComment({ id, body, html_url, user }: z.infer<typeof comment>): Comment {
  return { id, body: body ?? '', url: html_url, author: user ?? undefined };
}
