import { describe, expect, onTestFinished, test } from 'vitest';
import { mismatchWith } from '../../src/domain/claims.ts';
import { parseSelectors } from '../../src/domain/selectors.ts';
import { parseTarget, parseVersion } from '../../src/domain/target.ts';
import { prepare } from '../../src/execution/prepare.ts';
import { executeRounds } from '../../src/execution/rounds.ts';
import { type StartResult, startBatchOnce } from '../../src/execution/start.ts';
import { createProvider, PROVIDERS, type ProviderName } from '../../src/providers/registry.ts';
import type { BatchStarter, Subject } from '../../src/providers/starter.ts';
import { NotFound, ProviderError } from '../../src/runtime/errors.ts';
import { type BlandOptions, manyScenarios, type Scenario, startBland } from '../emulators/bland.ts';
import { startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT, recordedTests } from '../emulators/elevenlabs-bodies.ts';
import { REFUSALS, WAYS_TO_LOSE } from '../emulators/losing.ts';
import { type RetellOptions, startRetell } from '../emulators/retell.ts';
import { type AgentScript, DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { manyDefinitions } from '../emulators/retell-definitions.ts';
import { readSample } from '../emulators/samples.ts';
import type { EmulatorOptions, SeenRequest } from '../emulators/server.ts';
import { oneAfterTheOther } from '../emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { onLoopback } from '../loopback.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';

const FLOW = 'conversation_flow_3b21278178ed';
const SCENARIOS = readSample<{ scenarios: Scenario[] }>('bland__list-scenarios__docs').scenarios;
const PATHWAY = 'e7575763-8f68-5232-8e7a-949df1cad4c9';

interface Wish {
  readonly target?: string | undefined;
  readonly version?: string | undefined;
  readonly testCases?: string;
}

/** A starter at an emulator, both on one virtual clock, with the inputs as a user writes them. */
interface Starting {
  readonly clock: VirtualClock;
  readonly starter: BatchStarter;
  readonly logged: readonly string[];
  deadline(ms?: number): { until: number; signal: AbortSignal };
  resolve(wish: Wish): ReturnType<BatchStarter['resolve']>;
  /** What the gate would start, or the problem. */
  prepare(wish: Wish): ReturnType<typeof prepare>;
}

function starting(name: ProviderName, clock: VirtualClock, url: string, given?: string): Starting {
  const logged: string[] = [];
  const { capabilities, title } = PROVIDERS[name];
  if (capabilities.start === false) throw new Error('It starts nothing.');
  const { start, versions } = capabilities;
  const all = start.selectors.wildcardRefusal === undefined ? '*' : 'a name';
  const read = ({ target, version, testCases = all }: Wish) => {
    const parsed = target === undefined ? undefined : parseTarget(target, start.targets);
    if (parsed?.kind === 'refused') throw new Error(parsed.problem);
    const targetKind = parsed?.value.kind ?? start.targets.kinds[0];
    const parsedVersion =
      versions === false
        ? ({ kind: 'ok', value: undefined } as const)
        : parseVersion(version, versions, { title, targetKind });
    if (parsedVersion.kind === 'refused') throw new Error(parsedVersion.problem);
    const selectors = parseSelectors(testCases, start.selectors);
    if (selectors.kind === 'refused') throw new Error(selectors.problem);
    return { target: parsed?.value, version: parsedVersion.value, selectors: selectors.value };
  };
  const { starter } = createProvider(
    {
      name,
      apiKey: 'test-key',
      apiUrl: url,
      userAgent: 'agent-test-gate/test',
      version: given === undefined ? undefined : read({ version: given }).version,
    },
    {
      fetch: onLoopback(clock),
      clock,
      random: () => 0.5,
      redact: (text) => text.replaceAll('test-key', '***'),
      log: (line) => logged.push(line),
      trace: () => undefined,
    },
  );
  if (starter === undefined) throw new Error('It starts nothing.');
  const deadline = (ms = 600_000) => ({ until: clock.now() + ms, signal: new AbortController().signal });
  return {
    clock,
    starter,
    logged,
    deadline,
    resolve: async (wish) => starter.resolve(read(wish), deadline()),
    prepare: async (wish) =>
      prepare(read(wish), {
        starter,
        rule: { kind: 'every-run' },
        maxRuns: undefined,
        deadline: deadline(),
      }),
  };
}

async function retell(options: RetellOptions = {}) {
  const clock = virtualClock();
  const emulator = await startRetell({ now: clock.now, epoch: clock.epoch, ...options });
  onTestFinished(() => emulator.close());
  return { emulator, ...starting('retell', clock, emulator.url) };
}

async function bland(options: BlandOptions = {}, given?: string) {
  const clock = virtualClock();
  const emulator = await startBland({ now: clock.now, epoch: clock.epoch, ...options });
  onTestFinished(() => emulator.close());
  return { emulator, ...starting('bland', clock, emulator.url, given) };
}

const flow = (version: number | null) =>
  ({ type: 'conversation-flow', conversation_flow_id: FLOW, version }) as const;

/** The request of a subject on that flow. */
const onFlow = (version: number, isPublished?: boolean) => ({
  engine: { type: 'conversation-flow', id: FLOW, version },
  isPublished,
});

const AGENT = `agent/${DEFAULT_AGENT.id}`;

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

describe('what Bland tests', () => {
  test.each<[string, Wish, Subject]>([
    [
      'the production version, which is left out',
      { target: `pathway/${PATHWAY}` },
      {
        title: `pathway ${PATHWAY}, production version`,
        key: undefined,
        isProvenByLists: true,
        claims: { pathway: `pathway ${PATHWAY}` },
        request: {},
      },
    ],
    [
      'a version of a pathway',
      { target: `pathway/${PATHWAY}`, version: '4' },
      {
        title: `pathway ${PATHWAY}, version 4`,
        key: undefined,
        isProvenByLists: false,
        claims: { pathway: `pathway ${PATHWAY}` },
        request: { version_number: 4 },
      },
    ],
    [
      'a version of a persona',
      { target: 'persona/p1', version: '40' },
      {
        title: 'persona p1, version 40',
        key: undefined,
        isProvenByLists: false,
        claims: { persona: 'persona p1' },
        request: { version_number: 40 },
      },
    ],
    [
      'a version, without a target',
      { version: '2' },
      {
        title: 'version 2',
        key: undefined,
        isProvenByLists: false,
        claims: {},
        request: { version_number: 2 },
      },
    ],
  ])('%s', async (_, wish, expected) => {
    const { resolve } = await bland();
    expect(await resolve(wish)).toEqual(expected);
  });

  test('a version that the pathway does not have is refused, and nothing is started', async () => {
    const { emulator, prepare } = await bland();
    expect(await prepare({ target: `pathway/${PATHWAY}`, version: '9' })).toEqual({
      kind: 'refused',
      problem: `version: pathway ${PATHWAY} has no version 9; its latest is 7. Check target and version.`,
    });
    expect(emulator.count(/^POST /)).toBe(0);
  });

  test('where the versions cannot be listed, Bland itself refuses a wrong one', async () => {
    const { resolve } = await bland({
      faults: ({ path }) => (path.includes('/versions') ? { kind: 'answer', status: 500 } : undefined),
    });
    expect(await resolve({ target: `pathway/${PATHWAY}`, version: '9' })).toMatchObject({
      request: { version_number: 9 },
    });
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

describe("Bland's scenarios", () => {
  const [first, second, third, fourth] = SCENARIOS.map(({ id }) => id) as [string, string, string, string];
  const changed = SCENARIOS.map((each, index) => ({
    ...each,
    category: index === 1 ? 'ADVERSARIAL' : 'CUSTOM',
    enabled: index !== 3,
  }));

  test.each<[string, string, readonly string[]]>([
    ['all that are enabled', '*', [first, second, third]],
    ['those of a category', 'category:ADVERSARIAL', [second]],
    ['those that are required for promotion', 'required:true', [first]],
    ['all but those', '*\n!required:true', [second, third]],
    ['one by its name', 'Cancellation - *', [third]],
  ])('%s', async (_, testCases, ids) => {
    for (const envelope of [false, true, 'array'] as const) {
      const { prepare } = await bland({ scenarios: changed, envelope });
      expect(await prepare({ target: `pathway/${PATHWAY}`, testCases })).toMatchObject({
        kind: 'prepared',
        testCases: ids,
        outOf: 3,
      });
    }
  });

  test('of another pathway are none of these, even if Bland lists them', async () => {
    const scenarios = changed.map((each, index) => (index === 0 ? { ...each, pathway_id: 'other' } : each));
    const { prepare } = await bland({
      scenarios,
      faults: ({ path }) =>
        path.endsWith('/scenarios') ? { kind: 'rewrite', change: () => ({ scenarios }) } : undefined,
    });
    expect(await prepare({ target: `pathway/${PATHWAY}` })).toMatchObject({ testCases: [second, third] });
  });

  test('are found by id without a target, in whatever letters the id is written', async () => {
    const { prepare } = await bland({ envelope: true });
    const upper = second.toUpperCase();
    expect(await prepare({ testCases: `${first}\n${second}` })).toMatchObject({
      kind: 'prepared',
      testCases: [first, second],
    });
    expect(await prepare({ target: `pathway/${PATHWAY}`, testCases: upper })).toMatchObject({
      kind: 'refused',
    });
  });

  test('that are only to be excluded may be missing or disabled', async () => {
    const { prepare } = await bland({ scenarios: changed });
    const gone = '00000000-0000-4000-8000-000000000000';
    expect(await prepare({ testCases: `${first}\n!${gone}\n!${fourth}` })).toMatchObject({
      testCases: [first],
      warnings: [expect.stringContaining(`"!${gone}"`)],
    });
  });

  test.each<[string, Wish, RegExp]>([
    [
      'a pathway without scenarios',
      { target: 'pathway/another' },
      /^test-cases: there is no test case to choose from\. Check the id in target, or create scenarios for this pathway at Bland\.$/,
    ],
    [
      'a name without a target',
      { testCases: `${first}\nCancellation*` },
      /^target is missing: Bland needs one unless every line of test-cases is an id\.$/,
    ],
    [
      'an id that is not there',
      { testCases: `${first}\n00000000-0000-0000-0000-000000000000` },
      /^test-cases: Bland has no scenario 00000000-0000-0000-0000-000000000000 in the organisation of this api-key\.$/,
    ],
    [
      'a scenario that is disabled',
      { testCases: fourth },
      new RegExp(`^test-cases: scenario ${fourth} is disabled at Bland. Enable it, or take it out\\.$`),
    ],
  ])('%s is refused, and nothing is started', async (_, wish, problem) => {
    const { prepare, emulator } = await bland({ scenarios: changed });
    expect(await prepare(wish)).toEqual({ kind: 'refused', problem: expect.stringMatching(problem) });
    expect(emulator.count(/^POST /)).toBe(0);
  });
});

describe('no permission', () => {
  const cases = { retell: { target: AGENT }, bland: { target: `pathway/${PATHWAY}` } };
  test.each([
    ['retell', 401, 'Check api-key: Retell does not accept it.'],
    ['retell', 402, "Check the Retell account's billing: the trial has ended or a payment is due."],
    ['retell', 403, 'Check api-key: it may not read the target or start batches.'],
    ['retell', 400, 'Check target, version and test-cases: a key sees only its own workspace.'],
    ['bland', 401, 'Check api-key: Bland does not accept it.'],
    ['bland', 402, "Check the Bland organisation's plan and billing."],
    ['bland', 403, 'Check api-key: it may not read the scenarios or start batches.'],
    [
      'bland',
      404,
      'Check target, version and test-cases: they must belong to the organisation of this api-key.',
    ],
  ] as const)('%s answers %d: nothing is started', async (name, status, advice) => {
    const faults = [{ kind: 'answer', status } as const];
    const { prepare, emulator } = name === 'retell' ? await retell({ faults }) : await bland({ faults });
    const prepared = await prepare(cases[name]);
    const problem = prepared.kind === 'refused' ? prepared.problem : '';
    expect(problem).toContain(` answered ${status}`);
    expect(problem).toContain(advice);
    expect(emulator.count(/^POST /)).toBe(0);
  });
});

/** One start through a real connection; with `listedAt`, lists show our batch so many milliseconds after the POST. */
type World = EmulatorOptions & {
  readonly listedAt?: number;
  readonly created?: NonNullable<RetellOptions['created']>;
};

const RESET_AFTER_START = WAYS_TO_LOSE.find((way) => way.isStarted && way.name.startsWith('a reset'));

const worlds = {
  async retell(options: EmulatorOptions & Pick<World, 'created'>) {
    const definitions = manyDefinitions(2);
    const emulator = await startRetell({ definitions, ...options });
    const ids = definitions.map((each) => each.test_case_definition_id);
    return { emulator, ids, fields: { response_engine: flow(12) }, wish: { target: AGENT } };
  },
  async bland(options: EmulatorOptions & Pick<World, 'created'>) {
    const scenarios = manyScenarios(2);
    const emulator = await startBland({ scenarios, ...options });
    const wish = { target: `pathway/${PATHWAY}`, version: '4' };
    return { emulator, ids: scenarios.map(({ id }) => id), fields: {}, wish };
  },
  async vapi(options: EmulatorOptions & Pick<World, 'created'>) {
    const emulator = await startVapi(options);
    const ids = recordedSimulations.slice(0, 2).map(({ id }) => id);
    return { emulator, ids, fields: {}, wish: { target: `assistant/${VAPI_ASSISTANT}` } };
  },
  async elevenlabs(options: EmulatorOptions & Pick<World, 'created'>) {
    const emulator = await startElevenLabs(options);
    const ids = recordedTests.map(({ id }) => id);
    const wish = { target: `agent/${ELEVENLABS_AGENT}`, version: 'branch/branch_next' };
    return { emulator, ids, fields: { branch_id: 'branch_next' }, wish };
  },
};
type WorldName = keyof typeof worlds;

/** Starts a batch as the gate does. A stranger starts the same test cases when the POST arrives, if there is one. */
async function play(name: WorldName, { listedAt = 0, ...options }: World, { hasStranger = false } = {}) {
  const clock = virtualClock();
  const { emulator, ids, fields, wish } = await worlds[name]({
    ...{ now: clock.now, epoch: clock.epoch },
    created: (testCases) => ({ runs: oneAfterTheOther(testCases.length), listedAt }),
    ...options,
    faults: (request, n) => {
      if (hasStranger && isPost(request)) {
        const runs = ids.map((testCaseId) => ({ testCaseId }));
        emulator.add({ id: 'stranger', createdAt: clock.epoch(), runs, fields });
      }
      return typeof options.faults === 'function' ? options.faults(request, n) : undefined;
    },
  });
  onTestFinished(() => emulator.close());
  const { starter, resolve, deadline } = starting(name, clock, emulator.url);
  const subject = await resolve(wish);
  if ('problem' in subject) throw new Error(subject.problem);
  const start = await startBatchOnce({
    ...{ starter, subject, testCases: ids },
    alreadyStarted: new Set(),
    clock,
    deadline: deadline(),
    log: () => undefined,
  });
  const answer = start.kind === 'started' ? start.answer : undefined;
  return { start: withoutDetails(start), mismatch: answer && mismatchWith(subject.claims, answer), emulator };
}

/** How a start ended; of a batch that was started only its id. */
const withoutDetails = (start: StartResult) =>
  start.kind === 'started' ? { kind: start.kind, batchId: start.batchId } : start;

const isPost = ({ method, nth }: Pick<SeenRequest, 'method' | 'nth'>): boolean =>
  method === 'POST' && nth === 1;

// How a lost answer is told from a refusal: test/http/post.test.ts. Which batch is ours: test/execution/start.test.ts.
describe.each(Object.keys(worlds) as WorldName[])('a start at %s', (name) => {
  test('that is answered', async () => {
    const { start, emulator } = await play(name, {});
    expect(start).toEqual({ kind: 'started', batchId: emulator.started[0]?.id });
    expect(emulator.started.length).toBe(1);
  });

  test.each(WAYS_TO_LOSE)('whose answer is lost: $name', async ({ fault, isStarted }) => {
    const { start, emulator } = await play(name, {
      listedAt: 7_000,
      faults: (request) => (isPost(request) ? fault : undefined),
    });
    expect(emulator.count(/^POST /)).toBe(1);
    expect(emulator.started.length).toBe(isStarted ? 1 : 0);
    expect(start).toEqual(
      isStarted
        ? { kind: 'started', batchId: emulator.started[0]?.id }
        : { kind: 'unknown', problem: expect.stringContaining('A batch may have been started at 2026-') },
    );
  });

  test.each(REFUSALS)('that is refused: $name', async ({ name: way, fault }) => {
    const { start, emulator } = await play(name, {
      faults: (request) => (isPost(request) ? fault : undefined),
    });
    const isLater = way.startsWith('429');
    expect(emulator.count(/^POST /)).toBe(isLater ? 2 : 1);
    expect(emulator.started.length).toBe(isLater ? 1 : 0);
    expect(start).toEqual(
      isLater
        ? { kind: 'started', batchId: emulator.started[0]?.id }
        : {
            kind: 'refused',
            problem: expect.stringMatching(/^POST .* answered 4/),
            // Payment is not about what the user gave.
            ...(!way.startsWith('402') && { refusal: /^40[13]/.test(way) ? 'key' : 'request' }),
          },
    );
  });

  test('that is lost while somebody else starts the same: nobody knows which is ours', async () => {
    const faults = (request: SeenRequest) => (isPost(request) ? RESET_AFTER_START?.fault : undefined);
    const { start, emulator } = await play(name, { faults }, { hasStranger: true });
    expect(start).toEqual({
      kind: 'unknown',
      problem: expect.stringContaining('more than one could be it: '),
    });
    expect(emulator.started.length).toBe(1);
  });
});

const agentOf = (agent_id: string) => (body: object) => ({ ...body, agent_id });

test.each<[WorldName, string, (body: object) => object, RegExp]>([
  [
    'retell',
    'another version',
    (body) => ({ ...body, response_engine: flow(3) }),
    /^it tested version 3, and /,
  ],
  [
    'retell',
    'a custom LLM',
    (body) => ({ ...body, response_engine: { type: 'custom-llm', llm_websocket_url: 'wss://x' } }),
    /^it tested custom-llm wss:\/\/x, and /,
  ],
  [
    'vapi',
    'an inline assistant',
    (body) => ({ ...body, target: { type: 'assistant', assistant: {} } }),
    /^it tested an inline assistant, and assistant /,
  ],
  ['elevenlabs', 'another agent', agentOf('agent_0'), /^it tested agent agent_0, and agent /],
  [
    'elevenlabs',
    'another agent in one run',
    (body) => ({ ...body, test_runs: [{ test_run_id: 'r1', agent_id: 'agent_0' }] }),
    /^it tested agent agent_0, and agent /,
  ],
])(
  '%s: an answer to the start that names %s is heard, whatever the list says',
  async (name, _, change, expected) => {
    const { start, mismatch, emulator } = await play(name, {
      faults: (request) =>
        isPost(request) ? { kind: 'rewrite', change: (body) => change(body as object) } : undefined,
    });
    expect(start).toEqual({ kind: 'started', batchId: emulator.started[0]?.id });
    expect(mismatch).toMatch(expected);
    expect(emulator.started.length).toBe(1);
  },
);

test.each<WorldName>(['retell', 'bland', 'vapi', 'elevenlabs'])(
  '%s: the right answer names what was asked for',
  async (name) => {
    expect((await play(name, {})).mismatch).toBeUndefined();
  },
);

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

test.each(['retell', 'bland'] as const)('%s: a batch that is not there is a NotFound', async (name) => {
  const { starter, deadline } = name === 'retell' ? await retell() : await bland();
  await expect(starter.batchContents('b0', deadline())).rejects.toThrow(NotFound);
});

describe('what a given batch tested', () => {
  const outcomeOf = async (name: 'retell' | 'bland', response_engine?: object, version?: string) => {
    const batch = { id: 'b1', runs: [{}], fields: { response_engine } };
    const clock = virtualClock();
    const options = { batches: [batch], now: clock.now, epoch: clock.epoch };
    const emulator = name === 'retell' ? await startRetell(options) : await startBland(options);
    onTestFinished(() => emulator.close());
    const { starter, deadline } = starting(name, clock, emulator.url, version);
    const { fetchBatch } = createProvider(
      { name, apiKey: 'test-key', apiUrl: emulator.url, userAgent: 'agent-test-gate/test' },
      {
        fetch: onLoopback(clock),
        clock,
        random: () => 0.5,
        redact: (text) => text,
        log: () => undefined,
        trace: () => undefined,
      },
    );
    return starter.resolveTestedVersion(await fetchBatch('b1', deadline()), deadline());
  };
  const refused = (problem: string) => ({ kind: 'refused', problem });

  test('Retell says it', async () => {
    expect(await outcomeOf('retell', flow(12))).toEqual({
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
      { ...flow(1), version: null },
      'Retell does not say which version batch b1 tested: start the batch with a version, or with test-cases.',
    ],
    [
      'a custom LLM',
      { type: 'custom-llm', llm_websocket_url: 'wss://x.example.com' },
      'Batch b1 tested a custom LLM, and Retell starts batches only on a Retell LLM or a conversation flow.',
    ],
  ])('Retell says %s: refused', async (_, engine, problem) => {
    expect(await outcomeOf('retell', engine)).toEqual(refused(problem));
  });

  test('Bland does not say it, and the input version does', async () => {
    expect(await outcomeOf('bland')).toEqual(
      refused('Bland does not say which version a batch tested: set version to what it was started on.'),
    );
    expect(await outcomeOf('bland', undefined, '4')).toEqual({
      title: 'version 4',
      key: undefined,
      isProvenByLists: false,
      claims: {},
      request: { version_number: 4 },
    });
    expect(await outcomeOf('bland', undefined, 'production')).toEqual({
      title: 'production version',
      key: undefined,
      isProvenByLists: true,
      claims: {},
      request: {},
    });
  });
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

test('what a provider does ends in a ProviderError', async () => {
  const { resolve } = await retell({ faults: () => ({ kind: 'answer', status: 403 }) });
  await expect(resolve({ target: AGENT })).rejects.toThrow(ProviderError);
});
