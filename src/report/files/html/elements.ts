import type { Element, ElementContent, Nodes } from 'hast';
import { toHtml } from 'hast-util-to-html';
import { h } from 'hastscript';
import { cleanLine } from '../../../text/clean.ts';
import type { Sign } from '../../sections/headline.ts';
import { linkUrl, shownText } from './text.ts';

/** Pieces of the page. Foreign text enters it as text nodes and attributes of a tree, which a serializer writes. */

export type Child = ElementContent | string | undefined | readonly Child[];

/** A sign in its colour, which the style draws. It never stands without a word. */
export const glyph = (sign: Sign): Element => h('span', { className: ['sign', sign] });

/** The same signs for SVG: plain characters, since a page cannot know which emoji fonts there are. */
const GLYPHS: Readonly<Record<Sign, string>> = {
  waiting: '…',
  passed: '✓',
  flaky: '≈',
  failed: '✕',
  errored: '!',
  cancelled: '⊘',
  'timed-out': '◷',
  inconclusive: '?',
  tolerated: '‖',
  'broken-test': '⚒',
  gone: '–',
};

/** What an SVG shows in place of a sign. */
export const glyphText = (sign: Sign): string => GLYPHS[sign];

/** Foreign text on one line, in its own direction. */
export const untrusted = (text: string, max: number): Element =>
  h('bdi', cleanLine(text, max) || '(no text)');

/** A foreign identifier on one line. */
export const code = (text: string, max = 200): Element =>
  h('code', { dir: 'auto' }, cleanLine(text, max) || '(empty)');

/** Foreign text with its lines, and how much of it is left out. */
export function paragraphOf(text: string, max: number, className?: string): Element {
  const shown = shownText(text, max);
  return h('p', { className: ['text', ...(className === undefined ? [] : [className])], dir: 'auto' }, [
    shown.text || '(no text)',
    ...leftOut(shown.cut),
  ]);
}

/** Says that a text goes on; nothing where it does not. */
export const leftOut = (cut: number): ElementContent[] =>
  cut === 0 ? [] : [h('span', { className: 'cut' }, ` … ${cut.toLocaleString('en')} more characters`)];

/** A link, or its text alone where the address is none that a report may link. */
export function linkTo(url: string | undefined, ...children: (ElementContent | string)[]): ElementContent {
  const href = linkUrl(url);
  return href === undefined ? h('span', children) : h('a', { href, rel: 'noreferrer' }, children);
}

/** Parts of a line with dots between them; empty ones leave none. */
export function dotted(
  parts: readonly (readonly (ElementContent | string)[])[],
): (ElementContent | string)[] {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : [' · ', ...part]));
}

declare const serialized: unique symbol;
/** HTML that the serializer has written. No other text can be one. */
export type Html = string & { readonly [serialized]: true };

/** A tree as HTML. */
export const htmlOf = (...trees: readonly Nodes[]): Html[] => trees.map((tree) => toHtml(tree) as Html);

/** An element without content of its own around HTML that is written already, so that its tree need not be kept. */
export function around(element: Element, content: readonly Html[]): Html[] {
  const html = toHtml(element);
  const start = html.length - `</${element.tagName}>`.length;
  return [html.slice(0, start) as Html, ...content, html.slice(start) as Html];
}
