import type { MakeId } from './casting.ts';
import {
  type Emulator,
  type EmulatorOptions,
  monotonic,
  Refusal,
  type SeenRequest,
  startServer,
  type Vendor,
} from './server.ts';
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

export type BatchSource = BatchScript | RecordedBatch;

/** What every provider's emulator can be told about batches. */
export interface BatchOptions extends EmulatorOptions {
  readonly batches?: readonly BatchSource[];
  /** What becomes of a batch that a client starts. Default: one run after the other, a second each, all pass. */
  readonly created?: (testCaseIds: readonly string[]) => Omit<BatchScript, 'id'>;
}

/** A batch that a client has started. */
export interface StartedBatch {
  readonly id: string;
  readonly testCases: readonly string[];
  /** The request's body. */
  readonly request: Fields;
}

/** A provider's emulator. */
export interface BatchEmulator extends Emulator {
  /** The batches that clients have started, in order. */
  readonly started: readonly StartedBatch[];
  /** Starts more batches, now. */
  add(...batches: readonly BatchSource[]): void;
  /** The batches that clients have cancelled, in order; as often as they asked. */
  readonly cancelled: readonly string[];
}

const createPassing = (ids: readonly string[]): Omit<BatchScript, 'id'> => ({
  runs: oneAfterTheOther(ids.length),
});

/** A batch as the endpoints see it. */
export interface ShownBatch {
  look(request: SeenRequest): unknown;
  /** Its runs as lists show them. */
  runs(): readonly Fields[];
  /** A run by itself; `undefined` if it is not of this batch, or no run is shown so. */
  run?(id: string): unknown;
  /** What every list of its runs answers; the endpoint makes pages of `runs` if absent. */
  readonly list?: (request: SeenRequest) => unknown;
}

/** What a client asks to be started. */
export interface StartRequest {
  readonly testCases: readonly string[];
  /** The request's body. */
  readonly request: Fields;
  /** What is known of the run of a test case. */
  readonly runOf: (testCase: string) => RunScript;
  /** What the batch says about the request. */
  readonly fields?: Fields;
}

/** The batches of an emulator. */
export interface Batches {
  readonly started: StartedBatch[];
  readonly cancelled: string[];
  add(...batches: readonly BatchSource[]): void;
  find(id: string): ShownBatch | undefined;
  /** A run of any of them by itself. */
  findRun(id: string): unknown;
  /** Those that lists of batches show by now, the newest first: recorded ones never. */
  listed(): ShownBatch[];
  /** Refuses ids that are not there, and one that came twice: no client may send it, since nobody says what that does. */
  start(wanted: StartRequest): { readonly id: string; readonly shown: ShownBatch };
  /** Cancels what has not ended; `fields` are put over the batch. */
  cancel(id: string, fields?: Fields): void;
}

/** Creates the batches of an emulator. `show` is how its provider shows a script. */
export function createBatches(
  { now = monotonic, speed = 1, epoch = Date.now, batches = [], created = createPassing }: BatchOptions,
  { show, makeId }: { show: (playback: Playback) => ShownBatch; makeId: MakeId },
): Batches {
  const shown = new Map<string, { readonly batch: ShownBatch; readonly playback?: Playback }>();
  const started: StartedBatch[] = [];
  const cancelled: string[] = [];
  const playScript = (script: BatchScript): void => {
    const playback = play(script, { now, speed, epoch });
    shown.set(script.id, { batch: show(playback), playback });
  };
  const add = (...sources: readonly BatchSource[]): void => {
    for (const source of sources) {
      if (shown.has(source.id)) throw new Error(`There is a batch ${source.id} already.`);
      if ('looks' in source) shown.set(source.id, { batch: showRecorded(source) });
      else playScript(source);
    }
  };
  add(...batches);

  return {
    started,
    cancelled,
    add,
    find: (id) => shown.get(id)?.batch,
    findRun: (id) =>
      [...shown.values()].map(({ batch }) => batch.run?.(id)).findLast((run) => run !== undefined),
    listed: () =>
      [...shown.values()].reverse().flatMap(({ batch, playback }) => (playback?.isListed() ? batch : [])),
    start({ testCases, request, runOf, fields = {} }) {
      if (new Set(testCases).size < testCases.length) throw new Refusal(400, ['a test case came twice']);
      const id = makeId('batch', `created ${started.length + 1}`);
      const script = created(testCases);
      const runs = script.runs.map((run, index) => ({ ...runOf(testCases[index] ?? ''), ...run }));
      add({ ...script, id, runs, fields: { ...fields, ...script.fields } });
      started.push({ id, testCases, request });
      return { id, shown: shown.get(id)?.batch as ShownBatch };
    },
    cancel(id, fields = {}) {
      cancelled.push(id);
      const playback = shown.get(id)?.playback;
      if (playback === undefined) return;
      const { createdAt, script } = playback;
      playScript({ ...playback.cancelled(), createdAt, fields: { ...script.fields, ...fields } });
    },
  };
}

/** Starts a provider's emulator on its batches. */
export async function startBatchServer(
  vendor: Vendor,
  { add, started, cancelled }: Batches,
  options: EmulatorOptions,
): Promise<BatchEmulator> {
  return { ...(await startServer(vendor, options)), add, started, cancelled };
}

function showRecorded({ looks, listings, details }: RecordedBatch): ShownBatch {
  return {
    look: replay(looks),
    runs: () => [],
    run: (id) => details?.get(id),
    ...(listings && { list: replay(listings) }),
  };
}

/** Answers from a recording, in turn; `undefined` when it is empty. */
function replay(recorded: Recorded): (request: SeenRequest) => unknown {
  let n = 0;
  return (request) => {
    n += 1;
    return typeof recorded === 'function' ? recorded(request, n) : recorded[Math.min(n, recorded.length) - 1];
  };
}

/** A script that is being played. */
export interface Playback {
  readonly script: BatchScript;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Whether lists of batches show it by now. */
  isListed(): boolean;
  /** The script as it would have to be if everything that has not ended by now were cancelled now. */
  cancelled(): BatchScript;
  /** What `build` makes of the present moment; made once for each key as long as the moment lasts. */
  present<Made>(key: string, build: (moment: Moment) => Made): Made;
}

/** Plays a script. `now` is in milliseconds; `speed` is how many of the script's pass in one of those. */
function play(
  script: BatchScript,
  { now, speed, epoch }: { now: () => number; speed: number; epoch: () => number },
): Playback {
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
