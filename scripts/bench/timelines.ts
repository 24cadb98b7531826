/**
 * Invented batch timelines for the benchmark of the schedule: when each run of a batch finished, and when the
 * provider called the batch settled. Two generators that have nothing in common but the four shapes: the rules of
 * `src/execution/poll-schedule.ts` were chosen on the first; the second only checks them.
 */

export const SHAPES = ['even', 'front-loaded', 'long-tailed', 'stuck-then-done'] as const;
export type Shape = (typeof SHAPES)[number];

export interface Timeline {
  readonly shape: Shape;
  /** When each run finished, ascending, in milliseconds after the batch was created. */
  readonly finishedAtMs: readonly number[];
  /** When the batch settled. */
  readonly endMs: number;
  /** When the gate looks for the first time. */
  readonly firstLookMs: number;
}

const SHORTEST_MS = 20_000;
const LONGEST_MS = 30 * 60_000;

/** As many timelines of each shape; the same seed gives the same timelines. */
export type Generator = (seed: number, count: number) => Timeline[];

/**
 * A provider's queue: each run has a duration of its own and waits for one of the workers. Half of the batches
 * are first looked at when they are created, the others up to 10 s later; half of them settle up to 2 s after
 * their last run.
 */
export const queuedTimelines: Generator = (seed, count) =>
  generate(seed, count, (shape, random) => {
    const finished = QUEUES[shape](random, Math.round(random.logUniform(3, 1000)));
    return {
      finished,
      durationMs: random.logUniform(SHORTEST_MS, LONGEST_MS),
      settlingMs: random.chance(0.5) ? random.uniform(0, 2000) : 0,
      firstLookMs: random.chance(0.5) ? random.uniform(0, 10_000) : 0,
    };
  });

/**
 * No queue and no durations: runs finish at random moments, at a rate that changes over the batch. Half of the batches
 * are drawn so that long ones are as frequent as short ones; they settle with their last run.
 */
export const arrivalTimelines: Generator = (seed, count) =>
  generate(seed, count, (shape, random) => ({
    finished: ARRIVALS[shape](random, Math.round(random.logUniform(3, 1000))),
    durationMs: random.chance(0.5)
      ? random.uniform(SHORTEST_MS, LONGEST_MS)
      : random.logUniform(SHORTEST_MS, LONGEST_MS),
    settlingMs: 0,
    firstLookMs: random.uniform(0, 5000),
  }));

/** The same batches, where the counts say nothing until the batch has settled. */
export function silent(timelines: readonly Timeline[]): Timeline[] {
  return timelines.map((timeline) => ({
    ...timeline,
    finishedAtMs: timeline.finishedAtMs.map(() => timeline.endMs),
  }));
}

/** When each run finishes, in any order and any unit of time: the batch's duration gives the scale. */
type Moments = (random: Random, runs: number) => number[];

const QUEUES: Record<Shape, Moments> = {
  even: (random, runs) => {
    const spread = random.uniform(0.1, 0.4);
    const durations = fill(runs, () => Math.max(0.2, 1 + spread * random.normal()));
    return queue(durations, random.logUniform(1, Math.max(1, runs / 3)));
  },
  // Short test cases come first; or many runs break off at the start and a few go the whole way.
  'front-loaded': (random, runs) => {
    const spread = random.uniform(0.8, 1.4);
    const brokenOff = random.uniform(0.5, 0.9);
    const durations = random.chance(0.5)
      ? fill(runs, () => Math.exp(spread * random.normal()))
      : fill(runs, () => (random.chance(brokenOff) ? 0.15 : 1) * random.uniform(0.7, 1.3));
    durations.sort((a, b) => a - b);
    return queue(durations, random.logUniform(1, Math.max(1, runs / 3)));
  },
  'long-tailed': (random, runs) => {
    const spread = random.uniform(0.7, 1.4);
    const alpha = random.uniform(1.2, 2.5);
    const durations = random.chance(0.5)
      ? fill(runs, () => Math.exp(spread * random.normal()))
      : fill(runs, () => (1 - random.next()) ** (-1 / alpha));
    return queue(durations, random.logUniform(Math.max(1, runs / 8), runs));
  },
  // Up to three runs hang until the provider's hard stop; or the whole queue stands still for a while.
  'stuck-then-done': (random, runs) => {
    const durations = fill(runs, () => Math.exp(0.4 * random.normal()));
    const workers = random.logUniform(1, runs);
    const bulk = queue(durations, workers);
    const bulkMs = Math.max(...bulk);
    const stuckMs = bulkMs * random.uniform(0.5, 4);
    if (random.chance(0.3)) {
      const from = bulkMs * random.uniform(0.2, 0.9);
      return bulk.map((at) => (at < from ? at : at + stuckMs));
    }
    const stragglers = Math.ceil(random.uniform(0, Math.min(3, runs / 3)));
    for (let i = 0; i < stragglers; i += 1) durations[Math.floor(random.uniform(0, runs))] = stuckMs;
    return queue(durations, workers);
  },
};

const ARRIVALS: Record<Shape, Moments> = {
  even: (random, runs) => fill(runs, () => random.next()),
  // The rate falls exponentially.
  'front-loaded': (random, runs) => {
    const fall = random.uniform(2, 5);
    return fill(runs, () => -Math.log(1 - random.next() * (1 - Math.exp(-fall))) / fall);
  },
  // The rate falls like one over the time, so the last few take as long as all the others.
  'long-tailed': (random, runs) => {
    const fall = random.uniform(5, 50);
    return fill(runs, () => ((1 + fall) ** random.next() - 1) / fall);
  },
  // Some finish early and evenly; then nothing; then the rest nearly together.
  'stuck-then-done': (random, runs) => {
    const bulkEnds = random.uniform(0.1, 0.6);
    const stuck = Math.max(1, Math.round(runs * random.uniform(0.02, 0.5)));
    const apart = random.uniform(0, 0.05);
    return fill(runs, (i) => (i < stuck ? 1 - apart * random.next() : bulkEnds * random.next()));
  },
};

/** The moments at which runs of these durations finish, each taken in turn by the first free worker. */
function queue(durations: readonly number[], workers: number): number[] {
  const freeAt = fill(Math.max(1, Math.round(workers)), () => 0);
  return durations.map((duration) => {
    const worker = freeAt.indexOf(Math.min(...freeAt));
    const finished = freeAt[worker]! + duration;
    freeAt[worker] = finished;
    return finished;
  });
}

interface Sketch {
  readonly finished: readonly number[];
  readonly durationMs: number;
  readonly settlingMs: number;
  readonly firstLookMs: number;
}

function generate(seed: number, count: number, draw: (shape: Shape, random: Random) => Sketch): Timeline[] {
  const random = new Random(seed);
  return fill(count, (i) => {
    const shape = SHAPES[i % SHAPES.length]!;
    const { finished, durationMs, settlingMs, firstLookMs } = draw(shape, random);
    const scale = durationMs / Math.max(...finished);
    return {
      shape,
      finishedAtMs: finished.map((at) => at * scale).sort((a, b) => a - b),
      endMs: durationMs + settlingMs,
      firstLookMs,
    };
  });
}

function fill<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}

/** Seeded random numbers (mulberry32). */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  uniform(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  logUniform(from: number, to: number): number {
    return from * (to / from) ** this.next();
  }

  /** Mean 0, standard deviation 1. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
