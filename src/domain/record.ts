import type { Tally } from './batch.ts';
import {
  type Base,
  type BaseCase,
  type HashedIds,
  type History,
  latestRevision,
  type Push,
} from './comparison.ts';
import { type CaseOutcome, type CaseResult, countsForVerdict, hasPassed } from './test-case.ts';

/** Kept facts about the pushes of one pull request. */
export const MAX_PUSHES = 20;
/** Above so many runs the counts of a test case are halved, so that old runs fade. */
const MAX_RUNS = 50;

/** A push with the test cases that failed or errored in it and counted, by id; absent where they were left out. */
export interface PushRecord extends Push {
  readonly failedCaseIds?: readonly string[] | undefined;
}

/** Record that outlives a gate: later pushes, and pull requests after the merge, compare themselves with it. */
export interface GateRecord {
  /** The input `target`: records of different targets are not compared. */
  readonly target?: string | undefined;
  /** The branch that the counts were added up for. */
  readonly branch?: string | undefined;
  /** By the provider's id: the outcome of this push; the runs of this push and of the base before it. */
  readonly cases: ReadonlyMap<string, BaseCase>;
  /** Test cases that passed and are not in `cases`, since there was no room. */
  readonly passedHashes?: HashedIds | undefined;
  /** Some test cases are in neither. */
  readonly isPartial?: boolean | undefined;
  readonly firstRuns: { readonly passes: number; readonly total: number };
  /** Oldest first; the last is this one. */
  readonly pushes: readonly PushRecord[];
}

/** Facts of which a record is made. */
export interface RecordInput extends Pick<GateRecord, 'target' | 'branch'> {
  readonly cases: readonly CaseResult[];
  readonly tally: Tally;
  readonly verdict: string;
  /** The commit that was tested; without it this is no push that could be told from others. */
  readonly commit: string | undefined;
  readonly attempt: number;
  /** The base as the gate knew it: its counts go on. */
  readonly base: Base | undefined;
}

/** Verdicts after which a test case that was not seen does not exist any more. */
export const CONCLUSIVE_VERDICTS: readonly string[] = ['passed', 'failed', 'errored'];

/**
 * The record of a gate that has ended. A test case that was not decided here is what it was on the base; so is one that
 * was not seen, unless the verdict says that all were.
 */
export function recordOf(gate: RecordInput): GateRecord {
  const { target, branch, tally, verdict, commit, attempt } = gate;
  // Counts of another branch, or of a file that the user keeps, are not mixed with this branch's.
  const base = gate.base !== undefined && gate.base.branch === branch ? gate.base : undefined;
  const isConclusive = CONCLUSIVE_VERDICTS.includes(verdict);
  const cases = new Map<string, BaseCase>();
  const undecided = new Set<string>();
  for (const result of gate.cases) {
    const { id } = result.testCase;
    if (id === undefined) continue;
    const before = cases.get(id) ?? base?.cases.get(id);
    if (isDecided(result.outcome)) cases.set(id, mergeCase(result, before, cases.get(id)?.outcome));
    else undecided.add(id);
  }
  for (const [id, known] of base?.cases ?? []) {
    if (!cases.has(id) && (undecided.has(id) || !isConclusive)) cases.set(id, known);
  }
  const first = gate.cases.map(({ runs }) => runs[0].status).filter((status) => status !== 'pending');
  const push: PushRecord = {
    commit: commit ?? '',
    attempt,
    verdict,
    failureCount: tally.failed + tally.errored + tally.cancelled + tally.unfinished,
    total: tally.total,
    failedCaseIds: gate.cases.flatMap((result) => failedCaseId(result) ?? []),
  };
  return {
    ...{ target, branch, cases },
    passedHashes: isConclusive ? undefined : base?.passedHashes,
    isPartial: isConclusive || (base !== undefined && base.isPartial !== true) ? undefined : true,
    firstRuns: decay(
      {
        passes: (base?.firstRuns?.passes ?? 0) + first.filter((status) => status === 'passed').length,
        total: (base?.firstRuns?.total ?? 0) + first.length,
      },
      MAX_RUNS * Math.max(1, gate.cases.length),
    ),
    pushes: commit === undefined ? [] : [push],
  };
}

/** Only what a run of its own has shown. */
const isDecided = (outcome: CaseOutcome): boolean => outcome !== 'cancelled' && outcome !== 'unfinished';

const failedCaseId = (result: CaseResult): string | undefined =>
  countsForVerdict(result) && isDecided(result.outcome) && !hasPassed(result)
    ? result.testCase.id
    : undefined;

const WORST_FIRST: readonly CaseOutcome[] = ['failed', 'errored', 'flaky', 'passed'];

/** Its runs beside those from before. Where two batches hold the test case, it is the worse of both. */
function mergeCase(
  result: CaseResult,
  before: BaseCase | undefined,
  duplicate: CaseOutcome | undefined,
): BaseCase {
  const ended = result.runs.filter(({ status }) => ['passed', 'failed', 'errored'].includes(status));
  const passes = (before?.passes ?? 0) + ended.filter(({ status }) => status === 'passed').length;
  const { passes: kept, total: runs } = decay(
    { passes, total: (before?.runs ?? 0) + ended.length },
    MAX_RUNS,
  );
  const outcome =
    WORST_FIRST.find((outcome) => outcome === result.outcome || outcome === duplicate) ??
    (result.outcome as CaseOutcome);
  return { name: result.testCase.name, outcome, passes: kept, runs, revision: latestRevision(result) };
}

/** Both halved until they are within the limit. */
function decay({ passes, total }: { passes: number; total: number }, limit: number) {
  let left = { passes, total };
  while (left.total > limit) {
    const half = Math.floor(left.total / 2);
    left = { passes: half - Math.floor((left.total - left.passes) / 2), total: half };
  }
  return { passes: Math.max(0, left.passes), total: left.total };
}

/**
 * The record of this push after those of earlier ones. A push of the same commit is replaced, so that a new attempt
 * does not count twice.
 */
export function withEarlierPushes(record: GateRecord, earlier: GateRecord | undefined): GateRecord {
  const now = new Set(record.pushes.map(({ commit }) => commit));
  const before = (earlier?.pushes ?? []).filter(({ commit }) => !now.has(commit));
  return { ...record, pushes: [...before, ...record.pushes].slice(-MAX_PUSHES) };
}

/**
 * History of earlier pushes, as the report shows it: all but those of this commit, from the first on since when it is known
 * which test cases were bad. `undefined` if there are none.
 */
export function historyOf({ pushes, cases }: GateRecord, commit: string | undefined): History | undefined {
  const before = pushes.filter((push) => push.commit !== commit);
  const earlier = before.slice(before.findLastIndex(({ failedCaseIds }) => failedCaseIds === undefined) + 1);
  if (earlier.length === 0) return undefined;
  const failedPushIndices = new Map<string, number[]>();
  for (const [index, { failedCaseIds = [] }] of earlier.entries()) {
    for (const id of new Set(failedCaseIds))
      failedPushIndices.set(id, [...(failedPushIndices.get(id) ?? []), index]);
  }
  // Of an earlier attempt on this commit, its test cases say nothing of the push before.
  const isOfLastPush = pushes.at(-1)?.commit !== commit;
  const revisions = new Map(
    [...(isOfLastPush ? cases : [])].flatMap(([id, { revision }]): [string, number][] =>
      revision === undefined ? [] : [[id, revision]],
    ),
  );
  return {
    pushes: earlier.map(({ failedCaseIds: _, ...push }) => push),
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
