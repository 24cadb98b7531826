/** Foreign text for GitHub's Markdown without what GitHub acts on: mentions, issues, links, commits, emoji, formulas. */

/** An invisible space of ours. Foreign text has lost its own by the time ours are put in. */
export const ZERO_WIDTH_SPACE = '\u200b';

/** HTML comments are how a comment of ours is found again, and code shows them unescaped in the source. */
const HTML_COMMENT_MARKS = ['<(?=!--)', '--(?=!?>)'];

/**
 * Text after which a zero-width space is put. GitHub looks for these in the rendered text, where an escape in the Markdown
 * is long gone, so the characters themselves must be parted.
 */
const ACTIVE_SYNTAX = new RegExp(
  [
    ...HTML_COMMENT_MARKS,
    // Mentions and e-mail addresses.
    '@(?=\\S)',
    // Issues: #1, owner/repo#1, GH-1.
    '#(?=\\d)',
    'GH-(?=\\d)',
    // Links.
    ':(?=//)',
    'www(?=\\.)',
    // Emoji by name, also one that a colon of ours would end; the middle of 10:30:45 is none.
    ':(?=(?:[\\w+-]{0,60}[a-z][\\w+-]{0,60}|[+-]1|100|1234)(?::|$))',
    // Boxes of task lists, titles of alerts.
    '\\[(?=[ x]\\]|!\\w+\\])',
  ].join('|'),
  'gi',
);

/** Looks like a commit to GitHub; a UUID does not, and people copy those. */
const HEX_WORD = /\b(?<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)|\b[0-9a-f]{7,}\b/gi;

/** A dollar that may open or close a formula. Before a digit it is a price: nothing closes there. */
const FORMULA = /\$(?!\d)/g;

/** The beginning or the end of an HTML comment. */
export const HTML_COMMENT = new RegExp(HTML_COMMENT_MARKS.join('|'), 'g');

/** The text with zero-width spaces of ours where GitHub would see more than text. It is cleaned already (`clean.ts`). */
export function neutralize(text: string): string {
  return text
    .replace(ACTIVE_SYNTAX, `$&${ZERO_WIDTH_SPACE}`)
    .replace(FORMULA, `${ZERO_WIDTH_SPACE}$&${ZERO_WIDTH_SPACE}`)
    .replace(HEX_WORD, (word, uuid?: string) =>
      // A word of digits only is far more often a telephone number than a commit.
      uuid !== undefined || /^\d+$/.test(word) ? word : word.replace(/.{6}(?=.)/g, `$&${ZERO_WIDTH_SPACE}`),
    );
}
