import { formatCaseCount } from '../../domain/test-case.ts';
import type { Omission, SizeLimit } from '../fit.ts';
import { code, type Inline, md, paragraph, strong, trusted, untrusted } from '../markdown.ts';
import { render } from '../markdown-writer.ts';
import type { Report } from '../report.ts';
import { linkWorkflowRun } from './links.ts';

const MAX_PATH = 300;

const CLAUSES: Readonly<Record<Omission['what'], (count: number) => string>> = {
  evidence: (count) => `the evidence of ${formatCaseCount(count)} is left out`,
  details: (count) => `that of ${formatCaseCount(count)} is cut`,
  names: (count) => `${count === 1 ? '1 name' : `${count} names`} ${count === 1 ? 'is' : 'are'} left out`,
};

/** Clauses about what was left out; an empty list when the report is whole. */
export function omissionClauses(omissions: readonly Omission[]): string[] {
  const order: readonly Omission['what'][] = ['evidence', 'details', 'names'];
  const hasEvidence = omissions.some(({ what }) => what === 'evidence');
  return order.flatMap((what) => {
    const lack = omissions.find((omission) => omission.what === what);
    if (lack === undefined) return [];
    const clause = CLAUSES[what](lack.count);
    return [
      what === 'details' && !hasEvidence ? `the evidence of ${formatCaseCount(lack.count)} is cut` : clause,
    ];
  });
}

/** Says what was left out, and where it is. */
export function renderOmissions(report: Report, clauses: readonly string[], unit: SizeLimit['unit']): string {
  if (clauses.length === 0) return '';
  const title = strong(trusted("Shortened to fit GitHub's limit:"));
  return render(
    paragraph(...md`${title} ${trusted(clauses.join('; '))}. ${renderPlaceOfRest(report, unit)}`),
  );
}

function renderPlaceOfRest(
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
