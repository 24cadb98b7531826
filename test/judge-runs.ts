import { EVERY_RUN } from '../src/domain/pass-rule.ts';
import { groupRunsByTestCase } from '../src/domain/test-case.ts';
import { type JudgeInput, type Judgement, judge } from '../src/domain/verdict.ts';

/** Facts for the judge, where the test cases follow from the runs. */
export type RunFacts = Omit<JudgeInput, 'cases'> & Partial<Pick<JudgeInput, 'cases'>>;

/** Judges by every run, the strictest rule, where no test cases are given. */
export const judgeRuns = (facts: RunFacts): Judgement =>
  judge({
    ...facts,
    cases: facts.cases ?? groupRunsByTestCase(facts.batches, { rule: EVERY_RUN, beside: facts.beside }),
  });
