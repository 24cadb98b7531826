import type { BatchOutcome } from '../../domain/batch.ts';
import type { Run } from '../../domain/run.ts';
import type { CaseResult } from '../../domain/test-case.ts';
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
    batches: report.batches.map(batchOf),
    transcripts: report.transcripts,
    origin: report.origin,
    waitedMs: wholeMs(report.waitedMs),
    writtenAt: isoTime(report.writtenAt),
  };
  return fileJson(file);
}

function batchOf({ id, batch, problem }: BatchOutcome): ReportFile['batches'][number] {
  if (batch === undefined) return { id, problem, settled: false };
  const { total, passed, failed, errored, cancelled } = batch.announced;
  return {
    id,
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

function caseOf({ batches }: Report, result: CaseResult): ReportFile['testCases'][number] {
  const { testCase, place, runs, outcome } = result;
  return { ...testCase, batch: batches[place]?.id ?? '', outcome, runs: runs.map(({ id }) => id) };
}

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
