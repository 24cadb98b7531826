/** Texts in lines for a terminal or a log: pure. */
import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';
import { COLOR, withoutCommands } from '../text/clean.ts';

/** Fewer columns than this are not filled: words would be cut to pieces. */
const MIN_WIDTH = 10;

/** The lines of a text, each indented and no wider than `width` columns; as they are for a width of `Infinity`. */
export function wrap(text: string, width: number, indent = 0): string[] {
  // Where there is no room for both, the text is worth more.
  const before = Math.min(indent, Math.max(0, width - MIN_WIDTH));
  const room = Math.max(1, width - before);
  // `wrapAnsi` normalizes, which may make a letter wider.
  const lines = (Number.isFinite(width) ? wrapAnsi(breakWords(text.normalize(), room), room) : text).split(
    '\n',
  );
  return lines.map((line) => `${' '.repeat(before)}${line}`);
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
const COLORS = new RegExp(`(${COLOR})`);

/** The text with spaces in words that are wider than a line: never inside what a reader sees as one sign. */
function breakWords(text: string, width: number): string {
  return text.replaceAll(/[^ ]+/g, (word) => {
    if (stringWidth(word) <= width) return word;
    let used = 0;
    const signs = word
      .split(COLORS)
      .flatMap((part) =>
        COLORS.test(part) ? [part] : [...GRAPHEMES.segment(part)].map(({ segment }) => segment),
      );
    return signs
      .map((sign) => {
        const columns = stringWidth(sign);
        used += columns;
        if (used <= width || used === columns) return sign;
        used = columns;
        return ` ${sign}`;
      })
      .join('');
  });
}

/** The beginning of a line of text without colours, with `…` if there is more, in at most `width` columns. */
export function truncate(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let shown = '';
  let used = 1;
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += stringWidth(segment);
    if (used > width) break;
    shown += segment;
  }
  return width < 1 ? '' : `${shown}…`;
}

/**
 * Blocks of lines as a text for a terminal or a log, with an empty line between them. Spaces at the beginning of a line are
 * its indentation. Ends in a line feed.
 */
export function layOut(blocks: readonly (readonly string[])[], width: number): string {
  const texts = blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.flatMap((line) => wrapIndented(line, width).map(withoutCommands)).join('\n'));
  return `${texts.join('\n\n')}\n`;
}

function wrapIndented(line: string, width: number): string[] {
  const text = line.replace(/^ +/, '');
  return wrap(text, width, line.length - text.length);
}
