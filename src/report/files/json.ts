import { seenBatches, type WatchedBatch } from '../../domain/batch.ts';
import { type BaseCase, findRemovedCases } from '../../domain/comparison.ts';
import type { RoundRun } from '../../domain/pass-rule.ts';
import type { Run, TestCase } from '../../domain/run.ts';
import { countsForVerdict } from '../../domain/test-case.ts';
import { joinWithAnd } from '../../domain/wording.ts';
import { clip } from '../../text/clean.ts';
import { passRate, type Report, type ReportedCase } from '../report.ts';
import { turnLength } from '../run-text.ts';
import type { ReportFile } from './json-schema.ts';
import { fileJson, isoTime, wholeMs } from './values.ts';

/** GitHub's artifacts and most tools take that; conversations that may not fit are left out. */
export const MAX_BYTES = 60 * 1024 * 1024;
/** Characters of a text, where even without conversations the file would be too large. */
const SHORT_TEXTS = [2_000, 200, 0];

/** Selection of the runs for the file. */
interface Selection {
  /** Runs without their conversation. */
  readonly withoutTurns: ReadonlySet<Run>;
  /** The most characters of explanations, criteria and assertions. */
  readonly maxText: number;
}

const EVERYTHING: Selection = { withoutTurns: new Set(), maxText: Number.POSITIVE_INFINITY };

/**
 * The report with every run, for programs: JSON as `docs/report.schema.json` describes it, in at most `maxBytes`. Where it
 * would be larger, conversations of passed runs are left out first, then the longest, then the ends of texts; the file
 * says so.
 */
export function renderJson(report: Report, maxBytes = MAX_BYTES): string {
  if (textLength(report) <= maxBytes) {
    const text = fileJson(fileOf(report, EVERYTHING));
    if (Buffer.byteLength(text) <= maxBytes) return text;
  }
  const runs = seenBatches(report.batches)
    .flatMap((batch) => batch.runs ?? [])
    .filter(({ turns }) => turns.length > 0);
  const all = new Set(runs);
  const bare = fileJson(fileOf(report, { ...EVERYTHING, withoutTurns: all }));
  const room = maxBytes - Buffer.byteLength(bare);
  if (room >= 0) return fileJson(fileOf(report, { ...EVERYTHING, withoutTurns: tooLarge(runs, room) }));
  let text = bare;
  for (const maxText of SHORT_TEXTS) {
    text = fileJson(fileOf(report, { withoutTurns: all, maxText }));
    if (Buffer.byteLength(text) <= maxBytes) break;
  }
  return text;
}

/** The runs whose conversations do not fit: those that passed first, then the longest. */
function tooLarge(runs: readonly Run[], room: number): ReadonlySet<Run> {
  const sizes = new Map(runs.map((run) => [run, sizeInFile(run)]));
  const sizeOf = (run: Run): number => sizes.get(run) ?? 0;
  const order = runs.toSorted(
    (a, b) => Number(b.status === 'passed') - Number(a.status === 'passed') || sizeOf(b) - sizeOf(a),
  );
  let excess = runs.reduce((sum, run) => sum + sizeOf(run), 0) - room;
  const left = new Set<Run>();
  for (const run of order) {
    if (excess <= 0) break;
    left.add(run);
    excess -= sizeOf(run);
  }
  return left;
}

/** The bytes that a conversation takes in the file, beside those of a run without one. */
const sizeInFile = ({ turns }: Run): number =>
  Buffer.byteLength(fileJson({ batches: [{ runs: [{ turns }] }] }));

/** Characters of all texts of the runs: the file has at least as many bytes, and a longer one cannot even be written. */
function textLength({ batches }: Report): number {
  let length = 0;
  for (const { turns, explanation = '' } of seenBatches(batches).flatMap(({ runs = [] }) => runs)) {
    length += explanation.length;
    for (const turn of turns) length += turnLength(turn);
  }
  return length;
}

function fileOf(report: Report, selection: Selection): ReportFile {
  const { judgement } = report;
  const { withoutTurns: left, maxText } = selection;
  const isCut = Number.isFinite(maxText);
  return {
    formatVersion: 2,
    name: report.name,
    provider: report.providerTitle,
    verdict: judgement?.verdict,
    reason: judgement?.reason,
    notes: [...(judgement?.notes ?? []), ...(report.subjectNote === undefined ? [] : [report.subjectNote])],
    tally: report.tally,
    testCases: report.cases.map((result) => caseOf(report, result)),
    passRate: passRate(report),
    label: report.label,
    subject: report.subject,
    rule: report.rule,
    reused: report.reused && {
      batchId: report.reused.batchId,
      startedAt: isoTime(report.reused.startedAt),
    },
    started: report.started,
    cost: report.cost,
    comparedWith: report.comparedWith,
    base: report.base && {
      branch: report.base.branch,
      commit: report.base.commit,
      firstRuns: report.base.firstRuns,
      noLongerRun: findRemovedCases(report.cases, report.base).map(baseCaseOf),
    },
    batches: report.batches.map((watched) => batchOf(watched, selection)),
    comparisonBatches: report.comparisonBatches?.length
      ? report.comparisonBatches.map(bareBatchOf)
      : undefined,
    transcripts: report.transcripts,
    leftOut: left.size > 0 || isCut ? { conversations: left.size, texts: isCut } : undefined,
    origin: report.origin,
    waitedMs: wholeMs(report.waitedMs),
    writtenAt: isoTime(report.writtenAt),
  };
}

const batchOf = (watched: WatchedBatch, selection: Selection): ReportFile['batches'][number] => ({
  ...bareBatchOf(watched),
  runs: watched.batch?.runs?.map((run) => runOf(run, selection)),
});

/** A batch without its runs. */
function bareBatchOf({
  id,
  batch,
  problem,
  round,
  isAdopted,
}: WatchedBatch): Omit<ReportFile['batches'][number], 'runs'> {
  if (batch === undefined) return { id, round, problem, isAdopted, settled: false };
  const { total, passed, failed, errored, cancelled } = batch.announced;
  return {
    id,
    round,
    problem,
    isAdopted,
    settled: batch.settled,
    outcome: batch.conclusion,
    unknownStatus: batch.unknownStatus,
    subject: batch.subject,
    createdAt: isoTime(batch.createdAt),
    endedAt: isoTime(batch.endedAt),
    url: batch.url,
    publishesOnPass: batch.publishesOnPass,
    announced: { total, passed, failed, errored, cancelled },
  };
}

const baseCaseOf = ({ revision, ...known }: BaseCase) => ({ ...known, revision: isoTime(revision) });

function caseOf({ batches, base }: Report, result: ReportedCase): ReportFile['testCases'][number] {
  const { testCase, batchIndex, runs, outcome, passes, change, edit, quarantine, comparison } = result;
  const known = base?.cases.get(testCase.id ?? '');
  const batch = batches.find((candidate) => candidate.batchIndex === batchIndex);
  return {
    ...testCaseOf(testCase),
    batch: batch?.id ?? '',
    outcome,
    counts: countsForVerdict(result),
    passes,
    runs: runs.map(caseRun),
    change,
    editedSince: edit,
    base: known && baseCaseOf(known),
    quarantine: quarantine && {
      state: quarantine.state,
      reason: quarantine.entry.reason,
      owner: quarantine.entry.owner,
      until: quarantine.entry.until,
    },
    elsewhere: comparison && { outcome: comparison.outcome, runs: comparison.runs.map(caseRun) },
  };
}

const caseRun = ({ id, batchId, round, status }: RoundRun) => ({ id, batch: batchId, round, status });

const testCaseOf = ({ id, name, revision }: TestCase) => ({ id, name, revision: isoTime(revision) });

type RunOfFile = NonNullable<ReportFile['batches'][number]['runs']>[number];

function runOf(run: Run, { withoutTurns, maxText }: Selection): RunOfFile {
  const isLeftOut = withoutTurns.has(run);
  const short = (text: string): string => (text.length <= maxText ? text : clip(text, maxText));
  const maybeShort = (text: string | undefined) => (text === undefined ? undefined : short(text));
  return {
    id: run.id,
    testCase: testCaseOf(run.testCase),
    status: run.status,
    unknownStatus: run.unknownStatus,
    conflict: run.conflict && joinWithAnd(run.conflict),
    unproven: run.unproven?.why,
    testFaults: run.testFaults && [...run.testFaults],
    guardrails: run.guardrails && [...run.guardrails],
    explanation: maybeShort(run.explanation),
    assertions: run.assertions.map(({ label, result, ...assertion }) => ({
      label: short(label),
      outcome: result,
      ...assertion,
      expected: maybeShort(assertion.expected),
      actual: maybeShort(assertion.actual),
      explanation: maybeShort(assertion.explanation),
    })),
    criteria: run.criteria.map(short),
    turns: run.turns.length === 0 || isLeftOut ? undefined : [...run.turns],
    isConversationLeftOut: isLeftOut ? true : undefined,
    credits: run.credits,
    llmUsd: run.llmUsd,
    durationMs: wholeMs(run.durationMs),
    createdAt: isoTime(run.createdAt),
    startedAt: isoTime(run.startedAt),
    endedAt: isoTime(run.endedAt),
  };
}
