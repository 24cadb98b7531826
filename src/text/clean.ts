/**
 * Foreign text as plain text: what is left of it once nothing in it can hide, reorder or command anything.
 * Markdown is made of the same cleaned text, in `markdown.ts`.
 */

/** Everything that ends a line. */
export const LINE_BREAKS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;

/** Scripts whose words are spelt with the joiners U+200C and U+200D (Persian, Hindi and their neighbours). */
const JOINING_SCRIPTS = [
  ...['Arab', 'Syrc', 'Mong', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya'],
  ...['Taml', 'Telu', 'Knda', 'Mlym', 'Sinh', 'Khmr', 'Mymr', 'Tibt'],
]
  .map((script) => `\\p{scx=${script}}`)
  .join('');

/** Sequences that a terminal obeys and does not show: a colour, a movement of the cursor, a title of its window. */
const TERMINAL_SEQUENCE =
  '(?:\\u001b\\[|\\u009b)[0-?]{0,40}[ -\\/]{0,4}[@-~]|(?:\\u001b\\]|\\u009d)[^\\p{Cc}]{0,300}(?:\\u0007|\\u009c|\\u001b\\\\)';

/**
 * One character that shows nothing by itself: controls (bidirectional ones too), zero-width and tag characters,
 * fillers, variation selectors.
 */
const INVISIBLE_CHARACTER = '[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}]';

/** Everything in a text that shows nothing. */
export const ALL_INVISIBLE = new RegExp(`${TERMINAL_SEQUENCE}|${INVISIBLE_CHARACTER}`, 'gu');

/** The same but for the few characters that a reader would miss: joiners inside words, and the pieces of one emoji. */
const NEEDLESS_INVISIBLE = new RegExp(
  [
    `${TERMINAL_SEQUENCE}|(?!(?<=[${JOINING_SCRIPTS}])[\\u200c\\u200d])`,
    '(?!(?<=\\p{Emoji})\\ufe0f)',
    '(?!(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=\\p{Extended_Pictographic}))',
    INVISIBLE_CHARACTER,
  ].join(''),
  'gu',
);

/** A line with nothing in it that could be invisible. */
export const PRINTABLE_ASCII = /^[ -~]*$/;

/** More marks on one letter than any script needs paint over the lines above and below. */
const STACKED_MARKS = /(\p{M}{6})\p{M}+/gu;

/** Characters that are read for each code point that may be shown: a bound on work, not on content. */
const READ_PER_SHOWN = 8;

/**
 * Foreign text as lines, in at most `max` code points: each line trimmed, empty ones dropped. An empty list where
 * there is nothing to see.
 */
export function cleanLines(text: string, max: number): string[] {
  if (text.length <= max && PRINTABLE_ASCII.test(text)) return text.trim() === '' ? [] : [text.trim()];
  const lines = text
    .slice(0, max * READ_PER_SHOWN)
    .toWellFormed()
    .split(LINE_BREAKS)
    .map((line) => withoutInvisible(line.replaceAll('\t', ' ')).trim())
    .filter((line) => line !== '');
  const shown = lines.join('\n');
  const isWhole = text.length <= max * READ_PER_SHOWN;
  return clip(isWhole || shown === '' ? shown : `${shown}…`, max)
    .split('\n')
    .filter((line) => line !== '');
}

/** Foreign text as one line of at most `max` code points; empty where there is nothing to see. */
export function cleanLine(text: string, max: number): string {
  return cleanLines(text, max).join(' ');
}

function withoutInvisible(line: string): string {
  return PRINTABLE_ASCII.test(line)
    ? line
    : line.replace(NEEDLESS_INVISIBLE, '').replace(STACKED_MARKS, '$1');
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The text, or its beginning with `…`, in at most `max` code points; never half of what a reader sees as one sign. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = 0;
  for (let point = 1; point < max && end < text.length; point += 1) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  if ([...text.slice(end, end + 3)].length <= 1) return text;
  const start = GRAPHEMES.segment(text.slice(0, end + 64)).containing(end)?.index ?? end;
  return `${text.slice(0, start).trimEnd()}…`;
}

/** The sequence that colours a text in a terminal: a part of a pattern. */
export const COLOR = '\u001b\\[[0-9;]*m';
/** The beginning of a line that the runners of GitHub and Azure take for a command. */
const COMMAND = new RegExp(`^((?:\\s|${COLOR})*):(?=:)`);

/** A line that no runner obeys: it takes `::` at the beginning of a line, and `##[` anywhere, for a command. */
export function withoutCommands(line: string): string {
  return line.replaceAll('##[', '## [').replace(COMMAND, '$1: ');
}

/** Foreign text for logs, annotations and outputs: one line of at most `max` code points that no runner obeys. */
export function logLine(text: string, max = 1_000): string {
  return clip(withoutCommands(cleanLine(text, max)), max);
}
