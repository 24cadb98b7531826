import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import type { Run } from '../../src/domain/run.ts';
import type { ResponseInfo } from '../../src/http/json-client.ts';
import { connect, type ProviderName } from '../../src/providers/registry.ts';
import { createTextBudget } from '../../src/providers/text-budget.ts';
import { reading } from './reading.ts';

const deadline = { until: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

const LIMITS = {
  failedRuns: 2,
  passedRunsOfBatch: 1,
  passedRuns: 2,
  conversation: 1_000,
  reasons: 500,
  otherReasons: 100,
};

describe('what is kept of runs', () => {
  const run = (status: Run['status'], { explanation = 0, text = 100 } = {}): Run => ({
    id: 'r1',
    testCase: { id: undefined, name: 'r1' },
    status,
    explanation: 'x'.repeat(explanation),
    assertions: [],
    criteria: [],
    turns: [{ kind: 'speech', speaker: 'agent', text: 'x'.repeat(text) }],
  });
  const keptOf = ({ explanation, turns }: Run) => [explanation?.length, turns.length];

  test('are conversations of so many runs that did not pass, and fewer reasons of the others', () => {
    const trim = createTextBudget(LIMITS).forBatch('b1');
    const runs = [
      run('failed', { explanation: 400 }),
      run('errored', { explanation: 600 }),
      run('failed', { explanation: 90 }),
      run('failed', { explanation: 110 }),
    ];
    expect(runs.map((given) => keptOf(trim(given)))).toEqual([
      [400, 1],
      [undefined, 1],
      [90, 0],
      [undefined, 0],
    ]);
  });

  test('are conversations of some runs that passed, in each batch and over all', () => {
    const budget = createTextBudget(LIMITS);
    const turnsIn = (batchId: string): number[] => {
      const trim = budget.forBatch(batchId);
      return [run('passed'), run('passed'), run('failed')].map((given) => trim(given).turns.length);
    };
    expect([turnsIn('b1'), turnsIn('b2'), turnsIn('b3')]).toEqual([
      [1, 0, 1],
      [1, 0, 1],
      [0, 0, 0],
    ]);
    // A batch that is read again replaces what was kept of it.
    expect(turnsIn('b1')).toEqual([1, 0, 1]);
  });

  test('are conversations of passed runs that are compared, before those of others', () => {
    const budget = createTextBudget(LIMITS);
    const runs = ['r1', 'r2', 'r3', 'r4'].map((id) => ({ ...run('passed'), id }));
    const compared = new Set(['r2', 'r3']);
    const turnsWith = (trim: (given: Run) => Run): number[] => runs.map((given) => trim(given).turns.length);
    expect(turnsWith(budget.forBatch('b1'))).toEqual([1, 0, 0, 0]);
    expect(budget.withoutRoom('b1', new Set(['r1', 'r3']))).toEqual(new Set(['r3']));
    expect(turnsWith(budget.forBatch('b1', compared))).toEqual([1, 1, 1, 0]);
    expect(budget.withoutRoom('b1', compared)).toEqual(new Set());
  });

  test('is no conversation that is too long, and none that is too long takes the place of another', () => {
    const trim = createTextBudget(LIMITS).forBatch('b1');
    const lengths = [1_000, 1_000, 900, 900];
    expect(lengths.map((text) => trim(run('failed', { text })).turns.length)).toEqual([0, 0, 1, 1]);
  });

  test('is read only where it may be kept', () => {
    const trim = createTextBudget({ ...LIMITS, failedRuns: 1 }).forBatch('b1');
    const read: number[] = [];
    for (const n of [1, 2]) {
      trim(run('failed'), () => {
        read.push(n);
        return run('failed').turns;
      });
    }
    expect(read).toEqual([1]);
  });

  test('is no name and no status word of a million characters', () => {
    const long = 'x'.repeat(1_000_000);
    const { testCase, unknownStatus } = createTextBudget().forBatch('b1')({
      ...run('failed'),
      testCase: { id: 't1', name: long },
      unknownStatus: long,
    });
    expect([testCase.id, testCase.name.length, unknownStatus?.length]).toEqual(['t1', 1_000, 1_000]);
  });
});

/** A conversation in each of eight runs, of which the first two passed and the last one is far too long; as each provider writes it. */
const TEXTS = Array.from({ length: 8 }, (_, index) => 'x'.repeat(index === 7 ? 6_000_000 : 60_000));
const each = (body: (id: string, hasPassed: boolean, text: string) => object): object[] =>
  TEXTS.map((text, index) => body(`r${index}`, index < 2, text));

const LARGE: Readonly<Record<ProviderName, (path: readonly string[]) => object>> = {
  retell: (path) =>
    path.includes('get-batch-test')
      ? { test_case_batch_job_id: 'b1', status: 'complete', total_count: 8 }
      : {
          items: each((id, hasPassed, text) => ({
            test_case_job_id: id,
            status: hasPassed ? 'pass' : 'fail',
            result_explanation: 'Judged.',
            transcript_snapshot: { transcript: [{ role: 'agent', content: text }] },
          })),
          has_more: false,
        },
  bland: (path) =>
    path.includes('batches')
      ? {
          id: 'b1',
          status: 'FAILED',
          total_scenarios: 8,
          runs: each((id, hasPassed) => ({ id, status: hasPassed ? 'PASSED' : 'FAILED' })),
        }
      : { chat_history: [{ role: 'assistant', content: TEXTS[Number(path.at(-1)?.slice(1))] }] },
  vapi: (path) =>
    path.at(-1) === 'item'
      ? each((id, hasPassed, text) => ({
          id,
          status: hasPassed ? 'passed' : 'failed',
          results: { passed: hasPassed, evaluations: [] },
          metadata: { call: { messages: [{ role: 'assistant', content: text }] } },
        }))
      : { id: 'b1', status: 'ended', itemCounts: { total: 8, passed: 2, failed: 6, canceled: 0 } },
  elevenlabs: (path) =>
    path.includes('agent-testing')
      ? { tests: [], has_more: false }
      : {
          id: 'b1',
          test_runs: each((id, hasPassed, text) => ({
            test_run_id: id,
            status: hasPassed ? 'passed' : 'failed',
            agent_responses: [{ role: 'agent', message: text }],
          })),
        },
};

test.each(Object.entries(LARGE))(
  'conversations at %s are kept up to a size, those of passed runs where the list has them',
  async (name, answer) => {
    const about: ResponseInfo = { date: undefined };
    const http = reading(async ({ path, read }) => read(answer(path), about));
    const provider = connect(name as ProviderName, http);
    const batch = await provider.fetchRuns(await provider.fetchBatch('b1', deadline), deadline);
    const { runs = [] } = (await provider.fetchFailureDetails?.(batch, deadline)) ?? batch;
    const passed = name === 'bland' ? 0 : 1;
    expect(runs.map(({ turns }) => turns.length)).toEqual([passed, passed, 1, 1, 1, 1, 1, 0]);
  },
);

/** Sixty runs that passed, and one of the last one's test case that did not; as the two providers whose lists alone have conversations write it. */
const MANY = Array.from({ length: 61 }, (_, index) => ({
  id: `r${index}`,
  testCase: `t${Math.min(index, 59)}`,
  hasPassed: index < 60,
}));

const MANY_RUNS: Readonly<Record<'vapi' | 'elevenlabs', (path: readonly string[]) => object>> = {
  vapi: (path) =>
    path.at(-1) === 'item'
      ? MANY.map(({ id, testCase, hasPassed }) => ({
          id,
          simulationId: testCase,
          status: hasPassed ? 'passed' : 'failed',
          results: {
            passed: hasPassed,
            evaluations: [{ name: 'booked', passed: hasPassed, required: true }],
          },
          metadata: { call: { messages: [{ role: 'assistant', content: id }] } },
        }))
      : { id: 'b1', status: 'ended', itemCounts: { total: 61, passed: 60, failed: 1, canceled: 0 } },
  elevenlabs: (path) =>
    path.includes('agent-testing')
      ? { tests: [], has_more: false }
      : {
          id: 'b1',
          test_runs: MANY.map(({ id, testCase, hasPassed }) => ({
            test_run_id: id,
            test_id: testCase,
            status: hasPassed ? 'passed' : 'failed',
            agent_responses: [{ role: 'agent', message: id }],
          })),
        },
};

test.each(Object.entries(MANY_RUNS))(
  'a conversation at %s that is compared with a failed one is read again where it had no room',
  async (name, answer) => {
    const about: ResponseInfo = { date: undefined };
    let requests = 0;
    const http = reading(async ({ path, read }) => {
      requests += 1;
      return read(answer(path), about);
    });
    const provider = connect(name as ProviderName, http);
    const batch = await provider.fetchRuns(await provider.fetchBatch('b1', deadline), deadline);
    const textOf = ({ runs = [] }: Batch, id: string) => runs.find((run) => run.id === id)?.turns;
    expect([textOf(batch, 'r49')?.length, textOf(batch, 'r59'), textOf(batch, 'r60')?.length]).toEqual([
      1,
      [],
      1,
    ]);

    const before = requests;
    expect(await provider.fetchFailureDetails?.(batch, deadline, new Set(['r49']))).toBe(batch);
    expect(requests).toBe(before);

    const detailed = (await provider.fetchFailureDetails?.(batch, deadline, new Set(['r59']))) ?? batch;
    expect(textOf(detailed, 'r59')).toEqual([{ kind: 'speech', speaker: 'agent', text: 'r59' }]);
    expect(textOf(detailed, 'r60')?.length).toBe(1);
    expect(detailed.runs?.map((run) => run.status)).toEqual(batch.runs.map((run) => run.status));
  },
);
