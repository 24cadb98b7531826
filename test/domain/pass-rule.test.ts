import { describe, expect, test } from 'vitest';
import {
  decide,
  firstRoundRunsPerCase,
  type PassRule,
  type RoundRun,
  runsToConfirm,
} from '../../src/domain/pass-rule.ts';
import { outcomeOf } from '../../src/domain/test-case.ts';
import { runsOf } from '../builders.ts';

/** `FPP` are three runs; the first stands in round 1. */
const runs = (script: string): RoundRun[] => runsOf('c', script);

const reruns = (need: number, of: number): PassRule => ({ kind: 'reruns', need, of });
const repeat = (need: number, of: number): PassRule => ({ kind: 'repeat', need, of });

describe('re-runs until 3 of at most 5 passed, or 3 did not', () => {
  test.each([
    ['P', 'passed', 0],
    ['F', 'undecided', 2],
    ['E', 'undecided', 2],
    ['FP', 'undecided', 2],
    ['FF', 'undecided', 1],
    ['FPP', 'undecided', 1],
    ['FPF', 'undecided', 1],
    ['FFF', 'not-passed', 0],
    ['FEF', 'not-passed', 0],
    ['FPPP', 'flaky', 0],
    ['FPPF', 'undecided', 1],
    ['FPFPP', 'flaky', 0],
    ['FPFPF', 'not-passed', 0],
    ['C', 'cancelled', 0],
    ['FC', 'cancelled', 0],
    ['F.', 'undecided', 1],
    ['.', 'undecided', 0],
  ])('%s is %s, and %i more runs must happen', (script, decision, more) => {
    expect([decide(runs(script), reruns(3, 5)), runsToConfirm(runs(script), reruns(3, 5), 0)]).toEqual([
      decision,
      more,
    ]);
  });
});

describe('a given batch with more runs of a test case than the rule allows', () => {
  const given = (script: string): RoundRun[] => runs(script).map((run) => ({ ...run, round: 1 }));

  test.each([
    ['FFP', 'not-passed'],
    ['PFF', 'not-passed'],
    ['FPP', 'flaky'],
    ['PPP', 'passed'],
  ])('%s is %s, in whatever order they ended', (script, decision) => {
    expect(decide(given(script), reruns(1, 2))).toBe(decision);
  });
});

describe('the same counting for every test case from the start', () => {
  test.each([
    ['P', 'undecided', 2],
    ['PP', 'undecided', 1],
    ['PPP', 'passed', 0],
    ['PPFP', 'flaky', 0],
    ['FFF', 'not-passed', 0],
  ])('%s is %s, and %i more runs must happen', (script, decision, more) => {
    expect([decide(runs(script), repeat(3, 5)), runsToConfirm(runs(script), repeat(3, 5), 0)]).toEqual([
      decision,
      more,
    ]);
  });

  test('the first round starts what must happen anyway', () => {
    expect([
      firstRoundRunsPerCase(repeat(3, 5)),
      firstRoundRunsPerCase(repeat(2, 3)),
      firstRoundRunsPerCase(repeat(1, 4)),
    ]).toEqual([3, 2, 1]);
    expect([firstRoundRunsPerCase(reruns(3, 5)), firstRoundRunsPerCase({ kind: 'every-run' })]).toEqual([
      1, 1,
    ]);
  });
});

describe('where no more runs come, what was seen stands', () => {
  test.each([
    ['F', 'failed'],
    ['E', 'errored'],
    ['EF', 'failed'],
    ['FPP', 'failed'],
    ['P', 'passed'],
    ['.', 'unfinished'],
  ])('%s is %s', (script, outcome) => {
    expect(outcomeOf(runs(script), { rule: reruns(3, 5) })).toBe(outcome);
  });

  test('passes that are too few for the rule are no pass', () => {
    expect(outcomeOf(runs('PP'), { rule: repeat(3, 5) })).toBe('unfinished');
  });

  test('at the deadline what is undecided is unfinished', () => {
    expect(outcomeOf(runs('FPP'), { rule: reruns(3, 5), isCutShort: true })).toBe('unfinished');
    expect(outcomeOf(runs('FFF'), { rule: reruns(3, 5), isCutShort: true })).toBe('failed');
  });
});
