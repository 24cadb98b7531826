import { ok, type Result, refused } from '../domain/result.ts';
import { parseSelectors } from '../domain/selectors.ts';
import {
  type ComparedWith,
  type Mode,
  parseTarget,
  parseVersion,
  type TargetConfig,
  type Version,
} from '../domain/target.ts';
import { quote } from '../domain/wording.ts';
import type { BatchSource } from '../execution/prepare.ts';
import { PROVIDER_NAMES, PROVIDERS, type ProviderName } from '../providers/registry.ts';
import type { ConfigFile } from './target-config.ts';

/** The inputs that say what to gate on, as far as they are right by themselves. */
export interface BatchSourceInputs {
  readonly provider?: ProviderName;
  readonly batchIds?: readonly string[] | undefined;
  readonly testCases?: string | undefined;
  readonly target?: string | undefined;
  readonly version?: string | undefined;
  readonly mode?: Mode | undefined;
  /** The path, and what it leads to. */
  readonly targetConfig?: string | undefined;
  readonly configFile?: ConfigFile | undefined;
  readonly compareWith?: string | undefined;
  readonly reruns?: unknown;
  readonly repeat?: unknown;
}

/** The batches to gate on, or complaints about these inputs, as sentences. */
interface BatchSourceReading {
  /** Absent without a complaint where `provider`, `batch-id` or `test-cases` is wrong by itself. */
  readonly batchSource?: BatchSource;
  readonly problems: readonly string[];
}

/** Combines `batch-id`, `test-cases` and all that goes with one of them. */
export function readBatchSource(inputs: BatchSourceInputs): BatchSourceReading {
  const { provider, batchIds, testCases } = inputs;
  // An input that is wrong by itself is not there.
  if (!('batchIds' in inputs && 'testCases' in inputs)) return { problems: [] };
  if ((batchIds === undefined) === (testCases === undefined)) {
    const which =
      batchIds === undefined ? 'Neither test-cases nor batch-id is' : 'test-cases and batch-id are both';
    return {
      problems: [
        `${which} set: give test-cases to start a batch here, or batch-id to judge one that something else started.`,
      ],
    };
  }
  if (provider === undefined) return { problems: problemsAtEveryProvider(inputs) };
  return batchIds === undefined ? startSource(provider, inputs) : givenSource(provider, batchIds, inputs);
}

/** Complaints that do not depend on the provider. */
function problemsAtEveryProvider(inputs: BatchSourceInputs): readonly string[] {
  const all = PROVIDER_NAMES.map((provider) => readBatchSource({ ...inputs, provider }).problems);
  const [first = [], ...others] = all;
  const same = first.filter((problem) => others.every((problems) => problems.includes(problem)));
  const isAbout = (name: string) => (problem: string) => new RegExp(`^${name}(:| is )`).test(problem);
  const refusedByAll = (['target', 'version'] as const).filter(
    (name) =>
      inputs[name] !== undefined &&
      !same.some(isAbout(name)) &&
      all.every((problems) => problems.some(isAbout(name))),
  );
  return [
    ...same,
    ...refusedByAll.map(
      (name) => `${name} is ${quote(inputs[name] ?? '')}: check it, since no provider takes that.`,
    ),
  ];
}

function givenSource(
  provider: ProviderName,
  batchIds: readonly string[],
  { target, version, mode, targetConfig, compareWith, reruns, repeat }: BatchSourceInputs,
): BatchSourceReading {
  const { title, capabilities } = PROVIDERS[provider];
  const problems: string[] = [];
  const repeats = reruns !== undefined || repeat !== undefined;
  const needsVersion = capabilities.start.isTargetOptional;
  if (target !== undefined) problems.push('target goes with test-cases only: a given batch has its own.');
  if (mode !== undefined) {
    problems.push(
      capabilities.modes === false
        ? noModes(title)
        : 'mode goes with test-cases only: a given batch has its own, and its re-runs use it.',
    );
  }
  if (targetConfig !== undefined) {
    problems.push('target-config goes with test-cases only: a given batch has its own.');
  }
  if (compareWith !== undefined) problems.push('compare-with goes with test-cases only.');
  if (version !== undefined && !(needsVersion && repeats)) {
    problems.push(
      needsVersion
        ? 'version goes with test-cases, or with reruns or repeat of a given batch: leave it out.'
        : `version goes with test-cases only: a batch of ${title} says what it tested.`,
    );
  }
  if (repeats && needsVersion && version === undefined) {
    problems.push(
      `reruns and repeat of a given batch need version at ${title}, since the batch does not say what it tested: a number, or production.`,
    );
  }
  if (problems.length > 0) return { problems };
  const parsed = readVersion(provider, version, undefined);
  return parsed.kind === 'refused'
    ? { problems: [parsed.problem] }
    : { batchSource: { kind: 'given', batchIds, version: parsed.value }, problems };
}

function startSource(provider: ProviderName, inputs: BatchSourceInputs): BatchSourceReading {
  const { testCases = '', target, version, mode, compareWith, targetConfig } = inputs;
  const { title, capabilities } = PROVIDERS[provider];
  const { start, modes } = capabilities;
  const problems: string[] = [];
  const accept = <T>(parsed: Result<T>): T | undefined => {
    if (parsed.kind === 'ok') return parsed.value;
    problems.push(parsed.problem);
    return undefined;
  };
  if (mode !== undefined && modes === false) problems.push(noModes(title));
  const selectors = accept(parseSelectors(testCases, { title, ...start.selectors }));
  // One that is wrong by itself is not there, and has its complaint.
  if ('target' in inputs && target === undefined && !start.isTargetOptional) {
    const kinds = start.targetKinds.map((kind) => `${kind}/ID`).join(', ');
    problems.push(`target is empty: say what is under test at ${title} (${kinds}).`);
  }
  const tested =
    target === undefined ? undefined : accept(parseTarget(target, { title, kinds: start.targetKinds }));
  const config = accept(readConfig(provider, inputs));
  if (targetConfig !== undefined && version !== undefined) {
    problems.push('version and target-config do not go together: the file is what is tested.');
  }
  const parsedVersion = accept(readVersion(provider, version, tested?.kind));
  const comparedVersion =
    compareWith === undefined
      ? undefined
      : accept(readComparedWith(provider, { compareWith, kind: tested?.kind, targetConfig }));
  if (problems.length > 0 || selectors === undefined) return { problems };
  return {
    batchSource: {
      kind: 'start',
      ...{ target: tested, version: parsedVersion, selectors, compareWith: comparedVersion },
      ...(config !== undefined && { config }),
      ...(modes !== false && { mode: mode ?? modes.fallback }),
    },
    problems,
  };
}

const noModes = (title: string): string => `mode: ${title} has no modes to choose from. Leave it out.`;

/** The configuration in the file, if it is one that this provider takes. */
function readConfig(
  provider: ProviderName,
  { targetConfig: path, configFile }: Pick<BatchSourceInputs, 'targetConfig' | 'configFile'>,
): Result<TargetConfig | undefined> {
  if (path === undefined) return ok(undefined);
  const { title, capabilities } = PROVIDERS[provider];
  const { targetConfig: rules } = capabilities;
  if ('instead' in rules) {
    return refused(
      `target-config: a batch of ${title} cannot take a configuration with it. ${rules.instead}`,
    );
  }
  const refusedFile = (why: string) => refused(`target-config is ${quote(path)}: ${why}.`);
  if (configFile === undefined) return refusedFile('it was not read');
  if (configFile.kind === 'refused') return refusedFile(configFile.problem);
  const { json } = configFile.value;
  const problem = rules.problemOf(json);
  return problem === undefined ? ok({ name: path, json }) : refusedFile(problem);
}

function readComparedWith(
  provider: ProviderName,
  {
    compareWith,
    kind,
    targetConfig,
  }: Pick<BatchSourceInputs, 'targetConfig'> & { compareWith: string; kind: string | undefined },
): Result<ComparedWith | undefined> {
  if (compareWith !== 'live') return readVersion(provider, compareWith, kind, 'compare-with');
  return targetConfig === undefined
    ? refused('compare-with: live goes with target-config only: leave it out.')
    : ok({ kind: 'live' });
}

function readVersion(
  provider: ProviderName,
  version: string | undefined,
  targetKind: string | undefined,
  name = 'version',
): Result<Version | undefined> {
  const { title, capabilities } = PROVIDERS[provider];
  if (capabilities.versions === false) {
    return version === undefined
      ? ok(undefined)
      : refused(`${name}: ${title} has no versions to choose from. Leave it out.`);
  }
  return parseVersion(version, capabilities.versions, {
    title,
    targetKind: targetKind ?? capabilities.start.targetKinds[0],
    name,
  });
}
