import type { Deadline } from '../runtime/clock.ts';
import {
  type Author,
  type Comment,
  type MergedPullRequest,
  type PullRequest,
  type RepositoryFile,
  readComment,
  readMergedPullRequests,
  readOpenPullRequests,
  readPullRequest,
  readRepositoryFile,
  readUser,
  readViewer,
} from './answers.ts';
import { createCommentList } from './comment-list.ts';
import { type GitHubError, onGitHubError } from './github-error.ts';
import { createOctokit, type OctokitSettings } from './octokit.ts';

const PER_PAGE = 100;
/** Closed pull requests come whole, with up to 20 KB each. */
const CLOSED_PER_PAGE = 30;
/** Whose comments the token of a workflow writes. */
const WORKFLOW_TOKEN: Author = { login: 'github-actions[bot]', type: 'Bot' };

// Routes as GitHub's reference writes them: Octokit's methods for them are not in the bundle (docs/adr/0002).
const REPO = '/repos/{owner}/{repo}';
const COMMENT = `${REPO}/issues/comments/{comment_id}` as const;
const COMMENTS = `${REPO}/issues/{issue_number}/comments` as const;
const PULLS = `${REPO}/pulls` as const;

interface ClientOptions extends OctokitSettings {
  readonly repository: { readonly owner: string; readonly repo: string };
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
  /** True if there is a tag of this name. Needs `contents: read`. */
  hasTag(name: string, deadline: Deadline): Promise<boolean>;
  /** The pull requests that were merged into a branch, of the last that changed; the newest merge first. One request. */
  mergedInto(base: string, deadline: Deadline): Promise<MergedPullRequest[]>;
}

/** Asks GitHub about one repository. */
export function createGitHubClient(options: ClientOptions): GitHubClient {
  const { repository } = options;
  const { request: ask, graphql } = createOctokit(options);
  const comments = createCommentList(ask, repository);
  const about = <T extends object>(params: T, request: Deadline) => ({ ...repository, ...params, request });

  return {
    listComments: comments.all,
    firstComments: comments.first,
    getComment: (comment_id, deadline) =>
      undefinedIf404(async () =>
        readComment((await ask(`GET ${COMMENT}`, about({ comment_id }, deadline))).data),
      ),
    async createComment(issue_number, body, deadline) {
      return readComment((await ask(`POST ${COMMENTS}`, about({ issue_number, body }, deadline))).data);
    },
    updateComment: (comment_id, body, deadline) =>
      undefinedIf404(async () =>
        readComment((await ask(`PATCH ${COMMENT}`, about({ comment_id, body }, deadline))).data),
      ),
    async deleteComment(comment_id, deadline) {
      await ask(`DELETE ${COMMENT}`, about({ comment_id }, deadline));
    },
    async whoAmI(request) {
      const byGraphql = async () => readViewer(await graphql('{ viewer { login } }', { request }));
      const byRest = async () => readUser((await ask('GET /user', { request })).data);
      // The workflow's own token may not ask for its user by REST; GraphQL may be switched off, or down.
      const said = await undefinedIf(({ kind }) => kind !== 'out-of-time', byGraphql);
      return said ?? (await undefinedIf(({ isRetryable }) => !isRetryable, byRest)) ?? WORKFLOW_TOKEN;
    },
    pullRequest: (pull_number, deadline) =>
      undefinedIf404(async () =>
        readPullRequest((await ask(`GET ${PULLS}/{pull_number}`, about({ pull_number }, deadline))).data),
      ),
    async pullRequestsOfCommit(commit_sha, deadline) {
      const params = about({ commit_sha, per_page: PER_PAGE }, deadline);
      return readOpenPullRequests((await ask(`GET ${REPO}/commits/{commit_sha}/pulls`, params)).data);
    },
    async pullRequestsOfBranch({ owner, name }, deadline) {
      const wanted = { head: `${owner}:${name}`, state: 'open', per_page: PER_PAGE } as const;
      return readOpenPullRequests((await ask(`GET ${PULLS}`, about(wanted, deadline))).data);
    },
    readFile: (path, ref, deadline) =>
      undefinedIf404(async () => {
        const params = about({ path: withSlashes(path), ref }, deadline);
        const { data } = await ask(`GET ${REPO}/contents/{+path}`, params);
        return readRepositoryFile(data);
      }),
    async hasTag(name, deadline) {
      const params = about({ name: withSlashes(name) }, deadline);
      const found = await undefinedIf404(() => ask(`GET ${REPO}/git/ref/tags/{+name}`, params));
      return found !== undefined;
    },
    async mergedInto(base, deadline) {
      const lastChanged = { state: 'closed', sort: 'updated', direction: 'desc' } as const;
      const params = about({ base, ...lastChanged, per_page: CLOSED_PER_PAGE }, deadline);
      return readMergedPullRequests((await ask(`GET ${PULLS}`, params)).data, base);
    },
  };
}

/** Encoded but for its slashes, which Octokit would write as %2F. */
const withSlashes = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** `undefined` where GitHub fails in a way that means no more than that. */
function undefinedIf<T>(isMeant: (error: GitHubError) => boolean, ask: () => Promise<T>) {
  return ask().catch(
    onGitHubError((error) => {
      if (!isMeant(error)) throw error;
      return undefined;
    }),
  );
}

const undefinedIf404 = <T>(ask: () => Promise<T>) => undefinedIf(({ kind }) => kind === 'not-found', ask);
