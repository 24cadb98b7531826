import { type Batch, formatRunCount } from '../domain/batch.ts';
import { createClaimsLog } from '../domain/claims.ts';
import { runListFingerprint } from '../domain/integrity.ts';
import { joinFirst } from '../domain/wording.ts';
import type { Clock } from '../runtime/clock.ts';

/** Least time between two looks that show the same list, however short the user's interval is. */
const SAME_LIST_MS = 5_000;

/** Remembers what the looks at one batch showed of its runs. */
export function createRunListHistory({
  clock,
  pollIntervalMs,
}: {
  readonly clock: Clock;
  readonly pollIntervalMs: number;
}) {
  let seen: { list: string; atMs: number } | undefined;
  /** The test case of each run. A provider may repeat a run that has not ended, or name its test case later. */
  const testCases = new Map<string, string | undefined>();
  /** Runs that ended without a pass at one look, by id. */
  const failed = new Set<string>();
  const claimsLog = createClaimsLog();
  let announced = 0;
  /** The most runs that did not pass, by the provider's own counters. */
  let notPassed = 0;
  let isContradicted = false;
  return {
    /** Remembers the claims of a batch before its runs are read, which may fail. Returns the batch. */
    addClaims(batch: Batch): Batch {
      claimsLog.add(batch);
      return batch;
    },
    /** True if an earlier look contradicts the last one, so that no look after it can show a pass. */
    isContradicted: (): boolean => isContradicted,
    /**
     * The batch, with a doubt where an earlier look showed more test cases, announced more runs or more that did not pass, or
     * said that something else was tested.
     */
    compare(batch: Batch): Batch {
      const contradictions = [...claimsLog.add(batch)];
      const { runs = [], settled } = batch;
      const total = batch.announced.total ?? announced;
      const ids = new Set(runs.map(({ id }) => id));
      const cases = new Set(runs.map(({ testCase }) => testCase.id));
      const gone = [...testCases].filter(
        ([id, testCase]) => !ids.has(id) && !(testCase && cases.has(testCase)),
      );
      const inconsistencies: string[] = [];
      if (settled && gone.length > 0)
        inconsistencies.push(
          `${formatRunCount(gone.length)} that it listed before ${gone.length === 1 ? 'is' : 'are'} missing`,
        );
      if (settled && total < announced)
        inconsistencies.push(`it announced ${formatRunCount(announced)} before, and now ${total}`);
      for (const { id, status } of runs) {
        if (status === 'passed' && failed.has(id))
          contradictions.push(`run ${id} did not pass at one look and passed at a later one`);
      }
      const missing = new Set(gone.map(([id]) => id));
      const replaced = [...failed].filter((id) => !ids.has(id) && !missing.has(id));
      if (replaced.length > 0) {
        contradictions.push(`it lists another run in place of one that did not pass: ${joinFirst(replaced)}`);
      }
      for (const { id, status } of runs) {
        if (status === 'failed' || status === 'errored' || status === 'cancelled') failed.add(id);
      }
      notPassed = Math.max(notPassed, (batch.announced.failed ?? 0) + (batch.announced.errored ?? 0));
      const listed = runs.filter(({ status }) => status !== 'passed').length;
      const unlisted = Math.max(0, total - runs.length);
      if (notPassed > listed + unlisted) {
        contradictions.push(
          `it counted ${formatRunCount(notPassed)} that did not pass, and now lists ${listed}`,
        );
      }
      isContradicted = settled && contradictions.length > 0;
      if (settled) inconsistencies.push(...contradictions);
      for (const { id, testCase } of runs) testCases.set(id, testCase.id);
      announced = Math.max(announced, total);
      return inconsistencies.length === 0
        ? batch
        : { ...batch, inconsistencies: [...(batch.inconsistencies ?? []), ...inconsistencies] };
    },
    /**
     * True if the same list was seen before, at least 5 s and one poll interval ago; `undefined` where the batch announces how
     * many runs there must be, so that no list need be seen twice.
     */
    confirm({ announced: { total }, runs = [] }: Batch): boolean | undefined {
      if (total !== undefined) return undefined;
      const list = runListFingerprint(runs);
      if (seen?.list !== list) seen = { list, atMs: clock.now() };
      return clock.now() - seen.atMs >= Math.max(pollIntervalMs, SAME_LIST_MS);
    },
    /** The batch turned out not to have settled. */
    forget(): void {
      seen = undefined;
    },
  };
}
