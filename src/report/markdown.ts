/**
 * The one place where foreign text becomes Markdown. Documents are syntax trees: our own words enter as `words`,
 * everything else as `foreign`, `foreignLines` or `code`, and a serializer that knows GitHub's Markdown writes them.
 */
import type { BlockContent, Html, InlineCode, ListItem, PhrasingContent, TableRow, Text } from 'mdast';
import { gfmToMarkdown } from 'mdast-util-gfm';
import {
  defaultHandlers,
  type Handle,
  type Info,
  type Options,
  type State,
  toMarkdown,
} from 'mdast-util-to-markdown';
import { cleanLine, cleanLines } from '../text/clean.ts';

export type Block = BlockContent;
export type Inline = PhrasingContent;

/** Shown where there is text with nothing in it to see, so that no text at all changes the structure. */
const NOTHING = '(blank)';

/** An invisible space of ours. Foreign text has lost its own by the time ours are put in. */
const GAP = '\u200b';

/** HTML comments are how a comment of ours is found again, and code shows them unescaped in the source. */
const COMMENT_ENDS = ['<(?=!--)', '--(?=!?>)'];

/**
 * What stands before a gap of ours. GitHub looks for these in the rendered text, where an escape in the Markdown is
 * long gone, so the characters themselves must be parted.
 */
const PARTED = new RegExp(
  [
    ...COMMENT_ENDS,
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

const COMMENT = new RegExp(COMMENT_ENDS.join('|'), 'g');

/** Our own words, numbers and signs. */
export function words(text: string): Text {
  return { type: 'text', value: text };
}

/** Foreign text inside a line: at most `max` code points of it, its line breaks as spaces. */
export function foreign(text: string, max: number): Text {
  return words(part(cleanLine(text, max) || NOTHING));
}

/** Foreign text of several lines: GitHub shows them as lines, and the structure is that of one line all the same. */
export function foreignLines(text: string, max: number): Text {
  return words(part(cleanLines(text, max).join('\n') || NOTHING));
}

/** Foreign text to be read or copied sign by sign. GitHub looks for nothing in code, and nothing breaks its fence. */
export function code(text: string, max: number): InlineCode {
  return { type: 'inlineCode', value: cleanLine(text, max).replace(COMMENT, `$&${GAP}`) || NOTHING };
}

/** Foreign text inside a line with these quotations from it in bold; those that are not found change nothing. */
export function foreignWith(text: string, quotations: readonly string[], max: number): Inline[] {
  const shown = part(cleanLine(text, max) || NOTHING);
  const bold = Array.from({ length: shown.length }, () => false);
  for (const quotation of quotations) {
    const wanted = part(cleanLine(quotation, max));
    const at = wanted === '' ? -1 : positionOf(shown, wanted);
    if (at !== -1) bold.fill(true, at, at + wanted.length);
  }
  const pieces: Inline[] = [];
  for (let start = 0; start < shown.length; ) {
    const isBold = bold[start] === true;
    const next = bold.indexOf(!isBold, start);
    const end = next === -1 ? shown.length : next;
    const piece = words(shown.slice(start, end));
    pieces.push(isBold ? strong(piece) : piece);
    start = end;
  }
  return pieces;
}

function positionOf(text: string, wanted: string): number {
  const lower = text.toLowerCase();
  // A few letters change their length in lower case; then only the exact spelling is looked for.
  return lower.length === text.length ? lower.indexOf(wanted.toLowerCase()) : text.indexOf(wanted);
}

/** Foreign text for a place where HTML and no Markdown is read: the title of something folded. */
export function foreignHtml(text: string, max: number): string {
  return (part(cleanLine(text, max)) || NOTHING).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function part(text: string): string {
  return text
    .replace(PARTED, `$&${GAP}`)
    .replace(FORMULA, `${GAP}$&${GAP}`)
    .replace(HEX_WORD, (word, uuid?: string) =>
      // A word of digits only is far more often a telephone number than a commit.
      uuid !== undefined || /^\d+$/.test(word) ? word : word.replace(/.{6}(?=.)/g, `$&${GAP}`),
    );
}

export function strong(...children: Inline[]): Inline {
  return { type: 'strong', children };
}

/** Puts what there is on lines of its own, in one paragraph. */
export function onLines(lines: readonly Inline[][]): Inline[] {
  return joined(lines, { type: 'break' });
}

/** Joins what there is of a line with dots. */
export function dotted(parts: readonly Inline[][]): Inline[] {
  return joined(parts, words(' · '));
}

function joined(parts: readonly Inline[][], separator: Inline): Inline[] {
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
export function small(...children: Inline[]): Block {
  return paragraph(html('<sub>'), ...children, html('</sub>'));
}

export function heading(depth: 2 | 3 | 4, ...children: Inline[]): Block {
  return { type: 'heading', depth, children };
}

export function quote(...children: Block[]): Block {
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
export const rule: Block = { type: 'thematicBreak' };

function html(value: string): Html {
  return { type: 'html', value };
}

/** Rendered Markdown that a reader opens and closes. The title is HTML: our words, and foreign ones by `foreignHtml`. */
export function fold(title: string, { open }: { open: boolean }, markdown: string): string {
  return `<details${open ? ' open' : ''}>\n<summary>${title}</summary>\n\n${markdown}\n\n</details>`;
}

/** Signs that mean nothing inside a line of Markdown, whatever stands beside them. */
const HARMLESS = '\\P{ASCII}|[A-Za-z0-9 ,\'"?()%$;/={}^>+-]';

/**
 * Text in which no sign means anything, wherever in a line it stands. Most text is of this kind, and asking the
 * serializer about each of its signs would take most of the time of a long report. A test compares the two.
 */
const PLAIN = new RegExp(
  `^(?:${[
    HARMLESS,
    // Of a link, a tag, a character reference, a heading's end, an image.
    ':(?!/)',
    '(?<!^|[Ww])\\.|(?<=[Ww])\\.(?= )',
    '@(?![-.\\w]|$)',
    '<(?![!/?A-Za-z]|$)',
    '&(?![#A-Za-z]|$)',
    '#(?!$)',
    '!(?!\\[|$)',
    '(?<=[\\p{L}\\p{N}])_(?=[\\p{L}\\p{N}])',
    '(?<! )\\n(?=\\P{ASCII}|[A-Za-z"\'(])',
  ].join('|')})*$`,
  'u',
);

/** What means nothing at the start of a line either. */
const PLAIN_START = /^(?:\P{ASCII}|[A-Za-z"'($]|\d+(?![\d.)]))/u;

const HARMLESS_SIGN = new RegExp(`^(?:${HARMLESS})$`, 'u');

/** Where a line break would end more than a line. */
const LINE_CONSTRUCTS: ReadonlySet<string> = new Set(['headingAtx', 'tableCell']);

/** Whether the serializer would leave the text as it is. */
function isPlain(value: string, { before, after }: Info, stack: readonly string[]): boolean {
  return (
    PLAIN.test(value) &&
    (!isBreak(before) || PLAIN_START.test(value)) &&
    !(isBreak(after) && value.endsWith(' ')) &&
    !(after === '/' && value.endsWith(':')) &&
    !(value.includes('\n') && stack.some((construct) => LINE_CONSTRUCTS.has(construct)))
  );
}

const isBreak = (sign: string): boolean => sign === '\n' || sign === '\r';

/** The serializer's time grows with the square of the signs in a text: so many characters are given to it at once. */
const AT_ONCE = 1_000;

/** The text as the serializer writes it. It is never parted at the start of a line, where more than one sign matters. */
function escaped(value: string, info: Info, state: State): string {
  const parts: string[] = [];
  for (let start = 0, end = 0; start < value.length; start = end) {
    end = start + AT_ONCE;
    while (end < value.length && /[\s\d]/.test(value.charAt(end - 1))) end += 1;
    const before = start === 0 ? info.before : value.charAt(start - 1);
    const after = end < value.length ? value.charAt(end) : info.after;
    parts.push(state.safe(value.slice(start, end), { ...info, before, after }));
  }
  return parts.join('');
}

/** Underscores between letters mean nothing, and identifiers are easier to read and to find without a backslash. */
const writeText: Handle = (node: Text, _parent, state, info) =>
  isPlain(node.value, info, state.stack)
    ? node.value
    : escaped(node.value, info, state).replace(/(?<=[\p{L}\p{N}])\\_(?=[\p{L}\p{N}])/gu, '_');

/** The serializer looks at the first sign of what follows, and would write all of it for that. */
const peekText: Handle = (node: Text, parent, state, info) => {
  const first = node.value.slice(0, 1);
  return HARMLESS_SIGN.test(first) ? first : writeText(node, parent, state, info);
};

const text: Handle = Object.assign(writeText.bind(undefined), { peek: peekText });

const GFM = gfmToMarkdown({ tablePipeAlign: false });
const writeAnyCode =
  GFM.extensions?.map(({ handlers }) => handlers?.inlineCode).find((one) => one) ??
  defaultHandlers.inlineCode;

/** Code in which nothing matters to a fence of one sign or to a table. */
const PLAIN_CODE = /^[^\s`|](?:[^\r\n`|]*[^\s`|])?$/;

const writeCode: Handle = (node: InlineCode, parent, state, info) =>
  PLAIN_CODE.test(node.value) ? `\`${node.value}\`` : writeAnyCode(node, parent, state, info);

const inlineCode: Handle = Object.assign(writeCode.bind(undefined), { peek: () => '`' });

const OPTIONS: Options = {
  extensions: [GFM],
  bullet: '-',
  rule: '-',
  handlers: { text, inlineCode },
};

/** Writes blocks as Markdown, without a line break at the end. Results may be joined by an empty line. */
export function render(...children: Block[]): string {
  return toMarkdown({ type: 'root', children }, OPTIONS).trimEnd();
}
