import type { Tally } from '../../domain/batch.ts';
import type { State } from '../../domain/verdict.ts';
import { cleanLine } from '../../text/clean.ts';
import { formatCount } from '../../text/format.ts';
import { heading, untrusted } from '../markdown.ts';
import { render } from '../markdown-writer.ts';
import type { Report } from '../report.ts';
import { causeInWords } from './cause.ts';

/** Meaning of a sign: a verdict, or the outcome of a test case. */
export type Sign = State | 'flaky' | 'tolerated' | 'broken-test' | 'gone';

/** The sign before a verdict, a batch and a test case alike. It never stands without a word. */
export const SIGNS = {
  waiting: '⏳',
  passed: '✅',
  flaky: '🟡',
  failed: '❌',
  errored: '⚠️',
  cancelled: '🚫',
  'timed-out': '⏰',
  inconclusive: '❓',
  tolerated: '⏸️',
  'broken-test': '🔧',
  gone: '➖',
} as const satisfies Record<Sign, string>;

const MAX_GATE_NAME = 120;
/** More characters than any headline has, since names and labels are clipped. */
const MAX_HEADLINE = 400;

/** The gate does not stop anything, whatever the verdict is. */
export const REPORT_ONLY = 'report only';

/** The verdict, or that there is none yet. */
export const stateOf = ({ judgement }: Pick<Report, 'judgement'>): State => judgement?.verdict ?? 'waiting';

/**
 * The one line that decides already in the subject of an e-mail: sign, name, verdict and counts. Plain text; `name` is
 * the user's, so it passes `markdown.ts` like foreign text before it is rendered.
 */
function headline(name: string, state: State, result: string): string {
  return `${SIGNS[state]} ${cleanLine(name, MAX_GATE_NAME)}: ${result}`;
}

/** The headline of a report as plain text. */
export const headlineOf = (report: Report): string =>
  headline(report.name, stateOf(report), resultOf(report));

/** The headline of a gate, or of one job's part in it, as a heading in Markdown. Without `result` it is made of the counts. */
export function headlineHeading({
  name,
  state,
  tally,
  result,
}: {
  name: string;
  state: State;
  tally: Tally;
  result?: string | undefined;
}): string {
  const line = headline(name, state, result ?? resultOfCounts(state, tally));
  return render(heading(2, untrusted(line, MAX_HEADLINE)));
}

/**
 * Result in a clause of our own words: "3 of 12 failed, 2 of them new", "inconclusive, 3 of 12 runs missing (report only)".
 */
export function resultOf(report: Report): string {
  return `${describeResult(report)}${report.isReportOnly === true ? ` (${REPORT_ONLY})` : ''}`;
}

function describeResult(report: Report): string {
  const { judgement, tally, classified } = report;
  switch (judgement?.verdict) {
    case 'failed':
    case 'errored': {
      const newCount = newInWords(classified.failures);
      const areFlaky = judgement.verdict === 'failed' && tally.failed === 0;
      if (newCount === undefined || areFlaky) return resultOfCounts(judgement.verdict, tally);
      const kinds = new Set(classified.failures.map(({ outcome }) => outcome));
      const verb = kinds.size > 1 ? 'did not pass' : classified.failures[0]?.outcome;
      const first = `${formatCount(classified.failures.length)} of ${formatCount(tally.total)} ${verb}`;
      return listed(first, [newCount, ...countEach(tally, 'unfinished')]);
    }
    case 'inconclusive': {
      const cause = causeInWords(report);
      return cause === '' ? 'inconclusive' : `inconclusive, ${cause}`;
    }
    case 'passed': {
      const broken = classified.brokenTests.length;
      const more = broken === 0 ? [] : [`${formatCount(broken)} with a broken test`];
      return listed(resultOfCounts('passed', tally), more);
    }
    case undefined:
      return isRepeating(report) ? waitingResult(report) : resultOfCounts('waiting', tally);
    default:
      return resultOfCounts(stateOf(report), tally);
  }
}

const isRepeating = ({ rule, tally: { total } }: Report): boolean =>
  rule !== undefined && rule.kind !== 'every-run' && total > 0;

/** Result while test cases are run again: counts those that are decided, and not the runs that have ended. */
function waitingResult({ tally, confirming = 0 }: Report): string {
  const { total, unfinished } = tally;
  return listed(`waiting, ${formatCount(total - unfinished)} of ${formatCount(total)} decided`, [
    ...(confirming > 0 ? [`${formatCount(confirming)} being confirmed`] : []),
    ...countEach(tally, 'failed', 'errored', 'cancelled'),
  ]);
}

/** The same by the counts alone, for whoever knows no more. */
export function resultOfCounts(state: State, tally: Tally): string {
  const { total, passed, flaky, failed, errored, cancelled, unfinished, tolerated } = tally;
  const ofAll = `of ${formatCount(total)}`;
  const finished =
    total === 0 ? 'no test cases seen' : `${formatCount(total - unfinished)} ${ofAll} finished`;
  const beside = countEach(tally, 'flaky');
  const notCounted = tolerated > 0 ? [`${formatCount(tolerated)} not counted`] : [];

  switch (state) {
    case 'passed': {
      const all = total === 1 ? 'the one test case passed' : `all ${formatCount(total)} passed`;
      return listed(tolerated > 0 ? `${formatCount(passed)} ${ofAll} passed` : all, [
        ...beside,
        ...notCounted,
      ]);
    }
    case 'failed':
      return failed > 0
        ? listed(
            `${formatCount(failed)} ${ofAll} failed`,
            countEach(tally, 'errored', 'cancelled', 'unfinished'),
          )
        : listed(`${formatCount(flaky)} ${ofAll} flaky, more than allowed`, countEach(tally, 'errored'));
    case 'errored': {
      const first =
        errored > 0 ? `${formatCount(errored)} ${ofAll} errored` : `the batch errored, ${finished}`;
      return listed(first, countEach(tally, 'cancelled', ...(errored > 0 ? ['unfinished' as const] : [])));
    }
    case 'cancelled':
      return cancelled > 0
        ? listed(`${formatCount(cancelled)} ${ofAll} cancelled`, countEach(tally, 'unfinished'))
        : `cancelled, ${finished}`;
    case 'timed-out':
      return `timed out, ${finished}`;
    case 'inconclusive':
      return total === 0 ? 'inconclusive, no test cases seen' : 'inconclusive';
    case 'waiting': {
      const first = total === 0 ? 'waiting for the first result' : `waiting, ${finished}`;
      return listed(first, countEach(tally, 'failed', 'errored', 'cancelled'));
    }
  }
}

/** Number of failures that are known to pass elsewhere; `undefined` where that is not known of any. */
function newInWords(failures: Report['classified']['failures']): string | undefined {
  const regressionCount = failures.filter(({ failureClass }) => failureClass === 'regression').length;
  if (regressionCount > 0) {
    if (regressionCount < failures.length) return `${formatCount(regressionCount)} of them new`;
    return failures.length === 1 ? 'new' : 'all new';
  }
  // "None" only where each of them is known to fail there as well.
  const arePreexisting =
    failures.length > 0 && failures.every(({ failureClass }) => failureClass === 'pre-existing');
  if (!arePreexisting) return undefined;
  return failures.length === 1 ? 'not new' : 'none of them new';
}

const listed = (first: string, others: readonly string[]): string => [first, ...others].join(', ');

/** `1 failed`, `2 errored`: those of the counts that are not zero. */
function countEach(tally: Tally, ...kinds: Exclude<keyof Tally, 'total'>[]): string[] {
  return kinds.flatMap((kind) => (tally[kind] > 0 ? [`${formatCount(tally[kind])} ${kind}`] : []));
}
