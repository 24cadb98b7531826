/** Valid values of the domain in one line each, so that a test names only what it is about. */
import { type Batch, EMPTY_TALLY, type Tally, type WatchedBatch } from '../src/domain/batch.ts';
import { obstacles } from '../src/domain/judge.ts';
import type { RoundRun } from '../src/domain/pass-rule.ts';
import type { QuarantineDecision } from '../src/domain/quarantine.ts';
import type { Run, RunStatus } from '../src/domain/run.ts';
import type { CaseOutcome, CaseResult } from '../src/domain/test-case.ts';
import type { RoundsOptions } from '../src/execution/types.ts';
import type { BatchStarter, Subject } from '../src/providers/starter.ts';
import { placed, run } from './run.ts';

export { placed, run };

/** What one letter of a script like `FPP` stands for. */
export const STATUS: Readonly<Record<string, RunStatus>> = {
  P: 'passed',
  F: 'failed',
  E: 'errored',
  C: 'cancelled',
  '.': 'pending',
};

/** A run of this test case. */
export function runOf(caseId: string | undefined, status: RunStatus, id = `run-${caseId}`): Run {
  return run(status, id, { testCase: { id: caseId, name: `Case ${caseId}` } });
}

/** The runs of one test case, one letter and one round for each. */
export function runsOf(caseId: string | undefined, script: string): RoundRun[] {
  return [...script].map((letter, index) => ({
    ...runOf(caseId, STATUS[letter]!, `r${index}`),
    round: index + 1,
    batchId: `b${index + 1}`,
  }));
}

/** A test case with the runs of a script and whatever outcome. */
export function resultOf(
  caseId: string | undefined,
  outcome: CaseOutcome,
  { script = 'P', place: batchIndex = 0 }: { script?: string; place?: number } = {},
): CaseResult {
  const runs = runsOf(caseId, script) as [RoundRun, ...RoundRun[]];
  return { key: `${batchIndex} ${caseId}`, testCase: runs[0].testCase, batchIndex, runs, outcome };
}

/** A settled batch that announces as many runs as it lists. */
export function batch(runs: readonly Run[], more: Partial<Batch> = {}): Batch {
  return { id: 'b1', settled: true, announced: { total: runs.length }, runs, ...more };
}

/** The same as what became of its id, in the first round: `b2` is the second batch of it. */
export function watched(id: string, runs: readonly Run[], more: Partial<Batch> = {}): WatchedBatch {
  const batchIndex = Number(/\d+$/.exec(id)?.[0] ?? 1) - 1;
  return { id, round: 1, batchIndex, batch: batch(runs, { id, ...more }) };
}

/** A tally whose total is the sum of the others. */
export function tallyOf(counts: Partial<Omit<Tally, 'total'>>): Tally {
  const { flaky: _, ...kinds } = counts;
  return { ...EMPTY_TALLY, ...counts, total: Object.values(kinds).reduce((sum, one) => sum + one, 0) };
}

/** A starter of one subject that lists no batches. */
export function starterOf(
  subject: Subject,
  more: Pick<BatchStarter, 'startBatch'> & Partial<BatchStarter>,
): BatchStarter {
  return {
    title: 'Retell',
    batchSize: 1_000,
    resolveTarget: async () => subject,
    listTestCases: async () => ({ testCases: [], warnings: [] }),
    listBatches: async () => ({ batches: [], isComplete: true }),
    readBatchContents: async () => ({ testCases: [] }),
    resolveTested: () => subject,
    compareVersions: (one, other) => (one.key === other.key ? 'same' : 'different'),
    ...more,
  };
}

/** A quarantine of these test cases, in force. */
export function quarantining(...ids: readonly string[]): Pick<QuarantineDecision, 'entries'> {
  const about = { reason: 'Flaky', owner: 'acme', until: '2026-12-19' };
  return {
    entries: new Map(
      ids.map((id) => [id, { entry: { testCase: id, name: id, ...about }, state: 'in-force' }]),
    ),
  };
}

/** Why nothing more is started, as the gate says it. */
export const obstaclesOf: RoundsOptions['obstacles'] = (batches, cases, isOpen) =>
  obstacles({ batches, cases, providerTitle: 'Retell', now: 0 }, isOpen);
