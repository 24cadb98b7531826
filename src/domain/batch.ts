import type { Claims } from './claims.ts';
import type { Run, RunEnd, RunStatus } from './run.ts';

/** Numbers of runs of each kind, as the provider says them; `undefined` where it does not. */
export interface AnnouncedCounts {
  readonly total?: number | undefined;
  readonly passed?: number | undefined;
  readonly failed?: number | undefined;
  /**
   * `undefined` where the provider has no counter for them (Bland, Vapi): it may then count errored runs as failed.
   */
  readonly errored?: number | undefined;
  readonly cancelled?: number | undefined;
}

/** A batch at one moment, as one look at the provider showed it. */
export interface Batch {
  readonly id: string;
  /** The provider says that the batch will not change any more. */
  readonly settled: boolean;
  /** The provider's own judgement, where it has one. */
  readonly conclusion?: RunEnd | undefined;
  /** The provider's status word for the batch, when it is one that we do not know. */
  readonly unknownStatus?: string | undefined;
  readonly announced: AnnouncedCounts;
  /**
   * Statements of the answers that cannot be believed, each as one clause for a person: a needed field that is missing, a
   * counter that is no number. Before the batch has settled this means nothing.
   */
  readonly inconsistencies?: readonly string[] | undefined;
  /** `undefined` while the runs have not been read: counts are then known from `announced` alone. */
  readonly runs?: readonly Run[] | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt?: number | undefined;
  /** Milliseconds since the epoch; `undefined` where the provider does not say when the batch ended. */
  readonly endedAt?: number | undefined;
  /** The page that shows the batch at the provider, where the provider gives its address. */
  readonly url?: string | undefined;
  /** Subject of the test, for a person: "conversation-flow conversation_flow_… version 12". */
  readonly subject?: string | undefined;
  /** The same in the adapter's own form, from which `BatchStarter.resolveTested` starts the same again. */
  readonly tested?: Readonly<Record<string, unknown>> | undefined;
  /** The same in the words by which it is compared with what was asked for. */
  readonly claims?: Claims | undefined;
  /** The provider puts the tested version into production by itself when the batch passes (Bland). */
  readonly publishesOnPass?: boolean | undefined;
}

/** An earlier batch that is judged in place of a new one: nothing under test has changed since it was started. */
export interface ReusedBatch {
  readonly batchId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Time between its start and this gate, in milliseconds. */
  readonly ageMs: number;
}

/** Last known state of a batch, or the error that ended polling. */
export interface WatchedBatch {
  readonly id: string;
  readonly batch?: Batch | undefined;
  /** Error that ended polling: one sentence for a person. */
  readonly problem?: string | undefined;
  /** The problem is that the provider does not accept the key. */
  readonly isKeyRefused?: boolean | undefined;
  /** The same list of runs, ids and statuses, was seen in two looks at least 5 s, and one poll interval, apart. */
  readonly isListConfirmed?: boolean | undefined;
  /** 1 is what was given or started first; later rounds repeat test cases of it. */
  readonly round: number;
  /** Index of the batch of the first round that this is or repeats. */
  readonly batchIndex: number;
  /** The answer to its start was lost, and it was found in the provider's lists. */
  readonly isAdopted?: boolean | undefined;
  /**
   * Reason why it is not what this step started, as a clause: "it tested version 11, and version 12 was asked for". None of its
   * runs counts.
   */
  readonly mismatch?: string | undefined;
  /** Reason why nothing proves that it tests what was asked for, as a clause. Its runs count, and it is never green. */
  readonly doubt?: string | undefined;
  /** The test cases that this step asked the provider to run; `undefined` where the batch was given. */
  readonly requestedTestCases?: readonly string[] | undefined;
}

/** Numbers of test cases. `total` is the sum of the others but `flaky`, which are among `passed`. */
export interface Tally {
  readonly total: number;
  readonly passed: number;
  /** Those that passed by the rule, with a run that did not pass. */
  readonly flaky: number;
  readonly failed: number;
  readonly errored: number;
  readonly cancelled: number;
  readonly unfinished: number;
  /** Those that did not pass and do not count against the verdict. */
  readonly tolerated: number;
}

/** The tally of no test cases. */
export const EMPTY_TALLY: Tally = {
  total: 0,
  passed: 0,
  flaky: 0,
  failed: 0,
  errored: 0,
  cancelled: 0,
  unfinished: 0,
  tolerated: 0,
};
/** The names of the numbers in a tally, in the order of outputs and reports. */
export const TALLY_KEYS = Object.keys(EMPTY_TALLY) as readonly (keyof Tally)[];

/** Numbers of finished runs and of all runs of a batch, as far as they are known. */
export function countFinishedRuns({ announced, runs }: Batch): { finished: number; total: number } {
  const { passed = 0, failed = 0, errored = 0, cancelled = 0 } = announced;
  const finished =
    runs === undefined ? passed + failed + errored + cancelled : runs.length - countByStatus(runs).pending;
  return { finished, total: Math.max(announced.total ?? 0, runs?.length ?? finished) };
}

/** Counts runs by status. */
export function countByStatus(runs: readonly Run[]): Record<RunStatus, number> {
  const counts = { pending: 0, passed: 0, failed: 0, errored: 0, cancelled: 0 };
  for (const run of runs) counts[run.status] += 1;
  return counts;
}

/** "1 run", "2 runs" */
export const formatRunCount = (count: number): string => (count === 1 ? '1 run' : `${count} runs`);

/** The batches that were seen at least once. */
export function seenBatches(batches: readonly WatchedBatch[]): Batch[] {
  return batches.flatMap(({ batch }) => (batch === undefined ? [] : [batch]));
}
