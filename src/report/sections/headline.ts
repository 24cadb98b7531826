import type { Tally } from '../../domain/batch.ts';
import type { State } from '../../domain/verdict.ts';
import { cleanLine } from '../../text/clean.ts';
import { foreign, heading, render } from '../markdown.ts';

/** What a sign stands for: a verdict, or the outcome of a test case. */
export type Sign = State | 'flaky';

/** The sign before a verdict, a batch and a test case alike. */
export const SIGNS: Record<Sign, string> = {
  waiting: '⏳',
  passed: '✅',
  flaky: '🟡',
  failed: '❌',
  errored: '⚠️',
  cancelled: '🚫',
  'timed-out': '⏰',
  inconclusive: '❓',
};

const MAX_NAME = 120;
/** More characters than any headline has, since names and labels are clipped. */
const MAX_HEADLINE = 400;

/**
 * The one line that decides already in the subject of an e-mail: sign, name, verdict and counts.
 * Plain text; `name` is the user's, so it passes `markdown.ts` like foreign text before it is rendered.
 */
export function headline(name: string, state: State, tally: Tally): string {
  return `${SIGNS[state]} ${cleanLine(name, MAX_NAME)}: ${outcome(state, tally)}`;
}

function outcome(state: State, tally: Tally): string {
  const { total, passed, failed, errored, cancelled, unfinished } = tally;
  const ofAll = `of ${total}`;
  const finished = total === 0 ? 'no test cases seen' : `${total - unfinished} ${ofAll} finished`;

  switch (state) {
    case 'passed':
      return total === 1 ? 'the one test case passed' : `all ${total} passed`;
    case 'failed':
      return listed(`${failed} ${ofAll} failed`, countEach(tally, 'errored', 'cancelled', 'unfinished'));
    case 'errored': {
      const first = errored > 0 ? `${errored} ${ofAll} errored` : `the batch errored, ${finished}`;
      return listed(first, countEach(tally, 'cancelled', ...(errored > 0 ? ['unfinished' as const] : [])));
    }
    case 'cancelled':
      return cancelled > 0
        ? listed(`${cancelled} ${ofAll} cancelled`, countEach(tally, 'unfinished'))
        : `cancelled, ${finished}`;
    case 'timed-out':
      return `timed out, ${finished}`;
    case 'inconclusive':
      return `inconclusive, ${total === 0 ? finished : `${passed} ${ofAll} passed`}`;
    case 'waiting': {
      const first = total === 0 ? 'waiting for the first result' : `waiting, ${finished}`;
      return listed(first, countEach(tally, 'failed', 'errored', 'cancelled'));
    }
  }
}

const listed = (first: string, others: readonly string[]): string => [first, ...others].join(', ');

/** The headline of a gate, or of one job's part in it, as a heading in Markdown. */
export function headlineHeading(depth: 2 | 3, part: { name: string; state: State; tally: Tally }): string {
  return render(heading(depth, foreign(headline(part.name, part.state, part.tally), MAX_HEADLINE)));
}

/** `1 failed`, `2 errored`: those of the counts that are not zero. */
export function countEach(tally: Tally, ...kinds: Exclude<keyof Tally, 'total'>[]): string[] {
  return kinds.flatMap((kind) => (tally[kind] > 0 ? [`${tally[kind]} ${kind}`] : []));
}
