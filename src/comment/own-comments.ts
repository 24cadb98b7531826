import type { Author, Comment } from '../github/answers.ts';
import type { GitHubClient } from '../github/client.ts';
import { GitHubError, onGitHubError } from '../github/github-error.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { COMMENT_APPEARS_MS } from '../runtime/limits.ts';
import { normalize, parseComment } from './codec.ts';
import type { CommentState } from './state.ts';

/** A comment with the marker of this gate. Anybody can write one: the author decides whether it is ours. */
export interface FoundComment extends Pick<Comment, 'id' | 'url' | 'author'> {
  /** Normalized. */
  readonly body: string;
  readonly state: CommentState;
}

/** The comments on one pull request that carry the gate's marker and that we wrote. */
export type OwnComments = ReturnType<typeof createOwnComments>;

/** Finds and writes the comments of the gate `name` on one pull request; asks GitHub for nothing before it must. */
export function createOwnComments({
  client,
  issue,
  clock,
  name,
}: {
  client: GitHubClient;
  issue: number;
  clock: Clock;
  name: string;
}) {
  /** Made by this job; GitHub's list may not show them yet. */
  const knownIds = new Set<number>();
  let expectedId: number | undefined;
  let ownAuthor: Author | undefined;
  let creating: Promise<unknown> = Promise.resolve();
  let appearsUntil = Number.NEGATIVE_INFINITY;

  /** The list tells which comments there are, and may be some seconds old; each by itself is as it is now. */
  async function search(deadline: Deadline): Promise<FoundComment[]> {
    const [all, known] = await Promise.all([
      client.listComments(issue, deadline),
      getEach(knownIds, deadline),
    ]);
    const listed = all.flatMap((comment) => parseFound(comment, name) ?? []);
    ownAuthor ??= known[0]?.author;
    if (listed.length > 0) ownAuthor ??= await client.whoAmI(deadline);
    const author = ownAuthor;
    const ours = listed.filter((comment) => author !== undefined && isSameAuthor(author, comment.author));
    const ids = new Set(ours.map(({ id }) => id).filter((id) => !knownIds.has(id)));
    return [...known, ...(await getEach(ids, deadline))].toSorted((a, b) => a.id - b.id);
  }

  async function getEach(ids: Iterable<number>, deadline: Deadline): Promise<FoundComment[]> {
    const found = await Promise.all([...ids].map((id) => client.getComment(id, deadline)));
    return found.flatMap((comment) => (comment && parseFound(comment, name)) ?? []);
  }

  return {
    /**
     * Each once, oldest first. There is more than one only until a race between jobs is settled. `all`: search, even
     * if it is known which comment it most likely is.
     */
    async find(deadline: Deadline, all = false): Promise<FoundComment[]> {
      await creating;
      if (expectedId !== undefined && !all) {
        const expected = await getEach([expectedId], deadline);
        if (expected.length > 0) return expected;
      }
      const found = await search(deadline);
      // Where there are several, the search shows when they have become one.
      expectedId = found.length === 1 ? found[0]?.id : undefined;
      return found;
    },
    /** Makes a comment. It is not stopped with the call that sends it: the next `find` waits for the answer. */
    async create(body: string, { until }: Deadline): Promise<Comment> {
      const created = client.createComment(issue, body, { until, signal: new AbortController().signal });
      creating = created.then(
        ({ id, author }) => {
          knownIds.add(id);
          ownAuthor = author ?? ownAuthor;
          // The search shows whether another job made one too.
          expectedId = undefined;
        },
        (error) => {
          const isUnclear = error instanceof GitHubError && !isRefusal(error);
          if (isUnclear) appearsUntil = clock.now() + COMMENT_APPEARS_MS;
        },
      );
      return await created;
    },
    /** Writes a new text into a comment that was found. */
    async update(id: number, body: string, deadline: Deadline): Promise<Comment> {
      const updated = await client.updateComment(id, body, deadline);
      if (updated !== undefined) return updated;
      expectedId = undefined;
      knownIds.delete(id);
      throw new GitHubError('unavailable', 'the comment was deleted at the same time');
    },
    /** Deletes a comment, if that can be done. */
    async remove(id: number, deadline: Deadline): Promise<void> {
      await client.deleteComment(id, deadline).then(
        () => knownIds.delete(id),
        // The next run tries again.
        onGitHubError(() => false),
      );
    },
    /** True if a comment may have been made that GitHub does not show yet. */
    mayAppearLater: (): boolean => clock.now() < appearsUntil,
    /** The comment that may have been made has been found. */
    markFound(): void {
      appearsUntil = Number.NEGATIVE_INFINITY;
    },
    /** Takes over from an earlier process its comment's id, and how long another one may still appear, in milliseconds. */
    restore({ id, appearsWithinMs }: { id?: number | undefined; appearsWithinMs: number }): void {
      if (id !== undefined) knownIds.add(id);
      appearsUntil = clock.now() + appearsWithinMs;
    },
  };
}

/** Reads a comment; `undefined` if it has no marker of the gate with this name. */
export function parseFound({ id, body, url, author }: Comment, name: string): FoundComment | undefined {
  const state = parseComment(body, name);
  return state && { id, url, author, body: normalize(body), state };
}

/** GitHub refused, so nothing was made. After any other failure it is not known. */
function isRefusal({ kind }: GitHubError): boolean {
  return kind !== 'unavailable' && kind !== 'out-of-time';
}

/**
 * True if a comment is of this author. GraphQL may leave out the suffix of an app's login; a person may have an app's
 * name without it.
 */
export function isSameAuthor(ownAuthor: Author, author: Author | undefined): boolean {
  if (author === undefined || bareLogin(ownAuthor) !== bareLogin(author)) return false;
  return isBot(author) || !isBot(ownAuthor);
}

function bareLogin({ login }: Author): string {
  return login.replace(/\[bot\]$/, '').toLowerCase();
}

function isBot({ login, type }: Author): boolean {
  return type === 'Bot' || login.endsWith('[bot]');
}
