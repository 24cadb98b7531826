import { countCases } from '../../domain/test-case.ts';
import type { Limit } from '../fit.ts';
import { code, foreign, type Inline, paragraph, render, strong, words } from '../markdown.ts';
import type { Report } from '../report.ts';
import { linkWorkflowRun } from './footer.ts';
import type { Evidence } from './run.ts';

const MAX_PATH = 300;

/** How much of the report is shown. */
export interface Detail {
  readonly evidence: Evidence;
  /** Test cases that passed or have not finished: by name, or as a number. */
  readonly othersByName: boolean;
  /** How many of the test cases that did not pass are shown with their evidence, and how many more by name. */
  readonly inFull: number;
  readonly byName: number;
}

/** What a body in this detail leaves out, each as a clause; an empty list when it is whole. */
export function listOmissions(
  { tally, transcripts }: Report,
  options: { detail: Detail; isAnyCut: boolean; toExplain: number },
): string[] {
  const { detail, isAnyCut, toExplain } = options;
  const { evidence, othersByName } = detail;
  const inFull = Math.min(detail.inFull, toExplain);
  const byName = Math.min(detail.byName, toExplain - inFull);
  const counted = toExplain - inFull - byName;
  const omissions: string[] = [];
  if (isAnyCut && inFull > 0) {
    const turns = transcripts === 'none' ? '' : ` and conversations to their last ${evidence.turns} turns`;
    omissions.push(`explanations are cut to ${evidence.text} characters${turns}`);
  }
  if (inFull < toExplain) {
    omissions.push(
      `${inFull === 0 ? 'none' : inFull} of the ${countCases(toExplain)} that did not pass are shown with their evidence` +
        (byName > 0 ? `, ${byName} by name` : '') +
        (counted > 0 ? `, ${counted} only counted` : ''),
    );
  }
  if (!othersByName && tally.passed + tally.unfinished > 0) {
    omissions.push('test cases that passed or have not finished are only counted');
  }
  return omissions;
}

/** Says what was left out, and where it is. */
export function renderOmissions(report: Report, omissions: readonly string[], unit: Limit['unit']): string {
  return render(
    paragraph(
      strong(words("Shortened to fit GitHub's limit:")),
      words(` ${omissions.join('; ')}. `),
      ...whereTheRestIs(report, unit),
    ),
  );
}

function whereTheRestIs(
  { reportFile, origin, providerTitle, batches }: Report,
  unit: Limit['unit'],
): Inline[] {
  if (reportFile !== undefined) {
    return [words('Every run is in the report file '), code(reportFile, MAX_PATH), words('.')];
  }
  if (unit === 'characters') {
    const run = linkWorkflowRun(origin);
    return [
      words('The job summary'),
      ...(run.length === 0 ? [] : [words(' of '), ...run]),
      words(' has more.'),
    ];
  }
  const ids = batches.length === 1 ? 'the batch id' : 'the batch ids';
  return [foreign(providerTitle, 50), words(` has the rest, under ${ids} below.`)];
}
