/** The comment that several jobs share, as data: what its text says once it is read. Pure. */
import type { Tally } from '../domain/batch.ts';
import type { State } from '../domain/verdict.ts';
import type { WorkflowRun } from '../github/context.ts';
import type { JobFacts } from './jobs.ts';

/** One job's part of the comment. */
export interface Section {
  /** A hash of the job: `GITHUB_JOB`, `GITHUB_ACTION` and the values of the matrix. */
  readonly key: string;
  /** The attempt of the workflow run that wrote it. */
  readonly attempt: number;
  readonly state: State;
  readonly tally: Tally;
  /** Tells the sections apart in a comment that has several: plain text. */
  readonly label: string;
  /** What the table, the line about what to do and the footer of several jobs say of it; the counts say it, if absent. */
  readonly part?: JobFacts | undefined;
  /** What outlives the gate, encoded: see `record.ts`. */
  readonly record?: string | undefined;
  /** Rendered Markdown, without the heading, the line about what to do and the footer. */
  readonly markdown: string;
  /** These two, as long as no other job has a section: several jobs have one of each for all. */
  readonly closing?: string | undefined;
  /** One line stands for it, to make room for the others. */
  readonly shortened: boolean;
}

/** The record of a job that has no section in a newer workflow run's comment yet. */
export interface OrphanedRecord {
  /** See `Section`. */
  readonly key: string;
  readonly record: string;
  /** Through how many newer workflow runs it was kept. */
  readonly runs: number;
}

/** Who writes: a job of a workflow run, for the gate with this name. */
export interface Writer {
  /** The gate's name. */
  readonly name: string;
  readonly run: WorkflowRun;
  /** The same for every attempt of a job, and for no other job of the workflow: see `jobKey`. */
  readonly job: string;
}

/** A comment with our marker for this gate. One of a newer format than ours cannot be read further. */
export type CommentState =
  | { readonly format: 'newer' }
  | {
      readonly format: 'known';
      /** Its workflow is hashed. */
      readonly run: Omit<WorkflowRun, 'attempt'>;
      readonly sections: readonly Section[];
      readonly orphanedRecords: readonly OrphanedRecord[];
    };

/** The section of the job that writes; rendered when it is known how much room there is. */
export interface OwnSection extends Pick<Section, 'state' | 'tally' | 'label' | 'part' | 'record'> {
  /** `Section.markdown` in at most so many characters (UTF-16 code units: never fewer than GitHub counts). */
  render(maxCharacters: number): string;
  /** `Section.closing` in at most so many characters; there is none, if absent. */
  renderClosing?: ((maxCharacters: number) => string) | undefined;
}

/** One text for what tells a job from the others: the job's id, the step's id and the values of its matrix. */
export function jobKey({
  job,
  action,
  matrix,
}: {
  job: string | undefined;
  action: string | undefined;
  matrix: string | undefined;
}): string {
  return JSON.stringify([job ?? '', action ?? '', matrix ?? '']);
}
