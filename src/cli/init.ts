import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { ruleOf } from '../domain/pass-rule.ts';
import type { AvailableTestCase } from '../domain/selectors.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import { type Prepared, prepare } from '../execution/prepare.ts';
import { INPUTS, type ParsedInputs } from '../inputs/inputs.ts';
import type { AvailableTarget, BrowsableProvider } from '../providers/provider.ts';
import { PROVIDER_NAMES, PROVIDERS, type ProviderName } from '../providers/registry.ts';
import type { BatchStarter } from '../providers/starter.ts';
import type { Deadline } from '../runtime/clock.ts';
import { KeyRefused, ProviderError, RequestRefused } from '../runtime/errors.ts';
import { cleanLine } from '../text/clean.ts';
import { INIT_RERUNS, type Invocation, type Options, UsageError } from './args.ts';
import type { Environment } from './environment.ts';
import { connectProvider, keyOf, missingKey, providerNamed, readInputs } from './gate-inputs.ts';
import { OWN_VERSIONS, type OwnVersion, splitTarget } from './own-version.ts';
import { isGivenUp, type Prompts } from './prompts.ts';
import { EXIT, explainKey } from './run.ts';
import { documentOf, hasExpression, isUses, renderWorkflow, WORKFLOW_PATH } from './workflow.ts';

/** Time limit of all questions to the provider together, in milliseconds. */
const ASKING_MS = 120_000;
/** With more test cases than this they are not shown to be chosen one by one. */
const MAX_CHOICES = 500;
/** Test cases that are listed before one is asked about them. */
const MAX_SHOWN = 10;

/** Reason why `init` cannot go on: a sentence, and whether it is about what the user gave. */
class InitError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number = EXIT.refused) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** `init`: asks what is not given as an option, checks it at the provider and writes the workflow. Resolves to the exit code. */
export async function init(
  invocation: Extract<Invocation, { command: 'init' }>,
  environment: Environment,
): Promise<number> {
  try {
    return await write(invocation, environment);
  } catch (error) {
    environment.live.stop();
    if (isGivenUp(error)) {
      environment.err.line('Nothing was written.');
      return 130;
    }
    if (error instanceof InitError) {
      environment.err.line(error.message);
      return error.exitCode;
    }
    if (error instanceof ProviderError) {
      environment.err.line(error.message);
      const name = providerNamed(invocation.options['provider']);
      if (error instanceof KeyRefused && name !== undefined) explainKey(name, environment);
      return error instanceof RequestRefused ? EXIT.refused : EXIT.notPassed;
    }
    throw error;
  }
}

async function write(
  { options, uses: givenUses, isForced, isOwnVersion }: Extract<Invocation, { command: 'init' }>,
  environment: Environment,
): Promise<number> {
  const { out, clock, signal, prompts } = environment;
  if (givenUses !== undefined && !isUses(givenUses)) throw new UsageError([`--uses ${USES_FORM}`], 'init');
  if (prompts === undefined) requireOptions(options, givenUses);
  // Before anything is asked: the answers would be lost.
  const root = await repositoryRoot();
  const workflowPath = join(root, WORKFLOW_PATH);
  if (!isForced && (await exists(workflowPath))) {
    throw new InitError(`${workflowPath} exists: --force overwrites it.`);
  }

  const name = await chooseProvider(options, environment, prompts);
  const common = { ...options, provider: name };
  const parsed = readInputs({ ...common, ...PLACEHOLDERS }, environment, 'init');
  const provider = connectProvider(parsed, environment);
  const { starter } = provider;
  if (starter === undefined) throw new InitError(`Batches cannot be started at ${provider.title}.`);
  const deadline = { until: clock.now() + ASKING_MS, signal };

  const target =
    options['target'] ??
    (prompts === undefined ? undefined : await chooseTarget(provider, deadline, prompts));
  if (options['target'] !== undefined) await checkTarget(options['target'], { name, provider, deadline });
  const withTarget = { ...common, ...(target !== undefined && { target }) };
  const ownVersion = await chooseOwnVersion(options, { name, target, isOwnVersion, prompts });
  const live = await liveVersion({ ...withTarget }, { starter, deadline, environment });
  const testCases =
    options['test-cases'] ??
    (await chooseTestCases(
      { ...withTarget, ...live },
      { name, starter, deadline, environment, prompts: required(prompts) },
    ));
  const reruns = options['reruns'] ?? (prompts === undefined ? INIT_RERUNS : await chooseRule(prompts));
  const chosen = { ...withTarget, ...live, 'test-cases': testCases, reruns };
  const checked = readInputs(chosen, environment, 'init');
  const prepared = await check(checked, { starter, deadline, name });
  const uses =
    givenUses ??
    (await required(prompts).text(USES_QUESTION, (text) => (isUses(text) ? undefined : `It ${USES_FORM}`)));
  if ([target ?? '', testCases].some((text) => hasExpression(text))) {
    throw new InitError('test-cases and target cannot hold "${{": GitHub would carry it out. Use ids.');
  }

  const text = renderWorkflow({
    provider: PROVIDERS[name],
    uses,
    target,
    version: live.version,
    testCases,
    reruns: checked.inputs.reruns,
    names: prepared.names,
    testCaseCount: prepared.testCases.length,
    apiUrl: options['api-url'],
    ownVersion,
  });
  const { script } = ownVersion ?? {};
  const scriptPath = join(root, script?.path ?? '');
  // The user may have changed it: only a file that is not there is written.
  const isKept = script !== undefined && !isForced && (await exists(scriptPath));
  if (script !== undefined && !isKept) await writeNew(scriptPath, script.text, isForced);
  await writeNew(workflowPath, text, isForced);
  const tested = ownVersion === undefined ? ` on ${prepared.subject.title}` : '';
  out.line(`Wrote ${workflowPath}: ${formatCaseCount(prepared.testCases.length)}${tested}.`);
  if (script !== undefined) {
    out.line(
      isKept ? `Kept ${scriptPath}, which exists.` : `Wrote ${scriptPath}, which makes ${script.makes}.`,
    );
  }
  for (const [index, step] of nextSteps(name, uses, target, ownVersion).entries())
    out.line(`${index + 1}. ${step}`);
  return EXIT.passed;
}

/** A start of anything, so that the other options are checked before one is asked about the rest. */
const PLACEHOLDERS = { 'batch-id': 'placeholder', target: '', version: '', 'test-cases': '', reruns: '' };
const USES_FORM = 'must be OWNER/REPO@REF, like acme/agent-test-gate@v2.';
const USES_QUESTION = 'Which copy of the action? OWNER/REPO@REF, like acme/agent-test-gate@v2';

/** Without a terminal nobody can be asked. */
function requireOptions(options: Options, uses: string | undefined): void {
  const isTargetOptional = providerNamed(options['provider']) === 'bland';
  const missing = [
    ...['provider', 'target', 'test-cases'].filter(
      (name) => !options[name] && !(name === 'target' && isTargetOptional),
    ),
    ...(uses === undefined ? ['uses'] : []),
  ];
  if (missing.length === 0) return;
  throw new UsageError(
    [`Without a terminal, init needs ${missing.map((name) => `--${name}`).join(', ')}.`],
    'init',
  );
}

/** Returns the prompts, which are there wherever something is left to ask. */
function required(prompts: Prompts | undefined): Prompts {
  if (prompts === undefined) throw new InitError('This needs a terminal.');
  return prompts;
}

async function chooseProvider(
  options: Options,
  { env }: Environment,
  prompts: Prompts | undefined,
): Promise<ProviderName> {
  const given = options['provider'];
  if (given !== undefined || prompts === undefined) {
    const name = providerNamed(given);
    if (name === undefined) {
      throw new UsageError(
        [`provider is "${given ?? ''}": it must be ${PROVIDER_NAMES.join(', ')}.`],
        'init',
      );
    }
    return name;
  }
  const withKey = PROVIDER_NAMES.filter((name) => keyOf(name, env) !== undefined);
  if (withKey.length === 0) {
    throw new InitError(
      `No key was found: put it into ${PROVIDER_NAMES.map((name) => PROVIDERS[name].keyVariable).join(' or ')}.`,
    );
  }
  const name = await prompts.select(
    'Where are your tests?',
    // A hint would show only beside the one that is highlighted.
    [...withKey, ...PROVIDER_NAMES.filter((provider) => !withKey.includes(provider))].map((provider) => ({
      value: provider,
      label: withKey.includes(provider)
        ? PROVIDERS[provider].title
        : `${PROVIDERS[provider].title} (${PROVIDERS[provider].keyVariable} is not set)`,
    })),
  );
  if (!withKey.includes(name)) throw new InitError(missingKey(name));
  return name;
}

async function chooseTarget(
  provider: BrowsableProvider,
  deadline: Deadline,
  prompts: Prompts,
): Promise<string> {
  const targets = await prompts.during(`Asking ${provider.title}`, () => provider.listTargets(deadline));
  if (targets.length === 0) {
    throw new InitError(`${provider.title} lists nothing that could be tested with this key.`);
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

/** Refuses a target that the provider does not list, where a start would be the first to find out. */
async function checkTarget(
  target: string,
  { name, provider, deadline }: { name: ProviderName; provider: BrowsableProvider; deadline: Deadline },
): Promise<void> {
  const { title, lacksTarget } = PROVIDERS[name];
  const { kind, id } = splitTarget(target);
  if (lacksTarget === undefined || kind === '') return;
  // A key that may not list them is no fault of the target.
  const targets = await provider.listTargets(deadline).catch((error: unknown) => {
    if (error instanceof ProviderError) return undefined;
    throw error;
  });
  if (targets !== undefined && lacksTarget(targets, { kind, id })) {
    throw new InitError(`target is "${target}": ${title} lists no such ${kind} for this api-key.`);
  }
}

/** Asks for the way to test the pull request's own version; `undefined` where what is live is tested. */
async function chooseOwnVersion(
  options: Options,
  {
    name,
    target,
    isOwnVersion,
    prompts,
  }: {
    name: ProviderName;
    target: string | undefined;
    isOwnVersion: boolean;
    prompts: Prompts | undefined;
  },
): Promise<OwnVersion | undefined> {
  const ownVersion = OWN_VERSIONS[name];
  const { kinds, file, script } = ownVersion;
  const problem =
    options['version'] !== undefined
      ? '--version and --own-version do not go together.'
      : target === undefined || !kinds.includes(splitTarget(target).kind)
        ? `--own-version needs a target like ${kinds[0]}/ID at ${PROVIDERS[name].title}.`
        : undefined;
  if (isOwnVersion) {
    if (problem !== undefined) throw new UsageError([problem], 'init');
    return ownVersion;
  }
  if (prompts === undefined || problem !== undefined) return undefined;
  const answer = await prompts.select('What does a pull request test?', [
    { value: 'live', label: 'What is live', hint: 'nothing else to set up' },
    {
      value: 'own',
      label: 'Its own version',
      hint: `${script === undefined ? 'described by' : `${script.makes}, made from`} ${file}`,
    },
  ] as const);
  return answer === 'own' ? ownVersion : undefined;
}

const labelOf = ({ name, id }: Pick<AvailableTarget, 'name' | 'id'>): string =>
  cleanLine(name, 80) || cleanLine(id, 80);

/**
 * The version that is live, as the input: at Retell the published one, where the agent has one, because the default is the
 * latest, drafts included. Nothing where the provider's own default is the live one, or a version was given.
 */
async function liveVersion(
  options: Options,
  { starter, deadline, environment }: { starter: BatchStarter; deadline: Deadline; environment: Environment },
): Promise<{ readonly version?: string }> {
  if (options['version'] !== undefined) return { version: options['version'] };
  if (options['provider'] !== 'retell' || options['target']?.startsWith('agent/') !== true) return {};
  const { batchSource } = readInputs(
    { ...options, version: 'published', 'test-cases': '*', reruns: '' },
    environment,
    'init',
  );
  if (batchSource.kind !== 'start') return {};
  const subject = await starter.resolve(batchSource, deadline);
  return 'problem' in subject ? {} : { version: 'published' };
}

async function chooseTestCases(
  options: Options,
  {
    name,
    starter,
    deadline,
    environment,
    prompts,
  }: {
    name: ProviderName;
    starter: BatchStarter;
    deadline: Deadline;
    environment: Environment;
    prompts: Prompts;
  },
): Promise<string> {
  const { title } = PROVIDERS[name];
  const available = await prompts.during('Reading the test cases', () =>
    listTestCases(options, { name, starter, deadline, environment }),
  );
  if (available.length === 0) throw new InitError(noTestCases(name));
  const canTakeAll = wildcardRefusalOf(name) === undefined;
  prompts.note(
    `${title} has ${formatCaseCount(available.length)}`,
    [
      ...available.slice(0, MAX_SHOWN).map(labelOf),
      ...(available.length > MAX_SHOWN ? [`and ${available.length - MAX_SHOWN} more`] : []),
    ].join('\n'),
  );
  if (canTakeAll) {
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
  // Ids and no names: names change, and hold anything.
  return ids.join('\n');
}

/** Reason why `*` is refused at this provider. */
function wildcardRefusalOf(name: ProviderName): string | undefined {
  const { start } = PROVIDERS[name].capabilities;
  return start === false ? undefined : start.selectors.wildcardRefusal;
}

async function listTestCases(
  options: Options,
  {
    name,
    starter,
    deadline,
    environment,
  }: { name: ProviderName; starter: BatchStarter; deadline: Deadline; environment: Environment },
): Promise<readonly AvailableTestCase[]> {
  // Any selector does where `*` is refused: what is listed does not depend on it.
  const selector = wildcardRefusalOf(name) === undefined ? '*' : 'any name';
  const parsed = readInputs({ ...options, 'test-cases': selector, reruns: '' }, environment, 'init');
  const { batchSource } = parsed;
  if (batchSource.kind !== 'start') return [];
  const subject = await starter.resolve(batchSource, deadline);
  if ('problem' in subject) throw new InitError(subject.problem);
  const { testCases } = await starter.testCases({ ...batchSource, subject }, deadline);
  return testCases;
}

const noTestCases = (name: ProviderName): string =>
  `${PROVIDERS[name].title} has no test case for this target yet. How to make one: ${PROVIDERS[name].testCasesPage}`;

function chooseRule(prompts: Prompts): Promise<string> {
  return prompts.select('When does a failure count?', [
    {
      value: INIT_RERUNS,
      label: 'When 3 of at most 5 runs did not pass',
      hint: 'recommended: judges and agents err now and then',
    },
    { value: '2/3', label: 'When 2 of at most 3 runs did not pass' },
    { value: '1/2', label: 'When it does not pass twice in a row', hint: 'retry once' },
    { value: INPUTS.reruns.default as string, label: 'At once' },
  ]);
}

/** Everything that `run` would refuse before it starts anything. */
async function check(
  { batchSource, inputs }: ParsedInputs,
  { starter, deadline, name }: { starter: BatchStarter; deadline: Deadline; name: ProviderName },
): Promise<Prepared> {
  if (batchSource.kind !== 'start') throw new InitError('test-cases is empty.');
  // First, because a wrong target is no question of test cases.
  const subject = await starter.resolve(batchSource, deadline);
  if ('problem' in subject) throw new InitError(subject.problem);
  const prepared = await prepare(batchSource, {
    starter,
    rule: ruleOf(inputs),
    maxRuns: undefined,
    deadline,
  });
  if (prepared.kind === 'prepared') return prepared;
  throw new InitError(
    `${prepared.problem} How test cases are made: ${PROVIDERS[name].testCasesPage}`,
    prepared.cause === 'provider' ? EXIT.notPassed : EXIT.refused,
  );
}

function nextSteps(
  name: ProviderName,
  uses: string,
  target = '',
  ownVersion?: OwnVersion | undefined,
): readonly string[] {
  const { title, keyVariable } = PROVIDERS[name];
  return [
    ...(ownVersion === undefined
      ? []
      : [
          `Write ${ownVersion.file}, ${ownVersion.holds(splitTarget(target).kind)}: ${documentOf(uses, `deploying.md#${ownVersion.script === undefined ? 'with-target-config' : 'with-a-script'}`)}`,
        ]),
    `Set the secret: gh secret set ${keyVariable}`,
    `Commit the ${ownVersion === undefined ? 'file' : 'files'} on a branch, and open a pull request: the job runs there.`,
    `Make the check "Agent tests at ${title}" required: Settings > Rules > Rulesets.`,
  ];
}

/** The path from here to the root of the repository, where alone GitHub looks for workflows; empty where there is none. */
async function repositoryRoot(): Promise<string> {
  const here = resolve('.');
  for (let folder = here; ; folder = dirname(folder)) {
    const isRoot = await stat(join(folder, '.git')).then(
      () => true,
      () => false,
    );
    if (isRoot) return relative(here, folder);
    if (dirname(folder) === folder) return '';
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path)).close();
    return true;
  } catch (error) {
    return Reflect.get(Object(error), 'code') !== 'ENOENT';
  }
}

/** Never over a file that appeared meanwhile, unless it is forced. */
async function writeNew(path: string, text: string, isForced: boolean): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, isForced ? 'w' : 'wx');
    await file.writeFile(text).finally(() => file.close());
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code');
    if (code === 'EEXIST') throw new InitError(`${path} exists: --force overwrites it.`);
    throw new InitError(
      `${path} could not be written: ${error instanceof Error ? error.message : String(error)}`,
      EXIT.notPassed,
    );
  }
}
