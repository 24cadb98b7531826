import type { BaseCase } from '../../domain/comparison.ts';
import { CATEGORY_TITLES } from '../classify.ts';
import { type Inline, md, paragraph, strong, table, trusted, untrusted } from '../markdown.ts';
import { render } from '../markdown-writer.ts';
import type { Report, ReportedCase } from '../report.ts';
import { SIGNS } from './headline.ts';
import { baselineLabel, baseName, brokenTestNote, labelOf, quarantineNote, signOf } from './names.ts';

const MAX_NAME_IN_TABLE = 120;

/** One line of the overview: a test case that is not simply passed. */
export type Row = ReportedCase | BaseCase;

const isOfBase = (row: Row): row is BaseCase => !('key' in row);

/** More unfinished test cases than this have only a list of their own. */
const MAX_UNFINISHED = 5;

/**
 * The lines of the overview: every test case that is not simply passed, what counts first. None where they would only
 * repeat the headings below: a few failures of which nothing else is known. What was fixed stands nowhere else.
 */
export function overviewRows(report: Report): Row[] {
  const { failures, unfinished, flaky, tolerated, brokenTests, fixed, removed } = report.classified;
  const waiting = unfinished.length > MAX_UNFINISHED ? [] : unfinished;
  const rows: Row[] = [...failures, ...waiting, ...flaky, ...tolerated, ...brokenTests, ...removed, ...fixed];
  const isTableUseful = hasFigures(report)
    ? rows.length > 1 || failures.length > 0 || fixed.length > 0
    : failures.length > 3 || (failures.length > 0 && rows.length > failures.length);
  return isTableUseful ? rows : [];
}

/** Whether test cases have figures to show: several runs, or runs elsewhere. */
function hasFigures(report: Report): boolean {
  return (
    report.base !== undefined || report.cases.some(({ runs, comparison }) => runs.length > 1 || comparison)
  );
}

/** The table of these lines, `left` more of which are only counted. */
export function renderOverview(report: Report, rows: readonly Row[], left: number): string {
  const { base, cases } = report;
  const isCompared = cases.some(({ comparison }) => comparison !== undefined);
  const otherCell = base !== undefined ? baseCell : isCompared ? comparisonCell : undefined;
  const place = base === undefined ? baselineLabel(report) : baseName(base);
  const head: Inline[][] = [
    md`Test case`,
    ...(hasFigures(report) ? [md`Passed here`] : []),
    ...(otherCell === undefined ? [] : [md`Passed on ${place}`]),
  ];
  const cells = rows.map((row) => [
    labelled(row),
    ...(hasFigures(report) ? [ownCell(row)] : []),
    ...(otherCell === undefined ? [] : [otherCell(row, report)]),
  ]);
  const more = left === 0 ? [] : [paragraph(...md`And ${left} more.`)];
  return render(table(head, cells), ...more);
}

const NOTHING = md`–`;

const ownCell = (row: Row): Inline[] => (isOfBase(row) ? NOTHING : md`${row.passes}/${row.runs.length}`);

function baseCell(row: Row, { base }: Report): Inline[] {
  const known = isOfBase(row) ? row : base?.cases.get(row.testCase.id ?? '');
  return known === undefined ? NOTHING : md`${known.passes}/${known.runs}`;
}

const comparisonCell = (row: Row): Inline[] =>
  isOfBase(row) || row.comparison === undefined
    ? NOTHING
    : md`${row.comparison.passes}/${row.comparison.runs.length}`;

function labelled(row: Row): Inline[] {
  if (isOfBase(row)) {
    const label = strong(...md`${CATEGORY_TITLES.removed}:`);
    return md`${SIGNS.gone} ${label} ${untrusted(row.name, MAX_NAME_IN_TABLE)}`;
  }
  const label = trusted(labelOf(row));
  const more = md`${quarantineNote(row)}${brokenTestNote(row)}`;
  const start = more.length === 0 ? [strong(...md`${label}:`)] : md`${strong(label)}${more}:`;
  return md`${signOf(row)} ${start} ${untrusted(row.testCase.name, MAX_NAME_IN_TABLE)}`;
}
