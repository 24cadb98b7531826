import type { Judgement } from '../domain/verdict.ts';
import { readContext } from '../github/context.ts';
import { buildReport } from '../report/build-report.ts';
import type { Report } from '../report/report.ts';
import { renderSummary } from '../report/summary.ts';
import { PUBLISH_FAILURE_MS } from '../runtime/limits.ts';
import type { PublishingOptions } from './job-comment.ts';
import { findComments } from './pull-request-comment.ts';
import { writeOutputs, writeSummary } from './runner-files.ts';
import { sectionOf, toSavedSection } from './section.ts';
import { warnOnError } from './warn-on-error.ts';

/**
 * Reports that the gate came to no verdict, because inputs are wrong or the action itself failed: in the outputs, the
 * summary, and a comment that is already there.
 */
export async function publishFailure(
  { isInputError, ...failure }: Pick<Judgement, 'reason' | 'notes'> & { readonly isInputError: boolean },
  {
    commentInputs,
    mark,
    runtime,
    signal,
    saveComment,
  }: Omit<PublishingOptions, 'inputs' | 'context'> & { signal: AbortSignal },
): Promise<void> {
  const context = await readContext(runtime.env, commentInputs);
  const report = buildReport(
    {
      name: commentInputs.name ?? 'Agent Test Gate',
      providerTitle: '',
      judgement: { verdict: 'inconclusive', ...failure },
      batches: [],
      writtenAt: runtime.clock.epoch(),
      waitedMs: 0,
      transcripts: 'none',
      origin: context.origin,
    },
    runtime.redact,
  );
  await warnOnError(runtime, 'The outputs', () =>
    writeOutputs(withNotesInReason(report), isInputError ? 0 : ''),
  );
  await warnOnError(runtime, 'The job summary', () => writeSummary(renderSummary(report)));
  if (commentInputs.comment === 'never') return;
  await warnOnError(runtime, 'The comment', async () => {
    const section = sectionOf(report, commentInputs, runtime);
    const saved = toSavedSection('inconclusive', section);
    saveComment({ section: saved, stage: 'unwritten' });
    const deadline = { until: runtime.clock.now() + PUBLISH_FAILURE_MS, signal };
    const { comments } = await findComments(commentInputs, context, { mark, runtime, deadline });
    for (const comment of comments) {
      const result = await comment.write(section, { ...deadline, create: false });
      if (result.warning !== undefined) runtime.warn(result.warning);
      if (result.id !== undefined) saveComment({ section: saved, stage: 'written', id: result.id });
    }
  });
}

/** The report with its notes at the end of its reason: there is no output for them. */
function withNotesInReason({ judgement, ...report }: Report): Report {
  if (judgement === undefined) return report;
  return { ...report, judgement: { ...judgement, reason: [judgement.reason, ...judgement.notes].join(' ') } };
}
