import {
  decide,
  EVERY_RUN,
  firstRoundRunsPerCase,
  type PassRule,
  type RoundRun,
  runsToConfirm,
} from '../../src/domain/pass-rule.ts';

/**
 * What a pass rule does to healthy and to broken tests: exact probabilities, found by walking through every round that
 * the code of the gate would start.
 */
export interface RuleRow {
  readonly rule: string;
  /** How often a gate of 20 healthy tests is red, for each of `NOISE`. */
  readonly wronglyRed: readonly number[];
  /** How often a test that passes so often (`BROKEN`) gets through. */
  readonly slipsThrough: readonly number[];
  /** How many runs a test takes on average at 3 % noise. */
  readonly runs: number;
}

/** How many tests the table is about. */
export const TESTS = 20;
/** How often a run of a healthy test does not pass. */
export const NOISE = [0.01, 0.03, 0.05] as const;
/** How often a run of a broken test passes. */
export const BROKEN = [0.3, 0.5, 0.7, 0.9] as const;
const NOISE_OF_RUNS = 0.03;

const reruns = (need: number, of: number): PassRule => ({ kind: 'reruns', need, of });
const RULES: Readonly<Record<string, PassRule>> = {
  strict: EVERY_RUN,
  '1/2': reruns(1, 2),
  '3/5': reruns(3, 5),
  '4/6': reruns(4, 6),
};

/** The rows of the table, with probabilities from 0 to 1. */
export function ruleTable(): RuleRow[] {
  return Object.entries(RULES).map(([name, rule]) => ({
    rule: name,
    wronglyRed: NOISE.map((noise) => wronglyRed(rule, noise)),
    slipsThrough: BROKEN.map((passes) => walk(rule, passes).accepted),
    runs: walk(rule, 1 - NOISE_OF_RUNS).runs,
  }));
}

/**
 * How often a gate of 20 healthy tests is red, although each only fails by noise. `maxFlaky` is the most of them that may
 * be flaky.
 */
export function wronglyRed(rule: PassRule, noise: number, maxFlaky = TESTS): number {
  const { accepted, flaky } = walk(rule, 1 - noise);
  // The chance of each number of flaky tests, while all tests so far got through.
  let chances = [1];
  for (let test = 0; test < TESTS; test += 1) {
    chances = Array.from(
      { length: chances.length + 1 },
      (_, count) => (chances[count] ?? 0) * (accepted - flaky) + (chances[count - 1] ?? 0) * flaky,
    );
  }
  return 1 - chances.slice(0, maxFlaky + 1).reduce((sum, chance) => sum + chance, 0);
}

/** What a rule makes of a test of which each run passes with the probability `passes`, independently. */
export interface Walk {
  /** The probability that it gets through, flaky or not. */
  readonly accepted: number;
  /** The probability that it gets through as flaky. */
  readonly flaky: number;
  /** How many runs it takes on average. */
  readonly runs: number;
  /** The most runs that it can take. */
  readonly most: number;
}

/** Follows every way that the rounds can go, each with its probability. */
export function walk(rule: PassRule, passes: number): Walk {
  const follow = (runs: readonly RoundRun[], round: number): Walk => {
    const more = round === 1 ? firstRoundRunsPerCase(rule) : runsToConfirm(runs, rule, 0);
    if (more > 0) return branch(runs, { round, more });
    const decision = decide(runs, rule);
    const flaky = decision === 'flaky' ? 1 : 0;
    return { accepted: decision === 'passed' ? 1 : flaky, flaky, runs: runs.length, most: runs.length };
  };
  const branch = (runs: readonly RoundRun[], { round, more }: { round: number; more: number }): Walk => {
    if (more === 0) return follow(runs, round + 1);
    const good = branch([...runs, run('passed', round)], { round, more: more - 1 });
    const bad = branch([...runs, run('failed', round)], { round, more: more - 1 });
    const mean = (key: 'accepted' | 'flaky' | 'runs') => passes * good[key] + (1 - passes) * bad[key];
    return {
      accepted: mean('accepted'),
      flaky: mean('flaky'),
      runs: mean('runs'),
      most: Math.max(good.most, bad.most),
    };
  };
  return follow([], 1);
}

const run = (status: 'passed' | 'failed', round: number): RoundRun => ({
  id: '',
  testCase: { id: 'case', name: '' },
  status,
  assertions: [],
  criteria: [],
  turns: [],
  round,
  batchId: '',
});

/** The rows as a table of Markdown. */
export function ruleTableText(rows: readonly RuleRow[] = ruleTable()): string {
  const percents = (values: readonly number[], digits: (value: number) => number) =>
    `${values.map((value) => (100 * value).toFixed(digits(value))).join(' / ')} %`;
  const lines = rows.map(({ rule, wronglyRed: red, slipsThrough, runs }) =>
    [
      rule === 'strict' ? rule : `\`${rule}\``,
      percents(red, (value) => (value < 0.1 ? 2 : 1)),
      percents(slipsThrough, (value) => (value > 0.992 ? 1 : 0)),
      runs.toFixed(2),
    ].join(' | '),
  );
  const head = [
    'Rule',
    `Chance that a gate of ${TESTS} healthy tests is red at ${NOISE.map((one) => 100 * one).join(' / ')} % noise`,
    `Chance that a test passing ${BROKEN.map((one) => 100 * one).join(' / ')} % of the time gets through`,
    `Runs per test at ${100 * NOISE_OF_RUNS} % noise`,
  ].join(' | ');
  const [first, ...rest] = [head, ...lines].map((line) => `| ${line} |`);
  return [first, '|---|---|---|---|', ...rest].join('\n');
}
