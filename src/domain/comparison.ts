import { type CaseOutcome, type CaseResult, countsForVerdict, hasPassed } from './test-case.ts';

/** Results of a test case on the base, added up over the last merged pull requests. */
export interface BaseCase {
  readonly name: string;
  /** Outcome on the newest of them. */
  readonly outcome: CaseOutcome;
  /** Number of its runs that passed, of `runs`. */
  readonly passes: number;
  readonly runs: number;
  /** As `TestCase.revision`, to the second. */
  readonly revision?: number | undefined;
}

/** Name of a base that comes from the input `baseline`. No branch can have it, since there is a space in it. */
export const BASELINE = 'the baseline';

/** Test case ids of which only a hash is kept. */
export interface HashedIds {
  /** The first bytes of each hash, in base64. */
  readonly hashes: string;
  has(id: string): boolean;
}

/** Results of test cases, added up over the last merged pull requests. */
export interface KnownResults {
  /** By the provider's id of the test case. */
  readonly cases: ReadonlyMap<string, BaseCase>;
  /** Test cases of which only this is known: they passed. */
  readonly passedHashes?: HashedIds | undefined;
  /** There were test cases of which nothing is known: one that is not found may have been there. */
  readonly isPartial?: boolean | undefined;
  /** First runs that passed, of how many, for the rate. */
  readonly firstRuns: { readonly passes: number; readonly total: number };
}

/** Results on the branch that a pull request is merged into. They label, and never decide. */
export interface Base extends KnownResults {
  /** The name of the branch: "main"; or `BASELINE`. */
  readonly branch: string;
  /** The newest commit that it is known for. */
  readonly commit: string | undefined;
}

/** One push to the pull request, as the gate judged it. */
export interface Push {
  readonly commit: string;
  readonly attempt: number;
  readonly verdict: string;
  /** Test cases that counted against the verdict, of all. */
  readonly failureCount: number;
  readonly total: number;
}

/** Results of earlier pushes of this pull request, oldest first; this one is not among them. */
export interface History {
  readonly pushes: readonly Push[];
  /**
   * By the provider's id: the indices of the pushes, in `pushes`, in which the test case failed or errored and counted
   * against the verdict.
   */
  readonly failedPushIndices: ReadonlyMap<string, readonly number[]>;
  /** Revisions of test cases in the last of them, by the provider's id. */
  readonly revisions?: ReadonlyMap<string, number> | undefined;
}

/** The latest moment since which a test case is known to have been edited. */
export type Edit = 'last-push' | 'base';

/**
 * Since when a test case that failed or errored is known to have been edited: then the test changed, and not only the agent.
 * `undefined` where it was not, or nothing tells.
 */
export function editOf(
  result: CaseResult,
  { base, history }: { readonly base?: Base | undefined; readonly history?: History | undefined },
): Edit | undefined {
  const id = result.testCase.id ?? '';
  const revision = latestRevision(result);
  if (revision === undefined || !hasFailed(result)) return undefined;
  const isAfter = (before: number | undefined): boolean => before !== undefined && revision > before;
  if (isAfter(history?.revisions?.get(id))) return 'last-push';
  return isAfter(base?.cases.get(id)?.revision) ? 'base' : undefined;
}

/** The latest revision of a test case that its runs tell, to the second. */
export function latestRevision({ runs }: Pick<CaseResult, 'runs'>): number | undefined {
  const revisions = runs.flatMap(({ testCase: { revision } }) =>
    revision !== undefined && Number.isFinite(revision) ? Math.floor(revision / 1_000) * 1_000 : [],
  );
  return revisions.length === 0 ? undefined : Math.max(...revisions);
}

/** Changes of a test case against the base. */
export const CHANGES = [
  'new-failure',
  'still-failing',
  'fixed',
  'newly-flaky',
  'new-test-case',
  'unchanged',
] as const;
/** Change of a test case against the base. */
export type Change = (typeof CHANGES)[number];

/** Result of a test case that is among `passedHashes`. */
const PASSED: Pick<BaseCase, 'outcome'> = { outcome: 'passed' };

/**
 * Compares a test case with its result on the base; `undefined` where nothing can be known of it, or where it did not end
 * here.
 */
export function changeOf({ testCase, outcome }: CaseResult, base: Base | undefined): Change | undefined {
  if (base === undefined || testCase.id === undefined) return undefined;
  const before = base.cases.get(testCase.id) ?? (base.passedHashes?.has(testCase.id) ? PASSED : undefined);
  if (before === undefined) return base.isPartial ? undefined : 'new-test-case';
  if (hasFailed({ outcome })) return hasPassed(before) ? 'new-failure' : 'still-failing';
  if (!hasPassed({ outcome })) return undefined;
  if (!hasPassed(before)) return 'fixed';
  return outcome === 'flaky' && before.outcome !== 'flaky' ? 'newly-flaky' : 'unchanged';
}

/**
 * Relation of a failure to the version of `compare-with`, or else to the base: a `regression` passes there, a `pre-existing`
 * failure does not pass there either.
 */
export type FailureClass = 'regression' | 'pre-existing' | 'new-test-case' | 'unknown';

/** Whose failure it is. Runs of this very step on another version say more than what is known of the base. */
export function classifyFailure(result: CaseResult, base: Base | undefined): FailureClass {
  const { comparison } = result;
  if (comparison !== undefined && hasFailed(result)) {
    if (hasPassed(comparison)) return 'regression';
    // One that errored or never ended on the other version could not be compared.
    if (comparison.outcome === 'failed') return 'pre-existing';
  }
  const change = changeOf(result, base);
  if (change === 'new-failure') return 'regression';
  if (change === 'still-failing') return 'pre-existing';
  return change === 'new-test-case' ? change : 'unknown';
}

/** The test cases of the base of which no run was seen here: the quiet way to make a gate green. */
export function findRemovedCases(cases: readonly CaseResult[], base: Base | undefined): BaseCase[] {
  if (base === undefined) return [];
  const seen = new Set(cases.map(({ testCase }) => testCase.id));
  return [...base.cases].filter(([id]) => !seen.has(id)).map(([, baseCase]) => baseCase);
}

/**
 * Number of test cases that count against the verdict and are known to pass elsewhere: on the version of `compare-with`, else
 * on the base. `undefined` where nothing is known of either.
 */
export function countNewFailures(cases: readonly CaseResult[], base: Base | undefined): number | undefined {
  const isCompared = cases.some(
    ({ comparison }) =>
      comparison !== undefined && (hasPassed(comparison) || comparison.outcome === 'failed'),
  );
  if (base === undefined && !isCompared) return undefined;
  return cases.filter((result) => countsForVerdict(result) && classifyFailure(result, base) === 'regression')
    .length;
}

const hasFailed = ({ outcome }: Pick<CaseResult, 'outcome'>): boolean =>
  outcome === 'failed' || outcome === 'errored';
