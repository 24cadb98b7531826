import type { Element } from 'hast';
import { h, s } from 'hastscript';
import { formatRunCount } from '../../../domain/batch.ts';
import { cleanLine } from '../../../text/clean.ts';
import { formatCount, formatDuration } from '../../../text/format.ts';
import type { Report, ReportedCase } from '../../report.ts';
import { STATUS_WORDS } from '../../run-text.ts';
import { linkPush } from '../../sections/links.ts';
import { endOfPush, lastPushes } from '../../sections/pushes.ts';
import { glyph, RUN_GLYPHS } from './elements.ts';
import { inlineNodes } from './inline.ts';
import { type Bar, clockTime, type Lane, rowsOf, type Timeline } from './timeline.ts';
import type { Node } from './tree.ts';

const MAX_PUSHES = 12;
const BAR_HEIGHT = 44;

/** Chart of the test cases that counted against the verdict in each push, this one last; nothing where it is the first. */
export function pushesChart(report: Report): Element | undefined {
  const pushes = lastPushes(report, MAX_PUSHES);
  if (pushes.length === 0) return undefined;
  const most = Math.max(1, ...pushes.map(({ failureCount }) => failureCount));
  const items = pushes.map((push) => {
    const { verdict, figure } = endOfPush(push);
    const height =
      push.failureCount === 0 ? 2 : Math.max(4, Math.round((push.failureCount / most) * BAR_HEIGHT));
    const commit = push.commit === '' ? [h('span', 'this push')] : inlineNodes(linkPush(push, report.origin));
    return h('li', { 'aria-current': push === pushes.at(-1) ? 'true' : undefined }, [
      s('svg', { viewBox: `0 0 22 ${BAR_HEIGHT}`, width: 22, height: BAR_HEIGHT, 'aria-hidden': 'true' }, [
        s('rect', { class: ['bar', verdict], x: 0, y: BAR_HEIGHT - height, width: 22, height, rx: 2 }),
      ]),
      h('span', { class: 'figure' }, [
        glyph(verdict),
        ' ',
        ...(typeof figure === 'number' ? [h('span', { class: 'hidden-text' }, `${verdict}, `)] : []),
        String(figure),
      ]),
      ' ',
      ...commit,
    ]);
  });
  return h('section', { class: 'pushes', 'aria-labelledby': 'pushes' }, [
    h('h2', { id: 'pushes' }, 'Not passed, by push'),
    h('ol', items),
  ]);
}

/** When each run began and ended, a line for each test case. Folded: the evidence comes first. */
export function timelineChart(timeline: Timeline, anchors: ReadonlyMap<ReportedCase, string>): Element {
  const { start, end, lanes, left } = timeline;
  const runs = lanes.reduce((sum, { bars }) => sum + bars.length, 0);
  const took = formatDuration(end - start);
  const middle = clockTime((start + end) / 2);
  const ticks = [clockTime(start), middle, clockTime(end)].map((time) => h('span', time ?? ''));
  const title = `${formatRunCount(runs)}${took === undefined ? '' : `, ${took} from first to last`}`;
  const hasEnds = lanes.some(({ bars }) => bars.some(({ to }) => to !== undefined));
  return h('details', { class: 'timeline' }, [
    h('summary', [h('h2', 'Timeline'), h('span', { class: 'muted' }, [` ${title}`])]),
    h('p', { class: 'muted' }, [
      'Times in UTC.',
      hasEnds ? '' : ' The provider says when runs began and not when they ended.',
    ]),
    h('div', { class: 'lanes' }, [
      h('div', { class: 'ticks', 'aria-hidden': 'true' }, ticks),
      h(
        'ol',
        lanes.map((lane) =>
          h('li', [
            h(
              'a',
              { href: `#${anchors.get(lane.result)}`, dir: 'auto' },
              cleanLine(lane.result.testCase.name, 120) || '(no name)',
            ),
            laneChart(lane, timeline),
          ]),
        ),
      ),
    ]),
    ...(left === 0
      ? []
      : [h('p', { class: 'muted' }, `${formatCount(left)} more test cases have no room here.`)]),
  ]);
}

const ROW = 18;
/** The share of the width that a run takes at least. */
const LEAST = 0.012;

function laneChart({ bars }: Lane, { start, end }: Timeline): Element {
  const span = end - start;
  const rows = rowsOf(bars, span * LEAST * 1.5);
  const share = (ms: number): string => `${((ms / span) * 100).toFixed(2)}%`;
  const shapes = rows.flatMap((row, index) =>
    row.flatMap((bar): Node[] => {
      const y = index * ROW + 2;
      const from = Math.min(bar.from - start, span * (1 - LEAST));
      const width = Math.max((bar.to ?? bar.from) - bar.from, span * LEAST);
      return [
        s('rect', {
          class: ['bar', bar.run.status, ...(bar.to === undefined ? ['moment'] : [])],
          x: share(from),
          y,
          width: share(width),
          height: ROW - 4,
          rx: 2,
        }),
        ...(width / span > 0.03
          ? [s('text', { x: share(from), y: y + 11, dx: 4 }, RUN_GLYPHS[bar.run.status])]
          : []),
      ];
    }),
  );
  return s(
    'svg',
    { role: 'img', 'aria-label': bars.map(barInWords).join('; '), width: '100%', height: rows.length * ROW },
    shapes,
  );
}

function barInWords({ run, number, from, to }: Bar): string {
  const until = to === undefined ? '' : ` to ${clockTime(to)}`;
  return `Run ${number} ${STATUS_WORDS[run.status].toLowerCase()}, ${clockTime(from)}${until}`;
}
