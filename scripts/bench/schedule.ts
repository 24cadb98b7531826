import { nextGapMs, type PollSample } from '../../src/execution/poll-schedule.ts';
import {
  arrivalTimelines,
  type Generator,
  queuedTimelines,
  SHAPES,
  silent,
  type Timeline,
} from './timelines.ts';

/**
 * What the schedule of `src/execution/poll-schedule.ts` costs and brings, beside looking at fixed intervals, on generated timelines
 * and a virtual clock. Alone: `node scripts/bench/schedule.ts [seed]`; exits 1 when a figure is missed.
 */
export function benchSchedule(seed = 1): { rows: Row[]; failures: string[] } {
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const [source, generator] of Object.entries(SOURCES)) {
    const timelines = generator(seed, TIMELINES);
    const ours = measure(timelines, learning);
    rows.push({ source, schedule: 'ours', timelines: 'all shapes', ...ours });
    for (const shape of SHAPES) {
      const some = timelines.filter((timeline) => timeline.shape === shape);
      rows.push({ source, schedule: 'ours', timelines: shape, ...measure(some, learning) });
    }
    for (const seconds of [5, 10, 30]) {
      const row = measure(timelines, fixed(seconds));
      rows.push({ source, schedule: `fixed ${seconds} s`, timelines: 'all shapes', ...row });
    }
    const atTheEnd = measure(silent(timelines), learning);
    rows.push({ source, schedule: 'ours', timelines: 'counts move at the end only', ...atTheEnd });
    failures.push(...missed(ours, timelines).map((figure) => `${source}: ${figure}`));
  }
  return { rows, failures };
}

export interface Row extends Figures {
  readonly source: string;
  readonly schedule: string;
  readonly timelines: string;
}

interface Figures {
  /** Mean number of looks at a batch. */
  readonly requests: number;
  /** Looks at batches of more than five minutes, in per cent of those that a fixed interval of 5 s makes. */
  readonly share: number;
  /** Seconds from the end of a batch to the look that sees it. */
  readonly median: number;
  readonly p95: number;
}

const TIMELINES = 2400;
const SOURCES: Record<string, Generator> = { queued: queuedTimelines, arrivals: arrivalTimelines };
const LIMITS = { median: 3.5, p95: 15, share: 45 };
/** Fixed intervals, in seconds, none of which may need fewer requests and bring a shorter median delay. */
const RIVALS = [5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30];
const LONG_MS = 5 * 60_000;

/** From the looks so far to the gap before the next one, in milliseconds. */
type Schedule = (looks: readonly PollSample[]) => number;

const learning: Schedule = (looks) => nextGapMs(looks, 5000);
const fixed =
  (seconds: number): Schedule =>
  () =>
    seconds * 1000;

function missed(ours: Figures, timelines: readonly Timeline[]): string[] {
  const failures: string[] = [];
  for (const key of ['median', 'p95', 'share'] as const) {
    if (!(ours[key] <= LIMITS[key]))
      failures.push(`${key} is ${ours[key].toFixed(2)}, not ${LIMITS[key]} or less`);
  }
  for (const seconds of RIVALS) {
    const rival = measure(timelines, fixed(seconds));
    if (rival.requests <= ours.requests && rival.median <= ours.median) {
      failures.push(`fixed ${seconds} s beats the schedule in requests and median delay`);
    }
  }
  return failures;
}

function measure(timelines: readonly Timeline[], schedule: Schedule): Figures {
  const replays = timelines.map((timeline) => replay(timeline, schedule));
  const delays = replays.map((one) => one.delayMs / 1000).sort((a, b) => a - b);
  const long = timelines.filter((timeline) => timeline.endMs > LONG_MS);
  const looksAtLong = (by: Schedule) => sum(long.map((timeline) => replay(timeline, by).looks));
  return {
    requests: sum(replays.map((one) => one.looks)) / timelines.length,
    share: (100 * looksAtLong(schedule)) / looksAtLong(fixed(5)),
    median: quantile(delays, 0.5),
    p95: quantile(delays, 0.95),
  };
}

/** Looks at a batch until it has settled; a request takes no time. */
function replay(timeline: Timeline, schedule: Schedule): { looks: number; delayMs: number } {
  const looks: PollSample[] = [];
  const total = timeline.finishedAtMs.length;
  let atMs = timeline.firstLookMs;
  let finished = 0;
  while (atMs < timeline.endMs) {
    while (finished < total && timeline.finishedAtMs[finished]! <= atMs) finished += 1;
    looks.push({ atMs, finished, total });
    atMs += schedule(looks);
  }
  return { looks: looks.length + 1, delayMs: atMs - timeline.endMs };
}

function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))]!;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The rows as a table of text. */
export function scheduleTable(rows: readonly Row[]): string {
  const head = ['source', 'schedule', 'timelines', 'requests', '% of 5 s', 'median s', 'p95 s'];
  const cells = rows.map((row) => [
    row.source,
    row.schedule,
    row.timelines,
    row.requests.toFixed(1),
    row.share.toFixed(1),
    row.median.toFixed(2),
    row.p95.toFixed(2),
  ]);
  const widths = head.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [line(head), ...cells.map(line)].join('\n');
}

if (import.meta.main) {
  const { rows, failures } = benchSchedule(Number(process.argv[2] ?? 1));
  console.log(scheduleTable(rows));
  for (const failure of failures) console.log(`MISSED: ${failure}`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
