import { h } from 'hastscript';
import type { Inline } from '../../markdown.ts';
import { linkTo } from './elements.ts';
import type { Node } from './tree.ts';

/** The invisible spaces that `markdown.ts` puts into foreign text for GitHub; the text has lost its own before. */
const GAPS = /\u200b/g;

/** A line of the Markdown report as nodes of the page. */
export function inlineNodes(line: readonly Inline[]): Node[] {
  return line.flatMap((node): Node[] => {
    switch (node.type) {
      case 'text':
        return [node.value.replace(GAPS, '')];
      case 'inlineCode':
        return [h('code', { dir: 'auto' }, node.value.replace(GAPS, ''))];
      case 'strong':
        return [h('strong', inlineNodes(node.children))];
      case 'break':
        return [h('br')];
      case 'link':
        return [linkTo(node.url, ...inlineNodes(node.children))];
      default:
        return [];
    }
  });
}
