import type { Refusal } from './result.ts';

/** Our judgement of all batches together, worst first: the first that applies is the verdict. Only `passed` opens the gate. */
export const VERDICTS = ['failed', 'errored', 'cancelled', 'timed-out', 'inconclusive', 'passed'] as const;
/** See `VERDICTS`. */
export type Verdict = (typeof VERDICTS)[number];

const CONCLUSIVE: ReadonlySet<string | undefined> = new Set<Verdict>(['passed', 'failed', 'errored']);

/** True for a verdict after which every test case that exists has been seen. */
export const isConclusive = (verdict: string | undefined): boolean => CONCLUSIVE.has(verdict);

/** State of a gate, a batch or a job's part of a report in one word. */
export type State = 'waiting' | Verdict;

/** All states, worst first: what still waits may yet fail, so it comes before what passed. */
export const STATES: readonly State[] = [...VERDICTS.slice(0, -1), 'waiting', 'passed'];

/** The worst of several states; `waiting` if there are none. */
export function worstState(states: readonly State[]): State {
  return STATES.find((state) => states.includes(state)) ?? 'waiting';
}

/** End of the waiting: every batch settled (or cannot be read), the deadline came, or this step was cancelled. */
export type Ending = 'settled' | 'deadline' | 'cancelled';

/** Verdict with its reasons. */
export interface Judgement {
  readonly verdict: Verdict;
  /** One sentence for a person. It may quote the provider, so it is foreign text. */
  readonly reason: string;
  /** Further findings: sentences, foreign text as well. */
  readonly notes: readonly string[];
  /**
   * Refusal of what the user gave before anything was started: key, target, selection, `max-runs`; or of the key, for given
   * batches. `fail-on: nothing` does not soften it, and the command line ends with 2.
   */
  readonly refusal?: Refusal | undefined;
}

/** Failures that make a gate fail: the input `fail-on`. */
export type FailOn = 'any' | 'new' | 'nothing';

/** True if the gate lets what comes after it go on: it passed, or only reports and was not refused. */
export function succeeds({ verdict, refusal }: Judgement, failOn: FailOn): boolean {
  return verdict === 'passed' || isReportOnly(failOn, { refusal });
}

/** True if the gate succeeds whatever the verdict is. A refusal is no result that could be reported. */
export function isReportOnly(failOn: FailOn, judgement: Pick<Judgement, 'refusal'> | undefined): boolean {
  return failOn === 'nothing' && judgement?.refusal === undefined;
}
