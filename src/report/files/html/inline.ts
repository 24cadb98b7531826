import { h } from 'hastscript';
import type { Inline } from '../../markdown.ts';
import { ZERO_WIDTH_SPACE } from '../../neutralize.ts';
import { linkTo } from './elements.ts';
import type { Node } from './tree.ts';

/** A line of the Markdown report as nodes of the page, without the spaces that are there for GitHub. */
export function inlineNodes(line: readonly Inline[]): Node[] {
  return line.flatMap((node): Node[] => {
    switch (node.type) {
      case 'text':
        return [node.value.replaceAll(ZERO_WIDTH_SPACE, '')];
      case 'inlineCode':
        return [h('code', { dir: 'auto' }, node.value.replaceAll(ZERO_WIDTH_SPACE, ''))];
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
