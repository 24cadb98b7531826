import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mismatchWith } from '../../src/domain/claims.ts';
import { parseSelectors } from '../../src/domain/selectors.ts';
import { prepare } from '../../src/execution/prepare.ts';
import { resolveTestedSubject } from '../../src/execution/tested-subject.ts';
import type { HttpClient } from '../../src/http/json-client.ts';
import { connect, type ProviderName } from '../../src/providers/registry.ts';
import type { BatchContents, Candidate } from '../../src/providers/starter.ts';
import type { Deadline } from '../../src/runtime/clock.ts';
import { ProviderError } from '../../src/runtime/errors.ts';
import type { StartWorld } from '../kits/kit.ts';
import { EACH_KIT } from '../kits/kits.ts';
import { cases } from './cases.ts';
import { type Json, mutate, mutation } from './mutations.ts';

/** For each provider. */
const CASES = cases(250);

const deadline: Deadline = { until: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
const isFault = (error: unknown): boolean =>
  error instanceof Error && ['InvalidResponse', 'ErrorResponse', 'UnusableResponse'].includes(error.name);

/** As the real one: what cannot be read is a `ProviderError`, or nobody knows; everything else is a mistake of ours. */
function httpOf(answers: Readonly<Record<string, Json>>): HttpClient {
  const bodyOf = (method: string, path: readonly string[]): Json => {
    const line = `${method} ${path.join('/')}`;
    const found = Object.entries(answers).find(([start]) => line.startsWith(start));
    if (found === undefined) throw new Error(`Nothing answers ${line}.`);
    return found[1];
  };
  const about = { date: undefined };
  return {
    async getJson({ path, read }) {
      try {
        return read(bodyOf('GET', path), about);
      } catch (error) {
        if (!isFault(error)) throw error;
        throw new ProviderError(String(error), { cause: error });
      }
    },
    async postJsonOnce({ path, read }) {
      try {
        return { kind: 'accepted', value: read(bodyOf('POST', path), about) };
      } catch (error) {
        if (!isFault(error)) throw error;
        return { kind: 'unknown', problem: String(error), at: 0 };
      }
    },
    sendCommand: () => Promise.reject(new Error('nothing is ended here')),
  };
}

async function orProviderError<T>(task: () => Promise<T>): Promise<T | undefined> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

interface Told {
  readonly testCases?: readonly string[] | undefined;
  readonly request?: unknown;
  readonly batchId?: string | undefined;
  readonly batches?: readonly Candidate[] | undefined;
  readonly contents?: BatchContents | undefined;
}

/** Everything that a start asks for, as far as it comes. */
async function start(
  name: ProviderName,
  { target, version, testCases: input }: StartWorld,
  answers: Readonly<Record<string, Json>>,
): Promise<Told> {
  const { starter } = connect(name, httpOf(answers));
  const selectors = parseSelectors(input, { title: '', labels: ['suite'] });
  if (selectors.kind === 'refused') throw new Error('It starts nothing.');
  const prepared = await prepare(
    { target, version, selectors: selectors.value },
    { starter, rule: { kind: 'every-run' }, maxRuns: undefined, deadline },
  );
  if (prepared.kind === 'refused') {
    expect(prepared.problem).not.toBe('');
    return {};
  }
  const { subject, testCases } = prepared;
  const posted = await starter.startBatch(subject, testCases, deadline);
  const listing = await orProviderError(async () =>
    starter.listBatches?.({ subject, testCases, since: 0 }, deadline),
  );
  const first = listing?.batches[0]?.id;
  return {
    testCases,
    request: subject.request,
    batchId: posted.kind === 'accepted' ? posted.value.id : undefined,
    batches: listing?.batches,
    contents:
      first === undefined
        ? undefined
        : await orProviderError(() => starter.readBatchContents(first, deadline)),
  };
}

const isId = (id: unknown): boolean => typeof id === 'string' && id !== '';

describe.each(EACH_KIT)('a start at %s', (name, { starting, scenes: scenesOf }) => {
  const { answers, batchId, isResolved } = starting;

  test('goes through with right answers', async () => {
    const told = await start(name, starting, answers);
    expect(told.testCases?.length).toBeGreaterThan(1);
    expect(told.batchId).toBe(batchId);
    expect(told.batches?.length).toBeGreaterThan(0);
    expect(told.contents?.testCases.length).toBeGreaterThan(0);
    expect(isResolved(told.request)).toBe(true);
  });

  test(`whatever a batch says that it tested: it agrees, or says in words what is wrong (${CASES} cases)`, async () => {
    const { starter } = connect(name, httpOf(answers));
    const { target, version } = starting;
    const subject = await starter.resolveTarget({ target, version }, deadline);
    if ('problem' in subject) throw new Error('Nothing is resolved.');
    const scenes = scenesOf.filter((scene) => scene.pages + 1 >= scene.bodies.length);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...scenes),
        fc.array(mutation, { maxLength: 3 }),
        async (scene, all) => {
          const body = all.reduce<Json>((json, each) => mutate(json, each).json, scene.bodies[0] ?? null);
          const http = { ...httpOf({}), getJson: httpOf({ 'GET ': body }).getJson };
          const batch = await orProviderError(() => connect(name, http).fetchBatch(scene.batchId, deadline));
          if (batch === undefined) return;
          const mismatch = mismatchWith(subject.claims, batch);
          expect(mismatch ?? 'it tested').toMatch(/^it tested ?/);
          const again = resolveTestedSubject(starter, batch);
          // What would be tested again is what the batch says that it tested.
          if (!('problem' in again))
            expect(mismatchWith(again.claims, { claims: batch.claims })).toBeUndefined();
        },
      ),
      { numRuns: CASES, seed: 20261130 },
    );
  });

  test(`whatever is answered: ids are ids, what is tested is what was asked for, and nothing but a ProviderError is thrown (${CASES} cases)`, async () => {
    const names = Object.keys(answers);
    const spoilt = fc.array(fc.record({ at: fc.nat(), mutation }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(spoilt, async (mutations) => {
        const changed: Record<string, Json> = { ...answers };
        for (const each of mutations) {
          const place = names[each.at % names.length] ?? '';
          changed[place] = mutate(changed[place] ?? null, each.mutation).json;
        }
        const told = await start(name, starting, changed);
        expect((told.testCases ?? []).every(isId)).toBe(true);
        expect(new Set(told.testCases).size).toBe(told.testCases?.length ?? 0);
        expect(told.batchId === undefined || isId(told.batchId)).toBe(true);
        expect((told.batches ?? []).every(({ id }) => isId(id))).toBe(true);
        expect((told.contents?.testCases ?? []).every((id) => typeof id === 'string')).toBe(true);
        if (told.request !== undefined) expect(isResolved(told.request)).toBe(true);
      }),
      { numRuns: CASES, seed: 20260914 },
    );
  });
});
