import { adviseOnForm, noMatchClause } from './no-match.ts';
import { matchesPattern, normalize } from './pattern.ts';
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
  /** True if the line begins with `!`. */
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
    return refused(`test-cases: ${noMatchClause(unmatched, cases)}.${adviseOnForm(unmatched, cases)}`);
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

const isWildcard = (value: string): boolean => /^\*+$/.test(value);

const exclusionWarning = (selectors: readonly Selector[], cases: readonly AvailableTestCase[]): string =>
  `test-cases: ${noMatchClause(selectors, cases)}, so nothing is excluded there.`;

const emptiedWarning = (selectors: readonly Selector[]): string =>
  `test-cases: everything that ${firstOf(selectors.map(({ text }) => quote(text)))} ${selectors.length === 1 ? 'chooses' : 'choose'} is excluded by a line with "!".`;
