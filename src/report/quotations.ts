/** One piece of a text. */
export interface Piece {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** A text in pieces, of which those that a reason quotes are marked. Letter case and kinds of white space do not matter. */
export function markQuotations(text: string, quotations: readonly string[]): Piece[] {
  if (quotations.length === 0) return [{ text, isQuoted: false }];
  const isMarked = Array.from({ length: text.length }, () => false);
  for (const quotation of quotations) {
    const start = quotation === '' ? -1 : placeOf(text, quotation);
    if (start !== -1) isMarked.fill(true, start, start + quotation.length);
  }
  const pieces: Piece[] = [];
  for (let start = 0; start < text.length; ) {
    const isQuoted = isMarked[start] === true;
    const next = isMarked.indexOf(!isQuoted, start);
    const end = next === -1 ? text.length : next;
    pieces.push({ text: text.slice(start, end), isQuoted });
    start = end;
  }
  return pieces;
}

/** The place of a quotation in a text; -1 where it is not. */
function placeOf(text: string, quotation: string): number {
  const plain = (part: string): string => part.toLowerCase().replace(/\s/g, ' ');
  // A few letters change their length in lower case; then only the exact spelling is looked for.
  return plain(text).length === text.length ? plain(text).indexOf(plain(quotation)) : text.indexOf(quotation);
}
