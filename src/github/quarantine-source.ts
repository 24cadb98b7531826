import type { QuarantineFile, QuarantineFiles } from '../domain/quarantine.ts';
import { refused } from '../domain/result.ts';
import type { ClockAndRandom } from '../http/retry.ts';
import { parseQuarantine, refuseSize } from '../inputs/quarantine-file.ts';
import type { Deadline } from '../runtime/clock.ts';
import { withEarlierEnd } from '../runtime/deadline.ts';
import { READ_QUARANTINE_MS } from '../runtime/limits.ts';
import type { GitHubClient } from './client.ts';
import type { GitHubContext } from './context.ts';
import { branchNameOf, parseQueueBranch } from './event.ts';
import { onGitHubError } from './github-error.ts';
import { retryOnGitHub } from './retry-on-github.ts';

interface QuarantineSource {
  /** The input `quarantine`: a path in the repository. */
  readonly path: string;
  readonly context: Pick<GitHubContext, 'eventName' | 'payload' | 'ref' | 'sha'>;
  /** `undefined` outside GitHub, or without a token. */
  readonly client: Pick<GitHubClient, 'readFile' | 'hasTag'> | undefined;
}

/** Commits whose quarantine files decide. */
export interface Commits {
  /** The tested commit; the second is asked where GitHub does not have the first any more. */
  readonly tested: readonly string[];
  /** The tip of a branch, or a commit that stands for it; absent where the file of the own commit decides alone. */
  readonly base?: { readonly branch: string } | { readonly commit: string } | undefined;
}

/**
 * Reads the quarantine file at the tested commit and, on a pull request and in a merge queue, at the tip of the base.
 * Takes at most 15 s, and never throws: what cannot be read is a refused file.
 */
export async function readQuarantine(
  { path: given, context, client }: QuarantineSource,
  deadline: ClockAndRandom & Deadline,
): Promise<QuarantineFiles> {
  const { clock } = deadline;
  const path = given.replace(/^\.\//, '');
  const refusedFiles = (problem: string): QuarantineFiles => ({ path, tested: refused(problem) });
  if (!isInside(path))
    return refusedFiles('the path must be one inside the repository, like .github/quarantine.yml');
  if (client === undefined)
    return refusedFiles('it cannot be read without a repository on GitHub and a github-token');
  const commits = commitsOf(context);
  if (typeof commits === 'string') return refusedFiles(commits);

  const within = { ...deadline, ...withEarlierEnd(deadline, clock.now() + READ_QUARANTINE_MS) };
  const now = clock.epoch();
  const readAt = async (ref: string): Promise<QuarantineFile> => {
    const file = await retryOnGitHub((inTime) => client.readFile(path, ref, inTime), within);
    if (file === undefined) return { kind: 'absent' };
    const tooLarge = refuseSize(file.size);
    if (tooLarge !== undefined) return refused(tooLarge);
    if (file.content === undefined) return refused('it is not a file');
    return parseQuarantine(file.content, now);
  };
  const readTested = async (): Promise<QuarantineFile> => {
    let found: QuarantineFile = { kind: 'absent' };
    for (const ref of commits.tested) {
      found = await readAt(ref);
      if (found.kind !== 'absent') break;
    }
    return found;
  };
  const readBranch = async (branch: string): Promise<QuarantineFile> => {
    const [file, hasTag] = await Promise.all([
      readAt(branch),
      retryOnGitHub((inTime) => client.hasTag(branch, inTime), within),
    ]);
    // A tag of this name would be read in place of the branch, and a tag needs no review.
    return hasTag ? refused(`there is a tag with the name of the branch, ${branch}`) : file;
  };
  const { base } = commits;
  const [tested, ofBase] = await Promise.all([
    asRefusal(readTested),
    base && asRefusal(() => ('branch' in base ? readBranch(base.branch) : readAt(base.commit))),
  ]);
  return { path, tested, base: ofBase };
}

/**
 * Commits that decide, or why they are not known: a clause. The tested commit of a pull request is `GITHUB_SHA`, its
 * merge into the base, which is what a workflow checks out. It is in our repository even where the branch is a fork's.
 *
 * - `pull_request_target` has the base's commit as `GITHUB_SHA`, so the pull request's head is taken.
 * - `workflow_run` may be about a pull request, which its event does not tell for forks: the default branch, which is
 *   `GITHUB_SHA` there, and the commit of the run that it followed decide together.
 * - A push of a merge queue's branch is like the event `merge_group`.
 */
export function commitsOf({ eventName, payload, ref, sha }: QuarantineSource['context']): Commits | string {
  const { pull_request, merge_group, workflow_run } = payload;
  if (pull_request !== undefined || eventName.startsWith('pull_request')) {
    const head = pull_request?.head?.sha;
    const tested = known(eventName === 'pull_request_target' ? [head] : [sha, head]);
    return withBase(tested, pull_request?.base?.ref);
  }
  const queue = parseQueueBranch(ref)?.base;
  if (merge_group !== undefined || eventName === 'merge_group' || queue !== undefined) {
    return withBase(known([merge_group?.head_sha ?? sha]), merge_group?.base_ref ?? queue);
  }
  if (workflow_run !== undefined || eventName === 'workflow_run') {
    const tested = known([workflow_run?.head_sha]);
    return tested.length === 0 || sha === undefined ? UNKNOWN : { tested, base: { commit: sha } };
  }
  return sha === undefined ? UNKNOWN : { tested: [sha] };
}

const UNKNOWN = 'the event does not say which commits are tested';

function withBase(tested: readonly string[], base: string | undefined): Commits | string {
  const branch = base && branchNameOf(base);
  return tested.length === 0 || !branch ? UNKNOWN : { tested, base: { branch } };
}

const known = (commits: readonly (string | undefined)[]): string[] => [
  ...new Set(commits.filter((commit) => commit !== undefined && commit !== '') as string[]),
];

const isInside = (path: string): boolean =>
  !path.includes('\\') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const asRefusal = (task: () => Promise<QuarantineFile>): Promise<QuarantineFile> =>
  task().catch(
    onGitHubError((error) => {
      const advice = error.kind === 'no-permission' ? '; give the job "permissions: contents: read"' : '';
      return refused(`it could not be read: ${error.message}${advice}`);
    }),
  );
