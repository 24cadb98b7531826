import type { Base, BaseCase } from '../../domain/comparison.ts';
import { CATEGORY_TITLES } from '../classify.ts';
import { type Inline, md, paragraph, strong, table, trusted, untrusted } from '../markdown.ts';
import { render } from '../markdown-writer.ts';
import type { Report, ReportedCase } from '../report.ts';
import { SIGNS } from './headline.ts';
import { baselineLabel, baseName, brokenTestNote, labelOf, quarantineNote, signOf } from './names.ts';

const MAX_NAME_IN_TABLE = 120;

/** More unfinished test cases than this have only a list of their own. */
const MAX_UNFINISHED = 5;

/** The test cases of the overview, what counts first; one that is only known from the base is no longer run. */
function rowsOf({ classified }: Report): (ReportedCase | BaseCase)[] {
  const { failures, unfinished, flaky, tolerated, brokenTests, fixed, removed } = classified;
  const waiting = unfinished.length > MAX_UNFINISHED ? [] : unfinished;
  return [...failures, ...waiting, ...flaky, ...tolerated, ...brokenTests, ...removed, ...fixed];
}

/**
 * True if the report has an overview: a table of every test case that is not simply passed. None where it would only
 * repeat the headings below: a few failures of which nothing else is known. What was fixed stands nowhere else.
 */
export function hasOverview(report: Report): boolean {
  const { failures, fixed } = report.classified;
  const rows = rowsOf(report).length;
  if (hasFigures(report)) return rows > 1 || failures.length > 0 || fixed.length > 0;
  return failures.length > 3 || (failures.length > 0 && rows > failures.length);
}

/** True if test cases have figures to show: several runs, or runs elsewhere. */
const hasFigures = ({ base, cases }: Report): boolean =>
  base !== undefined || cases.some(({ runs, comparison }) => runs.length > 1 || comparison);

/** The overview with at most `max` lines; the others are counted. */
export function renderOverview(report: Report, max: number): string {
  const { base, cases } = report;
  const isCompared = base !== undefined || cases.some(({ comparison }) => comparison !== undefined);
  const place = base === undefined ? baselineLabel(report) : baseName(base);
  // Of the label and the two figures, those that the table has.
  const columns = <Cell>([label, here, there]: readonly [Cell, Cell, Cell]): Cell[] => [
    label,
    ...(hasFigures(report) ? [here] : []),
    ...(isCompared ? [there] : []),
  ];
  const rows = rowsOf(report);
  const head = columns([md`Test case`, md`Passed here`, md`Passed on ${place}`]);
  const cells = rows
    .slice(0, max)
    .map((row) => columns('key' in row ? caseCells(row, base) : removedCells(row)));
  const more = rows.length > max ? [paragraph(md`And ${rows.length - max} more.`)] : [];
  return render(table(head, cells), ...more);
}

type Cells = readonly [label: Inline[], here: Inline[], there: Inline[]];

function caseCells(result: ReportedCase, base: Base | undefined): Cells {
  const { testCase, passes, runs, comparison } = result;
  const elsewhere = comparison && { passes: comparison.passes, runs: comparison.runs.length };
  const there = base === undefined ? elsewhere : base.cases.get(testCase.id ?? '');
  const label = trusted(labelOf(result));
  const more = md`${quarantineNote(result)}${brokenTestNote(result)}`;
  const start = more.length === 0 ? [strong(md`${label}:`)] : md`${strong(label)}${more}:`;
  return [
    md`${signOf(result)} ${start} ${untrusted(testCase.name, MAX_NAME_IN_TABLE)}`,
    figure({ passes, runs: runs.length }),
    figure(there),
  ];
}

function removedCells(removed: BaseCase): Cells {
  const label = strong(md`${CATEGORY_TITLES.removed}:`);
  const name = untrusted(removed.name, MAX_NAME_IN_TABLE);
  return [md`${SIGNS.gone} ${label} ${name}`, figure(undefined), figure(removed)];
}

/** "2/3": runs that passed, of all. */
const figure = (counts: { readonly passes: number; readonly runs: number } | undefined): Inline[] =>
  counts === undefined ? md`–` : md`${counts.passes}/${counts.runs}`;
