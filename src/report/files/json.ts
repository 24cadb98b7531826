import type { BatchOutcome } from '../../domain/batch.ts';
import type { Run } from '../../domain/run.ts';
import { passRate, type Report } from '../report.ts';
import { publicTurns } from '../run-text.ts';
import type { ReportFile } from './json-schema.ts';
import { fileJson, isoTime, wholeMs } from './values.ts';

/** The report with every run, for programs: JSON as `docs/report.schema.json` describes it. */
export function renderJson(report: Report): string {
  const { judgement } = report;
  const file: ReportFile = {
    formatVersion: 1,
    name: report.name,
    provider: report.providerTitle,
    verdict: judgement?.verdict,
    reason: judgement?.reason,
    notes: [...(judgement?.notes ?? [])],
    tally: report.tally,
    passRate: passRate(report.tally),
    batches: report.batches.map((outcome) => batchOf(report, outcome)),
    transcripts: report.transcripts,
    origin: report.origin,
    waitedMs: wholeMs(report.waitedMs),
    writtenAt: isoTime(report.writtenAt),
  };
  return fileJson(file);
}

function batchOf(report: Report, { id, batch, problem }: BatchOutcome): ReportFile['batches'][number] {
  if (batch === undefined) return { id, problem, settled: false };
  const { total, passed, failed, errored } = batch.announced;
  return {
    id,
    problem,
    settled: batch.settled,
    outcome: batch.outcome,
    unknownStatus: batch.unknownStatus,
    subject: batch.subject,
    createdAt: isoTime(batch.createdAt),
    publishesOnPass: batch.publishesOnPass,
    announced: { total, passed, failed, errored },
    runs: batch.runs?.map((run) => runOf(report, run)),
  };
}

type RunOfFile = NonNullable<ReportFile['batches'][number]['runs']>[number];

function runOf(report: Report, run: Run): RunOfFile {
  const turns = publicTurns(report, run);
  return {
    id: run.id,
    testCase: run.testCase,
    status: run.status,
    unknownStatus: run.unknownStatus,
    conflict: run.conflict,
    explanation: run.explanation,
    assertions: [...run.assertions],
    criteria: [...run.criteria],
    turns: turns.length === 0 ? undefined : [...turns],
    durationMs: wholeMs(run.durationMs),
    createdAt: isoTime(run.createdAt),
  };
}
