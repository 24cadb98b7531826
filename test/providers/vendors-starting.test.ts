import { describe, expect, onTestFinished, test } from 'vitest';
import { mismatchWith } from '../../src/domain/claims.ts';
import type { Mode, Target, TargetConfig, Version } from '../../src/domain/target.ts';
import { prepare } from '../../src/execution/prepare.ts';
import { type StartResult, startBatchOnce } from '../../src/execution/start.ts';
import type { StartName } from '../../src/execution/start-name.ts';
import { readBatchSource } from '../../src/inputs/batch-source.ts';
import { testedClaims as elevenLabsClaims } from '../../src/providers/elevenlabs/subject.ts';
import { engineClaims } from '../../src/providers/retell/engine.ts';
import type { BatchStarter, Subject } from '../../src/providers/starter.ts';
import { testedClaims as vapiClaims } from '../../src/providers/vapi/subject.ts';
import { startBland } from '../emulators/bland.ts';
import { type ElevenLabsOptions, startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT, recordedTests } from '../emulators/elevenlabs-bodies.ts';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { readSample } from '../emulators/samples.ts';
import { many } from '../emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT, type VapiOptions } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { type Asking, asking } from './asking.ts';

/** What the gate would start with these inputs, or the sentence that refuses it. */
async function prepareAt(
  provider: 'vapi' | 'elevenlabs',
  { provider: { starter }, deadline }: Asking,
  inputs: { testCases: string; target?: string | undefined; version?: string },
): ReturnType<typeof prepare> {
  const { batchSource, problems } = readBatchSource({
    ...{ provider, batchIds: undefined, target: undefined },
    ...inputs,
  });
  if (problems.length > 0) return { kind: 'refused', problem: problems.join(' ') };
  if (batchSource?.kind !== 'start' || starter === undefined) throw new Error('Nothing can be started.');
  const rule = { kind: 'every-run' } as const;
  return prepare(batchSource, { starter, rule, maxRuns: undefined, deadline: deadline() });
}

/** The ids of what the gate would start, or the sentence that refuses it. */
async function select(...given: Parameters<typeof prepareAt>): Promise<readonly string[] | string> {
  const prepared = await prepareAt(...given);
  return prepared.kind === 'refused' ? prepared.problem : prepared.testCases;
}

/** Starts one batch as the gate does. */
async function start(
  { provider: { starter }, clock, deadline }: Asking,
  testCases: readonly string[],
  target: { kind: string; id: string },
  version?: { kind: 'branch'; id: string },
  name?: StartName,
  config?: TargetConfig,
): Promise<StartResult> {
  const subject = await known(starter).resolve({ target, version, config }, deadline());
  if ('problem' in subject) throw new Error(subject.problem);
  return startBatchOnce({
    ...{ starter: known(starter), subject, testCases, name },
    alreadyStarted: new Set(),
    clock,
    deadline: deadline(),
    log: () => undefined,
  });
}

function known(starter: BatchStarter | undefined): BatchStarter {
  if (starter === undefined) throw new Error('It starts nothing.');
  return starter;
}

const PRODUCTION = { kind: 'production' } as const;
const numbered = (number: number) => ({ kind: 'number', number }) as const;
const branch = (id: string) => ({ kind: 'branch', id }) as const;
const FLOW = 'conversation_flow_3b21278178ed';
const FLOW_TARGET = { kind: 'conversation-flow', id: FLOW };

/** A starter of each provider at its emulator, with the targets that are compared. */
const WORLDS = {
  retell: { start: () => startRetell(), target: { kind: 'agent', id: DEFAULT_AGENT.id } },
  bland: { start: () => startBland(), target: { kind: 'persona', id: 'p1' } },
  vapi: { start: () => startVapi(), target: { kind: 'assistant', id: VAPI_ASSISTANT } },
  elevenlabs: { start: () => startElevenLabs(), target: { kind: 'agent', id: ELEVENLABS_AGENT } },
} as const;
type WorldName = keyof typeof WORLDS;

async function starterAt(name: WorldName) {
  const emulator = await WORLDS[name].start();
  onTestFinished(() => emulator.close());
  const { provider, deadline } = asking(name, emulator.url);
  const starter = known(provider.starter);
  const resolve = async (version?: Version, target: Target = WORLDS[name].target): Promise<Subject> => {
    const subject = await starter.resolve({ target, version }, deadline());
    if ('problem' in subject) throw new Error(subject.problem);
    return subject;
  };
  return { starter, resolve, deadline };
}

describe('two versions', () => {
  test.each<[WorldName, Version | undefined, Version | undefined, string]>([
    ['retell', undefined, { kind: 'latest' }, 'same'],
    ['retell', { kind: 'latest' }, numbered(5), 'same'],
    ['retell', { kind: 'published' }, numbered(4), 'same'],
    ['retell', { kind: 'latest' }, { kind: 'published' }, 'different'],
    ['bland', PRODUCTION, undefined, 'same'],
    ['bland', numbered(4), numbered(4), 'same'],
    ['bland', numbered(4), numbered(5), 'different'],
    ['bland', undefined, numbered(12), 'unknown'],
    ['bland', numbered(12), PRODUCTION, 'unknown'],
    ['vapi', undefined, undefined, 'same'],
    ['elevenlabs', undefined, branch('branch_main'), 'same'],
    ['elevenlabs', branch('branch_next'), branch('branch_next'), 'same'],
    ['elevenlabs', undefined, branch('branch_next'), 'different'],
  ])('of %s, %j and %j, are %s', async (name, one, other, expected) => {
    const { starter, resolve } = await starterAt(name);
    expect(starter.compareVersions(await resolve(one), await resolve(other))).toBe(expected);
  });

  const answeringOf = (change: (body: object) => object): ElevenLabsOptions => ({
    faults: ({ method, path }) =>
      method === 'GET' && path.endsWith(`/agents/${ELEVENLABS_AGENT}`)
        ? { kind: 'rewrite', change: (body) => change(body as object) }
        : undefined,
  });
  test.each<[string, ElevenLabsOptions, string]>([
    ['whose heads are two versions', { versionOf: (of) => `version of ${of}` }, 'different'],
    ['whose heads are one version', { versionOf: () => 'v1' }, 'same'],
    ['whose heads are not told', answeringOf((body) => ({ ...body, version_id: null })), 'unknown'],
    [
      'of which nobody knows whether the first is the main one',
      answeringOf((body) => ({ ...body, main_branch_id: 'branch_next' })),
      'unknown',
    ],
  ])('on two branches at ElevenLabs %s', async (_, options, expected) => {
    const emulator = await startElevenLabs({
      ...options,
      branches: ['branch_main', 'branch_next', 'branch_3'],
    });
    onTestFinished(() => emulator.close());
    const { provider, deadline } = asking('elevenlabs', emulator.url);
    const resolve = async (version?: Version) => {
      const subject = await known(provider.starter).resolve(
        { target: WORLDS.elevenlabs.target, version },
        deadline(),
      );
      if ('problem' in subject) throw new Error(subject.problem);
      return subject;
    };
    const [main, other] = [await resolve(), await resolve(branch('branch_3'))];
    expect(known(provider.starter).compareVersions(main, other)).toBe(expected);
  });

  test('at ElevenLabs without the id of the main branch: nobody knows', async () => {
    const { starter } = await starterAt('elevenlabs');
    const subject = (agent: string, branchId?: string): Subject => ({
      title: '',
      key: undefined,
      claims: {},
      request: { agent, branch: branchId, placements: [] },
    });
    expect(starter.compareVersions(subject('a'), subject('a'))).toBe('same');
    expect(starter.compareVersions(subject('a'), subject('a', 'b'))).toBe('unknown');
    expect(starter.compareVersions(subject('a'), subject('b'))).toBe('different');
  });
});

/** What an answer says, in the words by which it is compared. */
const CLAIMS = { retell: engineClaims, bland: () => ({}), vapi: vapiClaims, elevenlabs: elevenLabsClaims };

describe('what an answer says that was tested', () => {
  const flow = { type: 'conversation-flow', conversation_flow_id: FLOW };
  const assistant = { type: 'assistant', assistantId: VAPI_ASSISTANT.toUpperCase() };
  test.each<
    [WorldName, Version | undefined, Readonly<Record<string, unknown>> | undefined, string | undefined]
  >([
    ['retell', numbered(5), { ...flow, version: 12 }, undefined],
    ['retell', numbered(5), flow, undefined],
    ['retell', numbered(5), undefined, undefined],
    ['retell', numbered(5), { ...flow, version: 11 }, 'it tested version 11, and version 12 was asked for'],
    [
      'retell',
      numbered(5),
      { type: 'retell-llm', llm_id: 'llm_1' },
      `it tested retell-llm llm_1, and conversation-flow ${FLOW} was asked for`,
    ],
    [
      'retell',
      numbered(5),
      { type: 'custom-llm', llm_websocket_url: 'wss://x.example.com' },
      `it tested custom-llm wss://x.example.com, and conversation-flow ${FLOW} was asked for`,
    ],
    // However it is written.
    ['retell', numbered(5), { ...flow, version: '12' }, undefined],
    ['retell', numbered(5), { ...flow, version: null }, undefined],
    ['retell', numbered(5), { ...flow, version: '11' }, 'it tested version 11, and version 12 was asked for'],
    [
      'retell',
      numbered(5),
      { ...flow, version: [12] },
      'it tested version [12], and version 12 was asked for',
    ],
    [
      'retell',
      numbered(5),
      { llm_id: FLOW },
      `it tested retell-llm ${FLOW}, and conversation-flow ${FLOW} was asked for`,
    ],
    [
      'retell',
      numbered(5),
      { type: 'conversation-flow' },
      `it tested conversation-flow without an id, and conversation-flow ${FLOW} was asked for`,
    ],
    ['vapi', undefined, undefined, undefined],
    ['vapi', undefined, { target: assistant }, undefined],
    ['vapi', undefined, { target: { type: 'assistant' } }, undefined],
    [
      'vapi',
      undefined,
      { target: { type: 'assistant', assistant: { name: 'x' } } },
      `it tested an inline assistant, and assistant ${VAPI_ASSISTANT} was asked for`,
    ],
    [
      'vapi',
      undefined,
      { target: { type: 'squad', squad: { members: [] } } },
      `it tested an inline squad, and assistant ${VAPI_ASSISTANT} was asked for`,
    ],
    [
      'vapi',
      undefined,
      { target: { type: 'squad' } },
      'it tested a target of type squad, and a target of type assistant was asked for',
    ],
    [
      'vapi',
      undefined,
      { target: { assistantId: 'other' } },
      `it tested assistant other, and assistant ${VAPI_ASSISTANT} was asked for`,
    ],
    [
      'vapi',
      undefined,
      { target: { type: 'assistant', assistantId: 'other' } },
      `it tested assistant other, and assistant ${VAPI_ASSISTANT} was asked for`,
    ],
    [
      'vapi',
      undefined,
      { target: { type: 'squad', squadId: VAPI_ASSISTANT } },
      `it tested squad ${VAPI_ASSISTANT}, and assistant ${VAPI_ASSISTANT} was asked for`,
    ],
    ['elevenlabs', undefined, undefined, undefined],
    ['elevenlabs', undefined, { agent_id: ELEVENLABS_AGENT, branch_id: 'branch_main' }, undefined],
    ['elevenlabs', undefined, { agent_id: ELEVENLABS_AGENT }, undefined],
    [
      'elevenlabs',
      undefined,
      { agent_id: 'a2' },
      `it tested agent a2, and agent ${ELEVENLABS_AGENT} was asked for`,
    ],
    [
      'elevenlabs',
      undefined,
      { agent_id: ELEVENLABS_AGENT, branch_id: 'branch_next' },
      'it tested branch branch_next, and branch branch_main was asked for',
    ],
    [
      'elevenlabs',
      undefined,
      { agent_id: ELEVENLABS_AGENT, branch_id: 'branch_main', ran_against_draft: true },
      'it tested changes that are not published, and the published branch was asked for',
    ],
  ])('at %s, with %j asked for: %j', async (name, version, tested, expected) => {
    const { resolve } = await starterAt(name);
    const said = tested === undefined ? undefined : CLAIMS[name](tested);
    expect(mismatchWith((await resolve(version)).claims, { claims: said })).toBe(expected);
  });

  test('at Vapi in another mode than was asked for', () => {
    const by = (provider: string) => vapiClaims({ target: assistant, transport: { provider } });
    const asked = by('vapi.webchat');
    expect(mismatchWith(asked, { claims: by('vapi.webchat') })).toBeUndefined();
    expect(mismatchWith(asked, { runs: [{ claims: by('vapi.websocket') }] })).toBe(
      'it tested the mode voice, and the mode chat was asked for',
    );
    expect(mismatchWith(asked, { claims: by('other') })).toBe(
      'it tested the mode other, and the mode chat was asked for',
    );
  });

  test.each<[WorldName, Version | undefined, boolean]>([
    ['retell', undefined, true],
    ['bland', numbered(4), false],
    ['bland', undefined, true],
    ['vapi', undefined, true],
    ['elevenlabs', undefined, true],
  ])('is in the lists of %s for %j: %j', async (name, version, expected) => {
    const { key, isProvenByLists } = await (await starterAt(name)).resolve(version);
    expect(key !== undefined || isProvenByLists === true).toBe(expected);
  });
});

describe('a mark of the configuration under test', () => {
  test('at Retell is when the engine was last edited, and a published version is not read', async () => {
    let modifiedAt = 1_789_372_640_000;
    const versions = DEFAULT_AGENT.versions.map((each) => ({ ...each, modifiedAt: () => modifiedAt }));
    const emulator = await startRetell({ agents: [{ ...DEFAULT_AGENT, versions }] });
    onTestFinished(() => emulator.close());
    const { provider, deadline } = asking('retell', emulator.url);
    const starter = known(provider.starter);
    const revision = async (target: Target, version: Version) => {
      const subject = (await starter.resolve({ target, version }, deadline())) as Subject;
      const before = await starter.revisionOf?.(subject, deadline());
      modifiedAt += 1_000;
      return [before, await starter.revisionOf?.(subject, deadline())];
    };
    expect(await revision(WORLDS.retell.target, { kind: 'latest' })).toEqual([
      1_789_372_640_000, 1_789_372_641_000,
    ]);
    expect(await revision(FLOW_TARGET, numbered(12))).toEqual([1_789_372_641_000, 1_789_372_642_000]);
    const reads = () => emulator.count(/get-conversation-flow/);
    const before = reads();
    expect(await revision(WORLDS.retell.target, { kind: 'published' })).toEqual([undefined, undefined]);
    expect(reads()).toBe(before);
  });

  test('at Retell of a published LLM is none', async () => {
    const engine = { type: 'retell-llm', llm_id: 'llm_1', version: 7 } as const;
    const emulator = await startRetell({
      agents: [{ id: 'a1', versions: [{ version: 1, isPublished: true, engine }] }],
    });
    onTestFinished(() => emulator.close());
    const { provider, deadline } = asking('retell', emulator.url);
    const starter = known(provider.starter);
    const target = { kind: 'retell-llm', id: 'llm_1' };
    const subject = (await starter.resolve({ target, version: numbered(7) }, deadline())) as Subject;
    expect([subject.note, await starter.revisionOf?.(subject, deadline())]).toEqual([undefined, undefined]);
  });

  test("at ElevenLabs is the version of the branch's head", async () => {
    let edits = 0;
    const emulator = await startElevenLabs({ versionOf: (of) => `${of} ${edits}` });
    onTestFinished(() => emulator.close());
    const { provider, deadline } = asking('elevenlabs', emulator.url);
    const starter = known(provider.starter);
    const target = WORLDS.elevenlabs.target;
    const subject = (await starter.resolve({ target, version: undefined }, deadline())) as Subject;
    const before = await starter.revisionOf?.(subject, deadline());
    edits += 1;
    expect([before, await starter.revisionOf?.(subject, deadline())]).toEqual([
      'branch_main 0',
      'branch_main 1',
    ]);
  });

  test.each(['bland', 'vapi'] as const)('at %s is none', async (name) => {
    expect((await starterAt(name)).starter.revisionOf).toBeUndefined();
  });
});

describe('Vapi', () => {
  const target = `assistant/${VAPI_ASSISTANT}`;
  const assistant = { kind: 'assistant', id: VAPI_ASSISTANT };
  const ids = recordedSimulations.map(({ id }) => id);
  const [first = '', second = '', third = ''] = ids;

  async function vapi(options: VapiOptions = {}) {
    const emulator = await startVapi(options);
    onTestFinished(() => emulator.close());
    return { emulator, asked: asking('vapi', emulator.url) };
  }

  test.each<[string, string, readonly string[]]>([
    ['an id', second, [second]],
    ['a name', 'Books an appointment', [first]],
    ['a pattern and an exception', '*a*\n!*Spanish', [first, third]],
    ['a suite', 'suite:s1', [first, third]],
    ['a suite without one of its simulations', `suite:s1\n!${first}`, [third]],
  ])('%s', async (_, testCases, expected) => {
    const suites = [{ id: 's1', name: 'Regression', simulationIds: [first, third] }];
    const { asked } = await vapi({ suites });
    expect(await select('vapi', asked, { testCases, target })).toEqual(expected);
  });

  test('a suite alone needs no list of all simulations', async () => {
    const { emulator, asked } = await vapi({ suites: [{ id: 's1', name: 'One', simulationIds: [first] }] });
    await select('vapi', asked, { testCases: 'suite:s1', target });
    expect(emulator.requests.map(({ path }) => path)).toEqual(['/eval/simulation/suite/s1']);
  });

  test.each<VapiOptions>([{ lists: 'bare' }, { lists: 'paginated' }, { longestPage: 40 }])(
    'the last of 230 simulations (%j)',
    async (options) => {
      const simulations = many(230).map((_, index) => ({ id: `id-${index}`, name: `Simulation ${index}` }));
      const { asked } = await vapi({ ...options, simulations });
      expect(await select('vapi', asked, { testCases: 'Simulation 229', target })).toEqual(['id-229']);
    },
  );

  test.each<[string, { testCases: string; target?: string | undefined; version?: string }, string]>([
    [
      '*',
      { testCases: '*', target },
      'test-cases: "*" is refused. A list of all simulations belongs to no target at Vapi: write ids, names or suite:ID, one per line.',
    ],
    [
      'no target',
      { testCases: first, target: undefined },
      'target is empty: say what is under test at Vapi (assistant/ID, squad/ID).',
    ],
    [
      'a target of the wrong kind',
      { testCases: first, target: 'agent/1' },
      'target is "agent/1": it must be assistant/ID or squad/ID at Vapi.',
    ],
    [
      'a version',
      { testCases: first, target, version: '7' },
      'version: Vapi has no versions to choose from. Leave it out.',
    ],
    ['a name that is not there', { testCases: 'No such', target }, 'test-cases: "No such"'],
    ['a suite that is not there', { testCases: 'suite:s2', target }, 'answered 404'],
  ])('refuses %s', async (_, inputs, problem) => {
    const { emulator, asked } = await vapi();
    expect(await select('vapi', asked, inputs)).toContain(problem);
    expect(emulator.started).toEqual([]);
  });

  test.each([
    ['assistant', { type: 'assistant', assistantId: 't1' }],
    ['squad', { type: 'squad', squadId: 't1' }],
  ])('starts simulations against a %s, and knows its page in the dashboard', async (kind, expected) => {
    const { emulator, asked } = await vapi({ targets: ['t1'] });
    const started = await start(asked, [first, third], { kind, id: 't1' });
    const [only] = emulator.started;
    expect(started).toMatchObject({ kind: 'started', batchId: only?.id });
    expect(only?.request).toEqual({
      simulations: [first, third].map((simulationId) => ({ type: 'simulation', simulationId })),
      target: expected,
      transport: { provider: 'vapi.webchat' },
    });
    const batch = await asked.provider.fetchBatch(only?.id ?? '', asked.deadline());
    expect(batch.url).toBe(`https://dashboard.vapi.ai/simulations/runs/${only?.id}`);
    expect(await asked.provider.starter?.resolveTestedVersion(batch, asked.deadline())).toMatchObject({
      title: `${kind} t1, chat`,
      request: { target: expected, transport: { provider: 'vapi.webchat' } },
    });
  });

  test('a 402 says what Vapi says', async () => {
    const { asked } = await vapi({
      faults: ({ method }) => (method === 'POST' ? { kind: 'answer', status: 402 } : undefined),
    });
    expect(await start(asked, [first], assistant)).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(
        /answered 402 \(Your wallet has insufficient credits: insufficient_credits\)\. Check the Vapi organisation's wallet, subscription, payment method and billing limit\.$/,
      ),
    });
  });

  test('a name that a list without its end may hold elsewhere is refused, and an id that it holds is not', async () => {
    const simulations = many(230).map((_, index) => ({ id: `id-${index}`, name: `Simulation ${index}` }));
    const { emulator, asked } = await vapi({ simulations, lists: 'paginated', ignoresPage: true });
    expect(await select('vapi', asked, { testCases: 'Simulation 2*', target })).toBe(
      'test-cases: Vapi does not list every simulation (the list of simulations announces 230 and gives 100). Run the job again; if it stays so, write ids instead of names.',
    );
    expect(await select('vapi', asked, { testCases: 'id-7', target })).toEqual(['id-7']);
    expect(emulator.started).toEqual([]);
  });

  test('a suite that is not there and is only to be excluded is a warning', async () => {
    const { asked } = await vapi();
    expect(await prepareAt('vapi', asked, { testCases: `${first}\n!suite:s2`, target })).toMatchObject({
      testCases: [first],
      warnings: [
        expect.stringContaining(
          '"!suite:s2" matches none of the 3 test cases, so nothing is excluded there.',
        ),
      ],
    });
  });

  test.each([
    ['chat', 'vapi.webchat', { provider: 'vapi.webchat' }],
    ['voice', 'vapi.websocket', { provider: 'vapi.websocket' }],
    ['voice, which nobody named', 'vapi.websocket', undefined],
  ])('a run by %s is run again by %s', async (_, provider, said) => {
    const transport = { provider };
    const { emulator, asked } = await vapi({
      batches: [{ id: 'b1', runs: [{ outcome: 'failed' }], fields: { transport: said } }],
    });
    const batch = await asked.provider.fetchBatch('b1', asked.deadline());
    const subject = await known(asked.provider.starter).resolveTestedVersion(batch, asked.deadline());
    if ('problem' in subject) throw new Error(subject.problem);
    await known(asked.provider.starter).startBatch(subject, [first], asked.deadline());
    expect(emulator.started[0]?.request).toEqual({
      simulations: [{ type: 'simulation', simulationId: first }],
      target: { type: 'assistant', assistantId: VAPI_ASSISTANT },
      transport,
    });
  });

  describe('a configuration from a file', () => {
    const inline = { name: 'Front desk', firstMessage: 'Hello' };
    const config = { name: 'agent/vapi.json at 8d3c1f0', json: inline };
    const resolving = async ({ asked }: { asked: Asking }, more: object) => {
      const wanted = { target: { kind: 'assistant', id: VAPI_ASSISTANT }, version: undefined };
      const subject = await known(asked.provider.starter).resolve({ ...wanted, ...more }, asked.deadline());
      if ('problem' in subject) throw new Error(subject.problem);
      return subject;
    };
    const saying = (target: object) => ({ claims: vapiClaims({ target }) });

    test.each(['assistant', 'squad'])(
      'is sent as the %s, without an id, and each time again',
      async (kind) => {
        const world = await vapi();
        const starter = known(world.asked.provider.starter);
        const subject = await resolving(world, {
          target: { kind, id: VAPI_ASSISTANT },
          config,
          mode: 'voice',
        });
        expect(subject.title).toBe(`${kind} ${VAPI_ASSISTANT} as in agent/vapi.json at 8d3c1f0, voice`);
        await starter.startBatch(subject, [first], world.asked.deadline());
        const [started] = world.emulator.started;
        expect(started?.request).toEqual({
          simulations: [{ type: 'simulation', simulationId: first }],
          target: { type: kind, [kind]: inline },
          transport: { provider: 'vapi.websocket' },
        });
        const batch = await world.asked.provider.fetchBatch(started?.id ?? '', world.asked.deadline());
        expect([batch.subject, mismatchWith(subject.claims, batch)]).toEqual([
          `an inline ${kind}, voice`,
          undefined,
        ]);
      },
    );

    test('a refusal names the file and the field', async () => {
      const world = await vapi();
      const subject = await resolving(world, { config: { ...config, json: { id: 'a1' } } });
      expect(subject.note).toBe(
        'agent/vapi.json at 8d3c1f0 has id, which Vapi sets itself and may refuse: leave out such fields.',
      );
      const starter = known(world.asked.provider.starter);
      expect(await starter.startBatch(subject, [first], world.asked.deadline())).toMatchObject({
        kind: 'refused',
        problem: expect.stringMatching(
          /400 \(target\.assistant\.property id should not exist\)\. Check target-config \(agent\/vapi\.json at 8d3c1f0\) and test-cases\.$/,
        ),
      });
    });

    test('is neither the live target nor another kind, and the other way round', async () => {
      const world = await vapi();
      const starter = known(world.asked.provider.starter);
      const [sent, live] = [await resolving(world, { config }), await resolving(world, {})];
      const inlineOf = (kind: string) => ({ type: kind, [kind]: inline });
      expect(mismatchWith(sent.claims, saying(inlineOf('assistant')))).toBeUndefined();
      expect(mismatchWith(sent.claims, saying({ type: 'assistant' }))).toBeUndefined();
      expect(mismatchWith(sent.claims, saying({ type: 'assistant', assistantId: VAPI_ASSISTANT }))).toBe(
        `it tested assistant ${VAPI_ASSISTANT}, and an inline assistant was asked for`,
      );
      expect(mismatchWith(sent.claims, saying(inlineOf('squad')))).toBe(
        'it tested an inline squad, and an inline assistant was asked for',
      );
      expect(mismatchWith(live.claims, saying(inlineOf('assistant')))).toBe(
        `it tested an inline assistant, and assistant ${VAPI_ASSISTANT} was asked for`,
      );
      expect(starter.compareVersions(sent, live)).toBe('different');
    });

    test('no list proves whose a run without an id is; one with an id is another one', async () => {
      const targets = [
        { type: 'assistant', assistantId: VAPI_ASSISTANT },
        { type: 'assistant', assistant: inline },
        { type: 'squad', squad: inline },
      ];
      const world = await vapi({
        batches: targets.map((target, index) => ({
          id: `b${index}`,
          runs: [{ testCaseId: first }],
          fields: { target, transport: { provider: 'vapi.webchat' } },
        })),
      });
      const starter = known(world.asked.provider.starter);
      const [sent, live] = [await resolving(world, { config }), await resolving(world, {})];
      const rowsFor = async (subject: Subject) =>
        (
          await starter.listBatches?.({ subject, testCases: [first], since: 0 }, world.asked.deadline())
        )?.batches
          .filter((row) => row.subject === undefined || row.subject === subject.key)
          .map(({ id }) => id);
      expect(await rowsFor(sent)).toEqual(['b1']);
      expect(await rowsFor(live)).toEqual(['b0']);
      expect([sent.key, sent.isProvenByLists]).toEqual([undefined, undefined]);
    });
  });

  test('a run in another mode is not the one whose answer was lost', async () => {
    const { asked } = await vapi({
      batches: ['vapi.webchat', 'vapi.websocket'].map((provider, index) => ({
        id: `b${index}`,
        runs: [{ testCaseId: first }],
        fields: { transport: { provider } },
      })),
    });
    const starter = known(asked.provider.starter);
    const wanted = { target: { kind: 'assistant', id: VAPI_ASSISTANT }, version: undefined };
    const [chat, voice] = await Promise.all(
      (['chat', 'voice'] as const).map(async (mode) => {
        const subject = await starter.resolve({ ...wanted, mode }, asked.deadline());
        if ('problem' in subject) throw new Error(subject.problem);
        const listing = await starter.listBatches?.(
          { subject, testCases: [first], since: 0 },
          asked.deadline(),
        );
        return listing?.batches.flatMap(({ id, subject: found }) => (found === subject.key ? id : []));
      }),
    );
    expect([chat, voice]).toEqual([['b0'], ['b1']]);
  });

  test.each<[string, NonNullable<VapiOptions['concurrency']>, number | undefined]>([
    ['free places', { availableToStart: 3, concurrencyLimit: 10 }, 3],
    ['no free place', { availableToStart: 0, concurrencyLimit: 10 }, 5],
    ['the limit alone', { concurrencyLimit: 7 }, 3],
    ['nothing', {}, undefined],
    ['what is no number', { availableToStart: '5', concurrencyLimit: -2 }, undefined],
  ])('how many run at once: %s', async (_, concurrency, atOnce) => {
    const { asked } = await vapi({ concurrency });
    const starter = known(asked.provider.starter);
    const saidFor = async (mode: Mode) => {
      const wanted = { target: { kind: 'assistant', id: VAPI_ASSISTANT }, version: undefined, mode };
      const subject = await starter.resolve(wanted, asked.deadline());
      if ('problem' in subject) throw new Error(subject.problem);
      return starter.parallelism?.(subject, asked.deadline());
    };
    expect(await saidFor('voice')).toEqual(
      atOnce === undefined ? undefined : { atOnce, shortestRunMs: 30_000, isLeast: false },
    );
    expect(await saidFor('chat')).toEqual(
      atOnce === undefined ? undefined : { atOnce, shortestRunMs: 10_000, isLeast: true },
    );
  });

  test('a start reads no list of what is older than a day', async () => {
    const older = many(300).map((_, index) => ({
      id: `older-${index}`,
      runs: [{}],
      createdAt: Date.UTC(2026, 8, 12),
    }));
    const { emulator, asked } = await vapi({ batches: older });
    expect(await start(asked, [first], assistant)).toMatchObject({ kind: 'started' });
    expect(emulator.count(/^GET .*run$/)).toBe(1);
  });

  test('an inline assistant cannot be tested again', async () => {
    const { asked } = await vapi({
      batches: [{ id: 'b1', runs: [{}], fields: { target: { type: 'assistant', assistant: {} } } }],
    });
    const batch = await asked.provider.fetchBatch('b1', asked.deadline());
    expect(await asked.provider.starter?.resolveTestedVersion(batch, asked.deadline())).toEqual({
      kind: 'refused',
      problem: 'Vapi does not say which assistant or squad simulation run b1 tested.',
    });
  });
});

describe('ElevenLabs', () => {
  const target = `agent/${ELEVENLABS_AGENT}`;
  const agent = { kind: 'agent', id: ELEVENLABS_AGENT };
  const [first = '', second = ''] = recordedTests.map(({ id }) => id);

  async function elevenlabs(options: ElevenLabsOptions = {}) {
    const emulator = await startElevenLabs(options);
    onTestFinished(() => emulator.close());
    return { emulator, asked: asking('elevenlabs', emulator.url) };
  }

  test.each<[string, string, readonly string[], readonly string[]]>([
    ['*, which is what is attached', '*', [second], [second]],
    ['an id', first, [first, second], [first]],
    ['a name', 'Refuses a price', [first, second], [second]],
    ['a pattern among what is attached', 'R*', [second], [second]],
    ['an id of a test that is not attached', first, [second], [first]],
    ['a name of a test that is not attached', 'Books a cleaning', [second], [first]],
    ['all but one', `*\n!${first}`, [first, second], [second]],
  ])('%s', async (_, testCases, attached, expected) => {
    const { asked } = await elevenlabs({ attached });
    expect(await select('elevenlabs', asked, { testCases, target })).toEqual(expected);
  });

  test('the last of 230 tests of the workspace, by name', async () => {
    const tests = many(230).map((_, index) => ({ id: `t${index}`, name: `Test ${index}` }));
    const { asked } = await elevenlabs({ tests, attached: ['t1'] });
    expect(await select('elevenlabs', asked, { testCases: 'Test 229', target })).toEqual(['t229']);
  });

  test.each<[string, { testCases: string; target?: string; version?: string }, string]>([
    [
      'a target of the wrong kind',
      { testCases: '*', target: 'flow/1' },
      'target is "flow/1": it must be agent/ID at ElevenLabs.',
    ],
    [
      'a number as version',
      { testCases: '*', target, version: '7' },
      'version is "7": it must be branch/ID for a target agent/ at ElevenLabs.',
    ],
    [
      'a suite',
      { testCases: 'suite:1', target },
      'test-cases: ElevenLabs has no suite: selectors ("suite:1"), only ids and names.',
    ],
    [
      'an agent that is not there',
      { testCases: '*', target: 'agent/a2' },
      'answered 404 (Document with id a2 not found)',
    ],
    [
      'a branch that is not there',
      { testCases: '*', target, version: 'branch/b9' },
      'answered 404 (Branch b9 not found)',
    ],
  ])('refuses %s', async (_, inputs, problem) => {
    const { emulator, asked } = await elevenlabs();
    expect(await select('elevenlabs', asked, inputs)).toContain(problem);
    expect(emulator.started).toEqual([]);
  });

  test('an agent without tests is red', async () => {
    const { asked } = await elevenlabs({ attached: [] });
    expect(await select('elevenlabs', asked, { testCases: '*', target })).toBe(
      `test-cases: there is no test case to choose from. Attach tests to ${target.replace('/', ' ')} at ElevenLabs, or write ids or names of tests.`,
    );
  });

  test('starts tests on the main branch, or on another', async () => {
    const { emulator, asked } = await elevenlabs();
    const main = await start(asked, [first, second], agent);
    const other = await start(asked, [second], agent, { kind: 'branch', id: 'branch_next' });
    expect([main, other]).toMatchObject(emulator.started.map(({ id }) => ({ kind: 'started', batchId: id })));
    expect(emulator.started.map(({ request }) => request)).toEqual([
      { tests: [{ test_id: first }, { test_id: second }], branch_id: 'branch_main' },
      { tests: [{ test_id: second }], branch_id: 'branch_next' },
    ]);
    const batch = await asked.provider.fetchBatch(emulator.started[1]?.id ?? '', asked.deadline());
    expect(await asked.provider.starter?.resolveTestedVersion(batch, asked.deadline())).toEqual({
      title: `agent ${ELEVENLABS_AGENT}, branch branch_next`,
      version: 'branch branch_next',
      key: `${ELEVENLABS_AGENT} branch_next`,
      claims: {
        agent: `agent ${ELEVENLABS_AGENT}`,
        branch: 'branch branch_next',
        state: 'the published branch',
      },
      request: { agent: ELEVENLABS_AGENT, branch: 'branch_next', placements: [{ id: second }] },
    });
  });

  const nodeOf = (node: string, id = first) => ({ id, node });

  test('what is attached to a workflow node runs on it, and at two nodes is refused', async () => {
    const one = await elevenlabs({ attached: [nodeOf('n1')] });
    await select('elevenlabs', one.asked, { testCases: '*', target });
    await start(one.asked, [first], agent);
    expect(one.emulator.started[0]?.request['tests']).toEqual([{ test_id: first, workflow_node_id: 'n1' }]);

    const two = await elevenlabs({ attached: [nodeOf('n1'), nodeOf('n2')] });
    await select('elevenlabs', two.asked, { testCases: '*', target });
    expect(await start(two.asked, [first], agent)).toEqual({
      kind: 'refused',
      problem: `test-cases: test ${first} runs at several workflow nodes of agent ${ELEVENLABS_AGENT}, and the action starts a test once. Start these tests elsewhere and give batch-id.`,
    });
    expect(two.emulator.started).toEqual([]);
  });

  test('a folder that is attached to a workflow node: its tests run on it', async () => {
    const { emulator, asked } = await elevenlabs({
      tests: [{ id: first, name: 'One', folder: 'tfld_2' }],
      folders: [{ id: 'tfld_1' }, { id: 'tfld_2', folder: 'tfld_1' }],
      attached: [nodeOf('n1', 'tfld_1')],
    });
    expect(await select('elevenlabs', asked, { testCases: '*', target })).toEqual([first]);
    await start(asked, [first], agent);
    expect(emulator.started[0]?.request['tests']).toEqual([{ test_id: first, workflow_node_id: 'n1' }]);
  });

  test('a test that ran on node A in one given invocation and on node B in another: each is run again on its own', async () => {
    const runOn = (node: string) => ({
      id: `on ${node}`,
      runs: [{ testCaseId: first, outcome: 'failed' as const, fields: { workflow_node_id: node } }],
      fields: { branch_id: 'branch_main' },
    });
    const { emulator, asked } = await elevenlabs({ batches: [runOn('A'), runOn('B')] });
    const starter = known(asked.provider.starter);
    const subjects = [];
    for (const id of ['on A', 'on B']) {
      const batch = await asked.provider.fetchBatch(id, asked.deadline());
      subjects.push((await starter.resolveTestedVersion(batch, asked.deadline())) as Subject);
    }
    for (const subject of subjects) await starter.startBatch(subject, [first], asked.deadline());
    expect(emulator.started.map(({ request }) => request['tests'])).toEqual([
      [{ test_id: first, workflow_node_id: 'A' }],
      [{ test_id: first, workflow_node_id: 'B' }],
    ]);
  });

  describe('folders of tests', () => {
    const folders = [
      { id: 'tfld_desk' },
      { id: 'tfld_prices', folder: 'tfld_desk' },
      { id: 'tfld_other' },
      { id: 'tfld_empty' },
    ];
    const tests = [
      { id: 't_plain', name: 'Plain' },
      { id: 't_desk', name: 'Desk', folder: 'tfld_desk' },
      { id: 't_price', name: 'Price', folder: 'tfld_prices' },
      { id: 't_other', name: 'Other', folder: 'tfld_other' },
    ];
    const listed = async (options: ElevenLabsOptions, testCases = '*') => {
      const { asked, emulator } = await elevenlabs({ folders, tests, ...options });
      const prepared = await prepareAt('elevenlabs', asked, { testCases, target });
      return prepared.kind === 'refused'
        ? prepared.problem
        : {
            testCases: prepared.testCases,
            warnings: prepared.warnings,
            lists: emulator.count(/agent-testing$/),
          };
    };

    test.each(['all', 'root'] as const)(
      'are expanded with the folders in them, whatever the list without a folder shows (%s)',
      async (listsWithoutFolder) => {
        expect(await listed({ listsWithoutFolder, attached: ['t_plain', 'tfld_desk', 't_price'] })).toEqual({
          testCases: ['t_plain', 't_desk', 't_price'],
          warnings: [],
          lists: listsWithoutFolder === 'all' ? 1 : 3,
        });
      },
    );

    test('that lie in each other end', async () => {
      const circle = [
        { id: 'tfld_a', folder: 'tfld_b' },
        { id: 'tfld_b', folder: 'tfld_a' },
      ];
      for (const listsWithoutFolder of ['all', 'root'] as const) {
        expect(
          await listed({
            listsWithoutFolder,
            folders: circle,
            tests: [{ id: 't1', name: 'One', folder: 'tfld_b' }],
            attached: ['tfld_a'],
          }),
        ).toMatchObject({ testCases: ['t1'] });
      }
    });

    test('of other agents are none of these, at a server that lists everything in every folder', async () => {
      const { asked, emulator } = await elevenlabs({
        folders: [{ id: 'tfld_other' }],
        tests: [tests[0]!, tests[3]!],
        attached: ['tfld_gone', 't_plain'],
        faults: (request) => {
          Reflect.deleteProperty(request.query, 'parent_folder_id');
          return undefined;
        },
      });
      expect(await select('elevenlabs', asked, { testCases: '*', target })).toEqual(['t_plain']);
      expect(emulator.count(/agent-testing$/)).toBe(2);
    });

    test('that hold nothing, and tests that were deleted: left out, and named', async () => {
      expect(
        await listed({ attached: ['t_gone', 't_plain', 'tfld_empty', 't_gone2', 'tfld_gone'] }),
      ).toMatchObject({
        testCases: ['t_plain'],
        warnings: [
          `Left out, since they were deleted: t_gone, t_gone2. Detach them from agent ${ELEVENLABS_AGENT} at ElevenLabs.`,
          `Folders that are attached to agent ${ELEVENLABS_AGENT} and show no tests: tfld_empty, tfld_gone.`,
        ],
      });
    });

    test('say nothing where tests are chosen by id', async () => {
      expect(await listed({ attached: ['t_gone', 't_plain'] }, 't_plain')).toMatchObject({ warnings: [] });
    });

    test('as they are recorded, with a deleted test', async () => {
      const { asked } = await elevenlabs({
        faults: ({ path, query }) => {
          const recorded = (name: string) =>
            ({ kind: 'rewrite', change: () => readSample(`elevenlabs__${name}`) }) as const;
          if (path.endsWith(ELEVENLABS_AGENT)) return recorded('get-agent__attached-folder-and-stale');
          if (!path.endsWith('agent-testing')) return undefined;
          return query['parent_folder_id'] === undefined
            ? {
                kind: 'rewrite',
                change: () => ({ tests: [{ id: 'test_d86d3e078b518355dc4e' }], has_more: false }),
              }
            : query['parent_folder_id'] === 'tfld_6b1f3a9c7d5e4f20'
              ? recorded('list-tests__of-folder')
              : { kind: 'rewrite', change: () => ({ tests: [], has_more: false }) };
        },
      });
      const prepared = await prepareAt('elevenlabs', asked, { testCases: '*', target });
      expect(prepared).toMatchObject({
        testCases: ['test_d86d3e078b518355dc4e', 'test_e8946d753ee69fbebe1f', 'test_1c0fb8f0a53f46d2a911'],
        warnings: [expect.stringMatching(/^Left out, since they were deleted: test_0000deleted00000000\. /)],
      });
    });
  });

  test('without a version the main branch is tested, by its id', async () => {
    const { asked } = await elevenlabs();
    const starter = known(asked.provider.starter);
    expect(await starter.resolve({ target: agent, version: undefined }, asked.deadline())).toMatchObject({
      title: `Front desk (${ELEVENLABS_AGENT}), main branch branch_main`,
      name: 'Front desk',
      key: `${ELEVENLABS_AGENT} branch_main`,
    });
  });

  test('an answer about another branch than was asked for is not believed', async () => {
    const { asked } = await elevenlabs({
      faults: ({ path }) =>
        path.endsWith(ELEVENLABS_AGENT)
          ? { kind: 'rewrite', change: (body) => ({ ...(body as object), branch_id: 'branch_main' }) }
          : undefined,
    });
    expect(
      await select('elevenlabs', asked, { testCases: '*', target, version: 'branch/branch_next' }),
    ).toMatch(/answered for another branch: branch_main\.$/);
  });

  describe('the mark in the name of a start', () => {
    const mark = '7f3a9c21';
    const name = `octo-org/voice-agents#12 @ abc1234, round 1 · ${mark}`;
    /** Loses the answer to the first start, and lets somebody start the same tests under another name, or none. */
    const lost = async (
      stranger: string | undefined,
      options: { isStarted: boolean; dropsNames?: boolean; config?: TargetConfig },
    ) => {
      const { isStarted, dropsNames = false } = options;
      const { emulator, asked } = await elevenlabs({
        dropsNames,
        faults: ({ method, nth }) => {
          if (method !== 'POST' || nth > 1) return undefined;
          const runs = [{ testCaseId: first }];
          emulator.add({ id: 'of somebody', runs, fields: { branch_id: 'branch_main', name: stranger } });
          const then = { kind: 'answer', status: 503 } as const;
          return isStarted ? { kind: 'done-but', then } : then;
        },
      });
      const named = { text: name, mark };
      return { started: await start(asked, [first], agent, undefined, named, options.config), emulator };
    };

    test.each([undefined, 'octo-org/other#1 @ abc1234, round 1 · 00000000'])(
      'finds a start that was not answered beside the same tests under the name %j',
      async (stranger) => {
        const { started, emulator } = await lost(stranger, { isStarted: true });
        expect(emulator.started.map(({ request }) => request['name'])).toEqual([name]);
        expect(started).toMatchObject({ kind: 'started', batchId: emulator.started[0]?.id });
      },
    );

    test('proves which start sent a configuration; without names nothing proves it', async () => {
      const config = { name: 'a.json', json: { conversation_config: {}, platform_settings: {} } };
      const found = await lost(undefined, { isStarted: true, config });
      expect(found.started).toMatchObject({
        batchId: found.emulator.started[0]?.id,
        adopted: { subject: `${ELEVENLABS_AGENT} branch_main target-config` },
      });
      const { started } = await lost('octo-org/other', { isStarted: false, config });
      expect(started).toMatchObject({ kind: 'unknown' });
    });

    test('takes what has another name for no start of ours', async () => {
      const { started } = await lost('octo-org/other#1 @ abc1234, round 1 · 00000000', { isStarted: false });
      expect(started).toMatchObject({
        kind: 'unknown',
        problem: expect.stringContaining('its list does not show one'),
      });
    });

    test('at an API that forgets names the contents decide: two that are the same are none', async () => {
      const { started } = await lost(undefined, { isStarted: true, dropsNames: true });
      expect(started).toMatchObject({ problem: expect.stringContaining('more than one could be it') });
    });
  });

  describe('a configuration from a file', () => {
    const override = { conversation_config: { agent: {} }, platform_settings: {} };
    const config = { name: 'agent/el.json at 8d3c1f0', json: override };
    const resolving = async ({ asked }: { asked: Asking }, more: object) => {
      const wanted = { target: agent, version: undefined, ...more };
      const subject = await known(asked.provider.starter).resolve(wanted, asked.deadline());
      if ('problem' in subject) throw new Error(subject.problem);
      return subject;
    };
    const saying = (said: object) => ({
      claims: elevenLabsClaims({ agent_id: ELEVENLABS_AGENT, branch_id: 'branch_main', ...said }),
    });

    test('is sent with the tests, under a name that says so', async () => {
      const world = await elevenlabs();
      const starter = known(world.asked.provider.starter);
      const subject = await resolving(world, { config });
      expect(subject).toMatchObject({
        title: `Front desk (${ELEVENLABS_AGENT}) as in agent/el.json at 8d3c1f0`,
        version: 'as in agent/el.json at 8d3c1f0',
      });
      await starter.startBatch(subject, [first], world.asked.deadline(), 'PR 12');
      expect(world.emulator.started[0]?.request).toEqual({
        tests: [{ test_id: first }],
        ...{ name: 'PR 12 target-config', branch_id: 'branch_main', agent_config_override: override },
      });
    });

    test('is sent whole, whatever its fields are called', async () => {
      const world = await elevenlabs();
      const json: unknown = JSON.parse(`{"__proto__":{"x":1},${JSON.stringify(override).slice(1)}`);
      const subject = await resolving(world, { config: { ...config, json } });
      await known(world.asked.provider.starter).startBatch(subject, [first], world.asked.deadline());
      expect(JSON.stringify(world.emulator.started[0]?.request)).toContain(JSON.stringify(json));
    });

    test('a refusal names the file and the field', async () => {
      const world = await elevenlabs();
      const subject = await resolving(world, { config: { ...config, json: { conversation_config: {} } } });
      const starter = known(world.asked.provider.starter);
      expect(await starter.startBatch(subject, [first], world.asked.deadline())).toMatchObject({
        kind: 'refused',
        problem: expect.stringMatching(
          /422 \(.*agent_config_override\.platform_settings.*\)\. Check target-config \(agent\/el\.json at 8d3c1f0\) and test-cases\.$/,
        ),
      });
    });

    test('is not the published branch, and the other way round', async () => {
      const world = await elevenlabs();
      const starter = known(world.asked.provider.starter);
      const [sent, live] = [await resolving(world, { config }), await resolving(world, {})];
      for (const said of [{}, { agent_config_override: {} }, { ran_against_draft: true }]) {
        expect(mismatchWith(sent.claims, saying(said))).toBeUndefined();
      }
      expect(mismatchWith(sent.claims, saying({ branch_id: 'other' }))).toBe(
        'it tested branch other, and branch branch_main was asked for',
      );
      expect(mismatchWith(live.claims, saying({ agent_config_override: {} }))).toBe(
        'it tested a configuration that was sent with its start, and the published branch was asked for',
      );
      expect([starter.compareVersions(sent, live), starter.compareVersions(live, sent)]).toEqual([
        'different',
        'different',
      ]);
      expect(await starter.revisionOf?.(sent, world.asked.deadline())).toBeUndefined();
    });

    test('a run of the published branch is not looked for among those of files', async () => {
      const world = await elevenlabs({
        batches: [
          ...['PR 12 target-config', 'PR 12', undefined].map((name, index) => ({
            ...{ id: `b${index}`, runs: [{ testCaseId: first }] },
            fields: { branch_id: 'branch_main', name },
          })),
          { id: 'b3', runs: [{ testCaseId: first }], fields: { branch_id: 'branch_next' } },
        ],
      });
      const starter = known(world.asked.provider.starter);
      const rowsFor = async (subject: Subject) =>
        (
          await starter.listBatches?.({ subject, testCases: [first], since: 0 }, world.asked.deadline())
        )?.batches
          .flatMap(({ id, subject: found }) =>
            found === subject.key ? id : found === undefined ? `${id}?` : [],
          )
          .toSorted();
      expect(await rowsFor(await resolving(world, {}))).toEqual(['b1', 'b2']);
      expect(await rowsFor(await resolving(world, { config }))).toEqual(['b0?', 'b1?', 'b2?']);
    });
  });

  test.each([
    [{ agent_id: undefined }, 'ElevenLabs does not say which agent test invocation b1 tested.'],
    [
      { ran_against_draft: true },
      'Test invocation b1 tested changes that are not published, which cannot be tested again from here.',
    ],
  ])('an invocation with %j cannot be tested again', async (fields, problem) => {
    const { asked } = await elevenlabs({ batches: [{ id: 'b1', runs: [{}], fields }] });
    const batch = await asked.provider.fetchBatch('b1', asked.deadline());
    expect(await asked.provider.starter?.resolveTestedVersion(batch, asked.deadline())).toEqual({
      kind: 'refused',
      problem,
    });
  });

  test('a lost start on the main branch is not taken for the same tests that somebody starts on another', async () => {
    const { emulator, asked } = await elevenlabs({
      faults: ({ method }) => {
        if (method !== 'POST') return undefined;
        const runs = [first, second].map((testCaseId) => ({ testCaseId }));
        emulator.add({ id: 'of another branch', runs, fields: { branch_id: 'branch_next' } });
        return { kind: 'answer', status: 503 };
      },
    });
    await select('elevenlabs', asked, { testCases: '*', target });
    expect(await start(asked, [first, second], agent)).toMatchObject({
      kind: 'unknown',
      problem: expect.stringContaining('its list does not show one'),
    });
  });
});
