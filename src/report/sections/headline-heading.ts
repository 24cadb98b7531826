import type { Tally } from '../../domain/batch.ts';
import { foreign, heading, render } from '../markdown.ts';
import { headline, type State } from './headline.ts';

/** More characters than any headline has, since names and labels are clipped. */
const MAX_HEADLINE = 400;

/** The headline of a gate, or of one job's part in it, as a heading in Markdown. */
export function headlineHeading(depth: 2 | 3, part: { name: string; state: State; tally: Tally }): string {
  return render(heading(depth, foreign(headline(part.name, part.state, part.tally), MAX_HEADLINE)));
}
