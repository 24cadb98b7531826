import type { RoundRun } from '../../../domain/pass-rule.ts';
import type { Report, ReportedCase } from '../../report.ts';

/** When the runs began and ended, as far as the provider says. Moments are milliseconds since the epoch. */
export interface Timeline {
  readonly start: number;
  readonly end: number;
  readonly lanes: readonly Lane[];
  /** Test cases with known times for which there is no room. */
  readonly left: number;
}

/** The runs of one test case. */
export interface Lane {
  readonly result: ReportedCase;
  readonly bars: readonly Bar[];
}

/** One run. */
export interface Bar {
  readonly run: RoundRun;
  /** Its number among the runs of the test case, from 1. */
  readonly number: number;
  readonly from: number;
  /** `undefined` where the provider does not say when it ended. */
  readonly to: number | undefined;
}

const MAX_LANES = 40;
const LAST_MOMENT = Date.UTC(9999, 11, 31);

/**
 * The timeline of a report: test cases that did not simply pass first, then those that took longest. `undefined` where
 * too little is known: no times, or nothing but one moment.
 */
export function timelineOf({
  cases,
  classified,
}: Pick<Report, 'cases' | 'classified'>): Timeline | undefined {
  const lanes = new Map<ReportedCase, Lane>();
  for (const result of cases) {
    const bars = result.runs.flatMap((run, index) => barOf(run, index + 1) ?? []);
    if (bars.length > 0) lanes.set(result, { result, bars });
  }
  const all = [...lanes.values()].flatMap(({ bars }) => bars);
  if (all.length === 0) return undefined;
  const start = all.reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY);
  const end = all.reduce((most, { from, to }) => Math.max(most, to ?? from), 0);
  if (end <= start) return undefined;
  const { failures, unfinished, flaky, tolerated } = classified;
  const notable = [...failures, ...unfinished, ...flaky, ...tolerated].flatMap(
    (result) => lanes.get(result) ?? [],
  );
  const isNotable = new Set(notable);
  const passed = [...lanes.values()].filter((lane) => !isNotable.has(lane));
  const shown = [...notable, ...passed.toSorted((a, b) => lengthOf(b) - lengthOf(a))].slice(0, MAX_LANES);
  return { start, end, lanes: shown, left: lanes.size - shown.length };
}

function barOf(run: RoundRun, number: number): Bar | undefined {
  const { startedAt, createdAt, endedAt, durationMs } = run;
  const from = startedAt ?? createdAt;
  if (from === undefined || !isMoment(from)) return undefined;
  const to = endedAt ?? (durationMs === undefined ? undefined : from + durationMs);
  return { run, number, from, to: to !== undefined && isMoment(to) && to > from ? to : undefined };
}

const isMoment = (ms: number): boolean => ms > 0 && ms <= LAST_MOMENT;

const lengthOf = ({ bars }: Lane): number =>
  bars.reduce((sum, { from, to }) => sum + (to === undefined ? 0 : to - from), 0);

/** The bars in rows, so that none lies on another that runs at the same time; `pointMs` is the length of a moment. */
export function rowsOf(bars: readonly Bar[], pointMs: number): Bar[][] {
  const rows: { until: number; bars: Bar[] }[] = [];
  for (const bar of bars.toSorted((a, b) => a.from - b.from)) {
    const until = Math.max(bar.to ?? bar.from, bar.from + pointMs);
    const free = rows.find((row) => row.until <= bar.from);
    if (free === undefined) rows.push({ until, bars: [bar] });
    else {
      free.until = until;
      free.bars.push(bar);
    }
  }
  return rows.map((row) => row.bars);
}

/** `08:00:21`, in UTC; `undefined` for what is no moment. */
export function clockTime(ms: number | undefined): string | undefined {
  return ms === undefined || !isMoment(ms) ? undefined : new Date(ms).toISOString().slice(11, 19);
}
