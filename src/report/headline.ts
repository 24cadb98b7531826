import type { Tally } from '../domain/batch.ts';
import type { Verdict } from '../domain/verdict.ts';

/** What a gate's part of a report can say in one word. */
export type State = 'waiting' | Verdict;

/**
 * The one line that decides already in the subject of an e-mail: sign, name, verdict and counts.
 * Plain text; `name` is the user's, so it passes `markdown.ts` like foreign text before it is rendered.
 */
export function headline(name: string, state: State, tally: Tally): string {
  return `${state} ${name} ${tally.total}`;
}
