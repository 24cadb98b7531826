import { type Batch, countByStatus, formatRunCount } from './batch.ts';
import type { Run } from './run.ts';
import { joinWithAnd } from './wording.ts';

/** Most runs that contradict themselves and are named. */
const MAX_CONFLICTS = 3;

/**
 * Contradictions of a settled batch with itself, each as one clause for a person; an empty list when all agrees. Batch and
 * runs may disagree for a moment after the end, so ask again before believing it.
 */
export function findContradictions(batch: Batch): string[] {
  if (!batch.settled || batch.runs === undefined) return [];
  const { announced, conclusion, runs } = batch;
  const counts = countByStatus(runs);
  const found = [...(batch.inconsistencies ?? [])];

  const conflicts = runs.flatMap(({ id, conflict }) => (conflict === undefined ? [] : [{ id, conflict }]));
  for (const { id, conflict } of conflicts.slice(0, MAX_CONFLICTS)) {
    found.push(`run ${id} has contradicting statuses (${joinWithAnd(conflict)})`);
  }
  if (conflicts.length > MAX_CONFLICTS) {
    found.push(`${conflicts.length - MAX_CONFLICTS} more of its runs have contradicting statuses`);
  }

  if (runs.length === 0 && !announced.total) found.push('it has no runs');
  const missing = (announced.total ?? runs.length) - runs.length;
  if (missing > 0) {
    const runsAre = announced.total === 1 ? 'run is' : missing === 1 ? 'runs is' : 'runs are';
    found.push(`${missing} of ${announced.total} announced ${runsAre} missing`);
  } else if (missing < 0) {
    found.push(`the provider announced ${formatRunCount(announced.total ?? 0)} and listed ${runs.length}`);
  }
  const unfinished = runs.filter(
    ({ status, unknownStatus, conflict, unproven }) =>
      status === 'pending' && (unknownStatus ?? conflict ?? unproven) === undefined,
  ).length;
  if (unfinished > 0)
    found.push(`it has ended and ${unfinished} of its runs ${unfinished === 1 ? 'has' : 'have'} not`);

  const counter = (name: string, said: number | undefined, atLeast: number, atMost = atLeast) => {
    if (said !== undefined && (said < atLeast || said > atMost)) {
      found.push(`the provider counts ${said} ${name} and lists ${atLeast}`);
    }
  };
  // The provider counts an empty pass as one.
  const empty = runs.filter(({ unproven }) => unproven !== undefined).length;
  counter('passed', announced.passed, counts.passed, counts.passed + empty);
  // A provider without a counter of its own for them may count errored and cancelled runs as failed.
  const countedAsFailed = announced.errored === undefined ? counts.errored + counts.cancelled : 0;
  counter('failed', announced.failed, counts.failed, counts.failed + countedAsFailed);
  counter('errored', announced.errored, counts.errored);
  counter('cancelled', announced.cancelled, counts.cancelled);

  if (conclusion === 'passed' && counts.passed < runs.length) {
    found.push(`the provider calls it passed and ${runs.length - counts.passed} of its runs did not pass`);
  }
  if (conclusion === 'failed' && runs.length > 0 && counts.passed === runs.length) {
    found.push('the provider calls it failed and every run passed');
  }
  return found;
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
