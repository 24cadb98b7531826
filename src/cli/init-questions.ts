/** The questions of `init`, each with what is asked of the provider for it. */
import { formatCaseCount } from '../domain/test-case.ts';
import { INPUTS } from '../inputs/inputs.ts';
import type { ParsedInputs } from '../inputs/parse-inputs.ts';
import type { AvailableTarget, BrowsableProvider } from '../providers/provider.ts';
import { PROVIDER_NAMES, PROVIDERS, type ProviderName, providerNamed } from '../providers/registry.ts';
import type { Deadline } from '../runtime/clock.ts';
import { onProviderError } from '../runtime/errors.ts';
import { cleanLine } from '../text/clean.ts';
import { type Options, UsageError } from './args.ts';
import { INIT_RERUNS } from './commands.ts';
import type { LiveLine } from './console.ts';
import type { Environment } from './environment.ts';
import { CommandError } from './exit.ts';
import { KEY_VARIABLES, keyOf, missingKey, readInputs } from './gate-inputs.ts';
import { OWN_VERSIONS, type OwnVersion, splitTarget } from './own-version.ts';
import type { Prompts } from './prompts.ts';
import { isUses, USES_FORM } from './workflow.ts';

/** With more test cases than this they are not shown to be chosen one by one. */
const MAX_CHOICES = 500;
/** Test cases that are listed before the question which of them to run. */
const MAX_SHOWN = 10;

/** The provider that is asked, and by when. */
export interface ProviderSession {
  readonly name: ProviderName;
  readonly provider: BrowsableProvider;
  readonly deadline: Deadline;
  readonly environment: Environment;
}

/** Returns the prompts, which are there wherever something is left to ask. */
function required(prompts: Prompts | undefined): Prompts {
  if (prompts === undefined) throw new CommandError('This needs a terminal.');
  return prompts;
}

/** Shows that an answer takes time. */
async function showing<T>(liveLine: LiveLine, text: string, answer: Promise<T>): Promise<T> {
  liveLine.set(text);
  try {
    return await answer;
  } finally {
    liveLine.set('');
  }
}

/** The provider that is given as an option; else the one that is chosen, whose key must be there. */
export async function chooseProvider(options: Options, { env, prompts }: Environment): Promise<ProviderName> {
  const given = options['provider'];
  if (given !== undefined || prompts === undefined) {
    const name = providerNamed(given);
    if (name !== undefined) return name;
    throw new UsageError([`provider is "${given ?? ''}": it must be ${PROVIDER_NAMES.join(', ')}.`], 'init');
  }
  const withKey = PROVIDER_NAMES.filter((name) => keyOf(name, env) !== undefined);
  if (withKey.length === 0) {
    throw new CommandError(`No key was found: put it into ${KEY_VARIABLES.join(' or ')}.`);
  }
  const name = await prompts.select(
    'Where are your tests?',
    // A hint would show only beside the one that is highlighted.
    [...new Set([...withKey, ...PROVIDER_NAMES])].map((provider) => {
      const { title, keyVariable } = PROVIDERS[provider];
      const label = withKey.includes(provider) ? title : `${title} (${keyVariable} is not set)`;
      return { value: provider, label };
    }),
  );
  if (!withKey.includes(name)) throw new CommandError(missingKey(name));
  return name;
}

/** The target that is given as an option, unless the provider has no such one; else the one that is chosen. */
export async function chooseTarget(options: Options, session: ProviderSession): Promise<string | undefined> {
  const { provider, deadline } = session;
  const { prompts, liveLine } = session.environment;
  const given = options['target'];
  if (given !== undefined) await checkTarget(given, session);
  if (given !== undefined || prompts === undefined) return given;
  const targets = await showing(liveLine, `asking ${provider.title}`, provider.listTargets(deadline));
  if (targets.length === 0) {
    throw new CommandError(`${provider.title} lists nothing that could be tested with this key.`);
  }
  const newestFirst = targets.toSorted((a, b) => (b.editedAt ?? 0) - (a.editedAt ?? 0));
  return prompts.choose(
    'What is under test?',
    newestFirst.map((target) => ({
      value: `${target.kind}/${target.id}`,
      label: labelOf(target),
      hint: target.name === target.id ? target.kind : `${target.kind} ${cleanLine(target.id, 60)}`,
    })),
  );
}

const labelOf = ({ name, id }: Pick<AvailableTarget, 'name' | 'id'>): string =>
  cleanLine(name, 80) || cleanLine(id, 80);

/** Refuses a target that the provider does not list, where a start would be the first to find out. */
async function checkTarget(target: string, { name, provider, deadline }: ProviderSession): Promise<void> {
  const { title, lacksTarget } = PROVIDERS[name];
  const { kind, id } = splitTarget(target);
  if (lacksTarget === undefined || kind === '') return;
  // A key that may not list them is no fault of the target.
  const targets = await provider.listTargets(deadline).catch(onProviderError(() => undefined));
  if (targets !== undefined && lacksTarget(targets, { kind, id })) {
    throw new CommandError(`target is "${target}": ${title} lists no such ${kind} for this api-key.`);
  }
}

/** Asks for the way to test the pull request's own version; `undefined` where what is live is tested. */
export async function chooseOwnVersion(
  { target, version }: Options,
  isOwnVersion: boolean,
  { name, provider, environment: { prompts } }: ProviderSession,
): Promise<OwnVersion | undefined> {
  const ownVersion = OWN_VERSIONS[name];
  const { kinds, file, script } = ownVersion;
  const hasKind = target !== undefined && kinds.includes(splitTarget(target).kind);
  if (isOwnVersion) {
    if (version !== undefined)
      throw new UsageError(['--version and --own-version do not go together.'], 'init');
    if (hasKind) return ownVersion;
    throw new UsageError([`--own-version needs a target like ${kinds[0]}/ID at ${provider.title}.`], 'init');
  }
  if (prompts === undefined || version !== undefined || !hasKind) return undefined;
  const answer = await prompts.select('What does a pull request test?', [
    { value: 'live', label: 'What is live', hint: 'nothing else to set up' },
    {
      value: 'own',
      label: 'Its own version',
      hint: `${script === undefined ? 'described by' : `${script.product}, made from`} ${file}`,
    },
  ] as const);
  return answer === 'own' ? ownVersion : undefined;
}

/** Asks for test cases. Resolves to selectors, one per line: `*`, or ids and no names, because names change and hold anything. */
export async function chooseTestCases(options: Options, session: ProviderSession): Promise<string> {
  const { name, provider, environment } = session;
  const prompts = required(environment.prompts);
  const available = await showing(
    environment.liveLine,
    'reading the test cases',
    listTestCases(options, session),
  );
  if (available.length === 0) {
    throw new CommandError(
      `${provider.title} has no test case for this target yet. How to make one: ${PROVIDERS[name].testCasesPage}`,
    );
  }
  prompts.note(
    `${provider.title} has ${formatCaseCount(available.length)}`,
    [
      ...available.slice(0, MAX_SHOWN).map(labelOf),
      ...(available.length > MAX_SHOWN ? [`and ${available.length - MAX_SHOWN} more`] : []),
    ].join('\n'),
  );
  if (takesWildcard(name)) {
    const how = await prompts.select('Which of them?', [
      { value: 'all', label: 'All, also those that are made later', hint: '*' },
      { value: 'some', label: 'Choose' },
    ] as const);
    if (how === 'all') return '*';
  }
  const ids = await prompts.chooseSeveral(
    'Choose test cases',
    available.slice(0, MAX_CHOICES).map((testCase) => ({
      value: testCase.id,
      label: labelOf(testCase),
      hint: cleanLine(testCase.id, 60),
    })),
  );
  return ids.join('\n');
}

/** True if `*` can select every test case at this provider. */
function takesWildcard(name: ProviderName): boolean {
  return PROVIDERS[name].capabilities.start.selectors.wildcardRefusal === undefined;
}

async function listTestCases(options: Options, session: ProviderSession) {
  const { name, provider, deadline, environment } = session;
  // Any selector does where `*` is refused: what is listed does not depend on it.
  const selector = takesWildcard(name) ? '*' : 'any name';
  const parsed = readInputs({ ...options, 'test-cases': selector, reruns: '' }, environment, 'init');
  const { batchSource, subject } = await resolveSubject(parsed, session);
  if ('problem' in subject) throw new CommandError(subject.problem);
  const { testCases } = await provider.starter.listTestCases({ ...batchSource, subject }, deadline);
  return testCases;
}

/** The batches that the inputs start, and what they test, or why there is no such target or version. */
export async function resolveSubject({ batchSource }: ParsedInputs, { provider, deadline }: ProviderSession) {
  if (batchSource.kind !== 'start') throw new CommandError('test-cases is empty.');
  return { batchSource, subject: await provider.starter.resolveTarget(batchSource, deadline) };
}

/** Asks for the input `reruns`. */
export const chooseRule = (prompts: Prompts): Promise<string> =>
  prompts.select('When does a failure count?', [
    {
      value: INIT_RERUNS,
      label: 'When 3 of at most 5 runs did not pass',
      hint: 'recommended: judges and agents err now and then',
    },
    { value: '2/3', label: 'When 2 of at most 3 runs did not pass' },
    { value: '1/2', label: 'When it does not pass twice in a row', hint: 'retry once' },
    { value: INPUTS.reruns.default as string, label: 'At once' },
  ]);

/** Asks for the copy of the action. */
export const chooseUses = (prompts: Prompts | undefined): Promise<string> =>
  required(prompts).text('Which copy of the action? OWNER/REPO@REF, like acme/agent-test-gate@v2', (text) =>
    isUses(text) ? undefined : `It ${USES_FORM}`,
  );
