import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import { type BlandOptions, startBland } from '../emulators/bland.ts';
import { readSample } from '../emulators/samples.ts';
import type { SeenRequest } from '../emulators/server.ts';
import { many } from '../emulators/timeline.ts';
import { asking } from './asking.ts';

const recorded = (name: string): Record<string, unknown> => readSample(`bland__${name}`);

const payloadOf = (body: Record<string, unknown>) => (body['data'] ?? body) as Record<string, unknown>;

async function readRecorded(name: string): Promise<Batch> {
  const body = recorded(`get-batch__${name}`);
  const id = String(payloadOf(body)['id']);
  await using bland = await startBland({ batches: [{ id, looks: [body] }] });
  const { provider, deadline } = asking('bland', bland.url);
  return await provider.readRuns(await provider.look(id, deadline()), deadline());
}

describe('a look', () => {
  test.each<[string, Partial<Batch>]>([
    ['pending', { settled: false }],
    ['pending-no-runs-yet', { settled: false, announced: { total: 4, passed: 0, failed: 0 } }],
    ['running', { settled: false }],
    ['running-enveloped', { settled: false }],
    ['passed', { settled: true, outcome: 'passed' }],
    ['passed-publish-on-pass', { settled: true, outcome: 'passed', publishesOnPass: true }],
    ['failed', { settled: true, outcome: 'failed', publishesOnPass: false }],
    ['failed-docs-verbatim', { settled: true, outcome: 'failed' }],
    ['failed-enveloped-live', { settled: true, outcome: 'failed' }],
    ['error', { settled: true, outcome: 'errored' }],
    ['error-enveloped', { settled: true, outcome: 'errored' }],
    ['cancelled', { settled: true, outcome: 'cancelled' }],
    ['empty', { settled: true, outcome: 'passed', runs: [] }],
    ['unknown-status', { settled: false, unknownStatus: 'PARTIAL' }],
  ])('%s', async (name, expected) => {
    expect(await readRecorded(name)).toMatchObject(expected);
  });

  test('brings the runs along, so that one request is enough', async () => {
    await using bland = await startBland({ batches: [{ id: 'b1', runs: many(60) }] });
    const { provider, deadline } = asking('bland', bland.url);
    const batch = await provider.readRuns(await provider.look('b1', deadline()), deadline());
    expect(batch.runs.length).toBe(60);
    expect(bland.requests.map(({ path }) => path)).toEqual(['/v1/agent-testing/batches/b1']);
  });

  test.each(['passed', 'constructor', '__proto__', ''])(
    'the word %j is unknown and not an end',
    async (status) => {
      await using bland = await startBland({
        batches: [{ id: 'b1', looks: [{ ...recorded('get-batch__passed'), id: 'b1', status }] }],
      });
      const { provider, deadline } = asking('bland', bland.url);
      expect(await provider.look('b1', deadline())).toMatchObject({ settled: false, unknownStatus: status });
    },
  );

  test('an answer for another batch is no answer', async () => {
    await using bland = await startBland({ batches: [{ id: 'b1', looks: [recorded('get-batch__passed')] }] });
    const { provider, deadline } = asking('bland', bland.url);
    await expect(provider.look('b1', deadline())).rejects.toThrow('answered for another batch');
  });
});

describe('the runs', () => {
  test('have names, durations and assertions as documented', async () => {
    const failed = (await readRecorded('failed')).runs?.find(({ status }) => status === 'failed');
    expect(failed).toEqual({
      id: '6a59f3d6-4ac6-5be8-ac90-7132440803df',
      testCase: { id: '20edc1eb-d421-56f0-9d63-3aeddc72d9f1', name: 'Cancellation - angry caller' },
      status: 'failed',
      assertions: [
        { label: 'contains transcript', outcome: 'passed', expected: 'I understand' },
        { label: 'contains transcript', outcome: 'failed', expected: 'cancellation confirmed' },
      ],
      criteria: [],
      turns: [],
      durationMs: 21_050,
      createdAt: Date.UTC(2026, 8, 14, 8, 0, 1),
    });
  });

  test('have assertions as seen live', async () => {
    const failed = (await readRecorded('failed-enveloped-live')).runs?.find(
      ({ status }) => status === 'failed',
    );
    expect(failed?.assertions).toEqual([
      {
        label: 'assertion 2020f195',
        outcome: 'passed',
        explanation: "The agent acknowledged the caller's frustration twice and stayed calm.",
      },
      {
        label: 'assertion bee9e753',
        outcome: 'failed',
        explanation:
          'The agent ended the call after saying it would look into the request; it never told the caller that the cancellation was confirmed.',
      },
    ]);
  });

  test('that passed stay passed with an optional assertion that failed', async () => {
    const { runs } = await readRecorded('passed-with-optional-assertion-failed');
    expect(runs?.map(({ status }) => status)).toEqual(['passed', 'passed', 'passed', 'passed']);
  });

  test('that the batch did not embed are listed', async () => {
    const runs = many(230, (index) => ({ name: `Case ${index}` }));
    await using bland = await startBland({
      batches: [{ id: 'b1', runs }],
      faults: (request) =>
        request.path.includes('/batches/')
          ? {
              kind: 'rewrite',
              change: (body) => ({
                ...(body as object),
                runs: (body as { runs: unknown[] }).runs.slice(0, 50),
              }),
            }
          : undefined,
    });
    const { provider, deadline } = asking('bland', bland.url);
    const batch = await provider.readRuns(await provider.look('b1', deadline()), deadline());
    expect(new Set(batch.runs.map(({ testCase }) => testCase.name)).size).toBe(230);
    expect(bland.requests.slice(1).map(({ query }) => query)).toEqual([
      { batch_id: 'b1', limit: '100', offset: '0' },
      { batch_id: 'b1', limit: '100', offset: '100' },
      { batch_id: 'b1', limit: '100', offset: '200' },
    ]);
  });
});

describe('runs that the list adds', () => {
  const oneOfThree = recorded('get-batch__passed');
  const [first] = oneOfThree['runs'] as Record<string, unknown>[];
  const embeds = (...runs: unknown[]) => ({
    ...oneOfThree,
    id: 'b1',
    total_scenarios: 3,
    passed_scenarios: 3,
    runs,
  });
  const read = async (embedded: unknown, list: (request: SeenRequest) => unknown) => {
    await using bland = await startBland({
      batches: [{ id: 'b1', looks: [embedded] }],
      faults: (request) =>
        request.path.endsWith('/runs')
          ? { kind: 'answer', status: 200, body: JSON.stringify(list(request)) }
          : undefined,
    });
    const { provider, deadline } = asking('bland', bland.url);
    const batch = await provider.readRuns(await provider.look('b1', deadline()), deadline());
    return { ids: batch.runs.map(({ id }) => id), requests: bland.requests.length };
  };

  test('do not complete the count if they belong to another batch', async () => {
    const strange = ['x', 'y'].map((id) => ({ ...first, id, batch_id: 'b2' }));
    const { ids } = await read(embeds(first), () => ({ runs: strange, total_count: 2 }));
    expect(ids).toEqual([first?.['id']]);
  });

  test('are not believed when a page brings nothing new although there should be more', async () => {
    const { ids, requests } = await read(embeds(first), () => ({
      runs: [{ ...first, id: 'x' }],
      total_count: 1e9,
    }));
    expect({ ids, requests }).toEqual({ ids: [first?.['id']], requests: 3 });
  });

  test('end when there are far too many of them', async () => {
    const page = ({ query }: SeenRequest) =>
      Array.from({ length: 100 }, (_, index) => ({ ...first, id: `r${Number(query['offset']) + index}` }));
    const { requests } = await read(embeds(first), (request) => ({ runs: page(request), total_count: 1e9 }));
    expect(requests).toBe(3);
  });

  test('are not there if the list cannot be read', async () => {
    await using bland = await startBland({
      batches: [{ id: 'b1', looks: [embeds(first)] }],
      faults: (request) => (request.path.endsWith('/runs') ? { kind: 'answer', status: 500 } : undefined),
    });
    const { provider, deadline } = asking('bland', bland.url);
    const batch = await provider.readRuns(await provider.look('b1', deadline()), deadline());
    expect(batch.runs.length).toBe(1);
    expect(bland.requests.length).toBe(2);
  });
});

describe('the details of runs that did not pass', () => {
  const explain = async (options: BlandOptions, runs: Parameters<typeof many>[1], count = 1) => {
    await using bland = await startBland({ batches: [{ id: 'b1', runs: many(count, runs) }], ...options });
    const { provider, deadline } = asking('bland', bland.url);
    const batch = await provider.readRuns(await provider.look('b1', deadline()), deadline());
    const before = bland.requests.length;
    const explained = await provider.explain(batch.runs, deadline());
    return { batch, explained, requests: bland.requests.slice(before) };
  };

  const transcript = [
    { role: 'assistant', content: 'Bluewater Dental, how can I help?' },
    { role: 'user', content: 'I want to cancel.' },
    { role: 'system', content: 'ignored' },
    'nonsense',
  ];

  test.each<BlandOptions>([
    {},
    { envelope: true },
    { envelope: true, assertions: 'live' },
    { envelope: 'beside' },
  ])('the error message and the conversation (%j)', async (options) => {
    const { explained } = await explain(options, {
      outcome: 'errored',
      explanation: 'Invalid start_node_id',
      transcript,
    });
    expect(explained).toMatchObject([
      {
        status: 'errored',
        explanation: 'Invalid start_node_id',
        turns: [
          { kind: 'speech', speaker: 'agent', text: 'Bluewater Dental, how can I help?' },
          { kind: 'speech', speaker: 'caller', text: 'I want to cancel.' },
        ],
      },
    ]);
  });

  test('at most 25 of them, at most four at a time, failed ones before errored ones', async () => {
    const { explained, requests, batch } = await explain(
      {},
      (index) => ({ outcome: index < 20 ? 'errored' : 'failed', transcript }),
      40,
    );
    expect(explained.length).toBe(40);
    expect(requests.length).toBe(25);
    expect(Math.max(...requests.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(4);
    const asked = new Set(requests.map(({ path }) => path.split('/').at(-1)));
    expect(batch.runs.filter(({ id, status }) => status === 'failed' && !asked.has(id))).toEqual([]);
  });

  test('none of runs that passed or were cancelled', async () => {
    const { requests } = await explain({}, (index) => ({ outcome: index === 0 ? 'passed' : 'cancelled' }), 2);
    expect(requests).toEqual([]);
  });

  test('one that cannot be read loses only itself', async () => {
    const { explained, batch } = await explain(
      {
        faults: (request, n) =>
          request.path.includes('/runs/') && n === 2 ? { kind: 'answer', status: 404 } : undefined,
      },
      { outcome: 'failed', transcript },
      2,
    );
    expect(explained.map(({ turns }) => turns.length).sort()).toEqual([0, 2]);
    expect(explained.map(({ id }) => id)).toEqual(batch.runs.map(({ id }) => id));
  });
});

test.each<[string, string]>([
  ['org_1', 'org_1'],
  ['Bearer org_1', 'Bearer org_1'],
])('the key %j is sent as it is', async (apiKey, sent) => {
  await using bland = await startBland({ batches: [{ id: 'b1', runs: [{}] }], apiKey });
  const { provider, deadline } = asking('bland', bland.url, apiKey);
  await provider.look('b1', deadline());
  expect(bland.requests[0]?.headers['authorization']).toBe(sent);
});

test.each<BlandOptions['envelope']>([false, true, 'beside'])(
  'every envelope is opened (%j)',
  async (envelope) => {
    await using bland = await startBland({
      batches: [{ id: 'b1', runs: [{}, { outcome: 'failed' }] }],
      ...(envelope && { envelope }),
    });
    const { provider, deadline } = asking('bland', bland.url);
    const batch = await provider.readRuns(await provider.look('b1', deadline()), deadline());
    expect(batch).toMatchObject({
      settled: true,
      outcome: 'failed',
      announced: { total: 2, passed: 1, failed: 1 },
    });
  },
);
