import { parseArgs } from 'node:util';
import { levenshteinDistance } from '../domain/no-match.ts';
import { INPUTS, type InputDefinition } from '../inputs/inputs.ts';

/** The commands, in the order of the help. */
const COMMANDS = ['run', 'plan', 'init', 'quarantine check'] as const;
export type CommandName = (typeof COMMANDS)[number];

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
      /** Whether the workflow tests the pull request's own version. */
      readonly isOwnVersion: boolean;
    }
  | {
      readonly command: 'quarantine check';
      readonly file: string;
      readonly testCaseCount: number | undefined;
    };

export type Options = Readonly<Record<string, string>>;

/** Command line that cannot be carried out. Each problem is a sentence, or two. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly problems: readonly string[];
  /** Whose help says more. */
  readonly about: CommandName | undefined;
  constructor(problems: readonly string[], about?: CommandName) {
    super(problems.join(' '));
    this.problems = problems;
    this.about = about;
  }
}

/** One option of a command. */
export interface Option {
  readonly name: string;
  readonly description: string;
  /** It has no value. */
  readonly isFlag?: boolean | undefined;
}

/** Whether an input is an option of the command line. The key is none, and what means GitHub is none. */
const isOption = ({ kind, isActionOnly }: InputDefinition): boolean =>
  kind !== 'secret' && kind !== 'internal' && isActionOnly !== true;

const inputs = Object.entries<InputDefinition>(INPUTS);
const optionInputs = inputs.filter(([, entry]) => isOption(entry)).map(([name]) => name);
const secretInputs = inputs.filter(([, { kind }]) => kind === 'secret').map(([name]) => name);

/** The rule that `init` recommends, and writes where nobody can be asked: see docs/flaky-tests.md. */
export const INIT_RERUNS = '3/5';

/** The inputs that `init` takes as options as well. */
const INIT_INPUTS = ['provider', 'target', 'version', 'test-cases', 'reruns', 'api-url'] as const;

const ASKED = 'Asked for in a terminal, needed elsewhere.';

/** Ends of the descriptions of inputs, where `init` does something else without the option than `run`. */
export const INIT_WITHOUT: Readonly<Record<Exclude<(typeof INIT_INPUTS)[number], 'api-url'>, string>> = {
  provider: ASKED,
  target: 'Asked for in a terminal.',
  version:
    'Default: at Retell published, if the agent has a published version, else the latest; the production version at Bland, the main branch at ElevenLabs.',
  'test-cases': ASKED,
  reruns: `Asked for in a terminal, ${INIT_RERUNS} elsewhere.`,
};

const INIT_OPTIONS: readonly Option[] = [
  {
    name: 'uses',
    description: `The copy of the action that the workflow uses, OWNER/REPO@REF. ${ASKED}`,
  },
  {
    name: 'own-version',
    description:
      "The workflow tests the pull request's own version, from a file in the repository, and not what is live. Asked for in a terminal.",
    isFlag: true,
  },
  {
    name: 'force',
    description: 'Overwrites the workflow file, and with --own-version its script, where they exist.',
    isFlag: true,
  },
];

const QUARANTINE_OPTIONS: readonly Option[] = [
  {
    name: 'test-case-count',
    description: 'How many test cases the gate has. Without it the limit of 10 % is not checked.',
  },
];

/** The names of the inputs that a command takes as options. */
export function inputsOf(command: CommandName): readonly string[] {
  if (command === 'quarantine check') return [];
  return command === 'init' ? INIT_INPUTS : optionInputs;
}

/** The options of a command that are no inputs. */
export function ownOptionsOf(command: CommandName): readonly Option[] {
  if (command === 'init') return INIT_OPTIONS;
  return command === 'quarantine check' ? QUARANTINE_OPTIONS : [];
}

/** Whether a command does something with an option: `plan` takes those of `run`, and writes no report. */
export const isUsedBy = (command: CommandName, option: string): boolean =>
  command !== 'plan' || !option.startsWith('report-');

/** Those that may be given several times: their values are lists. */
const REPEATED: ReadonlySet<string> = new Set(['test-cases', 'batch-id']);

/** Reads the arguments after the program's name. Throws a `UsageError` that names everything that is wrong with them. */
export function parseArguments(args: readonly string[]): Invocation {
  const [first, second, ...rest] = args;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    return { command: 'help', about: COMMANDS.find((name) => name.split(' ')[0] === second) };
  }
  if (first === '--version' && second === undefined) return { command: 'version' };
  if (first.startsWith('-')) {
    throw new UsageError([`Begin with a command: ${COMMANDS.join(', ')}.`]);
  }
  if (first === 'quarantine') {
    if (second === 'check') return quarantineCheck(rest);
    if (second === '--help' || second === '-h') return { command: 'help', about: 'quarantine check' };
    throw new UsageError(['Write "quarantine check FILE".'], 'quarantine check');
  }
  const command = COMMANDS.find((name) => name === first);
  if (command === undefined || command === 'quarantine check') {
    throw new UsageError([`There is no command ${quoted(first)}${nearest(first, COMMANDS)}.`]);
  }
  const parsed = readOptions(command, args.slice(1));
  if ('command' in parsed) return parsed;
  const { values, positionals } = parsed;
  // What follows an option that there is not was most likely its value.
  const problems = parsed.problems.length > 0 ? parsed.problems : strayText(positionals);
  if (problems.length > 0) throw new UsageError(problems, command);
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
    texts.length > 2 ? ` and ${texts.length - 1} more belong` : ` and ${quoted(second ?? '')} belong`;
  const who = second === undefined ? `${quoted(first)} belongs` : `${quoted(first)}${more}`;
  return [`${who} to no option. A value with spaces or * goes into quotes.`];
}

function quarantineCheck(args: readonly string[]): Invocation {
  const about = 'quarantine check';
  const parsed = readOptions(about, args);
  if ('command' in parsed) return parsed;
  const { values, positionals } = parsed;
  const count = values['test-case-count'];
  const [file, ...others] = positionals;
  const problems = [
    ...parsed.problems,
    ...(file === undefined || others.length > 0 ? ['Say which file to check, and only one.'] : []),
    ...(count !== undefined && !/^[1-9]\d{0,5}$/.test(count)
      ? [`--test-case-count is ${quoted(count)}: it must be a whole number like 40.`]
      : []),
  ];
  if (problems.length > 0 || file === undefined) throw new UsageError(problems, about);
  return { command: about, file, testCaseCount: count === undefined ? undefined : Number(count) };
}

/** The options and what stands beside them; or that the help or the version was asked for. */
function readOptions(
  command: CommandName,
  args: readonly string[],
):
  | Extract<Invocation, { command: 'help' | 'version' }>
  | {
      readonly values: Readonly<Record<string, string>>;
      readonly positionals: readonly string[];
      readonly problems: readonly string[];
    } {
  const own = ownOptionsOf(command);
  const names = [...inputsOf(command), ...own.map(({ name }) => name)];
  const flags = new Set(['help', ...own.flatMap(({ name, isFlag }) => (isFlag === true ? [name] : []))]);
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

/** Why there is no such option, and which may be meant. */
function unknownOption(rawName: string, names: readonly string[], command: CommandName): string {
  const name = rawName.replace(/^-+/, '');
  if (secretInputs.includes(name) && INPUTS[name as keyof typeof INPUTS].isActionOnly !== true) {
    return `${rawName} is no option, because other programs can read options: set the key in the environment, like RETELL_API_KEY.`;
  }
  if (Object.hasOwn(INPUTS, name) && !optionInputs.includes(name)) {
    return `${rawName} belongs to the GitHub Action alone, and means nothing here.`;
  }
  const isElsewhere = COMMANDS.some((other) => ownOptionsOf(other).some((option) => option.name === name));
  if (isElsewhere || optionInputs.includes(name)) return `${rawName} is no option of ${command}.`;
  const near = nearest(
    rawName,
    names.map((option) => `--${option}`),
  );
  return `There is no option ${quoted(rawName)}${near}.`;
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

const quoted = (text: string): string => `"${text.length > 80 ? `${text.slice(0, 80)}…` : text}"`;
