import { type Parsed, parseSelectors } from '../domain/selectors.ts';
import { parseTarget, parseVersion, type Version } from '../domain/target.ts';
import type { Wanted } from '../execution/prepare.ts';
import { PROVIDERS, type ProviderName } from '../providers/registry.ts';

/** The inputs that say it, as far as they are right by themselves. */
export interface WantedInputs {
  readonly provider?: ProviderName;
  readonly batchIds?: readonly string[] | undefined;
  readonly testCases?: string | undefined;
  readonly target?: string | undefined;
  readonly version?: string | undefined;
  readonly compareWith?: string | undefined;
  readonly reruns?: unknown;
  readonly repeat?: unknown;
}

/**
 * What `batch-id`, `test-cases`, `target` and `version` mean together; every complaint about them as a sentence;
 * `undefined` where the provider, or one of the two that say what to gate on, is wrong by itself.
 */
export function readWanted(
  inputs: WantedInputs,
): Wanted | { readonly problems: readonly string[] } | undefined {
  const { provider, batchIds, testCases } = inputs;
  // An input that is wrong by itself is not there.
  if (!('batchIds' in inputs && 'testCases' in inputs)) return undefined;
  if ((batchIds === undefined) === (testCases === undefined)) {
    return {
      problems: [
        batchIds === undefined
          ? 'Neither test-cases nor batch-id is set: give test-cases to start a batch here, or batch-id to judge one that something else started.'
          : 'test-cases and batch-id are both set: give test-cases to start a batch here, or batch-id to judge one that something else started.',
      ],
    };
  }
  if (provider === undefined) return undefined;
  return batchIds === undefined
    ? wantsStart(provider, inputs)
    : wantsGiven(provider, { ...inputs, batchIds });
}

function wantsGiven(
  provider: ProviderName,
  {
    batchIds,
    target,
    version,
    compareWith,
    reruns,
    repeat,
  }: WantedInputs & { readonly batchIds: readonly string[] },
): Wanted | { problems: readonly string[] } {
  const { title, can } = PROVIDERS[provider];
  const problems: string[] = [];
  const repeats = reruns !== undefined || repeat !== undefined;
  const needsVersion = can.start !== false && can.start.worksWithoutTarget;
  if (repeats && can.start === false) {
    problems.push(`reruns and repeat start batches, which the action cannot do at ${title}: leave them out.`);
  }
  if (target !== undefined) problems.push('target goes with test-cases only: a given batch has its own.');
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
    : { kind: 'given', batchIds, version: parsed.value };
}

function wantsStart(
  provider: ProviderName,
  { testCases = '', target, version, compareWith }: WantedInputs,
): Wanted | { problems: readonly string[] } {
  const { title, can } = PROVIDERS[provider];
  if (can.start === false) {
    return { problems: [`test-cases: the action cannot start batches at ${title}. Give batch-id instead.`] };
  }
  const problems: string[] = [];
  const accept = <T>(parsed: Parsed<T>): T | undefined => {
    if (parsed.kind === 'parsed') return parsed.value;
    problems.push(parsed.problem);
    return undefined;
  };
  const selectors = accept(parseSelectors(testCases, can.start.selectors));
  if (target === undefined && !can.start.worksWithoutTarget) {
    const kinds = can.start.targets.kinds.map((kind) => `${kind}/ID`).join(', ');
    problems.push(`target is empty: say what is under test at ${title} (${kinds}).`);
  }
  const tested = target === undefined ? undefined : accept(parseTarget(target, can.start.targets));
  const parsedVersion = accept(readVersion(provider, version, tested?.kind));
  const other =
    compareWith === undefined
      ? undefined
      : accept(readVersion(provider, compareWith, tested?.kind, 'compare-with'));
  if (problems.length > 0 || selectors === undefined) return { problems };
  return { kind: 'start', target: tested, version: parsedVersion, selectors, compareWith: other };
}

function readVersion(
  provider: ProviderName,
  version: string | undefined,
  targetKind: string | undefined,
  name = 'version',
): Parsed<Version | undefined> {
  const { title, can } = PROVIDERS[provider];
  if (can.versions === false) {
    return version === undefined
      ? { kind: 'parsed', value: undefined }
      : { kind: 'refused', problem: `${name}: ${title} has no versions to choose from. Leave it out.` };
  }
  const kinds = can.start === false ? [] : can.start.targets.kinds;
  return parseVersion(version, can.versions, { title, targetKind: targetKind ?? kinds[0] ?? '', name });
}
