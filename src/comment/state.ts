/** The comment that several jobs share, as data: what its text says once it is read. Pure. */
import type { Tally } from '../domain/batch.ts';
import type { State } from '../domain/verdict.ts';
import type { WorkflowRun } from '../github/context.ts';
import type { JobFacts } from './job-facts.ts';

/** A run of a workflow, whichever attempt, with the workflow hashed. */
export type Run = Omit<WorkflowRun, 'attempt'>;

/** One job's part of the comment. */
export interface Section {
  /** Hash of `jobKey`. */
  readonly key: string;
  /** Hash of the inputs `label` and `target`: see `jobVariant`. `undefined` in sections of the second edition. */
  readonly variant?: string | undefined;
  /** The run that wrote it, with the workflow hashed. */
  readonly run: WorkflowRun;
  /** The step that wrote it, at random: jobs of one key and variant differ in it. Empty in sections of the second edition. */
  readonly mark: string;
  /** `job.check_run_id`, where the server knows it. */
  readonly checkRunId?: number | undefined;
  /** The commit that the check is about. */
  readonly commit?: string | undefined;
  readonly state: State;
  readonly tally: Tally;
  /** Tells the sections apart in a comment that has several: plain text. */
  readonly label: string;
  /** The input `target`, which tells jobs of one label apart: plain text. */
  readonly target?: string | undefined;
  /** Facts that the table, the advice and the footer of several jobs show; where absent, they are made from the counts. */
  readonly facts?: JobFacts | undefined;
  /** Encoded record that outlives the gate: see `record.ts`. */
  readonly record?: string | undefined;
  /** Rendered Markdown, without the heading, the line about what to do and the footer. */
  readonly markdown: string;
  /** These two, as long as no other job has a section: several jobs have one of each for all. */
  readonly closing?: string | undefined;
  /** One line stands for it, to make room for the others. */
  readonly isCollapsed: boolean;
}

/** The record of a job that has no section in the comment at present. */
export interface OrphanedRecord {
  /** See `Section`. */
  readonly key: string;
  readonly variant?: string | undefined;
  /** Hash of the workflow; `undefined` in comments of the second edition. */
  readonly workflow?: string | undefined;
  readonly record: string;
  /** Through how many newer workflow runs it was kept. */
  readonly runs: number;
}

/** Writer of a section: a step of a job of a workflow run, for the gate with this name. */
export interface Writer {
  /** The gate's name. */
  readonly name: string;
  readonly run: WorkflowRun;
  /** See `jobKey`. */
  readonly job: string;
  /** See `jobVariant`. */
  readonly variant: string;
  /** Random, and the same in the step and its `post` part; a `substituteMark` where other signs tell which section is the step's. */
  readonly mark: string;
  readonly checkRunId?: number | undefined;
  /** The commit that the workflow run is about, where the section does not say another. */
  readonly commit?: string | undefined;
  /** The input `target`. */
  readonly target?: string | undefined;
}

/** A comment with our marker for this gate. One of a newer format than ours cannot be read further. */
export type CommentState = ReadableComment | { readonly format: 'newer' };

export interface ReadableComment {
  readonly format: 'known';
  /** Of a comment of an earlier edition: the run that wrote all of it. */
  readonly run?: Run | undefined;
  readonly sections: readonly Section[];
  readonly orphanedRecords: readonly OrphanedRecord[];
}

export const isReadable = (comment: CommentState): comment is ReadableComment => comment.format === 'known';

/** All sections of these comments. */
export const sectionsOf = (comments: readonly CommentState[]): Section[] =>
  comments.filter(isReadable).flatMap(({ sections }) => sections);

/** The workflow runs that a comment is about. */
export const runsIn = ({ run, sections }: ReadableComment): Run[] => [
  ...(run === undefined ? [] : [run]),
  ...sections.map((section) => section.run),
];

/** The section of the job that writes; rendered when it is known how much room there is. */
export interface OwnSection extends Pick<Section, 'state' | 'tally' | 'label' | 'facts' | 'record'> {
  /** `Section.markdown` in at most so many characters (UTF-16 code units: never fewer than GitHub counts). */
  render(maxCharacters: number): string;
  /** `Section.closing` in at most so many characters; there is none, if absent. */
  renderClosing?: ((maxCharacters: number) => string) | undefined;
}

/** Stands in the section of a step that was killed, or that a later attempt finds waiting. */
export const STOPPED = 'The step was stopped before it reached a verdict.';

/** The mark of a section that is written by a `post` part that does not know the step's: no other begins so. */
export const substituteMark = (random: string): string => `?${random}`;
export const isSubstituteMark = (mark: string): boolean => mark.startsWith('?');

/** One text for what all attempts of a step have in common: the job's id, the step's id and the values of its matrix. */
export const jobKey = ({ job = '', action = '', matrix = '' }: Texts<'job' | 'action' | 'matrix'>): string =>
  JSON.stringify([job, action, matrix]);

/** One text for what tells jobs of one key apart (a reusable workflow that is called twice): what the user gave them. */
export const jobVariant = ({ label = '', target = '' }: Texts<'label' | 'target'>): string =>
  label === '' && target === '' ? '' : JSON.stringify([label, target]);

/** Texts that may be absent, by their names. */
type Texts<Name extends string> = Readonly<Partial<Record<Name, string | undefined>>>;
