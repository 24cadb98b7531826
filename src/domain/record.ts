import type { Tally } from './batch.ts';
import {
  type Base,
  type BaseCase,
  type History,
  type KnownResults,
  latestRevision,
  type Push,
} from './comparison.ts';
import { type CaseOutcome, type CaseResult, countsForVerdict, hasPassed } from './test-case.ts';
import { isConclusive } from './verdict.ts';

/** Most pushes of one pull request that a record keeps. */
export const MAX_PUSHES = 20;
/** Above so many runs the counts of a test case are halved, so that old runs fade. */
const MAX_RUNS = 50;

/** A push with the ids of the test cases that failed or errored in it and counted; absent where they were left out. */
export interface PushRecord extends Push {
  readonly failedCaseIds?: readonly string[] | undefined;
}

/**
 * Record that outlives a gate: later pushes, and pull requests after the merge, compare themselves with it. Its results are
 * those of the base with the runs of this push added.
 */
export interface GateRecord extends KnownResults {
  /** The input `target`: records of different targets are not compared. */
  readonly target?: string | undefined;
  /** The branch that the counts were added up for. */
  readonly branch?: string | undefined;
  /** Oldest first; the last is this one. */
  readonly pushes: readonly PushRecord[];
}

/** Facts of which a record is made. */
export interface RecordInput extends Pick<GateRecord, 'target' | 'branch'> {
  readonly cases: readonly CaseResult[];
  readonly tally: Tally;
  readonly verdict: string;
  /** The commit that was tested; without it no push is recorded. */
  readonly commit: string | undefined;
  readonly attempt: number;
  /** The base as the gate knew it, to whose counts this push is added. */
  readonly base: Base | undefined;
}

/**
 * Makes the record of a gate that has ended. The result of the base is kept for a test case that was not decided here, and,
 * unless the verdict is conclusive, for one that was not seen.
 */
export function recordOf(gate: RecordInput): GateRecord {
  const { target, branch, tally, verdict, commit, attempt } = gate;
  // Counts of another branch, or of a file that the user keeps, are not mixed with this branch's.
  const base = gate.base?.branch === branch ? gate.base : undefined;
  const isAllSeen = isConclusive(verdict);
  const cases = new Map<string, BaseCase>();
  const undecided = new Set<string>();
  for (const result of gate.cases) {
    const { id } = result.testCase;
    if (id === undefined) continue;
    if (!isDecided(result)) undecided.add(id);
    else cases.set(id, addRuns(result, { base: base?.cases.get(id), otherBatch: cases.get(id) }));
  }
  for (const [id, known] of base?.cases ?? []) {
    if (!cases.has(id) && (undecided.has(id) || !isAllSeen)) cases.set(id, known);
  }
  const firstRuns = gate.cases.map(({ runs }) => runs[0].status).filter((status) => status !== 'pending');
  const push: PushRecord = {
    commit: commit ?? '',
    attempt,
    verdict,
    failureCount: tally.failed + tally.errored + tally.cancelled + tally.unfinished,
    total: tally.total,
    failedCaseIds: gate.cases.flatMap((result) => failedCaseId(result) ?? []),
  };
  const isComplete = isAllSeen || (base !== undefined && base.isPartial !== true);
  return {
    ...{ target, branch, cases },
    passedHashes: isAllSeen ? undefined : base?.passedHashes,
    isPartial: isComplete ? undefined : true,
    firstRuns: fade(
      {
        passes: (base?.firstRuns.passes ?? 0) + firstRuns.filter((status) => status === 'passed').length,
        total: (base?.firstRuns.total ?? 0) + firstRuns.length,
      },
      MAX_RUNS * Math.max(1, gate.cases.length),
    ),
    pushes: commit === undefined ? [] : [push],
  };
}

/** True if runs decided the test case; a cancelled or unfinished one shows nothing. */
const isDecided = ({ outcome }: CaseResult): boolean => outcome !== 'cancelled' && outcome !== 'unfinished';

const failedCaseId = (result: CaseResult): string | undefined =>
  countsForVerdict(result) && isDecided(result) && !hasPassed(result) ? result.testCase.id : undefined;

const WORST_FIRST: readonly CaseOutcome[] = ['failed', 'errored', 'flaky', 'passed'];

/** Adds the runs of a test case to its counts. Where another batch holds it too, the worse outcome of both is kept. */
function addRuns(
  result: CaseResult,
  { base, otherBatch }: { base: BaseCase | undefined; otherBatch: BaseCase | undefined },
): BaseCase {
  const before = otherBatch ?? base;
  const ended = result.runs.filter(({ status }) => status !== 'pending' && status !== 'cancelled');
  const { passes, total } = fade(
    {
      passes: (before?.passes ?? 0) + ended.filter(({ status }) => status === 'passed').length,
      total: (before?.runs ?? 0) + ended.length,
    },
    MAX_RUNS,
  );
  const outcomes = [result.outcome, otherBatch?.outcome];
  return {
    name: result.testCase.name,
    outcome: WORST_FIRST.find((outcome) => outcomes.includes(outcome)) ?? result.outcome,
    passes,
    runs: total,
    revision: latestRevision(result),
  };
}

/** Halves both counts until the total is within the limit. */
function fade(counts: { passes: number; total: number }, limit: number): { passes: number; total: number } {
  let { passes, total } = counts;
  while (total > limit) {
    const failures = Math.floor((total - passes) / 2);
    total = Math.floor(total / 2);
    passes = total - failures;
  }
  return { passes: Math.max(0, passes), total };
}

/**
 * Puts the pushes of an earlier record before this one's. A push of the same commit is replaced, so that a new attempt
 * does not count twice.
 */
export function withEarlierPushes(record: GateRecord, earlier: GateRecord | undefined): GateRecord {
  const commits = new Set(record.pushes.map(({ commit }) => commit));
  const before = (earlier?.pushes ?? []).filter(({ commit }) => !commits.has(commit));
  return { ...record, pushes: [...before, ...record.pushes].slice(-MAX_PUSHES) };
}

/**
 * History of the pushes before this commit, as the report shows it: only those after the last one of which it is not known
 * what failed. `undefined` if there are none.
 */
export function historyOf({ pushes, cases }: GateRecord, commit: string | undefined): History | undefined {
  const before = pushes.filter((push) => push.commit !== commit);
  const known = before.slice(before.findLastIndex(({ failedCaseIds }) => failedCaseIds === undefined) + 1);
  if (known.length === 0) return undefined;
  const failedPushIndices = new Map<string, number[]>();
  for (const [index, { failedCaseIds = [] }] of known.entries()) {
    for (const id of new Set(failedCaseIds)) {
      failedPushIndices.set(id, [...(failedPushIndices.get(id) ?? []), index]);
    }
  }
  // If this commit was tested before, the results are those of that attempt, not of the push before.
  const isOfEarlierPush = pushes.at(-1)?.commit !== commit;
  const revisions = new Map(
    [...(isOfEarlierPush ? cases : [])].flatMap(([id, { revision }]): [string, number][] =>
      revision === undefined ? [] : [[id, revision]],
    ),
  );
  return {
    pushes: known.map(({ failedCaseIds: _, ...push }) => push),
    failedPushIndices,
    ...(revisions.size > 0 && { revisions }),
  };
}

/** The base, as the record of a merged pull request tells it. */
export function baseOf(
  { cases, passedHashes, isPartial, firstRuns }: GateRecord,
  { branch, commit }: Pick<Base, 'branch' | 'commit'>,
): Base {
  return { branch, commit, cases, passedHashes, isPartial, firstRuns };
}
