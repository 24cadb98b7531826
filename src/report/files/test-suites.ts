import type { WatchedBatch } from '../../domain/batch.ts';
import { isBatchProven } from '../../domain/reliability.ts';
import type { Run, RunStatus } from '../../domain/run.ts';
import { hasPassed } from '../../domain/test-case.ts';
import { isTolerated } from '../classify.ts';
import type { Report, ReportedCase } from '../report.ts';
import { runDetails, runMessage, turnText } from '../run-text.ts';
import { fileLine, wholeMs } from './values.ts';

/**
 * The report as tools see it that know tests and nothing of gates. They call a file good when nothing in it
 * failed, so whatever keeps a gate shut has to be an entry that failed or errored.
 */
export interface Suite {
  /** Not empty, one line. */
  readonly name: string;
  /** Absent where there was no batch at all. */
  readonly batch?: WatchedBatch;
  readonly entries: readonly TestEntry[];
}

export interface TestEntry {
  /** Not empty, one line, and no other test case of the batch has it: readers take equal names for one test. */
  readonly name: string;
  /** `tolerated` did not pass and does not count against the verdict. */
  readonly status: RunStatus | 'tolerated';
  /** The status in more exact words: the provider's where we do not know it, the verdict's for a verdict. */
  readonly rawStatus: string;
  /** Reason why it did not pass; empty if it passed. */
  readonly message: string;
  /** All that is known of why it ended so, on several lines; may be empty. */
  readonly details: string;
  /** Absent where the entry stands for a verdict, or for a batch that could not be read. */
  readonly result?: ReportedCase;
  /** The runs of a flaky test case that did not pass, in order; empty for every other. */
  readonly flakyRuns: readonly Run[];
  /** Duration of the runs of the test case, in milliseconds, as far as it is known of any; else absent. */
  readonly durationMs?: number | undefined;
}

/** One suite for each batch with one entry for each test case. Never without a red entry unless the verdict is `passed`. */
export function testSuites(report: Report): Suite[] {
  const places = Map.groupBy(report.batches, ({ batchIndex }) => batchIndex);
  const suites = [...places.values()].flatMap(([batch, ...repeats]) =>
    batch === undefined
      ? []
      : {
          name: suiteName(report, batch, places.size),
          batch,
          entries: [
            ...caseEntries(report.cases.filter(({ batchIndex }) => batchIndex === batch.batchIndex)),
            ...[batch, ...repeats].flatMap((repeated) => problemEntries(report, repeated)),
          ],
        },
  );
  if (report.judgement?.verdict === 'passed' || suites.some(hasFailures)) return suites;

  // No test case says why the gate stays shut, so the verdict does, beside the first batch that it can be about.
  const at = Math.max(
    0,
    suites.findIndex(({ batch }) => !isBatchProven(batch)),
  );
  const suite: Suite = suites[at] ?? { name: gateName(report), entries: [] };
  const entries = [...suite.entries, verdictEntry(report)];
  return [...suites.slice(0, at), { ...suite, entries }, ...suites.slice(at + 1)];
}

/** True if a tool that knows only tests would call this suite bad. */
function hasFailures({ entries }: Suite): boolean {
  return entries.some(({ status }) => status === 'failed' || status === 'errored');
}

const gateName = ({ name }: Report): string => fileLine(name) || 'Agent tests';

// Tools compare a test with its namesake of the last build, so the batch's id is in the name only where it has to be.
function suiteName(report: Report, { id }: WatchedBatch, count: number): string {
  return count === 1 ? gateName(report) : `${gateName(report)} (batch ${fileLine(id)})`;
}

function caseEntries(cases: readonly ReportedCase[]): TestEntry[] {
  const names = distinctNames(cases);
  return cases.map((result, index) => {
    const run = result.decisive;
    return {
      name: names[index] ?? result.key,
      status: statusOf(result),
      rawStatus: run.unknownStatus ?? (result.outcome === 'flaky' ? 'passed' : run.status),
      message: messageOf(result, run),
      flakyRuns: result.outcome === 'flaky' ? result.runs.filter(({ status }) => status !== 'passed') : [],
      details: runDetails(run),
      durationMs: sumOfTimes(result.runs),
      result,
    };
  });
}

/**
 * Conversation of the deciding run, a line for each turn, as far as it may be shown; empty where all runs passed: only the
 * JSON report has those.
 */
export const conversationLines = ({ result }: TestEntry): string[] =>
  result === undefined || result.decisive.status === 'passed'
    ? []
    : result.decisive.turns.map((turn) => turnText(turn));

/** The times together, in milliseconds, as far as they are known; `undefined` where none is. */
export function sumOfTimes(
  parts: readonly { readonly durationMs?: number | undefined }[],
): number | undefined {
  const known = parts.flatMap(({ durationMs }) => wholeMs(durationMs) ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0);
}

function statusOf(result: ReportedCase): TestEntry['status'] {
  if (hasPassed(result)) return 'passed';
  if (isTolerated(result)) return 'tolerated';
  return result.outcome === 'unfinished' ? 'pending' : (result.outcome as RunStatus);
}

/** Reason why it did not pass; for one that does not count, why it does not. */
function messageOf(result: ReportedCase, run: Run): string {
  if (hasPassed(result)) return '';
  if (!isTolerated(result)) return runMessage(run);
  const { quarantine } = result;
  const why =
    quarantine?.state === 'in-force'
      ? `Quarantined until ${quarantine.entry.until} (${quarantine.entry.owner}): ${quarantine.entry.reason}`
      : 'Not counted: it does not pass on the other version either';
  return `${why}. ${runMessage(run)}`;
}

/** The names of the test cases; where several share one, with the test case's id, and then the run's as well. */
function distinctNames(cases: readonly ReportedCase[]): string[] {
  const names = cases.map(
    ({ testCase }) => fileLine(testCase.name) || fileLine(testCase.id ?? '') || 'Unnamed',
  );
  const withTestCase = disambiguate(
    names,
    cases.map(({ testCase }) => testCase.id ?? ''),
  );
  return disambiguate(
    withTestCase,
    cases.map(({ runs }) => runs[0].id),
  );
}

function disambiguate(names: readonly string[], ids: readonly string[]): string[] {
  const seen = new Map<string, number>();
  for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
  return names.map((name, index) =>
    seen.get(name) === 1 ? name : `${name} (${fileLine(ids[index] ?? '') || index + 1})`,
  );
}

function problemEntries(report: Report, { id, problem }: WatchedBatch): TestEntry[] {
  if (problem === undefined) return [];
  const message = `Batch ${id} could not be read: ${problem}`;
  return [errorEntry(report, { name: 'Reading the batch', rawStatus: 'unreadable', message })];
}

function verdictEntry(report: Report): TestEntry {
  const { verdict, reason } = report.judgement ?? WAITING;
  return errorEntry(report, { name: 'Verdict of the gate', rawStatus: verdict, message: reason });
}

/** An error that is no test case's. */
const errorEntry = (report: Report, entry: Pick<TestEntry, 'name' | 'rawStatus' | 'message'>): TestEntry => ({
  ...entry,
  status: 'errored',
  details: verdictText(report),
  flakyRuns: [],
});

function verdictText({ judgement }: Report): string {
  const { verdict, reason, notes } = judgement ?? WAITING;
  return [`Verdict of the gate: ${verdict}. ${reason}`, ...notes].join('\n');
}

const WAITING = { verdict: 'waiting', reason: 'The gate has not reached a verdict yet.', notes: [] };
