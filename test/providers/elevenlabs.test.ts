import { ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import { findContradictions } from '../../src/domain/integrity.ts';
import type { Run } from '../../src/domain/run.ts';
import { type ElevenLabsEmulator, startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT, recordedTests } from '../emulators/elevenlabs-bodies.ts';
import { readSample } from '../emulators/samples.ts';
import { many } from '../emulators/timeline.ts';
import { asking, gate } from './asking.ts';

const recorded = (name: string): Record<string, unknown> =>
  readSample(`elevenlabs__get-test-invocation__${name}`);
/** The recorded runs, as runs of `b1`. */
const recordedRuns = (name: string): object[] =>
  (recorded(name)['test_runs'] as object[]).map((run) => ({ ...run, test_invocation_id: 'b1' }));
const passedRun = { test_run_id: 'r1', test_id: 't1', test_name: 'One', status: 'passed' };
const invocation = (runs: readonly object[], more: object = {}) => ({ id: 'b1', test_runs: runs, ...more });

/** Looks once at invocation `b1` with this body. */
async function look(body: object): Promise<Batch> {
  await using emulator = await startElevenLabs({ batches: [{ id: 'b1', looks: [body] }] });
  return await asking('elevenlabs', emulator.url).read();
}

/** The verdict on an invocation that gives these bodies, one after the other. */
async function verdictOn(...looks: readonly object[]) {
  await using emulator = await startElevenLabs({ batches: [{ id: 'b1', looks }] });
  const { verdict, reason } = await gate(asking('elevenlabs', emulator.url));
  return { verdict, reason, looks: emulator.count(/test-invocations/) };
}

describe('an invocation', () => {
  test('the recorded one that has ended', async () => {
    expect(await look({ ...recorded('mixed'), id: 'b1', test_runs: recordedRuns('mixed') })).toEqual({
      id: 'b1',
      settled: true,
      announced: {},
      inconsistencies: [],
      createdAt: 1_789_372_800_000,
      subject: 'agent agent_73950d9acf672365ad26ffddb0',
      tested: {
        agent_id: 'agent_73950d9acf672365ad26ffddb0',
        placements: [{ id: 'test_d86d3e078b518355dc4e' }, { id: 'test_e8946d753ee69fbebe1f' }],
      },
      claims: { agent: 'agent agent_73950d9acf672365ad26ffddb0' },
      runs: [
        {
          id: 'trun_6215258c58f796a2b42e',
          testCase: {
            id: 'test_d86d3e078b518355dc4e',
            name: 'Books a cleaning',
            revision: 1_789_200_000_000,
          },
          status: 'passed',
          claims: {
            agent: 'agent agent_73950d9acf672365ad26ffddb0',
            test: 'test test_d86d3e078b518355dc4e',
          },
          explanation: 'Booked as asked.',
          assertions: [],
          criteria: [],
          turns: [],
        },
        {
          id: 'trun_3128cc6acab63b1f4691',
          testCase: { id: 'test_e8946d753ee69fbebe1f', name: 'Refuses a price', revision: 1_789_200_000_000 },
          status: 'failed',
          claims: {
            agent: 'agent agent_73950d9acf672365ad26ffddb0',
            test: 'test test_e8946d753ee69fbebe1f',
          },
          explanation: 'The agent quoted $1,200.',
          assertions: [],
          criteria: [],
          turns: [],
        },
      ],
    });
  });

  test('with a run that is pending has not ended', async () => {
    const batch = await look({ ...recorded('pending'), id: 'b1' });
    expect([batch.settled, batch.runs?.map(({ status }) => status)]).toEqual([false, ['passed', 'pending']]);
  });

  test('says what was tested', async () => {
    const batch = await look(
      invocation([passedRun], {
        agent_id: 'a1',
        branch_id: 'br1',
        version_id: 'v1',
        ran_against_draft: true,
      }),
    );
    expect(batch.subject).toBe('agent a1 branch br1 version v1 with changes that are not published');
  });
});

describe('a run', () => {
  test.each([
    ['pending', undefined, 'pending'],
    ['passed', 'success', 'passed'],
    ['passed', undefined, 'passed'],
    ['failed', 'failure', 'failed'],
    ['failed', undefined, 'failed'],
    ['failed', 'unknown', 'errored'],
    ['cancelled', undefined, 'cancelled'],
  ])('%s with the result %s is %s', async (status, result, expected) => {
    const run = { ...passedRun, status, condition_result: result && { result } };
    expect((await look(invocation([run]))).runs?.map((each) => each.status)).toEqual([expected]);
  });

  test.each(['failure', 'unknown', 'maybe'])(
    'passed with the result %s contradicts itself',
    async (result) => {
      const run = { ...passedRun, condition_result: { result } };
      expect(await verdictOn(invocation([run]))).toMatchObject({
        verdict: 'inconclusive',
        reason: `Batch b1 is inconsistent: run r1 has contradicting statuses (passed and ${result}).`,
      });
    },
  );

  test('explains itself by messages where there is no summary', async () => {
    const rationale = { messages: ['No date.', 7, 'No name.'], summary: null };
    const run = { ...passedRun, status: 'failed', condition_result: { result: 'failure', rationale } };
    expect((await look(invocation([run]))).runs?.[0]?.explanation).toBe('No date.\nNo name.');
  });

  test('tells the conversation, whether it passed or not', async () => {
    await using emulator = await startElevenLabs({
      batches: [{ id: 'b1', runs: [{ outcome: 'failed' }, {}] }],
    });
    const { runs } = await asking('elevenlabs', emulator.url).look();
    const conversation = [
      { kind: 'speech', speaker: 'caller', text: 'What does a crown cost?' },
      { kind: 'speech', speaker: 'agent', text: 'I will look that up.' },
      { kind: 'tool-call', tool: 'find_price', input: '{"of":"crown"}' },
      { kind: 'tool-result', output: '{"usd":1200}', succeeded: true },
      { kind: 'speech', speaker: 'agent', text: 'A crown is $1,200.' },
    ];
    expect(runs?.map(({ turns }) => turns)).toEqual([conversation, conversation]);
  });

  test('says what it tested, however that is written', async () => {
    const run = { ...passedRun, version_id: 5, ran_against_draft: 'yes' };
    expect((await look(invocation([run]))).runs?.map(({ claims }) => claims)).toEqual([
      { version: 'version 5', state: 'a draft or not: yes', test: 'test t1' },
    ]);
  });

  test('that is listed twice, of two tests, contradicts itself', async () => {
    const batch = await look(invocation(['t1', 't2'].map((test_id) => ({ ...passedRun, test_id }))));
    expect(batch.runs).toMatchObject([{ status: 'pending', conflict: ['test t1', 'test t2'] }]);
  });

  test('of another invocation is a doubt', async () => {
    const batch = await look(invocation([{ ...passedRun, test_invocation_id: 'b2' }]));
    expect(findContradictions(batch)).toEqual(['run r1 belongs to another test invocation']);
  });
});

describe('what ElevenLabs itself sees as broken in a test', () => {
  test('a call without a mock, also of a run that passed, a turn that did not come, a guardrail, and what it cost', async () => {
    const name = 'credits-guardrail-no-mock-hang';
    const batch = await look({ ...recorded(name), id: 'b1', test_runs: recordedRuns(name) });
    expect(
      batch.runs?.map(({ status, testFaults, guardrails, credits, llmUsd }) => [
        status,
        testFaults,
        guardrails,
        [credits, llmUsd],
      ]),
    ).toEqual([
      ['passed', ['no mock matched the call of open_ticket'], undefined, [132, 0.0041]],
      ['failed', ['a turn of the agent did not come within 60 s'], undefined, [12, 0.0003]],
      ['failed', undefined, ['medical_and_legal'], [20, 0.0006]],
    ]);
    expect(JSON.stringify(batch)).not.toContain('dev@example.com');
  });

  test.each<[string, object]>([
    [
      'said by the agent',
      { agent_responses: [{ role: 'agent', message: "Error: no mock matched for tool 'open_ticket'" }] },
    ],
    [
      'the answer of a tool that did not fail',
      {
        agent_responses: [
          {
            role: 'agent',
            tool_results: [{ result_value: "Error: no mock matched for tool 'x'", is_error: false }],
          },
        ],
      },
    ],
    [
      'quoted by the judge',
      {
        condition_result: {
          rationale: {
            summary:
              'The agent said "Timed out after 60s waiting for the agent to produce its next turn" and hung up.',
          },
        },
      },
    ],
  ])('but not where it is %s', async (_, fields) => {
    const { runs } = await look(invocation([{ ...passedRun, status: 'failed', ...fields }]));
    expect(runs?.[0]?.testFaults).toBeUndefined();
  });

  test('each fault and each guardrail once, those of turns among them', async () => {
    const result = { result_value: "Error: no mock matched for tool 'x'", is_error: true };
    const guardrail = { guardrail_type: 'custom', guardrail_name: 'No prices' };
    const turn = { role: 'agent', tool_results: [result, result], triggered_guardrails: [guardrail] };
    const { runs } = await look(
      invocation([{ ...passedRun, agent_responses: [turn, turn], triggered_guardrails: [guardrail] }]),
    );
    expect(runs).toMatchObject([
      { testFaults: ['no mock matched the call of x'], guardrails: ['No prices'] },
    ]);
  });
});

describe('when a test was last edited', () => {
  const batches = [{ id: 'b1', runs: recordedTests.map(({ id }) => ({ testCaseId: id })) }];
  const revisionsOf = ({ runs }: { runs: readonly Run[] }) => runs.map(({ testCase }) => testCase.revision);
  const read = async (emulator: ElevenLabsEmulator) =>
    revisionsOf(await asking('elevenlabs', emulator.url).read());

  test('is as the list of tests says it once the invocation has ended, read once', async () => {
    await using emulator = await startElevenLabs({ batches });
    emulator.edit(recordedTests[1]?.id ?? '', 1_789_300_000_000);
    const asked = asking('elevenlabs', emulator.url);
    await asked.read();
    expect(revisionsOf(await asked.read())).toEqual([1_789_200_000_000, 1_789_300_000_000]);
    expect(emulator.count(/agent-testing$/)).toBe(1);
  });

  test('is as the run itself says it, and then no list is read', async () => {
    const runs = recordedTests.map(({ id }, index) => ({
      testCaseId: id,
      fields: { test_info: { last_updated_at_unix_secs: 1_789_200_001 + index } },
    }));
    await using emulator = await startElevenLabs({ batches: [{ id: 'b1', runs }] });
    emulator.edit(recordedTests[1]?.id ?? '', 1_789_300_000_000);
    expect(await read(emulator)).toEqual([1_789_200_001_000, 1_789_200_002_000]);
    expect(emulator.count(/agent-testing$/)).toBe(0);
  });

  test.each([0, 1_000, 60_000])(
    'is before the invocation, where a test was edited %d ms after its start',
    async (after) => {
      const created_at = 1_789_372_800;
      const dated = batches.map((batch) => ({ ...batch, fields: { created_at } }));
      await using emulator = await startElevenLabs({ batches: dated });
      emulator.edit(recordedTests[0]?.id ?? '', created_at * 1_000 - 1_000);
      emulator.edit(recordedTests[1]?.id ?? '', created_at * 1_000 + after);
      expect(await read(emulator)).toEqual([created_at * 1_000 - 1_000, created_at * 1_000 - 1]);
    },
  );

  test('is unknown where the list cannot be read, which is tried once', async () => {
    await using emulator = await startElevenLabs({
      batches,
      faults: ({ path }) => (path.endsWith('agent-testing') ? { kind: 'answer', status: 503 } : undefined),
    });
    expect(await read(emulator)).toEqual([undefined, undefined]);
    expect(emulator.count(/agent-testing$/)).toBe(1);
  });
});

test('two invocations of one second, before a test was edited, are of two revisions', async () => {
  const [first] = recordedTests;
  const created_at = 1_789_372_800;
  const batches = ['b1', 'b2'].map((id) => ({
    ...{ id, fields: { created_at } },
    runs: [{ testCaseId: first?.id ?? '' }],
  }));
  await using emulator = await startElevenLabs({ batches });
  emulator.edit(first?.id ?? '', created_at * 1_000 + 500);
  const asked = asking('elevenlabs', emulator.url);
  const read = async (id: string) => (await asked.read(id)).runs[0]?.testCase.revision;
  expect(new Set([await read('b1'), await read('b2'), await read('b1')]).size).toBe(2);
});

describe('the end, which nothing announces', () => {
  const second = { ...passedRun, test_run_id: 'r2', test_id: 't2' };

  test('takes the same list in two looks', async () => {
    expect(await verdictOn(invocation([passedRun]))).toEqual({
      verdict: 'passed',
      reason: 'The one test case passed.',
      looks: 2,
    });
  });

  test('a run that is listed late is not overlooked', async () => {
    const failed = { ...second, status: 'failed' };
    expect(await verdictOn(invocation([passedRun]), invocation([passedRun, failed]))).toMatchObject({
      verdict: 'failed',
      looks: 3,
    });
    expect(
      await verdictOn(
        invocation([passedRun]),
        invocation([passedRun, { ...second, status: 'pending' }]),
        invocation([passedRun, failed]),
      ),
    ).toMatchObject({ verdict: 'failed', looks: 4 });
  });

  test('an empty invocation is red', async () => {
    expect(await verdictOn(invocation([]))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: it has no runs.',
    });
  });

  test('a test with fewer runs than it is repeated is not overlooked', async () => {
    const repeated = [1, 2, 3].map((n) => ({ ...passedRun, test_run_id: `r${n}` }));
    const twice = invocation(repeated.slice(0, 2), { repeat_count: 3 });
    expect(await verdictOn(twice)).toMatchObject({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: 1 test case with fewer runs than "repeat_count" says.',
    });
    expect(await verdictOn(twice, twice, invocation(repeated, { repeat_count: 3 }))).toMatchObject({
      verdict: 'passed',
    });
  });

  test('a run that is listed twice counts once among those of its test', async () => {
    expect(await verdictOn(invocation([passedRun, passedRun], { repeat_count: 2 }))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'Batch b1 is inconsistent: 1 test case with fewer runs than "repeat_count" says.',
    });
  });

  test('230 runs, the last one failed', async () => {
    const runs = many(230, (index) => (index === 229 ? { outcome: 'failed' } : {}));
    await using emulator = await startElevenLabs({ batches: [{ id: 'b1', runs }] });
    expect(await gate(asking('elevenlabs', emulator.url))).toMatchObject({
      verdict: 'failed',
      reason: '1 of 230 test cases failed.',
    });
  });
});

describe('an invocation that was cancelled', () => {
  test('is cancelled, also where every run passed', async () => {
    expect(await verdictOn(invocation([passedRun], { cancelled: true }))).toMatchObject({
      verdict: 'cancelled',
      reason: 'Batch b1 was cancelled at ElevenLabs.',
    });
  });

  test('is not waited for to the deadline where a run stays pending', async () => {
    const pending = { ...passedRun, status: 'pending' };
    const { verdict, looks } = await verdictOn(invocation([pending], { cancelled: true }));
    expect([verdict, looks < 60]).toEqual(['cancelled', true]);
  });

  test('by a word that is neither true nor false is a doubt', async () => {
    expect(findContradictions(await look(invocation([passedRun], { cancelled: 'no' })))).toEqual([
      '"cancelled" is neither true nor false',
    ]);
  });

  test('by us: what has not ended is, and we may ask twice', async () => {
    const runs = [{}, { endsAt: Number.POSITIVE_INFINITY }];
    await using emulator = await startElevenLabs({ batches: [{ id: 'b1', runs }] });
    const { provider, deadline, clock } = asking('elevenlabs', emulator.url);
    await provider.cancel?.('b1', deadline());
    await provider.cancel?.('b1', deadline());
    expect(emulator.cancelled).toEqual(['b1', 'b1']);
    expect(await gate({ provider, clock })).toMatchObject({
      verdict: 'cancelled',
      reason: '1 of 2 test cases was cancelled at ElevenLabs.',
    });
  });
});

test('the emulator starts tests for ElevenLabs’ own client, reads the invocation, lists it, and cancels it', async () => {
  await using emulator = await startElevenLabs({
    created: (ids) => ({ runs: many(ids.length, { endsAt: Number.POSITIVE_INFINITY }) }),
  });
  const client = new ElevenLabsClient({ apiKey: 'test-key', baseUrl: emulator.url, maxRetries: 0 });
  const { agents, tests } = client.conversationalAi;
  const wanted = recordedTests.map(({ id }) => ({ testId: id }));
  const { id } = await agents.runTests(ELEVENLABS_AGENT, { tests: wanted, branchId: 'branch_next' });
  expect(await tests.invocations.get(id)).toMatchObject({
    id,
    agentId: ELEVENLABS_AGENT,
    branchId: 'branch_next',
    testRuns: recordedTests.map(({ id: testId, name: testName }) => ({
      testId,
      testName,
      status: 'pending',
    })),
  });
  expect(await tests.invocations.list({ agentId: ELEVENLABS_AGENT, branchId: 'branch_next' })).toMatchObject({
    results: [{ id, testRunCount: 2, pendingCount: 2 }],
    hasMore: false,
  });
  await tests.invocations.cancel(id);
  expect(await tests.invocations.get(id)).toMatchObject({
    cancelled: true,
    testRuns: [{ status: 'cancelled' }, { status: 'cancelled' }],
  });
});
