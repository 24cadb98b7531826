import { describeDefault, INPUTS, type InputDefinition, isRequired } from '../inputs/inputs.ts';
import { PROVIDER_NAMES, PROVIDERS } from '../providers/registry.ts';
import { COMMANDS, type CommandName, type Option } from './commands.ts';
import { KEY_VARIABLES } from './gate-inputs.ts';
import { wrap } from './layout.ts';
import type { TextFormat } from './style.ts';

const TITLES = new Intl.ListFormat('en-GB').format(PROVIDER_NAMES.map((name) => PROVIDERS[name].title));
const KEYS = `The key is read from the environment: ${KEY_VARIABLES.join(', ')}.`;

/** The help for all commands, or for one. Ends in a line feed. */
export function renderHelp(about: CommandName | undefined, format: TextFormat): string {
  const lines = about === undefined ? overview(format) : commandHelp(about, format);
  return `${lines.join('\n')}\n`;
}

function overview({ width, style }: TextFormat): string[] {
  const commands = Object.entries(COMMANDS).flatMap(([name, { text }]) => [
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

function commandHelp(command: CommandName, { width, style }: TextFormat): string[] {
  const { usage, text, options } = COMMANDS[command];
  return [
    ...wrap(`agent-test-gate ${usage}`, width),
    '',
    ...wrap(text, width),
    ...(command === 'quarantine check' ? [] : wrap(KEYS, width)),
    '',
    ...[...inputOptions(command), ...options].flatMap(({ name, description, isFlag }) => [
      `  ${style('bold', `--${name}`)}${isFlag === true ? '' : ' VALUE'}`,
      ...wrap(description, width, 6),
    ]),
  ];
}

/** The inputs that a command uses: `plan` takes those of `run`, and writes no report. */
function inputOptions(command: CommandName): Option[] {
  const { inputs, withoutInput = {} } = COMMANDS[command];
  return inputs
    .filter((name) => command !== 'plan' || !name.startsWith('report-'))
    .map((name) => ({
      name,
      description: describeInput(INPUTS[name as keyof typeof INPUTS], withoutInput[name]),
    }));
}

/** The description of an input in plain text, with where it is needed and what an empty one means: `otherwise`, if that is given. */
function describeInput(entry: InputDefinition, otherwise: string | undefined): string {
  const text = entry.commandLineDescription ?? entry.description;
  const value = typeof entry.default === 'string' ? entry.default : describeDefault(entry);
  const isSaid = entry.commandLineDescription !== undefined || isRequired(entry) || value === undefined;
  const ends = otherwise === undefined ? [entry.needed, isSaid ? '' : `Default: ${value}.`] : [otherwise];
  return [text, ...ends].filter(Boolean).join(' ').replaceAll('`', '');
}
