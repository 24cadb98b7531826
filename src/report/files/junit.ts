import XMLBuilder from 'fast-xml-builder';
import type { Run } from '../../domain/run.ts';
import type { Report, ReportedCase } from '../report.ts';
import { runDetails, runMessage } from '../run-text.ts';
import { conversationLines, type Suite, sumOfTimes, type TestEntry, testSuites } from './test-suites.ts';
import { fileLine, fileText, isoTime } from './values.ts';

/**
 * The builder escapes text and attributes. It would write an attribute whose value is `true` without the value,
 * which is not XML, unless told not to.
 */
const builder = new XMLBuilder({
  format: true,
  ignoreAttributes: false,
  suppressBooleanAttributes: false,
  suppressEmptyNode: true,
});

/**
 * The report as JUnit XML: a suite for each batch. Nobody owns the format; this keeps to
 * what Jenkins' xunit plugin checks with its schema (junit-10.xsd), which has no `skipped` for all suites together and
 * no properties for one test case. So a run's id is in its `system-out`, with the conversation if that may be shown.
 */
export function renderJunit(report: Report): string {
  const suites = testSuites(report);
  const { skipped: _, ...totals } = counts(suites.flatMap(({ entries }) => entries));
  return builder.build({
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    testsuites: {
      ...attributes({ name: report.name, ...totals }),
      testsuite: suites.map((suite) => suiteElement(report, suite)),
    },
  });
}

function suiteElement(report: Report, suite: Suite): object {
  const createdAt = isoTime(suite.batch?.batch?.createdAt);
  // Readers disagree about fractions of a second here, and all of them can do without.
  const timestamp = createdAt?.replace(/\.\d+/, '');
  return {
    ...attributes({ name: suite.name, ...counts(suite.entries), timestamp }),
    properties: { property: properties(report, suite).map(attributes) },
    testcase: suite.entries.map((entry) => testCaseElement(suite, entry)),
  };
}

function properties({ judgement, providerTitle, origin }: Report, { batch }: Suite): Property[] {
  const named: [name: string, value: string | undefined][] = [
    ['provider', providerTitle],
    ['batch-id', batch?.id],
    ['subject', batch?.batch?.subject],
    ['commit', origin.commit],
    ['verdict', judgement?.verdict],
    ['reason', judgement?.reason],
    ...(judgement?.notes ?? []).map((note): [string, string] => ['note', note]),
  ];
  return named.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

type Property = { readonly name: string; readonly value: string };

function testCaseElement(suite: Suite, entry: TestEntry): object {
  return {
    ...attributes({ name: entry.name, classname: suite.name, time: seconds([entry]) }),
    ...resultElement(entry),
    ...(entry.result === undefined ? {} : { 'system-out': { '#text': systemOut(entry, entry.result) } }),
  };
}

/** A test case without any of these passed. */
function resultElement({ status, rawStatus, message, details, flakyRuns }: TestEntry): object {
  const cause = { ...attributes({ message, type: rawStatus }), '#text': fileText(details) };
  switch (status) {
    case 'passed':
      return flakyElements(flakyRuns);
    case 'failed':
      return { failure: cause };
    case 'errored':
      return { error: cause };
    case 'cancelled':
    case 'pending':
    case 'tolerated':
      return { skipped: cause };
  }
}

/** Surefire's elements for the runs of a test case that passed in the end: one for each run that did not. */
function flakyElements(runs: readonly Run[]): object {
  const elements = (wanted: (run: Run) => boolean) =>
    runs.filter(wanted).map((run) => ({
      ...attributes({ message: runMessage(run), type: run.status }),
      stackTrace: fileText(runDetails(run)),
    }));
  const errors = elements(({ status }) => status === 'errored');
  const failures = elements(({ status }) => status !== 'errored');
  return {
    ...(failures.length === 0 ? {} : { flakyFailure: failures }),
    ...(errors.length === 0 ? {} : { flakyError: errors }),
  };
}

/** Facts for which the result element has no place. */
function systemOut(entry: TestEntry, result: ReportedCase): string {
  const { status, details } = entry;
  const { testCase, runs } = result;
  const ids = [
    ...runs.map(({ id, status: ended }) =>
      runs.length === 1 ? `Run: ${fileLine(id)}` : `Run: ${fileLine(id)} (${ended})`,
    ),
    ...(testCase.id === undefined ? [] : [`Test case: ${fileLine(testCase.id)}`]),
  ].join('\n');
  const why = status === 'passed' && result.outcome !== 'flaky' ? details : '';
  const conversation = conversationLines(entry).join('\n');
  return fileText([ids, why, conversation].filter((part) => part !== '').join('\n\n'));
}

function counts(entries: readonly TestEntry[]) {
  const count = (...of: TestEntry['status'][]) => entries.filter(({ status }) => of.includes(status)).length;
  return {
    tests: entries.length,
    failures: count('failed'),
    errors: count('errored'),
    skipped: count('cancelled', 'pending', 'tolerated'),
    time: seconds(entries),
  };
}

/** The time of all these together in seconds, as far as it is known; no attribute where it is not known of any. */
function seconds(entries: readonly TestEntry[]): string | undefined {
  const ms = sumOfTimes(entries);
  return ms === undefined ? undefined : (ms / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): Record<string, string> {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [`@_${name}`, fileLine(String(value))]));
}
