import type { Tally, WatchedBatch } from './batch.ts';
import type { PassRule } from './pass-rule.ts';
import { countsAsNotPassed } from './run.ts';
import { firstRoundPlaces, groupRunsByTestCase, tally } from './test-case.ts';

/** Progress of a step's test cases while it waits. */
export interface Progress {
  /** By the rule: what more runs can still decide is unfinished. */
  readonly tally: Tally;
  /** Number of unfinished test cases of which a run did not pass: further runs confirm them. */
  readonly confirming: number;
}

/** Counts what the runs so far have decided; where the runs were not read, by the provider's own counts. */
export function progressOf(batches: readonly WatchedBatch[], rule: PassRule): Progress {
  const cases = groupRunsByTestCase(batches, { rule, isCutShort: true });
  if (rule.kind === 'every-run') return { tally: tally(batches, cases), confirming: 0 };
  const isPassFinal = rule.kind === 'reruns' || rule.need === 1;
  const isFailureFinal = rule.need === rule.of;
  // A counter says how runs ended, and not what that decides.
  const decided = batches.map((watched): WatchedBatch => {
    const { batch } = watched;
    if (batch === undefined || batch.runs !== undefined) return watched;
    const { passed, failed, errored, ...announced } = batch.announced;
    const counts = { ...(isPassFinal && { passed }), ...(isFailureFinal && { failed, errored }) };
    return { ...watched, batch: { ...batch, announced: { ...announced, ...counts } } };
  });
  const unread = [...firstRoundPlaces(batches).values()].filter((parallel) =>
    parallel.every(({ batch }) => batch?.runs === undefined),
  );
  const failures = unread
    .map(([first]) => first?.batch?.announced)
    .reduce((sum, announced) => sum + (announced?.failed ?? 0) + (announced?.errored ?? 0), 0);
  const open = cases.filter(({ outcome, runs }) => outcome === 'unfinished' && runs.some(countsAsNotPassed));
  return { tally: tally(decided, cases), confirming: open.length + (isFailureFinal ? 0 : failures) };
}
