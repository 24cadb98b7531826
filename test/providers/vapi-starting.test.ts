import { describe, expect, test } from 'vitest';
import { mismatchWith } from '../../src/domain/claims.ts';
import type { Subject } from '../../src/providers/starter.ts';
import { testedClaims } from '../../src/providers/vapi/subject.ts';
import { many } from '../emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT, type VapiOptions } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { startingAt, type Wish } from './starting-at.ts';

const target = `assistant/${VAPI_ASSISTANT}`;
const [first = '', second = '', third = ''] = recordedSimulations.map(({ id }) => id);

const vapi = (options: VapiOptions = {}) => startingAt('vapi', startVapi, options);

const MANY = many(230).map((_, index) => ({ id: `id-${index}`, name: `Simulation ${index}` }));

/** A run of one simulation for each of these. */
const runsOf = (...fields: readonly Readonly<Record<string, unknown>>[]): VapiOptions => ({
  batches: fields.map((each, index) => ({
    id: `b${index + 1}`,
    runs: [{ testCaseId: first, outcome: 'failed' }],
    fields: each,
  })),
});

describe("Vapi's simulations", () => {
  test.each<[string, string, readonly string[]]>([
    ['an id', second, [second]],
    ['a name', 'Books an appointment', [first]],
    ['a pattern and an exception', '*a*\n!*Spanish', [first, third]],
    ['a suite', 'suite:s1', [first, third]],
    ['a suite without one of its simulations', `suite:s1\n!${first}`, [third]],
  ])('%s', async (_, testCases, expected) => {
    const suites = [{ id: 's1', name: 'Regression', simulationIds: [first, third] }];
    const { select } = await vapi({ suites });
    expect(await select({ testCases, target })).toEqual(expected);
  });

  test('a suite alone needs no list of all simulations', async () => {
    const { emulator, select } = await vapi({ suites: [{ id: 's1', name: 'One', simulationIds: [first] }] });
    await select({ testCases: 'suite:s1', target });
    expect(emulator.requests.map(({ path }) => path)).toEqual(['/eval/simulation/suite/s1']);
  });

  test.each<VapiOptions>([{ lists: 'bare' }, { lists: 'paginated' }, { longestPage: 40 }])(
    'the last of 230 simulations (%j)',
    async (options) => {
      const { select } = await vapi({ ...options, simulations: MANY });
      expect(await select({ testCases: 'Simulation 229', target })).toEqual(['id-229']);
    },
  );

  test.each<[string, Wish, string]>([
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
  ])('refuses %s', async (_, wish, problem) => {
    const { emulator, select } = await vapi();
    expect(await select(wish)).toContain(problem);
    expect(emulator.started).toEqual([]);
  });

  test('a name that a list without its end may hold elsewhere is refused, and an id that it holds is not', async () => {
    const { emulator, select } = await vapi({ simulations: MANY, lists: 'paginated', ignoresPage: true });
    expect(await select({ testCases: 'Simulation 2*', target })).toBe(
      'test-cases: Vapi does not list every simulation (the list of simulations announces 230 and gives 100). Run the job again; if it stays so, write ids instead of names.',
    );
    expect(await select({ testCases: 'id-7', target })).toEqual(['id-7']);
    expect(emulator.started).toEqual([]);
  });

  test('a suite that is not there and is only to be excluded is a warning', async () => {
    const { prepare } = await vapi();
    expect(await prepare({ testCases: `${first}\n!suite:s2`, target })).toMatchObject({
      testCases: [first],
      warnings: [
        expect.stringContaining(
          '"!suite:s2" matches none of the 3 test cases, so nothing is excluded there.',
        ),
      ],
    });
  });
});

describe('a start at Vapi', () => {
  test.each([
    ['assistant', { type: 'assistant', assistantId: 't1' }],
    ['squad', { type: 'squad', squadId: 't1' }],
  ])('runs simulations against a %s, and knows its page in the dashboard', async (kind, expected) => {
    const { emulator, look, start, tested } = await vapi({ targets: ['t1'] });
    const started = await start([first, third], { target: `${kind}/t1` });
    const [only] = emulator.started;
    expect(started).toMatchObject({ kind: 'started', batchId: only?.id });
    expect(only?.request).toEqual({
      simulations: [first, third].map((simulationId) => ({ type: 'simulation', simulationId })),
      target: expected,
      transport: { provider: 'vapi.webchat' },
    });
    expect((await look(only?.id)).url).toBe(`https://dashboard.vapi.ai/simulations/runs/${only?.id}`);
    expect(await tested(only?.id)).toMatchObject({
      title: `${kind} t1, chat`,
      request: { target: expected, transport: { provider: 'vapi.webchat' } },
    });
  });

  test('that is answered with 402 says what Vapi says', async () => {
    const { start } = await vapi({
      faults: ({ method }) => (method === 'POST' ? { kind: 'answer', status: 402 } : undefined),
    });
    expect(await start([first], { target })).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(
        /answered 402 \(Your wallet has insufficient credits: insufficient_credits\)\. Check the Vapi organisation's wallet, subscription, payment method and billing limit\.$/,
      ),
    });
  });

  test('reads no list of what is older than a day', async () => {
    const createdAt = Date.UTC(2026, 8, 12);
    const batches = many(300).map((_, index) => ({ id: `older-${index}`, runs: [{}], createdAt }));
    const { emulator, start } = await vapi({ batches });
    expect(await start([first], { target })).toMatchObject({ kind: 'started' });
    expect(emulator.count(/^GET .*run$/)).toBe(1);
  });

  test.each([
    ['chat', 'vapi.webchat', { provider: 'vapi.webchat' }],
    ['voice', 'vapi.websocket', { provider: 'vapi.websocket' }],
    ['voice, which nobody named', 'vapi.websocket', undefined],
  ])('again of a run by %s is by %s', async (_, provider, transport) => {
    const { emulator, starter, deadline, tested } = await vapi(runsOf({ transport }));
    await starter.startBatch((await tested()) as Subject, [first], deadline());
    expect(emulator.started[0]?.request).toEqual({
      simulations: [{ type: 'simulation', simulationId: first }],
      target: { type: 'assistant', assistantId: VAPI_ASSISTANT },
      transport: { provider },
    });
  });

  test('again of a run of an inline assistant is refused', async () => {
    const { tested } = await vapi(runsOf({ target: { type: 'assistant', assistant: {} } }));
    expect(await tested()).toEqual({
      kind: 'refused',
      problem: 'Vapi does not say which assistant or squad simulation run b1 tested.',
    });
  });

  test('in another mode is not the one whose answer was lost', async () => {
    const transports = ['vapi.webchat', 'vapi.websocket'].map((provider) => ({ transport: { provider } }));
    const { starter, deadline, resolve } = await vapi(runsOf(...transports));
    const found = (['chat', 'voice'] as const).map(async (mode) => {
      const subject = await resolve({ target, mode });
      const listing = await starter.listBatches?.({ subject, testCases: [first], since: 0 }, deadline());
      return listing?.batches.flatMap((row) => (row.subject === subject.key ? row.id : []));
    });
    expect(await Promise.all(found)).toEqual([['b1'], ['b2']]);
  });
});

test.each<[string, NonNullable<VapiOptions['concurrency']>, number | undefined]>([
  ['free places', { availableToStart: 3, concurrencyLimit: 10 }, 3],
  ['no free place', { availableToStart: 0, concurrencyLimit: 10 }, 5],
  ['the limit alone', { concurrencyLimit: 7 }, 3],
  ['nothing', {}, undefined],
  ['what is no number', { availableToStart: '5', concurrencyLimit: -2 }, undefined],
])('how many simulations run at once: %s', async (_, concurrency, atOnce) => {
  const { starter, deadline, resolve } = await vapi({ concurrency });
  const saidFor = async (mode: 'chat' | 'voice') =>
    starter.readParallelism?.(await resolve({ target, mode }), deadline());
  const [voice, chat] = [await saidFor('voice'), await saidFor('chat')];
  const expected = [
    { atOnce, shortestRunMs: 30_000, isLeast: false },
    { atOnce, shortestRunMs: 10_000, isLeast: true },
  ];
  expect([voice, chat]).toEqual(atOnce === undefined ? [undefined, undefined] : expected);
});

describe('a configuration from a file at Vapi', () => {
  const inline = { name: 'Front desk', firstMessage: 'Hello' };
  const config = { name: 'agent/vapi.json at 8d3c1f0', json: inline };
  const saying = (said: object) => ({ claims: testedClaims({ target: said }) });

  test.each(['assistant', 'squad'])('is sent as the %s, without an id, and each time again', async (kind) => {
    const { emulator, starter, deadline, look, resolve } = await vapi();
    const subject = await resolve({ target: `${kind}/${VAPI_ASSISTANT}`, config, mode: 'voice' });
    expect(subject.title).toBe(`${kind} ${VAPI_ASSISTANT} as in agent/vapi.json at 8d3c1f0, voice`);
    await starter.startBatch(subject, [first], deadline());
    const [started] = emulator.started;
    expect(started?.request).toEqual({
      simulations: [{ type: 'simulation', simulationId: first }],
      target: { type: kind, [kind]: inline },
      transport: { provider: 'vapi.websocket' },
    });
    const batch = await look(started?.id);
    expect([batch.subject, mismatchWith(subject.claims, batch)]).toEqual([
      `an inline ${kind}, voice`,
      undefined,
    ]);
  });

  test('a refusal names the file and the field', async () => {
    const { starter, deadline, resolve } = await vapi();
    const subject = await resolve({ target, config: { ...config, json: { id: 'a1' } } });
    expect(subject.note).toBe(
      'agent/vapi.json at 8d3c1f0 has id, which Vapi sets itself and may refuse: leave out such fields.',
    );
    expect(await starter.startBatch(subject, [first], deadline())).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(
        /400 \(target\.assistant\.property id should not exist\)\. Check target-config \(agent\/vapi\.json at 8d3c1f0\) and test-cases\.$/,
      ),
    });
  });

  test('is neither the live target nor another kind, and the other way round', async () => {
    const { starter, resolve } = await vapi();
    const [sent, live] = [await resolve({ target, config }), await resolve({ target })];
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
    const transport = { provider: 'vapi.webchat' };
    const { starter, deadline, resolve } = await vapi(
      runsOf(...targets.map((said) => ({ target: said, transport }))),
    );
    const rowsFor = async (subject: Subject) =>
      (await starter.listBatches?.({ subject, testCases: [first], since: 0 }, deadline()))?.batches
        .filter((row) => row.subject === undefined || row.subject === subject.key)
        .map(({ id }) => id);
    const [sent, live] = [await resolve({ target, config }), await resolve({ target })];
    expect([await rowsFor(sent), await rowsFor(live)]).toEqual([['b2'], ['b1']]);
    expect([sent.key, sent.isProvenByLists]).toEqual([undefined, undefined]);
  });
});
