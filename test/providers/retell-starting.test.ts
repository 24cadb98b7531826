import { describe, expect, test } from 'vitest';
import { executeRounds } from '../../src/execution/rounds.ts';
import type { Subject } from '../../src/providers/starter.ts';
import { type RetellOptions, startRetell } from '../emulators/retell.ts';
import { type AgentScript, DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { manyDefinitions } from '../emulators/retell-definitions.ts';
import { startingAt, type Wish } from './starting-at.ts';

const FLOW = 'conversation_flow_3b21278178ed';
const AGENT = `agent/${DEFAULT_AGENT.id}`;

const retell = (options: RetellOptions = {}) => startingAt('retell', startRetell, options);

const flow = (version: number | null) =>
  ({ type: 'conversation-flow', conversation_flow_id: FLOW, version }) as const;
/** The request of a subject on that flow. */
const onFlow = (version: number, isPublished?: boolean) => ({
  engine: { type: 'conversation-flow', id: FLOW, version },
  isPublished,
});
const AGENTS: readonly AgentScript[] = [
  DEFAULT_AGENT,
  {
    id: 'agent_llm',
    name: 'x'.repeat(200),
    versions: [{ version: 0, engine: { type: 'retell-llm', llm_id: 'llm_1', version: 20 } }],
  },
  {
    id: 'agent_unpinned',
    versions: [
      { version: 1, engine: flow(null) },
      { version: 0, isPublished: true, engine: flow(null) },
    ],
  },
  {
    id: 'agent_custom',
    name: 'Own server',
    versions: [{ version: 2, engine: { type: 'custom-llm', llm_websocket_url: 'wss://llm.example.com' } }],
  },
];

/** What a batch says that tests an engine in a version, and what its test cases say. */
const saying = (engine: string, version: number) => ({
  engine,
  version: `version ${version}`,
  owner: `test cases of ${engine}`,
});

describe('what Retell tests', () => {
  test.each<[string, Wish, Subject]>([
    [
      'the latest version of an agent, unless the user says otherwise',
      { target: AGENT },
      {
        title: `Front desk (${DEFAULT_AGENT.id}, version 5): conversation-flow ${FLOW} version 12`,
        name: 'Front desk',
        version: 'version 5 (draft)',
        note: 'The latest version, 5, is a draft that is not published.',
        key: `conversation-flow ${FLOW} 12`,
        claims: saying(`conversation-flow ${FLOW}`, 12),
        request: onFlow(12, false),
      },
    ],
    [
      'the published version of an agent',
      { target: AGENT, version: 'published' },
      {
        title: `Front desk (${DEFAULT_AGENT.id}, version 4): conversation-flow ${FLOW} version 11`,
        name: 'Front desk',
        version: 'version 4',
        key: `conversation-flow ${FLOW} 11`,
        claims: saying(`conversation-flow ${FLOW}`, 11),
        request: onFlow(11, true),
      },
    ],
    [
      'a version of an agent by its number, which is another than that of its engine',
      { target: AGENT, version: '3' },
      {
        title: `Front desk (${DEFAULT_AGENT.id}, version 3): conversation-flow ${FLOW} version 10`,
        name: 'Front desk',
        version: 'version 3',
        key: `conversation-flow ${FLOW} 10`,
        claims: saying(`conversation-flow ${FLOW}`, 10),
        request: onFlow(10, true),
      },
    ],
    [
      'an agent with a very long name',
      { target: 'agent/agent_llm', version: '0' },
      {
        title: `${'x'.repeat(80)}… (agent_llm, version 0): retell-llm llm_1 version 20`,
        name: 'x'.repeat(200),
        version: 'version 0 (draft)',
        key: 'retell-llm llm_1 20',
        claims: saying('retell-llm llm_1', 20),
        request: { engine: { type: 'retell-llm', id: 'llm_1', version: 20 }, isPublished: false },
      },
    ],
    [
      'the latest agent without a version of its engine: the latest of those',
      { target: 'agent/agent_unpinned' },
      {
        title: `agent agent_unpinned, version 1: conversation-flow ${FLOW} version 12`,
        version: 'version 1 (draft)',
        note: 'The latest version, 1, is a draft that is not published.',
        key: `conversation-flow ${FLOW} 12`,
        claims: saying(`conversation-flow ${FLOW}`, 12),
        request: onFlow(12, false),
      },
    ],
    [
      'an LLM in its latest version',
      { target: 'retell-llm/llm_1', version: 'latest' },
      {
        title: 'retell-llm llm_1 version 20',
        note: 'The latest version, 20, is a draft that is not published.',
        key: 'retell-llm llm_1 20',
        claims: saying('retell-llm llm_1', 20),
        request: { engine: { type: 'retell-llm', id: 'llm_1', version: 20 } },
      },
    ],
    [
      'a flow in one version',
      { target: `conversation-flow/${FLOW}`, version: '10' },
      {
        title: `conversation-flow ${FLOW} version 10`,
        key: `conversation-flow ${FLOW} 10`,
        claims: saying(`conversation-flow ${FLOW}`, 10),
        request: onFlow(10),
      },
    ],
  ])('%s', async (_, wish, expected) => {
    const { resolve } = await retell({ agents: AGENTS });
    expect(await resolve(wish)).toEqual(expected);
  });

  test('the published version of an agent with 300 later drafts is found on a later page', async () => {
    const versions = Array.from({ length: 301 }, (_, version) => ({
      version,
      isPublished: version === 0,
      engine: flow(version),
    }));
    const { resolve } = await retell({ agents: [{ id: 'agent_1', versions }], longestPage: 50 });
    expect(await resolve({ target: 'agent/agent_1', version: 'published' })).toMatchObject({
      request: onFlow(0, true),
    });
  });

  const custom =
    'target: Own server (agent_custom, version 2) runs on a custom LLM, and Retell tests only agents on a Retell LLM or a conversation flow.';
  test.each<[string, Wish, string]>([
    [
      'an agent that is not there',
      { target: 'agent/agent_0' },
      'target: Retell has no agent agent_0 in the workspace of this api-key. Check target, and that the key is of the same workspace.',
    ],
    [
      'the published version of one',
      { target: 'agent/agent_0', version: 'published' },
      'target: Retell has no agent agent_0 in the workspace of this api-key. Check target, and that the key is of the same workspace.',
    ],
    [
      'a version that an agent does not have',
      { target: AGENT, version: '6' },
      `target: Retell has no agent ${DEFAULT_AGENT.id} with a version 6 in the workspace of this api-key. Check target and version.`,
    ],
    [
      'a flow that is not there',
      { target: 'conversation-flow/flow_0' },
      'target: Retell has no conversation flow flow_0 in the workspace of this api-key. Check target, and that the key is of the same workspace.',
    ],
    [
      'a version that an LLM does not have',
      { target: 'retell-llm/llm_1', version: '7' },
      'target: Retell has no Retell LLM llm_1 with a version 7 in the workspace of this api-key. Check target and version.',
    ],
    [
      'a published version where none is published',
      { target: 'agent/agent_llm', version: 'published' },
      'version is published, and no version of agent agent_llm is published: publish one, or set version to latest or a number.',
    ],
    [
      'an older version of an agent that does not say which version of its engine it used',
      { target: 'agent/agent_unpinned', version: 'published' },
      `version: Retell does not say which version of conversation-flow ${FLOW} agent agent_unpinned, version 0 uses. Set target to conversation-flow/${FLOW} and version to its number.`,
    ],
    ['an agent on a custom LLM', { target: 'agent/agent_custom' }, custom],
    ['no target', {}, 'target is missing: Retell needs one to start a batch.'],
  ])('%s is refused, and nothing is started', async (_, wish, problem) => {
    for (const missing of [404, 422] as const) {
      const { emulator, prepare } = await retell({ agents: AGENTS, missing });
      expect(await prepare(wish)).toEqual({ kind: 'refused', problem });
      expect(emulator.count(/^POST /)).toBe(0);
    }
  });

  test('an answer about another version than was asked for is not believed', async () => {
    const { emulator, prepare } = await retell({
      faults: ({ path }) =>
        path.startsWith('/get-agent')
          ? { kind: 'rewrite', change: (body) => ({ ...(body as object), version: 5 }) }
          : undefined,
    });
    expect(await prepare({ target: AGENT, version: '4' })).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(/answered for version 5 when asked for version 4\.$/),
    });
    expect(emulator.count(/^POST /)).toBe(0);
  });
});

describe("Retell's test cases", () => {
  test.each([
    [130, 50],
    [1_237, 1_000],
    [1_237, 100],
  ])('%d on pages of %d are all there to select from', async (count, longestPage) => {
    const definitions = manyDefinitions(count, (index) =>
      index % 10 === 0 ? `Load test ${index}` : `Call ${index}`,
    );
    const { prepare, emulator } = await retell({ definitions, longestPage });
    const prepared = await prepare({ target: AGENT, testCases: '*\n!Load test *' });

    const ids = definitions.map((each) => each.test_case_definition_id).filter((_, index) => index % 10 > 0);
    expect(prepared).toMatchObject({ kind: 'prepared', testCases: ids, outOf: count });
    expect(emulator.count(/list-test-case-definitions/)).toBe(Math.ceil(count / longestPage));
  });

  test.each([
    [
      'endless',
      /The list of test cases of \S+ does not end: \d+ test cases were read\. Run the job again; if it stays so, ask the provider\.$/,
    ],
    ['no-key', /announced more test cases \("has_more"\) without a "pagination_key" to read them by/],
  ] as const)('a list that is %s is refused, and nothing is started', async (definitionPages, problem) => {
    const definitions = manyDefinitions(1_237);
    const { prepare, emulator } = await retell({ definitions, definitionPages });
    expect(await prepare({ target: AGENT })).toEqual({
      kind: 'refused',
      problem: expect.stringMatching(problem),
      cause: 'provider',
    });
    expect(emulator.count(/^POST /)).toBe(0);
  });

  describe('by their ids, of which there are at most 10, are read one by one', () => {
    const OTHER = { type: 'conversation-flow', conversation_flow_id: 'conversation_flow_other', version: 1 };
    const definitions = [
      ...manyDefinitions(12),
      { test_case_definition_id: 'test_case_foreign', name: 'Foreign', response_engine: OTHER },
      { test_case_definition_id: 'test_case_aaaaaaaaaaaa', name: 'test_case_login' },
    ];
    const idOf = (n: number) => `test_case_${String(n).padStart(12, '0')}`;
    const ids = (count: number) => Array.from({ length: count }, (_, index) => idOf(index + 1));

    test.each<[string, string, readonly string[] | RegExp, { single: number; lists: number }]>([
      ['two', `${idOf(1)}\n${idOf(2)}`, [idOf(1), idOf(2)], { single: 2, lists: 0 }],
      ['ten', ids(10).join('\n'), ids(10), { single: 10, lists: 0 }],
      ['eleven: the list is read', ids(11).join('\n'), ids(11), { single: 0, lists: 1 }],
      [
        'an id and a name: the list is read',
        `${idOf(1)}\nTest case 1`,
        [idOf(1), idOf(2)],
        { single: 0, lists: 1 },
      ],
      [
        'one that is excluded again',
        `${idOf(1)}\n${idOf(2)}\n!${idOf(2)}`,
        [idOf(1)],
        { single: 2, lists: 0 },
      ],
      ['one to exclude that is not there', `${idOf(1)}\n!test_case_gone`, [idOf(1)], { single: 2, lists: 0 }],
      [
        'one that is not there',
        `${idOf(1)}\ntest_case_gone\ntest_case_gone2`,
        /^test-cases: Retell has no test case test_case_gone, test_case_gone2 in the workspace of this api-key\.$/,
        { single: 3, lists: 1 },
      ],
      [
        'one of another engine',
        `${idOf(1)}\ntest_case_foreign`,
        new RegExp(
          `^test-cases: test_case_foreign belongs to conversation-flow conversation_flow_other, and conversation-flow ${FLOW} is under test\\.$`,
        ),
        { single: 2, lists: 0 },
      ],
      [
        'a name that looks like an id',
        'test_case_login',
        ['test_case_aaaaaaaaaaaa'],
        { single: 1, lists: 1 },
      ],
    ])('%s', async (_, testCases, expected, requests) => {
      const { prepare, emulator } = await retell({ definitions });
      const prepared = await prepare({ target: AGENT, testCases });
      if (expected instanceof RegExp)
        expect(prepared).toMatchObject({ problem: expect.stringMatching(expected) });
      else expect(prepared).toMatchObject({ testCases: expected });
      expect({
        single: emulator.count(/get-test-case-definition/),
        lists: emulator.count(/list-test-case-definitions/),
      }).toEqual(requests);
      expect(emulator.count(/^POST /)).toBe(0);
    });

    test('an answer about another test case is not believed', async () => {
      const { prepare } = await retell({
        definitions,
        faults: ({ path }) =>
          path.includes('get-test-case-definition')
            ? {
                kind: 'rewrite',
                change: (body) => ({ ...(body as object), test_case_definition_id: idOf(3) }),
              }
            : undefined,
      });
      expect(await prepare({ target: AGENT, testCases: idOf(1) })).toMatchObject({
        problem: expect.stringContaining('answered for another test case: test_case_000000000003'),
      });
    });
  });

  test('without a test case nothing is started', async () => {
    const { prepare, emulator } = await retell({ definitions: [] });
    expect(await prepare({ target: AGENT })).toMatchObject({ kind: 'refused' });
    expect(emulator.count(/^POST /)).toBe(0);
  });
});

test('Retell: 1,237 test cases become two batches that hold each of them once', async () => {
  const definitions = manyDefinitions(1_237);
  const { clock, starter, prepare, emulator, deadline } = await retell({ definitions, longestPage: 200 });
  const prepared = await prepare({ target: AGENT });
  if (prepared.kind === 'refused') throw new Error(prepared.problem);
  const { subject, testCases } = prepared;
  const { batches, started } = await executeRounds({
    plan: { kind: 'start', subject, testCases },
    rule: { kind: 'every-run' },
    maxRuns: undefined,
    starter,
    obstacles: () => [],
    waitFor: async (round) => ({ ending: 'settled', batches: round }),
    onStarted: () => undefined,
    clock,
    deadline: deadline(),
    log: () => undefined,
  });

  expect(emulator.started.map((each) => each.testCases.length)).toEqual([1_000, 237]);
  expect(emulator.started.flatMap((each) => each.testCases)).toEqual(
    definitions.map((each) => each.test_case_definition_id),
  );
  expect(batches.map(({ id }) => id)).toEqual(emulator.started.map(({ id }) => id));
  expect(started).toEqual({ runs: 1_237, reruns: 0 });
});
test('a list tells the time at the provider, where it says it', async () => {
  for (const [dateAheadMs, expected] of [
    [0, Date.UTC(2026, 8, 14, 8)],
    [60_000, Date.UTC(2026, 8, 14, 8, 1)],
    [null, undefined],
  ] as const) {
    const { starter, resolve, deadline } = await retell({ dateAheadMs });
    const subject = (await resolve({ target: AGENT })) as Subject;
    const listing = await starter.listBatches?.({ subject, testCases: ['a'], since: 0 }, deadline());
    expect(listing).toEqual({ batches: [], isComplete: true, date: expected });
  }
});

describe('what a given batch tested, at Retell', () => {
  const testedBy = async (response_engine: object | undefined) =>
    (await retell({ batches: [{ id: 'b1', runs: [{}], fields: { response_engine } }] })).tested();

  test('is what it says', async () => {
    expect(await testedBy(flow(12))).toEqual({
      title: `conversation-flow ${FLOW} version 12`,
      key: `conversation-flow ${FLOW} 12`,
      claims: { engine: `conversation-flow ${FLOW}`, version: 'version 12' },
      request: onFlow(12),
    });
  });

  test.each<[string, object | undefined, string]>([
    ['nothing', undefined, 'Retell does not say what batch b1 tested.'],
    [
      'no version',
      flow(null),
      'Retell does not say which version batch b1 tested: start the batch with a version, or with test-cases.',
    ],
    [
      'a custom LLM',
      { type: 'custom-llm', llm_websocket_url: 'wss://x.example.com' },
      'Batch b1 tested a custom LLM, and Retell starts batches only on a Retell LLM or a conversation flow.',
    ],
  ])('where it says %s: refused', async (_, engine, problem) => {
    expect(await testedBy(engine)).toEqual({ kind: 'refused', problem });
  });
});

describe('a mark of the configuration under test, at Retell', () => {
  test('is when the engine was last edited, and a published version is not read', async () => {
    let modifiedAt = 1_789_372_640_000;
    const versions = DEFAULT_AGENT.versions.map((each) => ({ ...each, modifiedAt: () => modifiedAt }));
    const { emulator, starter, deadline, resolve } = await retell({
      agents: [{ ...DEFAULT_AGENT, versions }],
    });
    const revisions = async (wish: Wish) => {
      const subject = await resolve(wish);
      const before = await starter.readRevision?.(subject, deadline());
      modifiedAt += 1_000;
      return [before, await starter.readRevision?.(subject, deadline())];
    };
    expect(await revisions({ target: AGENT })).toEqual([1_789_372_640_000, 1_789_372_641_000]);
    expect(await revisions({ target: `conversation-flow/${FLOW}`, version: '12' })).toEqual([
      1_789_372_641_000, 1_789_372_642_000,
    ]);
    const reads = () => emulator.count(/get-conversation-flow/);
    const before = reads();
    expect(await revisions({ target: AGENT, version: 'published' })).toEqual([undefined, undefined]);
    expect(reads()).toBe(before);
  });

  test('is none for a published LLM', async () => {
    const engine = { type: 'retell-llm', llm_id: 'llm_1', version: 7 } as const;
    const { starter, deadline, resolve } = await retell({
      agents: [{ id: 'a1', versions: [{ version: 1, isPublished: true, engine }] }],
    });
    const subject = await resolve({ target: 'retell-llm/llm_1', version: '7' });
    expect([subject.note, await starter.readRevision?.(subject, deadline())]).toEqual([undefined, undefined]);
  });
});
