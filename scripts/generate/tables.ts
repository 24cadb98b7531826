/**
 * The places that tell of inputs, outputs and providers. The lists are `INPUTS` (`src/inputs/inputs.ts`), `OUTPUTS`
 * (`src/action/outputs.ts`) and `PROVIDERS` (`src/providers/registry.ts`).
 */
import { stringify } from 'yaml';
import { OUTPUTS } from '../../src/action/outputs.ts';
import type { LabelKind } from '../../src/domain/selectors.ts';
import { joinWithOr } from '../../src/domain/wording.ts';
import {
  describeDefault,
  type Group,
  INPUTS,
  type InputDefinition,
  type InputName,
  isRequired,
} from '../../src/inputs/inputs.ts';
import type { ProviderDescriptor } from '../../src/providers/provider.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import type { Place } from '../generate.ts';

const providers: readonly ProviderDescriptor[] = Object.values(PROVIDERS);
const inputs: readonly [string, InputDefinition][] = Object.entries<InputDefinition>(INPUTS);
const outputs: readonly [string, string][] = Object.entries(OUTPUTS);

/** The inputs that most workflows set, in the order of a workflow's lines. */
const EVERYDAY: readonly InputName[] = [
  'provider',
  'api-key',
  'target',
  'version',
  'test-cases',
  'reruns',
  'max-runs',
  'timeout-minutes',
];

/** The titles of the groups of all other inputs in docs/inputs.md, in its order. */
const GROUPS: Readonly<Record<Group, string>> = {
  provider: 'Provider',
  tests: 'What is tested: `batch-id` or `test-cases`',
  flakiness: 'Tests that do not always pass',
  comparison: 'Whose failure it is',
  waiting: 'Waiting',
  report: 'Report',
};

/** Spelling of the labels that a provider's selectors know. */
const LABELS: Readonly<Record<LabelKind, string>> = {
  category: '`category:NAME`',
  required: '`required:true`',
  suite: '`suite:ID`',
};

/** Every place, in the order of files. */
export const TABLES: readonly Place[] = [
  {
    file: 'action.yml',
    what: 'the description',
    pattern: /(\ndescription: )(.*)(\n)/,
    text: `Runs or awaits a ${productsOr()} test batch, reports on the pull request, and fails unless every test case passed.`,
  },
  { file: 'action.yml', what: 'the inputs', pattern: /(\ninputs:\n)([\s\S]*?)(\n\n)/, text: inputsYaml() },
  { file: 'action.yml', what: 'the outputs', pattern: /(\noutputs:\n)([\s\S]*?)(\n\n)/, text: outputsYaml() },
  {
    file: 'package.json',
    what: 'the description',
    pattern: /(\n {2}"description": )(.*)(,\n)/,
    text: JSON.stringify(
      `Gates merges on voice-agent test batches (${providers.map(({ product }) => product).join(', ')}): a GitHub Action and a command line`,
    ),
  },
  {
    file: 'README.md',
    what: 'the first sentence',
    pattern:
      /(\n# Agent Test Gate\n\n\[[^\n]*\n\nA GitHub Action that runs voice-agent tests at )(.*?)( and )/,
    text: joinWithOr(providers.map(({ product, homepage }) => `[${product}](${homepage})`)),
  },
  {
    file: 'README.md',
    what: 'the words of `provider` in the first gate',
    pattern: /(\n {10}provider: )(.*)(\n)/,
    text: providerLine(),
  },
  {
    file: 'docs/inputs.md',
    what: 'the everyday inputs',
    pattern: tableAfter('## Everyday inputs'),
    text: inputTable(EVERYDAY.map((name) => inputRow(name, INPUTS[name]))),
  },
  {
    file: 'docs/inputs.md',
    what: 'all other inputs',
    pattern: tableAfter('## All other inputs'),
    text: inputTable(otherInputs()),
  },
  {
    file: 'docs/inputs.md',
    what: 'the outputs',
    pattern: tableAfter('## Outputs'),
    text: outputTable(),
  },
  {
    file: 'docs/inputs.md',
    what: 'the providers side by side',
    pattern: tableAfter('## Providers'),
    text: providerTable(),
  },
  {
    file: 'docs/how-it-decides.md',
    what: 'the status words',
    pattern: tableAfter("### What a provider's words mean here"),
    text: statusTable(),
  },
  {
    file: '.github/ISSUE_TEMPLATE/bug.yml',
    what: 'the providers',
    pattern: /(\n {6}label: Provider\n {6}options: )(.*)(\n)/,
    text: `[${providers.map(({ title }) => title).join(', ')}]`,
  },
];

function inputsYaml(): string {
  return yamlBlock(
    inputs.map(([name, entry]) => [
      name,
      {
        description: described(entry),
        required: isRequired(entry),
        default: defaultIn(entry),
      },
    ]),
  );
}

function outputsYaml(): string {
  return yamlBlock(outputs.map(([name, description]) => [name, { description }]));
}

function yamlBlock(entries: readonly (readonly [string, object])[]): string {
  const text = stringify(Object.fromEntries(entries), { lineWidth: 0, keepUndefined: false });
  return text.trimEnd().replaceAll(/^/gm, '  ');
}

function inputTable(rows: readonly string[][]): string {
  return table(['Input', 'Default', 'Description'], rows);
}

/** Every input that users set and that is not an everyday one, by group. */
function otherInputs(): string[][] {
  const everyday: readonly string[] = EVERYDAY;
  const shown = inputs.filter(([name, { kind }]) => kind !== 'internal' && !everyday.includes(name));
  return Object.entries(GROUPS).flatMap(([group, title]) => [
    [`**${title}**`, '', ''],
    ...shown.filter(([, entry]) => entry.group === group).map(([name, entry]) => inputRow(name, entry)),
  ]);
}

function inputRow(name: string, entry: InputDefinition): string[] {
  const value = defaultIn(entry);
  return [
    code(name),
    isRequired(entry) ? 'required' : value === undefined ? '' : code(value),
    described(entry),
  ];
}

/** Capabilities of the providers, one column each. */
function providerTable(): string {
  const row = (title: string, cell: (provider: ProviderDescriptor) => string): string[] => [
    title,
    ...providers.map(cell),
  ];
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  return table(
    ['', ...providers.map(({ name, title }) => `${title} (${code(name)})`)],
    [
      row('Start a batch: `target`', ({ capabilities: { start } }) =>
        start.targetKinds.map((kind) => code(`${kind}/ID`)).join(', '),
      ),
      row('`test-cases`', ({ capabilities: { start } }) => {
        const labels = start.selectors.labels.map((label) => LABELS[label]);
        const all = start.selectors.wildcardRefusal === undefined ? [code('*')] : [];
        return [...all, 'ids', 'names', ...labels].join(', ');
      }),
      row('`version`', ({ capabilities: { versions } }) => {
        if (versions === false) return 'no';
        const words = Object.entries(versions.words).map(([word, kinds]) => {
          const { fallback } = versions;
          const only = kinds.length === 1 ? ` (${kinds[0]} only)` : '';
          return `${code(word)}${word === fallback ? ' (default)' : only}`;
        });
        const numbers = versions.hasNumbers ? ['a number'] : [];
        return [...numbers, ...words, ...(versions.hasBranches ? [code('branch/ID')] : [])].join(', ');
      }),
      row('`target-config`', ({ capabilities: { targetConfig } }) => yes('problemOf' in targetConfig)),
      row('`mode`', ({ capabilities: { modes } }) => yes(modes !== false)),
      row('`compare-with`', ({ capabilities: { versions, targetConfig } }) =>
        versions !== false || !('problemOf' in targetConfig) ? yes(versions !== false) : 'only `live`',
      ),
      row('`reuse-hours`', ({ capabilities: { reuse } }) => yes(reuse === true)),
      row('Cancel a batch', ({ capabilities: { cancel } }) => yes(cancel)),
    ],
  );
}

function outputTable(): string {
  return table(
    ['Output', 'Description'],
    outputs.map(([name, description]) => [code(name), description]),
  );
}

function statusTable(): string {
  const statuses = ['pending', 'passed', 'failed', 'errored', 'cancelled', 'ended'] as const;
  const rowOf = (title: string, words: ReadonlyMap<string, string>): string[] => [
    title,
    ...statuses.map((status) => {
      const own = [...words].flatMap(([word, means]) => (means === status ? [code(word)] : []));
      return own.join(', ') || '–';
    }),
  ];
  const rows = providers.flatMap(({ title, statusWords: { batch, run } }) =>
    batch === run
      ? [rowOf(`${title}, batch and run`, run)]
      : [rowOf(`${title}, batch`, batch), rowOf(`${title}, run`, run)],
  );
  return table(['', ...statuses.slice(0, -1), 'ended, and the runs decide'], rows);
}

/** The description with what an empty value means. */
function described(entry: InputDefinition): string {
  const means = describeDefault(entry);
  if (means === undefined) return entry.description;
  return `${entry.description} If empty: ${means}.`;
}

/** The default that the runner fills in. */
function defaultIn({ default: value, expression }: InputDefinition): string | undefined {
  return expression ?? (typeof value === 'string' ? value : undefined);
}

function productsOr(): string {
  return joinWithOr(providers.map(({ product }) => product));
}

function providerLine(): string {
  const [first, ...rest] = providers.map(({ name }) => name);
  return `${first} # or ${joinWithOr(rest)}`;
}

/** The first table after a heading. */
function tableAfter(heading: string): RegExp {
  return new RegExp(String.raw`(\n${heading}\n(?:(?!\n[#|]).)*?\n)(\|[^\n]*(?:\n\|[^\n]*)*)(\n)`, 's');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
