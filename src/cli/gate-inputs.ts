import { providerOptionsOf } from '../inputs/gate-options.ts';
import { type ParsedInputs, parseInputs } from '../inputs/parse-inputs.ts';
import { type ConfigFile, readConfigFile } from '../inputs/target-config.ts';
import type { BrowsableProvider } from '../providers/provider.ts';
import {
  createProvider,
  PROVIDER_NAMES,
  PROVIDERS,
  type ProviderName,
  providerNamed,
} from '../providers/registry.ts';
import { InputError } from '../runtime/errors.ts';
import { type Options, UsageError } from './args.ts';
import type { CommandName } from './commands.ts';
import type { Environment } from './environment.ts';

/** Stands in for a key that is not there, so that the other inputs are checked all the same. */
const NO_KEY = 'no-key-was-given';

/** The variables of the environment that hold keys. */
export const KEY_VARIABLES: readonly string[] = PROVIDER_NAMES.map((name) => PROVIDERS[name].keyVariable);

/** The key of a provider; `undefined` where its variable is not set. */
export function keyOf(name: ProviderName, env: Environment['env']): string | undefined {
  return env[PROVIDERS[name].keyVariable]?.trim() || undefined;
}

/** Instructions for a missing key. */
export const missingKey = (name: ProviderName): string =>
  `${PROVIDERS[name].keyVariable} is not set: put the API key of ${PROVIDERS[name].title} into this variable of the environment.`;

/** Messages call the key by the name of the action's input, which is no option here. */
export const keyHint = (name: ProviderName): string =>
  `The api-key is what ${PROVIDERS[name].keyVariable} holds.`;

/** The same as `readInputs`, with the file of `target-config`, whose secrets are shown nowhere. */
export async function readInputsAndConfig(
  options: Options,
  environment: Pick<Environment, 'env' | 'redact' | 'addSecrets'>,
  about: CommandName,
): Promise<ParsedInputs> {
  const configFile = await readConfigFile(options['target-config'] ?? '');
  if (configFile?.kind === 'ok') environment.addSecrets(configFile.value.secrets);
  return readInputs(options, environment, about, configFile);
}

/** The options as checked inputs. Throws a `UsageError` that names everything that is wrong. */
export function readInputs(
  options: Options,
  { env, redact }: Pick<Environment, 'env' | 'redact'>,
  about: CommandName,
  configFile?: ConfigFile | undefined,
): ParsedInputs {
  const name = providerNamed(options['provider']);
  const key = name === undefined ? undefined : keyOf(name, env);
  const problems: string[] = [];
  if (name !== undefined && key === undefined) problems.push(missingKey(name));
  let parsed: ParsedInputs | undefined;
  try {
    parsed = parseInputs(
      (input) => (input === 'api-key' ? (key ?? NO_KEY) : (options[input] ?? '')),
      redact,
      configFile,
    );
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(...problemsOf(error).map((problem) => withVariable(problem, name)));
  }
  for (const input of ['report-junit', 'report-ctrf', 'report-html']) {
    if (options[input] === STDOUT)
      problems.push(`${input} is "-": only report-json goes to standard output.`);
  }
  if (about === 'plan' && options['report-json'] === STDOUT) {
    problems.push('report-json is "-": plan writes no report, so leave it out.');
  }
  if (problems.length > 0 || parsed === undefined) throw new UsageError(problems, about);
  return parsed;
}

/** Value of `--report-json` that stands for standard output. */
export const STDOUT = '-';

const problemsOf = ({ message, problems }: InputError): readonly string[] =>
  problems.length > 0 ? problems : [message];

/** A complaint about `api-key`, with the variable that holds the key in place of the input. */
const withVariable = (problem: string, name: ProviderName | undefined): string =>
  name === undefined ? problem : problem.replace(/^api-key(?= )/, PROVIDERS[name].keyVariable);

/** The provider, ready to ask. */
export function connectProvider(parsed: ParsedInputs, environment: Environment): BrowsableProvider {
  environment.useProxies([parsed.inputs.apiUrl]);
  return createProvider(providerOptionsOf(parsed), environment);
}
