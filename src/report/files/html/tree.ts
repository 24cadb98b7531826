/** The tree of the page and its only writer: whatever text is in the tree, it stays text. */

/** An element of HTML or SVG. */
export interface Element {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly Node[];
}

/** A piece of the page; a string is text. */
export type Node = Element | string;

/** Attributes by the names that HTML has for them. Lists are words; `undefined`, `false` and empty lists are left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

type Content = Node | readonly Node[];

/** An element with its attributes, if there are any, and its content. */
export function h(tag: string, ...content: Content[]): Element;
export function h(tag: string, attributes: Attributes, ...content: Content[]): Element;
export function h(tag: string, first: Attributes | Content = [], ...rest: Content[]): Element {
  const isContent = typeof first === 'string' || Array.isArray(first) || 'tag' in first;
  const attributes = isContent ? {} : (first as Attributes);
  const content = isContent ? [first as Content, ...rest] : rest;
  return { tag, attributes, children: content.flat() };
}

declare const serialized: unique symbol;
/** HTML that was written here. No other text can be one. */
export type Html = string & { readonly [serialized]: true };

/** The first line of an HTML file. */
export const DOCTYPE = '<!doctype html>' as Html;

/** Trees as HTML. */
export const htmlOf = (...nodes: readonly Node[]): Html[] => nodes.map(serialize);

/** An element without content of its own around HTML that is written as it is asked for, so that no tree is kept. */
export function* around(element: Element, content: Iterable<Html>): Generator<Html> {
  yield startTag(element);
  yield* content;
  yield endTag(element);
}

/** Elements without content and end. */
const VOID: ReadonlySet<string> = new Set(['br', 'input', 'meta']);
/** Elements whose content is no HTML: texts of our own, in which nothing is escaped. */
const RAW: ReadonlySet<string> = new Set(['script', 'style']);

function serialize(node: Node): Html {
  if (typeof node === 'string') return escaped(node);
  if (VOID.has(node.tag)) return startTag(node);
  const inner = RAW.has(node.tag) ? rawText(node) : node.children.map(serialize).join('');
  return `${startTag(node)}${inner}${endTag(node)}` as Html;
}

function startTag({ tag, attributes }: Element): Html {
  const written = Object.entries(attributes).map(([name, value]) => {
    if (value === undefined || value === false) return '';
    if (value === true) return ` ${name}`;
    const text = typeof value === 'object' ? value.join(' ') : String(value);
    return typeof value === 'object' && text === '' ? '' : ` ${name}="${escaped(text)}"`;
  });
  return `<${tag}${written.join('')}>` as Html;
}

const endTag = ({ tag }: Element): Html => `</${tag}>` as Html;

function rawText({ tag, children }: Element): string {
  const text = children.join('');
  if (/<\/|<!--/.test(text)) throw new Error(`The text of ${tag} would end it.`);
  return text;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): Html =>
  (/[&<>"]/.test(text) ? text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? '') : text) as Html;
