import type { BatchOutcome } from '../../domain/batch.ts';
import { formatTime } from '../../text/format.ts';
import { code, dotted, foreign, type Inline, link, onLines, render, small, words } from '../markdown.ts';
import { type Origin, type Report, workflowRunUrl } from '../report.ts';
import { idOf } from './run.ts';

const MAX_SUBJECT = 200;
/** Batches named in the footer. Nobody gates on more; if so, the rest is a number. */
const MAX_BATCHES = 50;

/** Where the report comes from: the batches with when and what they tested, the commit, the workflow run. */
export function* renderFooter(report: Report, maxBatches = MAX_BATCHES): Generator<string> {
  const named = report.batches.slice(0, maxBatches);
  const more = report.batches.length - named.length;
  const lines = [
    ...named.map((outcome) => batchLine(outcome, report)),
    ...(more > 0 ? [[words(`and ${more} more ${more === 1 ? 'batch' : 'batches'}`)]] : []),
    originLine(report.origin),
  ];
  const content = onLines(lines);
  if (content.length > 0) yield render(small(...content));
}

function batchLine({ id, batch }: BatchOutcome, { judgement }: Report): Inline[] {
  const createdAt = formatTime(batch?.createdAt);
  return dotted([
    [words('Batch '), idOf(id)],
    batch === undefined ? [words(judgement === undefined ? 'not read yet' : 'never read')] : [],
    createdAt === undefined ? [] : [words(`created ${createdAt}`)],
    batch?.subject === undefined ? [] : [words('tested '), foreign(batch.subject, MAX_SUBJECT)],
  ]);
}

function originLine(origin: Origin): Inline[] {
  const { runAttempt } = origin;
  const commit = linkCommit(origin);
  return dotted([
    commit.length === 0 ? [] : [words('Commit '), ...commit],
    runAttempt === undefined ? [] : [words(`attempt ${runAttempt}`)],
    linkWorkflowRun(origin),
  ]);
}

/** The commit that the check is about, short and linked; nothing where it is not known. */
export function linkCommit({ commit, repositoryUrl }: Origin): Inline[] {
  if (commit === undefined) return [];
  const short = code(commit.slice(0, 7), 7);
  return repositoryUrl === undefined
    ? [short]
    : link(`${repositoryUrl}/commit/${encodeURIComponent(commit)}`, short);
}

/** The workflow run, linked to the attempt that wrote this; nothing where it is not known. */
export function linkWorkflowRun(origin: Origin): Inline[] {
  const { runNumber } = origin;
  const url = workflowRunUrl(origin);
  if (url === undefined) return [];
  // Not "#57": GitHub would link that issue.
  const name = runNumber === undefined ? 'workflow run' : `workflow run ${runNumber}`;
  return link(url, words(name));
}
