import type { Deadline } from '../clock.ts';
import type { Author, Comment, GitHubClient } from './client.ts';
import { GitHubError } from './github-error.ts';

/** The comments on one pull request that carry our marker and that we wrote. */
export interface OwnComments {
  /** Oldest first. There is more than one only until a race between jobs is settled. */
  find(limits: Deadline): Promise<Comment[]>;
  /** Writes a new comment, or a new text into one that was found. */
  write(body: string, into: Comment | undefined, limits: Deadline): Promise<Comment>;
  /** Removes a comment, if that can be done. */
  remove(comment: Comment, limits: Deadline): Promise<void>;
  /** Whether this process made the comment. */
  isCreatedHere(comment: Comment): boolean;
  /** Says which comment it most likely is, to save the search. */
  expect(id: number): void;
}

export function createOwnComments({
  client,
  issue,
  isMarked,
}: {
  client: GitHubClient;
  issue: number;
  /** Whether a text begins with our marker. Anybody can write one: the author decides. */
  isMarked: (body: string) => boolean;
}): OwnComments {
  const createdIds = new Set<number>();
  let expectedId: number | undefined;
  let me: Author | undefined;

  async function search(limits: Deadline): Promise<Comment[]> {
    const marked = (await client.listComments(issue, limits)).filter(({ body }) => isMarked(body));
    for (const id of createdIds) {
      // GitHub's list may be a moment behind.
      const isListed = marked.some((comment) => comment.id === id);
      const created = isListed ? undefined : await client.getComment(id, limits);
      if (created !== undefined) marked.push(created);
    }
    if (marked.length === 0) return [];
    const author = me ?? (await client.whoAmI(limits));
    me = author;
    return marked.filter((comment) => isSame(author, comment.author)).toSorted((a, b) => a.id - b.id);
  }

  return {
    async find(limits) {
      const expected = expectedId === undefined ? undefined : await client.getComment(expectedId, limits);
      if (expected !== undefined && isMarked(expected.body)) return [expected];
      const found = await search(limits);
      expectedId = found[0]?.id;
      return found;
    },
    async write(body, into, limits) {
      const written =
        into === undefined
          ? await client.createComment(issue, body, limits)
          : await client.updateComment(into.id, body, limits);
      if (written === undefined) {
        expectedId = undefined;
        throw new GitHubError('unavailable', 'the comment was deleted at the same time');
      }
      if (into === undefined) {
        // Not expected next time: the search shows whether another job made one too.
        createdIds.add(written.id);
        me = written.author ?? me;
      }
      return written;
    },
    async remove({ id }, limits) {
      try {
        await client.deleteComment(id, limits);
        createdIds.delete(id);
      } catch (error) {
        // The next run tries again.
        if (!(error instanceof GitHubError)) throw error;
      }
    },
    isCreatedHere: ({ id }) => createdIds.has(id),
    expect(id) {
      expectedId = id;
    },
  };
}

/** GraphQL may leave out the suffix of an app's login; a person may have an app's name without it. */
function isSame(me: Author, author: Author | undefined): boolean {
  if (author === undefined || bareLogin(me) !== bareLogin(author)) return false;
  return isBot(author) || !isBot(me);
}

function bareLogin({ login }: Author): string {
  return login.replace(/\[bot\]$/, '').toLowerCase();
}

function isBot({ login, type }: Author): boolean {
  return type === 'Bot' || login.endsWith('[bot]');
}
