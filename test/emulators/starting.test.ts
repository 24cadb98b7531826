import Retell, { type APIError } from 'retell-sdk';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type BlandOptions, manyScenarios, startBland } from './bland.ts';
import { REFUSALS, WAYS_TO_LOSE } from './losing.ts';
import { byLetters } from './outcomes.ts';
import { type RetellOptions, startRetell } from './retell.ts';
import { DEFAULT_AGENT } from './retell-agents.ts';
import { manyDefinitions } from './retell-definitions.ts';
import { readSample } from './samples.ts';
import { oneAfterTheOther } from './timeline.ts';

const FLOW = { type: 'conversation-flow', conversation_flow_id: 'conversation_flow_3b21278178ed' } as const;
const REQUEST = readSample<Retell.TestCreateBatchTestParams>(
  'retell__create-batch-test__request__conversation-flow',
);
const SCENARIOS = readSample<{ scenario_ids: string[]; version_number: number }>('bland__batch-run__request');

/** An emulator that ends with the test, and Retell's own client for it, which sends everything once. */
async function retell(options: RetellOptions = {}) {
  const emulator = await startRetell(options);
  onTestFinished(() => emulator.close());
  return { emulator, client: new Retell({ apiKey: 'test-key', baseURL: emulator.url, maxRetries: 0 }) };
}

async function bland(options: BlandOptions = {}) {
  const emulator = await startBland(options);
  onTestFinished(() => emulator.close());
  const ask = async (path: string, body?: unknown) => {
    const response = await fetch(`${emulator.url}/v1/${path}`, {
      headers: { authorization: 'test-key' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { emulator, ask };
}

const statusOf = (request: PromiseLike<unknown>): Promise<number | undefined> =>
  Promise.resolve(request).then(
    () => expect.fail('It was not refused.'),
    (error: APIError) => error.status,
  );

describe("Retell's agents, as its own client reads them", () => {
  const agents = [
    DEFAULT_AGENT,
    { id: 'agent_llm', versions: [0, 1].map((version) => ({ version, engine: llm(version + 20) })) },
    {
      id: 'agent_custom',
      name: 'Own server',
      versions: [
        { version: 2, engine: { type: 'custom-llm' as const, llm_websocket_url: 'wss://llm.example.com' } },
      ],
    },
  ];
  function llm(version: number) {
    return { type: 'retell-llm' as const, llm_id: 'llm_1', version };
  }

  test('an agent: its latest version, or the one that is asked for', async () => {
    const { client } = await retell();
    const latest = await client.agent.retrieve(DEFAULT_AGENT.id);
    const fourth = await client.agent.retrieve(DEFAULT_AGENT.id, { version: 4 });

    expect(latest).toEqual({
      agent_id: DEFAULT_AGENT.id,
      agent_name: 'Front desk',
      version: 5,
      is_published: false,
      response_engine: { ...FLOW, version: 12 },
      voice_id: 'retell-Cimo',
      last_modification_timestamp: 1789200000000,
    });
    expect([fourth.version, fourth.is_published, fourth.response_engine]).toEqual([
      4,
      true,
      { ...FLOW, version: 11 },
    ]);
  });

  test('on a custom LLM, and without a name', async () => {
    const { client } = await retell({ agents });
    expect(await client.agent.retrieve('agent_custom')).toMatchObject({
      response_engine: { type: 'custom-llm', llm_websocket_url: 'wss://llm.example.com' },
    });
    expect(await client.agent.retrieve('agent_llm')).toMatchObject({
      agent_name: null,
      response_engine: llm(21),
    });
  });

  test('its versions in pages, in either order', async () => {
    const { client } = await retell({ longestPage: 2 });
    const first = await client.agent.listVersions(DEFAULT_AGENT.id, { sort_order: 'descending' });
    const second = await client.agent.listVersions(DEFAULT_AGENT.id, {
      sort_order: 'descending',
      pagination_key: first.pagination_key!,
    });
    const { items } = await client.agent.listVersions(DEFAULT_AGENT.id, { limit: 1 });

    expect([...first.items, ...second.items].map((each) => [each.version, each.is_published])).toEqual([
      [5, false],
      [4, true],
      [3, true],
    ]);
    expect([first.has_more, second.has_more, items.map(({ version }) => version)]).toEqual([
      true,
      false,
      [3],
    ]);
  });

  test('its engines, in the latest version or the one that is asked for', async () => {
    const { client } = await retell({ agents });

    expect(await client.conversationFlow.retrieve(FLOW.conversation_flow_id)).toMatchObject({
      conversation_flow_id: FLOW.conversation_flow_id,
      version: 12,
    });
    expect(await client.conversationFlow.retrieve(FLOW.conversation_flow_id, { version: 10 })).toMatchObject({
      version: 10,
    });
    expect(await client.llm.retrieve('llm_1')).toMatchObject({ llm_id: 'llm_1', version: 21 });
    expect(await client.llm.retrieve('llm_1', { version: 20 })).toMatchObject({ version: 20 });
  });

  test.each<[string, (client: Retell) => PromiseLike<unknown>]>([
    ['an agent', (client) => client.agent.retrieve('agent_0')],
    ['a version of an agent', (client) => client.agent.retrieve(DEFAULT_AGENT.id, { version: 6 })],
    ['the versions of an agent', (client) => client.agent.listVersions('agent_0')],
    ['an LLM', (client) => client.llm.retrieve(FLOW.conversation_flow_id)],
    ['a version of an LLM', (client) => client.llm.retrieve('llm_1', { version: 19 })],
    ['a flow', (client) => client.conversationFlow.retrieve('llm_1')],
  ])('%s that does not exist is refused', async (_, ask) => {
    const [usual, other] = [await retell({ agents }), await retell({ agents, missing: 404 })];

    expect([await statusOf(ask(usual.client)), await statusOf(ask(other.client))]).toEqual([422, 404]);
  });
});

describe("Retell's test cases and batches", () => {
  test.each([
    [130, 50],
    [1_237, 1_000],
  ])('%d test cases come in pages of at most %d', async (count, longestPage) => {
    const definitions = manyDefinitions(count, (index) => (index % 10 === 0 ? 'Load test' : `Call ${index}`));
    const { client } = await retell({ definitions, longestPage });
    const found: Retell.TestCaseDefinitionResponse[] = [];
    let pages = 0;
    let key: string | undefined;
    do {
      const query = { ...FLOW, limit: 1_000, ...(key === undefined ? {} : { pagination_key: key }) };
      const page = await client.tests.listTestCaseDefinitions(query);
      found.push(...page.items);
      pages += 1;
      key = page.pagination_key;
    } while (key !== undefined);

    expect([pages, found.length]).toEqual([Math.ceil(count / longestPage), count]);
    expect(found.map((each) => [each.test_case_definition_id, each.name])).toEqual(
      definitions.map((each) => [each.test_case_definition_id, each['name']]),
    );
  });

  test('a list of test cases can be wrong in its paging', async () => {
    const { client } = await retell({ definitionPages: 'no-key' });
    const page = await client.tests.listTestCaseDefinitions({ ...FLOW, limit: 2 });

    expect([page.items.length, page.has_more, page.pagination_key]).toEqual([2, true, undefined]);
  });

  test('what clients started is known', async () => {
    const { client, emulator } = await retell();
    const { test_case_batch_job_id: id } = await client.tests.createBatchTest(REQUEST);

    expect(emulator.started).toEqual([{ id, testCases: REQUEST.test_case_definition_ids, request: REQUEST }]);
  });

  test.each<[string, object, number]>([
    [
      'an id that comes twice',
      { test_case_definition_ids: Array(2).fill(REQUEST.test_case_definition_ids[0]) },
      400,
    ],
    ['a version that the engine does not have', { response_engine: { ...FLOW, version: 13 } }, 422],
  ])('%s is refused, and nothing is started', async (_, changes, status) => {
    const { client, emulator } = await retell();

    expect(await statusOf(client.tests.createBatchTest({ ...REQUEST, ...changes }))).toBe(status);
    expect(emulator.started).toEqual([]);
  });

  test('a batch that is listed late is there for who knows its id', async () => {
    const clock = { time: 0 };
    const { client } = await retell({
      now: () => clock.time,
      created: (ids) => ({ runs: oneAfterTheOther(ids.length), listedAt: 7_000 }),
    });
    const { test_case_batch_job_id: id } = await client.tests.createBatchTest(REQUEST);
    const ids = async () =>
      (await client.tests.listBatchTests(FLOW)).items.map((batch) => batch.test_case_batch_job_id);
    const before = await ids();
    const looked = await client.tests.getBatchTest(id);
    clock.time = 7_000;

    expect([before, looked.total_count, await ids()]).toEqual([[], 5, [id]]);
  });

  test('each test case goes through its own letters, from batch to batch', async () => {
    const [a, b, c] = REQUEST.test_case_definition_ids as [string, string, string];
    const { client } = await retell({ speed: 1e9, created: byLetters({ [a]: 'FPFP', [b]: 'EP', [c]: 'N' }) });
    const run = async (...ids: string[]) => {
      const batch = await client.tests.createBatchTest({ ...REQUEST, test_case_definition_ids: ids });
      const { items } = await client.tests.listTestRuns(batch.test_case_batch_job_id);
      return items.map(({ status }) => status).join(' ');
    };

    expect([await run(a, b, c), await run(a), await run(b, a), await run(a, b), await run(a)]).toEqual([
      'fail error in_progress',
      'pass',
      'pass fail',
      'pass pass',
      'pass',
    ]);
    expect(() => byLetters({ a: 'X' })(['a'])).toThrow('"X" of a has a letter that means nothing.');
  });
});

describe("Bland's scenarios and batches", () => {
  test.each<[NonNullable<BlandOptions['envelope']>, (scenario: unknown) => unknown]>([
    [false, (scenario) => scenario],
    [true, (scenario) => ({ data: scenario, errors: null })],
    ['array', (scenario) => ({ data: scenario, errors: null })],
  ])('a scenario alone, wrapped %s', async (envelope, wrapped) => {
    const { ask } = await bland({ envelope });
    const { scenarios } = readSample<{ scenarios: { id: string }[] }>('bland__list-scenarios__docs');
    const { body } = await ask(`agent-testing/scenarios/${scenarios[1]?.id}`);

    expect(body).toEqual(wrapped(scenarios[1]));
    expect((await ask('agent-testing/scenarios/another')).status).toBe(404);
  });

  test('many scenarios come at once, and run', async () => {
    const scenarios = manyScenarios(1_237);
    const { ask, emulator } = await bland({ scenarios });
    const { body } = await ask('agent-testing/scenarios?enabled=true');
    const listed = (body as { scenarios: { id: string; name: string }[] }).scenarios;
    const scenario_ids = listed.map(({ id }) => id);
    await ask('agent-testing/batch-run', { scenario_ids });

    expect(listed.map(({ id, name }) => [id, name])).toEqual(scenarios.map(({ id, name }) => [id, name]));
    expect(emulator.started.map(({ testCases }) => testCases)).toEqual([scenario_ids]);
  });

  test('the versions of a pathway', async () => {
    const { ask } = await bland({ versions: [1, 2] });
    const { body } = await ask('pathway/e7575763-8f68-5232-8e7a-949df1cad4c9/versions');

    expect(body).toMatchObject([
      { version_number: 1, is_latest: false },
      { version_number: 2, is_latest: true },
    ]);
    expect((await ask('pathway/another/versions')).status).toBe(404);
  });

  test.each([
    [{ ...SCENARIOS, version_number: 8 }, 'version 8 does not exist'],
    [{ scenario_ids: Array(2).fill(SCENARIOS.scenario_ids[0]) }, 'a scenario came twice'],
  ])('%j is refused', async (body, message) => {
    const { ask, emulator } = await bland();
    expect(await ask('agent-testing/batch-run', body)).toMatchObject({
      status: 400,
      body: { errors: [message] },
    });
    expect(emulator.started).toEqual([]);
  });

  test('the runs of a batch that is listed late', async () => {
    const clock = { time: 0 };
    const { ask } = await bland({
      now: () => clock.time,
      created: (ids) => ({ runs: oneAfterTheOther(ids.length), listedAt: 7_000 }),
    });
    const [scenario] = SCENARIOS.scenario_ids;
    const { body } = await ask('agent-testing/batch-run', SCENARIOS);
    const { batch_id } = body as { batch_id: string };
    const listed = async () => (await ask(`agent-testing/runs?scenario_id=${scenario}`)).body;
    const before = await listed();
    clock.time = 7_000;

    expect(before).toEqual({ runs: [], total_count: 0 });
    expect(await listed()).toMatchObject({ runs: [{ batch_id }], total_count: 1 });
    expect((await ask(`agent-testing/batches/${batch_id}`)).status).toBe(200);
  });
});

describe('a start whose answer is lost', () => {
  const init = (key: string, body: unknown) => ({
    method: 'POST',
    headers: { authorization: key },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(300),
  });
  const servers = {
    Retell: {
      start: (options: RetellOptions & BlandOptions) => startRetell(options as RetellOptions),
      path: '/create-batch-test',
      init: () => init('Bearer test-key', REQUEST),
    },
    Bland: {
      start: (options: RetellOptions & BlandOptions) => startBland(options as BlandOptions),
      path: '/v1/agent-testing/batch-run',
      init: () => init('test-key', SCENARIOS),
    },
  };

  describe.each(Object.entries(servers))('%s', (_, server) => {
    const idOf = (body: unknown): unknown => {
      const { test_case_batch_job_id, batch_id } = (body ?? {}) as Record<string, unknown>;
      return test_case_batch_job_id ?? batch_id;
    };
    /** The id of the batch, or whatever came in place of it. */
    const post = async (url: string): Promise<unknown> => {
      try {
        const response = await fetch(url + server.path, server.init());
        return idOf(await response.json()) ?? response.status;
      } catch (error) {
        return error instanceof Error ? error.name : error;
      }
    };

    test.each([...WAYS_TO_LOSE, ...REFUSALS])('$name', async ({ fault, isStarted }) => {
      await using emulator = await server.start({ faults: [fault] });
      const lost = await post(emulator.url);
      const startedThen = emulator.started.length;
      const right = await post(emulator.url);

      expect(startedThen).toBe(isStarted ? 1 : 0);
      expect(emulator.started.map(({ id }) => id)).not.toContain(lost);
      expect(right).toBe(emulator.started.at(-1)?.id);
      expect(emulator.count(/^POST /)).toBe(2);
    });

    test('because the request is broken off', async () => {
      await using emulator = await server.start({
        breaks: ({ method, nth }) => method === 'POST' && nth === 1,
      });
      const lost = await post(emulator.url);
      const right = await post(emulator.url);

      expect([lost, emulator.started.map(({ id }) => id)]).toEqual(['TypeError', [right]]);
      expect(emulator.count(/^POST /)).toBe(2);
    });

    test('because nothing takes the connection, for a while', async () => {
      await using emulator = await server.start({});
      const { hostname, port } = new URL(emulator.url);
      const back = emulator.unplug(50);
      const lost = await fetch(emulator.url + server.path, server.init()).catch(
        (error: Error) => error.cause,
      );
      await back;

      expect(lost).toMatchObject({ code: 'ECONNREFUSED', address: hostname, port: Number(port) });
      expect([emulator.count(), emulator.started.length]).toEqual([0, 0]);
      expect(await post(emulator.url)).toBe(emulator.started[0]?.id);
    });
  });
});

test.each<[RetellOptions, { created: number; date: number | undefined }]>([
  [{}, { created: 0, date: 0 }],
  [{ clockAheadMs: 240_000 }, { created: 240_000, date: 0 }],
  [
    { clockAheadMs: -240_000, dateAheadMs: -240_000 },
    { created: -240_000, date: -240_000 },
  ],
  [{ dateAheadMs: null }, { created: 0, date: undefined }],
])('the clock of a provider with %j', async (options, expected) => {
  const { client } = await retell(options);
  const before = Date.now();
  const { data, response } = await client.tests.createBatchTest(REQUEST).withResponse();
  const took = Date.now() - before;
  const date = response.headers.get('date');

  expect(data.creation_timestamp - before).toBeGreaterThanOrEqual(expected.created);
  expect(data.creation_timestamp - before).toBeLessThanOrEqual(expected.created + took);
  expect(date === null).toBe(expected.date === undefined);
  if (date !== null && expected.date !== undefined) {
    expect(Math.abs(Date.parse(date) - before - expected.date)).toBeLessThanOrEqual(1_000 + took);
  }
});
