import { countByStatus } from './batch.ts';
import type { Run } from './run.ts';

/**
 * By what the runs of a test case decide it (inputs `reruns` and `repeat`). `need` of at most `of` runs must pass.
 * `reruns` repeats only what did not pass at first; `repeat` counts for every test case from the start.
 */
export type PassRule =
  | { readonly kind: 'every-run' }
  | { readonly kind: 'reruns' | 'repeat'; readonly need: number; readonly of: number };

/** The rule that the inputs `reruns` and `repeat` ask for. */
export function ruleOf({
  reruns,
  repeat,
}: Readonly<Record<'reruns' | 'repeat', { need: number; of: number } | undefined>>): PassRule {
  if (reruns !== undefined) return { kind: 'reruns', need: reruns.need, of: reruns.of };
  if (repeat !== undefined) return { kind: 'repeat', need: repeat.need, of: repeat.of };
  return EVERY_RUN;
}

/** Without `reruns` and `repeat`: a test case passes only if all its runs passed. */
export const EVERY_RUN: PassRule = { kind: 'every-run' };

/** A run with the place that it has in the step. */
export interface RoundRun extends Run {
  /** 1 is what was given or started first. */
  readonly round: number;
  /** The batch that it ran in. */
  readonly batchId: string;
}

/** Decision about a test case after its runs so far. */
export type Decision = 'passed' | 'flaky' | 'not-passed' | 'cancelled' | 'undecided';

/**
 * Decides a test case by its runs. Failed and errored runs count alike as not passed. `undecided` means that one more
 * run can still change what it is, or that a run has not ended.
 */
export function decide(runs: readonly RoundRun[], rule: PassRule): Decision {
  const { passes, failures, cancelled, pending } = count(runs);
  if (rule.kind === 'every-run') {
    if (failures > 0) return 'not-passed';
    if (cancelled > 0) return 'cancelled';
    return passes > 0 && pending === 0 ? 'passed' : 'undecided';
  }
  if (passedFirstRound(runs, rule)) return 'passed';
  // First, for a batch that was given with more runs of a test case than the rule allows: nothing tells which came first.
  if (failures > rule.of - rule.need) return 'not-passed';
  if (passes >= rule.need) return failures + cancelled > 0 ? 'flaky' : 'passed';
  // A cancelled run is not repeated, so nothing can decide the test case any more.
  return cancelled > 0 ? 'cancelled' : 'undecided';
}

/** Number of runs that must still happen, whatever they bring; 0 where the test case is decided, or nothing is repeated. */
function runsThatMustHappen(runs: readonly RoundRun[], rule: PassRule): number {
  if (rule.kind === 'every-run' || decide(runs, rule) !== 'undecided') return 0;
  const { passes, failures } = count(runs);
  return Math.min(rule.need - passes, rule.of - rule.need + 1 - failures);
}

/**
 * Number of further runs that a test case needs whatever its open runs bring, `open` of them not listed yet; 0 before a run
 * of it has ended without a pass, where first runs that pass are final.
 */
export function runsToConfirm(runs: readonly RoundRun[], rule: PassRule, open: number): number {
  const { failures, pending } = count(runs);
  if (rule.kind === 'reruns' && failures === 0) return 0;
  return Math.max(0, runsThatMustHappen(runs, rule) - pending - open);
}

/** Number of runs of each test case in the first round. */
export function firstRoundRunsPerCase(rule: PassRule): number {
  return rule.kind === 'repeat' ? Math.min(rule.need, rule.of - rule.need + 1) : 1;
}

/** The most runs that one test case can take under the rule, all rounds together. */
export function maxRunsPerCase(rule: PassRule): number {
  if (rule.kind === 'every-run') return 1;
  // With `reruns: 3/3` the first run that does not pass decides already.
  return rule.kind === 'reruns' && rule.need === rule.of ? 1 : rule.of;
}

/** With `reruns` a test case that passes in the first round needs no more. */
function passedFirstRound(runs: readonly RoundRun[], rule: PassRule): boolean {
  if (rule.kind !== 'reruns') return false;
  const first = runs.filter(({ round }) => round === 1);
  return first.length > 0 && first.every(({ status }) => status === 'passed');
}

function count(runs: readonly Run[]) {
  const { passed, failed, errored, cancelled, pending } = countByStatus(runs);
  return { passes: passed, failures: failed + errored, cancelled, pending };
}
