import type { WatchedBatch } from '../domain/batch.ts';
import { runsToConfirm } from '../domain/pass-rule.ts';
import { type CaseResult, countsForVerdict, groupRunsByTestCase } from '../domain/test-case.ts';
import type { RoundsOptions } from './types.ts';

/** True for a batch that is still waited for. */
export type IsOpen = (batchId: string) => boolean;

/** A test case that needs so many more runs, whatever its open runs bring. */
export interface Undecided extends CaseResult {
  readonly more: number;
}

/** The test cases of these batches, and those of them that need more runs. `final` are keys of what is not run again. */
export async function findUndecided(
  batches: readonly WatchedBatch[],
  {
    rule,
    earlier,
    attachQuarantine,
    isOpen,
    final,
  }: Pick<RoundsOptions, 'rule' | 'earlier' | 'attachQuarantine'> & {
    readonly isOpen: IsOpen;
    readonly final: ReadonlySet<string>;
  },
): Promise<{ cases: readonly CaseResult[]; undecided: readonly Undecided[] }> {
  if (rule.kind === 'every-run') return { cases: [], undecided: [] };
  const seen = groupRunsByTestCase(batches, { rule, otherBatches: earlier });
  const moreOf = (result: CaseResult): number => {
    // What has not passed and is pending after the end is not run again: nothing proves what became of it.
    const isStuck = result.runs.some(({ status, batchId }) => status === 'pending' && !isOpen(batchId));
    if (final.has(result.key) || isStuck) return 0;
    return runsToConfirm(result.runs, rule, unlistedRuns(result, batches, isOpen));
  };
  // Most looks show nothing to run again: the quarantine is asked only then.
  if (!seen.some((result) => moreOf(result) > 0)) return { cases: seen, undecided: [] };
  const cases = (await attachQuarantine?.(seen, batches)) ?? seen;
  const undecided = cases
    .map((result): Undecided => ({ ...result, more: moreOf(result) }))
    .filter((result) => result.more > 0 && countsForVerdict(result));
  return { cases, undecided };
}

/** True if it is known how many test cases there are, where a quarantine file needs that. */
export function isCaseCountKnown(
  batches: readonly WatchedBatch[],
  { attachQuarantine, isOpen }: Pick<RoundsOptions, 'attachQuarantine'> & { readonly isOpen: IsOpen },
): boolean {
  if (attachQuarantine === undefined) return true;
  const first = batches.filter(({ round }) => round === 1);
  return first.every(
    ({ id, batch, requestedTestCases }) =>
      requestedTestCases !== undefined || batch?.announced.total !== undefined || !isOpen(id),
  );
}

/** Runs of a test case that were started and are not listed yet. */
function unlistedRuns(
  { testCase, batchIndex, runs }: CaseResult,
  batches: readonly WatchedBatch[],
  isOpen: IsOpen,
): number {
  const listed = new Set(runs.map(({ batchId }) => batchId));
  return batches.filter(
    (watched) =>
      isOpen(watched.id) &&
      watched.batchIndex === batchIndex &&
      !listed.has(watched.id) &&
      watched.requestedTestCases?.includes(testCase.id ?? '') === true,
  ).length;
}
