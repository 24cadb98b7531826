/** Pieces of sentences. */

/** Length to which a message cuts a written text that it repeats, in characters. */
const MAX_QUOTED_CHARACTERS = 80;

/** A text as a message or a title repeats it: whole letters, however long it is. */
export function shortened(text: string): string {
  const characters = [...text.slice(0, 2 * MAX_QUOTED_CHARACTERS + 2)];
  const isCut = characters.length > MAX_QUOTED_CHARACTERS;
  return isCut ? `${characters.slice(0, MAX_QUOTED_CHARACTERS).join('')}…` : text;
}

/** A text in quotation marks, cut to what a message can hold. */
export const quote = (text: string): string => `"${shortened(text)}"`;

const OR = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** "a, b or c" */
export const joinWithOr = (values: readonly string[]): string => OR.format(values);

/** "a and b" */
export const joinWithAnd = (values: readonly string[]): string => values.join(' and ');

/** Most items of a list that a sentence names by default. */
const MAX_JOINED = 3;

/** The first items of a list and the number of the others: "a, b, c and 4 more". */
export function joinFirst(items: readonly string[], { most = MAX_JOINED, separator = ', ' } = {}): string {
  const more = items.length - most;
  return `${items.slice(0, most).join(separator)}${more > 0 ? ` and ${more} more` : ''}`;
}

/** '"a", "b"' */
export const quoteAll = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(', ');

/** Minutes as a person says them: "1 minute", "90 minutes", "3 d 2 h". */
export function formatMinutes(minutes: number): string {
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const [days, hours, rest] = [
    Math.floor(minutes / 1_440),
    Math.floor(minutes / 60) % 24,
    Math.floor(minutes % 60),
  ];
  return [`${days} d`, `${hours} h`, `${rest} min`].filter((part) => !part.startsWith('0 ')).join(' ');
}
