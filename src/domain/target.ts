import { ok, type Refused, type Result, refused } from './result.ts';
import { joinWithOr, quote } from './wording.ts';

/** Kinds of targets at a provider; part of its descriptor. */
export interface TargetRules {
  /** The provider's name: "Retell". */
  readonly title: string;
  /** The words before the slash: `agent`. */
  readonly kinds: readonly [string, ...string[]];
}

/** Words, numbers and branches that a provider knows as a version; part of its descriptor. */
export interface VersionRules {
  /** The words, each with the kinds of target that have it. */
  readonly words: Readonly<Partial<Record<VersionWord, readonly string[]>>>;
  readonly hasNumbers: boolean;
  readonly hasBranches: boolean;
  /** Meaning of an absent input; `undefined` where nothing is sent then. */
  readonly fallback: VersionWord | undefined;
}

const VERSION_WORDS = ['latest', 'published', 'production'] as const;
/** A word that stands for a version at some provider. */
export type VersionWord = (typeof VERSION_WORDS)[number];

/** Modes of a conversation between the agent under test and the simulated caller. */
export const MODES = ['chat', 'voice'] as const;
/** The input `mode`. */
export type Mode = (typeof MODES)[number];

/** The input `target`. */
export interface Target {
  readonly kind: string;
  readonly id: string;
}

/** A configuration from a file, under test in place of what is live: the input `target-config`. */
export interface TargetConfig {
  /** The file, with its commit where that is known: "agent/vapi.json at 8d3c1f0". */
  readonly name: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The input `compare-with`. `live`: what is live, beside a configuration from a file. */
export type ComparedWith = Version | { readonly kind: 'live' };

/** The input `version`, before it is resolved at the provider. */
export type Version =
  | { readonly kind: VersionWord }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'branch'; readonly id: string };

/** Written by our workflows in place of an empty output, since an empty version is the provider's own choice. */
const MISSING = 'missing';
const MAX_ID = 200;
const ID = /^[^\s/\p{Cc}]+$/u;

/** Reads `target`: `KIND/ID`, of a kind that the provider has. */
export function parseTarget(input: string, { title, kinds }: TargetRules): Result<Target> {
  const form = `it must be ${joinWithOr(kinds.map((kind) => `${kind}/ID`))} at ${title}`;
  const [kind = '', id] = input.trim().split(/\/(.*)/s);
  if (id === undefined)
    return refusedInput('target', input, `${form}, with the kind before the id${suggestion(kind, kinds)}`);
  if (!kinds.includes(kind)) {
    const lower = kind.toLowerCase();
    const hint = kinds.includes(lower) ? ` (${lower} in small letters)` : '';
    return refusedInput('target', input, `${form}${hint}`);
  }
  if (id === '')
    return refusedInput(
      'target',
      input,
      'the id is missing, so check that the variable it comes from is set',
    );
  if (!isId(id)) return refusedInput('target', input, `what comes after ${kind}/ is not an id`);
  return ok({ kind, id });
}

/**
 * Reads `version` (or `compare-with`) for a target of this kind. An absent input is the provider's own default;
 * `undefined` where it has none.
 */
export function parseVersion(
  input: string | undefined,
  rules: VersionRules,
  { title, targetKind, name = 'version' }: { title: string; targetKind: string; name?: string },
): Result<Version | undefined> {
  const text = input?.trim() ?? '';
  const has = (word: VersionWord): boolean => rules.words[word]?.includes(targetKind) ?? false;
  if (text === '') return ok(versionOf(rules.fallback));
  const words = VERSION_WORDS.filter(has);
  const word = words.find((known) => known === text);
  if (word !== undefined) return ok({ kind: word });
  if (rules.hasNumbers && /^(0|[1-9]\d{0,8})$/.test(text)) {
    return ok({ kind: 'number', number: Number(text) });
  }
  if (text === MISSING) {
    return refusedInput(
      name,
      text,
      'it stands for an empty output of the step that deploys, so check that step and its id',
    );
  }
  const branch = text.startsWith('branch/') ? text.slice('branch/'.length) : '';
  if (rules.hasBranches && isId(branch)) return ok({ kind: 'branch', id: branch });

  if (rules.hasBranches && text === 'branch/') {
    return refusedInput(name, text, 'the id is missing, so check the step that it comes from and its id');
  }
  const forms = [
    ...(rules.hasNumbers ? ['a number like 12'] : []),
    ...words,
    ...(rules.hasBranches ? [/_/.test(text) && isId(text) ? `branch/${text}` : 'branch/ID'] : []),
  ];
  if (forms.length === 0)
    return refusedInput(name, text, `${title} has no versions of a target ${targetKind}/: leave it out`);
  return refusedInput(name, text, `it must be ${joinWithOr(forms)} for a target ${targetKind}/ at ${title}`);
}

const versionOf = (word: VersionWord | undefined): Version | undefined =>
  word === undefined ? undefined : { kind: word };

/** The input with its kind before it: that which the id begins with, as in `agent_1`, or each that it may be. */
function suggestion(id: string, kinds: readonly string[]): string {
  if (!isId(id)) return '';
  const prefix = id.replace(/_?[^_]*$/, '');
  const named = kinds.filter((kind) => prefix !== '' && kind.replaceAll('-', '_').endsWith(prefix));
  return `: ${joinWithOr((named.length === 1 ? named : kinds).map((kind) => `${kind}/${id}`))}`;
}

/** A URL parser resolves the last two like folders, however they are encoded. */
const isId = (id: string): boolean => id.length <= MAX_ID && ID.test(id) && id !== '.' && id !== '..';

const refusedInput = (name: string, input: string, why: string): Refused =>
  refused(`${name} is ${quote(input)}: ${why}.`);
