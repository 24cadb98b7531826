import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import { findContradictions } from '../../src/domain/integrity.ts';
import type { Run } from '../../src/domain/run.ts';
import { type BlandOptions, manyScenarios, startBland } from '../emulators/bland.ts';
import type { Fault } from '../emulators/faults.ts';
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
  return await asking('bland', bland.url).read(id);
}

describe('a look', () => {
  test.each<[string, Partial<Batch>]>([
    ['pending', { settled: false }],
    ['pending-no-runs-yet', { settled: false, announced: { total: 4, passed: 0, failed: 0 } }],
    ['running', { settled: false }],
    ['running-enveloped', { settled: false }],
    ['passed', { settled: true, conclusion: 'passed' }],
    ['passed-publish-on-pass', { settled: true, conclusion: 'passed', publishesOnPass: true }],
    ['failed', { settled: true, conclusion: 'failed', publishesOnPass: false }],
    ['failed-docs-verbatim', { settled: true, conclusion: 'failed' }],
    ['failed-enveloped-live', { settled: true, conclusion: 'failed' }],
    ['error', { settled: true, conclusion: 'errored' }],
    ['error-enveloped', { settled: true, conclusion: 'errored' }],
    ['cancelled', { settled: true, conclusion: 'cancelled' }],
    ['empty', { settled: true, conclusion: 'passed', runs: [] }],
    ['unknown-status', { settled: false, unknownStatus: 'PARTIAL' }],
  ])('%s', async (name, expected) => {
    expect(await readRecorded(name)).toMatchObject(expected);
  });

  test('brings the runs along, so that one request is enough', async () => {
    await using bland = await startBland({ batches: [{ id: 'b1', runs: many(60) }] });
    const batch = await asking('bland', bland.url).read();
    expect(batch.runs.length).toBe(60);
    expect(bland.requests.map(({ path }) => path)).toEqual(['/v1/agent-testing/batches/b1']);
  });
});

/** The batch embeds its first fifty runs. */
const embedsFifty: Fault = {
  kind: 'rewrite',
  change: (body) => ({ ...(body as object), runs: (body as { runs: unknown[] }).runs.slice(0, 50) }),
};

describe('the runs', () => {
  test('have names, durations and assertions as documented', async () => {
    const failed = (await readRecorded('failed')).runs?.find(({ status }) => status === 'failed');
    expect(failed).toEqual({
      id: '6a59f3d6-4ac6-5be8-ac90-7132440803df',
      testCase: { id: '20edc1eb-d421-56f0-9d63-3aeddc72d9f1', name: 'Cancellation - angry caller' },
      claims: {},
      status: 'failed',
      assertions: [
        { label: 'contains transcript', result: 'passed', expected: 'I understand' },
        { label: 'contains transcript', result: 'failed', expected: 'cancellation confirmed' },
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
        label: 'assertion 2020f195-04ee-587a-b783-412332b0229c',
        result: 'passed',
        explanation: "The agent acknowledged the caller's frustration twice and stayed calm.",
      },
      {
        label: 'assertion bee9e753-9df8-5e24-9493-0edf14f51ab5',
        result: 'failed',
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
      faults: ({ path }) => (path.includes('/batches/') ? embedsFifty : undefined),
    });
    const batch = await asking('bland', bland.url).read();
    expect(new Set(batch.runs.map(({ testCase }) => testCase.name)).size).toBe(230);
    expect(bland.requests.slice(1).map(({ query }) => query)).toEqual([
      { batch_id: 'b1', limit: '100', offset: '0' },
      { batch_id: 'b1', limit: '100', offset: '100' },
      { batch_id: 'b1', limit: '100', offset: '200' },
    ]);
  });
});

describe('runs that the list adds', () => {
  const all = recorded('get-batch__passed')['runs'] as Record<string, unknown>[];
  const [first, second, third] = all.map((run): Record<string, unknown> => ({ ...run, batch_id: 'b1' }));
  const [a, b, c] = [first, second, third].map((run) => String(run?.['id']));
  const embeds = (...runs: unknown[]) => ({
    ...recorded('get-batch__passed'),
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
    const batch = await asking('bland', bland.url)
      .read()
      .catch((error: Error) => error);
    const requests = bland.requests.length;
    if (batch instanceof Error) return { problem: batch.message, requests };
    return { ids: batch.runs.map(({ id }) => id), doubts: findContradictions(batch), requests };
  };

  test('complete the batch', async () => {
    const { ids, doubts } = await read(embeds(first), () => ({
      runs: [first, second, third],
      total_count: 3,
    }));
    expect({ ids, doubts }).toEqual({ ids: [a, b, c], doubts: [] });
  });

  test.each([{ batch_id: 'b2' }, { batch_id: null }, { batch_id: 1 }, { batch_id: undefined }])(
    'do not fill a gap unless they name the batch (%j)',
    async (other) => {
      const strange = [second, third].map((run) => ({ ...run, ...other }));
      const { ids } = await read(embeds(first), () => ({ runs: strange, total_count: 2 }));
      expect(ids).toEqual([a]);
    },
  );

  test.each(['FAILED', 'ERROR', 'CANCELLED', 'passed'])(
    'contradict the batch that embeds one of them as PASSED and lists it as %s',
    async (status) => {
      const { doubts } = await read(embeds(first), () => ({
        runs: [{ ...first, status }, second, third],
        total_count: 3,
      }));
      expect(doubts).toEqual([
        `run ${a} has contradicting statuses (PASSED and ${status})`,
        'the provider counts 3 passed and lists 2',
        'the provider calls it passed and 1 of its runs did not pass',
      ]);
    },
  );

  test.each(['RUNNING', 'PENDING', null])(
    'contradict the batch that embeds one of them as PASSED and lists it as %s: unfinished',
    async (status) => {
      const { doubts } = await read(embeds(first), () => ({
        runs: [{ ...first, batch_id: null, status }, second, third],
        total_count: 3,
      }));
      expect(doubts).toContain(`run ${a} has contradicting statuses (PASSED and unfinished)`);
    },
  );

  test('in capitals are the runs that the batch embeds, and do not hide a missing one', async () => {
    const shouted = [first, second].map((run) => ({ ...run, id: String(run?.['id']).toUpperCase() }));
    const { ids, doubts } = await read(embeds(first, second), () => ({ runs: shouted, total_count: 2 }));
    expect(ids).toEqual([a, b]);
    expect(doubts).toContain('1 of 3 announced runs is missing');
  });

  test('are doubted when the list gives fewer than it announces', async () => {
    const { ids, doubts, requests } = await read(embeds(first), ({ query }) => ({
      runs: query['offset'] === '0' ? [first, second, third] : [],
      total_count: 4,
    }));
    expect({ ids, requests }).toEqual({ ids: [a, b, c], requests: 3 });
    expect(doubts).toEqual(['the list of runs announces 4 runs and gives 3']);
  });

  test.each(['3', 3.5, -1, [3]])('are doubted when "total_count" is %j', async (total_count) => {
    const { doubts } = await read(embeds(first), () => ({ runs: [first, second, third], total_count }));
    expect(doubts).toEqual(['"total_count" of the list of runs is not a number of runs']);
  });

  test('are an error when pages bring nothing new for ever', async () => {
    expect(await read(embeds(first), () => ({ runs: [second], total_count: 1e9 }))).toEqual({
      problem:
        'The list of runs of batch b1 does not end: 5 runs were read. Run the job again; if it stays so, ask the provider.',
      requests: 6,
    });
  });

  test('are an error when there are far too many of them', async () => {
    const page = ({ query }: SeenRequest) =>
      Array.from({ length: 100 }, (_, index) => ({ ...first, id: `r${Number(query['offset']) + index}` }));
    const { problem, requests } = await read(embeds(first), (request) => ({
      runs: page(request),
      total_count: 1e9,
    }));
    expect(problem).toMatch(/does not end: 300 runs were read/);
    expect(requests).toBe(4);
  });

  test.each<[string, Fault]>([
    ['429', { kind: 'answer', status: 429 }],
    ['503', { kind: 'answer', status: 503 }],
    ['a reset', { kind: 'reset', when: 'before' }],
  ])('are asked for until the list can be read (%s, thirty times)', async (_, fault) => {
    await using bland = await startBland({
      batches: [{ id: 'b1', runs: many(60) }],
      faults: ({ path }, n) => (!path.endsWith('/runs') ? embedsFifty : n <= 31 ? fault : undefined),
    });
    const { provider, deadline } = asking('bland', bland.url);
    const batch = await provider.fetchRuns(await provider.fetchBatch('b1', deadline()), deadline(1_800_000));
    expect({ runs: batch.runs.length, doubts: findContradictions(batch) }).toEqual({ runs: 60, doubts: [] });
  });

  test('are not there, and the batch has a problem, if the list is refused', async () => {
    await using bland = await startBland({
      batches: [{ id: 'b1', looks: [embeds(first)] }],
      faults: (request) => (request.path.endsWith('/runs') ? { kind: 'answer', status: 403 } : undefined),
    });
    await expect(asking('bland', bland.url).read()).rejects.toThrow(/\/runs answered 403/);
    expect(bland.requests.length).toBe(2);
  });
});

describe('answers that are not what they should be', () => {
  const passed: Record<string, unknown> = { ...recorded('get-batch__passed'), id: 'b1' };
  const read = async (body: Record<string, unknown>) => {
    await using bland = await startBland({ batches: [{ id: 'b1', looks: [body] }] });
    const { provider, deadline } = asking('bland', bland.url);
    const reading = provider
      .fetchBatch('b1', deadline(500))
      .then((batch) => provider.fetchRuns(batch, deadline()));
    return await reading.then(
      (batch) => ({ settled: batch.settled, announced: batch.announced, doubts: findContradictions(batch) }),
      (error: Error) => error.message.replace(/^GET \S+ /, ''),
    );
  };

  test.each(
    [null, undefined].flatMap((value) => [
      ['total_scenarios', value, { passed: 4, failed: 0 }] as const,
      ['passed_scenarios', value, { total: 4, failed: 0 }] as const,
      ['failed_scenarios', value, { total: 4, passed: 4 }] as const,
    ]),
  )('%s of %j is unknown before the end and needed after it', async (counter, value, announced) => {
    expect(await read({ ...passed, status: 'RUNNING', [counter]: value })).toEqual({
      settled: false,
      announced,
      doubts: [],
    });
    expect(await read({ ...passed, [counter]: value })).toEqual({
      settled: true,
      announced,
      doubts: [`"${counter}" is missing`],
    });
  });

  test.each<[unknown, string]>([
    [{ message: 'Not yours' }, 'Not yours'],
    ['Not yours', 'Not yours'],
    [[{ error: 'FORBIDDEN', message: 'Not yours' }], 'Not yours'],
    [['Not yours'], 'Not yours'],
  ])('errors of %j beside data are an error', async (errors, said) => {
    expect(await read({ data: passed, errors })).toContain(`(${said})`);
  });

  test.each(['error', 'ERROR', 'failed', 500])(
    'an envelope with data and the status %j is an error',
    async (status) => {
      expect(await read({ status, message: 'Too busy', data: passed })).toContain('Too busy');
    },
  );

  test.each([{}, { errors: [] }, { errors: {} }, { errors: '' }, { status: 'success' }, { error: null }])(
    'an envelope with data and %j is none',
    async (beside) => {
      expect(await read({ data: passed, ...beside })).toMatchObject({ settled: true, doubts: [] });
    },
  );

  test('a run that is embedded twice with two statuses contradicts itself', async () => {
    const [first, ...rest] = passed['runs'] as object[];
    const doubts = await read({
      ...passed,
      runs: [{ ...first, id: 'r1' }, ...rest, { ...first, id: 'R1', status: 'ERROR' }],
    });
    expect(doubts).toMatchObject({
      doubts: [
        'run r1 has contradicting statuses (PASSED and ERROR)',
        'the provider counts 4 passed and lists 3',
        'the provider calls it passed and 1 of its runs did not pass',
      ],
    });
  });
});

describe('the details of runs that did not pass', () => {
  const explain = async (options: BlandOptions, runs: Parameters<typeof many>[1], count = 1) => {
    await using bland = await startBland({ batches: [{ id: 'b1', runs: many(count, runs) }], ...options });
    const { provider, deadline, read } = asking('bland', bland.url);
    const batch = await read();
    const before = bland.requests.length;
    const { runs: explained = [] } =
      (await provider.fetchFailureDetails?.(batch, deadline(), new Set())) ?? {};
    return { batch, explained, requests: bland.requests.slice(before) };
  };

  const transcript = [
    { role: 'assistant', content: 'Bluewater Dental, how can I help?' },
    { role: 'user', content: 'I want to cancel.' },
    { role: 'system', content: 'ignored' },
    'nonsense',
  ];

  test('and the conversation of a run that passed and is compared with them', async () => {
    const runs = ['r1', 'r2'].map((id) => ({ id, transcript }));
    await using bland = await startBland({ batches: [{ id: 'b1', runs }] });
    const { provider, deadline, read } = asking('bland', bland.url);
    const batch = await read();
    const told = await provider.fetchFailureDetails?.(batch, deadline(), new Set(['r2']));
    expect(told?.runs).toMatchObject([
      { status: 'passed', turns: [] },
      { status: 'passed', turns: { length: 2 } },
    ]);
    expect(bland.requests.filter(({ path }) => path.includes('/runs/')).length).toBe(1);
  });

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
    const details = requests.filter(({ path }) => path.includes('/runs/'));
    expect(details.length).toBe(25);
    expect(Math.max(...requests.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(4);
    const asked = new Set(requests.map(({ path }) => path.split('/').at(-1)));
    expect(batch.runs.filter(({ id, status }) => status === 'failed' && !asked.has(id))).toEqual([]);
  });

  test('none of runs that passed or were cancelled', async () => {
    const { requests } = await explain({}, (index) => ({ outcome: index === 0 ? 'passed' : 'cancelled' }), 2);
    expect(requests).toEqual([]);
  });

  const CANCELLATION = '20edc1eb-d421-56f0-9d63-3aeddc72d9f1';
  const SAYS = 'bee9e753-9df8-5e24-9493-0edf14f51ab5';
  const named = (name: string) => ({
    id: CANCELLATION,
    assertions: [null, { id: SAYS.toUpperCase(), name }, { id: 'x' }, { id: SAYS, name: 7 }],
  });
  const labels = (runs: readonly Run[]) => runs.map(({ assertions }) => assertions.map((one) => one.label));
  /** Runs of one scenario with the recorded assertions. */
  const cancelling = {
    outcome: 'failed',
    testCaseId: CANCELLATION,
    name: 'Cancellation - angry caller',
  } as const;

  test.each<BlandOptions>([
    {},
    { envelope: true },
    { envelope: true, assertions: 'live' },
    { envelope: 'beside', assertions: 'live' },
  ])(
    'assertions were called "assertion bee9e753-…", and have the names of their scenario now (%j)',
    async (options) => {
      const { explained, requests } = await explain(options, cancelling, 3);
      expect(labels(explained)).toEqual(
        Array.from({ length: 3 }, () => ['De-escalates', 'Says cancellation confirmed']),
      );
      const scenario = `/v1/agent-testing/scenarios/${CANCELLATION}`;
      expect(requests.filter(({ path }) => path.includes('/scenarios')).map(({ path }) => path)).toEqual([
        scenario,
      ]);
    },
  );

  test('a name of any kind is a name, and nothing else that stands there changes anything', async () => {
    const name = '<!-- --> @octocat ::error::'.repeat(200);
    const { explained } = await explain({ assertions: 'live', scenarios: [named(name)] }, cancelling);
    expect(labels(explained)).toEqual([['assertion 2020f195-04ee-587a-b783-412332b0229c', name]]);
  });

  test.each<[string, () => Fault]>([
    ['that is gone', () => ({ kind: 'answer', status: 404 })],
    ['that may not be read', () => ({ kind: 'answer', status: 403 })],
    ['that says nothing of assertions', () => ({ kind: 'rewrite', change: () => ({ assertions: 'none' }) })],
    ['that is no JSON', () => ({ kind: 'rewrite', change: () => 'gone' })],
    ['that does not answer', () => ({ kind: 'answer', status: 500 })],
  ])('a scenario %s leaves the assertions their ids, and the rest of the details', async (_what, fault) => {
    const faults: BlandOptions['faults'] = (request) =>
      request.path.includes('/scenarios/') ? fault() : undefined;
    const { explained, requests } = await explain(
      { assertions: 'live', faults },
      { ...cancelling, transcript },
      2,
    );
    expect(labels(explained)[1]).toEqual([
      'assertion 2020f195-04ee-587a-b783-412332b0229c',
      `assertion ${SAYS}`,
    ]);
    expect(explained.map(({ turns }) => turns.length)).toEqual([2, 2]);
    expect(requests.filter(({ path }) => path.includes('/runs/')).length).toBe(2);
  });

  test('of 40 runs of 40 scenarios at most 25 scenarios are read, at most four requests at a time', async () => {
    const scenarios = manyScenarios(40);
    const { requests } = await explain(
      { assertions: 'live', scenarios },
      (index) => ({ outcome: 'failed', testCaseId: scenarios[index]?.id ?? '', name: `Case ${index}` }),
      40,
    );
    expect(requests.filter(({ path }) => path.includes('/scenarios/')).length).toBe(25);
    expect(requests.length).toBe(50);
    expect(Math.max(...requests.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(4);
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

test.each<BlandOptions['envelope']>([false, true, 'beside'])(
  'every envelope is opened (%j)',
  async (envelope) => {
    await using bland = await startBland({
      batches: [{ id: 'b1', runs: [{}, { outcome: 'failed' }] }],
      ...(envelope && { envelope }),
    });
    expect(await asking('bland', bland.url).read()).toMatchObject({
      settled: true,
      conclusion: 'failed',
      announced: { total: 2, passed: 1, failed: 1 },
    });
  },
);
