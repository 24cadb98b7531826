import type { Element, Nodes, Root } from 'hast';
import rehypeRaw from 'rehype-raw';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';

const PROCESSOR = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(remarkRehype, { allowDangerousHtml: true })
  .use(rehypeRaw)
  .freeze();

/** What GitHub's dialect makes of Markdown, before anything is taken out: HTML as a tree. */
const toTree = (markdown: string): Root => PROCESSOR.runSync(PROCESSOR.parse(markdown)) as Root;

export interface Rendered {
  /** The elements and comments of the page, without its text. */
  readonly structure: string;
  /** The text of the page where GitHub looks for mentions and references: everything but code. */
  readonly text: string;
}

/** What becomes of Markdown on GitHub. */
export function rendered(markdown: string): Rendered {
  const tree = toTree(markdown);
  return { structure: structureOf(tree), text: textOf(tree) };
}

function structureOf(node: Nodes): string {
  switch (node.type) {
    case 'text':
      return '';
    case 'comment':
      return `<!--${node.value}-->`;
    case 'element':
      return `<${tagOf(node)}>${node.children.map(structureOf).join('')}</${node.tagName}>`;
    default:
      return 'children' in node ? node.children.map(structureOf).join('') : `<${node.type}>`;
  }
}

const tagOf = ({ tagName, properties }: Element): string =>
  [tagName, ...Object.entries(properties).map(([name, value]) => `${name}=${String(value)}`)].join(' ');

function textOf(node: Nodes): string {
  if (node.type === 'text') return node.value;
  if (node.type === 'element' && node.tagName === 'code') return '';
  return 'children' in node ? node.children.map(textOf).join('') : '';
}

/** What GitHub would make something of, and what would not be seen, in the text of a page. */
export const ALIVE: readonly RegExp[] = [
  /@[\w-]/,
  /#\d/,
  /\bGH-\d/i,
  /\b(?=\d*[a-f])[0-9a-f]{7,40}\b/i,
  /:\/\//,
  /\bwww\./i,
  /:[\w+-]*[a-z][\w+-]*:|:[+-]1:/i,
  /\[[ x]\]/i,
  /\[![a-z]+\]/i,
  /\$[^\s\d\u200b]/,
  /[^\s\u200b]\$(?!\d)/,
];

/** Characters that hide, reorder or break text. The zero-width space is ours. */
export const UNSEEN =
  /(?!\n)\p{Cc}|[\u00ad\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/u;
