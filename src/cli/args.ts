import { parseArgs } from 'node:util';
import { levenshteinDistance } from '../domain/no-match.ts';
import { quote } from '../domain/wording.ts';
import { INPUTS } from '../inputs/inputs.ts';
import { COMMAND_NAMES, COMMANDS, type CommandName, KEY_INPUTS } from './commands.ts';
import { CommandError } from './exit.ts';

/** Parsed command line. `options` are inputs by their names; several lines where one was given several times. */
export type Invocation =
  | { readonly command: 'help'; readonly about: CommandName | undefined }
  | { readonly command: 'version' }
  | { readonly command: 'run' | 'plan'; readonly options: Options }
  | {
      readonly command: 'init';
      readonly options: Options;
      readonly uses: string | undefined;
      readonly isForced: boolean;
      /** True if the workflow tests the pull request's own version. */
      readonly isOwnVersion: boolean;
    }
  | {
      readonly command: 'quarantine check';
      readonly file: string;
      readonly testCaseCount: number | undefined;
    };

export type Options = Readonly<Record<string, string>>;

/** Command line that cannot be carried out. Each problem is a sentence, or two; `about` is the command whose help says more. */
export class UsageError extends CommandError {
  override name = 'UsageError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[], about?: CommandName) {
    super([...problems, `agent-test-gate ${about === undefined ? '' : `${about} `}--help has the options.`]);
    this.problems = problems;
  }
}

/** Those that may be given several times: their values are lists. */
const REPEATED: ReadonlySet<string> = new Set(['test-cases', 'batch-id']);

/** Reads the arguments after the program's name. Throws a `UsageError` that names everything that is wrong with them. */
export function parseArguments(args: readonly string[]): Invocation {
  const [first, second] = args;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    return { command: 'help', about: COMMAND_NAMES.find((name) => name.split(' ')[0] === second) };
  }
  if (first === '--version' && second === undefined) return { command: 'version' };
  if (first.startsWith('-')) {
    const [rawName = first] = first.split('=');
    const begin = `Begin with a command: ${COMMAND_NAMES.join(', ')}.`;
    throw new UsageError(
      isOption(rawName.slice(2)) ? [begin] : [noSuchOption(rawName, ['--help', '--version']), begin],
    );
  }
  if (first === 'quarantine' && second !== 'check') {
    if (second === '--help' || second === '-h') return { command: 'help', about: 'quarantine check' };
    throw new UsageError(['Write "quarantine check FILE".'], 'quarantine check');
  }
  const command = COMMAND_NAMES.find((name) => name.split(' ')[0] === first);
  if (command === undefined) {
    throw new UsageError([`There is no command ${quote(first)}${nearest(first, COMMAND_NAMES)}.`]);
  }
  const parsed = readOptions(command, args.slice(command.split(' ').length));
  if ('command' in parsed) return parsed;
  return command === 'quarantine check' ? quarantineCheck(parsed) : gateCommand(command, parsed);
}

function gateCommand(
  command: Exclude<CommandName, 'quarantine check'>,
  { values, positionals, problems }: ParsedOptions,
): Invocation {
  // What follows an option that there is not was most likely its value.
  const all = problems.length > 0 ? problems : strayText(positionals);
  if (all.length > 0) throw new UsageError(all, command);
  const { uses, force, 'own-version': ownVersion, ...options } = values;
  return command === 'init'
    ? { command, options, uses, isForced: force !== undefined, isOwnVersion: ownVersion !== undefined }
    : { command, options };
}

/** One sentence about all that belongs to no option: a `*` outside of quotes becomes every file name. */
function strayText(texts: readonly string[]): string[] {
  const [first, second] = texts;
  if (first === undefined) return [];
  const more =
    texts.length > 2 ? ` and ${texts.length - 1} more belong` : ` and ${quote(second ?? '')} belong`;
  const who = second === undefined ? `${quote(first)} belongs` : `${quote(first)}${more}`;
  return [`${who} to no option. A value with spaces or * goes into quotes.`];
}

function quarantineCheck({ values, positionals, problems }: ParsedOptions): Invocation {
  const command = 'quarantine check';
  const count = values['test-case-count'];
  const [file, ...others] = positionals;
  const all = [
    ...problems,
    ...(file === undefined || others.length > 0 ? ['Say which file to check, and only one.'] : []),
    ...(count !== undefined && !/^[1-9]\d{0,5}$/.test(count)
      ? [`--test-case-count is ${quote(count)}: it must be a whole number like 40.`]
      : []),
  ];
  if (all.length > 0 || file === undefined) throw new UsageError(all, command);
  return { command, file, testCaseCount: count === undefined ? undefined : Number(count) };
}

/** The options of a command and what stands beside them. */
interface ParsedOptions {
  readonly values: Options;
  readonly positionals: readonly string[];
  readonly problems: readonly string[];
}

/** Reads the options of a command, unless the help or the version is asked for. */
function readOptions(
  command: CommandName,
  args: readonly string[],
): ParsedOptions | Extract<Invocation, { command: 'help' | 'version' }> {
  const { inputs, options } = COMMANDS[command];
  const names = [...inputs, ...options.map(({ name }) => name)];
  const flags = new Set(['help', ...options.flatMap(({ name, isFlag }) => (isFlag === true ? [name] : []))]);
  // `version` is an input as well: without a value, it asks for the program's.
  if (args.length === 1 && args[0] === '--version') return { command: 'version' };
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(names.map((name) => [name, { type: flags.has(name) ? 'boolean' : 'string' }])),
      help: { type: 'boolean', short: 'h' },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    if (name === 'help') return { command: 'help', about: command };
    if (!names.includes(name)) problems.push(unknownOption(rawName, names, command));
    else if (flags.has(name)) {
      if (value !== undefined) problems.push(`${rawName} has no value.`);
      values[name] = '';
    } else if (value === undefined || (inlineValue === false && value.startsWith('--'))) {
      problems.push(`${rawName} needs a value.`);
    } else if (values[name] !== undefined && !REPEATED.has(name)) {
      problems.push(`${rawName} is given twice.`);
    } else {
      values[name] = values[name] === undefined ? value : `${values[name]}\n${value}`;
    }
  }
  return { values, positionals, problems };
}

/** Refusal of an unknown option, with the one that may be meant. */
function unknownOption(rawName: string, names: readonly string[], command: CommandName): string {
  const name = rawName.replace(/^-+/, '');
  if (KEY_INPUTS.includes(name)) {
    return `${rawName} is no option, because other programs can read options: set the key in the environment, like RETELL_API_KEY.`;
  }
  if (isOption(name)) return `${rawName} is no option of ${command}.`;
  if (Object.hasOwn(INPUTS, name)) {
    return `${rawName} belongs to the GitHub Action alone, and means nothing here.`;
  }
  return noSuchOption(
    rawName,
    names.map((option) => `--${option}`),
  );
}

/** True if any command has an option of this name. */
const isOption = (name: string): boolean =>
  Object.values(COMMANDS).some(
    ({ inputs, options }) => inputs.includes(name) || options.some((option) => option.name === name),
  );

/** The sentence about an option that there is nowhere. `rawNames` may be meant. */
function noSuchOption(rawName: string, rawNames: readonly string[]): string {
  const sentence = `There is no option ${quote(rawName)}`;
  if (rawName === '--dry-run') return `${sentence}: the command plan shows what run would do.`;
  return `${sentence}${nearest(rawName, rawNames)}.`;
}

/** ` (nearest: --target)`, or nothing where nothing is near. */
function nearest(text: string, names: readonly string[]): string {
  const ranked = names
    .map((name) => ({ name, distance: distanceOf(text, name) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best === undefined || best.distance > 1 + text.length / 3 ? '' : ` (nearest: ${best.name})`;
}

/** A beginning of the name is nearer than anything else. */
const distanceOf = (text: string, name: string): number =>
  text.length > 4 && name.startsWith(text) ? 0 : levenshteinDistance(text, name);
