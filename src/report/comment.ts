import type { Tally } from '../domain/batch.ts';
import type { State } from './headline.ts';

/** One gate's part of the comment. Several jobs of one workflow run that share a `name` have one each. */
export interface Section {
  /** Made of the batch ids: the same batches write the same section. */
  readonly key: string;
  readonly attempt: number;
  readonly state: State;
  readonly tally: Tally;
  /** Tells the sections apart in a comment that has several: plain text. */
  readonly label: string;
  /** Rendered Markdown, without the heading. */
  readonly markdown: string;
}
