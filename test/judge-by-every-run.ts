import { type JudgeInput, judge } from '../src/domain/judge.ts';
import { EVERY_RUN } from '../src/domain/pass-rule.ts';
import { groupRunsByTestCase } from '../src/domain/test-case.ts';
import type { Judgement } from '../src/domain/verdict.ts';

/** What the judge is told of batches whose test cases every run decides. */
export type BatchFacts = Omit<JudgeInput, 'cases'>;

/** Judges batches by every run, the strictest rule. */
export function judgeByEveryRun(facts: BatchFacts): Judgement {
  const { batches, otherBatches } = facts;
  return judge({ ...facts, cases: groupRunsByTestCase(batches, { rule: EVERY_RUN, otherBatches }) });
}
