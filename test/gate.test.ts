import { describe, expect, test } from 'vitest';
import type { Batch } from '../src/domain/batch.ts';
import { EVERY_RUN } from '../src/domain/pass-rule.ts';
import type { QuarantineFiles } from '../src/domain/quarantine.ts';
import type { RunStatus } from '../src/domain/run.ts';
import { type GateDependencies, type GateOptions, type Publisher, runGate } from '../src/gate.ts';
import { parseInputs } from '../src/inputs/parse-inputs.ts';
import type { Provider } from '../src/providers/provider.ts';
import type { Findings } from '../src/report/report.ts';
import { CANCEL_MS, EXIT_MS, PUBLISH_CANCELLED_MS } from '../src/runtime/limits.ts';
import { run, runOf, starterOf } from './builders.ts';
import { virtualClock } from './virtual-clock.ts';

const { inputs, batchSource } = parseInputs(
  (name) => ({ provider: 'retell', 'api-key': 'test-key', 'batch-id': 'b1,b2' })[name] ?? '',
);

/** A provider whose batches settle at the n-th look, with one run of the given status each. */
function provider(settlesAt: number, status: RunStatus): Provider {
  const looks = new Map<string, number>();
  return {
    title: 'Retell',
    starter: starterOf(SUBJECT, {
      startBatch: async () => ({ kind: 'refused', problem: 'None is expected.' }),
    }),
    async fetchBatch(id): Promise<Batch> {
      looks.set(id, (looks.get(id) ?? 0) + 1);
      const settled = (looks.get(id) ?? 0) >= settlesAt;
      return { id, settled, announced: { total: 1, passed: settled && status === 'passed' ? 1 : 0 } };
    },
    fetchRuns: async (batch) => ({ ...batch, runs: batch.settled ? [run(status, `${batch.id}-r`)] : [] }),
    fetchFailureDetails: async (batch) => ({
      ...batch,
      runs: batch.runs?.map((one) => ({ ...one, explanation: `why ${one.id}` })),
    }),
  };
}

/** Takes notes, and does something while it publishes, if told so. */
function publisher(whilePublishing: () => void = () => undefined) {
  const progress: Findings[] = [];
  const published: Findings[] = [];
  /** The time that each publishing may take, as its deadline. */
  const deadlines: number[] = [];
  const notes: Publisher = {
    readHistory: async () => ({ baseUnavailableReason: 'nobody knows' }),
    showWaiting: (findings) => progress.push(findings),
    publish: async (findings, { until }) => {
      published.push(findings);
      deadlines.push(until);
      whilePublishing();
    },
  };
  return { notes, progress, published, deadlines };
}

const SUBJECT = { title: 'version 1', key: 'v1', claims: {}, request: {} };

async function gate(
  from: Provider,
  {
    signal = new AbortController().signal,
    published = publisher(),
    rule = EVERY_RUN,
    more = {} as Partial<GateOptions>,
    readQuarantine = undefined as GateDependencies['readQuarantine'],
  } = {},
) {
  const logged: string[] = [];
  const clock = virtualClock();
  const named: string[] = [];
  const options = { ...inputs, batchSource, rule, maxFlaky: () => 0, ...more };
  const { verdict } = await runGate(options, {
    provider: from,
    publisher: published.notes,
    clock,
    signal,
    log: (line) => logged.push(line),
    warn: (line) => logged.push(line),
    onBatches: (ids) => named.push(ids.join(' ')),
    readQuarantine,
  });
  expect(named).toEqual(['b1', 'b1 b2']);
  return { verdict, logged, tookMs: clock.now(), ...published };
}

describe('the story', () => {
  test('two batches that pass: waiting is shown, then the verdict is published once', async () => {
    const { verdict, progress, published, logged } = await gate(provider(3, 'passed'));
    expect(verdict).toBe('passed');
    expect(
      published.map(({ judgement, batches, name, providerTitle }) => ({
        judgement,
        ids: batches.map(({ id }) => id),
        name,
        providerTitle,
      })),
    ).toEqual([
      {
        judgement: { verdict: 'passed', reason: 'All 2 test cases in 2 batches passed.', notes: [] },
        ids: ['b1', 'b2'],
        name: 'Agent tests (Retell)',
        providerTitle: 'Retell',
      },
    ]);
    expect(progress.every(({ judgement }) => judgement === undefined)).toBe(true);
    expect(progress.length).toBeGreaterThan(1);
    expect(logged).toEqual([
      '[0:00] 0 of 1 test case finished, 0 passed, 1 of 2 batches not read yet',
      '[0:00] 0 of 2 test cases finished, 0 passed',
      '[0:10] 1 of 2 test cases finished, 1 passed',
      '[0:10] 2 of 2 test cases finished, 2 passed',
    ]);
  });

  test('what the runs cost, and that the gate only reports, is in what is published', async () => {
    const from = provider(1, 'failed');
    const paid: Provider = {
      ...from,
      fetchRuns: async (seen, deadline) => {
        const batch = await from.fetchRuns(seen, deadline);
        return { ...batch, runs: batch.runs?.map((one) => ({ ...one, credits: 5 })) };
      },
    };
    const { verdict, published } = await gate(paid, { more: { failOn: 'nothing' } });
    expect(verdict).toBe('failed');
    expect(published).toMatchObject([
      { isReportOnly: true, cost: { runs: 2, credits: { sum: 10, runs: 2 } } },
    ]);
  });

  test('runs that did not pass are explained before they are published', async () => {
    const { verdict, published } = await gate(provider(1, 'failed'));
    expect(verdict).toBe('failed');
    expect(
      published[0]?.batches.flatMap(({ batch }) => batch?.runs?.map(({ explanation }) => explanation)),
    ).toEqual(['why b1-r', 'why b2-r']);
  });

  test('the run that passed beside a failure is named, since both conversations are compared', async () => {
    const asked: string[][] = [];
    const { verdict } = await gate({
      ...provider(1, 'passed'),
      fetchBatch: async (id) => ({ id, settled: true, announced: { total: 1 } }),
      fetchRuns: async (batch) => ({
        ...batch,
        runs: [runOf('c1', batch.id === 'b1' ? 'failed' : 'passed', `${batch.id}-r`)],
      }),
      fetchFailureDetails: async (batch, _, passedRunIds) => {
        asked.push([...passedRunIds]);
        return batch;
      },
    });
    expect([verdict, asked]).toEqual(['failed', [['b2-r'], ['b2-r']]]);
  });

  test('a silent minute is broken by a heartbeat', async () => {
    const { verdict, logged } = await gate(provider(9_999, 'passed'));
    expect(verdict).toBe('timed-out');
    expect(logged.slice(2, 4)).toEqual([
      '[1:00] still waiting, for at most 29 min more: 0 of 2 test cases finished, 0 passed',
      '[2:00] still waiting, for at most 28 min more: 0 of 2 test cases finished, 0 passed',
    ]);
  });
});

describe('a workflow that is cancelled', () => {
  test('while waiting: what is published says so', async () => {
    const cancelled = new AbortController();
    const slow = provider(4, 'passed');
    const { verdict, published } = await gate(
      {
        ...slow,
        fetchBatch: async (id, deadline) => {
          const batch = await slow.fetchBatch(id, deadline);
          if (id === 'b2') cancelled.abort();
          return batch;
        },
      },
      { signal: cancelled.signal },
    );
    expect(verdict).toBe('cancelled');
    expect(published.map(({ judgement }) => judgement?.reason)).toEqual([
      'This step was cancelled before the gate had finished. Retell cannot cancel a batch, so b1, b2 keep running.',
    ]);
  });

  test('between two runs of a test case that failed once: that decided nothing, so it has not failed', async () => {
    const cancelled = new AbortController();
    const failing = provider(1, 'failed');
    const { verdict, published } = await gate(
      {
        ...failing,
        starter: starterOf(SUBJECT, {
          startBatch: async () => {
            cancelled.abort();
            return { kind: 'refused', problem: 'The request was stopped.' };
          },
        }),
      },
      { signal: cancelled.signal, rule: { kind: 'reruns', need: 2, of: 3 } },
    );
    expect(verdict).toBe('cancelled');
    expect(published.map(({ cases }) => cases?.map(({ outcome }) => outcome))).toEqual([
      ['unfinished', 'unfinished'],
    ]);
  });

  test('while a green verdict is being published: it is published again, and red', async () => {
    const cancelled = new AbortController();
    const { verdict, published } = await gate(provider(1, 'passed'), {
      signal: cancelled.signal,
      published: publisher(() => cancelled.abort()),
    });
    expect(verdict).toBe('cancelled');
    expect(published.map(({ judgement }) => judgement?.verdict)).toEqual(['passed', 'cancelled']);
  });

  test('a publisher has 55 s, and 3 s after a cancellation: with cancelling and ending that makes 5 s', async () => {
    const cancelled = new AbortController();
    const { deadlines, tookMs } = await gate(provider(1, 'passed'), {
      signal: cancelled.signal,
      published: publisher(() => cancelled.abort()),
    });
    expect(deadlines.map((until) => until - tookMs)).toEqual([55_000, 3_000]);
    expect(CANCEL_MS + PUBLISH_CANCELLED_MS + EXIT_MS).toBe(5_000);
  });

  test('while a failure is being published: it stays a failure', async () => {
    const cancelled = new AbortController();
    const { verdict } = await gate(provider(1, 'failed'), {
      signal: cancelled.signal,
      published: publisher(() => cancelled.abort()),
    });
    expect(verdict).toBe('failed');
  });
});

describe('how long an inconsistent batch is read again', () => {
  /** Both batches have ended with a failed run, and miss another. */
  const missing = (more: Partial<Batch> = {}): Provider => {
    const failing = provider(1, 'failed');
    return {
      ...failing,
      fetchBatch: async (id, deadline) => ({
        ...(await failing.fetchBatch(id, deadline)),
        ...{ announced: { total: 2 }, ...more },
      }),
    };
  };
  const quarantined = (...ids: readonly string[]): QuarantineFiles => {
    const about = { name: 'A', reason: 'Flaky', owner: 'acme', until: '2026-09-20' };
    const entries = ids.map((testCase, index) => ({ testCase, ...about, line: index + 1 }));
    return { path: 'quarantine.yml', tested: { kind: 'entries', entries } };
  };

  test.each<[string, number, Parameters<typeof gate>[1]]>([
    ['a run that failed decides, so it took two minutes for nothing: 10 s', 10_000, {}],
    [
      'more runs may still decide a failure: two minutes',
      120_000,
      { rule: { kind: 'reruns', need: 2, of: 3 } },
    ],
    ['a failure may be excused: two minutes', 120_000, { more: { failOn: 'new' } }],
    [
      'the failures are quarantined: two minutes',
      120_000,
      { readQuarantine: async () => quarantined('case-b1-r') },
    ],
  ])('%s', async (name, expectedMs, options) => {
    const isAlone = name.startsWith('the failures');
    const failing = missing(isAlone ? { announced: { total: 6 } } : {});
    const { verdict, tookMs } = await gate(
      isAlone
        ? {
            ...failing,
            // The other batch has passed.
            fetchBatch: async (id, deadline) => ({
              ...(await failing.fetchBatch(id, deadline)),
              ...(id === 'b2' && { announced: { total: 1 } }),
            }),
            fetchRuns: async (batch) => ({
              ...batch,
              runs: [run(batch.id === 'b2' ? 'passed' : 'failed', `${batch.id}-r`)],
            }),
          }
        : failing,
      options,
    );
    expect([verdict === 'passed', tookMs]).toEqual([false, expectedMs]);
  });

  test('a batch that the provider calls cancelled has 10 s', async () => {
    const { verdict, tookMs } = await gate({
      ...missing({ conclusion: 'cancelled' }),
      fetchRuns: async (batch) => ({ ...batch, runs: [run('pending', `${batch.id}-r`)] }),
    });
    expect([verdict, tookMs]).toEqual(['cancelled', 10_000]);
  });
});

test('a given batch that is too old was run again, and paid for', async () => {
  const failing = provider(1, 'failed');
  const posts: (readonly string[])[] = [];
  const { verdict, published } = await gate(
    {
      ...failing,
      fetchBatch: async (id, deadline) => ({ ...(await failing.fetchBatch(id, deadline)), createdAt: 0 }),
      starter: starterOf(SUBJECT, {
        startBatch: async (_, testCases) => {
          posts.push(testCases);
          return { kind: 'refused', problem: 'Nothing is started here.' };
        },
      }),
    },
    { rule: { kind: 'reruns', need: 2, of: 3 }, more: { maxBatchAgeMinutes: 60 } },
  );
  expect([verdict, posts]).toEqual(['failed', []]);
  expect(published[0]?.judgement?.notes).toContain(
    '2 test cases were not run again: the verdict cannot become passed.',
  );
});
