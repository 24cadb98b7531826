import type { Octokit } from '@octokit/rest';
import type { Deadline } from '../runtime/clock.ts';
import { type Comment, readComments } from './answers.ts';
import { GitHubError } from './github-error.ts';

/** Of comments: a page that GitHub does not bring together is asked for again in the next smaller size. */
const PAGE_SIZES = [100, 50, 25, 10] as const;
/** Twice the comments that an issue can have; a list that does not end is left here. */
const MAX_COMMENTS = 5_000;

/**
 * Reads the comments of issues and pull requests of a repository, oldest first. Pages become smaller while GitHub does
 * not bring larger ones together.
 */
export function createCommentList(
  ask: Octokit['request'],
  repository: { readonly owner: string; readonly repo: string },
) {
  /** The size of pages to begin with: that which GitHub answered last. */
  let pageSize: number = PAGE_SIZES[0];

  async function readPage(
    issue_number: number,
    { page, per_page }: { page: number; per_page: number },
    deadline: Deadline,
  ): Promise<{ comments: Comment[]; hasNext: boolean }> {
    const params = { ...repository, issue_number, per_page, page, request: deadline };
    const { data, headers } = await ask('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', params);
    // Where the link leads decides nothing: pages are counted by us.
    const hasNext = /\brel="?next\b/.test(headers.link ?? '');
    return { comments: readComments(data), hasNext };
  }

  return {
    async all(issue: number, deadline: Deadline): Promise<Comment[]> {
      const found = new Map<number, Comment>();
      let per_page = pageSize;
      for (let offset = 0; offset < MAX_COMMENTS; ) {
        const page = Math.floor(offset / per_page) + 1;
        try {
          const { comments, hasNext } = await readPage(issue, { page, per_page }, deadline);
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
            pageSize = smaller;
            throw error;
          }
          per_page = smaller;
        }
      }
      pageSize = per_page;
      return [...found.values()];
    },
    /** The first 100 of them, with one request. */
    async first(issue: number, deadline: Deadline): Promise<Comment[]> {
      return (await readPage(issue, { page: 1, per_page: PAGE_SIZES[0] }, deadline)).comments;
    },
  };
}
