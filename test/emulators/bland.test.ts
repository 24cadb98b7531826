import { describe, expect, onTestFinished, test } from 'vitest';
import { type BlandOptions, startBland } from './bland.ts';
import { readSample } from './samples.ts';
import { type BatchScript, many, type RunScript } from './timeline.ts';

const CREATED = Date.parse('2026-09-14T08:00:00.000Z');

/** An emulator that ends with the test, and the little that it takes to ask it. */
async function start(options: BlandOptions = {}) {
  const emulator = await startBland(options);
  onTestFinished(() => emulator.close());
  const ask = async (path: string, { key = 'test-key', body }: { key?: string; body?: unknown } = {}) => {
    const response = await fetch(`${emulator.url}/v1/agent-testing${path}`, {
      headers: { authorization: key },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const read = async (path: string): Promise<unknown> => {
    const { status, body } = await ask(path);
    expect(status).toBe(200);
    return body;
  };
  return { emulator, ask, read };
}

/** The script that the recorded batch of four scenarios, of which one fails, would come from. */
function recordedScript(sample: string, runs: readonly RunScript[]): BatchScript {
  const recorded = readSample<{
    id: string;
    trigger_source: string;
    publish_on_pass: boolean;
    runs: { id: string }[];
  }>(`bland__get-batch__${sample}`);
  const { id, trigger_source, publish_on_pass } = recorded;
  return {
    id,
    createdAt: CREATED,
    fields: { trigger_source, publish_on_pass },
    runs: runs.map((run, index) => ({ id: recorded.runs[index]!.id, ...run })),
  };
}

const FAILED = recordedScript('failed', [{}, {}, { outcome: 'failed' }, {}]);
const ERRORED = recordedScript('error', [{}, { outcome: 'errored' }, {}, {}]);
const CANCELLED = recordedScript('cancelled', [{}, ...many(3, { outcome: 'cancelled' })]);
const PASSED = recordedScript('passed', many(4));
const PUBLISHING = recordedScript('passed-publish-on-pass', many(4));
const RUNNING = recordedScript('running', [{}, { endsAt: 9000 }, { outcome: 'failed' }, { startsAt: 9000 }]);
const PENDING = recordedScript('pending', many(4, { startsAt: 9000 }));
const EMPTY = recordedScript('empty', []);
const STRANGE = { ...recordedScript('unknown-status', many(4)), words: { ended: 'PARTIAL' } };
const EARLY = {
  ...recordedScript('pending-no-runs-yet', []),
  runs: many(4, { startsAt: 9000, listedAt: 9000 }),
};
const HASTY = {
  ...recordedScript('passed-but-run-unfinished', [{}, {}, { endsAt: 9000 }, {}]),
  settlesAt: 0,
};
const OPTIONAL = recordedScript('passed-with-optional-assertion-failed', [
  {},
  {},
  {
    assertions: [
      { id: '2020f195-04ee-587a-b783-412332b0229c', expected: 'I understand', passed: false },
      { id: 'bee9e753-9df8-5e24-9493-0edf14f51ab5', expected: 'cancellation confirmed', passed: true },
    ],
  },
  {},
]);

const LIVE = { envelope: true, assertions: 'live' } as const;
const batch = ({ id }: BatchScript): string => `/batches/${id}`;
const runs = ({ id }: BatchScript, rest = ''): string => `/runs?batch_id=${id}${rest}`;
const run = (script: BatchScript, index: number): string => `/runs/${script.runs[index]?.id}`;

/** What each recorded answer of a scripted batch comes from: the script, where it is read, how it is written. */
const RECORDED: Record<string, [BatchScript, string, BlandOptions?]> = {
  'get-batch__failed': [FAILED, batch(FAILED)],
  'get-batch__error': [ERRORED, batch(ERRORED)],
  'get-batch__cancelled': [CANCELLED, batch(CANCELLED)],
  'get-batch__passed': [PASSED, batch(PASSED)],
  'get-batch__passed-publish-on-pass': [PUBLISHING, batch(PUBLISHING)],
  'get-batch__passed-with-optional-assertion-failed': [OPTIONAL, batch(OPTIONAL)],
  'get-batch__passed-but-run-unfinished': [HASTY, batch(HASTY)],
  'get-batch__unknown-status': [STRANGE, batch(STRANGE)],
  'get-batch__running': [RUNNING, batch(RUNNING)],
  'get-batch__pending': [PENDING, batch(PENDING)],
  'get-batch__pending-no-runs-yet': [EARLY, batch(EARLY)],
  'get-batch__empty': [EMPTY, batch(EMPTY)],
  'get-batch__failed-enveloped-live': [FAILED, batch(FAILED), LIVE],
  'list-runs__by-batch': [FAILED, runs(FAILED, '&limit=100&offset=0')],
  'list-runs__page-1': [FAILED, runs(FAILED, '&limit=2&offset=0')],
  'list-runs__page-2': [FAILED, runs(FAILED, '&limit=2&offset=2')],
  'list-runs__errored': [ERRORED, runs(ERRORED)],
  'list-runs__empty': [FAILED, runs(EMPTY)],
  'list-runs__enveloped': [FAILED, runs(FAILED), LIVE],
  'list-runs__enveloped-array': [FAILED, runs(FAILED), { envelope: 'array', assertions: 'live' }],
  'list-runs__data-null-extras': [FAILED, runs(FAILED), { envelope: 'beside' }],
  'get-run__passed': [PASSED, run(PASSED, 0)],
  'get-run__failed': [FAILED, run(FAILED, 2)],
  'get-run__error': [ERRORED, run(ERRORED, 1)],
  'get-run__cancelled': [CANCELLED, run(CANCELLED, 1)],
  'get-run__running': [RUNNING, run(RUNNING, 1)],
  'get-run__failed-enveloped-live': [FAILED, run(FAILED, 2), LIVE],
  'get-run__error-enveloped': [ERRORED, run(ERRORED, 1), LIVE],
  'list-scenarios__docs': [PASSED, '/scenarios'],
  'list-scenarios__enveloped-array': [PASSED, '/scenarios', { envelope: 'array' }],
};

test.each(Object.entries(RECORDED))(
  '%s is what its script makes',
  async (sample, [script, path, options]) => {
    const { read } = await start({ ...options, now: () => 0, batches: [script] });

    expect(await read(path)).toEqual(readSample(`bland__${sample}`));
  },
);

/** The same keys with the names of types in place of values, each form of a list's entries once. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(shapeOf(each))))].sort();
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, shapeOf(each)] as const)
      .sort(([one], [other]) => one.localeCompare(other)),
  );
}

/** Recorded answers whose values are of no account here: enveloped twins, the documentation's own examples, answers to POST. */
const SHAPED: Record<string, [BatchScript[], string, BlandOptions?, unknown?]> = {
  'get-batch__error-enveloped': [[ERRORED], batch(ERRORED), LIVE],
  'get-batch__running-enveloped': [[RUNNING], batch(RUNNING), LIVE],
  'get-batch__failed-docs-verbatim': [
    [{ id: 'docs', runs: [{}, {}, { outcome: 'failed' }] }],
    '/batches/docs',
  ],
  'batch-run__200': [[], '/batch-run', {}, readSample('bland__batch-run__request')],
  'batch-run__200-enveloped': [[], '/batch-run', LIVE, readSample('bland__batch-run__request')],
  'run-scenario__200': [[], '/scenarios/cd287a99-6963-56a1-8909-b35d49688e07/run', {}, {}],
};

test.each(Object.entries(SHAPED))(
  '%s has the shape that was recorded',
  async (sample, [batches, path, options, body]) => {
    const { ask } = await start({ ...options, now: () => 0, batches });
    const answer = await ask(path, body === undefined ? {} : { body });

    expect(shapeOf(answer)).toEqual(shapeOf({ status: 200, body: readSample(`bland__${sample}`) }));
  },
);

test('runs that were started alone are listed as in the documentation', async () => {
  const { ask, read } = await start({ created: () => ({ runs: [{ outcome: 'failed' }] }) });
  const started = await ask('/scenarios/20edc1eb-d421-56f0-9d63-3aeddc72d9f1/run', { body: {} });
  const { run_id } = started.body as { run_id: string };
  const listed = (await read('/runs?status=FAILED')) as { runs: { id: string; scenario_id: string }[] };
  const documented = readSample<{ runs: unknown[]; total_count: number }>('bland__list-runs__docs-verbatim');

  expect(listed.runs).toMatchObject([
    { id: run_id, scenario_id: '20edc1eb-d421-56f0-9d63-3aeddc72d9f1', batch_id: null },
  ]);
  expect(shapeOf(listed)).toEqual(shapeOf({ ...documented, runs: documented.runs.slice(1) }));
  expect(await read(`/runs/${run_id}`)).toMatchObject({ status: 'FAILED', batch_id: null });
});

type Asked = { key?: string; body?: unknown };
const MISSING = '/batches/nothing';
const answering = (status: number, body?: unknown): BlandOptions => ({
  faults: [{ kind: 'answer', status, body }],
});

/** How each recorded error comes about. */
const ERRORS: Record<string, [string, BlandOptions?, Asked?]> = {
  '401-enveloped': [MISSING, {}, { key: 'wrong' }],
  '404-enveloped': [MISSING],
  '404-status-enveloped': [MISSING, { errors: 'enveloped-with-status' }],
  '400-flat': ['/batch-run', {}, { body: { scenario_ids: [] } }],
  '403-flat': [MISSING, { errors: 'flat', ...answering(403) }],
  '429-enveloped': [MISSING, answering(429)],
  '429-flat': [MISSING, { errors: 'flat', ...answering(429) }],
  '200-with-errors': [MISSING, answering(200, readSample('bland__error__200-with-errors'))],
};

test.each(Object.entries(ERRORS))(
  'error %s is as it was recorded',
  async (sample, [path, options, asked]) => {
    const { ask } = await start(options);

    expect(await ask(path, asked)).toEqual({
      status: Number(sample.slice(0, 3)),
      body: readSample(`bland__error__${sample}`),
    });
  },
);

test('no recorded answer of these endpoints is left out', () => {
  const index = readSample<{ samples: { file: string; provider: string; kind: string; path: string }[] }>(
    'index',
  );
  const recorded = index.samples
    .filter(
      ({ file, provider, kind, path }) =>
        provider === 'bland' &&
        kind === 'response' &&
        !file.includes('simulation-set') &&
        !path.startsWith('/v1/pathway/'),
    )
    .map(({ file }) => file.slice('bland__'.length, -'.json'.length));
  const held = [
    ...Object.keys(RECORDED),
    ...Object.keys(SHAPED),
    'list-runs__docs-verbatim',
    ...Object.keys(ERRORS).map((sample) => `error__${sample}`),
  ];

  expect(held.sort()).toEqual(recorded.sort());
});

test('recorded bodies come word for word, wrapped in nothing', async () => {
  const looks = ['running-enveloped', 'failed-enveloped-live'].map((each) =>
    readSample(`bland__get-batch__${each}`),
  );
  const listing = readSample('bland__list-runs__data-null-extras');
  const detail = readSample('bland__get-run__failed');
  const { read } = await start({
    envelope: true,
    batches: [
      {
        id: 'batch',
        looks,
        listings: (_, n) => (n === 1 ? listing : []),
        details: new Map([['run', detail]]),
      },
    ],
  });

  expect([await read('/batches/batch'), await read('/batches/batch'), await read('/batches/batch')]).toEqual([
    looks[0],
    looks[1],
    looks[1],
  ]);
  expect([await read('/runs?batch_id=batch'), await read('/runs?batch_id=batch')]).toEqual([listing, []]);
  expect(await read('/runs/run')).toEqual(detail);
});

describe('the key', () => {
  test.each([
    ['raw-key', 'raw-key', 200],
    ['raw-key', 'Bearer raw-key', 401],
    ['Bearer org_key', 'Bearer org_key', 200],
    ['Bearer org_key', 'org_key', 401],
  ])('%s, sent as %s, gets %d', async (apiKey, key, status) => {
    const { ask } = await start({ apiKey, batches: [PASSED] });

    expect((await ask(batch(PASSED), { key })).status).toBe(status);
  });
});

describe('an id of something else', () => {
  test.each([
    [run(PASSED, 0).replace('runs', 'batches'), 'Batch not found'],
    [`/runs/${PASSED.id}`, 'Run not found'],
  ])('%s', async (path, message) => {
    const { ask } = await start({ batches: [PASSED] });

    expect(await ask(path)).toEqual({
      status: 404,
      body: { data: null, errors: [{ error: 'NOT_FOUND', message }] },
    });
  });
});

describe('the list of runs', () => {
  interface Rows {
    runs: { id: string }[];
    total_count: number;
  }
  const hundred: BatchScript = { id: 'hundred', runs: many(101, (index) => ({ id: `run ${index}` })) };

  test.each([
    ['', 50, 'run 0'],
    ['&limit=1', 1, 'run 0'],
    ['&limit=2&offset=4', 2, 'run 4'],
    ['&limit=50&offset=100', 1, 'run 100'],
    ['&limit=100&offset=1', 100, 'run 1'],
    ['&offset=101', 0, undefined],
  ])('page %s', async (query, size, first) => {
    const { read } = await start({ batches: [hundred] });
    const { runs: rows, total_count } = (await read(runs(hundred, query))) as Rows;

    expect([rows.length, rows[0]?.id, total_count]).toEqual([size, first, 101]);
  });

  test.each(['limit=0', 'limit=101', 'limit=1000', 'limit=two', 'offset=-1'])(
    '%s is refused',
    async (query) => {
      const { ask } = await start();

      expect((await ask(`/runs?${query}`)).status).toBe(400);
    },
  );

  test.each([
    ['', ['new', 'old 1', 'old 2']],
    ['status=FAILED', ['old 2']],
    ['batch_id=old', ['old 1', 'old 2']],
    ['batch_id=old&status=PASSED', ['old 1']],
    ['scenario_id=cd287a99-6963-56a1-8909-b35d49688e07', ['new', 'old 1']],
    ['pathway_id=e7575763-8f68-5232-8e7a-949df1cad4c9', ['new', 'old 1', 'old 2']],
    ['persona_id=another', []],
  ])('filtered by %s, newest batch first', async (query, ids) => {
    const { read } = await start({
      batches: [
        { id: 'old', runs: [{ id: 'old 1' }, { id: 'old 2', outcome: 'failed' }] },
        { id: 'new', runs: [{ id: 'new' }] },
      ],
    });
    const { runs: rows, total_count } = (await read(`/runs?${query}`)) as Rows;

    expect([rows.map(({ id }) => id), total_count]).toEqual([ids, ids.length]);
  });
});

test('scenarios are filtered', async () => {
  const { read } = await start();
  const all = (await read('/scenarios?enabled=true&category=CUSTOM')) as { scenarios: unknown[] };

  expect(all.scenarios).toHaveLength(4);
  expect(await read('/scenarios?enabled=false')).toEqual({ scenarios: [] });
});

describe('starting a batch', () => {
  const request = readSample<{ scenario_ids: string[] }>('bland__batch-run__request');

  test('starts its runs, which pass one after the other', async () => {
    let time = 0;
    const { ask, read } = await start({ now: () => time });
    const started = (await ask('/batch-run', { body: request })).body as {
      batch_id: string;
      runs: { run_id: string; scenario_id: string }[];
    };
    const look = async () => {
      const body = (await read(`/batches/${started.batch_id}`)) as {
        status: string;
        runs: { id: string; scenario_id: string; status: string }[];
      };
      return [body.status, ...body.runs.map(({ status }) => status)];
    };
    const before = await look();
    time = 2500;
    const between = await look();
    time = 4000;

    expect(started.runs.map(({ scenario_id }) => scenario_id)).toEqual(request.scenario_ids);
    expect(before).toEqual(['RUNNING', 'RUNNING', 'PENDING', 'PENDING', 'PENDING']);
    expect(between).toEqual(['RUNNING', 'PASSED', 'PASSED', 'RUNNING', 'PENDING']);
    expect(await look()).toEqual(['PASSED', 'PASSED', 'PASSED', 'PASSED', 'PASSED']);
    expect(await read(`/runs/${started.runs[3]?.run_id}`)).toMatchObject({
      scenario_id: request.scenario_ids[3],
    });
  });

  test.each([
    [{}, 'scenario_ids must be a non-empty array'],
    [{ scenario_ids: ['another'] }, 'scenario another does not exist'],
  ])('%j is refused', async (body, message) => {
    const { ask } = await start();

    expect(await ask('/batch-run', { body })).toEqual({
      status: 400,
      body: { status: 'error', message: 'Invalid parameters', errors: [message] },
    });
  });

  test('an unknown scenario cannot be run alone', async () => {
    const { ask } = await start();

    expect((await ask('/scenarios/another/run', { body: {} })).status).toBe(404);
  });
});

describe('what a script says', () => {
  test.each<[string, BatchScript['outcome'][], string]>([
    ['all passed', ['passed', 'passed'], 'PASSED'],
    ['one was cancelled', ['passed', 'cancelled'], 'CANCELLED'],
    ['one errored, one was cancelled', ['errored', 'cancelled'], 'ERROR'],
    ['one failed, one errored', ['errored', 'failed'], 'FAILED'],
  ])('the batch where %s', async (_, outcomes, status) => {
    const scripted = outcomes.map((outcome) => ({ outcome: outcome! }));
    const { read } = await start({ batches: [{ id: 'batch', runs: scripted }] });

    expect(await read('/batches/batch')).toMatchObject({ status });
  });

  test('the batch has the outcome that it is given', async () => {
    const { read } = await start({ batches: [{ id: 'batch', runs: many(2), outcome: 'errored' }] });

    expect(await read('/batches/batch')).toMatchObject({ status: 'ERROR', passed_scenarios: 2 });
  });

  const scripted: RunScript = {
    id: 'run',
    testCaseId: 'scenario',
    name: 'Says hello',
    startsAt: 1000,
    endsAt: 3500,
    outcome: 'failed',
    explanation: 'It hung up.',
    transcript: [{ role: 'assistant', content: 'Bye' }],
    assertions: [
      { id: 'a', passed: false, expected: 'Hello', reasoning: 'It said bye.' },
      { id: 'b', passed: true, type: 'node_visited', target: 'nodes_visited' },
    ],
    fields: { overall_score: undefined },
  };

  test.each<[BlandOptions['assertions'], unknown[]]>([
    [
      'documented',
      [
        {
          assertion_id: 'a',
          type: 'contains',
          target: 'transcript',
          expected: 'Hello',
          passed: false,
        },
        { assertion_id: 'b', type: 'node_visited', target: 'nodes_visited', expected: '', passed: true },
      ],
    ],
    [
      'live',
      [
        { assertion_id: 'a', status: 'FAILED', reasoning: 'It said bye.' },
        { assertion_id: 'b', status: 'PASSED', reasoning: 'Met.' },
      ],
    ],
  ])('a run with its own words, %s', async (assertions, results) => {
    let time = 0;
    const { read } = await start({
      now: () => time,
      assertions: assertions!,
      batches: [{ id: 'batch', runs: [scripted] }],
    });
    const before = await read('/runs/run');
    time = 3500;
    const { runs: inBatch } = (await read('/batches/batch')) as { runs: unknown[] };
    const after = await read('/runs/run');

    expect(before).toMatchObject({
      status: 'PENDING',
      chat_history: [],
      error_message: null,
      assertion_results: [],
    });
    expect(inBatch).toMatchObject([
      {
        id: 'run',
        scenario: { id: 'scenario', name: 'Says hello' },
        status: 'FAILED',
        duration_ms: 2500,
        turn_count: 1,
      },
    ]);
    expect(after).toMatchObject({
      error_message: 'It hung up.',
      chat_history: scripted.transcript,
      duration_ms: 2500,
    });
    expect(after).toHaveProperty('assertion_results', results);
    expect(after).not.toHaveProperty('overall_score');
  });
});

test('ten thousand runs are all of their own, and the same at every look', async () => {
  const { read } = await start({ batches: [{ id: 'batch', runs: many(10_000) }] });
  const first = (await read('/batches/batch')) as {
    runs: { id: string; scenario: { id: string; name: string } }[];
  };
  const distinct = (values: string[]): number => new Set(values).size;

  expect(distinct(first.runs.map(({ id }) => id))).toBe(10_000);
  expect(distinct(first.runs.map(({ scenario }) => scenario.id))).toBe(10_000);
  expect(distinct(first.runs.map(({ scenario }) => scenario.name))).toBe(10_000);
  expect(await read('/batches/batch')).toEqual(first);
});
