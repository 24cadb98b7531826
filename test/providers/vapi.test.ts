import { type Vapi, VapiClient } from '@vapi-ai/server-sdk';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import { findContradictions } from '../../src/domain/integrity.ts';
import { ResponseTooLarge } from '../../src/http/failure.ts';
import { vapi } from '../../src/providers/vapi/read.ts';
import { ProviderError } from '../../src/runtime/errors.ts';
import { readSample } from '../emulators/samples.ts';
import { many } from '../emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT, type VapiOptions } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { asking, gate, NO_DEADLINE, readOnly } from './asking.ts';

const recorded = (name: string): Record<string, unknown> => readSample(`vapi__get-simulation-run__${name}`);
const items = readSample<Vapi.SimulationRunItem[]>('vapi__list-simulation-run-items__ended');
const run = { ...recorded('ended-all-pass'), id: 'b1' };
const counts = (total: number, more: object = {}) => ({
  total,
  passed: total,
  failed: 0,
  running: 0,
  queued: 0,
  canceled: 0,
  ...more,
});
const EVALUATION = { name: 'date', passed: true, required: true };
const passedItem = {
  id: 'i1',
  simulationId: 's1',
  status: 'passed',
  results: { passed: true, evaluations: [EVALUATION] },
};

/** Reads batch `b1` of an emulator once. */
async function read(options: VapiOptions): Promise<Batch> {
  await using emulator = await startVapi(options);
  return await asking('vapi', emulator.url).read();
}

/** Waits for batch `b1` of an emulator, and judges it. */
async function judged(options: VapiOptions) {
  await using emulator = await startVapi(options);
  return await gate(asking('vapi', emulator.url));
}

/** Reads one run with these items. */
const readItems = (listed: readonly object[], itemCounts: object | null = counts(listed.length)) =>
  read({ batches: [{ id: 'b1', looks: [{ ...run, itemCounts }], listings: [listed, []] }] });

describe('a look', () => {
  test.each<[string, Partial<Batch>]>([
    ['running', { settled: false, announced: { total: 3, passed: 1, failed: 0, cancelled: 0 } }],
    ['ended-all-pass', { settled: true, announced: { total: 3, passed: 3, failed: 0, cancelled: 0 } }],
    ['ended-some-fail', { settled: true, announced: { total: 3, passed: 2, failed: 1, cancelled: 0 } }],
    ['ended-canceled', { settled: true, announced: { total: 3, passed: 1, failed: 0, cancelled: 2 } }],
  ])('%s: how far it is, and no verdict', async (name, expected) => {
    const body = recorded(name);
    const id = String(body['id']);
    await using emulator = await startVapi({ batches: [{ id, looks: [body] }] });
    const batch = await asking('vapi', emulator.url).look(id);
    expect(batch).toMatchObject({
      ...expected,
      subject: `assistant ${VAPI_ASSISTANT}, chat`,
      createdAt: Date.UTC(2026, 8, 14, 8),
    });
    expect(batch.conclusion).toBeUndefined();
  });

  test.each([
    ['https://dashboard.vapi.ai/simulations/runs/1', 'https://dashboard.vapi.ai/simulations/runs/1'],
    ['https://dashboard.eu.vapi.ai/simulations/runs/1', 'https://dashboard.eu.vapi.ai/simulations/runs/1'],
    ['javascript:alert(1)', undefined],
    ['http://dashboard.vapi.ai/simulations/runs/1', undefined],
    ['https://vapi.ai.example.com/login', undefined],
    ['https://evilvapi.ai/login', undefined],
    [`https://dashboard.vapi.ai/${'x'.repeat(500)}`, undefined],
    [7, undefined],
  ])('with the url %j links to %j', async (url, expected) => {
    await using emulator = await startVapi({ batches: [{ id: 'b1', looks: [{ ...run, url }] }] });
    expect((await asking('vapi', emulator.url).look()).url).toBe(expected);
  });
});

describe('the items', () => {
  test('the recorded ones, with evaluations as assertions', async () => {
    const { runs } = await readItems(items.map((item) => ({ ...item, runId: 'B1' })));
    expect(runs?.map(({ status }) => status)).toEqual(['passed', 'passed', 'failed']);
    expect(runs?.[2]).toEqual({
      id: 'c974b47a-fcfc-552f-af22-f503196b9abd',
      testCase: {
        id: '10a78a0d-3a65-5940-8f5d-7b09038e3e5f',
        name: '10a78a0d-3a65-5940-8f5d-7b09038e3e5f',
      },
      status: 'failed',
      explanation: undefined,
      assertions: [
        {
          label: 'price_quoted',
          result: 'failed',
          required: true,
          expected: '= false',
          actual: 'true',
          explanation: undefined,
        },
      ],
      criteria: [],
      turns: [],
      claims: { simulation: 'simulation 10a78a0d-3a65-5940-8f5d-7b09038e3e5f' },
      durationMs: 78_000,
      createdAt: Date.UTC(2026, 8, 14, 8),
      startedAt: Date.UTC(2026, 8, 14, 8, 0, 2),
      endedAt: Date.UTC(2026, 8, 14, 8, 1, 20),
    });
  });

  test.each([
    ['queued', 'pending'],
    ['running', 'pending'],
    ['evaluating', 'pending'],
    ['passed', 'passed'],
    ['canceled', 'cancelled'],
  ])('%s is %s', async (status, expected) => {
    const { runs } = await readItems([{ ...passedItem, status }]);
    expect(runs?.map((each) => [each.status, each.unknownStatus])).toEqual([[expected, undefined]]);
  });

  test('failed without results is errored, with its reason', async () => {
    const { runs } = await readItems([
      { ...passedItem, results: undefined, status: 'failed', failureReason: 'The call did not connect.' },
    ]);
    expect(runs).toMatchObject([{ status: 'errored', explanation: 'The call did not connect.' }]);
  });

  test('a skipped evaluation, an optional one, one that could not be extracted', async () => {
    const evaluations = [
      { name: 'tone', passed: false, required: true, isSkipped: true, skipReason: 'Not in chats.' },
      {
        name: 'order',
        path: 'total',
        expectedValue: 5,
        extractedValue: 4,
        comparator: '>=',
        passed: false,
        required: false,
      },
      {
        name: 'zip',
        expectedValue: '10115',
        extractedValue: null,
        comparator: '=',
        passed: true,
        error: 'Nothing said.',
      },
    ];
    const { runs } = await readItems([{ ...passedItem, results: { passed: true, evaluations } }]);
    expect(runs?.[0]?.status).toBe('passed');
    expect(runs?.[0]?.assertions).toEqual([
      {
        label: 'tone',
        result: 'skipped',
        required: true,
        expected: undefined,
        actual: undefined,
        explanation: 'Not in chats.',
      },
      {
        label: 'order.total',
        result: 'failed',
        required: false,
        expected: '>= 5',
        actual: '4',
        explanation: undefined,
      },
      {
        label: 'zip',
        result: 'passed',
        required: undefined,
        expected: '= 10115',
        actual: undefined,
        explanation: 'Nothing said.',
      },
    ]);
  });

  test.each([
    ['results that did not pass', { passed: false, evaluations: [] }],
    [
      'a required evaluation that failed',
      { passed: true, evaluations: [{ name: 'x', passed: false, required: true }] },
    ],
  ])('passed with %s contradicts itself', async (_, results) => {
    const batch = await readItems([{ ...passedItem, results }]);
    expect(batch.runs).toMatchObject([{ status: 'pending', conflict: ['passed', 'failed'] }]);
    expect(findContradictions(batch)).toContain('run i1 has contradicting statuses (passed and failed)');
  });

  test('of another run are a doubt', async () => {
    const batch = await readItems([{ ...passedItem, runId: 'b2' }]);
    expect(findContradictions(batch)).toEqual(['run i1 belongs to another simulation run']);
  });

  test('tell the conversation, whether they passed or not, in OpenAI’s form', async () => {
    const { runs } = await read({ batches: [{ id: 'b1', runs: [{ outcome: 'failed' }, {}] }] });
    expect(runs?.map(({ testCase }) => testCase.name)).toEqual([
      'Does not quote a price',
      'Answers in Spanish',
    ]);
    const conversation = [
      { kind: 'speech', speaker: 'agent', text: 'Bluewater Dental, how can I help?' },
      { kind: 'speech', speaker: 'caller', text: 'What does a cleaning cost?' },
      { kind: 'tool-call', tool: 'find_price', input: '{"of":"cleaning"}' },
      { kind: 'tool-result', output: '{"usd":120}' },
      { kind: 'speech', speaker: 'agent', text: 'A cleaning is 120 dollars.' },
    ];
    expect(runs?.map(({ turns }) => turns)).toEqual([conversation, conversation]);
  });

  test('several iterations of one simulation are several runs of one test case, and each must pass', async () => {
    const iterations = [1, 2, 3].map((n) => ({ ...passedItem, id: `i${n}`, iterationNumber: n }));
    const failed = { ...iterations[2], status: 'failed', results: { passed: false, evaluations: [] } };
    const look = { ...run, itemCounts: counts(3, { passed: 2, failed: 1 }), iterations: 3 };
    const listings = [iterations.with(2, failed as never)];
    expect(await judged({ batches: [{ id: 'b1', looks: [look], listings }] })).toMatchObject({
      verdict: 'failed',
      reason: '1 of 1 test case failed.',
    });
  });
});

describe('230 items', () => {
  const runs = many(230, (index) => (index === 229 ? { outcome: 'failed', name: 'The last one' } : {}));
  const last = [{ status: 'failed', testCase: { name: 'The last one' } }];

  test.each<[string, VapiOptions, string[]]>([
    ['a bare array', { lists: 'bare' }, ['1', '2', '3']],
    ['{results, metadata}', { lists: 'paginated' }, ['1', '2', '3']],
    ['pages that are shorter than asked for', { longestPage: 50 }, ['1', '2', '3', '4', '5']],
  ])('in %s', async (_, options, pages) => {
    await using emulator = await startVapi({ batches: [{ id: 'b1', runs }], ...options });
    const batch = await asking('vapi', emulator.url).read();
    expect(batch.runs.length).toBe(230);
    expect(batch.runs.filter(({ status }) => status !== 'passed')).toMatchObject(last);
    expect(emulator.requests.slice(1).map(({ query }) => query['page'])).toEqual(pages);
  });

  test('without counters in the run, every page until one brings nothing', async () => {
    await using emulator = await startVapi({
      batches: [{ id: 'b1', runs, fields: { itemCounts: undefined } }],
    });
    const batch = await asking('vapi', emulator.url).read();
    expect([batch.runs.length, batch.announced]).toEqual([230, {}]);
    expect(emulator.requests.slice(1).map(({ query }) => query['page'])).toEqual(['1', '2', '3', '4']);
  });

  test('from a server that does not know pages are found missing', async () => {
    expect(await judged({ batches: [{ id: 'b1', runs }], ignoresPage: true })).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('130 of 230 announced runs are missing'),
    });
  });

  test('from a server that neither knows pages nor counts: its first hundred are no proof of all', async () => {
    const batches = [{ id: 'b1', runs, fields: { itemCounts: undefined } }];
    expect(await judged({ batches, ignoresPage: true })).toMatchObject({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: the list of items gives the same 100 again and again.',
    });
  });
});

describe('pages that are too large', () => {
  const batch: Batch = { id: 'b1', settled: true, announced: { total: 130 } };
  const ids = Array.from({ length: 130 }, (_, index) => `i${index}`);

  /** A list of which a page with the item `large` may hold `least` items at most. */
  function listing({ large, least, longest = 1_000 }: { large: number; least: number; longest?: number }) {
    const asked: string[] = [];
    const http = readOnly(async ({ query = {}, read }) => {
      const limit = Math.min(longest, Number(query['limit']));
      const from = (Number(query['page']) - 1) * limit;
      asked.push(`${query['limit']}/${query['page']}`);
      const page = ids.slice(from, from + limit);
      if (limit > least && page.includes(`i${large}`)) {
        throw new ProviderError('GET x', { cause: new ResponseTooLarge('answered with more than 32 MiB.') });
      }
      return read(
        page.map((id) => ({ ...passedItem, id })),
        { date: undefined },
      );
    });
    return { asked, provider: vapi.createAdapter(http) };
  }

  test.each([
    ['the first page', { large: 7, least: 25 }, ['100/1', '25/1', '25/2', '25/3', '25/4', '25/5', '25/6']],
    ['the second page', { large: 110, least: 25 }, ['100/1', '100/2', '25/5', '25/6']],
    [
      'the third page, of pages that are shorter than asked for',
      { large: 115, least: 25, longest: 40 },
      ['100/1', '100/2', '100/3', '25/4', '25/5', '25/6'],
    ],
  ])('%s is asked for again in smaller ones, and no item is left out', async (_, list, expected) => {
    const { asked, provider } = listing(list);
    const { runs, inconsistencies } = await provider.fetchRuns(batch, NO_DEADLINE);
    expect([runs.map(({ id }) => id), inconsistencies]).toEqual([ids, []]);
    expect(asked).toEqual(expected);
  });

  test('are given up when a single item is too large', async () => {
    const { asked, provider } = listing({ large: 0, least: 0 });
    await expect(provider.fetchRuns(batch, NO_DEADLINE)).rejects.toThrow(ProviderError);
    expect(asked).toEqual(['100/1', '25/1', '5/1', '1/1']);
  });
});

describe('what comes late', () => {
  const passes = [passedItem, { ...passedItem, id: 'i2', simulationId: 's2' }];

  test.each<[string, object, string]>([
    ['results of an item that passed', { results: undefined }, 'passed'],
    ['the status of an item', { status: 'evaluating', results: undefined }, 'passed'],
  ])('%s, a minute after the end: the verdict of the results', async (_, early, verdict) => {
    const listings = [...many(9).map(() => [passes[0], { ...passes[1], ...early }]), passes];
    const looks = [{ ...run, itemCounts: counts(2) }];
    expect(await judged({ batches: [{ id: 'b1', looks, listings }] })).toMatchObject({ verdict });
  });

  test.each<[string, object]>([
    ['with a reason', { failureReason: 'The call did not connect.' }],
    ['without a reason', {}],
  ])(
    'results of an item that failed %s are waited for in three readings, and then it has errored',
    async (_, reason) => {
      const failed = { ...passes[1], status: 'failed', results: undefined, ...reason };
      const looks = [{ ...run, itemCounts: counts(2, { passed: 1, failed: 1 }) }];
      const results = { passed: false, evaluations: [{ ...EVALUATION, passed: false }] };
      for (const [readings, status] of [
        [2, 'failed'],
        [3, 'errored'],
      ] as const) {
        const listings = [
          ...many(readings).map(() => [passes[0], failed]),
          [passes[0], { ...failed, results }],
        ];
        await using emulator = await startVapi({ batches: [{ id: 'b1', looks, listings }] });
        const { verdict, batch } = await gate(asking('vapi', emulator.url));
        expect([verdict, batch?.inconsistencies, emulator.count(/item$/)]).toEqual([status, [], 3]);
      }
    },
  );

  test('results that never come: not green, and says so', async () => {
    const listings = [[passes[0], { ...passes[1], results: undefined }]];
    const looks = [{ ...run, itemCounts: counts(2) }];
    expect(await judged({ batches: [{ id: 'b1', looks, listings }] })).toMatchObject({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: run i2 has no "results" yet.',
    });
  });

  test('an item that is listed late, in a run without counters: two looks must show the same list', async () => {
    const failed = { ...passes[1], status: 'failed', results: { passed: false, evaluations: [] } };
    const { itemCounts: _, ...uncounted } = run as Record<string, unknown>;
    const lists = [[passes[0]], [], [passes[0], failed], []];
    const looks = [uncounted];
    const listings = (_request: unknown, n: number) => lists[Math.min(n - 1, 2 + ((n - 1) % 2))];
    expect(await judged({ batches: [{ id: 'b1', looks, listings }] })).toMatchObject({ verdict: 'failed' });
  });
});

describe('an item that is passed and of which nothing was evaluated proves nothing', () => {
  const skipped = { ...EVALUATION, passed: false, isSkipped: true, skipReason: 'Evaluation needs audio' };
  const optional = { ...EVALUATION, required: false };

  test.each<[string, object, string]>([
    ['the recorded chat', items0(), 'none of its evaluations ran'],
    ['every evaluation skipped', { evaluations: [skipped, skipped] }, 'none of its evaluations ran'],
    ['no evaluation', { evaluations: [] }, 'none of its evaluations ran'],
    ['evaluations that are not listed', { evaluations: undefined }, 'none of its evaluations ran'],
    [
      'every required evaluation skipped',
      { evaluations: [skipped, optional] },
      'none of its required evaluations ran',
    ],
  ])('%s', async (_, results, why) => {
    const { runs } = await readItems([{ ...passedItem, results: { passed: true, ...results } }]);
    expect(runs).toMatchObject([{ status: 'pending', unproven: { kind: 'not-evaluated', why } }]);
  });

  test.each<[string, object[]]>([
    ['one of two required evaluations ran', [skipped, EVALUATION]],
    ['there are only optional ones, and one ran', [{ ...skipped, required: false }, optional]],
  ])('but not where %s', async (_, evaluations) => {
    const { runs } = await readItems([{ ...passedItem, results: { passed: true, evaluations } }]);
    expect(runs?.map(({ status, unproven }) => [status, unproven])).toEqual([['passed', undefined]]);
  });

  test('keeps the gate from being green', async () => {
    const listings = [[{ ...passedItem, results: { passed: true, evaluations: [skipped] } }]];
    const looks = [{ ...run, itemCounts: counts(1) }];
    expect(await judged({ batches: [{ id: 'b1', looks, listings }] })).toMatchObject({
      verdict: 'inconclusive',
    });
  });
});

/** The results of the recorded chat in which every evaluation was skipped. */
function items0(): object {
  const [item] = readSample<Vapi.SimulationRunItem[]>('vapi__list-simulation-run-items__chat-all-skipped');
  return item?.results ?? {};
}

test('an item that is listed twice, of two simulations, contradicts itself', async () => {
  const items = ['s1', 's2'].map((simulationId) => ({ ...passedItem, id: 'i1', simulationId }));
  const batch = await readItems(items, counts(1));
  expect(batch.runs).toMatchObject([{ status: 'pending', conflict: ['simulation s1', 'simulation s2'] }]);
});

describe('the simulations that a run says it runs are the fewest that there must be', () => {
  const simulation = (simulationId: string) => ({ type: 'simulation', simulationId });
  const runs = (count: number, simulationOf: (index: number) => string | undefined) =>
    many(count).map((_, index) => ({ ...passedItem, id: `i${index}`, simulationId: simulationOf(index) }));

  test.each<[string, object, object[], string[]]>([
    [
      'fewer items than simulations',
      { simulations: many(150).map((_, index) => simulation(`s${index}`)) },
      runs(110, (index) => `s${index}`),
      ['it lists 110 runs, and its simulations take at least 150'],
    ],
    [
      'fewer items than simulations and iterations',
      { simulations: [simulation('s0'), simulation('S1')], iterations: 3 },
      runs(5, (index) => `s${index % 2}`),
      ['it lists 5 runs, and its simulations take at least 6'],
    ],
    [
      'as many items, of another simulation',
      { simulations: [simulation('s0'), simulation('s1')], iterations: 2 },
      runs(4, (index) => (index === 3 ? 's9' : `s${index % 2}`)),
      ['1 test case with fewer runs than "iterations" says'],
    ],
    [
      'fewer items than simulations without an id',
      { simulations: [{ type: 'simulation', scenarioId: 'x' }, simulation('s0')] },
      runs(1, () => 's0'),
      ['it lists 1 run, and its simulations take at least 2'],
    ],
    [
      'a suite, which does not say of how many simulations it is',
      { simulations: [{ type: 'simulationSuite', simulationSuiteId: 'x' }] },
      runs(1, () => 's0'),
      [],
    ],
    [
      'items that do not say of which simulation they are',
      { simulations: [simulation('s0'), simulation('s1')] },
      runs(2, () => undefined),
      [],
    ],
    ['each item', { simulations: [simulation('s0'), simulation('s0')] }, runs(1, () => 's0'), []],
  ])('%s', async (_, fields, listed, inconsistencies) => {
    const look = { ...run, itemCounts: null, iterations: 1, ...fields };
    const listings = (request: { query: Readonly<Record<string, string>> }) => {
      const from = (Number(request.query['page']) - 1) * Number(request.query['limit']);
      return listed.slice(from, from + Number(request.query['limit']));
    };
    const batch = await read({ batches: [{ id: 'b1', looks: [look], listings }] });
    expect(batch.inconsistencies).toEqual(inconsistencies);
  });
});

describe('when a test case was last edited', () => {
  test.each<[object, number | undefined]>([
    [{}, undefined],
    [{ simulation: { name: 'One' } }, undefined],
    [{ simulation: { name: 'One', updatedAt: '2026-09-01T09:00:00.000Z' } }, Date.UTC(2026, 8, 1, 9)],
    [
      {
        simulation: { updatedAt: '2026-09-01T09:00:00.000Z' },
        scenario: { updatedAt: '2026-09-03T09:00:00.000Z' },
        personality: { updatedAt: '2026-09-02T09:00:00.000Z' },
      },
      Date.UTC(2026, 8, 3, 9),
    ],
  ])('snapshots %j', async (metadata, revision) => {
    const { runs } = await readItems([{ ...passedItem, metadata }]);
    expect(runs?.[0]?.testCase.revision).toBe(revision);
  });
});

describe('counters', () => {
  test.each([null, undefined])('that are %j are not needed', async (itemCounts) => {
    const look = { ...run, itemCounts };
    await using emulator = await startVapi({
      batches: [{ id: 'b1', looks: [look], listings: (_, n) => (n % 2 === 1 ? [passedItem] : []) }],
    });
    expect(await gate(asking('vapi', emulator.url))).toMatchObject({ verdict: 'passed' });
    expect(emulator.count(/run\/b1$/)).toBe(2);
  });

  test.each<[object, string]>([
    [counts(1, { total: '1' }), '"total" is not a number of runs'],
    [counts(1, { passed: null }), '"passed" is missing'],
    [counts(1, { canceled: 1 }), 'the provider counts 1 cancelled and lists 0'],
    [counts(2), '1 of 2 announced runs is missing'],
  ])('%j: a doubt', async (itemCounts, doubt) => {
    expect(findContradictions(await readItems([passedItem], itemCounts))).toContain(doubt);
  });
});

test.each(['no items', 'no items and no counters'])('a run with %s is red', async (what) => {
  const look = { ...run, itemCounts: what === 'no items' ? counts(0) : undefined };
  expect(await judged({ batches: [{ id: 'b1', looks: [look], listings: [[]] }] })).toMatchObject({
    verdict: 'inconclusive',
    reason: 'Batch b1 is inconsistent: it has no runs.',
  });
});

describe('a cancellation', () => {
  test('ends what has not ended, and may be asked for twice', async () => {
    const runs = [{}, { endsAt: Number.POSITIVE_INFINITY }];
    await using emulator = await startVapi({ batches: [{ id: 'b1', runs }] });
    const { provider, deadline, clock } = asking('vapi', emulator.url);
    await provider.cancel?.('b1', deadline());
    await provider.cancel?.('b1', deadline());
    expect(emulator.cancelled).toEqual(['b1', 'b1']);
    expect(await gate({ provider, clock })).toMatchObject({
      verdict: 'cancelled',
      reason: '1 of 2 test cases was cancelled at Vapi.',
      batch: { announced: { total: 2, passed: 1, failed: 0, cancelled: 1 } },
    });
  });

  test('that is refused says so', async () => {
    await using emulator = await startVapi();
    const { provider, deadline } = asking('vapi', emulator.url);
    await expect(provider.cancel?.('b1', deadline())).rejects.toThrow(
      /^PATCH 127\.0\.0\.1:\d+\/eval\/simulation\/run\/b1 answered 404 \(Couldn't Find/,
    );
  });
});

test('the emulator starts a run for Vapi’s own client, reads it and its items, lists it, and cancels it', async () => {
  await using emulator = await startVapi({
    created: (ids) => ({ runs: many(ids.length, { endsAt: Number.POSITIVE_INFINITY }) }),
  });
  const client = new VapiClient({ token: 'test-key', environment: emulator.url, maxRetries: 0 });
  const { simulationRuns } = client;
  const [first, second] = recordedSimulations.map(({ id }) => id);
  const started = await simulationRuns.simulationRunControllerCreate({
    simulations: [
      { type: 'simulation', simulationId: first ?? '' },
      { type: 'simulation', simulationId: second ?? '' },
    ],
    target: { type: 'assistant', assistantId: VAPI_ASSISTANT },
  });
  expect(started).toMatchObject({ status: 'running', itemCounts: { total: 2, running: 2 } });
  const { id } = started;
  expect(await simulationRuns.simulationRunControllerFindOne({ id })).toMatchObject({
    id,
    status: 'running',
  });
  const found = await simulationRuns.simulationRunControllerFindItems({ id });
  expect(found.map(({ simulationId }) => simulationId)).toEqual([first, second]);
  expect(await simulationRuns.simulationRunControllerFindAll({ targetId: VAPI_ASSISTANT })).toMatchObject({
    results: [{ id }],
    metadata: { totalItems: 1 },
  });
  expect(await simulationRuns.simulationRunControllerCancelGroup({ id })).toMatchObject({
    status: 'ended',
    itemCounts: { total: 2, canceled: 2 },
  });
});
