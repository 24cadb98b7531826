import fc from 'fast-check';
import type { Nodes } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { describe, expect, test } from 'vitest';
import type { Base } from '../../src/domain/comparison.ts';
import {
  blockquote,
  code,
  heading,
  joinLines,
  link,
  list,
  paragraph,
  strong,
  table,
  thematicBreak,
  trusted,
  untrusted,
  untrustedLines,
} from '../../src/report/markdown.ts';
import { fold, render } from '../../src/report/markdown-writer.ts';
import { baseName } from '../../src/report/sections/names.ts';
import { cases } from '../fuzz/cases.ts';
import { HOSTILE } from './hostile-texts.ts';
import { ALIVE, rendered, UNSEEN } from './rendered.ts';

const MAX = 500;

/** The text in every place that our reports have for it. */
const everywhere = (text: string): string =>
  [
    render(
      heading(4, trusted('❌ '), untrusted(text, MAX)),
      paragraph(untrusted(text, MAX)),
      paragraph(strong(trusted('Why:')), trusted(' '), untrustedLines(text, MAX)),
      blockquote(
        paragraph(
          ...joinLines([
            [strong(trusted('Agent:')), trusted(' '), untrusted(text, MAX)],
            [trusted('Tool call: '), code(text, MAX), trusted(' '), code(text, MAX)],
          ]),
        ),
      ),
      list(
        [
          joinLines([[strong(untrusted(text, MAX))], [trusted('Expected: '), code(text, MAX)]]),
          [untrusted(text, MAX)],
        ],
        {
          ordered: false,
        },
      ),
    ),
    fold(
      '1 test case passed',
      { open: false },
      render(list([[untrusted(text, MAX)], [code(text, MAX)]], { ordered: true })),
    ),
    render(paragraph(untrustedLines(text, MAX), trusted(' · '), code(text, MAX))),
  ].join('\n\n');

const HARMLESS = rendered(everywhere('harmless')).structure;

function expectHarmless(markdown: string): void {
  const { structure, text } = rendered(markdown);
  expect(structure).toBe(HARMLESS);
  expect(ALIVE.filter((pattern) => pattern.test(text))).toEqual([]);
  expect(markdown).not.toMatch(UNSEEN);
  expect(markdown).not.toMatch(/<!--|-->/);
}

describe('foreign text', () => {
  test.each(Object.entries(HOSTILE))('%s changes nothing but the words', (_what, text) => {
    expectHarmless(everywhere(text));
  });

  test('any text at all changes nothing but the words', () => {
    const token = fc.constantFrom(
      ...Object.values(HOSTILE).flatMap((text) => text.split(/(\s|\b)/)),
      ...['\n', '\n\n', '    ', '\t', ' ', '`', '|', '<', '&', '\\', '*', '_', '[', '](', '!'],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join('')),
    );
    fc.assert(
      fc.property(text, (hostile) => {
        expectHarmless(everywhere(hostile));
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    'The agent told the caller that a crown is "usually around $1,200", which states a price.',
    'Booked on 2026-09-22T09:00:00-07:00 for 10:30:45; call 4155550132 (run 6a59f3d6-4ac6-5be8-ac90-7132440803df).',
    'Calls book_appointment_cal & transfer_call: 3 < 5 > 2, 100% (really!).',
    'می‌خواهم नमस्ते क्‍ष 你好 สวัสดี 👩‍💻 ❤️ 🏳️‍🌈',
  ])('ordinary text is shown as it is: %s', (text) => {
    expect(rendered(render(paragraph(untrusted(text, MAX)))).text).toBe(text);
  });

  test('identifiers can be found in the source', () => {
    expect(render(paragraph(untrusted('calls book_appointment_cal and _this_', MAX)))).toBe(
      'calls book_appointment_cal and \\_this\\_',
    );
  });

  test.each([
    ['code keeps text to be copied', '@octocat #1 https://a.example', '`@octocat #1 https://a.example`'],
    ['its fence is not in the text', 'a ` b `` c', '```a ` b `` c```'],
    ['nothing to see is said', ' \u200b\n', '`(blank)`'],
  ])('%s', (_what, text, expected) => {
    expect(render(paragraph(code(text, MAX)))).toBe(expected);
  });

  test('nothing to see is said in text, too', () => {
    expect(render(paragraph(untrusted('\u202e', MAX), trusted(' and '), untrustedLines('\n\n', MAX)))).toBe(
      '(blank) and (blank)',
    );
  });

  test('lines stay lines of one paragraph', () => {
    expect(render(paragraph(untrustedLines('one\r\n\n  two\n\n\n- three ', MAX)))).toBe(
      'one\ntwo\n\\- three',
    );
  });

  test('text is cut between signs, never inside one', () => {
    expect(render(paragraph(untrusted('👩‍💻👩‍💻👩‍💻', 5)))).toBe('👩‍💻…');
  });
});

test('a colon of ours does not end an emoji that a name begins', () => {
  const { text } = rendered(
    render(paragraph(trusted('Owner '), untrusted('mira :tada', MAX), trusted(': 3 failed'))),
  );
  expect(text).not.toMatch(/:tada:/);
});

test('only web addresses become links', () => {
  expect(render(paragraph(...link('https://github.com/a/b', trusted('here'))))).toBe(
    '[here](https://github.com/a/b)',
  );
  expect(render(paragraph(...link('javascript:alert(1)', trusted('here'))))).toBe('here');
});

test.each([
  ['main', '`main`'],
  ['the baseline', 'the baseline'],
])('a base that is called %s is written as %s', (branch, written) => {
  const base: Base = { branch, commit: undefined, cases: new Map(), firstRuns: { passes: 0, total: 0 } };
  expect(render(paragraph(baseName(base))).trim()).toBe(written);
});

/** A node of the tree as far as our writer has it: neighbouring texts are one, and bold in HTML is bold. */
type Plain = string | { readonly [Kind in string]: readonly Plain[] };

/** Gaps are ours: they cannot be seen. */
const withoutGaps = (text: string): string => text.replaceAll('\u200b', '');

function plain(nodes: readonly Nodes[]): Plain[] {
  const found: Plain[] = [];
  const open: Plain[][] = [];
  const add = (node: Plain): void => {
    const last = found.at(-1);
    if (typeof node === 'string' && typeof last === 'string') found[found.length - 1] = last + node;
    else if (node !== '') found.push(node);
  };
  for (const node of nodes) {
    if (node.type === 'html' && node.value === '<b>') open.push(found.splice(0));
    else if (node.type === 'html' && node.value === '</b>') {
      const inside = found.splice(0);
      found.push(...(open.pop() ?? []));
      add({ strong: inside });
    } else if (node.type === 'text') add(withoutGaps(node.value));
    else if (node.type === 'inlineCode' || node.type === 'html') {
      add({ [node.type]: [withoutGaps(node.value)] });
    } else if (node.type === 'link') add({ [`link ${node.url}`]: plain(node.children) });
    else if (node.type === 'heading') add({ [`heading ${node.depth}`]: plain(node.children) });
    else if (node.type === 'list') add({ [`list ${node.ordered}`]: plain(node.children) });
    else add({ [node.type]: 'children' in node ? plain(node.children) : [] });
  }
  return found;
}

test('a backslash before a pipe in code ended the cell of a table, or was lost', () => {
  const cells = ['\\|', '\\\\|', '|'].map((text) => [code(text, MAX)]);
  const markdown = render(table([[trusted('a')], [trusted('b')], [trusted('c')]], [cells]));
  expect(markdown.split('\n')[2]).toBe('| `\\\u200b\\|` | `\\\\\u200b\\|` | `\\|` |');
});

test('a link at the start of a line whose code had the end of a label was a reference, and not seen', () => {
  expect(render(paragraph(...link('https://github.com/a', code(']: x', MAX))))).toBe(
    '[`]\u200b: x`](https://github.com/a)',
  );
});

describe('what is written is read back', () => {
  const hostile = fc.oneof(
    fc
      .array(fc.constantFrom(...Object.values(HOSTILE).flatMap((text) => text.split(/(\s|\b)/))), {
        maxLength: 12,
      })
      .map((tokens) => tokens.join('')),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'`*_[]()!<>&|~#+-=.:1a \\') }),
  );
  const texts = hostile.map((text) => untrusted(text, MAX));
  const codes = hostile.map((text) => code(text, MAX));
  const leaf = fc.oneof(texts, codes);
  const bold = leaf.map((child) => strong(child));
  const linked = leaf.map((child) => link('https://github.com/a/b_(c)', child));
  const inline = fc
    .array(
      fc.oneof(
        texts.map((text) => [text]),
        codes.map((text) => [text]),
        bold.map((text) => [text]),
        linked,
      ),
      { minLength: 1, maxLength: 4 },
    )
    // As in a report: words of ours stand between what is foreign.
    .map((parts) => parts.flatMap((part, index) => (index === 0 ? part : [trusted(' · '), ...part])));
  const blocks = fc.oneof(
    inline.map((children) => paragraph(...children)),
    fc
      .array(
        hostile.map((text) => untrustedLines(text, MAX)),
        { minLength: 1, maxLength: 1 },
      )
      .map((text) => paragraph(...text)),
    fc.array(inline, { minLength: 1, maxLength: 3 }).map((lines) => paragraph(...joinLines(lines))),
    inline.map((children) => heading(3, trusted('❌ '), ...children)),
    fc
      .array(inline, { minLength: 1, maxLength: 3 })
      .map((lines) => blockquote(paragraph(...joinLines(lines)))),
    fc
      .tuple(fc.array(inline, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([items, ordered]) => list(items, { ordered })),
    fc
      .array(fc.tuple(inline, inline), { minLength: 1, maxLength: 3 })
      .map((rows) => table([[trusted('What')], [trusted('New')]], rows)),
    fc.constant(thematicBreak),
  );
  const reader = unified().use(remarkParse).use(remarkGfm);

  test('as the same text in the same structure, whatever the texts are', () => {
    fc.assert(
      fc.property(blocks, (block) => {
        const markdown = render(block);
        expect(plain(reader.parse(markdown).children)).toEqual(plain([block]));
      }),
      { numRuns: cases(300) },
    );
  });
});
