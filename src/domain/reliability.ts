import { type Batch, formatRunCount, type WatchedBatch } from './batch.ts';
import { findMissingCases, findRepeatedRuns, foreignRuns, type RepeatedRuns } from './evidence.ts';
import { findContradictions, unknownStatuses } from './integrity.ts';
import { type CaseResult, formatCaseCount, groupRunsByTestCase } from './test-case.ts';
import { formatMinutes, joinFirst, quoteAll } from './wording.ts';

/** Greatest lead of a provider's clock over the runner's. */
const CLOCK_SKEW_MINUTES = 2;

/**
 * True if a batch can be believed as it was read: settled, with at least one run, none missing, no contradiction, and what
 * was asked for. `repeated` are the runs that stand more than once in the step.
 */
export function isReliable(
  watched: WatchedBatch,
  repeated: RepeatedRuns = findRepeatedRuns([watched]),
): boolean {
  const { batch, problem } = watched;
  return (
    problem === undefined &&
    batch?.settled === true &&
    batch.conclusion !== 'errored' &&
    batch.conclusion !== 'cancelled' &&
    batch.runs !== undefined &&
    batch.runs.length > 0 &&
    isRunListComplete(watched) &&
    doubtsAboutSubject(watched).length === 0 &&
    findContradictions(batch).length === 0 &&
    foreignRuns(watched, repeated).length === 0
  );
}

/** True if one batch by itself is shown to have passed with every run. */
export function isBatchProven(watched: WatchedBatch): boolean {
  return isReliable(watched) && groupRunsByTestCase([watched]).every((result) => result.outcome === 'passed');
}

/** True if the list of runs is known to be whole: all that was asked for or announced, or the same list in two looks. */
function isRunListComplete(watched: WatchedBatch): boolean {
  const { batch, isListConfirmed, requestedTestCases } = watched;
  const listed = batch?.runs?.length ?? 0;
  const total = batch?.announced.total;
  if (requestedTestCases !== undefined && findMissingCases(watched).length > 0) return false;
  return total === undefined ? requestedTestCases !== undefined || isListConfirmed === true : listed >= total;
}

/** Reasons why a batch is not, or may not be, the one that this step asked for: sentences. */
export function doubtsAboutSubject({ id, mismatch, doubt }: WatchedBatch): string[] {
  return [
    ...(mismatch === undefined ? [] : [`Batch ${id} is not what this step started: ${mismatch}.`]),
    ...(doubt === undefined ? [] : [`Batch ${id} may not test what was asked for: ${doubt}.`]),
  ];
}

/** Reasons why a batch was not read to its end: sentences. */
export function readingProblems(
  { id, batch, problem }: WatchedBatch,
  { isCancelled }: { readonly isCancelled: boolean },
): string[] {
  if (problem !== undefined) return [`Batch ${id} could not be read: ${problem}`];
  if (isCancelled) return [];
  if (batch === undefined) return [`Batch ${id} was never read.`];
  if (!batch.settled) {
    return [`Batch ${id} was not waited for any longer, since another batch could not be read.`];
  }
  return batch.runs === undefined ? [`The runs of batch ${id} were never read.`] : [];
}

/** Facts about the step with which a batch is compared. */
interface StepFacts {
  readonly cases: readonly CaseResult[];
  readonly repeated: RepeatedRuns;
  /** Names of test cases by id. */
  readonly caseNames?: ReadonlyMap<string, string> | undefined;
  readonly providerTitle: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly maxBatchAgeMinutes?: number | undefined;
}

/** Reasons not to believe a batch as it was read: sentences. */
export function reliabilityProblems(
  watched: WatchedBatch,
  facts: StepFacts,
  { hasTimedOut }: { readonly hasTimedOut: boolean },
): string[] {
  const { id, batch, requestedTestCases = [] } = watched;
  if (batch === undefined) return [];
  const problems: string[] = [];
  const words = hasTimedOut ? [] : unknownStatuses(batch);
  if (words.length > 0) problems.push(`Batch ${id} has an unknown status: ${quoteAll(words)}.`);
  const clauses = [...findContradictions(batch), ...foreignRuns(watched, facts.repeated)];
  problems.push(...clauses.map((clause) => `Batch ${id} is inconsistent: ${clause}.`));
  if (batch.settled && batch.runs !== undefined && batch.runs.length > 0) {
    const missing = findMissingCases(watched);
    if (missing.length > 0) {
      const names = joinFirst(missing.map((testCase) => nameOf(testCase, facts)));
      problems.push(
        `${missing.length} of ${formatCaseCount(requestedTestCases.length)} that batch ${id} was started with ${missing.length === 1 ? 'has' : 'have'} no run: ${names}.`,
      );
    } else if (clauses.length === 0 && !isRunListComplete(watched)) {
      problems.push(
        `Batch ${id} lists ${formatRunCount(batch.runs.length)}, and ${facts.providerTitle} does not say how many there must be: the list was not seen twice without a change.`,
      );
    }
  }
  return [...problems, ...ageProblems(batch, facts)];
}

/** Name of a test case; its id where nothing says it. */
function nameOf(id: string, { caseNames, cases }: StepFacts): string {
  return caseNames?.get(id) ?? cases.find(({ testCase }) => testCase.id === id)?.testCase.name ?? id;
}

/** Reason why a batch is too old, or may be, to have tested this commit: a sentence. */
export function ageProblems(
  { id, createdAt }: Batch,
  { now, maxBatchAgeMinutes, providerTitle }: Pick<StepFacts, 'now' | 'maxBatchAgeMinutes' | 'providerTitle'>,
): string[] {
  if (maxBatchAgeMinutes === undefined) return [];
  const limit = formatMinutes(maxBatchAgeMinutes);
  if (createdAt === undefined) {
    return [
      `${providerTitle} does not say when batch ${id} was created, so it may be older than ${limit} (max-batch-age-minutes).`,
    ];
  }
  const minutes = (now - createdAt) / 60_000;
  if (minutes < -CLOCK_SKEW_MINUTES) {
    return [
      `${providerTitle} says that batch ${id} was created in the future, so its age is not known (max-batch-age-minutes).`,
    ];
  }
  if (minutes <= maxBatchAgeMinutes) return [];
  return [
    `Batch ${id} is ${formatMinutes(Math.floor(minutes))} old (max-batch-age-minutes: ${limit}), so it may not have tested this commit.`,
  ];
}
