import { join } from 'node:path';
import { ruleOf } from '../domain/pass-rule.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import { type Prepared, prepare } from '../execution/prepare.ts';
import type { ParsedInputs } from '../inputs/parse-inputs.ts';
import { PROVIDERS, type ProviderName, providerNamed } from '../providers/registry.ts';
import { KeyRefused, ProviderError, RequestRefused } from '../runtime/errors.ts';
import { type Invocation, type Options, UsageError } from './args.ts';
import { INIT_RERUNS } from './commands.ts';
import type { Environment } from './environment.ts';
import { CommandError, EXIT } from './exit.ts';
import { connectProvider, keyHint, readInputs } from './gate-inputs.ts';
import {
  chooseOwnVersion,
  chooseProvider,
  chooseRule,
  chooseTarget,
  chooseTestCases,
  chooseUses,
  type ProviderSession,
  resolveSubject,
} from './init-questions.ts';
import { type OwnVersion, splitTarget } from './own-version.ts';
import { exists, existsError, repositoryRoot, writeNew } from './repository.ts';
import { documentOf, hasExpression, isUses, renderWorkflow, USES_FORM, WORKFLOW_PATH } from './workflow.ts';

/** Time limit of all questions to the provider together, in milliseconds. */
const ASKING_MS = 120_000;

type InitInvocation = Extract<Invocation, { command: 'init' }>;

/** `init`: asks what is not given as an option, checks it at the provider and writes the workflow. Resolves to the exit code. */
export async function init(invocation: InitInvocation, environment: Environment): Promise<number> {
  try {
    return await initAt(invocation, environment);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const name = providerNamed(invocation.options['provider']);
    throw new CommandError(
      [error.message, ...(error instanceof KeyRefused && name !== undefined ? [keyHint(name)] : [])],
      error instanceof RequestRefused ? EXIT.refused : EXIT.notPassed,
    );
  }
}

async function initAt(invocation: InitInvocation, environment: Environment): Promise<number> {
  const { uses, isForced } = invocation;
  if (uses !== undefined && !isUses(uses)) throw new UsageError([`--uses ${USES_FORM}`], 'init');
  if (environment.prompts === undefined) requireOptions(invocation);
  // Before anything is asked: the answers would be lost.
  const root = repositoryRoot();
  const workflowPath = join(root, WORKFLOW_PATH);
  if (!isForced && (await exists(workflowPath))) throw existsError(workflowPath);

  const session = await connect(invocation.options, environment);
  const gate = await chooseGate(invocation, session);
  const { script } = gate.ownVersion ?? {};
  const scriptPath = join(root, script?.path ?? '');
  // The user may have changed it: only a file that is not there is written.
  const isKept = script !== undefined && !isForced && (await exists(scriptPath));
  if (script !== undefined && !isKept) await writeNew(scriptPath, script.text, isForced);
  await writeNew(workflowPath, workflowOf(gate, session), isForced);

  const { out } = environment;
  const { subject, testCases } = gate.prepared;
  const tested = gate.ownVersion === undefined ? ` on ${subject.title}` : '';
  out.line(`Wrote ${workflowPath}: ${formatCaseCount(testCases.length)}${tested}.`);
  if (isKept) out.line(`Kept ${scriptPath}, which exists.`);
  else if (script !== undefined) out.line(`Wrote ${scriptPath}, which makes ${script.product}.`);
  for (const [index, step] of nextSteps(gate, session.name).entries()) out.line(`${index + 1}. ${step}`);
  return EXIT.passed;
}

/** Without a terminal nobody can be asked. */
function requireOptions({ options, uses }: InitInvocation): void {
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

/** In place of options that are asked for later, so that the others are checked first. */
const PLACEHOLDERS = { 'batch-id': 'placeholder', target: '', version: '', 'test-cases': '', reruns: '' };

async function connect(options: Options, environment: Environment): Promise<ProviderSession> {
  const name = await chooseProvider(options, environment);
  const parsed = readInputs({ ...options, provider: name, ...PLACEHOLDERS }, environment, 'init');
  const provider = connectProvider(parsed, environment);
  const deadline = { until: environment.clock.now() + ASKING_MS, signal: environment.signal };
  return { name, provider, deadline, environment };
}

/** The gate that the workflow is to have; everything in it was checked at the provider. */
interface ChosenGate {
  /** Inputs of the gate. */
  readonly options: Options;
  readonly inputs: ParsedInputs['inputs'];
  readonly prepared: Prepared;
  readonly uses: string;
  /** `undefined` where the gate tests what is live. */
  readonly ownVersion: OwnVersion | undefined;
}

/** Asks for what is not given as an option, and checks everything that `run` would refuse before it starts anything. */
async function chooseGate(invocation: InitInvocation, session: ProviderSession): Promise<ChosenGate> {
  const { prompts } = session.environment;
  const given: Options = { ...invocation.options, provider: session.name };
  const target = await chooseTarget(given, session);
  const withTarget = { ...given, ...(target !== undefined && { target }) };
  const ownVersion = await chooseOwnVersion(withTarget, invocation.isOwnVersion, session);
  const version = await liveVersion(withTarget, session);
  const withVersion = { ...withTarget, ...(version !== undefined && { version }) };
  const testCases = given['test-cases'] ?? (await chooseTestCases(withVersion, session));
  const reruns = given['reruns'] ?? (prompts === undefined ? INIT_RERUNS : await chooseRule(prompts));
  const options = { ...withVersion, 'test-cases': testCases, reruns };
  const parsed = readInputs(options, session.environment, 'init');
  const prepared = await check(parsed, session);
  const uses = invocation.uses ?? (await chooseUses(prompts));
  if ([target ?? '', testCases].some(hasExpression)) {
    throw new CommandError('test-cases and target cannot hold "${{": GitHub would carry it out. Use ids.');
  }
  return { options, inputs: parsed.inputs, prepared, uses, ownVersion };
}

/**
 * The input `version` for what is live, unless another one is given: `published` at Retell, where the agent has a published
 * version, since the default there is the latest, drafts included; none elsewhere, since the default is what is live.
 */
async function liveVersion(options: Options, session: ProviderSession): Promise<string | undefined> {
  if (options['version'] !== undefined) return options['version'];
  if (session.name !== 'retell' || options['target']?.startsWith('agent/') !== true) return undefined;
  const published = { ...options, version: 'published', 'test-cases': '*', reruns: '' };
  const { subject } = await resolveSubject(readInputs(published, session.environment, 'init'), session);
  return 'problem' in subject ? undefined : 'published';
}

/** Checks what `run` would refuse before it starts anything. */
async function check(parsed: ParsedInputs, session: ProviderSession): Promise<Prepared> {
  const { provider, deadline, name } = session;
  const { starter } = provider;
  // First, because a wrong target is no question of test cases.
  const { batchSource, subject } = await resolveSubject(parsed, session);
  if ('problem' in subject) throw new CommandError(subject.problem);
  const rule = ruleOf(parsed.inputs);
  const prepared = await prepare(batchSource, { starter, rule, maxRuns: undefined, deadline });
  if (prepared.kind === 'prepared') return prepared;
  throw new CommandError(
    `${prepared.problem} How test cases are made: ${PROVIDERS[name].testCasesPage}`,
    prepared.cause === 'provider' ? EXIT.notPassed : EXIT.refused,
  );
}

function workflowOf({ options, inputs, prepared, uses, ownVersion }: ChosenGate, { name }: ProviderSession) {
  return renderWorkflow({
    ...{ provider: PROVIDERS[name], uses, ownVersion },
    ...{ target: options['target'], version: options['version'], apiUrl: options['api-url'] },
    testCases: options['test-cases'] ?? '',
    reruns: inputs.reruns,
    names: prepared.names,
    testCaseCount: prepared.testCases.length,
  });
}

function nextSteps({ options, uses, ownVersion }: ChosenGate, name: ProviderName): readonly string[] {
  const { title, keyVariable } = PROVIDERS[name];
  return [
    ...(ownVersion === undefined ? [] : [writeFileStep(ownVersion, options['target'] ?? '', uses)]),
    `Set the secret: gh secret set ${keyVariable}`,
    `Commit the ${ownVersion === undefined ? 'file' : 'files'} on a branch, and open a pull request: the job runs there.`,
    `Make the check "Agent tests at ${title}" required: Settings > Rules > Rulesets.`,
  ];
}

function writeFileStep({ file, isWhole, script }: OwnVersion, target: string, uses: string): string {
  const content = isWhole ? `the whole ${splitTarget(target).kind}` : 'what a pull request may change';
  const section = script === undefined ? 'with-target-config' : 'with-a-script';
  return `Write ${file}, ${content}: ${documentOf(uses, `deploying.md#${section}`)}`;
}
