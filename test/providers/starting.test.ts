import { describe, expect, test } from 'vitest';
import { mismatchWith } from '../../src/domain/claims.ts';
import type { StartResult } from '../../src/execution/start.ts';
import { testedClaims as elevenLabsClaims } from '../../src/providers/elevenlabs/subject.ts';
import { PROVIDER_NAMES, type ProviderName } from '../../src/providers/registry.ts';
import { engineClaims } from '../../src/providers/retell/engine.ts';
import { testedClaims as vapiClaims } from '../../src/providers/vapi/subject.ts';
import { NotFound, ProviderError } from '../../src/runtime/errors.ts';
import { ELEVENLABS_AGENT } from '../emulators/elevenlabs-bodies.ts';
import { REFUSALS, WAYS_TO_LOSE } from '../emulators/losing.ts';
import type { BatchOptions } from '../emulators/playback.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import type { SeenRequest } from '../emulators/server.ts';
import { oneAfterTheOther } from '../emulators/timeline.ts';
import { VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { KITS } from '../kits/kits.ts';
import { startingAt, type Wish } from './starting-at.ts';

const FLOW = 'conversation_flow_3b21278178ed';

const startingOf = (name: ProviderName, options: BatchOptions = {}) =>
  startingAt(name, KITS[name].start, options);

/** The first two test cases at the emulator. */
const idsAt = (name: ProviderName) => KITS[name].testCaseIds.slice(0, 2);

/** What is under test in a version as the user writes it; by default in none. */
function withVersion(name: ProviderName, version: string | undefined): Wish {
  const { target } = KITS[name].wish;
  return version === undefined ? { target } : { target, version };
}

const RESET_AFTER_START = WAYS_TO_LOSE.find((way) => way.isStarted && way.name.startsWith('a reset'));

/** Starts a batch as the gate does. A stranger starts the same test cases when the POST arrives, if there is one. */
async function play(
  name: ProviderName,
  { listedAt = 0, ...options }: BatchOptions & { readonly listedAt?: number },
  { hasStranger = false } = {},
) {
  const { wish, fieldsOfStranger: fields = {} } = KITS[name];
  const ids = idsAt(name);
  const { emulator, clock, resolve, start } = await startingOf(name, {
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
  const result = await start(ids, wish);
  const answer = result.kind === 'started' ? result.answer : undefined;
  const { claims } = await resolve(wish);
  return { start: withoutDetails(result), mismatch: answer && mismatchWith(claims, answer), emulator };
}

/** How a start ended; of a batch that was started only its id. */
const withoutDetails = (start: StartResult) =>
  start.kind === 'started' ? { kind: start.kind, batchId: start.batchId } : start;

const isPost = ({ method, nth }: Pick<SeenRequest, 'method' | 'nth'>): boolean =>
  method === 'POST' && nth === 1;

// How a lost answer is told from a refusal: test/http/post.test.ts. Which batch is ours: test/execution/start.test.ts.
describe.each(PROVIDER_NAMES)('a start at %s', (name) => {
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

test.each<[ProviderName, string, (body: object) => object, RegExp]>([
  [
    'retell',
    'another version',
    (body) => ({
      ...body,
      response_engine: { type: 'conversation-flow', version: 3, conversation_flow_id: FLOW },
    }),
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

test.each(PROVIDER_NAMES)('%s: the right answer names what was asked for', async (name) => {
  expect((await play(name, {})).mismatch).toBeUndefined();
});

describe('two versions', () => {
  test.each<[ProviderName, string | undefined, string | undefined, string]>([
    ['retell', undefined, 'latest', 'same'],
    ['retell', 'latest', '5', 'same'],
    ['retell', 'published', '4', 'same'],
    ['retell', 'latest', 'published', 'different'],
    ['bland', 'production', undefined, 'same'],
    ['bland', '4', '4', 'same'],
    ['bland', '4', '5', 'different'],
    ['bland', undefined, '7', 'unknown'],
    ['bland', '7', 'production', 'unknown'],
    ['vapi', undefined, undefined, 'same'],
    ['elevenlabs', undefined, 'branch/branch_main', 'same'],
    ['elevenlabs', 'branch/branch_next', 'branch/branch_next', 'same'],
    ['elevenlabs', undefined, 'branch/branch_next', 'different'],
  ])('of %s, %j and %j, are %s', async (name, one, other, expected) => {
    const { starter, resolve } = await startingOf(name);
    const subjects = [
      await resolve(withVersion(name, one)),
      await resolve(withVersion(name, other)),
    ] as const;
    expect(starter.compareVersions(...subjects)).toBe(expected);
  });
});

/** What an answer says, in the words by which it is compared. */
const CLAIMS = { retell: engineClaims, bland: () => ({}), vapi: vapiClaims, elevenlabs: elevenLabsClaims };

describe('what an answer says that was tested', () => {
  const flow = { type: 'conversation-flow', conversation_flow_id: FLOW };
  const assistant = { type: 'assistant', assistantId: VAPI_ASSISTANT.toUpperCase() };
  test.each<
    [
      keyof typeof CLAIMS,
      string | undefined,
      Readonly<Record<string, unknown>> | undefined,
      string | undefined,
    ]
  >([
    ['retell', '5', { ...flow, version: 12 }, undefined],
    ['retell', '5', flow, undefined],
    ['retell', '5', undefined, undefined],
    ['retell', '5', { ...flow, version: 11 }, 'it tested version 11, and version 12 was asked for'],
    [
      'retell',
      '5',
      { type: 'retell-llm', llm_id: 'llm_1' },
      `it tested retell-llm llm_1, and conversation-flow ${FLOW} was asked for`,
    ],
    [
      'retell',
      '5',
      { type: 'custom-llm', llm_websocket_url: 'wss://x.example.com' },
      `it tested custom-llm wss://x.example.com, and conversation-flow ${FLOW} was asked for`,
    ],
    // However it is written.
    ['retell', '5', { ...flow, version: '12' }, undefined],
    ['retell', '5', { ...flow, version: null }, undefined],
    ['retell', '5', { ...flow, version: '11' }, 'it tested version 11, and version 12 was asked for'],
    ['retell', '5', { ...flow, version: [12] }, 'it tested version [12], and version 12 was asked for'],
    [
      'retell',
      '5',
      { llm_id: FLOW },
      `it tested retell-llm ${FLOW}, and conversation-flow ${FLOW} was asked for`,
    ],
    [
      'retell',
      '5',
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
    const { resolve } = await startingOf(name);
    const said = tested === undefined ? undefined : CLAIMS[name](tested);
    expect(mismatchWith((await resolve(withVersion(name, version))).claims, { claims: said })).toBe(expected);
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
});

describe('no permission', () => {
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
    const { prepare, emulator } = await startingOf(name, { faults });
    const prepared = await prepare(withVersion(name, undefined));
    const problem = prepared.kind === 'refused' ? prepared.problem : '';
    expect(problem).toContain(` answered ${status}`);
    expect(problem).toContain(advice);
    expect(emulator.count(/^POST /)).toBe(0);
  });
});

test.each<[ProviderName, RegExp, unknown]>([
  ['bland', /\/runs$/, { runs: [], total_count: 5 }],
  ['vapi', /\/run$/, { results: [], metadata: { totalItems: 5 } }],
])('%s: a list of batches that gives less than it announces is not complete', async (name, path, body) => {
  const { starter, deadline, resolve } = await startingOf(name, {
    faults: (request) => (path.test(request.path) ? { kind: 'rewrite', change: () => body } : undefined),
  });
  const wanted = { subject: await resolve(KITS[name].wish), testCases: idsAt(name), since: 0 };
  expect(await starter.listBatches?.(wanted, deadline())).toMatchObject({ batches: [], isComplete: false });
});

test.each<[ProviderName, number, number | undefined]>([
  ['retell', 3, 3],
  ['bland', 3, 3],
  ['vapi', 3, 3],
  ['retell', 0, undefined],
  ['bland', 0, undefined],
])('%s: a batch that announces %i runs and lists two', async (name, announced, total) => {
  const ids = idsAt(name);
  const runs = ids.map((testCaseId) => ({ testCaseId }));
  const { starter, deadline } = await startingOf(name, {
    batches: [{ id: 'b1', runs, announce: { total: announced } }],
  });
  expect(await starter.readBatchContents('b1', deadline())).toEqual({ testCases: ids, total });
});

test.each(PROVIDER_NAMES)('%s: a batch that is not there is a NotFound', async (name) => {
  const { starter, deadline } = await startingOf(name);
  await expect(starter.readBatchContents('b0', deadline())).rejects.toThrow(NotFound);
});

test.each(['bland', 'vapi'] as const)('%s: no mark tells whether the subject was edited', async (name) => {
  expect((await startingOf(name)).starter.readRevision).toBeUndefined();
});

test.each(['retell', 'vapi', 'elevenlabs'] as const)(
  '%s: nothing is started without a target',
  async (name) => {
    const { starter, deadline } = await startingOf(name);
    expect(await starter.resolveTarget({ target: undefined, version: undefined }, deadline())).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(/^target is missing: /),
    });
  },
);

test('what a provider does ends in a ProviderError', async () => {
  const { starter, deadline } = await startingOf('retell', {
    faults: () => ({ kind: 'answer', status: 403 }),
  });
  const target = { kind: 'agent', id: DEFAULT_AGENT.id };
  await expect(starter.resolveTarget({ target, version: undefined }, deadline())).rejects.toThrow(
    ProviderError,
  );
});
