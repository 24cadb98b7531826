import type { Tally } from '../domain/batch.ts';
import type { Verdict } from '../domain/verdict.ts';
import { countRuns } from './figures.ts';
import { cleanLine } from './plain.ts';

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
  const others = (...counts: [number, string][]) =>
    counts.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : []));

  switch (state) {
    case 'passed':
      return total === 1 ? 'the one run passed' : `all ${total} runs passed`;
    case 'failed':
      return [
        `${failed} ${ofAll} failed`,
        ...others([errored, 'errored'], [cancelled, 'cancelled'], [unfinished, 'unfinished']),
      ].join(', ');
    case 'errored':
      return [
        errored > 0 ? `${errored} ${ofAll} errored` : `the provider reports an error, ${finished}`,
        ...others([cancelled, 'cancelled'], [unfinished, 'unfinished']),
      ].join(', ');
    case 'cancelled':
      return cancelled > 0
        ? [`${cancelled} ${ofAll} cancelled`, ...others([unfinished, 'unfinished'])].join(', ')
        : `cancelled, ${finished}`;
    case 'timed-out':
      return `timed out, ${finished}`;
    case 'inconclusive':
      return `inconclusive, ${total === 0 ? finished : `${passed} ${ofAll} passed`}`;
    case 'waiting':
      return [
        total === 0 ? 'waiting for the first result' : `waiting, ${finished}`,
        ...others([failed, 'failed'], [errored, 'errored'], [cancelled, 'cancelled']),
      ].join(', ');
  }
}
