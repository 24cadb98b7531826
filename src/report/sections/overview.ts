import type { BaseCase } from '../../domain/comparison.ts';
import { countsForVerdict } from '../../domain/test-case.ts';
import { type Inline, md, paragraph, strong, table, trusted, untrusted } from '../markdown.ts';
import { render } from '../markdown-writer.ts';
import type { Report, ReportedCase } from '../report.ts';
import { SIGNS } from './headline.ts';
import { baselineLabel, baseName, signOf } from './names.ts';

const MAX_NAME = 120;
const MAX_OWNER = 60;

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
  if (isOfBase(row))
    return md`${SIGNS.gone} ${strong(...md`No longer run:`)} ${untrusted(row.name, MAX_NAME)}`;
  const { label, more } = labelOf(row);
  const broken = row.testFaults.length > 0 && row.outcome !== 'passed' ? ', broken test' : '';
  const start =
    more.length + broken.length === 0 ? [strong(...md`${label}:`)] : md`${strong(...label)}${more}${broken}:`;
  return md`${signOf(row)} ${start} ${untrusted(row.testCase.name, MAX_NAME)}`;
}

/** Label of a test case: the part in bold, and the rest. */
export function labelOf(result: ReportedCase): { label: Inline[]; more: Inline[] } {
  const { outcome, quarantine, change, testFaults } = result;
  const plain = (label: Inline[]) => ({ label, more: [] });
  if (outcome === 'passed') {
    const faulty = testFaults.length > 0;
    if (change !== 'fixed') return plain(md`Passed, broken test`);
    return plain(faulty ? md`Fixed, broken test` : md`Fixed`);
  }
  if (outcome === 'flaky') return plain(change === 'newly-flaky' ? md`Newly flaky` : md`Flaky`);
  if (outcome === 'unfinished') return plain(md`Unfinished`);
  if (countsForVerdict(result)) return plain([trusted(failureLabel(result))]);
  if (quarantine?.state !== 'in-force') return plain(md`Not counted`);
  const { until, owner } = quarantine.entry;
  return { label: md`Quarantined`, more: md` to ${untrusted(until, 20)}, ${untrusted(owner, MAX_OWNER)}` };
}

/** Label of a failure that counts. */
export function failureLabel({ outcome: ended, failureClass }: ReportedCase): string {
  const kind = { failed: 'failure', errored: 'error', cancelled: 'cancellation' } as const;
  const verb = { failed: 'failing', errored: 'erroring', cancelled: 'cancelled' } as const;
  const plain = { failed: 'Failed', errored: 'Errored', cancelled: 'Cancelled' } as const;
  const outcome = ended as keyof typeof kind;
  switch (failureClass) {
    case 'regression':
      return `New ${kind[outcome]}`;
    case 'pre-existing':
      return `Still ${verb[outcome]}`;
    case 'new-test-case':
      return `New test case, ${plain[outcome].toLowerCase()}`;
    case 'unknown':
      return plain[outcome];
  }
}
