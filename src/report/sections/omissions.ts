import { formatCaseCount } from '../../domain/test-case.ts';
import type { Omissions, SizeLimit } from '../fit.ts';
import { code, type Inline, md, strong, trusted, untrusted } from '../markdown.ts';
import { renderLine } from '../markdown-writer.ts';
import type { Report } from '../report.ts';
import { linkWorkflowRun } from './links.ts';

const MAX_PATH = 300;

/** Clauses about what was left out; an empty list when the report is whole. */
export function omissionClauses({ evidence, details, names }: Omissions): string[] {
  const whose = evidence > 0 ? 'that' : 'the evidence';
  return [
    ...(evidence > 0 ? [`the evidence of ${formatCaseCount(evidence)} is left out`] : []),
    ...(details > 0 ? [`${whose} of ${formatCaseCount(details)} is cut`] : []),
    ...(names > 0 ? [names === 1 ? '1 name is left out' : `${names} names are left out`] : []),
  ];
}

/** Says what was left out, and where it is. */
export function renderOmissions(report: Report, clauses: readonly string[], unit: SizeLimit['unit']): string {
  if (clauses.length === 0) return '';
  const title = strong(md`Shortened to fit GitHub's limit:`);
  return renderLine(md`${title} ${trusted(clauses.join('; '))}. ${placeOfRest(report, unit)}`);
}

function placeOfRest(
  { reportFile, origin, providerTitle, batches }: Report,
  unit: SizeLimit['unit'],
): Inline[] {
  if (reportFile !== undefined) return md`Every run is in the report file ${code(reportFile, MAX_PATH)}.`;
  if (unit === 'characters') {
    const run = linkWorkflowRun(origin);
    return md`The job summary${run.length === 0 ? '' : md` of ${run}`} has more.`;
  }
  const ids = batches.length === 1 ? 'the batch id' : 'the batch ids';
  return md`${untrusted(providerTitle, 50)} has the rest, under ${ids} below.`;
}
