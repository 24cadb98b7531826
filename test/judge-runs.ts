import { EVERY_RUN } from '../src/domain/pass-rule.ts';
import { groupRunsByTestCase } from '../src/domain/test-case.ts';
import { type JudgeInput, type Judgement, judge } from '../src/domain/verdict.ts';
import { placed, type Unplaced } from './run.ts';

/** Facts for the judge, where the test cases follow from the runs. */
export type RunFacts = Omit<JudgeInput, 'cases' | 'batches' | 'beside'> &
  Partial<Pick<JudgeInput, 'cases'>> & {
    readonly batches: readonly Unplaced[];
    readonly beside?: readonly Unplaced[] | undefined;
  };

/** Judges by every run, the strictest rule, where no test cases are given. */
export function judgeRuns(facts: RunFacts): Judgement {
  const batches = placed(facts.batches);
  const beside = facts.beside && placed(facts.beside);
  const cases = facts.cases ?? groupRunsByTestCase(batches, { rule: EVERY_RUN, beside });
  return judge({ ...facts, batches, beside, cases });
}
