/**
 * The one place where foreign text becomes Markdown. Documents are syntax trees: our own words enter as `trusted`,
 * everything else as `untrusted`, `untrustedLines` or `code`, and `markdown-writer.ts` writes them.
 */
import type { BlockContent, Html, InlineCode, ListItem, PhrasingContent, TableRow, Text } from 'mdast';
import { cleanLine, cleanLines } from '../text/clean.ts';
import { formatCount } from '../text/format.ts';
import { HTML_COMMENT, neutralize, ZERO_WIDTH_SPACE } from './neutralize.ts';
import { markQuotations } from './quotations.ts';

export type Block = BlockContent;
export type Inline = PhrasingContent;
/** A node, or a line of nodes. */
type Content = Inline | readonly Inline[];

/** Shown where there is text with nothing in it to see, so that no text at all changes the structure. */
const BLANK = '(blank)';

/** Our own words, numbers and signs. */
export function trusted(text: string): Text {
  return { type: 'text', value: text };
}

/** Values that `md` takes: nodes, and words that are literals in our code. A `string` may be foreign, so it is none. */
type Part = Inline | readonly Inline[] | number | string;
type OurWords<T> = string extends T ? never : T;

/** A line of our words with nodes in it: md`passes on ${place}.` Numbers are counts: `1,237`. */
export function md<const Parts extends readonly Part[]>(
  texts: TemplateStringsArray,
  ...parts: { [Index in keyof Parts]: OurWords<Parts[Index]> }
): Inline[] {
  return texts.flatMap((text, index) => [...trustedNodes(text), ...nodesOf(parts[index] ?? '')]);
}

const trustedNodes = (text: string): Inline[] => (text === '' ? [] : [trusted(text)]);

function nodesOf(part: Part): readonly Inline[] {
  if (typeof part === 'string') return trustedNodes(part);
  if (typeof part === 'number') return trustedNodes(formatCount(part));
  return 'type' in part ? [part] : part;
}

/** Sentences with a space between them; those that are empty leave none. */
export const sentences = (...all: readonly (readonly Inline[])[]): Inline[] => joined(all, trusted(' '));

/** Foreign text inside a line: at most `max` code points of it, its line breaks as spaces. */
export function untrusted(text: string, max: number): Text {
  return trusted(neutralize(cleanLine(text, max) || BLANK));
}

/** Foreign text of several lines: GitHub shows them as lines, and the structure is that of one line all the same. */
export function untrustedLines(text: string, max: number): Text {
  return trusted(neutralize(cleanLines(text, max).join('\n') || BLANK));
}

/** Foreign text to be read or copied sign by sign. GitHub looks for nothing in code, and nothing breaks its fence. */
export function code(text: string, max: number): InlineCode {
  return {
    type: 'inlineCode',
    value: cleanLine(text, max).replace(HTML_COMMENT, `$&${ZERO_WIDTH_SPACE}`) || BLANK,
  };
}

/** Foreign text inside a line with these quotations from it in bold; those that are not found change nothing. */
export function untrustedWithBold(text: string, quotations: readonly string[], max: number): Inline[] {
  const shown = neutralize(cleanLine(text, max) || BLANK);
  const neutralized = quotations.map((quotation) => neutralize(cleanLine(quotation, max)));
  return markQuotations(shown, neutralized).map((piece) =>
    piece.isQuoted ? strong(trusted(piece.text)) : trusted(piece.text),
  );
}

/** Foreign text for a place where HTML and no Markdown is read: the title of something folded. */
export function untrustedHtml(text: string, max: number): string {
  return (neutralize(cleanLine(text, max)) || BLANK).replace(
    /[&<>"']/g,
    (sign) => `&#${sign.charCodeAt(0)};`,
  );
}

export function strong(...content: Content[]): Inline {
  return { type: 'strong', children: content.flat() };
}

/** Puts what there is on lines of its own, in one paragraph. */
export function joinLines(lines: readonly Inline[][]): Inline[] {
  return joined(lines, { type: 'break' });
}

/** Joins what there is of a line with dots. */
export function joinWithDots(parts: readonly Inline[][]): Inline[] {
  return joined(parts, trusted(' · '));
}

/** Joins the items of a list inside a line with commas. */
export function joinWithCommas(items: readonly Inline[][]): Inline[] {
  return joined(items, trusted(', '));
}

function joined(parts: readonly (readonly Inline[])[], separator: Inline): Inline[] {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : [separator, ...part]));
}

/** A link of ours. `url` comes from the runner's environment; anything but http(s) is no link. */
export function link(url: string, ...children: (Text | InlineCode)[]): Inline[] {
  return /^https?:\/\/[^\s<>]+$/.test(url) ? [{ type: 'link', url, children }] : children;
}

export function paragraph(...content: Content[]): Block {
  return { type: 'paragraph', children: content.flat() };
}

/** A paragraph in small print. */
export function smallPrint(...content: Content[]): Block {
  return paragraph(html('<sub>'), ...content, html('</sub>'));
}

export function heading(depth: 2 | 3 | 4, ...content: Content[]): Block {
  return { type: 'heading', depth, children: content.flat() };
}

export function blockquote(...children: Block[]): Block {
  return { type: 'blockquote', children };
}

/** A list with one block or line for each item. Numbered where the provider refers to the numbers. */
export function list(items: readonly Inline[][], { ordered }: { ordered: boolean }): Block {
  const children = items.map(
    (item): ListItem => ({ type: 'listItem', spread: false, children: [paragraph(item)] }),
  );
  return { type: 'list', ordered, spread: false, children };
}

/** A table whose first columns hold text, one if not told otherwise, and whose other columns hold figures. */
export function table(
  head: readonly Inline[][],
  rows: readonly (readonly Inline[][])[],
  { textColumns = 1 }: { textColumns?: number } = {},
): Block {
  const row = (cells: readonly Inline[][]): TableRow => ({
    type: 'tableRow',
    children: cells.map((children) => ({ type: 'tableCell', children: [...children] })),
  });
  return {
    type: 'table',
    align: head.map((_, index) => (index < textColumns ? 'left' : 'center')),
    children: [row(head), ...rows.map(row)],
  };
}

/** A line across, between what was found and what to do. */
export const thematicBreak: Block = { type: 'thematicBreak' };

function html(value: string): Html {
  return { type: 'html', value };
}
