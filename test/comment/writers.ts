import type { Writer } from '../../src/comment/state.ts';
import type { WorkflowRun } from '../../src/github/context.ts';

/** The step of a job. The mark follows from the job and the attempt, so that it is the same wherever it is asked for. */
export function writerOf(name: string, run: WorkflowRun, job: string, more: Partial<Writer> = {}): Writer {
  return { name, run, job, variant: '', mark: `${job} ${run.id} ${run.attempt}`, ...more };
}
