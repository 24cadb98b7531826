import { GitHubError, type GitHubErrorKind } from '../github/github-error.ts';

/** What helps; every warning says which permission the comment needs and where the report is. */
const ADVICE: Record<GitHubErrorKind, string> = {
  'bad-token': 'The input github-token must be a token that is still valid.',
  forbidden: 'Runs for pull requests from forks and from Dependabot get a read-only token.',
  locked: 'The conversation is locked: unlock it to get comments again.',
  'not-found': 'There is no such pull request, or the token may not see it.',
  'too-long': 'Even the shortest form of the report was too long.',
  refused: 'This is not expected: please report it.',
  'rate-limited': 'The rate limit ends too late to wait for it.',
  unavailable: 'It was tried again as long as there was time.',
  'out-of-time': 'It may be slow or down.',
};

/** Why there is no comment, or an old one, and what to do: the warning for the log. */
export function commentWarning(error: unknown, issue: number): string {
  const known = error instanceof GitHubError;
  const why = error instanceof Error ? error.message : String(error);
  return [
    `The comment on pull request #${issue} could not be written: ${why}.`,
    ...(known ? [ADVICE[error.kind]] : []),
    'It needs "permissions: pull-requests: write" (on an issue "issues: write"); the job summary has the full report.',
  ].join(' ');
}

/** Why a comment was left as it is although there was something to write. */
export function leftWarning(why: 'newer-format' | 'full', issue: number): string {
  const reason = {
    'newer-format':
      'was written by a newer version of this action: use the same version wherever the name is the same',
    full: 'has no room for one more job: give the gates different names',
  };
  return `The comment on pull request #${issue} was left as it is. It ${reason[why]}. The job summary has the full report.`;
}
