/**
 * The words of this program. A **batch** is one execution of a set of **test cases** against an agent; a
 * **run** is one execution of one test case. Vendors' words end in `providers/`; everything here is ours.
 */

/** `pending` covers every state before the end, and status words that we do not know. */
export const RUN_STATUSES = ['pending', 'passed', 'failed', 'errored', 'cancelled'] as const;
/** What became of a run. */
export type RunStatus = (typeof RUN_STATUSES)[number];

/** One check inside a run, as far as the provider reports it. It explains a run; it never decides it. */
export interface Assertion {
  /** What was checked, as a person would name it. */
  readonly label: string;
  readonly outcome: 'passed' | 'failed' | 'unknown';
  readonly expected?: string;
  readonly actual?: string;
  /** The judge's words. */
  readonly explanation?: string;
}

/** One entry of a conversation, in order. */
export type Turn =
  | { readonly kind: 'speech'; readonly speaker: 'agent' | 'caller'; readonly text: string }
  | { readonly kind: 'tool-call'; readonly tool: string; readonly input: string }
  | { readonly kind: 'tool-result'; readonly output: string; readonly succeeded?: boolean }
  | { readonly kind: 'transition'; readonly from?: string; readonly to: string };

/** One execution of one test case. */
export interface Run {
  readonly id: string;
  /** The identity of a test case is its id; names repeat and change. */
  readonly testCase: { readonly id: string; readonly name: string };
  readonly status: RunStatus;
  /** The provider's status word, when it is one that we do not know. */
  readonly unknownStatus?: string;
  /** Why the provider judged as it did; for a run that errored, what went wrong. */
  readonly explanation?: string;
  readonly assertions: readonly Assertion[];
  /** What the run was judged by, when the provider gives one verdict for all of it (Retell's metrics). */
  readonly criteria: readonly string[];
  /** The conversation; empty when the provider did not give it, or the run passed. */
  readonly turns: readonly Turn[];
  readonly durationMs?: number;
  /** Milliseconds since the epoch. */
  readonly createdAt?: number;
}

/** How many runs the provider says there are, of each kind; `undefined` where it does not say. */
export interface Announced {
  readonly total?: number;
  readonly passed?: number;
  readonly failed?: number;
  readonly errored?: number;
  /** True where errored or cancelled runs may be counted under `failed` too (Bland does not document it). */
  readonly failedMayIncludeErrored?: boolean;
}

/** A batch at one moment, as one look at the provider showed it. */
export interface Batch {
  readonly id: string;
  /** The provider says that the batch will not change any more. */
  readonly settled: boolean;
  /** The provider's own judgement, where it has one. */
  readonly outcome?: Exclude<RunStatus, 'pending'>;
  /** The provider's status word for the batch, when it is one that we do not know. */
  readonly unknownStatus?: string;
  readonly announced: Announced;
  /** `undefined` while the runs have not been read: counts are then known from `announced` alone. */
  readonly runs?: readonly Run[];
  /** Milliseconds since the epoch. */
  readonly createdAt?: number;
  /** What was tested, for a person: "conversation-flow conversation_flow_… version 12". */
  readonly subject?: string;
  /** The provider puts the tested version into production by itself when the batch passes (Bland). */
  readonly publishesOnPass?: boolean;
}

/** What became of one batch id: the last that was seen of it, and why it could not be read, if so. */
export interface BatchOutcome {
  readonly id: string;
  readonly batch?: Batch;
  /** Why the batch could not be read to its end: one sentence for a person. */
  readonly problem?: string;
}

/** Whole numbers of runs. `total` is the sum of the others. */
export interface Tally {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly errored: number;
  readonly cancelled: number;
  readonly unfinished: number;
}

/**
 * Counts runs, over any number of batches. Runs that the provider announced and that were not seen count as
 * unfinished; where the runs were not read at all, the provider's own counts serve.
 */
export function tally(batches: readonly Batch[]): Tally {
  const sum = { passed: 0, failed: 0, errored: 0, cancelled: 0, unfinished: 0 };
  for (const batch of batches) {
    const one = batch.runs === undefined ? tallyAnnounced(batch.announced) : tallyRuns(batch.runs);
    sum.passed += one.passed;
    sum.failed += one.failed;
    sum.errored += one.errored;
    sum.cancelled += one.cancelled;
    const seen = one.passed + one.failed + one.errored + one.cancelled + one.pending;
    sum.unfinished += one.pending + Math.max(0, (batch.announced.total ?? 0) - seen);
  }
  return { total: sum.passed + sum.failed + sum.errored + sum.cancelled + sum.unfinished, ...sum };
}

function tallyRuns(runs: readonly Run[]): Record<RunStatus, number> {
  const counts = { pending: 0, passed: 0, failed: 0, errored: 0, cancelled: 0 };
  for (const run of runs) counts[run.status] += 1;
  return counts;
}

function tallyAnnounced({ passed, failed, errored }: Announced): Record<RunStatus, number> {
  return { pending: 0, passed: passed ?? 0, failed: failed ?? 0, errored: errored ?? 0, cancelled: 0 };
}

/**
 * What in a settled batch contradicts itself, each as one clause for a person; an empty list when all agrees.
 * Batch and runs may disagree for a moment after the end, so ask again before believing it.
 */
export function contradictions(batch: Batch): string[] {
  if (!batch.settled || batch.runs === undefined) return [];
  const { announced, outcome, runs } = batch;
  const counts = tallyRuns(runs);
  const found: string[] = [];

  if (runs.length === 0 && !announced.total) found.push('it has no runs');
  if (announced.total !== undefined && announced.total !== runs.length) {
    found.push(`the provider announced ${countRuns(announced.total)} and listed ${runs.length}`);
  }
  const unfinished = runs.filter((run) => run.status === 'pending' && run.unknownStatus === undefined).length;
  if (unfinished > 0)
    found.push(`it has ended and ${unfinished} of its runs ${unfinished === 1 ? 'has' : 'have'} not`);

  const counter = (name: string, said: number | undefined, atLeast: number, atMost = atLeast) => {
    if (said !== undefined && (said < atLeast || said > atMost)) {
      found.push(`the provider counts ${said} ${name} and lists ${atLeast}`);
    }
  };
  counter('passed', announced.passed, counts.passed);
  const others = announced.failedMayIncludeErrored === true ? counts.errored + counts.cancelled : 0;
  counter('failed', announced.failed, counts.failed, counts.failed + others);
  counter('errored', announced.errored, counts.errored);

  if (outcome === 'passed' && counts.passed < runs.length) {
    found.push(`the provider calls it passed and ${runs.length - counts.passed} of its runs did not pass`);
  }
  if (outcome === 'failed' && runs.length > 0 && counts.passed === runs.length) {
    found.push('the provider calls it failed and every run passed');
  }
  return found;
}

/** "1 run", "2 runs" */
export function countRuns(count: number): string {
  return count === 1 ? '1 run' : `${count} runs`;
}

/** The batches that were seen at least once. */
export function seenBatches(outcomes: readonly BatchOutcome[]): Batch[] {
  return outcomes.flatMap(({ batch }) => (batch === undefined ? [] : [batch]));
}

/** The status words of this batch and its runs that we do not know, each once. */
export function unknownWords(batch: Batch): string[] {
  const words = [batch.unknownStatus, ...(batch.runs ?? []).map((run) => run.unknownStatus)];
  return [...new Set(words.filter((word) => word !== undefined))];
}
