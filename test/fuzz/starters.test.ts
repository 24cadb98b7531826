import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Deadline } from '../../src/clock.ts';
import { parseSelectors } from '../../src/domain/selectors.ts';
import { ProviderError } from '../../src/errors.ts';
import { prepare } from '../../src/execution/prepare.ts';
import type { Http } from '../../src/http/json-client.ts';
import { connect } from '../../src/providers/registry.ts';
import type { Candidate, Contents } from '../../src/providers/starter.ts';
import { readSample } from '../emulators/samples.ts';
import { type Json, mutate, mutation } from './mutations.ts';

const FLOW = 'conversation_flow_3b21278178ed';
const PATHWAY = 'e7575763-8f68-5232-8e7a-949df1cad4c9';
const ENGINE = { type: 'conversation-flow', conversation_flow_id: FLOW, version: 12 };

/** What each request is answered with, by the beginning of its path; the first that fits. */
const WORLDS = {
  retell: {
    target: { kind: 'agent', id: 'agent_1' },
    answers: {
      'get-agent': { agent_id: 'agent_1', agent_name: 'Front desk', version: 5, response_engine: ENGINE },
      'list-agent-versions': { items: [{ version: 5, is_published: true }], has_more: false },
      'get-conversation-flow': { conversation_flow_id: FLOW, version: 12 },
      'v2/list-test-case-definitions': {
        items: [
          { test_case_definition_id: 'a', name: 'A' },
          { test_case_definition_id: 'b', name: 'B' },
        ],
        has_more: false,
      },
      'create-batch-test': readSample<Json>('retell__create-batch-test__201'),
      'v2/list-batch-tests': { ...readSample<object>('retell__list-batch-tests-v2'), has_more: false },
      'v2/list-test-runs': readSample<Json>('retell__list-test-runs-v2__all-pass'),
    },
  },
  bland: {
    target: { kind: 'pathway', id: PATHWAY },
    answers: {
      'v1/pathway': [{ version_number: 4 }, { version_number: 5 }],
      'v1/agent-testing/scenarios': readSample<Json>('bland__list-scenarios__docs'),
      'v1/agent-testing/batch-run': readSample<Json>('bland__batch-run__200-enveloped'),
      'v1/agent-testing/runs': readSample<Json>('bland__list-runs__by-batch'),
      'v1/agent-testing/batches': readSample<Json>('bland__get-batch__passed'),
    },
  },
} as const;

const deadline: Deadline = { until: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
const isFault = (error: unknown): boolean =>
  error instanceof Error && ['MalformedAnswer', 'ErrorInAnswer', 'Refusal'].includes(error.name);

/** As the real one: what cannot be read is a `ProviderError`, or nobody knows; everything else is a mistake of ours. */
function httpOf(answers: Readonly<Record<string, Json>>): Http {
  const bodyOf = (path: readonly string[]): Json => {
    const found = Object.entries(answers).find(([start]) => path.join('/').startsWith(start));
    if (found === undefined) throw new Error(`Nothing answers ${path.join('/')}.`);
    return found[1];
  };
  const about = { date: undefined };
  return {
    async getJson({ path, read }) {
      try {
        return read(bodyOf(path), about);
      } catch (error) {
        if (!isFault(error)) throw error;
        throw new ProviderError(String(error), { cause: error });
      }
    },
    async postJsonOnce({ path, read }) {
      try {
        return { kind: 'accepted', value: read(bodyOf(path), about) };
      } catch (error) {
        if (!isFault(error)) throw error;
        return { kind: 'unknown', problem: String(error), at: 0 };
      }
    },
    command: () => Promise.reject(new Error('nothing is ended here')),
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
  readonly contents?: Contents | undefined;
}

/** Everything that a start asks for, as far as it comes. */
async function start(name: keyof typeof WORLDS, answers: Readonly<Record<string, Json>>): Promise<Told> {
  const { starter } = connect(name, httpOf(answers));
  const selectors = parseSelectors('*', { title: '', labels: [] });
  if (starter === undefined || selectors.kind === 'refused') throw new Error('It starts nothing.');
  const { target } = WORLDS[name];
  const prepared = await prepare(
    { target, version: { kind: 'number', number: 5 }, selectors: selectors.selectors },
    { starter, rule: { kind: 'every-run' }, maxRuns: undefined, deadline },
  );
  if (prepared.kind === 'refused') {
    expect(prepared.problem).not.toBe('');
    return {};
  }
  const { subject, testCases } = prepared;
  const posted = await starter.post(subject, testCases, deadline);
  const lists = starter.lists(subject, testCases);
  const listing = await orProviderError(() => lists.list(deadline));
  const first = listing?.batches[0]?.id;
  return {
    testCases,
    request: subject.request,
    batchId: posted.kind === 'accepted' ? posted.value : undefined,
    batches: listing?.batches,
    contents:
      first === undefined ? undefined : await orProviderError(() => lists.contentsOf(first, deadline)),
  };
}

const isId = (id: unknown): boolean => typeof id === 'string' && id !== '';

describe.each(Object.keys(WORLDS) as (keyof typeof WORLDS)[])('a start at %s', (name) => {
  const { answers } = WORLDS[name];

  test('goes through with right answers', async () => {
    const told = await start(name, answers);
    expect(told.testCases?.length).toBeGreaterThan(1);
    expect(told.batchId).toMatch(/^(test_batch_|6be3b15b)/);
    expect(told.batches?.length).toBeGreaterThan(0);
  });

  test('whatever is answered: ids are ids, the version is a number, and nothing but a ProviderError is thrown', async () => {
    const spoilt = fc.array(fc.record({ at: fc.nat(), mutation }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(spoilt, async (mutations) => {
        const changed: Record<string, Json> = { ...answers };
        const names = Object.keys(answers);
        for (const each of mutations) {
          const place = names[each.at % names.length] ?? '';
          changed[place] = mutate(changed[place] ?? null, each.mutation).json;
        }
        const told = await start(name, changed);
        expect((told.testCases ?? []).every(isId)).toBe(true);
        expect(new Set(told.testCases).size).toBe(told.testCases?.length ?? 0);
        expect(told.batchId === undefined || isId(told.batchId)).toBe(true);
        expect((told.batches ?? []).every(({ id }) => isId(id))).toBe(true);
        expect((told.contents?.testCases ?? []).every((id) => typeof id === 'string')).toBe(true);
        if (told.request !== undefined) {
          const { response_engine: engine, version_number: version } = told.request as {
            response_engine?: { version?: unknown };
            version_number?: unknown;
          };
          expect(typeof (name === 'retell' ? engine?.version : version)).toBe('number');
        }
      }),
      { numRuns: 1_000, seed: 20260914 },
    );
  });
});
