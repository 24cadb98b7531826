import { countCases } from '../../domain/test-case.ts';
import type { Lack, Limit } from '../fit.ts';
import { code, foreign, type Inline, md, paragraph, render, strong, words } from '../markdown.ts';
import type { Report } from '../report.ts';
import { linkWorkflowRun } from './footer.ts';

const MAX_PATH = 300;

const CLAUSES: Readonly<Record<Lack['what'], (count: number) => string>> = {
  evidence: (count) => `the evidence of ${countCases(count)} is left out`,
  details: (count) => `that of ${countCases(count)} is cut`,
  names: (count) => `${count === 1 ? '1 name' : `${count} names`} ${count === 1 ? 'is' : 'are'} left out`,
};

/** What was left out, in clauses; an empty list when the report is whole. */
export function omissionClauses(lacks: readonly Lack[]): string[] {
  const order: readonly Lack['what'][] = ['evidence', 'details', 'names'];
  const hasEvidence = lacks.some(({ what }) => what === 'evidence');
  return order.flatMap((what) => {
    const lack = lacks.find((one) => one.what === what);
    if (lack === undefined) return [];
    const clause = CLAUSES[what](lack.count);
    return [what === 'details' && !hasEvidence ? `the evidence of ${countCases(lack.count)} is cut` : clause];
  });
}

/** Says what was left out, and where it is. */
export function renderOmissions(report: Report, clauses: readonly string[], unit: Limit['unit']): string {
  if (clauses.length === 0) return '';
  const title = strong(words("Shortened to fit GitHub's limit:"));
  return render(paragraph(...md`${title} ${words(clauses.join('; '))}. ${whereTheRestIs(report, unit)}`));
}

function whereTheRestIs(
  { reportFile, origin, providerTitle, batches }: Report,
  unit: Limit['unit'],
): Inline[] {
  if (reportFile !== undefined) return md`Every run is in the report file ${code(reportFile, MAX_PATH)}.`;
  if (unit === 'characters') {
    const run = linkWorkflowRun(origin);
    return md`The job summary${run.length === 0 ? '' : md` of ${run}`} has more.`;
  }
  const ids = batches.length === 1 ? 'the batch id' : 'the batch ids';
  return md`${foreign(providerTitle, 50)} has the rest, under ${ids} below.`;
}
