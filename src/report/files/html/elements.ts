import type { Element } from 'hast';
import { h } from 'hastscript';
import type { Run, RunStatus } from '../../../domain/run.ts';
import { cleanLine } from '../../../text/clean.ts';
import { formatCount } from '../../../text/format.ts';
import type { Sign } from '../../sections/headline.ts';
import { linkUrl, shownText } from './text.ts';
import type { Node } from './tree.ts';

/** Pieces of the page. Foreign text enters it as text and attributes of a tree, which `tree.ts` writes. */

/** A sign in its colour, which the style draws. It never stands without a word. */
export const glyph = (sign: Sign): Element => h('span', { class: ['sign', sign] });

/** Characters that an SVG shows for a run in place of a sign: plain ones, since a page cannot know which emoji fonts there are. */
export const RUN_GLYPHS: Readonly<Record<RunStatus, string>> = {
  pending: '…',
  passed: '✓',
  failed: '✕',
  errored: '!',
  cancelled: '⊘',
};

/** Sign of a run. */
export const signOfRun = ({ status }: Pick<Run, 'status'>): Sign =>
  status === 'pending' ? 'waiting' : status;

/** Foreign text on one line, in its own direction. */
export const untrusted = (text: string, max: number): Element =>
  h('bdi', cleanLine(text, max) || '(no text)');

/** A foreign identifier on one line. */
export const code = (text: string, max = 200): Element =>
  h('code', { dir: 'auto' }, cleanLine(text, max) || '(empty)');

/** Foreign text with its lines, and how much of it is left out. */
export function paragraphOf(text: string, max: number): Element {
  const shown = shownText(text, max);
  return h('p', { class: 'text', dir: 'auto' }, [shown.text || '(no text)', ...leftOut(shown.cut)]);
}

/** Says that a text goes on; nothing where it does not. */
export const leftOut = (cut: number): Node[] =>
  cut === 0 ? [] : [h('span', { class: 'cut' }, ` … ${formatCount(cut)} more characters`)];

/** A link, or its text alone where the address is none that a report may link. */
export function linkTo(url: string | undefined, ...children: Node[]): Node {
  const href = linkUrl(url);
  return href === undefined ? h('span', children) : h('a', { href, rel: 'noreferrer' }, children);
}

/** Parts of a line with dots between them; empty ones leave none. */
export function dotted(parts: readonly (readonly Node[])[]): Node[] {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : [' · ', ...part]));
}
