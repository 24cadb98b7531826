import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Base } from '../../src/domain/comparison.ts';
import {
  blockquote,
  code,
  fold,
  heading,
  joinLines,
  link,
  list,
  paragraph,
  render,
  strong,
  trusted,
  untrusted,
  untrustedLines,
} from '../../src/report/markdown.ts';
import { baseName } from '../../src/report/sections/names.ts';
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

test.each(['*', '[', '![', '\\*', '`', '1. ', '<b ', '&amp; ', '_ ', '\n- ', '\n12. x '])(
  'a long text of %j is the same text on the page, though it is written in parts',
  (signs) => {
    const long = `x${signs.repeat(2_500)}x`;
    const { structure, text } = rendered(render(paragraph(trusted(long))));
    expect(structure).toBe('<p></p>');
    expect(text).toBe(long.replaceAll(/ +$/gm, ''));
  },
);

test.each([
  ['main', '`main`'],
  ['the baseline', 'the baseline'],
])('a base that is called %s is written as %s', (branch, written) => {
  const base: Base = { branch, commit: undefined, cases: new Map(), firstRuns: undefined };
  expect(render(paragraph(baseName(base))).trim()).toBe(written);
});
