import { ok, type Result, refused } from './result.ts';
import { firstOf, quote } from './wording.ts';

/** A test case as a provider lists it before anything is started. */
export interface AvailableTestCase {
  readonly id: string;
  /** Not unique. */
  readonly name: string;
  /** As `TestCase.revision`. */
  readonly revision?: number | undefined;
  /** Marks in the form of selectors: `category:CUSTOM`, `required:true`, `suite:ID`. */
  readonly labels?: readonly string[] | undefined;
}

/** The kinds of labels that a selector can name, over all providers. */
const LABEL_KINDS = ['category', 'required', 'suite'] as const;

export type LabelKind = (typeof LABEL_KINDS)[number];

/** Forms of the selectors of one provider; part of the provider's descriptor. */
export interface SelectorRules {
  /** The provider's name: "Retell". */
  readonly title: string;
  readonly labels: readonly LabelKind[];
  /** Reason why `*` is refused, and what to write instead; a sentence. */
  readonly wildcardRefusal?: string | undefined;
}

/** One line of the input `test-cases`. */
export interface Selector {
  /** As it was written. */
  readonly text: string;
  /** Whether the line begins with `!`. */
  readonly isExclusion: boolean;
  readonly match: { readonly kind: 'id-or-name' | 'label'; readonly value: string };
}

/** Test cases that the selectors choose. */
export interface Selection<Case extends AvailableTestCase = AvailableTestCase> {
  /** In the order of the list, each id once. */
  readonly cases: readonly Case[];
  /** Those that a line with `!` excludes. */
  readonly excluded: readonly Case[];
  /** Number of test cases that there were to choose from. */
  readonly outOf: number;
  /** Lines with `!` that match nothing, and lines of which nothing is left, as sentences. */
  readonly warnings: readonly string[];
}

/** Most selectors, and most names near each, that one message repeats. */
const MAX_SELECTORS = 5;
const MAX_NEAREST = 3;
/** Texts are compared up to this many characters, and this many of them, when the nearest is looked for. */
const MAX_COMPARED_CHARACTERS = 50;
const MAX_COMPARED_TEXTS = 3_000;
/** Characters of a line that are searched for several selectors. */
const MAX_LINE = 1_000;
/** Most words of one text that are compared. */
const MAX_COMPARED_WORDS = 12;

/**
 * Reads the input `test-cases`: one selector per line, blank lines ignored. What the provider does not have is refused
 * here, before any request.
 */
export function parseSelectors(input: string, rules: SelectorRules): Result<readonly Selector[]> {
  const lines = input.split(/\r\n|\r|\n/).map((line) => line.trim());
  const selectors = [...new Set(lines)].filter((line) => line !== '').map(toSelector);
  const problem = validateSelectors(selectors, rules);
  return problem === undefined ? ok(selectors) : refused(problem);
}

function toSelector(text: string): Selector {
  const isExclusion = text.startsWith('!');
  const value = normalize(isExclusion ? text.slice(1) : text);
  const [, kind, label = ''] = /^([a-z]+):(.*)$/s.exec(value) ?? [];
  const match = LABEL_KINDS.some((known) => known === kind)
    ? ({ kind: 'label', value: `${kind}:${label.trim()}` } as const)
    : ({ kind: 'id-or-name', value } as const);
  return { text, isExclusion, match };
}

function validateSelectors(selectors: readonly Selector[], rules: SelectorRules): string | undefined {
  if (selectors.length === 0) return 'test-cases is empty: write one selector per line, or * for all.';
  if (selectors.every(({ isExclusion }) => isExclusion)) {
    return `test-cases only excludes (${quote(selectors[0]?.text ?? '')}): begin with ${rules.wildcardRefusal === undefined ? '*' : 'what to choose'} on a line above.`;
  }
  for (const { text, match } of selectors) {
    const [kind = '', label = ''] = match.kind === 'label' ? match.value.split(/:(.*)/s) : [];
    if (match.value === '' || (match.kind === 'label' && label === '')) {
      return `test-cases: ${quote(text)} names nothing.`;
    }
    if (match.kind === 'label' && !rules.labels.some((known) => known === kind)) {
      const known = rules.labels.map((labelKind) => `${labelKind}:…`).join(' and ');
      const has = known === '' ? 'only ids and names' : `ids, names and ${known}`;
      return `test-cases: ${rules.title} has no ${kind}: selectors (${quote(text)}), ${has}.`;
    }
    if (kind === 'required' && label !== 'true') {
      return `test-cases: ${quote(text)} is not a selector: write required:true, or !required:true to exclude the required ones.`;
    }
    if (isWildcard(match.value) && rules.wildcardRefusal !== undefined) {
      return `test-cases: ${quote(text)} is refused. ${rules.wildcardRefusal}`;
    }
  }
  return undefined;
}

/**
 * The test cases that the selectors choose: all that a line without `!` matches, except those that a line with `!`
 * matches; the order of the lines does not matter. An exact id is that test case and nothing else; otherwise a name
 * chooses every test case that has it. Upper and lower case matter.
 *
 * Refused: a line without `!` that matches nothing, an empty selection. A line with `!` that matches nothing is a warning,
 * and so is one without, of whose matches nothing is left. `whereNone` says what to do where the list is empty: a sentence.
 */
export function selectCases<Case extends AvailableTestCase>(
  selectors: readonly Selector[],
  list: readonly Case[],
  whereNone = 'Check target, or create test cases.',
): Result<Selection<Case>> {
  const cases = [...new Map(list.map((testCase) => [testCase.id, testCase])).values()];
  if (cases.length === 0) {
    return refused(`test-cases: there is no test case to choose from. ${whereNone}`);
  }
  const ids = new Set(cases.map(({ id }) => id));
  const named = cases.map((testCase) => ({
    testCase,
    name: normalize(testCase.name),
    labels: (testCase.labels ?? []).map(normalize),
  }));
  const matches = selectors.map((selector) => ({
    selector,
    found: named.filter((entry) => isMatch(selector, entry, ids)).map(({ testCase }) => testCase),
  }));

  const without = matches.filter(({ found }) => found.length === 0).map(({ selector }) => selector);
  const unmatched = without.filter(({ isExclusion }) => !isExclusion);
  if (unmatched.length > 0) {
    return refused(`test-cases: ${noMatchClause(unmatched, cases)}.${adviseOnForm(unmatched, named)}`);
  }

  const excluded = new Set(matches.flatMap(({ selector, found }) => (selector.isExclusion ? found : [])));
  const chosen = new Set(matches.flatMap(({ selector, found }) => (selector.isExclusion ? [] : found)));
  const selected = cases.filter((testCase) => chosen.has(testCase) && !excluded.has(testCase));
  if (selected.length === 0) {
    return refused(
      `test-cases selects none of the ${cases.length} test cases: lines with "!" exclude all that are chosen.`,
    );
  }
  const emptied = matches.flatMap(({ selector, found }) =>
    !selector.isExclusion && found.every((testCase) => excluded.has(testCase)) ? selector : [],
  );
  const removed = cases.filter((testCase) => chosen.has(testCase) && excluded.has(testCase));
  const warnings = [
    ...(without.length === 0 ? [] : [exclusionWarning(without, cases)]),
    ...(emptied.length === 0 ? [] : [emptiedWarning(emptied)]),
  ];
  return ok({ cases: selected, excluded: removed, outOf: cases.length, warnings });
}

function isMatch(
  { match }: Selector,
  { testCase, name, labels }: { testCase: AvailableTestCase; name: string; labels: readonly string[] },
  ids: ReadonlySet<string>,
): boolean {
  if (match.kind === 'label') return labels.includes(match.value);
  return ids.has(match.value) ? testCase.id === match.value : matchesPattern(match.value, name);
}

/** Whether `text` matches `pattern`, in which `*` stands for any characters; in time linear in both. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at === -1 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}

const isWildcard = (value: string): boolean => /^\*+$/.test(value);

/** The same text in one way of writing it: composed letters, no space around it. */
const normalize = (text: string): string => text.normalize().trim();

/** "\"Bookng\" (nearest: \"Booking\") matches none of the 7 test cases". */
function noMatchClause(selectors: readonly Selector[], cases: readonly AvailableTestCase[]): string {
  const shown = selectors.slice(0, MAX_SELECTORS).map((selector) => {
    const { texts, onlyCase } = findNearest(selector, cases);
    const near = texts.map(quote).join(', ');
    const hint = onlyCase ? '; upper and lower case matter' : '';
    return near === '' ? quote(selector.text) : `${quote(selector.text)} (nearest: ${near}${hint})`;
  });
  const more = selectors.length - shown.length;
  const all = more > 0 ? [...shown, `and ${more} more`] : shown;
  const matches = selectors.length === 1 ? 'matches' : 'match';
  return `${all.join(', ')} ${matches} none of the ${cases.length} test cases`;
}

/** Advice about lines that match nothing because of the way they are written; with a space before it, or empty. */
function adviseOnForm(
  selectors: readonly Selector[],
  cases: readonly { readonly testCase: AvailableTestCase; readonly name: string }[],
): string {
  const values = selectors.slice(0, MAX_SELECTORS).map(({ match }) => match.value.slice(0, MAX_LINE));
  if (values.some((value) => /^[-•]\s/.test(value))) return ' Write the lines without a dash before them.';
  if (values.some((value) => /^["'`“‘]|["'`”’]$/.test(value))) return ' Write it without the quotes.';
  const texts = [...new Set(cases.flatMap(({ testCase, name }) => [testCase.id, name]))]
    .filter((text) => text !== '' && text.length <= MAX_LINE)
    .slice(0, MAX_COMPARED_TEXTS)
    .toSorted((a, b) => b.length - a.length);
  return values.some((value) => holdsSeveral(value, texts)) ? ' Write one selector per line.' : '';
}

/** Whether a line holds several selectors: separated by commas, or folded into one line. The longest text is first. */
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

const exclusionWarning = (selectors: readonly Selector[], cases: readonly AvailableTestCase[]): string =>
  `test-cases: ${noMatchClause(selectors, cases)}, so nothing is excluded there.`;

const emptiedWarning = (selectors: readonly Selector[]): string =>
  `test-cases: everything that ${firstOf(selectors.map(({ text }) => quote(text)))} ${selectors.length === 1 ? 'chooses' : 'choose'} is excluded by a line with "!".`;

/** Test cases that a selector without a match may have meant: with words of it, or with ids where an id was written. */
function findNearest(
  { match }: Selector,
  cases: readonly AvailableTestCase[],
): { texts: string[]; onlyCase: boolean } {
  const isId = match.kind === 'id-or-name' && looksLikeId(match.value, cases);
  const texts = [...new Set(cases.flatMap((testCase) => comparedTexts(testCase, match.kind, isId)))].slice(
    0,
    MAX_COMPARED_TEXTS,
  );
  const pattern = match.value.toLowerCase();
  const sameButCase = texts.filter((text) => matchesPattern(pattern, text.toLowerCase()));
  if (sameButCase.length > 0) return { texts: sameButCase.slice(0, MAX_NEAREST), onlyCase: true };
  const plain = pattern.replaceAll('*', ' ').trim();
  const isName = match.kind === 'id-or-name' && !isId;
  return { texts: isName ? nearestByWords(plain, texts) : nearestByLetters(plain, texts), onlyCase: false };
}

function comparedTexts(
  { id, name, labels = [] }: AvailableTestCase,
  kind: Selector['match']['kind'],
  isId: boolean,
): readonly string[] {
  if (kind === 'label') return labels;
  return [isId ? id : normalize(name)];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text has the form of the ids that there are: a UUID, or one word with their beginning (`test_case_…`). */
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

/** The texts that share most words, a word that few of them have before one that many have. */
function nearestByWords(wanted: string, texts: readonly string[]): string[] {
  const words = wordsOf(wanted);
  const entries = texts.map((text) => ({ text, words: wordsOf(text) }));
  const uses = new Map<string, number>();
  for (const word of entries.flatMap((entry) => entry.words)) uses.set(word, (uses.get(word) ?? 0) + 1);
  const vocabulary = [...uses.keys()];
  const shared = words.map((word) => ({
    word,
    alike: new Set(vocabulary.filter((known) => isAlike(word, known))),
  }));
  const rarity = (word: string): number => Math.log(1 + texts.length / (uses.get(word) ?? 1));
  const scoreOf = (own: readonly string[]): number =>
    shared.reduce((score, { word, alike }) => {
      if (own.includes(word)) return score + rarity(word);
      const found = own.find((known) => alike.has(known));
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
      .slice(0, 1_000)
      .toLowerCase()
      .match(/\p{L}{2,}|\p{N}+/gu) ?? [];
  return [...new Set(words)]
    .slice(0, MAX_COMPARED_WORDS)
    .map((word) => word.slice(0, MAX_COMPARED_CHARACTERS));
}

/** Whether two words are one, misspelt or in another form: `bookng` and `booking`, `booking` and `books`. */
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
