import type { BatchOutcome } from '../../domain/batch.ts';
import { changeOf, findRemovedCases } from '../../domain/comparison.ts';
import type { RoundRun } from '../../domain/pass-rule.ts';
import type { Run } from '../../domain/run.ts';
import { type CaseResult, countsForVerdict } from '../../domain/test-case.ts';
import { passRate, type Report } from '../report.ts';
import type { ReportFile } from './json-schema.ts';
import { fileJson, isoTime, wholeMs } from './values.ts';

/** The report with every run, for programs: JSON as `docs/report.schema.json` describes it. */
export function renderJson(report: Report): string {
  const { judgement } = report;
  const file: ReportFile = {
    formatVersion: 2,
    name: report.name,
    provider: report.providerTitle,
    verdict: judgement?.verdict,
    reason: judgement?.reason,
    notes: [...(judgement?.notes ?? [])],
    tally: report.tally,
    testCases: report.cases.map((one) => caseOf(report, one)),
    passRate: passRate(report),
    label: report.label,
    subject: report.subject,
    rule: report.rule,
    started: report.started,
    comparedWith: report.comparedWith,
    base: report.base && {
      branch: report.base.branch,
      commit: report.base.commit,
      firstRuns: report.base.firstRuns,
      noLongerRun: findRemovedCases(report.cases, report.base),
    },
    batches: report.batches.map(batchOf),
    transcripts: report.transcripts,
    origin: report.origin,
    waitedMs: wholeMs(report.waitedMs),
    writtenAt: isoTime(report.writtenAt),
  };
  return fileJson(file);
}

function batchOf({ id, batch, problem, round = 1 }: BatchOutcome): ReportFile['batches'][number] {
  if (batch === undefined) return { id, round, problem, settled: false };
  const { total, passed, failed, errored, cancelled } = batch.announced;
  return {
    id,
    round,
    problem,
    settled: batch.settled,
    outcome: batch.outcome,
    unknownStatus: batch.unknownStatus,
    subject: batch.subject,
    createdAt: isoTime(batch.createdAt),
    endedAt: isoTime(batch.endedAt),
    url: batch.url,
    publishesOnPass: batch.publishesOnPass,
    announced: { total, passed, failed, errored, cancelled },
    runs: batch.runs?.map(runOf),
  };
}

function caseOf({ batches, base }: Report, result: CaseResult): ReportFile['testCases'][number] {
  const { testCase, batchIndex, runs, outcome, quarantine, comparison } = result;
  const batch = batches.find((one, index) => (one.batchIndex ?? index) === batchIndex);
  return {
    ...testCase,
    batch: batch?.id ?? '',
    outcome,
    counts: countsForVerdict(result),
    passes: runs.filter(({ status }) => status === 'passed').length,
    runs: runs.map(caseRun),
    change: changeOf(result, base),
    base: testCase.id === undefined ? undefined : base?.cases.get(testCase.id),
    quarantine: quarantine && {
      state: quarantine.state,
      reason: quarantine.entry.reason,
      owner: quarantine.entry.owner,
      until: quarantine.entry.until,
    },
    elsewhere: comparison && { outcome: comparison.outcome, runs: comparison.runs.map(caseRun) },
  };
}

const caseRun = ({ id, round, status }: RoundRun) => ({ id, round, status });

type RunOfFile = NonNullable<ReportFile['batches'][number]['runs']>[number];

function runOf(run: Run): RunOfFile {
  return {
    id: run.id,
    testCase: run.testCase,
    status: run.status,
    unknownStatus: run.unknownStatus,
    conflict: run.conflict,
    explanation: run.explanation,
    assertions: [...run.assertions],
    criteria: [...run.criteria],
    turns: run.turns.length === 0 ? undefined : [...run.turns],
    durationMs: wholeMs(run.durationMs),
    createdAt: isoTime(run.createdAt),
  };
}
