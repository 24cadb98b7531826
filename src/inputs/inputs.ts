import * as z from 'zod/mini';
import { MODES } from '../domain/target.ts';
import { joinWithAnd, joinWithOr } from '../domain/wording.ts';
import type { ProviderDescriptor } from '../providers/provider.ts';
import { PROVIDER_NAMES, PROVIDERS } from '../providers/registry.ts';
import {
  batchIds,
  countOrPercent,
  credential,
  type KOfN,
  kOfN,
  nonNegativeNumber,
  oneLine,
  oneOf,
  optionalText,
  positiveNumber,
  positiveWholeNumber,
  webAddress,
  yamlBoolean,
} from './schemas.ts';

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
  /** Cases in which an optional input is needed: a sentence after the description. */
  readonly needed?: string | undefined;
  /** Checks the trimmed value. The message of an error ends the sentence `batch-id is "…": `. */
  readonly schema: z.ZodMiniType<T>;
  /** The value that an empty one stands for. */
  readonly default?: string | ((provider: ProviderDescriptor) => string) | undefined;
  /** A default that only GitHub's runner can fill in. Elsewhere the input is empty. */
  readonly expression?: string | undefined;
  /** Meaning of an empty optional input: "no limit". Without any of these three it is required. */
  readonly emptyMeans?: string | undefined;
  /** The same at one provider, for the log, where `emptyMeans` names several. */
  readonly emptyMeansAt?: ((provider: ProviderDescriptor) => string) | undefined;
  /** The complaint about a required input that is empty, where the schema's does not do. */
  readonly missingMessage?: ((provider: ProviderDescriptor | undefined) => string) | undefined;
  /** The value as the chosen provider means it. */
  normalize?(value: T, provider: ProviderDescriptor): T;
  /** The effective value in the log. */
  format?(value: T): string;
  /** `secret`: its value is shown nowhere. `internal`: not for users, and not logged. `text`: words, which may be in quotes. */
  readonly kind?: 'secret' | 'internal' | 'text' | undefined;
  /** Only the GitHub Action has it: it means nothing on the command line. */
  readonly isActionOnly?: true | undefined;
  /** The description for the command line, with what an empty value means there, where it differs. */
  readonly commandLineDescription?: string | undefined;
}

/** Lets the compiler find out the type of the value. */
const input = <T>(entry: InputDefinition<T>): InputDefinition<T> => entry;

const providers: readonly ProviderDescriptor[] = Object.values(PROVIDERS);

/** "Vapi and ElevenLabs" */
function titlesWhere(can: (capabilities: ProviderDescriptor['capabilities']) => boolean): string {
  return joinWithAnd(providers.filter(({ capabilities }) => can(capabilities)).map(({ title }) => title));
}

/** "at Bland `pathway/ID` or `persona/ID`, …" */
function targetKinds(): string {
  const phrases = providers.map(
    ({ title, capabilities: { start } }) =>
      `at ${title} ${joinWithOr(start.targetKinds.map((kind) => code(`${kind}/ID`)))}`,
  );
  return phrases.join(', ');
}

const REUSE = `With \`test-cases\`, at ${titlesWhere(({ reuse }) => reuse === true)}: the age in hours, like \`12\`, up to which the result of an earlier batch is taken, red or green, and no batch is started. That batch must have run exactly these test cases on exactly this version, and the provider must show that nobody has edited agent or test cases since. At most \`168\`. Changes of live tools, knowledge bases and models are not seen.`;

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
    missingMessage: missingKeyMessage,
    kind: 'secret',
  }),
  'batch-id': input({
    group: 'tests',
    description:
      'The batch to wait for, if something else started it. Several, one per line or separated by commas, are reported and judged as one. Either this or `test-cases`.',
    schema: z.optional(batchIds()),
    emptyMeans: 'none given',
    normalize: (ids, { idKey = (id) => id }) =>
      ids?.filter((id, index) => ids.findIndex((earlier) => idKey(earlier) === idKey(id)) === index),
    format: (ids) => (ids ?? []).join(', '),
  }),
  'test-cases': input({
    group: 'tests',
    description:
      'Starts a batch with these, one selector per line: `*` (all), an exact id, or a name in which `*` stands for any characters. A line that begins with `!` excludes what it matches. At Bland also `category:NAME` and `required:true`, at Vapi `suite:ID` and no `*`.',
    schema: z.optional(z.string()),
    emptyMeans: 'nothing is started',
    kind: 'text',
    format: (text = '') => text.split('\n').join(', '),
  }),
  target: input({
    group: 'tests',
    description: `What is under test, \`KIND/ID\`: ${targetKinds()}.`,
    needed: `Needed with \`test-cases\`, except at ${titlesWhere(({ start }) => start.isTargetOptional)} where every selector is an id.`,
    schema: z.optional(z.string()),
    emptyMeans: 'none',
  }),
  version: input({
    group: 'tests',
    description:
      'The version under test, a number like `12`; at Retell also `latest` and, for an agent, `published`; at Bland also `production`; at ElevenLabs `branch/ID`. Vapi has none.',
    schema: z.optional(z.string()),
    emptyMeans: 'the latest at Retell, the production version at Bland, the main branch at ElevenLabs',
    emptyMeansAt: ({ capabilities: { versions } }) =>
      versions === false
        ? 'none'
        : `${versions.fallback ?? 'the main branch'}, where the step starts the batch`,
  }),
  'target-config': input({
    group: 'tests',
    description: `At ${titlesWhere(({ targetConfig }) => 'problemOf' in targetConfig)}: the path of a JSON file, like \`agent/vapi.json\`, with the configuration to test in place of what is live. At Vapi it is an assistant or a squad, by the kind in \`target\`, at ElevenLabs what \`run-tests\` takes as \`agent_config_override\`. Strings under names with key, token, secret, password or authorization are masked everywhere.`,
    schema: z.optional(z.string()),
    emptyMeans: 'none',
  }),
  mode: input({
    group: 'tests',
    description:
      'How the tests talk to the agent at Vapi: `chat` (text, faster and cheaper) or `voice`. Re-runs and comparisons use the same. In a chat, evaluations that need audio are skipped.',
    schema: z.optional(oneOf(MODES)),
    emptyMeans: '`chat` at Vapi, none elsewhere',
    emptyMeansAt: ({ capabilities: { modes } }) =>
      modes === false ? 'none' : `${modes.fallback}, where the step starts the batch`,
  }),
  'reuse-hours': input({
    group: 'tests',
    description: `${REUSE} A re-run of the job reuses nothing.`,
    commandLineDescription: REUSE,
    schema: nonNegativeNumber('hours', 168),
    default: '0',
  }),
  reruns: input({
    group: 'flakiness',
    description:
      'Confirms failures. With `K/N` like `3/5`, a test case whose first run does not pass is run again, until K runs have passed or K can no longer be reached in N runs. `1/2` is "retry once".',
    schema: kOfN('0'),
    default: '0',
    format: formatKOfN('0'),
  }),
  repeat: input({
    group: 'flakiness',
    description:
      'Runs every test case several times. With `K/N` like `3/5`, each is run until K runs have passed or K can no longer be reached in N runs. Not together with `reruns`.',
    schema: kOfN('1'),
    default: '1',
    format: formatKOfN('1'),
  }),
  'max-flaky': input({
    group: 'flakiness',
    description:
      'With `reruns` or `repeat`: how many test cases may be flaky, a number or a share of the test cases like `15%`, rounded up. More is `failed`.',
    schema: countOrPercent(),
    default: '15%',
    format: (value) => (value.kind === 'count' ? String(value.count) : `${value.share * 100}%`),
  }),
  'max-runs': input({
    group: 'flakiness',
    description:
      'The most runs that the step may start, re-runs included, like `100`. A first round above it is refused; later rounds that would exceed it are not started.',
    schema: z.optional(positiveWholeNumber('it must be a whole number of runs, like 100')),
    emptyMeans: 'no limit',
  }),
  name: input({
    group: 'report',
    commandLineDescription: 'Heading of the report in report files, on one line.',
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
    emptyMeans: 'no limit',
  }),
  quarantine: input({
    group: 'flakiness',
    commandLineDescription:
      'The path of a quarantine file, like `quarantine.yml`. Its test cases do not count for at most 30 days.',
    description:
      'The path of a quarantine file in the repository, like `quarantine.yml`. Its test cases do not count for at most 30 days. Needs the permission `contents: read`.',
    schema: z.optional(z.string()),
    emptyMeans: 'none',
  }),
  'compare-with': input({
    group: 'comparison',
    description:
      'With `test-cases`: another version, like `published`, `production` or `11`, or `live` with `target-config`. Failed test cases are also run on this version.',
    schema: z.optional(z.string()),
    emptyMeans: 'nothing is compared',
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
    commandLineDescription: 'Name of this gate in report files, on one line.',
    description: 'Name of this job where several jobs share one comment, on one line.',
    schema: z.optional(oneLine(MAX_LABEL)),
    kind: 'text',
    emptyMeans: "the values of the matrix, else the target's name, else the job's",
  }),
  baseline: input({
    group: 'comparison',
    commandLineDescription:
      'The path of an earlier `report-json` to compare with, like `baseline/agent-tests.json`. It labels failures and never decides.',
    description:
      'The path of an earlier `report-json` to compare with, like `baseline/agent-tests.json`, in place of the pull requests that were merged last. It labels failures and never decides.',
    schema: z.optional(z.string()),
    emptyMeans: 'the base branch is looked up',
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
    commandLineDescription:
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
    schema: z.optional(positiveWholeNumber('it must be the number of a pull request, like 12')),
    emptyMeans: 'found from the event',
  }),
  'report-json': input({
    group: 'report',
    commandLineDescription:
      'A file path for the report with every run as JSON, like `reports/agent-tests.json`, or `-` for standard output.',
    description: 'A file path for the report as JSON, like `reports/agent-tests.json`.',
    schema: z.optional(z.string()),
    emptyMeans: 'not written',
  }),
  'report-junit': input({
    group: 'report',
    description: 'A file path for the report as JUnit XML, like `reports/agent-tests.xml`.',
    schema: z.optional(z.string()),
    emptyMeans: 'not written',
  }),
  'report-ctrf': input({
    group: 'report',
    description: 'A file path for the report in the Common Test Report Format, like `reports/ctrf.json`.',
    schema: z.optional(z.string()),
    emptyMeans: 'not written',
  }),
  'report-html': input({
    group: 'report',
    description:
      'A file path for the report as one HTML page with every conversation, like `reports/agent-tests.html`.',
    schema: z.optional(z.string()),
    emptyMeans: 'not written',
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

/** All inputs, checked. */
export type InputValues = {
  readonly [Name in InputName as Field<Name>]: (typeof INPUTS)[Name] extends InputDefinition<infer T>
    ? T
    : never;
};

/** Values that must appear nowhere. The token is empty when the user passed an empty one: then there is no comment. */
export type Secrets = Pick<InputValues, 'apiKey' | 'githubToken'>;

/** The checked inputs without key and token, since nothing that is logged holds them. */
export type Inputs = Omit<InputValues, keyof Secrets>;

/** The value that an empty input stands for; `undefined` where it depends on a provider that is not known. */
export function defaultOf(
  { default: value }: InputDefinition,
  provider: ProviderDescriptor | undefined,
): string | undefined {
  return typeof value === 'function' ? provider && value(provider) : value;
}

/** True if the user must give it. */
export function isRequired(entry: InputDefinition): boolean {
  return entry.default === undefined && entry.expression === undefined && entry.emptyMeans === undefined;
}

/** Meaning of an empty value, for people: "`30`", "no limit". `undefined` for a required input. */
export function describeDefault(entry: InputDefinition): string | undefined {
  const { default: value, emptyMeans } = entry;
  if (typeof value === 'function') return joinWithOr(providers.map((provider) => code(value(provider))));
  return emptyMeans;
}

function missingKeyMessage(provider: ProviderDescriptor | undefined): string {
  const from =
    provider === undefined
      ? "pass the provider's API key from a secret"
      : `pass the API key of ${provider.title} from a secret, like secrets.${provider.keyVariable}`;
  return `${from}. Secrets are not passed to workflows from forks and Dependabot.`;
}

function formatKOfN(none: string): (value: KOfN | undefined) => string {
  return (value) => (value === undefined ? none : `${value.need}/${value.of}`);
}

function code(text: string): string {
  return `\`${text}\``;
}
