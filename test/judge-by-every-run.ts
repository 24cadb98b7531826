import { type JudgeInput, judge } from '../src/domain/judge.ts';
import { EVERY_RUN } from '../src/domain/pass-rule.ts';
import { groupRunsByTestCase } from '../src/domain/test-case.ts';
import type { Judgement } from '../src/domain/verdict.ts';
import { placed, type Unplaced } from './run.ts';

/** What the judge is told of batches whose test cases every run decides. */
export type BatchFacts = Omit<JudgeInput, 'cases' | 'batches' | 'otherBatches'> & {
  readonly batches: readonly Unplaced[];
  readonly otherBatches?: readonly Unplaced[] | undefined;
};

/** Judges batches by every run, the strictest rule. */
export function judgeByEveryRun(facts: BatchFacts): Judgement {
  const batches = placed(facts.batches);
  const otherBatches = facts.otherBatches && placed(facts.otherBatches);
  const cases = groupRunsByTestCase(batches, { rule: EVERY_RUN, otherBatches });
  return judge({ ...facts, batches, otherBatches, cases });
}
