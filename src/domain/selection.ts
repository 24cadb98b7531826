import { adviseOnSyntax, noMatchClause } from './no-match.ts';
import { matchesPattern, normalize } from './pattern.ts';
import { ok, type Result, refused } from './result.ts';
import type { AvailableTestCase, Selector } from './selectors.ts';
import { joinFirst, quote } from './wording.ts';

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
 * Chooses the test cases that a line without `!` matches, except those that a line with `!` matches; the order of the lines
 * does not matter. An exact id is that test case and nothing else; otherwise a name chooses every test case that has it.
 * Upper and lower case matter.
 *
 * Refused: an empty list, with `adviceIfEmpty` (a sentence); a line without `!` that matches nothing; an empty selection.
 * Warned of: a line with `!` that matches nothing; a line without `!` whose matches are all excluded.
 */
export function selectCases<Case extends AvailableTestCase>(
  selectors: readonly Selector[],
  list: readonly Case[],
  adviceIfEmpty = 'Check target, or create test cases.',
): Result<Selection<Case>> {
  const cases = [...new Map(list.map((testCase) => [testCase.id, testCase])).values()];
  if (cases.length === 0) {
    return refused(`test-cases: there is no test case to choose from. ${adviceIfEmpty}`);
  }
  const lines = matchLines(selectors, cases);
  const inclusions = lines.filter(({ selector }) => !selector.isExclusion);
  const exclusions = lines.filter(({ selector }) => selector.isExclusion);
  const unmatched = selectorsOf(inclusions, ({ matches }) => matches.length === 0);
  if (unmatched.length > 0) {
    return refused(`test-cases: ${noMatchClause(unmatched, cases)}.${adviseOnSyntax(unmatched, cases)}`);
  }

  const excluded = new Set(exclusions.flatMap(({ matches }) => matches));
  const included = new Set(inclusions.flatMap(({ matches }) => matches));
  const selected = cases.filter((testCase) => included.has(testCase) && !excluded.has(testCase));
  if (selected.length === 0) {
    return refused(
      `test-cases selects none of the ${cases.length} test cases: lines with "!" exclude all that are chosen.`,
    );
  }
  const idle = selectorsOf(exclusions, ({ matches }) => matches.length === 0);
  const emptied = selectorsOf(inclusions, ({ matches }) => matches.every((match) => excluded.has(match)));
  return ok({
    cases: selected,
    excluded: cases.filter((testCase) => included.has(testCase) && excluded.has(testCase)),
    outOf: cases.length,
    warnings: [
      ...(idle.length === 0 ? [] : [idleWarning(idle, cases)]),
      ...(emptied.length === 0 ? [] : [emptiedWarning(emptied)]),
    ],
  });
}

/** A selector with the test cases that it matches. */
interface MatchedLine<Case> {
  readonly selector: Selector;
  readonly matches: readonly Case[];
}

function matchLines<Case extends AvailableTestCase>(
  selectors: readonly Selector[],
  cases: readonly Case[],
): MatchedLine<Case>[] {
  const ids = new Set(cases.map(({ id }) => id));
  const candidates = cases.map((testCase) => ({
    testCase,
    name: normalize(testCase.name),
    labels: (testCase.labels ?? []).map(normalize),
  }));
  return selectors.map((selector) => {
    const { kind, value } = selector.match;
    const found = candidates.filter(({ testCase, name, labels }) => {
      if (kind === 'label') return labels.includes(value);
      return ids.has(value) ? testCase.id === value : matchesPattern(value, name);
    });
    return { selector, matches: found.map(({ testCase }) => testCase) };
  });
}

const selectorsOf = <Case>(
  lines: readonly MatchedLine<Case>[],
  predicate: (line: MatchedLine<Case>) => boolean,
): Selector[] => lines.filter(predicate).map(({ selector }) => selector);

const idleWarning = (selectors: readonly Selector[], cases: readonly AvailableTestCase[]): string =>
  `test-cases: ${noMatchClause(selectors, cases)}, so nothing is excluded there.`;

const emptiedWarning = (selectors: readonly Selector[]): string =>
  `test-cases: everything that ${joinFirst(selectors.map(({ text }) => quote(text)))} ${selectors.length === 1 ? 'chooses' : 'choose'} is excluded by a line with "!".`;
