import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/domain/run.ts';
import type { ResponseInfo } from '../../src/http/json-client.ts';
import { connect, type ProviderName } from '../../src/providers/registry.ts';
import { createTextBudget } from '../../src/providers/text-budget.ts';
import { reading } from './reading.ts';

const deadline = { until: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

describe('what is kept of runs', () => {
  const run = (id: string, explanation: number, text: number): Run => ({
    id,
    testCase: { id: undefined, name: id },
    status: 'failed',
    explanation: 'x'.repeat(explanation),
    assertions: [],
    criteria: [],
    turns: [{ kind: 'speech', speaker: 'agent', text: 'x'.repeat(text) }],
  });
  const keptOf = ({ explanation, turns }: Run) => [explanation?.length, turns.length];

  test('is all, then no conversation, then only what judges', () => {
    const kept = createTextBudget(1_000).forBatch('b1');
    const runs = [run('r1', 100, 400), run('r2', 200, 400), run('r3', 300, 0)].map(kept);
    expect(runs.map(keptOf)).toEqual([
      [100, 1],
      [200, 0],
      [undefined, 0],
    ]);
    expect(runs.map(({ id, status }) => [id, status])).toEqual([
      ['r1', 'failed'],
      ['r2', 'failed'],
      ['r3', 'failed'],
    ]);
  });

  test('is counted over all batches, and a batch that is read again replaces what was kept of it', () => {
    const room = createTextBudget(1_000);
    expect(keptOf(room.forBatch('b1')(run('r1', 0, 800)))).toEqual([0, 1]);
    expect(keptOf(room.forBatch('b2')(run('r2', 0, 800)))).toEqual([0, 0]);
    expect(keptOf(room.forBatch('b1')(run('r1', 0, 100)))).toEqual([0, 1]);
    expect(keptOf(room.forBatch('b2')(run('r2', 0, 800)))).toEqual([0, 1]);
  });

  test('is no name and no status word of a million characters', () => {
    const long = 'x'.repeat(1_000_000);
    const { testCase, unknownStatus } = createTextBudget().forBatch('b1')({
      ...run('r1', 0, 0),
      testCase: { id: 't1', name: long },
      unknownStatus: long,
    });
    expect([testCase.id, testCase.name.length, unknownStatus?.length]).toEqual(['t1', 1_000, 1_000]);
  });
});

/** Six megabytes of conversation in each of eight runs, of which the first two passed; as each provider writes it. */
const TEXT = 'x'.repeat(6_000_000);
const each = (body: (id: string, hasPassed: boolean) => object): object[] =>
  Array.from({ length: 8 }, (_, index) => body(`r${index}`, index < 2));

const LARGE: Readonly<Record<ProviderName, (path: readonly string[]) => object>> = {
  retell: (path) =>
    path.includes('get-batch-test')
      ? { test_case_batch_job_id: 'b1', status: 'complete', total_count: 8 }
      : {
          items: each((id, hasPassed) => ({
            test_case_job_id: id,
            status: hasPassed ? 'pass' : 'fail',
            result_explanation: 'Judged.',
            transcript_snapshot: { transcript: [{ role: 'agent', content: TEXT }] },
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
      : { chat_history: [{ role: 'assistant', content: TEXT }] },
  vapi: (path) =>
    path.at(-1) === 'item'
      ? each((id, hasPassed) => ({
          id,
          status: hasPassed ? 'passed' : 'failed',
          results: { passed: hasPassed, evaluations: [] },
          metadata: { call: { messages: [{ role: 'assistant', content: TEXT }] } },
        }))
      : { id: 'b1', status: 'ended', itemCounts: { total: 8, passed: 2, failed: 6, canceled: 0 } },
  elevenlabs: (path) =>
    path.includes('agent-testing')
      ? { tests: [], has_more: false }
      : {
          id: 'b1',
          test_runs: each((id, hasPassed) => ({
            test_run_id: id,
            status: hasPassed ? 'passed' : 'failed',
            agent_responses: [{ role: 'agent', message: TEXT }],
          })),
        },
};

test.each(Object.entries(LARGE))(
  'conversations at %s are kept up to a size, those of passed runs never',
  async (name, answer) => {
    const about: ResponseInfo = { date: undefined };
    const http = reading(async ({ path, read }) => read(answer(path), about));
    const provider = connect(name as ProviderName, http);
    const batch = await provider.fetchRuns(await provider.fetchBatch('b1', deadline), deadline);
    const { runs = [] } = (await provider.fetchFailureDetails?.(batch, deadline)) ?? batch;
    expect(runs.map(({ turns }) => turns.length)).toEqual([0, 0, 1, 1, 1, 0, 0, 0]);
  },
);
