/**
 * The one place where foreign text becomes Markdown. Documents are syntax trees: our own words enter as `trusted`,
 * everything else as `untrusted`, `untrustedLines` or `code`, and a serializer that knows GitHub's Markdown writes them.
 */
import type { BlockContent, Html, InlineCode, ListItem, PhrasingContent, TableRow, Text } from 'mdast';
import { cleanLine, cleanLines } from '../text/clean.ts';
import { formatCount } from '../text/format.ts';

export type Block = BlockContent;
export type Inline = PhrasingContent;

/** Shown where there is text with nothing in it to see, so that no text at all changes the structure. */
const BLANK = '(blank)';

/** An invisible space of ours. Foreign text has lost its own by the time ours are put in. */
const ZERO_WIDTH_SPACE = '\u200b';

/** HTML comments are how a comment of ours is found again, and code shows them unescaped in the source. */
const HTML_COMMENT_MARKS = ['<(?=!--)', '--(?=!?>)'];

/**
 * Text after which a zero-width space is put. GitHub looks for these in the rendered text, where an escape in the Markdown is long gone,
 * so the characters themselves must be parted.
 */
const ACTIVE_SYNTAX = new RegExp(
  [
    ...HTML_COMMENT_MARKS,
    // Mentions and e-mail addresses.
    '@(?=\\S)',
    // Issues: #1, owner/repo#1, GH-1.
    '#(?=\\d)',
    'GH-(?=\\d)',
    // Links.
    ':(?=//)',
    'www(?=\\.)',
    // Emoji by name, also one that a colon of ours would end; the middle of 10:30:45 is none.
    ':(?=(?:[\\w+-]{0,60}[a-z][\\w+-]{0,60}|[+-]1|100|1234)(?::|$))',
    // Boxes of task lists, titles of alerts.
    '\\[(?=[ x]\\]|!\\w+\\])',
  ].join('|'),
  'gi',
);

/** Looks like a commit to GitHub; a UUID does not, and people copy those. */
const HEX_WORD = /\b(?<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)|\b[0-9a-f]{7,}\b/gi;

/** A dollar that may open or close a formula. Before a digit it is a price: nothing closes there. */
const FORMULA = /\$(?!\d)/g;

const HTML_COMMENT = new RegExp(HTML_COMMENT_MARKS.join('|'), 'g');

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

const nodesOf = (part: Part): readonly Inline[] =>
  typeof part === 'number'
    ? trustedNodes(formatCount(part))
    : typeof part === 'string'
      ? trustedNodes(part)
      : 'type' in part
        ? [part]
        : part;

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
  const bold = Array.from({ length: shown.length }, () => false);
  for (const quotation of quotations) {
    const needle = neutralize(cleanLine(quotation, max));
    const at = needle === '' ? -1 : positionOf(shown, needle);
    if (at !== -1) bold.fill(true, at, at + needle.length);
  }
  const pieces: Inline[] = [];
  for (let start = 0; start < shown.length; ) {
    const isBold = bold[start] === true;
    const next = bold.indexOf(!isBold, start);
    const end = next === -1 ? shown.length : next;
    const piece = trusted(shown.slice(start, end));
    pieces.push(isBold ? strong(piece) : piece);
    start = end;
  }
  return pieces;
}

function positionOf(text: string, needle: string): number {
  const lower = text.toLowerCase();
  // A few letters change their length in lower case; then only the exact spelling is looked for.
  return lower.length === text.length ? lower.indexOf(needle.toLowerCase()) : text.indexOf(needle);
}

/** Foreign text for a place where HTML and no Markdown is read: the title of something folded. */
export function untrustedHtml(text: string, max: number): string {
  return (neutralize(cleanLine(text, max)) || BLANK).replace(
    /[&<>"']/g,
    (sign) => `&#${sign.charCodeAt(0)};`,
  );
}

function neutralize(text: string): string {
  return text
    .replace(ACTIVE_SYNTAX, `$&${ZERO_WIDTH_SPACE}`)
    .replace(FORMULA, `${ZERO_WIDTH_SPACE}$&${ZERO_WIDTH_SPACE}`)
    .replace(HEX_WORD, (word, uuid?: string) =>
      // A word of digits only is far more often a telephone number than a commit.
      uuid !== undefined || /^\d+$/.test(word) ? word : word.replace(/.{6}(?=.)/g, `$&${ZERO_WIDTH_SPACE}`),
    );
}

export function strong(...children: Inline[]): Inline {
  return { type: 'strong', children };
}

/** Puts what there is on lines of its own, in one paragraph. */
export function joinLines(lines: readonly Inline[][]): Inline[] {
  return joined(lines, { type: 'break' });
}

/** Joins what there is of a line with dots. */
export function joinWithDots(parts: readonly Inline[][]): Inline[] {
  return joined(parts, trusted(' · '));
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

export function paragraph(...children: Inline[]): Block {
  return { type: 'paragraph', children };
}

/** A paragraph in small print. */
export function smallPrint(...children: Inline[]): Block {
  return paragraph(html('<sub>'), ...children, html('</sub>'));
}

export function heading(depth: 2 | 3 | 4, ...children: Inline[]): Block {
  return { type: 'heading', depth, children };
}

export function blockquote(...children: Block[]): Block {
  return { type: 'blockquote', children };
}

/** A list with one block or line for each item. Numbered where the provider refers to the numbers. */
export function list(items: readonly Inline[][], { ordered }: { ordered: boolean }): Block {
  const children = items.map(
    (item): ListItem => ({ type: 'listItem', spread: false, children: [paragraph(...item)] }),
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

/** Rendered Markdown that a reader opens and closes. The title is HTML: our words, and foreign ones by `untrustedHtml`. */
export function fold(title: string, { open }: { open: boolean }, markdown: string): string {
  return `<details${open ? ' open' : ''}>\n<summary>${title}</summary>\n\n${markdown}\n\n</details>`;
}

/** Characters with a meaning inside a line of Markdown; the rest of what GitHub looks for has a zero-width space of ours in it. */
const SPECIAL = /[\\`*[\]~|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|<(?=[!/?A-Za-z]|$)|&(?=[#A-Za-z]|$)/gu;
/** Characters with a meaning at the start of a line. */
const LINE_START = /^(?:[#>]|[-+](?=[\s:-]|$)|[=:](?=[=:\s-]*$)|(\d+)(?=[.)](?:\s|$)))/gm;

const escaped = (text: string): string =>
  text.replace(SPECIAL, (sign) => (sign === '<' ? '&lt;' : `\\${sign}`));

const linesOf = (nodes: readonly Inline[]): string =>
  inlineOf(nodes).replace(LINE_START, (start, digits?: string) =>
    digits === undefined ? `\\${start}` : `${start}\\`,
  );

function inlineOf(nodes: readonly Inline[]): string {
  const texts = nodes.map(nodeText);
  return texts
    .map((text, index) => {
      const [before = '', after = ''] = [texts[index - 1], texts[index + 1]];
      if (nodes[index]?.type === 'strong') return emphasised(text, before, after);
      return nodes[index + 1]?.type === 'link' ? text.replace(/!$/, '\\!') : text;
    })
    .join('');
}

/** In stars where they count for bold beside these neighbours; in HTML elsewhere. */
function emphasised(text: string, before: string, after: string): string {
  const opens = /^[\p{L}\p{N}]/u.test(text) || !/[\p{L}\p{N}]$/u.test(before);
  const closes = /[\p{L}\p{N}]$/u.test(text) || !/^[\p{L}\p{N}]/u.test(after);
  return opens && closes && !/^\s|\s$/.test(text) ? `**${text}**` : `<b>${text}</b>`;
}

/** GitHub takes the backslash before a pipe in a table away, in code as well, or ends the cell there. */
const PIPE_IN_CELL = /\\(?=\|)/g;
/** At the start of a line this ends the label of a reference, in code as well. */
const LABEL_END = /\](?=:)/g;

/** The nodes with a zero-width space of ours in their code after each of these. */
const breakCode = (nodes: readonly Inline[], after: RegExp): Inline[] =>
  nodes.map((node): Inline => {
    if (node.type === 'inlineCode')
      return { ...node, value: node.value.replace(after, `$&${ZERO_WIDTH_SPACE}`) };
    if (node.type === 'strong') return { ...node, children: breakCode(node.children, after) };
    return node.type === 'link' ? { ...node, children: breakCode(node.children, after) } : node;
  });

function nodeText(node: Inline): string {
  switch (node.type) {
    case 'text':
      return escaped(node.value);
    case 'inlineCode':
      return inCode(node.value);
    case 'strong':
      return inlineOf(node.children);
    case 'link':
      return `[${inlineOf(breakCode(node.children, LABEL_END))}](${node.url.replace(/[()]/g, (sign) => `\\${sign}`)})`;
    case 'break':
      return '\\\n';
    case 'html':
      return node.value;
    default:
      throw new TypeError(`no Markdown for ${node.type}`);
  }
}

/** Between as many backticks as none in it has. */
function inCode(value: string): string {
  const longest = Math.max(0, ...(value.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest === 0 ? 1 : longest + 1);
  const space = /^`|`$/.test(value) ? ' ' : '';
  return `${fence}${space}${value}${space}${fence}`;
}

const indented = (text: string, first: string, others: string): string =>
  first + text.replaceAll('\n', `\n${others}`);

function blockText(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return linesOf(block.children);
    case 'heading':
      return `${'#'.repeat(block.depth)} ${inlineOf(block.children).replace(/#+$/, (end) => end.replaceAll('#', '\\#'))}`;
    case 'blockquote':
      return indented(blocksText(block.children as Block[]), '> ', '> ');
    case 'list':
      return block.children
        .map(({ children }, index) => {
          const marker = block.ordered ? `${index + 1}. ` : '- ';
          return indented(blocksText(children as Block[]), marker, ' '.repeat(marker.length));
        })
        .join('\n');
    case 'table': {
      const [head = '', ...rows] = block.children.map(
        ({ children }) =>
          `| ${children.map((cell) => inlineOf(breakCode(cell.children, PIPE_IN_CELL)).replace(/(?<!\\)\|/g, '\\|')).join(' | ')} |`,
      );
      const align = (block.align ?? []).map((side) => (side === 'left' ? ':-' : ':-:'));
      return [head, `| ${align.join(' | ')} |`, ...rows].join('\n');
    }
    case 'thematicBreak':
      return '---';
    default:
      throw new TypeError(`no Markdown for ${block.type}`);
  }
}

const blocksText = (blocks: readonly Block[]): string => blocks.map(blockText).join('\n\n');

/** Writes blocks as Markdown, without a line break at the end. Results may be joined by an empty line. */
export function render(...blocks: Block[]): string {
  return blocksText(blocks).trimEnd();
}
