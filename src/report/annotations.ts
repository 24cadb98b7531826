import { logLine } from '../text/clean.ts';
import type { Report, ReportedCase } from './report.ts';
import { expectedAndActual, failedAssertions, runMessage } from './run-text.ts';
import { headlineOf } from './sections/headline.ts';
import { brokenTestNote, labelOf, reasonOf } from './sections/names.ts';

/** An error, or a warning, in the checks view: plain text, one line each, that the runner does not obey. */
export interface Annotation {
  readonly title: string;
  readonly message: string;
}

const MAX_TITLE = 200;
const MAX_NAME = 100;
const MAX_MESSAGE = 1_000;
const MAX_VALUE = 200;
const MAX_LINE = 300;
/** More names than a message has room for. */
const MAX_NAMED = 50;

/**
 * One error for each test case that counts against the verdict, the last one for all that are left when there are more
 * than `max` (GitHub shows 10 of a step). Where no test case can be named, one with the reason; none while waiting or
 * when passed. GitHub's log shows only the message, so the name begins it.
 */
export function annotationsFor(report: Report, max = 10): Annotation[] {
  const { judgement } = report;
  if (judgement === undefined || judgement.verdict === 'passed' || max < 1) return [];
  const cases = report.classified.failures;
  if (cases.length === 0) return [annotation(headlineOf(report), judgement.reason)];
  if (cases.length <= max) return cases.map(forCase);
  return [...cases.slice(0, max - 1).map(forCase), annotationForRest(cases.slice(max - 1))];
}

/**
 * The end of the log: one line for each test case that counts against the verdict, with its name and why; empty while
 * waiting or when passed. The lines are cleaned and bounded, and there are at most `max`.
 */
export function closingLines(report: Report, max = 200): string[] {
  const { judgement } = report;
  if (judgement === undefined || judgement.verdict === 'passed') return [];
  const { failures, unfinished } = report.classified;
  const cases = [...failures, ...unfinished];
  const more = cases.length - max;
  return [
    ...cases.slice(0, max).map((result) => {
      const why = result.outcome === 'unfinished' ? '' : reasonOf(result, MAX_NAME);
      const name = logLine(result.testCase.name, MAX_NAME);
      return logLine(`${titleOf(result)}: ${name}${why === '' ? '' : `: ${why}`}`, MAX_LINE);
    }),
    ...(more > 0 ? [`and ${more} more test cases: the job summary has all of them`] : []),
  ];
}

const annotation = (title: string, message: string): Annotation => ({
  title: logLine(title, MAX_TITLE),
  message: logLine(message, MAX_MESSAGE),
});

/** "New failure", "Still failing, broken test" */
const titleOf = (result: ReportedCase): string => `${labelOf(result)}${brokenTestNote(result)}`;

function forCase(result: ReportedCase): Annotation {
  const run = result.decisive;
  const failures = failedAssertions(run).map((assertion) => {
    const values = expectedAndActual(assertion, (value) => `"${logLine(value, MAX_VALUE)}"`);
    const parts = [logLine(assertion.label, MAX_NAME), values, assertion.explanation ?? ''];
    return parts.filter((part) => part !== '').join(': ');
  });
  const why = run.explanation === undefined && failures.length > 0 ? [] : [runMessage(run)];
  return annotation(
    titleOf(result),
    `${logLine(result.testCase.name, MAX_NAME)}: ${[...why, ...failures].join('; ')} (run ${logLine(run.id, MAX_NAME)})`,
  );
}

function annotationForRest(cases: readonly ReportedCase[]): Annotation {
  const names = cases
    .slice(0, MAX_NAMED)
    .map(({ testCase }) => logLine(testCase.name, MAX_NAME))
    .join('; ');
  return annotation(
    `${cases.length} more test cases did not pass`,
    `The job summary has all of them: ${names}`,
  );
}
