/** Writes the syntax trees of `markdown.ts` as GitHub's Markdown. */
import type { Table, TableCell } from 'mdast';
import { type Block, type Inline, paragraph } from './markdown.ts';
import { ZERO_WIDTH_SPACE } from './neutralize.ts';

/** Writes blocks as Markdown, without a line break at the end. Results may be joined by an empty line. */
export function render(...blocks: Block[]): string {
  return blocksText(blocks).trimEnd();
}

/** Writes a line as a paragraph; an empty one as an empty text. */
export const renderLine = (line: readonly Inline[]): string => render(paragraph(line));

/** Rendered Markdown that a reader opens and closes. The title is HTML: our words, and foreign ones by `untrustedHtml`. */
export function fold(title: string, { open }: { open: boolean }, markdown: string): string {
  return `<details${open ? ' open' : ''}>\n<summary>${title}</summary>\n\n${markdown}\n\n</details>`;
}

const blocksText = (blocks: readonly Block[]): string => blocks.map(blockText).join('\n\n');

const indented = (text: string, first: string, others: string): string =>
  first + text.replaceAll('\n', `\n${others}`);

function blockText(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return linesText(block.children);
    case 'heading':
      return `${'#'.repeat(block.depth)} ${headingText(block.children)}`;
    case 'blockquote':
      return indented(blocksText(block.children as Block[]), '> ', '> ');
    case 'list':
      return block.children
        .map(({ children }, index) => {
          const marker = block.ordered ? `${index + 1}. ` : '- ';
          return indented(blocksText(children as Block[]), marker, ' '.repeat(marker.length));
        })
        .join('\n');
    case 'table':
      return tableText(block);
    case 'thematicBreak':
      return '---';
    default:
      throw new TypeError(`no Markdown for ${block.type}`);
  }
}

/** A heading may end in signs that close it, which are not shown. */
const headingText = (nodes: readonly Inline[]): string =>
  inlineText(nodes).replace(/#+$/, (end) => end.replaceAll('#', '\\#'));

function tableText({ align, children }: Table): string {
  const sides = (align ?? []).map((side) => (side === 'left' ? ':-' : ':-:'));
  const [head = '', ...rows] = children.map((row) => rowText(row.children.map(cellText)));
  return [head, rowText(sides), ...rows].join('\n');
}

const rowText = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const cellText = ({ children }: TableCell): string =>
  inlineText(breakCode(children, PIPE_IN_CELL)).replace(/(?<!\\)\|/g, '\\|');

/** Characters with a meaning inside a line of Markdown; the rest of what GitHub looks for has a zero-width space of ours in it. */
const SPECIAL = /[\\`*[\]~|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|<(?=[!/?A-Za-z]|$)|&(?=[#A-Za-z]|$)/gu;
/** Characters with a meaning at the start of a line. */
const LINE_START = /^(?:[#>]|[-+](?=[\s:-]|$)|[=:](?=[=:\s-]*$)|(\d+)(?=[.)](?:\s|$)))/gm;

const escaped = (text: string): string =>
  text.replace(SPECIAL, (sign) => (sign === '<' ? '&lt;' : `\\${sign}`));

const linesText = (nodes: readonly Inline[]): string =>
  inlineText(nodes).replace(LINE_START, (start, digits?: string) =>
    digits === undefined ? `\\${start}` : `${start}\\`,
  );

function inlineText(nodes: readonly Inline[]): string {
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
      return codeText(node.value);
    case 'strong':
      return inlineText(node.children);
    case 'link':
      return `[${inlineText(breakCode(node.children, LABEL_END))}](${node.url.replace(/[()]/g, (sign) => `\\${sign}`)})`;
    case 'break':
      return '\\\n';
    case 'html':
      return node.value;
    default:
      throw new TypeError(`no Markdown for ${node.type}`);
  }
}

/** Between as many backticks as none in it has. */
function codeText(value: string): string {
  const longest = Math.max(0, ...(value.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const space = /^`|`$/.test(value) ? ' ' : '';
  return `${fence}${space}${value}${space}${fence}`;
}
