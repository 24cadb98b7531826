import { type AnnouncedCounts, type Batch, countByStatus, formatRunCount } from './batch.ts';
import type { Run } from './run.ts';
import { joinWithAnd } from './wording.ts';

/** Most runs that contradict themselves and are named. */
const MAX_CONFLICTS = 3;

/**
 * Contradictions of a settled batch with itself, each as one clause for a person; an empty list when all agrees. Batch and
 * runs may disagree for a moment after the end, so ask again before believing it.
 */
export function findContradictions(batch: Batch): string[] {
  const { settled, announced, conclusion, runs } = batch;
  if (!settled || runs === undefined) return [];
  const passed = countByStatus(runs).passed;
  const found = [
    ...(batch.inconsistencies ?? []),
    ...contradictingRuns(runs),
    ...listContradictions(runs, announced.total),
    ...counterContradictions(runs, announced),
  ];
  if (conclusion === 'passed' && passed < runs.length) {
    found.push(`the provider calls it passed and ${runs.length - passed} of its runs did not pass`);
  }
  if (conclusion === 'failed' && runs.length > 0 && passed === runs.length) {
    found.push('the provider calls it failed and every run passed');
  }
  return found;
}

/** The runs with two statuses that cannot both be true. */
function contradictingRuns(runs: readonly Run[]): string[] {
  const conflicts = runs.flatMap(({ id, conflict }) => (conflict === undefined ? [] : [{ id, conflict }]));
  const found = conflicts
    .slice(0, MAX_CONFLICTS)
    .map(({ id, conflict }) => `run ${id} has contradicting statuses (${joinWithAnd(conflict)})`);
  const more = conflicts.length - MAX_CONFLICTS;
  return more > 0 ? [...found, `${more} more of its runs have contradicting statuses`] : found;
}

/** Contradictions of the list of runs with the announced total, and with the end of the batch. */
function listContradictions(runs: readonly Run[], total: number | undefined): string[] {
  const found: string[] = [];
  if (runs.length === 0 && !total) found.push('it has no runs');
  const missing = (total ?? runs.length) - runs.length;
  if (missing > 0) {
    const are = missing === 1 ? 'is' : 'are';
    found.push(`${missing} of ${total} announced ${total === 1 ? 'run' : 'runs'} ${are} missing`);
  } else if (missing < 0) {
    found.push(`the provider announced ${formatRunCount(total ?? 0)} and listed ${runs.length}`);
  }
  const unfinished = runs.filter(
    ({ status, unknownStatus, conflict, unproven }) =>
      status === 'pending' && (unknownStatus ?? conflict ?? unproven) === undefined,
  ).length;
  if (unfinished > 0) {
    found.push(`it has ended and ${unfinished} of its runs ${unfinished === 1 ? 'has' : 'have'} not`);
  }
  return found;
}

/** Contradictions of the list of runs with the provider's counters. */
function counterContradictions(runs: readonly Run[], announced: AnnouncedCounts): string[] {
  const counts = countByStatus(runs);
  // The provider counts a pass without proof as one.
  const unproven = runs.filter((run) => run.unproven !== undefined).length;
  // A provider without a counter of its own for them may count errored and cancelled runs as failed.
  const countedAsFailed = announced.errored === undefined ? counts.errored + counts.cancelled : 0;
  const ranges = [
    { name: 'passed', atLeast: counts.passed, atMost: counts.passed + unproven },
    { name: 'failed', atLeast: counts.failed, atMost: counts.failed + countedAsFailed },
    { name: 'errored', atLeast: counts.errored, atMost: counts.errored },
    { name: 'cancelled', atLeast: counts.cancelled, atMost: counts.cancelled },
  ] as const;
  return ranges.flatMap(({ name, atLeast, atMost }) => {
    const said = announced[name];
    return said !== undefined && (said < atLeast || said > atMost)
      ? [`the provider counts ${said} ${name} and lists ${atLeast}`]
      : [];
  });
}

/** The status words of this batch and its runs that we do not know, each once. */
export function unknownStatuses(batch: Batch): string[] {
  const words = [batch.unknownStatus, ...(batch.runs ?? []).map((run) => run.unknownStatus)];
  return [...new Set(words.filter((word) => word !== undefined))];
}

/**
 * The list of runs as one text that changes with every id and status, in whatever order the runs come: two looks showed the
 * same list if their texts are equal.
 */
export function runListFingerprint(runs: readonly Run[]): string {
  const entries = runs.map(({ id, status, unknownStatus, conflict, unproven }) =>
    JSON.stringify([id, status, unknownStatus, conflict, unproven]),
  );
  return entries.toSorted().join('\n');
}
