import type { Emulator, EmulatorOptions, SeenRequest } from './server.ts';
import {
  type BatchScript,
  endOf,
  type Fields,
  type Moment,
  momentsOf,
  oneAfterTheOther,
  type RunScript,
} from './timeline.ts';

/** Recorded bodies: one for each request, where the last one repeats; or a rule that gets the count, from 1. */
export type Recorded = readonly unknown[] | ((request: SeenRequest, n: number) => unknown);

/** A batch that answers with given bodies, word for word, whatever the time is. A string is sent as HTML. */
export interface RecordedBatch {
  readonly id: string;
  /** What the batch endpoint answers. */
  readonly looks: Recorded;
  /** What the list of the batch's runs answers, whatever page was asked for. */
  readonly listings?: Recorded;
  /** What the run endpoint answers, by run id. */
  readonly details?: ReadonlyMap<string, unknown>;
}

export type BatchSource<Script extends BatchScript = BatchScript> = Script | RecordedBatch;

/** What every provider's emulator can be told about batches. */
export interface BatchOptions<Script extends BatchScript = BatchScript> extends EmulatorOptions {
  readonly batches?: readonly BatchSource<Script>[];
  /** What becomes of a batch that a client starts. Default: one run after the other, a second each, all pass. */
  readonly created?: (testCaseIds: readonly string[]) => Omit<Script, 'id'>;
}

/** The default of `BatchOptions.created`. */
export const createPassing = (ids: readonly string[]): Omit<BatchScript, 'id'> => ({
  runs: oneAfterTheOther(ids.length),
});

/** A batch that a client has started. */
export interface StartedBatch {
  readonly id: string;
  readonly testCases: readonly string[];
  /** The request's body. */
  readonly request: Fields;
}

/** A provider's emulator. */
export interface BatchEmulator<Script extends BatchScript = BatchScript> extends Emulator {
  /** The batches that clients have started, in order. */
  readonly started: readonly StartedBatch[];
  /** Starts more batches, now. */
  add(...batches: readonly BatchSource<Script>[]): void;
}

/** One of a provider that can cancel. */
export interface CancellingEmulator extends BatchEmulator {
  /** The batches that clients have cancelled, in order; as often as they asked. */
  readonly cancelled: readonly string[];
}

export function isRecorded(source: BatchSource): source is RecordedBatch {
  return 'looks' in source;
}

/** What adds batches to those that are shown, each as `show` makes it; an id can be taken only once. */
export function adder<Source extends { readonly id: string }, Shown>(
  shown: Map<string, Shown>,
  show: (source: Source) => Shown,
): (...sources: readonly Source[]) => void {
  return (...sources) => {
    for (const source of sources) {
      if (shown.has(source.id)) throw new Error(`There is a batch ${source.id} already.`);
      shown.set(source.id, show(source));
    }
  };
}

/** Answers from a recording, in turn; `undefined` when it is empty. */
export function replay(recorded: Recorded): (request: SeenRequest) => unknown {
  let n = 0;
  return (request) => {
    n += 1;
    return typeof recorded === 'function' ? recorded(request, n) : recorded[Math.min(n, recorded.length) - 1];
  };
}

/** A script that is being played. */
export interface Playback<Script extends BatchScript = BatchScript> {
  readonly script: Script;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Whether lists of batches show it by now. */
  isListed(): boolean;
  /** The script as it would have to be if everything that has not ended by now were cancelled now. */
  cancelled(): Script;
  /** What `build` makes of the present moment; made once for each key as long as the moment lasts. */
  present<Made>(key: string, build: (moment: Moment) => Made): Made;
}

/** Starts a script. `now` is in milliseconds; `speed` is how many of the script's pass in one of those. */
export function play<Script extends BatchScript>(
  script: Script,
  { now, speed, epoch = Date.now }: { now: () => number; speed: number; epoch?: (() => number) | undefined },
): Playback<Script> {
  const startedAt = now();
  const momentAt = momentsOf(script);
  const made = new WeakMap<Moment, Map<string, unknown>>();

  return {
    script,
    createdAt: script.createdAt ?? epoch(),
    cancelled: () => {
      const elapsed = (now() - startedAt) * speed;
      const runs = script.runs.map((run): RunScript => {
        const listedAt = 0;
        return endOf(run) <= elapsed
          ? { ...run, listedAt, startsAt: 0, endsAt: 0 }
          : { ...run, listedAt, startsAt: 0, endsAt: 0, outcome: 'cancelled' };
      });
      return { ...script, runs, settlesAt: 0, listedAt: 0 };
    },
    isListed: () => (now() - startedAt) * speed >= (script.listedAt ?? 0),
    present<Made>(key: string, build: (moment: Moment) => Made): Made {
      const moment = momentAt((now() - startedAt) * speed);
      const ofMoment = made.get(moment) ?? new Map<string, unknown>();
      made.set(moment, ofMoment);
      if (!ofMoment.has(key)) ofMoment.set(key, build(moment));
      return ofMoment.get(key) as Made;
    },
  };
}
