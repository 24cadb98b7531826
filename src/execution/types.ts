import type { BatchOutcome } from '../domain/batch.ts';
import type { PassRule } from '../domain/pass-rule.ts';
import type { CaseResult } from '../domain/test-case.ts';
import type { Ending } from '../domain/verdict.ts';
import type { BatchStarter, Subject } from '../providers/starter.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { StartName } from './start-name.ts';

/** What is to be gated: batches that something else started, or test cases to start. */
export type Plan =
  | { readonly kind: 'given'; readonly batchIds: readonly string[] }
  | { readonly kind: 'start'; readonly subject: Subject; readonly testCases: readonly string[] };

/** What came of all rounds. */
export interface Execution {
  /** Every batch of every round, in the order of the rounds. */
  readonly batches: readonly BatchOutcome[];
  readonly ending: Ending;
  /** Why a batch was not started, or why that is not known: a sentence. */
  readonly startProblem?: string | undefined;
  /** Why test cases that did not pass were not run again: sentences. */
  readonly remarks: readonly string[];
  /** How many runs this step started, and how many of them repeat a test case. */
  readonly started: { readonly runs: number; readonly reruns: number };
}

/** How batches are waited for: until all have settled, the deadline or the cancellation. */
export type WaitFor = (
  batches: readonly BatchOutcome[],
) => Promise<{ readonly ending: Ending; readonly outcomes: readonly BatchOutcome[] }>;

export interface RoundsOptions {
  readonly plan: Plan;
  readonly rule: PassRule;
  /** The most runs that the step may start; `undefined` for no limit. */
  readonly maxRuns: number | undefined;
  /** Absent where nothing can be started: given batches without re-runs. */
  readonly starter: BatchStarter | undefined;
  /**
   * Test cases that are not run again, whatever became of them: the ids of the quarantined ones. Asked after the first
   * round with its test cases, since only then their number is known where the batches are given.
   */
  readonly excludedFromReruns: (cases: readonly CaseResult[]) => Promise<ReadonlySet<string>>;
  /** Only test cases that failed elsewhere are run: that many of them fail here too says nothing of flakiness. */
  readonly isComparison?: boolean | undefined;
  readonly waitFor: WaitFor;
  /** What a batch of this round is called where batches have names; another one each time. Absent: batches have none. */
  readonly startName?: ((round: number) => StartName) | undefined;
  /** Told of every batch that was started as soon as its id is known, before the first look. */
  readonly onStarted: (batch: BatchOutcome) => void;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly log: (line: string) => void;
}
