import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import type { Run } from '../../src/domain/run.ts';
import type { ResponseInfo } from '../../src/http/json-client.ts';
import { connect, type ProviderName } from '../../src/providers/registry.ts';
import { createTextBudget } from '../../src/providers/text-budget.ts';
import { NO_DEADLINE as deadline, readOnly } from './asking.ts';

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

  /** Has a budget keep so many runs, and returns how many of them kept their conversations. */
  const keepMany = (keep: (given: Run) => Run, count: number, given: Run): number =>
    Array.from({ length: count }, () => keep(given)).filter(({ turns }) => turns.length > 0).length;

  test('are conversations of 400 runs that did not pass, and fewer reasons of the others', () => {
    const keep = createTextBudget().forBatch('b1');
    expect(keepMany(keep, 398, run('failed'))).toBe(398);
    const runs = [
      run('failed', { explanation: 100_000 }),
      run('errored', { explanation: 100_001 }),
      run('failed', { explanation: 5_000 }),
      run('failed', { explanation: 5_001 }),
    ];
    expect(runs.map((given) => keptOf(keep(given)))).toEqual([
      [100_000, 1],
      [undefined, 1],
      [5_000, 0],
      [undefined, 0],
    ]);
  });

  test('are conversations of 50 runs that passed in each batch, and 200 over all', () => {
    const budget = createTextBudget();
    const keptIn = (batchId: string): number[] => {
      const keep = budget.forBatch(batchId);
      return [keepMany(keep, 51, run('passed')), keepMany(keep, 1, run('failed'))];
    };
    expect(['b1', 'b2', 'b3', 'b4', 'b5'].map(keptIn)).toEqual([
      [50, 1],
      [50, 1],
      [50, 1],
      [50, 1],
      [0, 1],
    ]);
    // A batch that is read again replaces what was kept of it.
    expect(keptIn('b1')).toEqual([50, 1]);
  });

  test('are conversations of passed runs that are compared, before those of others', () => {
    const compared = { ...run('passed'), id: 'compared' };
    const keep = createTextBudget().forBatch('b1', new Set(['compared']));
    expect([keepMany(keep, 51, run('passed')), keepMany(keep, 2, compared)]).toEqual([50, 2]);
  });

  test('is no conversation that is too long, and none that is too long takes the place of another', () => {
    const keep = createTextBudget().forBatch('b1');
    expect(keepMany(keep, 400, run('failed', { text: 99_951 }))).toBe(0);
    expect(keepMany(keep, 1, run('failed', { text: 99_950 }))).toBe(1);
  });

  test('is read only where it may be kept or shown', () => {
    const unread = () => {
      throw new Error('This conversation is not to be read.');
    };
    const keep = createTextBudget().forBatch('b1');
    keepMany(keep, 400, run('failed'));
    expect(keep(run('failed'), unread).turns).toEqual([]);
    const keepHidden = createTextBudget({ showsConversations: false }).forBatch('b1');
    expect(keepHidden(run('failed'), unread).turns).toEqual([]);
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
    const http = readOnly(async ({ path, read }) => read(answer(path), about));
    const provider = connect(name as ProviderName, http);
    const batch = await provider.fetchRuns(await provider.fetchBatch('b1', deadline), deadline);
    const { runs = [] } = (await provider.fetchFailureDetails?.(batch, deadline, new Set())) ?? batch;
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
    const http = readOnly(async ({ path, read }) => {
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
