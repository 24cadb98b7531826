import type { BaseCase, Push } from '../../domain/comparison.ts';
import { changeOf } from '../../domain/comparison.ts';
import type { CaseResult } from '../../domain/test-case.ts';
import { countsForVerdict } from '../../domain/test-case.ts';
import { VERDICTS } from '../../domain/verdict.ts';
import { classifyFailure, countPasses } from '../classify.ts';
import { type Inline, md, paragraph, render, strong, table, trusted, untrusted } from '../markdown.ts';
import type { Report } from '../report.ts';
import { linkPush } from './footer.ts';
import { SIGNS } from './headline.ts';
import { baselineLabel, baseName, NO_BREAK_SPACE, signOf } from './names.ts';

const MAX_NAME = 120;
const MAX_OWNER = 60;
/** Pushes in the strip, this one included. */
const MAX_PUSHES = 10;

/** One line of the overview: a test case that is not simply passed. */
export type Row = CaseResult | BaseCase;

const isOfBase = (row: Row): row is BaseCase => !('key' in row);

/** More unfinished test cases than this have only a list of their own. */
const MAX_UNFINISHED = 5;

/**
 * The lines of the overview: every test case that is not simply passed, what counts first. None where they would only
 * repeat the headings below: a few failures of which nothing else is known. What was fixed stands nowhere else.
 */
export function overviewRows(report: Report): Row[] {
  const { failures, unfinished, flaky, tolerated, fixed, removed } = report.classified;
  const waiting = unfinished.length > MAX_UNFINISHED ? [] : unfinished;
  const rows: Row[] = [...failures, ...waiting, ...flaky, ...tolerated, ...removed, ...fixed];
  const isTableUseful = hasFigures(report)
    ? rows.length > 1 || failures.length > 0 || fixed.length > 0
    : failures.length > 3 || (failures.length > 0 && rows.length > failures.length);
  return isTableUseful ? rows : [];
}

/** Whether anything is known of the test cases that figures could say: several runs, or runs elsewhere. */
function hasFigures(report: Report): boolean {
  return (
    report.base !== undefined || report.cases.some(({ runs, comparison }) => runs.length > 1 || comparison)
  );
}

/** The table of these lines, `left` more of which are only counted. */
export function renderOverview(report: Report, rows: readonly Row[], left: number): string {
  const { base, cases } = report;
  const there = base !== undefined ? 'base' : cases.some((one) => one.comparison) ? 'elsewhere' : undefined;
  const place = base === undefined ? baselineLabel(report) : baseName(base);
  const head: Inline[][] = [
    [trusted('Test case')],
    ...(hasFigures(report) ? [[trusted('Passed here')]] : []),
    ...(there === undefined ? [] : [[trusted('Passed on '), place]]),
  ];
  const cells = rows.map((row) => [
    labelled(row, report),
    ...(hasFigures(report) ? [ownCell(row)] : []),
    ...(there === undefined ? [] : [there === 'base' ? baseCell(row, report) : comparisonCell(row)]),
  ]);
  const more = left === 0 ? [] : [paragraph(trusted(`And ${left} more.`))];
  return render(table(head, cells), ...more);
}

const NOTHING: Inline[] = [trusted('–')];

function ownCell(row: Row): Inline[] {
  if (isOfBase(row)) return NOTHING;
  const { passes, total } = countPasses(row);
  return md`${passes}/${total}`;
}

function baseCell(row: Row, { base }: Report): Inline[] {
  const known = isOfBase(row) ? row : base?.cases.get(row.testCase.id ?? '');
  return known === undefined ? NOTHING : md`${known.passes}/${known.runs}`;
}

function comparisonCell(row: Row): Inline[] {
  if (isOfBase(row) || row.comparison === undefined) return NOTHING;
  const { passes, total } = countPasses(row.comparison);
  return md`${passes}/${total}`;
}

function labelled(row: Row, report: Report): Inline[] {
  if (isOfBase(row)) {
    return md`${SIGNS.gone} ${strong(trusted('No longer run:'))} ${untrusted(row.name, MAX_NAME)}`;
  }
  return md`${signOf(row)} ${labelOf(row, report)} ${untrusted(row.testCase.name, MAX_NAME)}`;
}

function labelOf(result: CaseResult, report: Report): Inline[] {
  const { outcome, quarantine } = result;
  const change = changeOf(result, report.base);
  const label = (text: string) => [strong(trusted(`${text}:`))];
  if (outcome === 'passed' && change === 'fixed') return label('Fixed');
  if (outcome === 'flaky') return label(change === 'newly-flaky' ? 'Newly flaky' : 'Flaky');
  if (outcome === 'unfinished') return label('Unfinished');
  if (countsForVerdict(result)) return label(failureLabel(result, report));
  if (quarantine?.state !== 'in-force') return label('Not counted');
  const { until, owner } = quarantine.entry;
  return md`${strong(trusted('Quarantined'))} to ${untrusted(until, 20)}, ${untrusted(owner, MAX_OWNER)}:`;
}

/** What a failure that counts is called. */
export function failureLabel(result: CaseResult, report: Report): string {
  const kind = { failed: 'failure', errored: 'error', cancelled: 'cancellation' } as const;
  const verb = { failed: 'failing', errored: 'erroring', cancelled: 'cancelled' } as const;
  const plain = { failed: 'Failed', errored: 'Errored', cancelled: 'Cancelled' } as const;
  const outcome = result.outcome as keyof typeof kind;
  switch (classifyFailure(result, report)) {
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

/** How many test cases counted against the verdict in each push, this one in bold; nothing where it is the first. */
export function renderPushes(report: Report): string | undefined {
  const { history, judgement, origin, tally } = report;
  if (history === undefined || history.pushes.length === 0 || judgement === undefined) return undefined;
  if (origin.commit === undefined) return undefined;
  const { total, passed, tolerated } = tally;
  const own = {
    commit: origin.commit,
    attempt: origin.runAttempt ?? 1,
    verdict: judgement.verdict,
    failureCount: total - passed - tolerated,
    total,
  };
  const shown = history.pushes.slice(-(MAX_PUSHES - 1));
  const before = shown.length < history.pushes.length ? '… → ' : '';
  const earlier = shown.flatMap((push) => md`${pushInline(push, report)} → `);
  return render(paragraph(...md`Failed in each push: ${before}${earlier}${pushInline(own, report, strong)}`));
}

/** Sign, commit, and how many failed; the verdict in a word where the number would say nothing. */
function pushInline(push: Push, { origin }: Report, emphasis = (text: Inline): Inline => text): Inline[] {
  const verdict = VERDICTS.find((one) => one === push.verdict);
  const isCounted = verdict === 'passed' || verdict === 'failed' || verdict === 'errored';
  const figure = emphasis(trusted(isCounted ? String(push.failureCount) : (verdict ?? 'unknown')));
  return md`${SIGNS[verdict ?? 'inconclusive']}${NO_BREAK_SPACE}${linkPush(push, origin)}${NO_BREAK_SPACE}${figure}`;
}
