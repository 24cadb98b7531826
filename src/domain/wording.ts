/** Pieces of sentences. */

/** How much of a written text a message repeats, in characters. */
const SHOWN_CHARACTERS = 80;

/** A text in quotation marks, cut to what a message can hold. */
export function quote(text: string): string {
  const characters = [...text.slice(0, 2 * SHOWN_CHARACTERS + 2)];
  const isCut = characters.length > SHOWN_CHARACTERS;
  return `"${isCut ? `${characters.slice(0, SHOWN_CHARACTERS).join('')}…` : text}"`;
}

/** "a, b or c". Without `Intl`, which takes 8 ms to load and is needed at each start. */
export function listOr(values: readonly string[]): string {
  const last = values.at(-1) ?? '';
  return values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${last}` : last;
}
