import fc from 'fast-check';
import stringWidth from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import { truncate, wrap } from '../../src/cli/layout.ts';

describe('wrap', () => {
  test.each([
    ['one two three', 9, 0, ['one two', 'three']],
    ['one two three', 12, 2, ['  one two', '  three']],
    ['日本語の名前', 6, 0, ['日本語', 'の名前']],
    ['👩‍⚕️👩‍⚕️👩‍⚕️', 4, 0, ['👩‍⚕️👩‍⚕️', '👩‍⚕️']],
    ['one two three', Number.POSITIVE_INFINITY, 4, ['    one two three']],
    // No room for the indentation and a word: the word is worth more.
    ['one two three', 10, 8, ['one two', 'three']],
  ])('%j in %i columns, indented by %i', (text, width, indent, lines) => {
    expect(wrap(text, width, indent)).toEqual(lines);
  });

  test('no line is wider than the terminal, whatever is written and however narrow it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 4, max: 40 }), (text, width) => {
        const oneLine = text.replaceAll(/\p{C}/gu, '');
        for (const line of wrap(oneLine, width, 4)) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
      // U+232A is one column wide, and its normal form U+3009 two.
      { examples: [['\u{232a}!!!', 4]] },
    );
  });
});

describe('truncate', () => {
  test.each([
    ['short', 10, 'short'],
    ['longer than that', 7, 'longer…'],
    ['日本語の名前', 5, '日本…'],
    ['anything', 0, ''],
  ])('%j in %i columns is %j', (text, width, expected) => {
    expect(truncate(text, width)).toBe(expected);
  });
});
