import { quote } from '../domain/wording.ts';
import type { BatchSource } from '../execution/prepare.ts';
import type { ProviderDescriptor } from '../providers/provider.ts';
import { PROVIDERS, providerNamed } from '../providers/registry.ts';
import { InputError } from '../runtime/errors.ts';
import { readBatchSource } from './batch-source.ts';
import { problemsBetween } from './conflicts.ts';
import {
  defaultOf,
  INPUTS,
  type InputDefinition,
  type InputName,
  type Inputs,
  type InputValues,
  isRequired,
  type Secrets,
} from './inputs.ts';
import { isQuoted, MIN_KEY_CHARACTERS, withoutBearer } from './schemas.ts';
import type { ConfigFile } from './target-config.ts';

/** Inputs that messages of the selection and of the target quote. */
const QUOTED_INPUTS: ReadonlySet<string> = new Set<InputName>([
  'test-cases',
  'target',
  'version',
  'target-config',
  'compare-with',
]);

/** All inputs, checked. */
export interface ParsedInputs {
  /** The batches to gate on, given or to start. */
  readonly batchSource: BatchSource;
  readonly inputs: Inputs;
  readonly secrets: Secrets;
  /** The effective values for the log, one line for each input. Without secrets. */
  readonly effectiveInputs: { readonly given: readonly string[]; readonly defaults: readonly string[] };
}

/**
 * Checks all inputs at once. `read` gives an input as the user wrote it, empty if it is not set. Throws an
 * `InputError` that names every wrong one with its value (never the key's) and the allowed form; `redact` takes the
 * secrets out of a value before it is split or cut. `configFile` is what `target-config` leads to.
 */
export function parseInputs(
  read: (name: string) => string,
  redact: (text: string) => string = (text) => text,
  configFile?: ConfigFile | undefined,
): ParsedInputs {
  const providerName = providerNamed(read('provider'));
  const provider = providerName && PROVIDERS[providerName];
  const complaints: string[] = [];
  const effectiveInputs = { given: [] as string[], defaults: [] as string[] };
  const values = new Map<string, unknown>();

  for (const [name, entry] of Object.entries<InputDefinition>(INPUTS)) {
    const asGiven = read(name).trim();
    // What is split cannot be redacted any more: half of a secret is not recognised.
    const given = name === 'batch-id' ? redact(asGiven) : asGiven;
    const standard = defaultOf(entry, provider);
    // The default depends on the provider, and that input is wrong itself.
    if (given === '' && standard === undefined && typeof entry.default === 'function') continue;
    const raw = given === '' ? standard : given;
    const parsed = entry.schema.safeParse(raw ?? (isRequired(entry) ? '' : undefined));
    const shown = entry.kind === 'secret' ? ' (value not shown)' : formatValue(raw, redact);
    if (given === '' && entry.missingMessage !== undefined) {
      complaints.push(`${name} is empty: ${entry.missingMessage(provider)}`);
    } else if (isQuoted(given) && entry.kind !== 'text' && entry.kind !== 'internal') {
      complaints.push(`${name}${shown}: write it without the quotes.`);
    } else if (given !== asGiven) {
      complaints.push(`${name}${shown}: it holds api-key or github-token.`);
    } else if (!parsed.success) {
      for (const { message } of parsed.error.issues) complaints.push(`${name}${shown}: ${message}.`);
    } else {
      const value = provider && entry.normalize ? entry.normalize(parsed.data, provider) : parsed.data;
      // They are quoted and cut in messages, and a secret is only found in a text that was not cut.
      values.set(fieldOf(name), QUOTED_INPUTS.has(name) && typeof value === 'string' ? redact(value) : value);
      const lines = raw === standard ? effectiveInputs.defaults : effectiveInputs.given;
      if (entry.kind === undefined || entry.kind === 'text') {
        lines.push(`${name}: ${effectiveValue(entry, value, provider)}`);
      }
    }
  }

  const valid: Partial<InputValues> = Object.fromEntries(values);
  const { batchSource, problems } = readBatchSource({ ...valid, configFile });
  complaints.push(...problemsBetween(valid), ...problems);
  if (complaints.length > 0 || batchSource === undefined) {
    const count = complaints.length === 1 ? 'An input is' : `${complaints.length} inputs are`;
    throw new InputError(`${count} invalid; no request was sent.`, complaints);
  }
  // Without a complaint, every one is there.
  const { apiKey, githubToken, ...inputs } = valid as InputValues;
  return { inputs, secrets: { apiKey, githubToken }, effectiveInputs, batchSource };
}

/**
 * The values to keep out of everything that is written: also the bare key of a `Bearer …` one and of one in quotes. A value that is too
 * short to be a key is refused and never shown, and taking it out of the words of the complaint would garble them.
 */
export function valuesToMask(read: (name: string) => string): string[] {
  const values = Object.entries<InputDefinition>(INPUTS).flatMap(([name, { kind }]) =>
    kind === 'secret' ? [read(name).trim()] : [],
  );
  const unquoted = values.map((value) => (isQuoted(value) ? value.slice(1, -1).trim() : value));
  const bare = [...values, ...unquoted].map(withoutBearer);
  return [...new Set([...values, ...unquoted, ...bare])].filter(
    (value) => value.length >= MIN_KEY_CHARACTERS,
  );
}

/** The value in the log; the meaning of an empty one. */
function effectiveValue(
  { format = String, emptyMeans, emptyMeansAt }: InputDefinition,
  value: unknown,
  provider: ProviderDescriptor | undefined,
): string {
  const meaning = provider && emptyMeansAt ? emptyMeansAt(provider) : emptyMeans;
  return value === undefined && meaning !== undefined ? meaning : format(value);
}

/** The field of `InputValues` that has this input. */
const fieldOf = (name: string): string =>
  name === 'batch-id' ? 'batchIds' : name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

function formatValue(value: string | undefined, redact: (text: string) => string): string {
  if (value === undefined || value === '') return ' is empty';
  // An address may hold a password.
  const shown = redact(value)
    .replace(/\/\/[^/]*@/, '//***@')
    .replaceAll(/\s+/g, ' ');
  return ` is ${quote(shown)}`;
}
