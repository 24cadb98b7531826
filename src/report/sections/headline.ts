import { countRuns, type Tally } from '../../domain/batch.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { cleanLine } from '../../text/clean.ts';
import { countEach } from '../../text/format.ts';

/** What a gate's part of a report can say in one word. */
export type State = 'waiting' | Verdict;

/** The sign before a verdict, a batch and a run alike. */
export const SIGNS: Record<State, string> = {
  waiting: '⏳',
  passed: '✅',
  failed: '❌',
  errored: '⚠️',
  cancelled: '🚫',
  'timed-out': '⏰',
  inconclusive: '❓',
};

const MAX_NAME = 120;

/**
 * The one line that decides already in the subject of an e-mail: sign, name, verdict and counts.
 * Plain text; `name` is the user's, so it passes `markdown.ts` like foreign text before it is rendered.
 */
export function headline(name: string, state: State, tally: Tally): string {
  return `${SIGNS[state]} ${cleanLine(name, MAX_NAME)}: ${outcome(state, tally)}`;
}

function outcome(state: State, tally: Tally): string {
  const { total, passed, failed, errored, cancelled, unfinished } = tally;
  const ofAll = `of ${countRuns(total)}`;
  const finished = total === 0 ? 'no runs seen' : `${total - unfinished} ${ofAll} finished`;

  switch (state) {
    case 'passed':
      return total === 1 ? 'the one run passed' : `all ${total} runs passed`;
    case 'failed':
      return listed(`${failed} ${ofAll} failed`, countEach(tally, 'errored', 'cancelled', 'unfinished'));
    case 'errored': {
      const first =
        errored > 0 ? `${errored} ${ofAll} errored` : `the provider reports an error, ${finished}`;
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
