import { describe, expect, onTestFinished, test } from 'vitest';
import { prepare } from '../../src/execution/prepare.ts';
import { OLDEST_LISTED_MS, type StartOutcome, startBatchOnce } from '../../src/execution/start.ts';
import { readBatchSource } from '../../src/inputs/batch-source.ts';
import type { BatchStarter } from '../../src/providers/starter.ts';
import { type ElevenLabsOptions, startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT, recordedTests } from '../emulators/elevenlabs-bodies.ts';
import { many } from '../emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT, type VapiOptions } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { type Asking, asking } from './asking.ts';

/** What the gate would start with these inputs, as their ids, or the sentence that refuses it. */
async function select(
  provider: 'vapi' | 'elevenlabs',
  { provider: { starter }, deadline }: Asking,
  inputs: { testCases: string; target?: string; version?: string },
): Promise<readonly string[] | string> {
  const wanted = readBatchSource({ provider, batchIds: undefined, ...inputs });
  if (wanted === undefined || starter === undefined) throw new Error('Nothing can be started.');
  if ('problems' in wanted) return wanted.problems.join(' ');
  if (wanted.kind === 'given') throw new Error('It is given.');
  const rule = { kind: 'every-run' } as const;
  const prepared = await prepare(wanted, { starter, rule, maxRuns: undefined, deadline: deadline() });
  return prepared.kind === 'refused' ? prepared.problem : prepared.testCases;
}

/** Starts one batch as the gate does. */
async function start(
  { provider: { starter, title }, clock, deadline }: Asking,
  testCases: readonly string[],
  target: { kind: string; id: string },
  version?: { kind: 'branch'; id: string },
): Promise<StartOutcome> {
  const subject = await known(starter).resolve({ target, version }, deadline());
  if ('problem' in subject) throw new Error(subject.problem);
  return startBatchOnce({
    title,
    testCases,
    subject: subject.key,
    post: (until) => known(starter).startBatch(subject, testCases, until),
    recentBatches: known(starter).recentBatches(subject, testCases, clock.epoch() - OLDEST_LISTED_MS),
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

  test.each<[string, { testCases: string; target?: string; version?: string }, string]>([
    [
      '*',
      { testCases: '*', target },
      'test-cases: "*" is refused. A list of all simulations belongs to no target at Vapi: write ids, names or suite:ID, one per line.',
    ],
    [
      'no target',
      { testCases: first },
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
    });
    const batch = await asked.provider.fetchBatch(only?.id ?? '', asked.deadline());
    expect(batch.url).toBe(`https://dashboard.vapi.ai/simulations/runs/${only?.id}`);
    expect(await asked.provider.starter?.resolveTestedVersion(batch, asked.deadline())).toMatchObject({
      title: `${kind} t1`,
      request: { target: expected },
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

  test('a run by chat is run again by chat', async () => {
    const transport = { provider: 'vapi.webchat' };
    const { emulator, asked } = await vapi({
      batches: [{ id: 'b1', runs: [{ outcome: 'failed' }], fields: { transport } }],
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
      'test-cases: there is no test case to choose from. Check target, or create test cases.',
    );
  });

  test('starts tests on the main branch, or on another', async () => {
    const { emulator, asked } = await elevenlabs();
    const main = await start(asked, [first, second], agent);
    const other = await start(asked, [second], agent, { kind: 'branch', id: 'branch_next' });
    expect([main, other]).toMatchObject(emulator.started.map(({ id }) => ({ kind: 'started', batchId: id })));
    expect(emulator.started.map(({ request }) => request)).toEqual([
      { tests: [{ test_id: first }, { test_id: second }] },
      { tests: [{ test_id: second }], branch_id: 'branch_next' },
    ]);
    const batch = await asked.provider.fetchBatch(emulator.started[1]?.id ?? '', asked.deadline());
    expect(await asked.provider.starter?.resolveTestedVersion(batch, asked.deadline())).toEqual({
      title: `agent ${ELEVENLABS_AGENT}, branch branch_next`,
      key: `${ELEVENLABS_AGENT} branch_next`,
      request: { agent: ELEVENLABS_AGENT, branch: 'branch_next' },
    });
  });

  test('what is attached to a workflow node runs on it, and at two nodes is refused', async () => {
    const attached = (nodes: readonly string[]) =>
      elevenlabs({
        faults: (request) =>
          request.path.endsWith(ELEVENLABS_AGENT)
            ? {
                kind: 'rewrite',
                change: () => ({
                  platform_settings: {
                    testing: {
                      attached_tests: nodes.map((node) => ({ test_id: first, workflow_node_id: node })),
                    },
                  },
                }),
              }
            : undefined,
      });
    const one = await attached(['n1']);
    await select('elevenlabs', one.asked, { testCases: '*', target });
    await start(one.asked, [first], agent);
    expect(one.emulator.started[0]?.request).toEqual({ tests: [{ test_id: first, workflow_node_id: 'n1' }] });

    const two = await attached(['n1', 'n2']);
    await select('elevenlabs', two.asked, { testCases: '*', target });
    expect(await start(two.asked, [first], agent)).toEqual({
      kind: 'refused',
      problem: `test-cases: test ${first} is attached to agent ${ELEVENLABS_AGENT} at several workflow nodes, and the action starts a test once. Start these tests elsewhere and give batch-id.`,
    });
    expect(two.emulator.started).toEqual([]);
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
