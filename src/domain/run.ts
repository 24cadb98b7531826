import type { Claims } from './claims.ts';

/**
 * A **batch** is one execution of a set of **test cases** against an agent; a **run** is one execution of one test
 * case. Providers' words end in `providers/`; the words here are ours.
 */

/** `pending` covers every state before the end, and status words that we do not know. */
export const RUN_STATUSES = ['pending', 'passed', 'failed', 'errored', 'cancelled'] as const;
/** Status of a run. */
export type RunStatus = (typeof RUN_STATUSES)[number];
/** End of a run. */
export type RunEnd = Exclude<RunStatus, 'pending'>;

/** The test that was executed. */
export interface TestCase {
  /** The provider's id of it; `undefined` where the provider gives none. Names repeat and change, so they identify nothing. */
  readonly id: string | undefined;
  /** For people; the id, or the run's id, where the provider gives no name. */
  readonly name: string;
  /** Moment at which the provider says that it was last edited, in milliseconds since the epoch. */
  readonly revision?: number | undefined;
}

/** One check inside a run, as far as the provider reports it. It explains a run and never decides it. */
export interface Assertion {
  /** The check, as a person would name it. */
  readonly label: string;
  readonly result: 'passed' | 'failed' | 'skipped' | 'unknown';
  /** True if the run cannot pass without it; `undefined` where the provider does not say. */
  readonly required?: boolean | undefined;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  /** The judge's words. */
  readonly explanation?: string | undefined;
}

/** One entry of a conversation, in order. */
export type Turn =
  | { readonly kind: 'speech'; readonly speaker: 'agent' | 'caller'; readonly text: string }
  | { readonly kind: 'tool-call'; readonly tool: string; readonly input: string }
  | { readonly kind: 'tool-result'; readonly output: string; readonly succeeded?: boolean | undefined }
  | { readonly kind: 'transition'; readonly from?: string | undefined; readonly to: string };

/** Kinds of reasons why a run that has ended proves nothing, in the order in which a report names them. */
export const UNPROVEN_KINDS = ['mismatch', 'repeated', 'nameless', 'not-evaluated'] as const;

/** Reason why a run that has ended proves nothing. */
export interface Unproven {
  /**
   * `mismatch`: its batch tested something else than was asked for. `repeated`: its id stands more than once in the step.
   * `nameless`: it names no test case. `not-evaluated`: the provider calls it passed and nothing was evaluated. The last one
   * alone comes from adapters.
   */
  readonly kind: (typeof UNPROVEN_KINDS)[number];
  /** The reason as a clause: "none of its evaluations ran" (Vapi), "its id stands more than once in this step". */
  readonly why: string;
}

/** One execution of one test case. */
export interface Run {
  /**
   * Unique over all batches of a step: an id that stands twice proves nothing. Where the provider gives none, the adapter
   * makes it of the ids of batch and test case.
   */
  readonly id: string;
  readonly testCase: TestCase;
  readonly status: RunStatus;
  /** The provider's status word, when it is one that we do not know. */
  readonly unknownStatus?: string | undefined;
  /**
   * The statuses that the provider gave this one run in different answers or places, in its own words, when they
   * contradict each other: `PASSED` and `FAILED`, `PASSED` and `unfinished`. The status is then `pending`, since none of them is proven.
   */
  readonly conflict?: readonly string[] | undefined;
  /** Reason why a run that has ended proves nothing. The status is then `pending`. */
  readonly unproven?: Unproven | undefined;
  /** The run's own claims about what it tested. */
  readonly claims?: Claims | undefined;
  /**
   * Faults that the provider itself sees in the test and not in the agent, as clauses: "no mock matched the call of
   * book_slot" (ElevenLabs). A run that passed can have some.
   */
  readonly testFaults?: readonly string[] | undefined;
  /** Names of the guardrails that the conversation triggered (ElevenLabs). */
  readonly guardrails?: readonly string[] | undefined;
  /** Cost of the run in the provider's credits (ElevenLabs); `undefined` where it does not say, which is not zero. */
  readonly credits?: number | undefined;
  /** The price of the language model in US dollars (ElevenLabs); `undefined` as for `credits`. */
  readonly llmUsd?: number | undefined;
  /** The provider's reason for its judgement; for a run that errored, the error. */
  readonly explanation?: string | undefined;
  readonly assertions: readonly Assertion[];
  /** Criteria of the judgement, when the provider gives one verdict for all of it (Retell's metrics). */
  readonly criteria: readonly string[];
  /** The conversation; empty where the provider did not give it, or it was too long or one of too many to be kept. */
  readonly turns: readonly Turn[];
  readonly durationMs?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt?: number | undefined;
  /** Start and end of the conversation in milliseconds since the epoch, where the provider gives them. */
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/** True if a run counts as not passed: it failed or errored. One that was cancelled counts neither way. */
export const countsAsNotPassed = ({ status }: Pick<Run, 'status'>): boolean =>
  status === 'failed' || status === 'errored';
