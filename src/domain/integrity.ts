import { type Batch, countByStatus, countRuns } from './batch.ts';

/**
 * What in a settled batch contradicts itself, each as one clause for a person; an empty list when all agrees.
 * Batch and runs may disagree for a moment after the end, so ask again before believing it.
 */
export function contradictions(batch: Batch): string[] {
  if (!batch.settled || batch.runs === undefined) return [];
  const { announced, outcome, runs } = batch;
  const counts = countByStatus(runs);
  const found: string[] = [];

  if (runs.length === 0 && !announced.total) found.push('it has no runs');
  if (announced.total !== undefined && announced.total !== runs.length) {
    found.push(`the provider announced ${countRuns(announced.total)} and listed ${runs.length}`);
  }
  const unfinished = runs.filter(
    (run) => run.status === 'pending' && run.unknownStatus === undefined && run.conflict === undefined,
  ).length;
  if (unfinished > 0)
    found.push(`it has ended and ${unfinished} of its runs ${unfinished === 1 ? 'has' : 'have'} not`);

  const counter = (name: string, said: number | undefined, atLeast: number, atMost = atLeast) => {
    if (said !== undefined && (said < atLeast || said > atMost)) {
      found.push(`the provider counts ${said} ${name} and lists ${atLeast}`);
    }
  };
  counter('passed', announced.passed, counts.passed);
  // A provider without a counter of its own for them may count errored and cancelled runs as failed.
  const others = announced.errored === undefined ? counts.errored + counts.cancelled : 0;
  counter('failed', announced.failed, counts.failed, counts.failed + others);
  counter('errored', announced.errored, counts.errored);
  counter('cancelled', announced.cancelled, counts.cancelled);
  for (const run of runs) {
    if (run.conflict !== undefined) found.push(`run ${run.id} has contradicting statuses (${run.conflict})`);
  }

  if (outcome === 'passed' && counts.passed < runs.length) {
    found.push(`the provider calls it passed and ${runs.length - counts.passed} of its runs did not pass`);
  }
  if (outcome === 'failed' && runs.length > 0 && counts.passed === runs.length) {
    found.push('the provider calls it failed and every run passed');
  }
  return found;
}

/** The status words of this batch and its runs that we do not know, each once. */
export function unknownWords(batch: Batch): string[] {
  const words = [batch.unknownStatus, ...(batch.runs ?? []).map((run) => run.unknownStatus)];
  return [...new Set(words.filter((word) => word !== undefined))];
}
