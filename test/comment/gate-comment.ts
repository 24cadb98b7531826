import { parseComment } from '../../src/comment/codec.ts';
import { findSection } from '../../src/comment/current-sections.ts';
import { encodeRecord } from '../../src/comment/record.ts';
import { type CommentState, type Section, sectionsOf, type Writer } from '../../src/comment/state.ts';
import type { Tally } from '../../src/domain/batch.ts';
import type { State } from '../../src/domain/verdict.ts';
import type { WorkflowRun } from '../../src/github/context.ts';
import { tallyOf } from '../builders.ts';

/** The gate whose comment it is. */
export const NAME = 'Agent tests (Retell)';
/** Its workflow run, unless a test says otherwise. */
export const RUN: WorkflowRun = {
  workflow: 'acme/agents/.github/workflows/test.yml',
  id: 9001,
  number: 12,
  attempt: 1,
};
export const OLDER: WorkflowRun = { ...RUN, id: 8001, number: 11 };

/** The step of a job. The mark follows from the job and the attempt, so that it is the same wherever it is asked for. */
export function writerOf(job: string, run: WorkflowRun = RUN, more: Partial<Writer> = {}): Writer {
  return { name: NAME, run, job, variant: '', mark: `${job} ${run.id} ${run.attempt}`, ...more };
}

/** What a comment says, read back. */
export function stateOf(body: string): CommentState {
  const state = parseComment(body, NAME);
  if (state === undefined) throw new Error('this is no comment of ours');
  return state;
}

export const sectionsIn = (body: string): Section[] => sectionsOf([stateOf(body)]);

/** A job's section as it stands in a text. */
export const sectionOf = (body: string, job: string, run: WorkflowRun = RUN): Section | undefined =>
  findSection([stateOf(body)], writerOf(job, run));

/** Two test cases that all passed, failed, or have not ended. */
export function tallyFor(state: State): Tally {
  if (state === 'passed') return tallyOf({ passed: 2 });
  return tallyOf(state === 'failed' ? { failed: 2 } : { unfinished: 2 });
}

/** A record of one push that failed. */
export const recordOf = (commit: string): string | undefined =>
  encodeRecord({
    cases: new Map(),
    firstRuns: { passes: 0, total: 0 },
    pushes: [{ commit, attempt: 1, verdict: 'failed', failureCount: 0, total: 0 }],
  });
