import { type Report, workflowRunUrl } from '../report.ts';
import { conversationLines, type Suite, type TestEntry, testSuites } from './test-suites.ts';
import { fileJson, fileLine, isoTime, wholeMs } from './values.ts';

/**
 * CTRF has no word for an error, and its readers count only `failed` as bad; `other` is its word for what has
 * none (https://ctrf.io, "Test Status"). Which of ours it was is in `rawStatus`.
 */
const CTRF_STATUS = {
  passed: 'passed',
  failed: 'failed',
  errored: 'failed',
  cancelled: 'other',
  pending: 'pending',
  tolerated: 'skipped',
} as const satisfies Record<TestEntry['status'], string>;

/** The report in the Common Test Report Format, with the fields that its versions since 2025 have in common. */
export function renderCtrf(report: Report): string {
  const suites = testSuites(report);
  const tests = suites.flatMap((suite) => suite.entries.map((entry) => test(suite, entry)));
  const count = (wanted: string) => tests.filter(({ status }) => status === wanted).length;
  const { judgement, tally } = report;
  return fileJson({
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    timestamp: isoTime(report.writtenAt),
    generatedBy: 'agent-test-gate',
    results: {
      tool: { name: 'agent-test-gate', extra: extra('provider', report.providerTitle) },
      summary: {
        tests: tests.length,
        passed: count('passed'),
        failed: count('failed'),
        skipped: count('skipped'),
        pending: count('pending'),
        other: count('other'),
        flaky: tests.filter(({ flaky }) => flaky === true).length,
        suites: suites.length,
        ...period(report),
      },
      tests,
      environment: environment(report),
      extra: extra('gate', { ...judgement, tally }),
    },
  });
}

function test(suite: Suite, entry: TestEntry) {
  const { result } = entry;
  const run = result?.decisive;
  const conversation = conversationLines(entry);
  return {
    name: entry.name,
    status: CTRF_STATUS[entry.status],
    rawStatus: entry.rawStatus,
    // The format demands a duration, so what is unknown is 0.
    duration: entry.durationMs ?? 0,
    suite: [suite.name],
    flaky: entry.flakyRuns.length > 0 ? true : undefined,
    retries: result !== undefined && result.runs.length > 1 ? result.runs.length - 1 : undefined,
    ...(entry.message === '' ? {} : { message: entry.message }),
    ...((entry.status === 'passed' && entry.flakyRuns.length === 0) || entry.details === ''
      ? {}
      : { trace: entry.details }),
    ...(conversation.length === 0 ? {} : { stdout: conversation }),
    extra: extra('ids', { batch: suite.batch?.id, run: run?.id, testCase: run?.testCase.id }),
  };
}

/** From the first batch's creation, as far as the provider says, or from when the gate began to wait. */
function period({ batches, writtenAt, waitedMs }: Report): { start: number; stop: number } {
  const stop = wholeMs(writtenAt) ?? 0;
  const created = batches.map(({ batch }) => wholeMs(batch?.createdAt) ?? stop);
  const began = stop - (wholeMs(waitedMs) ?? 0);
  return { start: Math.max(0, Math.min(stop, began, ...created)), stop };
}

function environment({ name, origin, judgement }: Report): object {
  return {
    reportName: fileLine(name),
    buildId: origin.runId?.toString(),
    buildNumber: origin.runNumber,
    buildUrl: workflowRunUrl(origin),
    repositoryUrl: origin.repositoryUrl,
    commit: origin.commit,
    healthy: judgement?.verdict === 'passed',
  };
}

/** The format asks for keys that say whose they are. */
const extra = (key: string, value: unknown) => ({ [`agent-test-gate.${key}`]: value });
