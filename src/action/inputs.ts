import * as z from 'zod/mini';
import { InputError } from '../errors.ts';
import { PROVIDER_NAMES, type ProviderName } from '../providers/provider.ts';

/** What the user asked for, checked. The key and the token are not in here: nothing that is logged holds them. */
export interface Inputs {
  readonly provider: ProviderName;
  readonly batchIds: readonly string[];
  readonly name: string;
  /** The provider's public address if absent. */
  readonly apiUrl: string | undefined;
  readonly timeoutMinutes: number;
  readonly pollIntervalSeconds: number;
  readonly maxBatchAgeMinutes: number | undefined;
  readonly comment: 'always' | 'failures' | 'never';
  readonly transcripts: 'none' | 'excerpt' | 'auto';
  readonly annotations: boolean;
  readonly pullRequest: number | undefined;
  readonly reportJson: string | undefined;
  readonly reportJunit: string | undefined;
  readonly reportCtrf: string | undefined;
}

/** What must appear nowhere. */
export interface Secrets {
  readonly apiKey: string;
  /** Empty when the user passed an empty one: then there is no comment. */
  readonly githubToken: string;
}

/** The values of `action.yml`, for a runner that does not fill them in (one's own machine). A test compares them. */
export const DEFAULTS: Readonly<Record<string, string>> = {
  'timeout-minutes': '30',
  'poll-interval-seconds': '5',
  comment: 'always',
  transcripts: 'auto',
  annotations: 'true',
};

const DEFAULT_NAMES: Record<ProviderName, string> = {
  retell: 'Agent tests (Retell)',
  bland: 'Agent tests (Bland)',
};

/** The longest wait that a timer can measure: 2^31 - 1 milliseconds. */
const MAX_MINUTES = 35_791;
const MAX_NAME = 200;

/** Everything a value is refused for; the message ends the sentence `"batch-id" is "…": `. */
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `it must be ${listOr(values)}` });

function positive(unit: string, most: number) {
  const error = `it must be a positive number of ${unit}, like 5 or 0.5`;
  return z.pipe(
    z.string().check(z.regex(/^(\d+(\.\d+)?|\.\d+)$/, { error })),
    z.pipe(
      z.transform(Number),
      z.number().check(z.positive({ error }), z.lte(most, { error: `it must be at most ${most} ${unit}` })),
    ),
  );
}

/** YAML 1.2 core schema, as `core.getBooleanInput` reads it. */
const yamlBoolean = z.pipe(
  z.string().check(z.regex(/^(true|True|TRUE|false|False|FALSE)$/, { error: 'it must be true or false' })),
  z.transform((value) => value.toLowerCase() === 'true'),
);

const webAddress = z.string().check(
  z.refine(
    (value) => {
      const url = URL.parse(value);
      return (
        url !== null &&
        /^https?:$/.test(url.protocol) &&
        url.username === '' &&
        url.password === '' &&
        url.search === '' &&
        url.hash === ''
      );
    },
    { error: 'it must be an http(s) address without user, query or fragment, like https://api.example.com' },
  ),
);

const batchIds = z.pipe(
  z.transform((value: string) =>
    [...new Set(value.split(/[\n,]/).map((id) => id.trim()))].filter((id) => id !== ''),
  ),
  z
    .array(
      z
        .string()
        .check(z.refine((id) => id !== '.' && id !== '..', { error: 'a batch id cannot be "." or ".."' })),
    )
    .check(
      z.minLength(1, { error: 'it must name at least one batch: one id per line, or separated by commas' }),
    ),
);

const schema = z.object({
  provider: oneOf(PROVIDER_NAMES),
  'batch-id': batchIds,
  name: z.optional(
    z
      .string()
      .check(
        z.maxLength(MAX_NAME, { error: `it must have at most ${MAX_NAME} characters` }),
        z.regex(/^[^\n\r]*$/, { error: 'it must be one line' }),
      ),
  ),
  'api-url': z.optional(webAddress),
  'timeout-minutes': positive('minutes', MAX_MINUTES),
  'poll-interval-seconds': positive('seconds', 86_400),
  'max-batch-age-minutes': z.optional(positive('minutes', 5_256_000)),
  comment: oneOf(['always', 'failures', 'never']),
  transcripts: oneOf(['auto', 'excerpt', 'none']),
  annotations: yamlBoolean,
  'pull-request': z.optional(
    z.pipe(
      z
        .string()
        .check(z.regex(/^[1-9]\d{0,14}$/, { error: 'it must be the number of a pull request, like 12' })),
      z.transform(Number),
    ),
  ),
  'report-json': z.optional(z.string()),
  'report-junit': z.optional(z.string()),
  'report-ctrf': z.optional(z.string()),
});

const REPORT_FILES = ['report-json', 'report-junit', 'report-ctrf'] as const;

/**
 * Checks all inputs at once. `read` gives an input as the user wrote it, empty if it is not set. Throws an
 * `InputError` that names every wrong one with its value (never the key's) and the allowed form; `redact` takes the
 * secrets out of a value before it is cut.
 */
export function parseInputs(
  read: (name: string) => string,
  redact: (text: string) => string = (text) => text,
): { inputs: Inputs; secrets: Secrets } {
  const given = (name: string): string | undefined => {
    const value = read(name).trim();
    return value === '' ? DEFAULTS[name] : value;
  };
  const raw: Record<string, string | undefined> = {};
  for (const name of Object.keys(schema.shape)) raw[name] = given(name);
  raw['batch-id'] ??= '';

  const complaints: string[] = [];
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      complaints.push(`${name}${sayValue(raw[name], redact)}: ${issue.message}.`);
    }
  }
  const apiKey = read('api-key').trim();
  complaints.push(...aboutKey(apiKey), ...aboutFiles(raw));
  if (!parsed.success || complaints.length > 0) {
    const count = complaints.length === 1 ? 'An input is' : `${complaints.length} inputs are`;
    throw new InputError(`${count} wrong, so nothing was requested. ${complaints.join(' ')}`);
  }

  const { data } = parsed;
  return {
    secrets: { apiKey, githubToken: read('github-token').trim() },
    inputs: {
      provider: data.provider,
      batchIds: data['batch-id'],
      name: data.name ?? DEFAULT_NAMES[data.provider],
      apiUrl: data['api-url'],
      timeoutMinutes: data['timeout-minutes'],
      pollIntervalSeconds: data['poll-interval-seconds'],
      maxBatchAgeMinutes: data['max-batch-age-minutes'],
      comment: data.comment,
      transcripts: data.transcripts,
      annotations: data.annotations,
      pullRequest: data['pull-request'],
      reportJson: data['report-json'],
      reportJunit: data['report-junit'],
      reportCtrf: data['report-ctrf'],
    },
  };
}

/** The values to keep out of everything that is written: also the bare key of a `Bearer …` one. */
export function valuesToMask(read: (name: string) => string): string[] {
  const values = [read('api-key').trim(), read('github-token').trim()];
  const bare = values.map((value) => value.replace(/^Bearer\s+/i, ''));
  return [...new Set([...values, ...bare])].filter((value) => value !== '');
}

function aboutKey(apiKey: string): string[] {
  if (apiKey === '') {
    return [
      "api-key is empty: pass the provider's API key from a secret, like secrets.RETELL_API_KEY. Secrets are not passed to workflows from forks and Dependabot.",
    ];
  }
  // Anything else cannot stand in an HTTP header.
  return /^(Bearer )?[\x21-\x7e]+$/i.test(apiKey)
    ? []
    : [
        'api-key (value not shown) must be one word of plain characters: it holds spaces, line breaks or letters that no key has.',
      ];
}

function aboutFiles(raw: Readonly<Record<string, string | undefined>>): string[] {
  const paths = REPORT_FILES.flatMap((name) => (raw[name] === undefined ? [] : [raw[name]]));
  return new Set(paths).size === paths.length
    ? []
    : ['report-json, report-junit and report-ctrf must be different files.'];
}

function sayValue(value: string | undefined, redact: (text: string) => string): string {
  if (value === undefined || value === '') return ' is empty';
  // Somebody may have put a password into the address.
  const shown = redact(value)
    .replace(/\/\/[^/]*@/, '//***@')
    .replaceAll(/\s+/g, ' ');
  return ` is "${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}"`;
}

function listOr(values: readonly string[]): string {
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
