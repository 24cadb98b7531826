/** Batches and runs as all adapters make them of a provider's words. */
import type { AnnouncedCounts, Batch } from '../domain/batch.ts';
import { disagreement } from '../domain/claims.ts';
import type { Assertion, Run, RunStatus } from '../domain/run.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import { readCounter } from './fields.ts';
import type { BatchStatus } from './provider.ts';

/** Translates a provider's status word of a batch. A word that is not in the table is kept, and is no end. */
export function readBatchStatus(
  word: string,
  words: ReadonlyMap<string, BatchStatus>,
): Pick<Batch, 'settled' | 'conclusion' | 'unknownStatus'> {
  const status = words.get(word);
  if (status === undefined) return { settled: false, unknownStatus: word };
  const conclusion = status === 'pending' || status === 'ended' ? undefined : status;
  return { settled: status !== 'pending', conclusion };
}

/**
 * A batch's counters, all of which must be there once it has settled. `fields` names the field of each; `inconsistencies` says
 * what is wrong with them, each as a clause.
 */
export function readCounters(
  body: Readonly<Record<string, unknown>>,
  fields: Partial<Record<keyof AnnouncedCounts, string>>,
): { announced: AnnouncedCounts; inconsistencies: string[] } {
  const announced: Partial<Record<keyof AnnouncedCounts, number>> = {};
  const inconsistencies: string[] = [];
  for (const [kind, field] of Object.entries(fields) as [keyof AnnouncedCounts, string][]) {
    const { count, isUsable } = readCounter(body[field]);
    if (count !== undefined) announced[kind] = count;
    else inconsistencies.push(`"${field}" is ${isUsable ? 'missing' : 'not a number of runs'}`);
  }
  return { announced, inconsistencies };
}

/**
 * Translates a provider's status word of a run. No word yet is a run that has not ended; a word that is not in the table is
 * kept.
 */
export function readStatus(
  word: string | null | undefined,
  words: ReadonlyMap<string, RunStatus>,
): Pick<Run, 'status' | 'unknownStatus'> {
  if (word === undefined || word === null) return { status: 'pending' };
  const status = words.get(word);
  return status === undefined ? { status: 'pending', unknownStatus: word } : { status };
}

/** Result of a check of which is said that it passed or that it did not. */
export function resultOf(passed: boolean | undefined): Assertion['result'] {
  if (passed === undefined) return 'unknown';
  return passed ? 'passed' : 'failed';
}

/** The batch with its runs, and with more statements that cannot be believed. */
export const withRuns = (
  batch: Batch,
  runs: readonly Run[],
  inconsistencies: readonly string[],
): Batch & { readonly runs: readonly Run[] } => ({
  ...batch,
  inconsistencies: [...(batch.inconsistencies ?? []), ...inconsistencies],
  runs,
});

/** The clause for runs without a status word, which every run of a settled batch has. */
export function missingStatus(runs: readonly { id: string; status?: string | null | undefined }[]): string[] {
  return clauseFor(
    runs.filter(({ status }) => status === undefined || status === null),
    { one: 'has no "status"', several: 'have no "status"' },
  );
}

/** Clause about one run, and about several. */
export function clauseFor(
  runs: readonly { readonly id: string }[],
  { one, several }: { one: string; several: string },
): string[] {
  const [first] = runs;
  if (first === undefined) return [];
  return [runs.length === 1 ? `run ${first.id} ${one}` : `${runs.length} runs ${several}`];
}

/** The clause for test cases with fewer runs than `field` says. `ofRuns` has the test case of each run. */
export function missingRepeats(
  testCases: Iterable<string>,
  ofRuns: readonly (string | undefined)[],
  { times, field }: { times: number; field: string },
): string[] {
  const counts = new Map<string | undefined, number>();
  for (const testCase of ofRuns) counts.set(testCase, (counts.get(testCase) ?? 0) + 1);
  const few = [...new Set(testCases)].filter((testCase) => (counts.get(testCase) ?? 0) < times);
  return few.length === 0 ? [] : [`${formatCaseCount(few.length)} with fewer runs than "${field}" says`];
}

/**
 * Each run once, in the order in which it first came. Runs with two statuses contradict themselves: neither is proven,
 * so they are `pending` and say so in `conflict`. `keyOf` is the form in which the provider compares ids.
 */
export function mergeRuns(
  runs: Iterable<Run>,
  words: ReadonlyMap<string, RunStatus>,
  keyOf: (id: string) => string = (id) => id,
): Run[] {
  const merged = new Map<string, Run>();
  for (const run of runs) {
    const key = keyOf(run.id);
    const known = merged.get(key);
    merged.set(key, known === undefined ? run : mergeRun(known, run, words));
  }
  return [...merged.values()];
}

/** One run of which there are two answers: see `mergeRuns`. */
export function mergeRun(known: Run, repeated: Run, words: ReadonlyMap<string, RunStatus>): Run {
  const claims = disagreement(known.claims, repeated.claims);
  if (claims !== undefined) return { ...known, status: 'pending', conflict: claims };
  const said = new Set([known, repeated].flatMap((run) => run.conflict ?? wordOf(run, words)));
  if (said.size === 1) return known;
  const unknownStatus = known.unknownStatus ?? repeated.unknownStatus;
  return { ...known, status: 'pending', unknownStatus, conflict: [...said] };
}

/** The provider's own word for a status, so that its words are compared and never ours. */
function wordOf({ status, unknownStatus }: Run, words: ReadonlyMap<string, RunStatus>): string {
  if (unknownStatus !== undefined) return unknownStatus;
  // Several words mean that a run has not ended, and they do not contradict each other.
  if (status === 'pending') return 'unfinished';
  return [...words].find(([, meaning]) => meaning === status)?.[0] ?? status;
}
