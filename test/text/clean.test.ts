import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colored } from '../../src/cli/style.ts';
import { cleanLines, logLine, withoutCommands } from '../../src/text/clean.ts';
import { UNSEEN } from '../report/rendered.ts';

test.each([
  ['a command', '::error::x', ': :error::x'],
  ['a command after white space', ' \t\u00a0::error::x', ': :error::x'],
  ['a command after what is not seen', '\u200b\ufeff::error::x', ': :error::x'],
  ['a command of the old kind', 'x ##[group]y', 'x ## [group]y'],
  ['a command put together from pieces', '#\u200b#[group]y', '## [group]y'],
  ['a command on the next line', 'x\n::error::y\r::error::z', 'x ::error::y ::error::z'],
  ['colours', '\u001b[31mred\u001b[0m and \u009b38;5;1mdark red', 'red and dark red'],
  ['a title of the window', 'a\u001b]0;title\u0007b\u001b]8;;https://x.test\u001b\\c', 'abc'],
  ['half of a colour', 'a\u001b[31', 'a[31'],
  ['a command behind a colour', '\u001b[1m::error::x', ': :error::x'],
  ['bidirectional controls', 'a\u202eb\u2066c', 'abc'],
  ['lone surrogates', 'a\ud800b', 'a\ufffdb'],
  ['ordinary text', 'Books a cleaning: 9:00, `$5`', 'Books a cleaning: 9:00, `$5`'],
])('%s in a plain line', (_what, text, expected) => {
  expect(logLine(text)).toBe(expected);
});

test('a plain line is one line that the runner does not obey, whatever it is made of', () => {
  const piece = fc.constantFrom(
    '::',
    ':',
    '#',
    '##[',
    '[',
    ' ',
    '\n',
    '\r',
    '\u200b',
    '\u0085',
    'x',
    '😀',
    '\ud83d',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 30 }), (hostile, max) => {
      const line = logLine(hostile, max);
      expect(line).not.toMatch(/^\s*::|##\[|[\r\n\u2028\u2029]/);
      expect(line).not.toMatch(UNSEEN);
      expect([...line].length).toBeLessThanOrEqual(max);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['as long as allowed', 'abcd', 4, 'abcd'],
  ['longer', 'abcde', 4, 'abc…'],
  ['cut at a space', 'abc defg', 5, 'abc…'],
  ['made of pairs of surrogates', '😀😀😀😀', 4, '😀😀😀😀'],
  ['cut among pairs of surrogates', '😀😀😀😀😀', 4, '😀😀😀…'],
  ['cut inside what is one sign to a reader', 'e\u0301e\u0301e\u0301', 4, 'e\u0301…'],
])('a text %s', (_what, text, max, expected) => {
  expect(logLine(text, max)).toBe(expected);
});

test('text that is looked at only in part says so', () => {
  expect(cleanLines(`${'\u200b'.repeat(100)}abc`, 4)).toEqual([]);
  expect(cleanLines(`ab${'\u200b'.repeat(100)}c`, 4)).toEqual(['ab…']);
});

describe('a line of which no runner takes anything for a command', () => {
  test.each([
    ['::error::x', ': :error::x'],
    ['    ::set-output name=a::b', '    : :set-output name=a::b'],
    ['a ::b', 'a ::b'],
    ['##[group]x', '## [group]x'],
  ])('%j is %j', (line, expected) => {
    expect(withoutCommands(line)).toBe(expected);
  });

  test('colours hide no command', () => {
    expect(withoutCommands(colored('dim', '  ::error::x'))).toBe(colored('dim', '  : :error::x'));
  });
});
