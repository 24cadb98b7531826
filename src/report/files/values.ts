/** Formats of single values in the report files. The files are data, not Markdown: nothing is escaped here. */

/** No file can hold a later moment: four digits for the year are what readers of ISO 8601 understand. */
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Characters that XML 1.0 forbids, that move a terminal's cursor, or that make text read in another order than it is. */
const UNSAFE = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\u{FFFE}\u{FFFF}]/gu;

/**
 * Foreign text for a file: line ends as `\n`, lone surrogates as U+FFFD, and without control characters other than
 * tab and line end and without bidirectional controls. Nothing else changes and nothing is shortened.
 */
export function fileText(text: string): string {
  return text.toWellFormed().replace(/\r\n?/g, '\n').replace(UNSAFE, '');
}

/** The same on one line, for names and XML attributes, where a parser would turn line ends into spaces anyway. */
export function fileLine(text: string): string {
  return fileText(text).replace(/\s+/g, ' ').trim();
}

/** Milliseconds since the epoch as ISO 8601 in UTC; `undefined` for what is no moment of the years 1970 to 9999. */
export function isoTime(epochMs: number | undefined): string | undefined {
  const moment = wholeMs(epochMs);
  return moment === undefined || moment > LAST_MOMENT ? undefined : new Date(moment).toISOString();
}

/** A duration or moment in whole milliseconds; `undefined` for what is not a number that JSON can hold exactly. */
export function wholeMs(ms: number | undefined): number | undefined {
  if (ms === undefined) return undefined;
  const whole = Math.round(ms);
  return whole >= 0 && whole <= Number.MAX_SAFE_INTEGER ? whole : undefined;
}

/** JSON with every string in it made fit for a file, indented, with a line end at the end. */
export function fileJson(document: unknown): string {
  const clean = (_key: string, value: unknown) => (typeof value === 'string' ? fileText(value) : value);
  return `${JSON.stringify(document, clean, 2)}\n`;
}
