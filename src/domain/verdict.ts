import { type Batch, type BatchOutcome, countRuns, seenBatches, type Tally, tally } from './batch.ts';
import { contradictions, unknownWords } from './integrity.ts';

/** How far a provider's clock may be ahead of the runner's. */
const CLOCK_SKEW_MINUTES = 60;

/** Our judgement of all batches together. Only `passed` opens the gate. */
export const VERDICTS = ['passed', 'failed', 'errored', 'cancelled', 'timed-out', 'inconclusive'] as const;
/** See `VERDICTS`. */
export type Verdict = (typeof VERDICTS)[number];

/** Why the waiting ended: every batch settled (or cannot be read), the deadline came, or the workflow was cancelled. */
export type Ending = 'settled' | 'deadline' | 'cancelled';

/** What the judge has to say. */
export interface Judgement {
  readonly verdict: Verdict;
  /** One sentence for a person. It may quote the provider, so it is foreign text. */
  readonly reason: string;
  /** What else a reader should know: further sentences, foreign text as well. */
  readonly notes: readonly string[];
}

/** All that the judge looks at. */
export interface Evidence {
  readonly batches: readonly BatchOutcome[];
  readonly ending: Ending;
  /** The deadline, for the reason: minutes. */
  readonly timeoutMinutes: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** An older batch proves nothing about this commit; `undefined` for no limit. */
  readonly maxBatchAgeMinutes?: number | undefined;
}

/**
 * Judges the batches: the first verdict that holds, in the order of the contract. Green needs proof: it takes
 * that nothing was found against it and that the proof is there (`isProven`); one alone is not enough.
 */
export function judge(evidence: Evidence): Judgement {
  const findings = [
    ...failed(evidence),
    ...errored(evidence),
    ...cancelled(evidence),
    ...timedOut(evidence),
    ...inconclusive(evidence),
  ];
  const [first, ...rest] = findings;
  if (first !== undefined) return { ...first, notes: rest.map((finding) => finding.reason) };
  const { batches } = evidence;
  if (batches.length > 0 && batches.every(isProven))
    return { verdict: 'passed', reason: passedReason(evidence), notes: [] };
  return { verdict: 'inconclusive', reason: 'It could not be shown that every run passed.', notes: [] };
}

/** Whether a batch is shown to have passed: settled, at least one run, none missing, each passed, no contradiction. */
export function isProven({ batch, problem }: BatchOutcome): boolean {
  return (
    problem === undefined &&
    batch?.settled === true &&
    batch.runs !== undefined &&
    batch.runs.length > 0 &&
    batch.runs.length >= (batch.announced.total ?? 1) &&
    batch.runs.every((run) => run.status === 'passed') &&
    contradictions(batch).length === 0
  );
}

type Finding = Omit<Judgement, 'notes'>;

function failed(evidence: Evidence): Finding[] {
  const counts = countAll(evidence);
  if (counts.failed === 0) return [];
  const also = counts.errored > 0 ? `, and ${counts.errored} errored` : '';
  return [{ verdict: 'failed', reason: `${counts.failed} of ${countRuns(counts.total)} failed${also}.` }];
}

function errored(evidence: Evidence): Finding[] {
  const findings: Finding[] = [];
  const counts = countAll(evidence);
  if (counts.errored > 0) {
    const reason = `${counts.errored} of ${countRuns(counts.total)} errored: the provider could not carry ${counts.errored === 1 ? 'it' : 'them'} out or grade ${counts.errored === 1 ? 'it' : 'them'}.`;
    // Behind a failure this is said already.
    if (counts.failed === 0) findings.push({ verdict: 'errored', reason });
  }
  for (const batch of seenBatches(evidence.batches)) {
    if (batch.outcome === 'errored') {
      findings.push({ verdict: 'errored', reason: `The provider reports an error for batch ${batch.id}.` });
    }
  }
  return findings;
}

function cancelled(evidence: Evidence): Finding[] {
  const findings: Finding[] = [];
  if (evidence.ending === 'cancelled') {
    const going = evidence.batches.filter(({ batch }) => batch?.settled !== true).map(({ id }) => id);
    const goesOn =
      going.length === 0
        ? ''
        : ` The provider has no way to cancel a batch: ${list(going)} ${going.length === 1 ? 'goes' : 'go'} on there.`;
    findings.push({
      verdict: 'cancelled',
      reason: `The workflow was cancelled before the gate had finished.${goesOn}`,
    });
  }
  const counts = countAll(evidence);
  if (counts.cancelled > 0) {
    const reason = `${counts.cancelled} of ${countRuns(counts.total)} ${counts.cancelled === 1 ? 'was' : 'were'} cancelled at the provider.`;
    findings.push({ verdict: 'cancelled', reason });
  }
  for (const batch of seenBatches(evidence.batches)) {
    if (batch.outcome === 'cancelled') {
      findings.push({ verdict: 'cancelled', reason: `Batch ${batch.id} was cancelled at the provider.` });
    }
  }
  return findings;
}

function timedOut({ ending, batches, timeoutMinutes }: Evidence): Finding[] {
  const unsettled = batches.filter(({ batch }) => batch?.settled !== true);
  if (ending !== 'deadline' || unsettled.length === 0) return [];
  const ids = list(unsettled.map(({ id }) => id));
  const words = [
    ...new Set(unsettled.flatMap(({ batch }) => (batch === undefined ? [] : unknownWords(batch)))),
  ];
  const unknown =
    words.length === 0 ? '' : ` It has a status that this action does not know: ${quoted(words)}.`;
  const problem = unsettled.find((outcome) => outcome.problem !== undefined)?.problem;
  const because = problem === undefined ? unknown : `${unknown} The last look failed: ${problem}`;
  const have = unsettled.length === 1 ? `Batch ${ids} has` : `Batches ${ids} have`;
  return [
    {
      verdict: 'timed-out',
      reason: `${have} not ended within ${duration(timeoutMinutes)} (timeout-minutes).${because}`,
    },
  ];
}

function inconclusive(evidence: Evidence): Finding[] {
  const because = (reason: string): Finding => ({ verdict: 'inconclusive', reason });
  const findings: Finding[] = [];
  if (evidence.batches.length === 0) findings.push(because('There was no batch to look at.'));

  // What kept a batch from being read is why the others were not waited for, so it comes first.
  const troubled = evidence.batches.filter(({ problem }) => problem !== undefined);
  const others = evidence.batches.filter(({ problem }) => problem === undefined);
  for (const { id, batch, problem } of [...troubled, ...others]) {
    // A batch that timed out has named its problem and its words already.
    const named = evidence.ending === 'deadline' && batch?.settled !== true;
    if (problem !== undefined && !named) findings.push(because(`Batch ${id} could not be read: ${problem}`));
    if (batch === undefined) {
      if (problem === undefined && evidence.ending === 'settled') {
        findings.push(because(`Batch ${id} was never read.`));
      }
      continue;
    }
    if (!batch.settled && problem === undefined && evidence.ending === 'settled') {
      findings.push(
        because(`Batch ${id} was not waited for any longer, since another batch could not be read.`),
      );
    }
    if (batch.settled && batch.runs === undefined && problem === undefined) {
      findings.push(because(`The runs of batch ${id} were never read.`));
    }
    const words = named ? [] : unknownWords(batch);
    if (words.length > 0) {
      findings.push(because(`Batch ${id} has a status that this action does not know: ${quoted(words)}.`));
    }
    for (const clause of contradictions(batch))
      findings.push(because(`Batch ${id} does not add up: ${clause}.`));
    const tooOld = age(evidence, batch);
    if (tooOld !== undefined) findings.push(because(tooOld));
  }
  return findings;
}

function age({ now, maxBatchAgeMinutes }: Evidence, batch: Batch): string | undefined {
  if (maxBatchAgeMinutes === undefined) return undefined;
  if (batch.createdAt === undefined) {
    return `The provider does not say when batch ${batch.id} was created, so it cannot be shown to be younger than ${duration(maxBatchAgeMinutes)} (max-batch-age-minutes).`;
  }
  const minutes = (now - batch.createdAt) / 60_000;
  if (minutes < -CLOCK_SKEW_MINUTES) {
    return `The provider says that batch ${batch.id} was created in the future, so its age is not known (max-batch-age-minutes).`;
  }
  if (minutes <= maxBatchAgeMinutes) return undefined;
  return `Batch ${batch.id} is ${duration(Math.floor(minutes))} old, and max-batch-age-minutes allows ${duration(maxBatchAgeMinutes)}: it may not have tested this commit.`;
}

function passedReason(evidence: Evidence): string {
  const { total } = countAll(evidence);
  const inBatches = evidence.batches.length === 1 ? '' : ` in ${evidence.batches.length} batches`;
  return total === 1 ? 'The one run passed.' : `All ${total} runs${inBatches} passed.`;
}

const countAll = ({ batches }: Evidence): Tally => tally(seenBatches(batches));

/** Minutes as a person says them. */
function duration(minutes: number): string {
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const [days, hours, rest] = [
    Math.floor(minutes / 1_440),
    Math.floor(minutes / 60) % 24,
    Math.floor(minutes % 60),
  ];
  return [`${days} d`, `${hours} h`, `${rest} min`].filter((part) => !part.startsWith('0 ')).join(' ');
}

const list = (items: readonly string[]): string => items.join(', ');

const quoted = (words: readonly string[]): string => list(words.map((word) => `"${word}"`));
