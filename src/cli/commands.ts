import { INPUTS, type InputDefinition } from '../inputs/inputs.ts';

export type CommandName = 'run' | 'plan' | 'init' | 'quarantine check';

/** Arguments of a command, and the texts of its help. */
export interface Command {
  readonly usage: string;
  readonly text: string;
  /** Inputs that are options of the command. */
  readonly inputs: readonly string[];
  /** Ends of their descriptions, where the command does something else without the option than `run`. */
  readonly withoutInput?: Readonly<Record<string, string>>;
  /** Options that are no inputs. */
  readonly options: readonly Option[];
}

/** One option of a command. */
export interface Option {
  readonly name: string;
  readonly description: string;
  /** It has no value. */
  readonly isFlag?: boolean;
}

/** The rule that `init` recommends, and writes where nobody can be asked: see docs/flaky-tests.md. */
export const INIT_RERUNS = '3/5';

const definitions = Object.entries<InputDefinition>(INPUTS);

/** Inputs of the command line. The key is none, and what means GitHub is none. */
const RUN_INPUTS = definitions
  .filter(([, { kind, isActionOnly }]) => kind !== 'secret' && kind !== 'internal' && isActionOnly !== true)
  .map(([name]) => name);

/** Keys, which are read from the environment. */
export const KEY_INPUTS: readonly string[] = definitions
  .filter(([, { kind, isActionOnly }]) => kind === 'secret' && isActionOnly !== true)
  .map(([name]) => name);

const ASKED = 'Asked for in a terminal, needed elsewhere.';

/** All commands, in the order of the help. */
export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  run: {
    usage: 'run --provider NAME (--target KIND/ID --test-cases SELECTOR | --batch-id ID) [options]',
    text: 'Starts test cases and judges them, or judges a batch that something else started. Exit code 0: passed. 1: any other verdict. 2: refused before anything was started. 130 after Ctrl+C, 143 after SIGTERM.',
    inputs: RUN_INPUTS,
    options: [],
  },
  plan: {
    usage: 'plan --provider NAME (--target KIND/ID --test-cases SELECTOR | --batch-id ID) [options]',
    text: 'Says what run would do with the same options: version, test cases, number of runs. Starts nothing, and writes no report. Exit code 0; 1: the provider could not be read; 2: refused.',
    inputs: RUN_INPUTS,
    options: [],
  },
  init: {
    usage: 'init [options]',
    text: 'Asks for an agent and its test cases, and writes .github/workflows/agent-tests.yml. Without a terminal every answer is an option.',
    inputs: ['provider', 'target', 'version', 'test-cases', 'reruns', 'api-url'],
    withoutInput: {
      provider: ASKED,
      target: 'Asked for in a terminal, needed elsewhere, except at Bland where every selector is an id.',
      version:
        'Default: at Retell published, if the agent has a published version, else the latest; the production version at Bland, the main branch at ElevenLabs.',
      'test-cases': ASKED,
      reruns: `Asked for in a terminal, ${INIT_RERUNS} elsewhere.`,
    },
    options: [
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
    ],
  },
  'quarantine check': {
    usage: 'quarantine check FILE [--test-case-count NUMBER]',
    text: 'Says what the gate would say of a quarantine file today. Exit code 0: good. 1: refused. 2: there is no such file, or an option is wrong.',
    inputs: [],
    options: [
      {
        name: 'test-case-count',
        description: 'How many test cases the gate has. Without it the limit of 10 % is not checked.',
      },
    ],
  },
};

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];
