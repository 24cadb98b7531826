import Retell, { type APIError } from 'retell-sdk';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RetellBatch, type RetellOptions, startRetell } from './retell.ts';
import { readSample } from './samples.ts';
import { many } from './timeline.ts';

const EPOCH = 1789372800000;
const FLOW = 'conversation_flow_3b21278178ed';

/** An emulator that ends with the test, and Retell's own client for it. */
async function start(options: RetellOptions = {}) {
  const emulator = await startRetell(options);
  onTestFinished(() => emulator.close());
  const clientWith = (apiKey: string) => new Retell({ apiKey, baseURL: emulator.url, maxRetries: 0 });
  return { emulator, tests: clientWith('test-key').tests, stranger: clientWith('wrong-key').tests };
}

/** A clock that is set by hand. */
function handClock() {
  const clock = { time: 0, now: () => clock.time };
  return clock;
}

async function refusalOf(request: PromiseLike<unknown>) {
  const error = await Promise.resolve(request).then(
    () => expect.fail('It was not refused.'),
    (reason: APIError) => reason,
  );
  return [error.constructor.name, error.status, error.message];
}

/** The script that the recorded batch of five runs, with one failure and one error, would come from. */
const withErrors: RetellBatch = {
  id: 'test_batch_e6ea040ab31c',
  createdAt: EPOCH,
  settlesAt: 95_000,
  runs: [
    { id: 'test_job_e39f4bf26f44', endsAt: 61_000 },
    { id: 'test_job_e502a5367cd1', endsAt: 68_000 },
    { id: 'test_job_e7e84fb3168f', endsAt: 75_000, outcome: 'failed' },
    { id: 'test_job_5fe30ddcf85e', endsAt: 82_000, outcome: 'errored' },
    { id: 'test_job_4f673ca49a09', endsAt: 89_000 },
  ],
};

/** A batch of five whose figures are all that matters. */
const five = (id: string, changes: Partial<RetellBatch> = {}): RetellBatch => ({
  id,
  createdAt: EPOCH,
  runs: many(5),
  settlesAt: 95_000,
  ...changes,
});

describe('what the client reads is what was recorded', () => {
  const flaky = five('test_batch_7f4553fb7cfc');
  const engine = (sample: string) => ({
    response_engine: readSample<{ response_engine: unknown }>(sample).response_engine,
  });

  test.each<[string, RetellBatch, number]>([
    ['complete-all-pass', five('test_batch_e2b0f3b99539'), 95_000],
    [
      'complete-some-fail',
      five('test_batch_5aff6d02fd2f', { runs: [...many(4), { outcome: 'failed' }] }),
      95_000,
    ],
    ['complete-with-errors', withErrors, 95_000],
    ['complete-empty', five('test_batch_777693d0d83b', { runs: [] }), 95_000],
    ['complete-counts-lag', { ...flaky, announce: { passed: 3 } }, 95_000],
    ['counts-full-but-in-progress', { ...flaky, runs: many(5, { endsAt: 41_000 }) }, 41_000],
    [
      'unknown-status',
      {
        ...flaky,
        words: { running: 'cancelled' },
        runs: [{ endsAt: 41_000 }, ...many(4, { startsAt: 50_000 })],
      },
      41_000,
    ],
    [
      'complete-custom-llm',
      five('test_batch_0c0ab6ad62c1', {
        runs: many(1),
        fields: engine('retell__get-batch-test__complete-custom-llm'),
      }),
      95_000,
    ],
    [
      'complete-retell-llm-null-version',
      five('test_batch_19fd0799fd23', {
        runs: many(2),
        fields: engine('retell__get-batch-test__complete-retell-llm-null-version'),
      }),
      95_000,
    ],
  ])('batch %s', async (sample, batch, time) => {
    const clock = handClock();
    const { tests } = await start({ now: clock.now, batches: [batch] });
    clock.time = time;

    expect(await tests.getBatchTest(batch.id)).toEqual(readSample(`retell__get-batch-test__${sample}`));
  });

  test('runs, in every way there is to read them', async () => {
    const clock = handClock();
    const { emulator, tests } = await start({ now: clock.now, batches: [withErrors] });
    clock.time = 95_000;
    const recorded = readSample<{ items: { test_case_job_id: string }[] }>(
      'retell__list-test-runs-v2__with-errors',
    );
    const v1 = await fetch(`${emulator.url}/list-test-runs/${withErrors.id}`, {
      headers: { authorization: 'Bearer test-key' },
    });

    expect(await tests.listTestRuns(withErrors.id)).toEqual(recorded);
    expect(await v1.json()).toEqual(readSample('retell__list-test-runs-v1__with-errors'));
    for (const run of recorded.items) expect(await tests.getTestRun(run.test_case_job_id)).toEqual(run);
  });

  test('runs that have not ended', async () => {
    const recorded = readSample<{ items: { test_case_job_id: string }[] }>(
      'retell__list-test-runs-v2__in-progress',
    );
    const ids = recorded.items.map((run) => run.test_case_job_id);
    const clock = handClock();
    const startsAt = [0, 0, 0, 80_000, 80_000];
    const endsAt = [61_000, 68_000, 90_000, 90_000, 90_000];
    const runs = ids.map((id, i) => ({ id, startsAt: startsAt[i]!, endsAt: endsAt[i]! }));
    const { tests } = await start({ now: clock.now, batches: [five('test_batch_3fa8a7bba5a6', { runs })] });
    clock.time = 70_000;

    expect(await tests.listTestRuns('test_batch_3fa8a7bba5a6')).toEqual(recorded);
    expect(await tests.getBatchTest('test_batch_3fa8a7bba5a6')).toEqual({
      ...readSample<object>('retell__get-batch-test__in-progress'),
      user_modified_timestamp: EPOCH + 68_000,
    });
  });

  test('what a script says about a run', async () => {
    const transcript = [{ role: 'agent', content: 'Hello' }];
    const { tests } = await start({
      batches: [
        {
          id: 'batch',
          runs: [
            {
              id: 'run',
              testCaseId: 'case',
              name: 'Says hello',
              outcome: 'failed',
              words: { ended: 'skipped' },
              explanation: 'It did not.',
              transcript,
              fields: { creation_timestamp: undefined, extra: null },
            },
            { id: 'silent', transcript: null, explanation: null },
          ],
        },
      ],
    });
    const run = await tests.getTestRun('run');

    expect(run).toMatchObject({
      test_case_job_id: 'run',
      test_case_definition_id: 'case',
      test_case_definition_snapshot: { name: 'Says hello', test_case_definition_id: 'case' },
      status: 'skipped',
      result_explanation: 'It did not.',
      transcript_snapshot: { transcript },
      extra: null,
    });
    expect(run).not.toHaveProperty('creation_timestamp');
    expect(await tests.getTestRun('silent')).toMatchObject({
      transcript_snapshot: null,
      result_explanation: null,
    });
  });

  test('recorded bodies, one after the other, word for word', async () => {
    const looks = ['in-progress', 'complete-with-errors'].map((each) =>
      readSample(`retell__get-batch-test__${each}`),
    );
    const listings = [1, 2, 3].map((page) => readSample(`retell__list-test-runs-v2__page-${page}`));
    const detail = readSample('retell__get-test-run__error');
    const { tests } = await start({
      batches: [{ id: 'batch', looks, listings, details: new Map([['run', detail]]) }],
    });
    const read = [
      await tests.getBatchTest('batch'),
      await tests.getBatchTest('batch'),
      await tests.getBatchTest('batch'),
    ];
    const pages = [
      await tests.listTestRuns('batch'),
      await tests.listTestRuns('batch'),
      await tests.listTestRuns('batch'),
    ];

    expect(read).toEqual([looks[0], looks[1], looks[1]]);
    expect(pages).toEqual(listings);
    expect(await tests.getTestRun('run')).toEqual(detail);
  });
});

test('a recorded body may be any JSON at all', async () => {
  const looks = [null, [], 7, { status: null }];
  const { emulator } = await start({ batches: [{ id: 'batch', looks }] });
  const read: unknown[] = [];
  for (const _ of looks) {
    const response = await fetch(`${emulator.url}/get-batch-test/batch`, {
      headers: { authorization: 'Bearer test-key' },
    });
    read.push(await response.json());
  }

  expect(read).toEqual(looks);
});

describe('paging', () => {
  /** Follows the keys to the end. */
  async function readAll(tests: Retell['tests'], batchId: string, limit?: number) {
    const pages: { ids: string[]; has_more: boolean; keyed: boolean }[] = [];
    let key: string | undefined;
    do {
      const query = {
        ...(limit === undefined ? {} : { limit }),
        ...(key === undefined ? {} : { pagination_key: key }),
      };
      const page = await tests.listTestRuns(batchId, query);
      const ids = page.items.map((run) => run.test_case_job_id);
      pages.push({ ids, has_more: page.has_more, keyed: page.pagination_key !== undefined });
      key = page.pagination_key;
    } while (key !== undefined);
    return pages;
  }

  test.each([
    [1, 4, [1, 1, 1, 1]],
    [2, 5, [2, 2, 1]],
    [2, 4, [2, 2]],
    [undefined, 101, [50, 50, 1]],
    [50, 50, [50]],
    [1000, 1237, [1000, 237]],
    [1000, 0, [0]],
  ])('at a limit of %s, %d runs come as %j', async (limit, count, sizes) => {
    const runs = many(count, (index) => ({ id: `run ${index}` }));
    const { tests } = await start({ batches: [{ id: 'batch', runs }] });
    const pages = await readAll(tests, 'batch', limit);

    expect(pages.map(({ ids }) => ids.length)).toEqual(sizes);
    expect(pages.flatMap(({ ids }) => ids)).toEqual(runs.map(({ id }) => id));
    expect(pages.map(({ has_more, keyed }) => [has_more, keyed])).toEqual(
      sizes.map((_, page) => (page < sizes.length - 1 ? [true, true] : [false, false])),
    );
  });

  test('a list can go on for ever, repeat its key, or forget it', async () => {
    const runs = ['a', 'b', 'c'].map((id) => ({ id }));
    const { tests } = await start({
      batches: [
        { id: 'endless', runs, pages: 'endless' },
        { id: 'same', runs, pages: 'same-key' },
        { id: 'none', runs, pages: 'no-key' },
      ],
    });
    const read = async (id: string, pagination_key?: string) => {
      const page = await tests.listTestRuns(id, { limit: 2, ...(pagination_key && { pagination_key }) });
      return { ...page, items: page.items.map((run) => run.test_case_job_id) };
    };
    const first = await read('endless');
    const second = await read('endless', first.pagination_key);
    const third = await read('endless', second.pagination_key);
    const same = await read('same');
    const sameAgain = await read('same', same.pagination_key);

    expect([first, second, third].map(({ items }) => items)).toEqual([['a', 'b'], ['c'], ['b', 'c']]);
    expect(new Set([first, second, third].map((page) => page.pagination_key)).size).toBe(3);
    expect([sameAgain.has_more, sameAgain.pagination_key]).toEqual([true, same.pagination_key]);
    expect(await read('none')).toEqual({ items: ['a', 'b'], has_more: true });
  });

  test.each([
    ['a limit of 0', { limit: 0 }],
    ['a limit over 1000', { limit: 1001 }],
    ['a limit that is no number', { limit: Number.NaN }],
    ['a key of another list', { pagination_key: 'nonsense' }],
  ])('%s is refused', async (_, query) => {
    const { tests } = await start({ batches: [{ id: 'batch', runs: many(3) }] });

    expect((await refusalOf(tests.listTestRuns('batch', query))).slice(0, 2)).toEqual([
      'BadRequestError',
      400,
    ]);
  });
});

describe('errors', () => {
  const MISSING = ['NotFoundError', 404, '404 The requested resource was not found.'];

  test('an id that does not exist, or that is the id of something else', async () => {
    const { tests } = await start({ batches: [{ id: 'batch', runs: [{ id: 'run' }] }] });

    expect(await refusalOf(tests.getBatchTest('nothing'))).toEqual(MISSING);
    expect(await refusalOf(tests.getBatchTest('run'))).toEqual(MISSING);
    expect(await refusalOf(tests.listTestRuns('run'))).toEqual(MISSING);
    expect(await refusalOf(tests.getTestRun('batch'))).toEqual(MISSING);
    expect(await refusalOf(tests.getTestCaseDefinition('batch'))).toEqual(MISSING);
  });

  test('a wrong key sees nothing, and neither does one without Bearer', async () => {
    const { emulator, stranger } = await start({ batches: [five('batch')] });
    const raw = await fetch(`${emulator.url}/get-batch-test/batch`, {
      headers: { authorization: 'test-key' },
    });

    expect(await refusalOf(stranger.getBatchTest('batch'))).toEqual([
      'AuthenticationError',
      401,
      '401 API key is missing or invalid.',
    ]);
    expect(raw.status).toBe(401);
  });

  test.each([
    [400, 'BadRequestError', 'Invalid request format, please check API reference.'],
    [401, 'AuthenticationError', 'API key is missing or invalid.'],
    [402, 'APIError', 'Trial has ended, please add payment method.'],
    [404, 'NotFoundError', 'The requested resource was not found.'],
    [422, 'UnprocessableEntityError', 'Cannot find requested asset under given api key.'],
    [429, 'RateLimitError', 'Account rate limited, please throttle your requests.'],
    [500, 'InternalServerError', 'An unexpected server error occurred.'],
  ])('every documented %d', async (status, name, message) => {
    const { tests, emulator } = await start({ batches: [five('batch')] });
    emulator.fail({ kind: 'answer', status });

    expect(await refusalOf(tests.getBatchTest('batch'))).toEqual([name, status, `${status} ${message}`]);
  });
});

describe('creating a batch', () => {
  const request = readSample<Retell.TestCreateBatchTestParams>(
    'retell__create-batch-test__request__conversation-flow',
  );

  test('starts its runs, which pass one after the other', async () => {
    const clock = handClock();
    const { tests } = await start({ now: clock.now });
    const created = await tests.createBatchTest(request);
    const id = created.test_case_batch_job_id;
    clock.time = 4500;
    const looked = await tests.getBatchTest(id);
    const { items } = await tests.listTestRuns(id);
    clock.time = 5000;

    expect(created).toMatchObject({
      status: 'in_progress',
      response_engine: request.response_engine,
      total_count: 5,
      pass_count: 0,
    });
    expect(looked).toMatchObject({ status: 'in_progress', total_count: 5, pass_count: 4 });
    expect(items.map((run) => [run.test_case_definition_id, run.status])).toEqual(
      request.test_case_definition_ids.map((each, index) => [each, index < 4 ? 'pass' : 'in_progress']),
    );
    expect(items[4]?.test_case_definition_snapshot.name).toBe('Answers a Spanish-speaking caller in Spanish');
    expect(await tests.getBatchTest(id)).toMatchObject({ status: 'complete', pass_count: 5 });
  });

  test('does what the script for created batches says', async () => {
    const { tests } = await start({
      created: (ids) => ({ runs: many(ids.length, { outcome: 'errored' }), createdAt: EPOCH }),
    });
    const created = await tests.createBatchTest(request);

    expect(created).toMatchObject({ status: 'complete', error_count: 5, creation_timestamp: EPOCH });
  });

  test.each<[string, object]>([
    ['no ids', { test_case_definition_ids: [] }],
    ['too many ids', { test_case_definition_ids: Array(1001).fill(request.test_case_definition_ids[0]) }],
    ['an unknown id', { test_case_definition_ids: ['test_case_0'] }],
    [
      'an engine that cannot be tested',
      { response_engine: { type: 'custom-llm', llm_websocket_url: 'wss://a.example' } },
    ],
    ['no engine', { response_engine: undefined }],
  ])('is refused with %s', async (_, changes) => {
    const { tests } = await start();

    expect((await refusalOf(tests.createBatchTest({ ...request, ...changes }))).slice(0, 2)).toEqual([
      'BadRequestError',
      400,
    ]);
  });

  test('batches are listed for their engine, newest first, by default in its latest version', async () => {
    const engine = (version: number) => ({
      response_engine: { type: 'conversation-flow', conversation_flow_id: FLOW, version },
    });
    const { tests } = await start({
      batches: [
        five('one', { fields: engine(12) }),
        five('old', { fields: engine(11) }),
        five('two', { fields: engine(12) }),
        five('other', { fields: { response_engine: { type: 'retell-llm', llm_id: 'llm' } } }),
        { id: 'recorded', looks: [{}] },
      ],
    });
    const flow = { type: 'conversation-flow', conversation_flow_id: FLOW } as const;
    const idsOf = (page: { items: { test_case_batch_job_id: string }[] }) =>
      page.items.map((batch) => batch.test_case_batch_job_id);
    const first = await tests.listBatchTests({ ...flow, limit: 1 });
    const second = await tests.listBatchTests({ ...flow, limit: 1, pagination_key: first.pagination_key! });

    expect([idsOf(first), first.has_more, idsOf(second), second.has_more]).toEqual([
      ['two'],
      true,
      ['one'],
      false,
    ]);
    expect(first.items[0]).toEqual(await tests.getBatchTest('two'));
    expect(idsOf(await tests.listBatchTests({ ...flow, version: 11 }))).toEqual(['old']);
    expect(idsOf(await tests.listBatchTests({ type: 'retell-llm', llm_id: 'llm' }))).toEqual(['other']);
    expect((await refusalOf(tests.listBatchTests({ type: 'retell-llm' })))[1]).toBe(400);
  });
});

describe('test case definitions', () => {
  const input: Retell.TestCreateTestCaseDefinitionParams = {
    name: 'Says hello',
    response_engine: { type: 'retell-llm', llm_id: 'llm' },
    user_prompt: 'Say hello.',
    metrics: ['The agent says hello.'],
    dynamic_variables: { day: 'Monday' },
    llm_model: 'gpt-5',
    tool_mocks: [],
  };

  test('those that were recorded are there', async () => {
    const { tests } = await start();
    const recorded = readSample<{ test_case_definition_id: string }>('retell__get-test-case-definition');

    expect(await tests.getTestCaseDefinition(recorded.test_case_definition_id)).toEqual(recorded);
  });

  test('one is made, read, listed, changed, run and deleted', async () => {
    const { tests } = await start();
    const made = await tests.createTestCaseDefinition(input);
    const id = made.test_case_definition_id;
    const listed = await tests.listTestCaseDefinitions({ type: 'retell-llm', llm_id: 'llm' });
    const changed = await tests.updateTestCaseDefinition(id, { name: 'Says good day' });
    const batch = await tests.createBatchTest({
      test_case_definition_ids: [id],
      response_engine: input.response_engine,
    });
    const { items } = await tests.listTestRuns(batch.test_case_batch_job_id);

    expect(made).toEqual({
      ...input,
      test_case_definition_id: id,
      type: 'simulation',
      creation_timestamp: expect.any(Number),
      user_modified_timestamp: made.creation_timestamp,
    });
    expect(listed).toEqual({ items: [made], has_more: false });
    expect(changed).toEqual({ ...made, name: 'Says good day', user_modified_timestamp: expect.any(Number) });
    expect(await tests.getTestCaseDefinition(id)).toEqual(changed);
    expect(items.map((run) => run.test_case_definition_snapshot)).toEqual([changed]);
    expect(await tests.deleteTestCaseDefinition(id)).toBeNull();
    expect((await refusalOf(tests.deleteTestCaseDefinition(id)))[1]).toBe(404);
  });

  test('one that lacks something is refused', async () => {
    const { tests } = await start();
    const { metrics: _, ...incomplete } = input;

    expect(await refusalOf(tests.createTestCaseDefinition(incomplete as typeof input))).toEqual([
      'BadRequestError',
      400,
      '400 Invalid request format, please check API reference. metrics is required.',
    ]);
  });
});

describe('time', () => {
  test('passes as it is given, and faster if that is asked for', async () => {
    const clock = handClock();
    const { tests } = await start({ now: clock.now, speed: 60, batches: [five('batch')] });
    clock.time = 1583;
    const before = await tests.getBatchTest('batch');
    clock.time = 1584;

    expect([before.status, (await tests.getBatchTest('batch')).status]).toEqual(['in_progress', 'complete']);
  });

  test('of a batch begins when it is added', async () => {
    const clock = handClock();
    const { emulator, tests } = await start({ now: clock.now });
    clock.time = 95_000;
    emulator.add(five('batch'));

    expect((await tests.getBatchTest('batch')).status).toBe('in_progress');
    expect(() => emulator.add(five('batch'))).toThrow('There is a batch batch already.');
  });

  test('lists late runs after the others, and shows them nowhere before', async () => {
    const clock = handClock();
    const runs = [{ id: 'early' }, { id: 'late', listedAt: 2000 }];
    const { tests } = await start({ now: clock.now, batches: [{ id: 'batch', runs }] });
    const before = await tests.listTestRuns('batch');
    const refusal = await refusalOf(tests.getTestRun('late'));
    clock.time = 2000;
    const after = await tests.listTestRuns('batch');

    expect(before.items.map((run) => run.test_case_job_id)).toEqual(['early']);
    expect(refusal[1]).toBe(404);
    expect(after.items.map((run) => run.test_case_job_id)).toEqual(['early', 'late']);
  });
});

test('runs of many test cases have ids and names of their own, the same each time', async () => {
  const batch: RetellBatch = {
    id: 'batch',
    runs: many(1237, (index) => (index === 1236 ? { outcome: 'failed' } : {})),
  };
  const listOf = async () => {
    const { tests } = await start({ batches: [{ ...batch, createdAt: EPOCH }] });
    const first = await tests.listTestRuns('batch', { limit: 1000 });
    const last = await tests.listTestRuns('batch', { limit: 1000, pagination_key: first.pagination_key! });
    return [...first.items, ...last.items];
  };
  const runs = await listOf();

  expect(new Set(runs.map((run) => run.test_case_job_id)).size).toBe(1237);
  expect(new Set(runs.map((run) => run.test_case_definition_id)).size).toBe(1237);
  expect(new Set(runs.map((run) => run.test_case_definition_snapshot.name)).size).toBe(1237);
  expect(runs.map((run) => run.status)).toEqual([...Array(1236).fill('pass'), 'fail']);
  expect(await listOf()).toEqual(runs);
});
