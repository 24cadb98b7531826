import { quote } from './wording.ts';

/** A test case as a provider lists it before anything is started. */
export interface AvailableTestCase {
  readonly id: string;
  /** Not unique. */
  readonly name: string;
  /** What it is marked with, in the form of selectors: `category:CUSTOM`, `required:true`, `suite:ID`. */
  readonly labels?: readonly string[] | undefined;
}

/** The kinds of labels that a selector can name, over all providers. */
const LABEL_KINDS = ['category', 'required', 'suite'] as const;

export type LabelKind = (typeof LABEL_KINDS)[number];

/** What the selectors of one provider may be; part of the provider's descriptor. */
export interface SelectorRules {
  /** The provider's name: "Retell". */
  readonly title: string;
  readonly labels: readonly LabelKind[];
  /** Where `*` is refused: why, and what to write instead; a sentence. */
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

/** The message is one sentence, or two, that name the input and say what to do. */
export interface Refused {
  readonly kind: 'refused';
  readonly problem: string;
}

/** A value that was read, or why it cannot be. */
export type ParseResult<Value> = { readonly kind: 'parsed'; readonly value: Value } | Refused;

export type Selection<Case extends AvailableTestCase = AvailableTestCase> =
  | {
      readonly kind: 'selected';
      /** In the order of the list, each id once. */
      readonly cases: readonly Case[];
      /** How many there were to choose from. */
      readonly outOf: number;
    }
  | Refused;

/** How many selectors, and how many names near each, one message repeats. */
const SHOWN_SELECTORS = 5;
const SHOWN_NAMES = 3;
/** Texts are compared up to this many characters, and this many of them, when the nearest is looked for. */
const COMPARED_CHARACTERS = 50;
const COMPARED_TEXTS = 3_000;

/**
 * Reads the input `test-cases`: one selector per line, blank lines ignored. What the provider does not have is refused
 * here, before any request.
 */
export function parseSelectors(input: string, rules: SelectorRules): ParseResult<readonly Selector[]> {
  const lines = input.split(/\r\n|\r|\n/).map((line) => line.trim());
  const selectors = [...new Set(lines)].filter((line) => line !== '').map(toSelector);
  const problem = validateSelectors(selectors, rules);
  return problem === undefined ? { kind: 'parsed', value: selectors } : { kind: 'refused', problem };
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
    return `test-cases only takes away (${quote(selectors[0]?.text ?? '')}): begin with ${rules.wildcardRefusal === undefined ? '*' : 'what to choose'} on a line above.`;
  }
  for (const { text, match } of selectors) {
    const [kind = '', label = ''] = match.kind === 'label' ? match.value.split(/:(.*)/s) : [];
    if (match.value === '' || (match.kind === 'label' && label === '')) {
      return `test-cases: ${quote(text)} names nothing.`;
    }
    if (match.kind === 'label' && !rules.labels.some((known) => known === kind)) {
      const known = rules.labels.map((each) => `${each}:…`).join(' and ');
      const has = known === '' ? 'only ids and names' : `ids, names and ${known}`;
      return `test-cases: ${rules.title} has no ${kind}: selectors (${quote(text)}), ${has}.`;
    }
    if (kind === 'required' && label !== 'true') {
      return `test-cases: ${quote(text)} is not a selector: write required:true, or !required:true to take the required ones away.`;
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
 * Refused: a selector that matches nothing, one of whose matches nothing is left, an empty selection.
 */
export function selectCases<Case extends AvailableTestCase>(
  selectors: readonly Selector[],
  list: readonly Case[],
): Selection<Case> {
  const cases = [...new Map(list.map((each) => [each.id, each])).values()];
  const refused = (problem: string): Refused => ({ kind: 'refused', problem });
  if (cases.length === 0) {
    return refused('test-cases: there is no test case to choose from. Check target, or create test cases.');
  }
  const ids = new Set(cases.map(({ id }) => id));
  const named = cases.map((each) => ({
    each,
    name: normalize(each.name),
    labels: (each.labels ?? []).map(normalize),
  }));
  const matches = selectors.map((selector) => ({
    selector,
    found: named.filter((one) => isMatch(selector, one, ids)).map(({ each }) => each),
  }));

  const without = matches.filter(({ found }) => found.length === 0).map(({ selector }) => selector);
  if (without.length > 0) return refused(noMatchMessage(without, cases));

  const takenAway = new Set(matches.flatMap(({ selector, found }) => (selector.isExclusion ? found : [])));
  const chosen = new Set(matches.flatMap(({ selector, found }) => (selector.isExclusion ? [] : found)));
  const selected = cases.filter((each) => chosen.has(each) && !takenAway.has(each));
  if (selected.length === 0) {
    return refused(
      `test-cases selects none of the ${cases.length} test cases: what is chosen is taken away again.`,
    );
  }
  const cancelledOut = matches.find(
    ({ selector, found }) => !selector.isExclusion && found.every((each) => takenAway.has(each)),
  );
  if (cancelledOut !== undefined) {
    return refused(
      `test-cases: everything that ${quote(cancelledOut.selector.text)} chooses is taken away by a line with "!". Remove one of the two.`,
    );
  }
  return { kind: 'selected', cases: selected, outOf: cases.length };
}

function isMatch(
  { match }: Selector,
  { each, name, labels }: { each: AvailableTestCase; name: string; labels: readonly string[] },
  ids: ReadonlySet<string>,
): boolean {
  if (match.kind === 'label') return labels.includes(match.value);
  return ids.has(match.value) ? each.id === match.value : matchesPattern(match.value, name);
}

/** Whether `text` is of the form of `pattern`, in which `*` stands for any characters; in time linear in both. */
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

function noMatchMessage(selectors: readonly Selector[], cases: readonly AvailableTestCase[]): string {
  const shown = selectors.slice(0, SHOWN_SELECTORS).map((selector) => {
    const { texts, onlyCase } = findNearest(selector, cases);
    const near = texts.map(quote).join(', ');
    const hint = onlyCase ? '; upper and lower case matter' : '';
    return near === '' ? quote(selector.text) : `${quote(selector.text)} (nearest: ${near}${hint})`;
  });
  const more = selectors.length - shown.length;
  const all = more > 0 ? [...shown, `and ${more} more`] : shown;
  const matches = selectors.length === 1 ? 'matches' : 'match';
  return `test-cases: ${all.join(', ')} ${matches} none of the ${cases.length} test cases.`;
}

/** The names, ids or labels that are most like what a selector says; whether the first differs in case alone. */
function findNearest(
  { match }: Selector,
  cases: readonly AvailableTestCase[],
): { texts: string[]; onlyCase: boolean } {
  const pattern = match.value.toLowerCase();
  const plain = pattern.replaceAll('*', '');
  const texts =
    match.kind === 'label'
      ? cases.flatMap(({ labels = [] }) => labels)
      : cases.flatMap(({ id, name }) => [normalize(name), id]);
  const ranked = [...new Set(texts)]
    .slice(0, COMPARED_TEXTS)
    .map((text) => {
      const lower = text.toLowerCase();
      const onlyCase = matchesPattern(pattern, lower);
      const contains = plain.length >= 3 && lower.includes(plain);
      return { text, onlyCase, rank: onlyCase ? -2 : contains ? -1 : levenshteinDistance(plain, lower) };
    })
    .sort((one, other) => one.rank - other.rank);
  // What is much farther than the nearest would only mislead.
  const best = ranked[0]?.rank ?? 0;
  const near = ranked.filter(({ rank }) => rank <= (best < 0 ? -1 : 2 * best + 1)).slice(0, SHOWN_NAMES);
  return { texts: near.map(({ text }) => text), onlyCase: near[0]?.onlyCase ?? false };
}

/** Levenshtein's distance of the beginnings of two texts: how many letters to insert, remove or replace. */
export function levenshteinDistance(one: string, other: string): number {
  const [left, right] = [one.slice(0, COMPARED_CHARACTERS), other.slice(0, COMPARED_CHARACTERS)];
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
