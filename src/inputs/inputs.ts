import { resolve } from 'node:path';
import * as z from 'zod/mini';
import { MODES } from '../domain/target.ts';
import { joinWithOr } from '../domain/wording.ts';
import type { BatchSource } from '../execution/prepare.ts';
import type { ProviderDescriptor } from '../providers/provider.ts';
import { PROVIDER_NAMES, PROVIDERS } from '../providers/registry.ts';
import { InputError } from '../runtime/errors.ts';
import { readBatchSource } from './batch-source.ts';
import {
  batchIds,
  countOrPercent,
  credential,
  isQuoted,
  type KOfN,
  kOfN,
  MIN_KEY,
  nonNegativeNumber,
  oneLine,
  oneOf,
  optionalText,
  positiveNumber,
  positiveWholeNumber,
  pullRequestNumber,
  webAddress,
  withoutBearer,
  yamlBoolean,
} from './schemas.ts';
import type { ConfigFile } from './target-config.ts';

/** The longest wait that a timer can measure: 2^31 - 1 milliseconds. */
const MAX_MINUTES = 35_791;
const MAX_NAME = 200;
const MAX_LABEL = 100;

/** The groups of inputs in `docs/inputs.md`. */
export type Group = 'provider' | 'tests' | 'flakiness' | 'comparison' | 'waiting' | 'report';

/** Everything about one input. `action.yml`, the tables of `docs/inputs.md` and the log of settings are made from it. */
export interface InputDefinition<T = unknown> {
  /** The group of the input in `docs/inputs.md`. */
  readonly group: Group;
  /** Meaning, and form by an example. The meaning of an empty value follows by itself. */
  readonly description: string;
  /** Checks the trimmed value. The message of an error ends the sentence `batch-id is "…": `. */
  readonly schema: z.ZodMiniType<T>;
  /** The value for which an empty one stands. */
  readonly default?: string | ((provider: ProviderDescriptor) => string) | undefined;
  /** A default that only GitHub's runner can fill in. Elsewhere the input is empty. */
  readonly expression?: string | undefined;
  /** Meaning of an empty optional input: "no limit". Without any of these three it is required. */
  readonly empty?: string | undefined;
  /** The same at one provider, for the log, where `empty` names several. */
  readonly emptyAt?: ((provider: ProviderDescriptor) => string) | undefined;
  /** The complaint about a required input that is empty, where the schema's does not do. */
  readonly missing?: ((provider: ProviderDescriptor | undefined) => string) | undefined;
  /** The value as the chosen provider means it. */
  normalize?(value: T, provider: ProviderDescriptor): T;
  /** The effective value in the log. */
  log?(value: T): string;
  /** `secret`: its value is shown nowhere. `internal`: not for users, and not logged. `text`: words, which may be in quotes. */
  readonly kind?: 'secret' | 'internal' | 'text' | undefined;
  /** Only the GitHub Action has it: it means nothing on the command line. */
  readonly isActionOnly?: true | undefined;
  /** The description for the command line, with what an empty value means there, where it differs. */
  readonly onCommandLine?: string | undefined;
}

/** Lets the compiler find out the type of the value. */
const input = <T>(entry: InputDefinition<T>): InputDefinition<T> => entry;

const providers = PROVIDER_NAMES.map((name) => PROVIDERS[name]);

const REUSE =
  'With `test-cases`, at Retell and ElevenLabs: the age in hours, like `12`, up to which the result of an earlier batch is taken, red or green, and no batch is started. That batch must have run exactly these test cases on exactly this version, and the provider must show that nobody has edited agent or test cases since. At most `168`. Changes of live tools, knowledge bases and models are not seen.';

/** Every input, in the order of `action.yml` and `docs/inputs.md`. */
export const INPUTS = {
  provider: input({
    group: 'provider',
    description: `Where the batch runs, ${joinWithOr(PROVIDER_NAMES.map(code))}.`,
    schema: oneOf(PROVIDER_NAMES),
  }),
  'api-key': input({
    group: 'provider',
    description:
      "The provider's API key, from a secret. Workflows from forks and Dependabot do not get secrets.",
    schema: credential(),
    missing: missingKeyMessage,
    kind: 'secret',
  }),
  'batch-id': input({
    group: 'tests',
    description:
      'The batch to wait for, if something else started it. Several, one per line or separated by commas, are reported and judged as one. Either this or `test-cases`.',
    schema: z.optional(batchIds()),
    empty: 'none given',
    normalize: (ids, { idKey = (id) => id }) =>
      ids?.filter((id, index) => ids.findIndex((earlier) => idKey(earlier) === idKey(id)) === index),
    log: (ids) => (ids ?? []).join(', '),
  }),
  'test-cases': input({
    group: 'tests',
    description:
      'Starts a batch with these, one selector per line: `*` (all), an exact id, or a name in which `*` stands for any characters. A line that begins with `!` excludes what it matches. At Bland also `category:NAME` and `required:true`, at Vapi `suite:ID` and no `*`.',
    schema: z.optional(z.string()),
    empty: 'nothing is started',
    kind: 'text',
    log: (text = '') => text.split('\n').join(', '),
  }),
  target: input({
    group: 'tests',
    description:
      'What is under test, `KIND/ID`: at Retell `agent/ID`, `retell-llm/ID` or `conversation-flow/ID`, at Bland `pathway/ID` or `persona/ID`, at Vapi `assistant/ID` or `squad/ID`, at ElevenLabs `agent/ID`. Needed with `test-cases`, except at Bland where every selector is an id.',
    schema: z.optional(z.string()),
    empty: 'none',
  }),
  version: input({
    group: 'tests',
    description:
      'The version under test, a number like `12`; at Retell also `latest` and, for an agent, `published`; at Bland also `production`; at ElevenLabs `branch/ID`. Vapi has none.',
    schema: z.optional(z.string()),
    empty: 'the latest at Retell, the production version at Bland, the main branch at ElevenLabs',
    emptyAt: ({ capabilities: { versions } }) =>
      versions === false
        ? 'none'
        : `${versions.fallback ?? 'the main branch'}, where the step starts the batch`,
  }),
  'target-config': input({
    group: 'tests',
    description:
      'At Vapi and ElevenLabs: the path of a JSON file, like `agent/vapi.json`, with the configuration to test in place of what is live. At Vapi it is an assistant or a squad, by the kind in `target`, at ElevenLabs what `run-tests` takes as `agent_config_override`. Strings under names with key, token, secret, password or authorization are masked everywhere.',
    schema: z.optional(z.string()),
    empty: 'none',
  }),
  mode: input({
    group: 'tests',
    description:
      'How the tests talk to the agent at Vapi: `chat` (text, faster and cheaper) or `voice`. Re-runs and comparisons use the same. In a chat, evaluations that need audio are skipped.',
    schema: z.optional(oneOf(MODES)),
    empty: '`chat` at Vapi, none elsewhere',
    emptyAt: ({ capabilities: { modes } }) =>
      modes === false ? 'none' : `${modes.fallback}, where the step starts the batch`,
  }),
  'reuse-hours': input({
    group: 'tests',
    description: `${REUSE} A re-run of the job reuses nothing.`,
    onCommandLine: REUSE,
    schema: nonNegativeNumber('hours', 168),
    default: '0',
  }),
  reruns: input({
    group: 'flakiness',
    description:
      'Confirms failures. With `K/N` like `3/5`, a test case whose first run does not pass is run again, until K runs have passed or K can no longer be reached in N runs. `1/2` is "retry once".',
    schema: kOfN('0'),
    default: '0',
    log: formatKOfN('0'),
  }),
  repeat: input({
    group: 'flakiness',
    description:
      'Runs every test case several times. With `K/N` like `3/5`, each is run until K runs have passed or K can no longer be reached in N runs. Not together with `reruns`.',
    schema: kOfN('1'),
    default: '1',
    log: formatKOfN('1'),
  }),
  'max-flaky': input({
    group: 'flakiness',
    description:
      'With `reruns` or `repeat`: how many test cases may be flaky, a number or a share of the test cases like `15%`, rounded up. More is `failed`.',
    schema: countOrPercent(),
    default: '15%',
    log: (value) => (value.kind === 'number' ? String(value.number) : `${value.share * 100}%`),
  }),
  'max-runs': input({
    group: 'flakiness',
    description:
      'The most runs that the step may start, re-runs included, like `100`. A first round above it is refused; later rounds that would exceed it are not started.',
    schema: z.optional(positiveWholeNumber('runs')),
    empty: 'no limit',
  }),
  name: input({
    group: 'report',
    onCommandLine: 'Heading of the report in report files, on one line.',
    description:
      'Heading of the report, on one line. It also identifies the comment: jobs with the same name share one.',
    schema: oneLine(MAX_NAME),
    kind: 'text',
    default: ({ title }) => `Agent tests (${title})`,
  }),
  'api-url': input({
    group: 'provider',
    description:
      "The provider's address, like `https://api.example.com`, for dedicated hosts, proxies and tests.",
    schema: webAddress(),
    default: ({ url }) => url,
  }),
  'timeout-minutes': input({
    group: 'waiting',
    description: 'How long to wait altogether, in minutes, like `30` or `0.5`.',
    schema: positiveNumber('minutes', MAX_MINUTES),
    default: '30',
  }),
  'poll-interval-seconds': input({
    group: 'waiting',
    description:
      'Minimum time between two looks at a batch, in seconds, like `5` or `0.5`. The gap may grow from there to 30 seconds.',
    schema: positiveNumber('seconds', 86_400),
    default: '5',
  }),
  'max-batch-age-minutes': input({
    group: 'waiting',
    description:
      'Batches older than this many minutes, like `60`, are `inconclusive`, because a batch id does not show which commit was tested.',
    schema: z.optional(positiveNumber('minutes', 5_256_000)),
    empty: 'no limit',
  }),
  quarantine: input({
    group: 'flakiness',
    onCommandLine:
      'The path of a quarantine file, like `quarantine.yml`. Its test cases do not count for at most 30 days.',
    description:
      'The path of a quarantine file in the repository, like `quarantine.yml`. Its test cases do not count for at most 30 days. Needs the permission `contents: read`.',
    schema: z.optional(z.string()),
    empty: 'none',
  }),
  'compare-with': input({
    group: 'comparison',
    description:
      'With `test-cases`: another version, like `published`, `production` or `11`, or `live` with `target-config`. Failed test cases are also run on this version.',
    schema: z.optional(z.string()),
    empty: 'nothing is compared',
  }),
  'fail-on': input({
    group: 'comparison',
    description:
      'Which failures count: `any`, `new` or `nothing`. With `new`, a failure does not count if the same test case also fails on `compare-with` in this step. With `nothing`, the step succeeds whatever the verdict is; it still fails if something is refused before the start.',
    schema: oneOf(['any', 'new', 'nothing']),
    default: 'any',
  }),
  label: input({
    group: 'report',
    onCommandLine: 'Name of this gate in report files, on one line.',
    description: 'Name of this job where several jobs share one comment, on one line.',
    schema: z.optional(oneLine(MAX_LABEL)),
    kind: 'text',
    empty: "the values of the matrix, else the target's name, else the job's",
  }),
  baseline: input({
    group: 'comparison',
    onCommandLine:
      'The path of an earlier `report-json` to compare with, like `baseline/agent-tests.json`. It labels failures and never decides.',
    description:
      'The path of an earlier `report-json` to compare with, like `baseline/agent-tests.json`, in place of the pull requests that were merged last. It labels failures and never decides.',
    schema: z.optional(z.string()),
    empty: 'the base branch is looked up',
  }),
  comment: input({
    group: 'report',
    isActionOnly: true,
    description:
      'When to comment on the pull request, `always`, `failures` (only if the verdict is not `passed`; an existing comment is brought up to date either way) or `never`.',
    schema: oneOf(['always', 'failures', 'never']),
    default: 'always',
  }),
  transcripts: input({
    group: 'report',
    onCommandLine:
      'What is shown of conversations, here and in report files: `none`, `excerpt`, `full`, or `auto`, which is `full` on the command line.',
    description:
      'What is shown of conversations: `none`; `excerpt`, the turns that prove a failure and no others, also in report files; `full`, whole conversations, folded and in report files; `auto`, which is `full` in a private or internal repository and `none` elsewhere.',
    schema: oneOf(['auto', 'none', 'excerpt', 'full']),
    default: 'auto',
  }),
  annotations: input({
    group: 'report',
    isActionOnly: true,
    description:
      "Whether each test case that did not pass gets an error annotation, within GitHub's limit of 10, `true` or `false`.",
    schema: yamlBoolean(),
    default: 'true',
  }),
  'pull-request': input({
    group: 'report',
    isActionOnly: true,
    description: 'The number of the pull request to comment on, like `12`.',
    schema: z.optional(pullRequestNumber()),
    empty: 'found from the event',
  }),
  'report-json': input({
    group: 'report',
    onCommandLine:
      'A file path for the report with every run as JSON, like `reports/agent-tests.json`, or `-` for standard output.',
    description: 'A file path for the report as JSON, like `reports/agent-tests.json`.',
    schema: z.optional(z.string()),
    empty: 'not written',
  }),
  'report-junit': input({
    group: 'report',
    description: 'A file path for the report as JUnit XML, like `reports/agent-tests.xml`.',
    schema: z.optional(z.string()),
    empty: 'not written',
  }),
  'report-ctrf': input({
    group: 'report',
    description: 'A file path for the report in the Common Test Report Format, like `reports/ctrf.json`.',
    schema: z.optional(z.string()),
    empty: 'not written',
  }),
  'report-html': input({
    group: 'report',
    description:
      'A file path for the report as one HTML page with every conversation, like `reports/agent-tests.html`.',
    schema: z.optional(z.string()),
    empty: 'not written',
  }),
  'github-token': input({
    group: 'report',
    isActionOnly: true,
    description: 'The token that writes the comment. It needs the permission `pull-requests: write`.',
    schema: optionalText(credential()),
    expression: `$\{{ github.token }}`,
    kind: 'secret',
  }),
  matrix: input({
    group: 'report',
    isActionOnly: true,
    description:
      'Not for users: leave it as it is. The values of the matrix tell the jobs of one workflow run apart.',
    // GitHub gives `null` where the job has no matrix, other runners `{}`.
    schema: optionalText(
      z.pipe(
        z.string(),
        z.transform((value) => (value === 'null' || value === '{}' ? '' : value)),
      ),
    ),
    expression: `$\{{ toJSON(matrix) }}`,
    kind: 'internal',
  }),
  'check-run-id': input({
    group: 'report',
    isActionOnly: true,
    description:
      'Not for users: leave it as it is. It tells jobs of one workflow run apart that are otherwise equal, and gives the link to this very job. Empty where the server does not know it.',
    schema: z.pipe(
      z.optional(z.string()),
      z.transform((value = '') => (/^[1-9]\d{0,14}$/.test(value) ? Number(value) : undefined)),
    ),
    expression: `$\{{ job.check_run_id }}`,
    kind: 'internal',
  }),
};

/** The name of an input. */
export type InputName = keyof typeof INPUTS;

/** `timeout-minutes` is `timeoutMinutes`, and `batch-id`, which holds several, is `batchIds`. */
type Field<Name extends string> = Name extends 'batch-id' ? 'batchIds' : Camel<Name>;
type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;
const fieldOf = (name: string): string =>
  name === 'batch-id' ? 'batchIds' : name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

type InputValues = {
  readonly [Name in InputName as Field<Name>]: (typeof INPUTS)[Name] extends InputDefinition<infer T>
    ? T
    : never;
};

/** Values that must appear nowhere. The token is empty when the user passed an empty one: then there is no comment. */
export type Secrets = Pick<InputValues, 'apiKey' | 'githubToken'>;

/** The checked inputs without key and token, since nothing that is logged holds them. */
export type Inputs = Omit<InputValues, keyof Secrets>;

/**
 * Rules between several inputs: each sees the inputs that are right by themselves, and returns its complaints as sentences.
 */
const RULES: readonly ((values: Partial<InputValues>) => readonly string[])[] = [
  checkDistinctFiles,
  checkRerunsOrRepeat,
  checkFailOnNew,
  checkReuse,
  (values) => problemsOf(readBatchSource(values)),
];

/** Inputs that messages of the selection and of the target quote. */
const QUOTED_INPUTS = [
  'testCases',
  'target',
  'version',
  'targetConfig',
  'compareWith',
] as const satisfies (keyof InputValues)[];

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
  const provider = providers.find(({ name }) => name === read('provider').trim());
  const complaints: string[] = [];
  const effectiveInputs = { given: [] as string[], defaults: [] as string[] };
  const values = new Map<string, unknown>();

  for (const [name, entry] of Object.entries(INPUTS) as [InputName, InputDefinition][]) {
    const asGiven = read(name).trim();
    // What is split cannot be redacted any more: half of a secret is not recognised.
    const given = name === 'batch-id' ? redact(asGiven) : asGiven;
    const otherwise = defaultOf(entry, provider);
    // The default depends on the provider, and that input is wrong itself.
    if (given === '' && otherwise === undefined && typeof entry.default === 'function') continue;
    const raw = given === '' ? otherwise : given;
    const parsed = entry.schema.safeParse(raw ?? (isRequired(entry) ? '' : undefined));
    const shown = entry.kind === 'secret' ? ' (value not shown)' : formatValue(raw, redact);
    if (given === '' && entry.missing !== undefined) {
      complaints.push(`${name} is empty: ${entry.missing(provider)}`);
    } else if (isQuoted(given) && entry.kind !== 'text' && entry.kind !== 'internal') {
      complaints.push(`${name}${shown}: write it without the quotes.`);
    } else if (given !== asGiven) {
      complaints.push(`${name}${shown}: it holds api-key or github-token.`);
    } else if (!parsed.success) {
      for (const { message } of parsed.error.issues) complaints.push(`${name}${shown}: ${message}.`);
    } else {
      const value = provider && entry.normalize ? entry.normalize(parsed.data, provider) : parsed.data;
      values.set(fieldOf(name), value);
      const lines = raw === otherwise ? effectiveInputs.defaults : effectiveInputs.given;
      if (entry.kind === undefined || entry.kind === 'text') {
        lines.push(effectiveInputLine(name, value, provider));
      }
    }
  }

  // They are quoted and cut in messages, and a secret is only found in a text that was not cut.
  for (const field of QUOTED_INPUTS) {
    const value = values.get(field);
    if (typeof value === 'string') values.set(field, redact(value));
  }
  const right: Partial<InputValues> & { configFile?: ConfigFile | undefined } = {
    ...(Object.fromEntries(values) as Partial<InputValues>),
    configFile,
  };
  complaints.push(...RULES.flatMap((rule) => rule(right)));
  if (complaints.length > 0) {
    const count = complaints.length === 1 ? 'An input is' : `${complaints.length} inputs are`;
    throw new InputError(`${count} invalid; no request was sent.`, complaints);
  }
  const batchSource = readBatchSource(right);
  if (batchSource === undefined || 'problems' in batchSource)
    throw new InputError('It is not known what to gate on.');
  const { apiKey, githubToken, ...inputs } = Object.fromEntries(values) as InputValues;
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
  return [...new Set([...values, ...unquoted, ...bare])].filter((value) => value.length >= MIN_KEY);
}

/** Whether the user must give it. */
export function isRequired(entry: InputDefinition): boolean {
  return entry.default === undefined && entry.expression === undefined && entry.empty === undefined;
}

function defaultOf(entry: InputDefinition, provider: ProviderDescriptor | undefined): string | undefined {
  if (typeof entry.default !== 'function') return entry.default;
  return provider && entry.default(provider);
}

/** Meaning of an empty value, for people: "`30`", "no limit". `undefined` for a required input. */
export function describeDefault(entry: InputDefinition): string | undefined {
  const { default: value, empty } = entry;
  if (typeof value === 'function') return joinWithOr(providers.map((provider) => code(value(provider))));
  return empty;
}

function effectiveInputLine(
  name: InputName,
  value: unknown,
  provider: ProviderDescriptor | undefined,
): string {
  const { log = String, empty, emptyAt }: InputDefinition = INPUTS[name];
  const meaning = provider && emptyAt ? emptyAt(provider) : empty;
  return `${name}: ${value === undefined && meaning !== undefined ? meaning : log(value)}`;
}

function missingKeyMessage(provider: ProviderDescriptor | undefined): string {
  const from =
    provider === undefined
      ? "pass the provider's API key from a secret"
      : `pass the API key of ${provider.title} from a secret, like secrets.${provider.keyVariable}`;
  return `${from}. Secrets are not passed to workflows from forks and Dependabot.`;
}

function checkRerunsOrRepeat({ reruns, repeat }: Partial<InputValues>): string[] {
  return reruns !== undefined && repeat !== undefined
    ? ['reruns and repeat do not go together: reruns repeats only what did not pass, repeat everything.']
    : [];
}

function checkFailOnNew(values: Partial<InputValues>): string[] {
  return values.failOn === 'new' && 'compareWith' in values && values.compareWith === undefined
    ? ['fail-on: new needs compare-with: the version on which the same test case has to fail too.']
    : [];
}

function checkReuse({
  reuseHours = 0,
  provider,
  batchIds,
  repeat,
  targetConfig,
}: Partial<InputValues>): string[] {
  if (reuseHours === 0) return [];
  const { title = '', capabilities } = provider === undefined ? {} : PROVIDERS[provider];
  const reuse = capabilities?.reuse ?? true;
  return [
    ...(reuse === true
      ? []
      : [`reuse-hours: an earlier result of ${title} proves nothing, since ${reuse.problem}. Leave it out.`]),
    ...(batchIds === undefined
      ? []
      : ['reuse-hours goes with test-cases only: a given batch is judged as it is.']),
    ...(targetConfig === undefined
      ? []
      : [
          'reuse-hours and target-config do not go together: no list shows which file an earlier batch tested.',
        ]),
    ...(repeat === undefined
      ? []
      : ['reuse-hours and repeat do not go together: repeat asks for several runs of every test case.']),
  ];
}

function problemsOf(wanted: ReturnType<typeof readBatchSource>): readonly string[] {
  return wanted !== undefined && 'problems' in wanted ? wanted.problems : [];
}

function formatKOfN(none: string): (value: KOfN | undefined) => string {
  return (value) => (value === undefined ? none : `${value.need}/${value.of}`);
}

function checkDistinctFiles(values: Partial<InputValues>): string[] {
  const { reportJson, reportJunit, reportCtrf, reportHtml } = values;
  const paths = [reportJson, reportJunit, reportCtrf, reportHtml].filter((path) => path !== undefined);
  return new Set(paths.map((path) => resolve(path))).size === paths.length
    ? []
    : ['report-json, report-junit, report-ctrf and report-html must be different files.'];
}

function formatValue(value: string | undefined, redact: (text: string) => string): string {
  if (value === undefined || value === '') return ' is empty';
  // An address may hold a password.
  const shown = redact(value)
    .replace(/\/\/[^/]*@/, '//***@')
    .replaceAll(/\s+/g, ' ');
  return ` is "${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}"`;
}

function code(text: string): string {
  return `\`${text}\``;
}
