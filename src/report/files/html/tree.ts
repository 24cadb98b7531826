import type { Element, ElementContent } from 'hast';
import { toHtml } from 'hast-util-to-html';

/** The page as a tree of `hastscript`, and its only way into HTML: whatever text is in the tree, it stays text. */

/** A piece of the page; a string is text. */
export type Node = ElementContent | string;

declare const serialized: unique symbol;
/** HTML that was written here. No other text can be one. */
export type Html = string & { readonly [serialized]: true };

/** The first line of an HTML file. */
export const DOCTYPE = '<!doctype html>' as Html;

/** Trees as HTML. */
export const htmlOf = (...nodes: readonly Node[]): Html[] =>
  nodes.map((node) => toHtml(typeof node === 'string' ? { type: 'text', value: node } : node) as Html);

/** An element without foreign text as HTML, with its single quotes as they are: tools look for the policy by its words. */
export const ownHtmlOf = (element: Element): Html =>
  toHtml(element, { allowDangerousCharacters: true }) as Html;

/** An element without content of its own around HTML that is written as it is asked for, so that no tree is kept. */
export function* wrapHtml(element: Element, content: Iterable<Html>): Generator<Html> {
  const html = toHtml(element);
  const start = html.length - `</${element.tagName}>`.length;
  yield html.slice(0, start) as Html;
  yield* content;
  yield html.slice(start) as Html;
}
