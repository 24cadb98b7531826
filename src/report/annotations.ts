import { type CaseResult, decisiveRun } from '../domain/test-case.ts';
import { logLine } from '../text/clean.ts';
import type { Report } from './report.ts';
import { runMessage, STATUS_WORDS } from './run-text.ts';
import { notPassed } from './sections/batch.ts';
import { headline } from './sections/headline.ts';

/** An error in the checks view: plain text, one line each, that the runner does not obey. */
export interface Annotation {
  readonly title: string;
  readonly message: string;
}

const MAX_TITLE = 200;
const MAX_NAME = 100;
const MAX_MESSAGE = 1_000;
const MAX_VALUE = 200;

/**
 * One error for each test case that did not pass, the last one for all that are left when there are more than `max`
 * (GitHub shows 10 of a step). Where no test case can be named, one with the reason; none while waiting or when passed.
 */
export function annotationsFor(report: Report, max = 10): Annotation[] {
  const { name, judgement, tally } = report;
  if (judgement === undefined || judgement.verdict === 'passed' || max < 1) return [];
  const cases = notPassed(report);
  if (cases.length === 0) {
    return [annotation(headline(name, judgement.verdict, tally), judgement.reason)];
  }
  if (cases.length <= max) return cases.map(forCase);
  return [...cases.slice(0, max - 1).map(forCase), forRest(cases.slice(max - 1))];
}

const annotation = (title: string, message: string): Annotation => ({
  title: logLine(title, MAX_TITLE),
  message: logLine(message, MAX_MESSAGE),
});

function forCase(result: CaseResult): Annotation {
  const run = decisiveRun(result);
  const failures = run.assertions.flatMap(({ label, outcome, expected, actual, explanation }) => {
    if (outcome !== 'failed') return [];
    const values = [
      ...(expected === undefined ? [] : [`expected ${quoted(expected)}`]),
      ...(actual === undefined ? [] : [`got ${quoted(actual)}`]),
    ].join(', ');
    return [[logLine(label, MAX_NAME), values, explanation ?? ''].filter((part) => part !== '').join(': ')];
  });
  const why = run.explanation === undefined && failures.length > 0 ? [] : [runMessage(run)];
  return annotation(
    `${STATUS_WORDS[run.status]}: ${run.testCase.name}`,
    `${[...why, ...failures].join('; ')} (run ${logLine(run.id, MAX_NAME)})`,
  );
}

function forRest(cases: readonly CaseResult[]): Annotation {
  const names = cases.map(({ testCase }) => logLine(testCase.name, MAX_NAME)).join('; ');
  return annotation(
    `${cases.length} more test cases did not pass`,
    `The job summary has all of them: ${names}`,
  );
}

const quoted = (text: string): string => `"${logLine(text, MAX_VALUE)}"`;
