/**
 * What happens to a batch, and when. A script is plain data in our own words; each emulator turns it into its
 * provider's bodies. All times in a script are milliseconds after the batch's start, and `Infinity` is never.
 */

export type Outcome = 'passed' | 'failed' | 'errored' | 'cancelled';
export type Phase = 'pending' | 'running' | 'ended';

/** Fields to put over a generated body, in the provider's words; `undefined` takes a field away. */
export type Fields = Readonly<Record<string, unknown>>;

/** Status words in place of the provider's own, for each phase. */
export type Words = Readonly<Partial<Record<Phase, string>>>;

/** One check of a Bland run; the emulator writes it in the documented or in the live shape. */
export interface AssertionScript {
  readonly id?: string;
  readonly passed: boolean;
  readonly type?: string;
  readonly target?: string;
  readonly field?: string;
  readonly expected?: string;
  readonly reasoning?: string;
}

/** One run. What is left out comes from the recorded samples, to suit the outcome. */
export interface RunScript {
  /** Default: made from the batch id and the run's place, the same each time. */
  readonly id?: string;
  readonly testCaseId?: string;
  readonly name?: string;
  /** Default 0. */
  readonly startsAt?: number;
  /** Default: as soon as it has started. */
  readonly endsAt?: number;
  /** When lists begin to show the run. Default 0. */
  readonly listedAt?: number;
  /** Default `passed`. Retell has no cancelled runs: there the word is one outside its enum. */
  readonly outcome?: Outcome;
  readonly words?: Words;
  /** Retell: the judge's words or the error message. Bland: the error message, in run details only. */
  readonly explanation?: string | null;
  /** Bland only. */
  readonly assertions?: readonly AssertionScript[];
  /** The entries as the provider writes them; `null` for no conversation. */
  readonly transcript?: readonly unknown[] | null;
  readonly fields?: Fields;
  /** Vapi only: when the test case was last edited, as its snapshot says, in milliseconds since the epoch. */
  readonly revision?: number;
  /** Retell only: the same as `fields`, but in lists alone, so that they say less than the run's own endpoint or something else. */
  readonly inLists?: Fields;
}

/** Ways of paging that no client should follow for ever; `endless` goes round and round under new keys. */
export type WrongPages = 'endless' | 'same-key' | 'no-key';

/** What the provider says about a batch in numbers. Retell shows all four, Bland the first three. */
export interface Counts {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly errored: number;
}

export interface BatchScript {
  readonly id: string;
  readonly runs: readonly RunScript[];
  /** Milliseconds since the epoch. Default: when the emulator got the script. */
  readonly createdAt?: number;
  /** When lists of batches, or of runs of several batches, begin to show it. Default 0. */
  readonly listedAt?: number;
  /** Default: with the last run's end. */
  readonly settlesAt?: number;
  /** Bland's judgement. Default: what follows from the runs. */
  readonly outcome?: Outcome;
  readonly words?: Words;
  /** Counters that say this whatever the runs are. */
  readonly announce?: Partial<Counts>;
  readonly fields?: Fields;
  /** Retell only: lists of the runs that are wrong in their paging. */
  readonly pages?: WrongPages;
}

/** A scripted batch at one moment. */
export interface Moment {
  readonly phase: Phase;
  /** The runs that are listed by now, in the order in which they came. */
  readonly runs: readonly { readonly index: number; readonly phase: Phase }[];
  readonly counts: Counts;
  /** When something last changed, in milliseconds after the start. */
  readonly changedAt: number;
}

/** `count` runs, each as `each` says: `many(1237, (index) => (index === 1236 ? { outcome: 'failed' } : {}))`. */
export function many(count: number, each: RunScript | ((index: number) => RunScript) = {}): RunScript[] {
  return Array.from({ length: count }, (_, index) => (typeof each === 'function' ? each(index) : each));
}

/** Runs that take a second each, one after the other, and pass. */
export function oneAfterTheOther(count: number): RunScript[] {
  return many(count, (index) => ({ startsAt: 1000 * index, endsAt: 1000 * (index + 1) }));
}

/** When a run ends, in milliseconds after the batch's start. */
export const endOf = (run: RunScript): number => run.endsAt ?? run.startsAt ?? 0;

/**
 * The batch as a function of the milliseconds since its start. Between two changes it returns the same object, so
 * that bodies made from a moment can be kept as long as the moment lasts.
 */
export function momentsOf(script: BatchScript): (elapsed: number) => Moment {
  const settlesAt = script.settlesAt ?? script.runs.reduce((last, run) => Math.max(last, endOf(run)), 0);
  const changes = changesOf(script, settlesAt);
  const listing = script.runs
    .map((run, index) => ({ run, index, listedAt: run.listedAt ?? 0 }))
    .sort((one, other) => one.listedAt - other.listedAt);
  let last: Moment | undefined;

  return (elapsed) => {
    const changedAt = lastUpTo(changes, elapsed);
    if (last?.changedAt !== changedAt) {
      last = {
        phase: batchPhase(script, settlesAt, changedAt),
        runs: listing
          .filter(({ listedAt }) => listedAt <= changedAt)
          .map(({ run, index }) => ({ index, phase: phaseAt(run, changedAt) })),
        counts: countsAt(script, changedAt),
        changedAt,
      };
    }
    return last;
  };
}

function changesOf({ runs }: BatchScript, settlesAt: number): number[] {
  const times = runs.flatMap((run) => [run.startsAt ?? 0, endOf(run), run.listedAt ?? 0]);
  return [...new Set([0, settlesAt, ...times])].sort((one, other) => one - other);
}

/** The last of the sorted times that is not after `limit`; 0 if there is none. */
function lastUpTo(times: readonly number[], limit: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return times[low - 1] ?? 0;
}

function phaseAt(run: RunScript, elapsed: number): Phase {
  if (elapsed >= endOf(run)) return 'ended';
  return elapsed >= (run.startsAt ?? 0) ? 'running' : 'pending';
}

function batchPhase({ runs }: BatchScript, settlesAt: number, elapsed: number): Phase {
  if (elapsed >= settlesAt) return 'ended';
  return runs.some((run) => phaseAt(run, elapsed) !== 'pending') ? 'running' : 'pending';
}

function countsAt({ runs, announce }: BatchScript, elapsed: number): Counts {
  const ended = runs.filter((run) => phaseAt(run, elapsed) === 'ended');
  const count = (outcome: Outcome): number =>
    ended.filter((run) => (run.outcome ?? 'passed') === outcome).length;
  return {
    ...{ total: runs.length, passed: count('passed'), failed: count('failed'), errored: count('errored') },
    ...announce,
  };
}
