/** Messages about selectors that match nothing, with what they may have meant. */
import { matchesPattern, normalize } from './pattern.ts';
import type { AvailableTestCase, Selector } from './selectors.ts';
import { quote } from './wording.ts';

/** Most selectors that one message repeats. */
const MAX_SELECTORS = 5;
/** Most characters of a line or a name that are read. */
const MAX_LINE = 1_000;
/** Most names near a selector that one message repeats. */
const MAX_NEAREST = 3;
/** Texts are compared up to this many characters, and this many of them, when the nearest is looked for. */
const MAX_COMPARED_CHARACTERS = 50;
const MAX_COMPARED_TEXTS = 3_000;
/** Most words of one text that are compared. */
const MAX_COMPARED_WORDS = 12;

/** "\"Bookng\" (nearest: \"Booking\") matches none of the 7 test cases". */
export function noMatchClause(selectors: readonly Selector[], cases: readonly AvailableTestCase[]): string {
  const shown = selectors.slice(0, MAX_SELECTORS).map((selector) => {
    const { texts, differInCapitals } = findNearest(selector, cases);
    const near = texts.map(quote).join(', ');
    const hint = differInCapitals ? '; upper and lower case matter' : '';
    return near === '' ? quote(selector.text) : `${quote(selector.text)} (nearest: ${near}${hint})`;
  });
  const more = selectors.length - shown.length;
  const all = more > 0 ? [...shown, `and ${more} more`] : shown;
  const matches = selectors.length === 1 ? 'matches' : 'match';
  return `${all.join(', ')} ${matches} none of the ${cases.length} test cases`;
}

/** Advice about lines that match nothing because of the way they are written; with a space before it, or empty. */
export function adviseOnSyntax(selectors: readonly Selector[], cases: readonly AvailableTestCase[]): string {
  const values = selectors.slice(0, MAX_SELECTORS).map(({ match }) => match.value.slice(0, MAX_LINE));
  if (values.some((value) => /^[-•]\s/.test(value))) return ' Write the lines without a dash before them.';
  if (values.some((value) => /^["'`“‘]|["'`”’]$/.test(value))) return ' Write it without the quotes.';
  const texts = [...new Set(cases.flatMap(({ id, name }) => [id, normalize(name)]))]
    .filter((text) => text !== '' && text.length <= MAX_LINE)
    .slice(0, MAX_COMPARED_TEXTS)
    .toSorted((a, b) => b.length - a.length);
  return values.some((value) => holdsSeveral(value, texts)) ? ' Write one selector per line.' : '';
}

/** True if a line holds several selectors: separated by commas, or folded into one line. The longest text is first. */
function holdsSeveral(line: string, texts: readonly string[]): boolean {
  const parts = line.split(',').map((part) => part.trim());
  if (parts.length > 1 && parts.some((part) => texts.some((text) => matchesPattern(part, text)))) return true;
  if (/\s!\S/.test(line)) return true;
  let rest = ` ${line} `;
  let found = 0;
  for (const text of texts) {
    if (!rest.includes(` ${text} `)) continue;
    rest = rest.replace(` ${text} `, '  ');
    found += 1;
  }
  return found > 1;
}

/** Texts that a selector without a match may have meant, of the kind that it was written as. */
function findNearest(
  selector: Selector,
  cases: readonly AvailableTestCase[],
): { texts: string[]; differInCapitals: boolean } {
  const kind = kindOf(selector, cases);
  const all = cases.flatMap((testCase) => textsOf(testCase, kind));
  const texts = [...new Set(all)].slice(0, MAX_COMPARED_TEXTS);
  const pattern = selector.match.value.toLowerCase();
  const sameButCapitals = texts.filter((text) => matchesPattern(pattern, text.toLowerCase()));
  if (sameButCapitals.length > 0) {
    return { texts: sameButCapitals.slice(0, MAX_NEAREST), differInCapitals: true };
  }
  const nearest = kind === 'name' ? nearestByWords : nearestByLetters;
  return { texts: nearest(pattern.replaceAll('*', ' ').trim(), texts), differInCapitals: false };
}

type Kind = 'label' | 'id' | 'name';

function kindOf({ match }: Selector, cases: readonly AvailableTestCase[]): Kind {
  if (match.kind === 'label') return 'label';
  return looksLikeId(match.value, cases) ? 'id' : 'name';
}

function textsOf({ id, name, labels = [] }: AvailableTestCase, kind: Kind): readonly string[] {
  if (kind === 'label') return labels;
  return [kind === 'id' ? id : normalize(name)];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** True if a text has the form of the ids that there are: a UUID, or one word with their beginning (`test_case_…`). */
function looksLikeId(text: string, cases: readonly AvailableTestCase[]): boolean {
  if (UUID.test(text)) return cases.some(({ id }) => UUID.test(id));
  const beginning = /^[a-z]+(_[a-z]+)*_(?=\w+$)/i.exec(text)?.[0];
  return beginning !== undefined && cases.some(({ id }) => id.startsWith(beginning));
}

/** The texts with the smallest distance. What is much farther than the nearest would only mislead. */
function nearestByLetters(wanted: string, texts: readonly string[]): string[] {
  const ranked = texts
    .map((text) => ({ text, rank: levenshteinDistance(wanted, text.toLowerCase()) }))
    .toSorted((a, b) => a.rank - b.rank);
  const best = ranked[0]?.rank ?? 0;
  return ranked
    .filter(({ rank }) => rank <= 2 * best + 1)
    .slice(0, MAX_NEAREST)
    .map(({ text }) => text);
}

/** The texts that share most words with the one that is wanted; a rare word counts for more than a common one. */
function nearestByWords(wanted: string, texts: readonly string[]): string[] {
  const entries = texts.map((text) => ({ text, words: wordsOf(text) }));
  const uses = new Map<string, number>();
  for (const word of entries.flatMap((entry) => entry.words)) uses.set(word, (uses.get(word) ?? 0) + 1);
  const rarity = (word: string): number => Math.log(1 + texts.length / (uses.get(word) ?? 1));
  const wantedWords = wordsOf(wanted).map((word) => ({
    word,
    alike: new Set(uses.keys().filter((known) => isAlike(word, known))),
  }));
  const scoreOf = (words: readonly string[]): number =>
    wantedWords.reduce((score, { word, alike }) => {
      if (words.includes(word)) return score + rarity(word);
      const found = words.find((known) => alike.has(known));
      return found === undefined ? score : score + 0.8 * rarity(found);
    }, 0);
  // Not every script has spaces between its words.
  const isPart = (text: string): boolean => wanted.length > 1 && text.toLowerCase().includes(wanted);
  const ranked = entries
    .map((entry) => ({ text: entry.text, score: scoreOf(entry.words) + (isPart(entry.text) ? 1 : 0) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score);
  const best = ranked[0]?.score ?? 0;
  return ranked
    .filter(({ score }) => score >= best / 2)
    .slice(0, MAX_NEAREST)
    .map(({ text }) => text);
}

/** The words and numbers of a text, in small letters; single letters say nothing. */
function wordsOf(text: string): string[] {
  const words =
    text
      .slice(0, MAX_LINE)
      .toLowerCase()
      .match(/\p{L}{2,}|\p{N}+/gu) ?? [];
  return [...new Set(words)]
    .slice(0, MAX_COMPARED_WORDS)
    .map((word) => word.slice(0, MAX_COMPARED_CHARACTERS));
}

/** True if two words are the same, misspelt or in another form: `bookng` and `booking`, `booking` and `books`. */
function isAlike(word: string, known: string): boolean {
  if (word === known) return true;
  const shorter = Math.min(word.length, known.length);
  if (shorter < 4 || /\p{N}/u.test(word)) return false;
  const stem = Math.max(4, Math.ceil(0.6 * shorter));
  if (word.slice(0, stem) === known.slice(0, stem)) return true;
  const most = shorter < 8 ? 1 : 2;
  return Math.abs(word.length - known.length) <= most && levenshteinDistance(word, known) <= most;
}

/** Levenshtein's distance of the beginnings of two texts: how many letters to insert, remove or replace. */
export function levenshteinDistance(a: string, b: string): number {
  const [left, right] = [a.slice(0, MAX_COMPARED_CHARACTERS), b.slice(0, MAX_COMPARED_CHARACTERS)];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 0; i < left.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < right.length; j += 1) {
      const replaced = (row[j] ?? 0) + (left[i] === right[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
