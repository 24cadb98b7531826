import { normalize } from './pattern.ts';
import { ok, type Result, refused } from './result.ts';
import { quote } from './wording.ts';

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

/** Selectors that one provider takes; part of its descriptor. */
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

const isWildcard = (value: string): boolean => /^\*+$/.test(value);
