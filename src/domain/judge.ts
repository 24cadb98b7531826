import { seenBatches, type Tally, type WatchedBatch } from './batch.ts';
import { findRepeatedRuns, type RepeatedRuns } from './evidence.ts';
import { unknownStatuses } from './integrity.ts';
import { decide, type PassRule } from './pass-rule.ts';
import {
  ageProblems,
  doubtsAboutSubject,
  isReliable,
  readingProblems,
  reliabilityProblems,
} from './reliability.ts';
import { type CaseResult, countsForVerdict, formatCaseCount, hasPassed, tally } from './test-case.ts';
import type { Ending, Judgement } from './verdict.ts';
import { formatMinutes, joinFirst, quoteAll } from './wording.ts';

/** Result of the request to end a batch that this step started. */
export interface Cancellation {
  /** The batch. */
  readonly id: string;
  /** Reason why it was not accepted, or why that is not known: a sentence. `undefined` where the provider accepted it. */
  readonly problem?: string | undefined;
}

/** All that the judge looks at. */
export interface JudgeInput {
  /** Every batch of every round. */
  readonly batches: readonly WatchedBatch[];
  /** Every test case with its outcome by the rule, over all rounds. */
  readonly cases: readonly CaseResult[];
  readonly ending: Ending;
  /** The provider's name, for the reason: "Retell". */
  readonly providerTitle: string;
  /** The deadline, for the reason: minutes. */
  readonly timeoutMinutes: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** An older batch proves nothing about this commit; `undefined` for no limit. */
  readonly maxBatchAgeMinutes?: number | undefined;
  /** Most test cases that may be flaky; `undefined` where none can be. */
  readonly maxFlaky?: number | undefined;
  /** Reason why it is not known whether a batch was started: a sentence. */
  readonly startProblem?: string | undefined;
  /** True if the provider has a way to cancel a batch. */
  readonly canCancel?: boolean | undefined;
  /** The requests to end batches that were sent when the workflow was cancelled. */
  readonly cancellations?: readonly Cancellation[] | undefined;
  /** Reasons why test cases that did not pass were not run again: sentences. */
  readonly remarks?: readonly string[] | undefined;
  /** Edits of the configuration under test while it was tested, and those that may have been: sentences. */
  readonly edits?: readonly string[] | undefined;
  /** Batches of the same step that are not judged (those of a comparison): a run that stands in them too proves nothing. */
  readonly otherBatches?: readonly WatchedBatch[] | undefined;
  /** Names of test cases by id, for those without a run that names them. */
  readonly caseNames?: ReadonlyMap<string, string> | undefined;
}

/** Finding that speaks against `passed`. */
type Objection = Omit<Judgement, 'notes'>;

type Facts = JudgeInput & { readonly repeated: RepeatedRuns };

const withRepeatedRuns = (input: JudgeInput): Facts => ({
  ...input,
  repeated: findRepeatedRuns([...input.batches, ...(input.otherBatches ?? [])]),
});

/** Facts that can be judged while the step still waits. */
type WaitingInput = Omit<JudgeInput, 'ending' | 'timeoutMinutes'>;

/**
 * Judges the test cases: the first verdict that applies, in the order of the contract. Green needs proof: it takes
 * that nothing was found against it and that the proof is there (`isPassProven`); one alone is not enough.
 */
export function judge(input: JudgeInput): Judgement {
  const facts = withRepeatedRuns(input);
  const counts = tally(facts.batches, facts.cases);
  const objections = [
    ...failedObjections(facts, counts),
    ...erroredObjections(facts, counts),
    ...cancelledObjections(facts, counts),
    ...timedOutObjections(facts, counts),
    ...inconclusiveObjections(facts),
  ];
  const remarks = facts.remarks ?? [];
  const [first, ...rest] = objections;
  if (first !== undefined) return { ...first, notes: [...rest.map(({ reason }) => reason), ...remarks] };
  return isPassProven(facts)
    ? { verdict: 'passed', reason: passedReason(facts, counts), notes: remarks }
    : {
        verdict: 'inconclusive',
        reason: 'It could not be shown that every test case passed.',
        notes: remarks,
      };
}

/**
 * Reasons why the verdict cannot become `passed`, whatever further runs bring: sentences. Test cases that failed, errored or
 * are flaky are no such reason, since more runs may decide them. Of a batch that is still waited for (`isOpen`), only what
 * cannot change any more counts.
 */
export function obstacles(input: WaitingInput, isOpen: (batchId: string) => boolean = () => false): string[] {
  const facts = withRepeatedRuns({ ...input, ending: 'settled', timeoutMinutes: 0 });
  const openBatches = facts.batches.filter(({ id }) => isOpen(id));
  const endedBatches = facts.batches.filter(({ id }) => !isOpen(id));
  const objections = [
    ...batchObjections('errored', facts),
    ...batchObjections('cancelled', facts),
    ...cancelledCaseObjections(facts, tally(facts.batches, facts.cases)),
    ...(endedBatches.length === 0 ? [] : inconclusiveObjections({ ...facts, batches: endedBatches })),
  ];
  const openProblems = openBatches.flatMap((watched) => [
    ...doubtsAboutSubject(watched),
    ...(watched.batch === undefined ? [] : ageProblems(watched.batch, facts)),
  ]);
  const reasons = objections.map(({ reason }) => reason);
  return [...new Set([...reasons, ...openProblems, ...editedCases(facts.cases)])];
}

/**
 * True if the verdict cannot become `passed` any more: there is an obstacle, or the rule has decided against a test case.
 * `mayExcuse`: a test case that failed may turn out not to count.
 */
export function isPassImpossible(
  input: WaitingInput,
  { rule, mayExcuse }: { rule: PassRule; mayExcuse: boolean },
): boolean {
  if (obstacles(input, () => true).length > 0) return true;
  const hasNotPassed = ({ runs }: CaseResult) => decide(runs, rule) === 'not-passed';
  return !mayExcuse && input.cases.some((result) => countsForVerdict(result) && hasNotPassed(result));
}

/** True if the proof of green is there: whole batches, and every test case that counts passed, at least one of them. */
function isPassProven({ batches, cases, repeated, edits = [] }: Facts): boolean {
  const counting = cases.filter(countsForVerdict);
  return (
    batches.length > 0 &&
    batches.every((watched) => isReliable(watched, repeated)) &&
    edits.length === 0 &&
    counting.length > 0 &&
    counting.every(hasPassed)
  );
}

function failedObjections({ maxFlaky, cases }: Facts, counts: Tally): Objection[] {
  const reasons: string[] = [];
  if (counts.failed > 0) {
    reasons.push(
      `${counts.failed} of ${formatCaseCount(counts.total)} failed${otherCounts(counts, 'errored', 'cancelled')}.`,
    );
  }
  const flaky = cases.filter((result) => result.outcome === 'flaky' && countsForVerdict(result)).length;
  if (maxFlaky !== undefined && flaky > maxFlaky) {
    const allowed = maxFlaky === 0 ? 'none' : `at most ${maxFlaky}`;
    reasons.push(
      `${flaky} of ${formatCaseCount(counts.total)} ${flaky === 1 ? 'is' : 'are'} flaky, and max-flaky allows ${allowed}.`,
    );
  }
  return reasons.map((reason) => ({ verdict: 'failed', reason }));
}

/** ", and 2 errored" or ", 2 errored and 1 cancelled": the other counts of a reason, as far as they are not zero. */
function otherCounts(counts: Tally, ...kinds: ('errored' | 'cancelled')[]): string {
  const shown = kinds.flatMap((kind) => (counts[kind] > 0 ? [`${counts[kind]} ${kind}`] : []));
  return shown.length > 1 ? `, ${shown.join(' and ')}` : shown.map((count) => `, and ${count}`).join('');
}

function erroredObjections({ batches, providerTitle }: JudgeInput, counts: Tally): Objection[] {
  const objections: Objection[] = [];
  // After a failure the reason has said so already.
  if (counts.errored > 0 && counts.failed === 0) {
    const them = counts.errored === 1 ? 'it' : 'them';
    objections.push({
      verdict: 'errored',
      reason: `${counts.errored} of ${formatCaseCount(counts.total)} errored${otherCounts(counts, 'cancelled')}: ${providerTitle} could not run or grade ${them}.`,
    });
  }
  // Where one of its runs errored, the test case has said so already.
  const isSaid = counts.errored > 0 || counts.failed > 0;
  const unsaid = batches.filter(
    ({ batch }) => !isSaid || batch?.runs?.some(({ status }) => status === 'errored') !== true,
  );
  return [...objections, ...batchObjections('errored', { batches: unsaid, providerTitle })];
}

/** The batches that the provider itself calls errored or cancelled. */
function batchObjections(
  word: 'errored' | 'cancelled',
  { batches, providerTitle }: Pick<JudgeInput, 'batches' | 'providerTitle'>,
): Objection[] {
  return seenBatches(batches)
    .filter(({ conclusion }) => conclusion === word)
    .map(({ id }) => ({
      verdict: word,
      reason:
        word === 'errored'
          ? `${providerTitle} reports batch ${id} as errored.`
          : `Batch ${id} was cancelled at ${providerTitle}.`,
    }));
}

function cancelledObjections(facts: JudgeInput, counts: Tally): Objection[] {
  const { ending } = facts;
  const objections: Objection[] = [];
  if (ending === 'cancelled') {
    objections.push({
      verdict: 'cancelled',
      reason: ['This step was cancelled before the gate had finished.', ...describeStillRunning(facts)].join(
        ' ',
      ),
    });
  }
  // After failures or errors the reason has said so already.
  const unsaid = counts.failed + counts.errored > 0 ? [] : cancelledCaseObjections(facts, counts);
  return [...objections, ...unsaid, ...batchObjections('cancelled', facts)];
}

/** The test cases that were cancelled at the provider. */
function cancelledCaseObjections({ providerTitle }: JudgeInput, counts: Tally): Objection[] {
  if (counts.cancelled === 0) return [];
  const were = counts.cancelled === 1 ? 'was' : 'were';
  const reason = `${counts.cancelled} of ${formatCaseCount(counts.total)} ${were} cancelled at ${providerTitle}.`;
  return [{ verdict: 'cancelled', reason }];
}

/** Describes the batches that had not settled when this step was cancelled: sentences. */
function describeStillRunning({
  batches,
  providerTitle,
  canCancel = false,
  cancellations = [],
}: JudgeInput): string[] {
  const asked = new Set(cancellations.map(({ id }) => id));
  const running = batches.filter(({ id, batch }) => batch?.settled !== true && !asked.has(id));
  const accepted = cancellations.filter(({ problem }) => problem === undefined);
  const sentences: string[] = [];
  if (accepted.length > 0) {
    sentences.push(
      `${providerTitle} accepted the cancellation of ${accepted.map(({ id }) => id).join(', ')}.`,
    );
  }
  for (const { id, problem } of cancellations) {
    if (problem !== undefined) sentences.push(`Batch ${id} may keep running: ${problem}`);
  }
  if (running.length > 0) {
    const keep = `${running.map(({ id }) => id).join(', ')} ${running.length === 1 ? 'keeps' : 'keep'} running`;
    sentences.push(
      canCancel
        ? `What this step did not start is not cancelled: ${keep}.`
        : `${providerTitle} cannot cancel a batch, so ${keep}.`,
    );
  }
  return sentences;
}

function timedOutObjections({ ending, batches, cases, timeoutMinutes }: Facts, counts: Tally): Objection[] {
  if (ending !== 'deadline') return [];
  const within = `within ${formatMinutes(timeoutMinutes)} (timeout-minutes).`;
  const lastFailure = (batches: readonly WatchedBatch[]) => {
    const problem = batches.find((watched) => watched.problem !== undefined)?.problem;
    return problem === undefined ? '' : ` The last look failed: ${problem}`;
  };
  const objections: Objection[] = [];
  const unfinished = batches.filter(({ batch }) => batch?.settled === false);
  if (unfinished.length > 0) {
    const words = [...new Set(seenBatches(unfinished).flatMap(unknownStatuses))];
    const unknown = words.length === 0 ? '' : ` Unknown status: ${quoteAll(words)}.`;
    objections.push({
      verdict: 'timed-out',
      reason: `${batchesPhrase(unfinished)} did not finish ${within}${unknown}${lastFailure(unfinished)}`,
    });
  }
  const areAllSettled = batches.every(({ batch }) => batch?.settled === true);
  // Its runs have ended, and further ones did not come in time.
  const isAnyUndecided = cases.some(
    (result) =>
      result.outcome === 'unfinished' &&
      countsForVerdict(result) &&
      result.runs.every(({ status }) => status !== 'pending'),
  );
  if (areAllSettled && counts.unfinished > 0 && isAnyUndecided) {
    objections.push({
      verdict: 'timed-out',
      reason: `${counts.unfinished} of ${formatCaseCount(counts.total)} ${counts.unfinished === 1 ? 'was' : 'were'} not decided ${within}`,
    });
  }
  const unread = batches.filter(({ batch }) => batch === undefined);
  if (unread.length > 0) {
    objections.push({
      verdict: 'timed-out',
      reason: `${batchesPhrase(unread)} could not be read ${within}${lastFailure(unread)}`,
    });
  }
  return objections;
}

function inconclusiveObjections(facts: Facts): Objection[] {
  const { batches, cases, ending, startProblem, edits = [] } = facts;
  const objections: string[] = startProblem === undefined ? [] : [startProblem];
  if (batches.length === 0 && startProblem === undefined) objections.push('There was no batch to look at.');
  if (cases.length > 0 && !cases.some(countsForVerdict)) {
    objections.push('Every test case is quarantined or excused, so nothing is left that could show a pass.');
  }
  // What kept a batch from being read is why the others were not waited for, so it comes first.
  const unreadable = batches.filter(({ problem }) => problem !== undefined);
  const readable = batches.filter(({ problem }) => problem === undefined);
  for (const watched of [...unreadable, ...readable]) {
    const hasTimedOut = ending === 'deadline' && watched.batch?.settled !== true;
    // A batch that timed out has named its problem and its words already.
    if (!hasTimedOut) objections.push(...readingProblems(watched, { isCancelled: ending === 'cancelled' }));
    objections.push(...doubtsAboutSubject(watched));
    objections.push(...reliabilityProblems(watched, facts, { hasTimedOut }));
  }
  objections.push(...editedCases(cases), ...edits, ...withoutEvaluation(facts));
  return objections.map((reason) => ({ verdict: 'inconclusive', reason }));
}

/** The test cases that were edited between two of their runs: a sentence. */
function editedCases(cases: readonly CaseResult[]): string[] {
  const found = cases.filter((result) => result.isEdited === true && countsForVerdict(result));
  if (found.length === 0) return [];
  const were = found.length === 1 ? 'was' : 'were';
  return [
    `${formatCaseCount(found.length)} ${were} edited while ${found.length === 1 ? 'it was' : 'they were'} tested: ${listNames(found)}.`,
  ];
}

/** The test cases with a run that the provider calls passed and that proves nothing: a sentence for each reason. */
function withoutEvaluation({ batches, cases }: Facts): string[] {
  const counting = new Set(cases.filter(countsForVerdict).map(({ testCase }) => testCase.id));
  const reasons = new Map<string, Set<string>>();
  for (const { unproven, testCase } of seenBatches(batches).flatMap(({ runs = [] }) => runs)) {
    if (unproven?.kind !== 'not-evaluated' || !counting.has(testCase.id)) continue;
    reasons.set(unproven.why, (reasons.get(unproven.why) ?? new Set()).add(testCase.name));
  }
  return [...reasons].map(
    ([why, names]) =>
      `Nothing was evaluated in ${formatCaseCount(names.size)} (${why}): ${joinFirst([...names])}.`,
  );
}

const listNames = (cases: readonly CaseResult[]): string =>
  joinFirst(cases.map(({ testCase }) => testCase.name));

function passedReason({ batches }: JudgeInput, counts: Tally): string {
  const { total, passed, flaky, tolerated } = counts;
  const first = batches.filter(({ round }) => round === 1).length;
  const inBatches = first === 1 ? '' : ` in ${first} batches`;
  const notes = [
    ...(flaky > 0 ? [`${flaky} flaky`] : []),
    ...(tolerated > 0 ? [`${tolerated} not counted`] : []),
  ];
  const beside = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  if (total === 1) return `The one test case passed${beside}.`;
  const all = tolerated > 0 ? `${passed} of ${formatCaseCount(total)}` : `All ${formatCaseCount(total)}`;
  return `${all}${inBatches} passed${beside}.`;
}

const batchesPhrase = (batches: readonly WatchedBatch[]): string =>
  `${batches.length === 1 ? 'Batch' : 'Batches'} ${batches.map(({ id }) => id).join(', ')}`;
