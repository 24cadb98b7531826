import type { Push } from '../../domain/comparison.ts';
import { code, type Inline, link, md, trusted } from '../markdown.ts';
import { type Origin, workflowRunUrl } from '../report.ts';

/** The commit that the check is about, short and linked; nothing where it is not known. */
export function linkCommit({ commit, repositoryUrl }: Origin): Inline[] {
  if (commit === undefined) return [];
  const short = code(commit.slice(0, 7), 7);
  return repositoryUrl === undefined
    ? [short]
    : link(`${repositoryUrl}/commit/${encodeURIComponent(commit.toWellFormed())}`, short);
}

/** The commit of a push, with its attempt if that is not the first. */
export function linkPush({ commit, attempt }: Pick<Push, 'commit' | 'attempt'>, origin: Origin): Inline[] {
  const linked = linkCommit({ ...origin, commit });
  return attempt > 1 ? md`${linked} (attempt ${attempt})` : linked;
}

/** The workflow run, linked to the attempt that wrote this; nothing where it is not known. */
export function linkWorkflowRun(origin: Origin): Inline[] {
  const { runNumber } = origin;
  const url = workflowRunUrl(origin);
  if (url === undefined) return [];
  // Not "#57": GitHub would link that issue. No comma in it either: it is no count.
  return link(url, trusted(runNumber === undefined ? 'workflow run' : `workflow run ${runNumber}`));
}

/** This very job, or the workflow run where the job is not known. */
export const linkJob = (origin: Origin): Inline[] =>
  origin.jobUrl === undefined ? linkWorkflowRun(origin) : link(origin.jobUrl, trusted('this job'));

/** The page that explains the words of a report; nothing where that is not known. */
export const linkWords = ({ wordsUrl }: Origin): Inline[] =>
  wordsUrl === undefined ? [] : link(wordsUrl, trusted('what these words mean'));
