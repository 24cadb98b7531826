/** What a provider answers in one go: the recorded bodies, to be read by the real adapters without a network. */

import type { Verdict } from '../../src/domain/verdict.ts';
import type { HttpClient } from '../../src/http/json-client.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { ProviderError } from '../../src/runtime/errors.ts';
import { type BatchFacts, judgeByEveryRun } from '../judge-by-every-run.ts';
import type { Scene } from '../kits/kit.ts';
import { EACH_KIT, KITS } from '../kits/kits.ts';
import { NO_DEADLINE, readOnly } from '../providers/asking.ts';
import type { Json } from './mutations.ts';

export type { Scene };

/** Every recorded answer that the action reads, and some that are made of them. */
export const scenes: readonly Scene[] = EACH_KIT.flatMap(([, kit]) => kit.scenes);

/** Whether the answers prove that every run of the batch passed, by the provider's own kit. */
export const isProof = (scene: Scene): boolean => KITS[scene.provider].isProof(scene);

/** How the reading of a scene ended. */
export interface Reading {
  /** `undefined` where the batch could not be read. */
  readonly verdict?: Verdict;
  readonly facts: BatchFacts;
  /** The provider's error, if there was one. */
  readonly problem?: string;
}

/** Looks, reads the runs and their details, and judges. Throws what is no `ProviderError`. */
export async function readScene(scene: Scene): Promise<Reading> {
  const adapter = PROVIDERS[scene.provider].createAdapter(httpOf(scene));
  const conclude = (watched: BatchFacts['batches'][number]): Reading => {
    const ending = watched.batch?.settled === false ? 'deadline' : 'settled';
    const facts = {
      batches: [watched],
      ending,
      providerTitle: 'Retell',
      timeoutMinutes: 1,
      now: NOW,
    } as const;
    return {
      facts,
      verdict: judgeByEveryRun(facts).verdict,
      ...(watched.problem === undefined ? {} : { problem: watched.problem }),
    };
  };
  try {
    const look = await adapter.fetchBatch(scene.batchId, NO_DEADLINE);
    const batch = await adapter.fetchRuns(look, NO_DEADLINE);
    const explained = (await adapter.fetchFailureDetails?.(batch, NO_DEADLINE, new Set())) ?? batch;
    // A second look would show the same list.
    return conclude({ id: scene.batchId, batch: explained, isListConfirmed: true });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return conclude({ id: scene.batchId, problem: error.message });
  }
}

/** Later than every recording. */
const NOW = Date.UTC(2026, 8, 15);

/** Answers with the bodies of the scene; a list gives its pages in order, and after them what its kit says. */
function httpOf({ provider, bodies, pages }: Scene): HttpClient {
  const { partOf, afterLast } = KITS[provider];
  let listed = 0;
  const nextPage = (): Json | undefined => {
    listed += 1;
    return listed > pages ? afterLast(bodies[pages] ?? null) : bodies[listed];
  };
  return readOnly(async ({ path, read }) => {
    const part = partOf(path);
    if (part === 'beside') throw new ProviderError('GET x answered 403.');
    const body = part === 'page' ? nextPage() : part === 'detail' ? bodies[pages + 1] : bodies[0];
    try {
      return read(body, { date: undefined });
    } catch (error) {
      // As the real one does in the end; everything else is a mistake in an adapter.
      const isFault =
        error instanceof Error &&
        ['InvalidResponse', 'ErrorResponse', 'UnusableResponse'].includes(error.name);
      throw isFault ? new ProviderError(`GET x ${error.message}`, { cause: error }) : error;
    }
  });
}
