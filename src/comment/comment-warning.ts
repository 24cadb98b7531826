import { GitHubError, type GitHubErrorKind } from '../github/github-error.ts';
import { errorMessageOf } from '../runtime/errors.ts';
import type { NextStep } from './next-step.ts';

const PERMISSION =
  'Give the job "permissions: pull-requests: write" (on an issue "issues: write"); the job summary has the full report.';
const SUMMARY = 'The job summary has the full report.';

/** Advice for each kind of error. Where GitHub says that it is the permission, that comes first; against some none helps. */
const ADVICE: Record<GitHubErrorKind, readonly string[]> = {
  denied: [SUMMARY],
  'bad-token': ['The input github-token must be a token that is still valid.', PERMISSION],
  'no-permission': [
    PERMISSION,
    'Pull requests from forks and from Dependabot get a read-only token whatever the job says.',
  ],
  locked: ['The conversation is locked: unlock it to get comments again.', SUMMARY],
  'not-found': ['There is no such pull request, or the token may not see it.', PERMISSION],
  'too-long': ['Even the shortest form of the report was too long.', PERMISSION],
  refused: ['This is not expected: please report it.', PERMISSION],
  'rate-limited': [
    'This is a limit of GitHub, which did not end in the time that there was for the comment.',
    SUMMARY,
  ],
  unavailable: ['It was tried again as long as there was time.', PERMISSION],
  'out-of-time': ['It may be slow or down.', PERMISSION],
};

/** Reason why there is no comment, or an old one, and what to do: the warning for the log. */
export function commentWarning(error: unknown, issue: number): string {
  const advice = error instanceof GitHubError ? ADVICE[error.kind] : [PERMISSION];
  return [
    `The comment on pull request #${issue} could not be written: ${errorMessageOf(error)}.`,
    ...advice,
  ].join(' ');
}

/** Reason why a comment was left as it is: a warning where there was something to write, or a note for the log. */
export function reasonToLeave(
  why: Extract<NextStep, { step: 'leave' }>['why'],
  issue: number,
): { readonly warning?: string; readonly note?: string } {
  switch (why) {
    case 'absent':
      return {};
    case 'newer-run':
      return { note: NEWER_RUN };
    case 'newer-format':
      return { warning: leftWarning(NEWER_FORMAT, issue) };
    case 'full':
      return { warning: leftWarning(FULL, issue) };
  }
}

const NEWER_FORMAT =
  'was written by a newer version of this action: use the same version wherever the name is the same';
const FULL = 'has no room for one more job: give the gates different names';
const NEWER_RUN =
  'The comment is left as it is: a newer workflow run, or a newer attempt of this one, has written it.';
/** For the log: see `Merge.hasTwin`. */
export const TWIN =
  'Another job of this workflow run has the same label and the same target, so a new attempt of one cannot replace its own section of the comment: set the input label of each.';

const leftWarning = (reason: string, issue: number): string =>
  `The comment on pull request #${issue} was left as it is. It ${reason}. The job summary has the full report.`;
