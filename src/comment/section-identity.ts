/** Tells whether sections are of one step, one job or one workflow run, and the newer of two runs. Pure. */
import { hash } from 'node:crypto';
import type { WorkflowRun } from '../github/context.ts';
import { isSubstituteMark, type Run, type Section, type Writer } from './state.ts';

/** The hashes that tell a job from others. */
type JobIdentity = Pick<Section, 'key' | 'variant'>;

/** Stands for a name, a key or a workflow in our data, where the text itself could be long or telling. */
export function shortHash(text: string): string {
  return hash('sha256', text).slice(0, 16);
}

/** The job of a writer, as its section names it. */
export function jobOf({ job, variant }: Writer): { key: string; variant: string } {
  return { key: shortHash(job), variant: variant === '' ? '' : shortHash(variant) };
}

/** The workflow run of a writer, as its section names it. */
export const runOf = ({ run }: Writer): WorkflowRun => ({ ...run, workflow: shortHash(run.workflow) });

/** True if nothing tells the jobs apart. What the second edition wrote does not say what the user called the job. */
export function isSameJob(a: JobIdentity, b: JobIdentity): boolean {
  return a.key === b.key && (a.variant === undefined || b.variant === undefined || a.variant === b.variant);
}

/** True if `run` is a newer run of the same workflow than `other`. Runs of different workflows have no order. */
export function isNewerRun(run: Run, other: Run): boolean {
  return run.workflow === other.workflow && (run.number - other.number || run.id - other.id) > 0;
}

export function isSameAttempt(a: WorkflowRun, b: WorkflowRun): boolean {
  return a.workflow === b.workflow && a.id === b.id && a.attempt === b.attempt;
}

/** True if two sections are one that was written twice. */
export function isSameSection(a: Section, b: Section): boolean {
  return isSameAttempt(a.run, b.run) && a.key === b.key && a.mark === b.mark;
}

/** True if two sections of one attempt are of jobs that nothing tells apart. */
export function areTwins(a: Section, b: Section): boolean {
  return isSameAttempt(a.run, b.run) && isSameJob(a, b) && a.mark !== b.mark;
}

/**
 * True if one of two sections of the same step only stands in for the other: it was written without the step's mark, or it
 * still waits and the other was written without the mark at the step's end.
 */
export function standsInFor(section: Section, other: Section): boolean {
  const isSameStep =
    isSameAttempt(section.run, other.run) &&
    section.key === other.key &&
    section.checkRunId !== undefined &&
    section.checkRunId === other.checkRunId &&
    isSubstituteMark(section.mark) !== isSubstituteMark(other.mark);
  if (!isSameStep) return false;
  const [marked, unmarked] = isSubstituteMark(section.mark) ? [other, section] : [section, other];
  return section === (marked.state === 'waiting' ? marked : unmarked);
}
