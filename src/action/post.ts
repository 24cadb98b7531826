import { readContext } from '../github/context.ts';
import { buildReport, type Findings, type Report, type Setting } from '../report/report.ts';
import { renderSummary } from '../report/summary.ts';
import type { OwnSection } from '../shared-comment/merge.ts';
import type { Inputs } from './inputs.ts';
import { attempt, type PublishingEdges, settingOf } from './publisher.ts';
import { type CommentEdges, findComment, type RememberedComment, sectionOf } from './pull-request-comment.ts';
import { writeOutputs, writeSummary } from './runner-files.ts';

/** How long the `post` step may take. */
const FINISH_MS = 20_000;

/** Reports that the gate came to no verdict: in the summary and the outputs. The comment is left to the `post` step. */
export async function publishFailure(reason: string, edges: PublishingEdges): Promise<void> {
  const { origin } = await readContext(edges.env);
  const report = reportWithout(
    { name: 'Agent Test Gate', batchIds: [] },
    { verdict: 'inconclusive', reason },
    {
      edges,
      setting: { transcripts: 'none', origin },
    },
  );
  await attempt(edges, 'The job summary', () => writeSummary(renderSummary(report)));
  await attempt(edges, 'The outputs', () => writeOutputs(report));
}

/** What is behind the job to be finished. */
export interface FinishOptions extends PublishingEdges, CommentEdges {
  readonly inputs: Inputs;
  /** Whether the step came to its end, and was not killed. */
  readonly isFinished: boolean;
  /** What the step remembered, if it wrote a comment. */
  readonly remembered: RememberedComment | undefined;
}

/**
 * Behind the job: if another job's write has swept away our section of the comment, it is put back; and if the step
 * ended without a verdict, the comment says so instead of waiting for ever.
 */
export async function finishComment(options: FinishOptions): Promise<void> {
  const { inputs, isFinished, remembered, clock, warn } = options;
  const isOpen = !isFinished || remembered?.section.state === 'waiting';
  if (!isOpen && remembered === undefined) return;
  const context = await readContext(options.env);
  const setting = settingOf(inputs, context);
  const report = isOpen ? reportOnEnd(options, setting) : undefined;
  if (report !== undefined && !isFinished) {
    await attempt(options, 'The job summary', () => writeSummary(renderSummary(report)));
  }
  const section = report === undefined ? remembered && restored(remembered) : sectionOf(report);
  if (section === undefined || inputs.comment === 'never') return;

  const limits = { until: clock.now() + FINISH_MS, signal: new AbortController().signal };
  const { sticky, warning } = await findComment(inputs, context, { edges: options, limits });
  if (warning !== undefined) warn(warning);
  const how = { ...limits, create: false };
  // What was not written stands there as something else; what was written may have been swept away.
  const result =
    remembered?.isWritten === false && !isOpen
      ? await sticky?.write(section, how)
      : await sticky?.check(remembered?.id, section, how);
  // What the step itself could not write it has warned of.
  const isSaid = isFinished && remembered?.isWritten === false;
  if (result !== undefined && 'warning' in result && result.warning !== undefined && !isSaid)
    warn(result.warning);
}

function reportOnEnd(options: FinishOptions, setting: Setting): Report {
  const { inputs, isFinished } = options;
  const judgement = isFinished
    ? ({
        verdict: 'inconclusive',
        reason: 'The action itself failed: the log of the step says how.',
      } as const)
    : ({
        verdict: 'cancelled',
        reason: `The step was stopped before it had a verdict. The provider has no way to cancel a batch: ${inputs.batchIds.join(', ')} may go on there.`,
      } as const);
  return reportWithout(inputs, judgement, { edges: options, setting });
}

/** A report that has a verdict and nothing that was read of the batches. */
function reportWithout(
  { name, batchIds }: Pick<Inputs, 'name' | 'batchIds'>,
  { verdict, reason }: Pick<NonNullable<Findings['judgement']>, 'verdict' | 'reason'>,
  { edges, setting }: { edges: PublishingEdges; setting: Setting },
): Report {
  return buildReport(
    {
      name,
      providerTitle: '',
      judgement: { verdict, reason, notes: [] },
      batches: batchIds.map((id) => ({ id })),
      writtenAt: edges.clock.epoch(),
      waitedMs: 0,
      ...setting,
    },
    edges.redact,
  );
}

function restored({ section }: RememberedComment): OwnSection {
  return {
    ...section,
    render: (max) =>
      section.markdown.length <= max
        ? section.markdown
        : 'The report is in the job summary of this workflow run.',
  };
}
