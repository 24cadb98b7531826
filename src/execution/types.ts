import type { WatchedBatch } from '../domain/batch.ts';
import type { PassRule } from '../domain/pass-rule.ts';
import type { Refusal } from '../domain/result.ts';
import type { CaseResult } from '../domain/test-case.ts';
import type { Ending, FailOn } from '../domain/verdict.ts';
import type { Provider } from '../providers/provider.ts';
import type { BatchStarter, Subject } from '../providers/starter.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { BatchSource, Prepared } from './prepare.ts';
import type { StartName } from './start-name.ts';

/** Batches that something else started, or test cases to start. */
export type Plan =
  | { readonly kind: 'given'; readonly batchIds: readonly string[] }
  | { readonly kind: 'start'; readonly subject: Subject; readonly testCases: readonly string[] };

/** Result of all rounds. */
export interface Execution {
  /** Every batch of every round, in the order of the rounds. */
  readonly batches: readonly WatchedBatch[];
  readonly ending: Ending;
  /** Reason why a batch was not started, or why that is not known: a sentence. */
  readonly startProblem?: string | undefined;
  /** Nothing was started because of what the user gave: the key, or the target, the selection, `max-runs`. */
  readonly refusal?: Refusal | undefined;
  /** Reasons why test cases that did not pass were not run again: sentences. */
  readonly remarks: readonly string[];
  /** Edits of the configuration under test while it was tested: sentences. */
  readonly edits: readonly string[];
  /** Number of runs that this step started, or may have started, and of those that repeat a test case. */
  readonly started: { readonly runs: number; readonly reruns: number };
}

/** Waits for batches until all have settled, the deadline or the cancellation. `onLook` is told of every look. */
export type WaitFor = (
  batches: readonly WatchedBatch[],
  onLook: (watched: WatchedBatch) => void,
) => Promise<{ readonly ending: Ending; readonly batches: readonly WatchedBatch[] }>;

export interface RoundsOptions {
  readonly plan: Plan;
  readonly rule: PassRule;
  /** The most runs that the step may start; `undefined` for no limit. */
  readonly maxRuns: number | undefined;
  readonly starter: BatchStarter;
  /**
   * Says which test cases of these batches are quarantined: they are not run again, whatever their runs were. Absent where no
   * quarantine file was named.
   */
  readonly attachQuarantine?:
    | ((cases: readonly CaseResult[], batches: readonly WatchedBatch[]) => Promise<readonly CaseResult[]>)
    | undefined;
  /** Reasons why `passed` is out of reach whatever more runs bring, after the batches so far: sentences. */
  readonly obstacles: (
    batches: readonly WatchedBatch[],
    cases: readonly CaseResult[],
    isOpen?: (batchId: string) => boolean,
  ) => readonly string[];
  /** Batches that this step has read or started before: none of them is started now. */
  readonly earlier?: readonly WatchedBatch[] | undefined;
  /** Only test cases that failed on another version are run: that many of them fail here too says nothing of flakiness. */
  readonly isComparison?: boolean | undefined;
  readonly waitFor: WaitFor;
  /** Creates the name of a batch of this round where batches have names; another one each time. Absent: batches have none. */
  readonly startName?: ((round: number) => StartName) | undefined;
  /** Told of every batch that was started as soon as its id is known, before the first look. */
  readonly onStarted: (batch: WatchedBatch) => void;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly log: (line: string) => void;
}

/** Batches to run, and the rules for their number. */
export interface ExecutorOptions {
  readonly batchSource: BatchSource;
  readonly rule: PassRule;
  /** The most runs that the step may start; `undefined` for no limit. */
  readonly maxRuns: number | undefined;
  readonly pollIntervalSeconds: number;
  /** `new`: a test case that was shown not to pass on that version either does not make the verdict red. */
  readonly failOn: FailOn;
  /** An older batch proves nothing; `undefined` for no limit. */
  readonly maxBatchAgeMinutes: number | undefined;
  /** An earlier batch of at most so many hours is judged in place of a new one, where nothing has changed since; 0: never. */
  readonly reuseHours: number;
  /** This is a re-run of the job: somebody wants it tested again. */
  readonly isJobRerun?: boolean | undefined;
}

/** Dependencies of the executor. */
export interface ExecutorDependencies {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly log: (line: string) => void;
  /** Takes the lines that say how far the batches are, without the time; absent: the log takes them, with the time. */
  readonly showProgress?: ((state: string) => void) | undefined;
  /** Shows a line that the user should see even without reading the log. */
  readonly warn: (line: string) => void;
  readonly startName?: RoundsOptions['startName'];
  readonly attachQuarantine?: RoundsOptions['attachQuarantine'];
  /** Told of all batches of this step so far, whenever there is a new one, before the first look at it. */
  readonly onBatches: (batchIds: readonly string[]) => void;
  /** Told how far the batches under test are, whenever that has changed. */
  readonly onProgress: (batches: readonly WatchedBatch[], prepared: Prepared | undefined) => void;
}
