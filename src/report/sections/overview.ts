import type { BaseCase, Push } from '../../domain/comparison.ts';
import { changeOf } from '../../domain/comparison.ts';
import type { CaseResult } from '../../domain/test-case.ts';
import { countsForVerdict } from '../../domain/test-case.ts';
import { VERDICTS } from '../../domain/verdict.ts';
import { foreign, type Inline, md, paragraph, render, strong, table, words } from '../markdown.ts';
import type { Report } from '../report.ts';
import { passesOf, standingOf } from '../standing.ts';
import { linkPush } from './footer.ts';
import { SIGNS } from './headline.ts';
import { baseName, placeOf, signOf, TOGETHER } from './names.ts';

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
  const { bad, unfinished, flaky, tolerated, fixed, gone } = report.outline;
  const waiting = unfinished.length > MAX_UNFINISHED ? [] : unfinished;
  const rows: Row[] = [...bad, ...waiting, ...flaky, ...tolerated, ...gone, ...fixed];
  const isNeeded = hasFigures(report)
    ? rows.length > 1 || bad.length > 0 || fixed.length > 0
    : bad.length > 3 || (bad.length > 0 && rows.length > bad.length);
  return isNeeded ? rows : [];
}

/** Whether anything is known of the test cases that figures could say: several runs, or runs elsewhere. */
function hasFigures(report: Report): boolean {
  return (
    report.base !== undefined || report.cases.some(({ runs, elsewhere }) => runs.length > 1 || elsewhere)
  );
}

/** The table of these lines, `left` more of which are only counted. */
export function renderOverview(report: Report, rows: readonly Row[], left: number): string {
  const { base, cases } = report;
  const there = base !== undefined ? 'base' : cases.some((one) => one.elsewhere) ? 'elsewhere' : undefined;
  const place = base === undefined ? placeOf(report) : baseName(base);
  const head: Inline[][] = [
    [words('Test case')],
    ...(hasFigures(report) ? [[words('Passed here')]] : []),
    ...(there === undefined ? [] : [[words('Passed on '), place]]),
  ];
  const cells = rows.map((row) => [
    labelled(row, report),
    ...(hasFigures(report) ? [here(row)] : []),
    ...(there === undefined ? [] : [there === 'base' ? onBase(row, report) : elsewhere(row)]),
  ]);
  const more = left === 0 ? [] : [paragraph(words(`And ${left} more.`))];
  return render(table(head, cells), ...more);
}

const NOTHING: Inline[] = [words('–')];

function here(row: Row): Inline[] {
  if (isOfBase(row)) return NOTHING;
  const { passes, total } = passesOf(row);
  return md`${passes}/${total}`;
}

function onBase(row: Row, { base }: Report): Inline[] {
  const known = isOfBase(row) ? row : base?.cases.get(row.testCase.id ?? '');
  return known === undefined ? NOTHING : md`${known.passes}/${known.runs}`;
}

function elsewhere(row: Row): Inline[] {
  if (isOfBase(row) || row.elsewhere === undefined) return NOTHING;
  const { passes, total } = passesOf(row.elsewhere);
  return md`${passes}/${total}`;
}

function labelled(row: Row, report: Report): Inline[] {
  if (isOfBase(row)) {
    return md`${SIGNS.gone} ${strong(words('No longer run:'))} ${foreign(row.name, MAX_NAME)}`;
  }
  return md`${signOf(row)} ${labelOf(row, report)} ${foreign(row.testCase.name, MAX_NAME)}`;
}

function labelOf(result: CaseResult, report: Report): Inline[] {
  const { outcome, quarantine } = result;
  const change = changeOf(result, report.base);
  const label = (text: string) => [strong(words(`${text}:`))];
  if (outcome === 'passed' && change === 'fixed') return label('Fixed');
  if (outcome === 'flaky') return label(change === 'newly-flaky' ? 'Newly flaky' : 'Flaky');
  if (outcome === 'unfinished') return label('Unfinished');
  if (countsForVerdict(result)) return label(badLabel(result, report));
  if (quarantine?.state !== 'in-force') return label('Not counted');
  const { until, owner } = quarantine.entry;
  return md`${strong(words('Quarantined'))} to ${foreign(until, 20)}, ${foreign(owner, MAX_OWNER)}:`;
}

/** What a failure that counts is called. */
export function badLabel(result: CaseResult, report: Report): string {
  const kind = { failed: 'failure', errored: 'error', cancelled: 'cancellation' } as const;
  const verb = { failed: 'failing', errored: 'erroring', cancelled: 'cancelled' } as const;
  const plain = { failed: 'Failed', errored: 'Errored', cancelled: 'Cancelled' } as const;
  const outcome = result.outcome as keyof typeof kind;
  switch (standingOf(result, report)) {
    case 'new':
      return `New ${kind[outcome]}`;
    case 'old':
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
    bad: total - passed - tolerated,
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
  const figure = emphasis(words(isCounted ? String(push.bad) : (verdict ?? 'unknown')));
  return md`${SIGNS[verdict ?? 'inconclusive']}${TOGETHER}${linkPush(push, origin)}${TOGETHER}${figure}`;
}
