import { describeDefault, INPUTS, type InputDefinition, isRequired } from '../inputs/inputs.ts';
import { PROVIDER_NAMES, PROVIDERS } from '../providers/registry.ts';
import { type CommandName, INIT_WITHOUT, inputsOf, isUsedBy, ownOptionsOf } from './args.ts';
import { wrap } from './layout.ts';
import type { Style } from './style.ts';

/** Options of the help text. */
export interface HelpOptions {
  readonly width: number;
  readonly style: Style;
}

const ABOUT: Readonly<Record<CommandName, { readonly usage: string; readonly text: string }>> = {
  run: {
    usage: 'run --provider NAME (--target KIND/ID --test-cases SELECTOR | --batch-id ID) [options]',
    text: 'Starts test cases and judges them, or judges a batch that something else started. Exit code 0: passed. 1: any other verdict. 2: refused before anything was started. 130 after Ctrl+C, 143 after SIGTERM.',
  },
  plan: {
    usage: 'plan --provider NAME (--target KIND/ID --test-cases SELECTOR | --batch-id ID) [options]',
    text: 'Says what run would do with the same options: version, test cases, number of runs. Starts nothing, and writes no report. Exit code 0; 1: the provider could not be read; 2: refused.',
  },
  init: {
    usage: 'init [options]',
    text: 'Asks for an agent and its test cases, and writes .github/workflows/agent-tests.yml. Without a terminal every answer is an option.',
  },
  'quarantine check': {
    usage: 'quarantine check FILE [--test-case-count NUMBER]',
    text: 'Says what the gate would say of a quarantine file today. Exit code 0: good. 1: refused. 2: there is no such file, or an option is wrong.',
  },
};

const TITLES = new Intl.ListFormat('en-GB').format(PROVIDER_NAMES.map((name) => PROVIDERS[name].title));
const KEYS = `The key is read from the environment: ${PROVIDER_NAMES.map((name) => PROVIDERS[name].keyVariable).join(', ')}.`;

/** The help for all commands, or for one. Ends in a line feed. */
export function renderHelp(about: CommandName | undefined, options: HelpOptions): string {
  const lines = about === undefined ? overview(options) : commandHelp(about, options);
  return `${lines.join('\n')}\n`;
}

function overview({ width, style }: HelpOptions): string[] {
  const commands = Object.entries(ABOUT).flatMap(([name, { text }]) => [
    `  ${style('bold', name)}`,
    ...wrap(text, width, 6),
  ]);
  return [
    ...wrap(`Gates on test batches of voice agents at ${TITLES}.`, width),
    '',
    'agent-test-gate COMMAND [options]',
    '',
    ...commands,
    '',
    ...wrap(`${KEYS} agent-test-gate COMMAND --help has the options. --version prints the version.`, width),
  ];
}

function commandHelp(command: CommandName, { width, style }: HelpOptions): string[] {
  const { usage, text } = ABOUT[command];
  const usedInputs = inputsOf(command).filter((name) => isUsedBy(command, name));
  const options = [
    ...usedInputs.map((name) => ({
      name,
      description: describeInput(
        INPUTS[name as keyof typeof INPUTS],
        command === 'init' ? INIT_WITHOUT[name as keyof typeof INIT_WITHOUT] : undefined,
      ),
      isFlag: false,
    })),
    ...ownOptionsOf(command),
  ];
  return [
    ...wrap(`agent-test-gate ${usage}`, width),
    '',
    ...wrap(text, width),
    ...(command === 'quarantine check' ? [] : wrap(KEYS, width)),
    '',
    ...options.flatMap(({ name, description, isFlag }) => [
      `  ${style('bold', `--${name}`)}${isFlag === true ? '' : ' VALUE'}`,
      ...wrap(description, width, 6),
    ]),
  ];
}

/** The description of an input in plain text, with what an empty one means: `otherwise`, if that is given. */
function describeInput(entry: InputDefinition, otherwise?: string | undefined): string {
  const text = entry.onCommandLine ?? entry.description;
  const value = typeof entry.default === 'string' ? entry.default : describeDefault(entry);
  const isSaid = entry.onCommandLine !== undefined || isRequired(entry) || value === undefined;
  const end = otherwise ?? (isSaid ? '' : `Default: ${value}.`);
  return `${text} ${end}`.trimEnd().replaceAll('`', '');
}
