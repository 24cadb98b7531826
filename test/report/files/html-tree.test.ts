import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { describe, expect, test } from 'vitest';
import { around, type Element, h, htmlOf, type Node } from '../../../src/report/files/html/tree.ts';
import { HOSTILE } from '../hostile-texts.ts';

const html = (...nodes: Node[]): string => htmlOf(...nodes).join('');

type Parsed = DefaultTreeAdapterTypes.ChildNode;

/** What a browser makes of HTML, in our form. */
function read(node: Parsed): Node {
  if ('value' in node) return node.value;
  if (!('attrs' in node)) throw new Error(`No element and no text: ${node.nodeName}`);
  return {
    tag: node.tagName,
    attributes: Object.fromEntries(node.attrs.map(({ name, value }) => [name, value])),
    children: node.childNodes.map(read),
  };
}

const parsed = (text: string): Node[] => parseFragment(text).childNodes.map(read);

/** Text as a page can hold it: a parser changes these two, and foreign text has lost them before. */
const text = fc
  .oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom(...Object.values(HOSTILE)))
  .map((value) => value.toWellFormed().replace(/[\0\r]/g, '.'));

const { tree } = fc.letrec<{ tree: Element }>((tie) => ({
  tree: fc
    .record({
      attributes: fc.dictionary(fc.constantFrom('title', 'class', 'href', 'data-n'), text),
      children: fc.array(fc.oneof({ maxDepth: 4 }, text, tie('tree')), { maxLength: 4 }),
    })
    // Two texts in a row are one for a parser.
    .map(({ attributes, children }) => ({
      tag: 'span',
      attributes,
      children: children.flatMap((child) => (typeof child === 'string' ? [child, h('i')] : [child])),
    })),
}));

describe('a tree', () => {
  test('is the same again for whoever reads the HTML, whatever its texts and attributes are', () => {
    fc.assert(
      fc.property(tree, (given) => {
        expect(parsed(html(given))).toEqual([given]);
      }),
    );
  });

  test.each<[Node, string]>([
    ['a < b & c > "d"', 'a &lt; b &amp; c &gt; &quot;d&quot;'],
    [h('br'), '<br>'],
    [h('p', { class: ['a', 'b'], id: 'x', tabindex: 0 }, 'y'), '<p class="a b" id="x" tabindex="0">y</p>'],
    [h('input', { hidden: true, disabled: false, class: [], value: undefined }), '<input hidden>'],
    [h('p', [h('b', 'x'), 'y'], 'z'), '<p><b>x</b>yz</p>'],
    [h('script', 'a < b && "c"'), '<script>a < b && "c"</script>'],
  ])('%j is written as %s', (node, expected) => {
    expect(html(node)).toBe(expected);
  });

  test('goes around HTML that is written already', () => {
    expect([...around(h('ul', { id: 'x' }), htmlOf(h('li', '<')))]).toEqual([
      '<ul id="x">',
      '<li>&lt;</li>',
      '</ul>',
    ]);
  });

  test.each(['</script>', '</SCRIPT', '</style', '<!--'])('no script and no style holds %s', (end) => {
    for (const tag of ['script', 'style']) expect(() => html(h(tag, `a${end}b`))).toThrow('would end it');
  });
});
