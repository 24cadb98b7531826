import {
  firstRoundRunsPerCase,
  type PassRule,
  type RoundRun,
  runsToConfirm,
} from '../../src/domain/pass-rule.ts';
import { playTimed, type Script } from '../../test/execution/timed-runs.ts';
import { createFigures, type Measurements } from './figures.ts';

/**
 * Time to the verdict with re-runs that start as soon as they are needed, beside two bounds: waiting round by round, and an
 * oracle that starts every re-run at the moment at which the run before it ended.
 */
interface EarlyRow {
  readonly testCases: number;
  readonly counters: 'runs in looks' | 'counters that move';
  /** Means, in seconds. */
  readonly early: number;
  readonly roundByRound: number;
  readonly oracle: number;
  readonly runsEarly: number;
  readonly runsRoundByRound: number;
}

const RULE: PassRule = { kind: 'reruns', need: 3, of: 5 };
const NOISE = 0.05;
const TIMELINES = 100;
const MEDIAN_SECONDS = 90;
/** Standard deviation of the logarithm of a run's length. */
const SPREAD = 0.5;
const LIMITS = { ofRoundByRound: 0.8, ofOracle: 1.1 };

/** Plays generated timelines through the real rounds on the virtual clock. The limits are for 20 test cases. */
export async function benchEarly(seed = 1): Promise<Measurements> {
  const { lines, failures, add } = createFigures();
  for (const testCases of [20, 50]) {
    const random = randomFrom(seed);
    const worlds = Array.from({ length: TIMELINES }, () => timelines(testCases, random));
    for (const counters of ['runs in looks', 'counters that move'] as const) {
      const row = { testCases, counters, ...(await measure(worlds, counters)) };
      lines.push(earlyLine(row));
      if (row.runsEarly !== row.runsRoundByRound)
        failures.push(`${testCases} test cases: other numbers of runs`);
      if (testCases !== 20) continue;
      add(`${counters}: early over round by round`, row.early / row.roundByRound, LIMITS.ofRoundByRound);
      add(`${counters}: early over the oracle`, row.early / row.oracle, LIMITS.ofOracle);
    }
  }
  return { lines, failures };
}

type Scripts = Readonly<Record<string, Script>>;

async function measure(worlds: readonly Scripts[], looks: EarlyRow['counters']) {
  const sums = { early: 0, roundByRound: 0, oracle: 0, runsEarly: 0, runsRoundByRound: 0 };
  for (const cases of worlds) {
    const world = {
      ...{ cases, rule: RULE, pollIntervalMs: 5_000 },
      counters: looks === 'runs in looks' ? undefined : ('moving' as const),
    };
    const early = await playTimed(world);
    const later = await playTimed({ ...world, isRoundByRound: true });
    sums.early += early.tookMs / 1_000 / worlds.length;
    sums.roundByRound += later.tookMs / 1_000 / worlds.length;
    sums.oracle += Math.max(...Object.values(cases).map(oracleSeconds)) / worlds.length;
    sums.runsEarly += early.started.runs;
    sums.runsRoundByRound += later.started.runs;
  }
  return sums;
}

/** When the last run of a test case ends that starts each run at the moment at which it is known to be needed. */
function oracleSeconds(script: Script): number {
  const open: { readonly endsAt: number; readonly run: RoundRun }[] = [];
  const ended: RoundRun[] = [];
  let nth = 0;
  const start = (count: number, at: number): void => {
    for (let copy = 0; copy < count; copy += 1) {
      const [letter, seconds] = script[nth] ?? ['P', 0];
      open.push({ endsAt: at + seconds, run: run(letter === 'P' ? 'passed' : 'failed', nth + 1) });
      nth += 1;
    }
  };
  start(firstRoundRunsPerCase(RULE), 0);
  let now = 0;
  while (open.length > 0) {
    open.sort((left, right) => left.endsAt - right.endsAt);
    const next = open.shift();
    if (next === undefined) break;
    now = next.endsAt;
    ended.push(next.run);
    start(runsToConfirm(ended, RULE, open.length), now);
  }
  return now;
}

const run = (status: 'passed' | 'failed', round: number): RoundRun => ({
  ...{ id: String(round), testCase: { id: 'case', name: '' }, status, round, batchId: '' },
  ...{ assertions: [], criteria: [], turns: [] },
});

function timelines(testCases: number, random: () => number): Scripts {
  return Object.fromEntries(
    Array.from({ length: testCases }, (_, index) => [
      `case ${index}`,
      Array.from({ length: 5 }, () => {
        const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
        return [random() < NOISE ? 'F' : 'P', MEDIAN_SECONDS * Math.exp(SPREAD * normal)] as const;
      }),
    ]),
  );
}

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function earlyLine(row: EarlyRow): string {
  const { testCases, counters, early, roundByRound, oracle, runsEarly, runsRoundByRound } = row;
  return [
    `${testCases} test cases, ${counters}`.padEnd(36),
    `${early.toFixed(0)} s`.padStart(7),
    `round by round ${roundByRound.toFixed(0)} s (${(early / roundByRound).toFixed(2)})`,
    `oracle ${oracle.toFixed(0)} s (${(early / oracle).toFixed(2)})`,
    `runs ${runsEarly} and ${runsRoundByRound}`,
  ].join('  ');
}
