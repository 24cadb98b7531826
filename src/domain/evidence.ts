import type { WatchedBatch } from './batch.ts';
import type { Run, RunStatus, Unproven } from './run.ts';
import { joinFirst } from './wording.ts';

/** The form in which ids of runs and batches are compared: a UUID is the same in capitals. */
export const idKey = (id: string): string => id.toLowerCase();

/** Ids of runs that stand more than once in the batches of a step, in the form in which they are compared. */
export type RepeatedRuns = ReadonlySet<string>;

/** Finds the runs whose id stands more than once in these batches, whichever of them hold it. */
export function findRepeatedRuns(batches: readonly WatchedBatch[]): RepeatedRuns {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { id } of batches.flatMap(({ batch }) => batch?.runs ?? [])) {
    const key = idKey(id);
    if (seen.has(key)) repeated.add(key);
    seen.add(key);
  }
  return repeated;
}

/** Worst first: of several runs of a test case that was asked for once, the worst counts. */
const WORST_FIRST: readonly RunStatus[] = ['failed', 'errored', 'cancelled', 'pending', 'passed'];

/**
 * The runs of a batch that count, in the order of its list. Of a batch that this step started, that is one run of each
 * test case that was asked for. A run that proves nothing stays in the list as `pending`, with the reason in `unproven`:
 * its batch tested something else, it names no test case, or its id stands more than once in this step.
 */
export function countingRuns(watched: WatchedBatch, repeated: RepeatedRuns): Run[] {
  const { batch, requestedTestCases, mismatch } = watched;
  const runs = batch?.runs ?? [];
  const own = requestedTestCases === undefined ? runs : requestedRuns(runs, requestedTestCases);
  return own.map((run) => {
    if (mismatch !== undefined) return withoutProof(run, { kind: 'mismatch', why: mismatch });
    if (repeated.has(idKey(run.id))) {
      return withoutProof(run, { kind: 'repeated', why: 'its id stands more than once in this step' });
    }
    return requestedTestCases !== undefined && !run.testCase.id
      ? withoutProof(run, { kind: 'nameless', why: 'it names no test case' })
      : run;
  });
}

const withoutProof = (run: Run, unproven: Unproven): Run => ({ ...run, status: 'pending', unproven });

/** The worst run of each test case that was asked for, and the runs that name no test case. */
function requestedRuns(runs: readonly Run[], requestedTestCases: readonly string[]): readonly Run[] {
  const requested = new Set(requestedTestCases);
  const worst = new Map<string, Run>();
  for (const run of runs) {
    const known = worst.get(run.testCase.id ?? '');
    if (known === undefined || rank(run) < rank(known)) worst.set(run.testCase.id ?? '', run);
  }
  return runs.filter((run) => {
    const { id } = run.testCase;
    return !id || (requested.has(id) && worst.get(id) === run);
  });
}

const rank = ({ status }: Run): number => WORST_FIRST.indexOf(status);

/** The test cases that this step asked for and that have no run in the batch: their ids. */
export function findMissingCases({
  requestedTestCases = [],
  batch,
}: Pick<WatchedBatch, 'requestedTestCases' | 'batch'>): string[] {
  const seen = new Set(batch?.runs?.map(({ testCase }) => testCase.id));
  return requestedTestCases.filter((id) => !seen.has(id));
}

/**
 * Contradictions between the runs of a settled batch and the rest of the step, each as one clause for a person: the test
 * cases that this step asked for, and its other batches.
 */
export function foreignRuns({ batch, requestedTestCases }: WatchedBatch, repeated: RepeatedRuns): string[] {
  if (batch?.settled !== true) return [];
  const runs = batch.runs ?? [];
  const found: string[] = [];
  if (requestedTestCases !== undefined) {
    const requested = new Set(requestedTestCases);
    const named = runs.filter(({ testCase }) => testCase.id);
    const stray = named.filter(({ testCase }) => !requested.has(testCase.id ?? ''));
    const own = named.filter(({ testCase }) => requested.has(testCase.id ?? ''));
    const counted = new Set(requestedRuns(own, requestedTestCases));
    const several = own.filter((run) => !counted.has(run));
    const nameless = runs.length - named.length;
    if (stray.length > 0) found.push(`it ran what was not asked for: ${listNames(stray)}`);
    if (several.length > 0) found.push(`it ran more often than asked for: ${listNames(several)}`);
    if (nameless > 0) found.push(`${nameless} of its runs ${nameless === 1 ? 'names' : 'name'} no test case`);
  }
  const twice = runs.filter(({ id }) => repeated.has(idKey(id))).map(({ id }) => id);
  if (twice.length > 0) {
    found.push(
      `${twice.length === 1 ? 'run' : 'runs'} ${joinFirst(twice)} ${twice.length === 1 ? 'stands' : 'stand'} more than once in this step`,
    );
  }
  return found;
}

const listNames = (runs: readonly Run[]): string =>
  joinFirst([...new Set(runs.map(({ testCase }) => testCase.name))]);
