/** The report as a person reads it in a terminal or in the log of another CI: pure. */
import { formatRunCount } from '../domain/batch.ts';
import type { Run } from '../domain/run.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import type { Verdict } from '../domain/verdict.ts';
import { CATEGORY_TITLES } from '../report/classify.ts';
import type { ClassifiedCases, Report, ReportedCase, ReportedRun } from '../report/report.ts';
import { costText, expectedAndActual, failedAssertions, runMessage, turnText } from '../report/run-text.ts';
import { REPORT_ONLY } from '../report/sections/headline.ts';
import { describeRuns, failureLabel, MAX_NAME } from '../report/sections/names.ts';
import { cleanLine, cleanLines } from '../text/clean.ts';
import { formatAge, formatDuration } from '../text/format.ts';
import { layOut } from './layout.ts';
import type { Look, Style, TextFormat } from './style.ts';

/** More failures than this are told in a line each. */
const MAX_EVIDENCE = 25;
/** More test cases than this of one kind are counted. */
const MAX_LISTED = 200;
const MAX_REASON = 2_000;
const MAX_TURN = 600;
const MAX_SENTENCE = 1_000;
const MAX_VALUE = 300;

const LOOKS: Readonly<Record<Verdict, { sign: string; look: Look }>> = {
  passed: { sign: '✓', look: 'green' },
  failed: { sign: '✗', look: 'red' },
  errored: { sign: '✗', look: 'red' },
  cancelled: { sign: '✗', look: 'yellow' },
  'timed-out': { sign: '✗', look: 'yellow' },
  inconclusive: { sign: '?', look: 'yellow' },
};

/** The verdict and what led to it: failures with their evidence, what else is not simply passed, counts. Ends in a line feed. */
export function renderTerminalReport(report: Report, { width, style }: TextFormat): string {
  const { failures } = report.classified;
  const listed = [
    ...failures.slice(MAX_EVIDENCE).map((result) => failureLine(result, style)),
    ...otherLines(report.classified, style),
  ];
  const blocks = [
    headLines(report, style),
    ...failures.slice(0, MAX_EVIDENCE).map((result) => failureLines(result, style)),
    listed.slice(0, MAX_LISTED),
    countLines(report),
  ];
  return layOut(blocks, width);
}

/** The verdict, why, and what was tested. */
function headLines(
  { judgement, subject, subjectNote, batches, reused, isReportOnly }: Report,
  style: Style,
): string[] {
  const verdict = judgement?.verdict ?? 'inconclusive';
  const { sign, look } = LOOKS[verdict];
  const word = judgement?.refusal !== undefined ? 'refused' : verdict;
  const note = isReportOnly === true ? ` (${REPORT_ONLY})` : '';
  const sentence = (text: string) => cleanLine(text, MAX_SENTENCE);
  const tested = subject ?? batches.find(({ batch }) => batch?.subject !== undefined)?.batch?.subject;
  return [
    `${style(['bold', look], `${sign} ${word}`)}${note} ${sentence(judgement?.reason ?? 'There is no verdict.')}`,
    ...(reused === undefined
      ? []
      : [
          `  This is the result of batch ${cleanLine(reused.batchId, MAX_NAME)}, started ${formatAge(reused.ageMs)} ago: nothing under test has changed since.`,
        ]),
    ...(judgement?.notes ?? []).map((text) => `  ${sentence(text)}`),
    ...(tested === undefined ? [] : [`  ${style('dim', `Tested: ${sentence(tested)}`)}`]),
    ...(subjectNote === undefined ? [] : [`  ${style('dim', sentence(subjectNote))}`]),
  ];
}

/** A failure with its reason and the turns that prove it. */
function failureLines(result: ReportedCase, style: Style): string[] {
  const { decisive: run, testFaults, edit } = result;
  const checks = checkLines(run);
  // Without an explanation the reason only lists what the checks say with their values.
  const isInChecks = checks.length > 0 && run.status === 'failed' && !run.explanation;
  return [
    failureLine(result, style),
    // Only a file is compared with here.
    ...(edit === undefined ? [] : ['    The test case was edited since the baseline.']),
    ...testFaults.map((fault) => `    ${style('yellow', `Broken test: ${cleanLine(fault, MAX_SENTENCE)}`)}`),
    ...(isInChecks ? [] : cleanLines(runMessage(run), MAX_REASON).map((text) => `    ${text}`)),
    ...checks.map((text) => `    ${text}`),
    ...turnLines(run).map((text) => `      ${style('dim', text)}`),
  ];
}

function failureLine(result: ReportedCase, style: Style): string {
  const look = result.outcome === 'cancelled' ? 'yellow' : 'red';
  const runs = describeRuns(result);
  const name = style('bold', cleanLine(result.testCase.name, MAX_NAME));
  const label = failureLabel(result);
  return `${style(look, `✗ ${label}`)}: ${name}${runs === undefined ? '' : ` (${runs})`}`;
}

/** The assertions that failed, where the reason does not say them. */
function checkLines(run: Run): string[] {
  const failed = failedAssertions(run);
  // Without an explanation the reason lists their labels.
  const isSaid =
    run.explanation === undefined && failed.every(({ expected, actual }) => !expected && !actual);
  if (isSaid) return [];
  return failed.map((assertion) => {
    const values = expectedAndActual(assertion, (value) => cleanLine(value, MAX_VALUE));
    const why = cleanLine(assertion.explanation ?? '', MAX_SENTENCE);
    const parts = [cleanLine(assertion.label, MAX_VALUE), values, why];
    return `- ${parts.filter((part) => part !== '').join(': ')}`;
  });
}

/** The turns that prove how a run ended; `…` where some between them are left out. */
function turnLines({ excerpt }: ReportedRun): string[] {
  return excerpt.turns.flatMap(({ turn, tool, isAfterGap }) => [
    ...(isAfterGap ? ['…'] : []),
    cleanLine(turnText(turn, tool), MAX_TURN),
  ]);
}

/** A line for each test case that neither failed nor simply passed. */
function otherLines(
  { unfinished, flaky, tolerated, brokenTests, removed }: ClassifiedCases,
  style: Style,
): string[] {
  return [
    ...unfinished.map((result) => line(style, 'yellow', `? ${CATEGORY_TITLES.unfinished}`, result)),
    ...flaky.map((result) =>
      line(style, 'yellow', `~ ${CATEGORY_TITLES.flaky}`, result, describeRuns(result)),
    ),
    ...tolerated.map((result) => toleratedLine(result, style)),
    ...brokenTests.map((result) =>
      line(style, 'yellow', `! ${CATEGORY_TITLES.brokenTests}`, result, result.testFaults.join('; ')),
    ),
    ...removed.map(
      ({ name }) =>
        `${style('dim', '–')} ${style('bold', CATEGORY_TITLES.removed)}: ${cleanLine(name, MAX_NAME)}`,
    ),
  ];
}

function line(style: Style, look: Look, label: string, { testCase }: ReportedCase, more?: string): string {
  const said = more === undefined ? '' : ` (${cleanLine(more, MAX_SENTENCE)})`;
  return `${style(look, label)}: ${cleanLine(testCase.name, MAX_NAME)}${said}`;
}

function toleratedLine(result: ReportedCase, style: Style): string {
  const { quarantine, outcome } = result;
  if (quarantine?.state !== 'in-force') {
    return line(style, 'dim', `– ${CATEGORY_TITLES.tolerated}`, result, outcome);
  }
  const { until, owner } = quarantine.entry;
  const label = `– Quarantined to ${cleanLine(until, 20)}, ${cleanLine(owner, 100)}`;
  return line(style, 'dim', label, result, outcome);
}

/** Numbers of test cases of each kind, the runs that were started, and the batches. */
function countLines(report: Report): string[] {
  const { judgement, tally, started, batches, waitedMs, cost, quarantineNotes = [] } = report;
  const { comparedWith, comparisonBatches = [], baseUnavailableReason } = report;
  const counts = (['passed', 'flaky', 'failed', 'errored', 'cancelled', 'unfinished', 'tolerated'] as const)
    .filter((name) => tally[name] > 0)
    .map((name) => `${tally[name]} ${name === 'tolerated' ? 'not counted' : name}`);
  const duration = formatDuration(waitedMs);
  const took = duration === undefined ? '' : ` Took ${duration}.`;
  const runs = started === undefined ? 'Started no runs.' : startedSentence(started);
  if (judgement?.refusal !== undefined) return [runs];
  return [
    ...(tally.total === 0 ? [] : [`${formatCaseCount(tally.total)}: ${counts.join(', ')}.`]),
    `${runs}${took}`,
    ...(cost === undefined ? [] : [`Cost: ${costText(cost)}.`]),
    ...(comparedWith === undefined ? [] : [`Compared with ${cleanLine(comparedWith, MAX_SENTENCE)}.`]),
    ...(baseUnavailableReason === undefined ? [] : [notCompared(baseUnavailableReason)]),
    ...quarantineNotes.map((note) => cleanLine(note, MAX_SENTENCE)),
    ...batchLines(batches, ['Batch', 'Batches']),
    ...batchLines(comparisonBatches, ['Batch of the comparison', 'Batches of the comparison']),
  ];
}

/** The sentence for a baseline that cannot be compared with, in the words of the report. */
export const notCompared = (reason: string): string =>
  `Not compared with a base: ${cleanLine(reason, MAX_SENTENCE)}.`;

/** The ids of batches on one line, and a line for each page. */
function batchLines(batches: Report['batches'], [one, many]: readonly [string, string]): string[] {
  if (batches.length === 0) return [];
  const ids = batches.map(({ id }) => cleanLine(id, MAX_NAME)).join(', ');
  return [
    `${batches.length === 1 ? one : many}: ${ids}`,
    ...batches.flatMap(({ batch }) => (batch?.url === undefined ? [] : [cleanLine(batch.url, 500)])),
  ];
}

function startedSentence({ runs, reruns }: NonNullable<Report['started']>): string {
  const again = reruns === 0 ? '' : `, ${reruns} of them again`;
  return `Started ${formatRunCount(runs)}${again}.`;
}
