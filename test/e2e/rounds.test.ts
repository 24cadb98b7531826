import { describe, expect, test } from 'vitest';
import { startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT } from '../emulators/elevenlabs-bodies.ts';
import { byLetters } from '../emulators/outcomes.ts';
import { startRetell } from '../emulators/retell.ts';
import { manyDefinitions } from '../emulators/retell-definitions.ts';
import { many } from '../emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { runStep } from './runner.ts';

/** What becomes of the test cases, by number: see `byLetters`. */
type Letters = Readonly<Record<number, string>>;
type Created = ReturnType<typeof byLetters>;

/** Emulators with `count` test cases, the inputs that select them all, and what a request to start says of the version. */
const AT = {
  retell: {
    ids: (count: number) => manyDefinitions(count).map(({ test_case_definition_id: id }) => String(id)),
    start: (ids: readonly string[], created: Created) =>
      startRetell({ definitions: manyDefinitions(ids.length), created, speed: 50 }),
    inputs: { target: 'agent/agent_5f0c2e9a7b1d', 'test-cases': '*' },
    versionIn: (request: Readonly<Record<string, unknown>>) =>
      (request['response_engine'] as { version: unknown }).version,
  },
  vapi: {
    ids: (count: number) => many(count).map((_, index) => `simulation-${index}`),
    start: (ids: readonly string[], created: Created) =>
      startVapi({ simulations: ids.map((id) => ({ id, name: `Call ${id}` })), created, speed: 50 }),
    inputs: { target: `assistant/${VAPI_ASSISTANT}`, 'test-cases': 'Call *' },
    versionIn: () => undefined,
  },
  elevenlabs: {
    ids: (count: number) => many(count).map((_, index) => `test-${index}`),
    start: (ids: readonly string[], created: Created) =>
      startElevenLabs({ tests: ids.map((id) => ({ id, name: `Call ${id}` })), created, speed: 50 }),
    inputs: { target: `agent/${ELEVENLABS_AGENT}`, 'test-cases': '*' },
    versionIn: (request: Readonly<Record<string, unknown>>) => request['branch_id'],
  },
} as const;
type At = keyof typeof AT;
const EACH: readonly At[] = ['retell', 'vapi', 'elevenlabs'];

/** The built action starts `count` test cases, of which some have letters like `FPPP`. */
async function gateAt(
  provider: At,
  letters: Letters,
  { count, ...inputs }: { count: number } & Record<string, unknown>,
) {
  const { ids: make, start, inputs: own, versionIn } = AT[provider];
  const ids = make(count);
  const byId = Object.fromEntries(
    Object.entries(letters).map(([nth, each]) => [ids[Number(nth)] ?? '', each]),
  );
  await using emulator = await start(ids, byLetters(byId));
  const ended = await runStep({
    inputs: {
      provider,
      'api-key': 'test-key',
      'api-url': emulator.url,
      ...own,
      'poll-interval-seconds': '0.1',
      'timeout-minutes': '5',
      comment: 'never',
      ...(inputs as Record<string, string>),
    },
  });
  return {
    ...ended,
    started: emulator.started.map(({ testCases, id }) => ({
      id,
      cases: testCases.map((one) => ids.indexOf(one)),
    })),
    versions: emulator.started.map(({ request }) => versionIn(request)),
  };
}

const gate = (letters: Letters, inputs: { count: number } & Record<string, unknown>) =>
  gateAt('retell', letters, inputs);

describe.concurrent('the step starts its batches and repeats what is not decided', () => {
  test.each(EACH)('at %s: flaky and broken are told apart: 3 of 5', async (provider) => {
    const { exitCode, outputs, started, summary, log } = await gateAt(
      provider,
      { 1: 'FPPP', 2: 'FPFPF' },
      { count: 4, reruns: '3/5' },
    );
    // Which test cases share a batch depends on which run ends first.
    expect(started[0]?.cases).toEqual([0, 1, 2, 3]);
    expect(started.every(({ cases }) => new Set(cases).size === cases.length)).toBe(true);
    const runsOf = (testCase: number) => started.filter(({ cases }) => cases.includes(testCase)).length;
    expect([0, 1, 2, 3].map(runsOf)).toEqual([1, 4, 5, 1]);
    expect({ exitCode, ...outputs }).toMatchObject({
      exitCode: 1,
      verdict: 'failed',
      reason: '1 of 4 test cases failed.',
      total: '4',
      passed: '3',
      flaky: '1',
      failed: '1',
      runs: '11',
      'started-runs': '11',
      'pass-rate': '0.5',
      'batch-id': started.map(({ id }) => id).join('\n'),
    });
    expect(summary).toContain(
      { retell: 'conversation_flow_3b21278178ed', vapi: VAPI_ASSISTANT, elevenlabs: 'main branch' }[provider],
    );
    expect(log).toContain('The gate asks for 4 runs first, and for at most 20 in all.');
    expect(summary.includes('](https://dashboard.vapi.ai/simulations/runs/')).toBe(provider === 'vapi');
  });

  test('a failure that is not confirmed opens the gate, and is visible', async () => {
    const { exitCode, outputs, versions } = await gate(
      { 0: 'FPPP' },
      { count: 3, reruns: '3/5', 'max-flaky': '1' },
    );
    expect([exitCode, outputs['verdict'], outputs['flaky']]).toEqual([0, 'passed', '1']);
    expect(versions).toEqual([12, 12, 12, 12]);
  });

  test('two gates at the same time judge their own batches, and pay for no other', async () => {
    const { ids: make, start, inputs } = AT.retell;
    const ids = make(3);
    await using retell = await start(ids, byLetters({ [ids[1] ?? '']: 'F' }));
    const common = { provider: 'retell', 'api-key': 'test-key', 'api-url': retell.url, reruns: '1/2' };
    const quick = { comment: 'never', 'poll-interval-seconds': '0.1', 'timeout-minutes': '5' };
    const gates = await Promise.all(
      [1, 2].map(() => runStep({ inputs: { ...common, ...inputs, ...quick } })),
    );
    for (const { outputs } of gates) {
      expect(outputs).toMatchObject({ verdict: 'failed', total: '3', passed: '2', failed: '1' });
      expect([outputs['runs'], outputs['started-runs']]).toEqual(['4', '4']);
    }
    const batchIds = gates.flatMap(({ outputs }) => outputs['batch-id']?.split('\n') ?? []);
    expect(batchIds.toSorted()).toEqual(retell.started.map(({ id }) => id).toSorted());
    expect(retell.started.flatMap(({ testCases }) => testCases)).toHaveLength(8);
  });

  test.each<[At, Record<string, string>, unknown[]]>([
    ['retell', { version: 'latest', 'compare-with': 'published' }, [12, 11]],
    ['elevenlabs', { 'compare-with': 'branch/branch_next' }, ['branch_main', 'branch_next']],
  ])(
    'at %s: a failure on both versions (%j) is excused with fail-on: new, and named',
    async (provider, inputs, expected) => {
      const { exitCode, outputs, versions } = await gateAt(
        provider,
        { 0: 'FF', 1: 'P' },
        { count: 3, ...inputs, 'fail-on': 'new' },
      );
      expect(versions).toEqual(expected);
      expect([exitCode, outputs['verdict'], outputs['tolerated'], outputs['passed']]).toEqual([
        0,
        'passed',
        '1',
        '2',
      ]);
      expect([outputs['runs'], outputs['started-runs']]).toEqual(['3', '4']);
    },
  );
});

describe.concurrent('a batch that was given is repeated on what it says it tested', () => {
  const runs = [{ testCaseId: 'case-a', outcome: 'failed' as const }, { testCaseId: 'case-b' }];
  const inputs = {
    'api-key': 'test-key',
    'batch-id': 'b1',
    reruns: '2/3',
    'max-flaky': '1',
    'poll-interval-seconds': '0.1',
    'timeout-minutes': '5',
    comment: 'never',
  };
  const green = { verdict: 'passed', total: '2', flaky: '1', runs: '4' };

  test('at Vapi: the assistant, by the same transport', async () => {
    const transport = { provider: 'vapi.webchat' };
    await using vapi = await startVapi({
      simulations: [{ id: 'case-a', name: 'A' }],
      batches: [{ id: 'b1', runs, fields: { transport } }],
    });
    const { outputs } = await runStep({ inputs: { ...inputs, provider: 'vapi', 'api-url': vapi.url } });
    expect(outputs).toMatchObject(green);
    const request = {
      simulations: [{ type: 'simulation', simulationId: 'case-a' }],
      target: { type: 'assistant', assistantId: VAPI_ASSISTANT },
      transport,
    };
    expect(vapi.started.map((each) => each.request)).toEqual([request, request]);
  });

  test('at ElevenLabs: the agent, on the same branch', async () => {
    await using elevenlabs = await startElevenLabs({
      tests: [{ id: 'case-a', name: 'A' }],
      batches: [{ id: 'b1', runs, fields: { branch_id: 'branch_next' } }],
    });
    const { outputs } = await runStep({
      inputs: { ...inputs, provider: 'elevenlabs', 'api-url': elevenlabs.url },
    });
    expect(outputs).toMatchObject(green);
    const requestOf = (round: number) => ({
      tests: [{ test_id: 'case-a' }],
      branch_id: 'branch_next',
      name: expect.stringMatching(
        new RegExp(`^acme/voice-agents#7 @ 8d3c1f0, round ${round} · [0-9a-f]{8}$`),
      ),
    });
    expect(elevenlabs.started.map(({ request }) => request)).toEqual([requestOf(2), requestOf(3)]);
  });
});
