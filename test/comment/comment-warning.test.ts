import { expect, test } from 'vitest';
import { commentWarning } from '../../src/comment/comment-warning.ts';
import { GitHubError, type GitHubErrorKind } from '../../src/github/github-error.ts';

const PERMISSION =
  'Give the job "permissions: pull-requests: write" (on an issue "issues: write"); the job summary has the full report.';
const SUMMARY = 'The job summary has the full report.';

test.each<[GitHubErrorKind, string]>([
  [
    'no-permission',
    `${PERMISSION} Pull requests from forks and from Dependabot get a read-only token whatever the job says.`,
  ],
  ['denied', SUMMARY],
  ['bad-token', `The input github-token must be a token that is still valid. ${PERMISSION}`],
  ['locked', `The conversation is locked: unlock it to get comments again. ${SUMMARY}`],
  ['not-found', `There is no such pull request, or the token may not see it. ${PERMISSION}`],
  ['too-long', `Even the shortest form of the report was too long. ${PERMISSION}`],
  ['refused', `This is not expected: please report it. ${PERMISSION}`],
  [
    'rate-limited',
    `This is a limit of GitHub, which did not end in the time that there was for the comment. ${SUMMARY}`,
  ],
  ['unavailable', `It was tried again as long as there was time. ${PERMISSION}`],
  ['out-of-time', `It may be slow or down. ${PERMISSION}`],
])('what %s means for the comment is one warning that says what to do', (kind, advice) => {
  expect(commentWarning(new GitHubError(kind, 'GitHub answered 4xx'), 1)).toBe(
    `The comment on pull request #1 could not be written: GitHub answered 4xx. ${advice}`,
  );
});
