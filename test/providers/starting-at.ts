import { onTestFinished } from 'vitest';
import type { Mode, TargetConfig, Version } from '../../src/domain/target.ts';
import { type BatchSource, prepare } from '../../src/execution/prepare.ts';
import { type StartResult, startBatchOnce } from '../../src/execution/start.ts';
import type { StartName } from '../../src/execution/start-name.ts';
import { readBatchSource } from '../../src/inputs/batch-source.ts';
import type { ProviderName } from '../../src/providers/registry.ts';
import type { BatchStarter, Subject } from '../../src/providers/starter.ts';
import type { Emulator, EmulatorOptions } from '../emulators/server.ts';
import { virtualClock } from '../virtual-clock.ts';
import { type Asking, asking } from './asking.ts';

/** The inputs as a user writes them. */
export interface Wish {
  readonly target?: string | undefined;
  readonly version?: string;
  /** Default: everything there is, where that can be asked for. */
  readonly testCases?: string;
  readonly mode?: Mode;
  readonly config?: TargetConfig;
}

/** A starter at an emulator, both on one virtual clock. */
export interface Starting<E> extends Asking {
  readonly emulator: E;
  readonly starter: BatchStarter;
  /** The subject that the inputs name; throws where it is refused. */
  resolve(wish: Wish): Promise<Subject>;
  /** What the gate would start with these inputs, or the sentence that refuses it. */
  prepare(wish: Wish): ReturnType<typeof prepare>;
  /** The ids of what the gate would start, or the sentence that refuses it. */
  select(wish: Wish): Promise<readonly string[] | string>;
  /** Starts one batch as the gate does. */
  start(testCases: readonly string[], wish: Wish, name?: StartName): Promise<StartResult>;
  /** The subject of a given batch, `b1` unless it says otherwise. */
  tested(batchId?: string): Promise<ReturnType<BatchStarter['resolveTested']>>;
}

/** `given` is the input `version` beside `batch-id`. */
export async function startingAt<Options extends EmulatorOptions, E extends Emulator>(
  name: ProviderName,
  startEmulator: (options: Options) => Promise<E>,
  options: Options,
  given?: Version,
): Promise<Starting<E>> {
  const clock = virtualClock();
  const emulator = await startEmulator({ now: clock.now, epoch: clock.epoch, ...options });
  onTestFinished(() => emulator.close());
  const asked = asking(name, emulator.url, 'test-key', { clock, version: given });
  const { provider, deadline } = asked;
  const { starter } = provider;

  const prepareWish: Starting<E>['prepare'] = async (wish) => {
    const source = sourceOf(name, wish);
    if ('problems' in source) return { kind: 'refused', problem: source.problems.join(' ') };
    const rule = { kind: 'every-run' } as const;
    return prepare(source, { starter, rule, maxRuns: undefined, deadline: deadline() });
  };
  const resolve: Starting<E>['resolve'] = async (wish) => {
    const source = sourceOf(name, wish);
    if ('problems' in source) throw new Error(source.problems.join(' '));
    const subject = await starter.resolveTarget(source, deadline());
    if ('problem' in subject) throw new Error(subject.problem);
    return subject;
  };
  return {
    ...asked,
    emulator,
    starter,
    resolve,
    prepare: prepareWish,
    async select(wish) {
      const prepared = await prepareWish(wish);
      return prepared.kind === 'refused' ? prepared.problem : prepared.testCases;
    },
    start: async (testCases, wish, startName) =>
      startBatchOnce({
        ...{ starter, subject: await resolve(wish), testCases, name: startName, alreadyStarted: new Set() },
        ...{ clock, deadline: deadline(), log: () => undefined },
      }),
    tested: async (batchId) => starter.resolveTested(await asked.look(batchId)),
  };
}

/** The inputs as the gate has them. */
export function sourceOf(
  provider: ProviderName,
  { config, ...wish }: Wish,
): Extract<BatchSource, { kind: 'start' }> | { readonly problems: readonly string[] } {
  const testCases = provider === 'vapi' ? 'a name' : '*';
  const { batchSource, problems } = readBatchSource({ provider, batchIds: undefined, testCases, ...wish });
  if (problems.length > 0) return { problems };
  if (batchSource?.kind !== 'start') throw new Error('Nothing can be started.');
  return { ...batchSource, config };
}
