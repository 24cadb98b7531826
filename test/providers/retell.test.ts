import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import { findContradictions } from '../../src/domain/integrity.ts';
import { ResponseTooLarge } from '../../src/http/failure.ts';
import { retell } from '../../src/providers/retell/read.ts';
import { ProviderError } from '../../src/runtime/errors.ts';
import { type RetellOptions, startRetell } from '../emulators/retell.ts';
import { readSample } from '../emulators/samples.ts';
import { type Fields, many, type RunScript } from '../emulators/timeline.ts';
import { asking, NO_DEADLINE, readOnly } from './asking.ts';

const recorded = (name: string): Record<string, unknown> => readSample(`retell__${name}`);
const passed = { ...recorded('get-batch-test__complete-all-pass'), test_case_batch_job_id: 'b1' };
const listing = recorded('list-test-runs-v2__all-pass') as { items: { test_case_job_id: string }[] };
const [firstItem, ...otherItems] = listing.items;

/** Reads batch `b1` of an emulator once. */
async function readBatch(options: RetellOptions) {
  await using retell = await startRetell(options);
  return await asking('retell', retell.url).read();
}

/** The same with this body, and these runs in its list. */
const readItems = (items: readonly unknown[], look: object = passed) =>
  readBatch({ batches: [{ id: 'b1', looks: [look], listings: [{ items }] }] });

/** Looks at a recorded batch, and reads its recorded runs. */
async function readRecorded(look: string, listing?: string): Promise<Batch> {
  const body = recorded(`get-batch-test__${look}`);
  const id = String(body['test_case_batch_job_id']);
  const listings = listing === undefined ? [] : [recorded(`list-test-runs-v2__${listing}`)];
  await using retell = await startRetell({ batches: [{ id, looks: [body], listings }] });
  const { look: fetch, read } = asking('retell', retell.url);
  return listing === undefined ? await fetch(id) : await read(id);
}

describe('a look', () => {
  test.each<[string, Partial<Batch>]>([
    ['in-progress', { settled: false, announced: { total: 5, passed: 2, failed: 0, errored: 0 } }],
    ['in-progress-with-failures', { settled: false }],
    ['counts-full-but-in-progress', { settled: false }],
    ['complete-all-pass', { settled: true, announced: { total: 5, passed: 5, failed: 0, errored: 0 } }],
    ['complete-some-fail', { settled: true }],
    ['complete-with-errors', { settled: true, announced: { total: 5, passed: 3, failed: 1, errored: 1 } }],
    ['complete-empty', { settled: true, announced: { total: 0, passed: 0, failed: 0, errored: 0 } }],
    ['complete-counts-lag', { settled: true }],
    [
      'unknown-status',
      { settled: false, unknownStatus: String(recorded('get-batch-test__unknown-status')['status']) },
    ],
  ])('%s', async (name, expected) => {
    expect(await readRecorded(name)).toMatchObject(expected);
  });

  test.each<[string, RegExp]>([
    ['complete-with-errors', /^conversation-flow conversation_flow_\w+ version 12$/],
    ['complete-retell-llm-null-version', /^retell-llm llm_\w+ version not stated$/],
    ['complete-custom-llm', /^custom-llm wss:\/\/\S+$/],
  ])('%s tells what was tested', async (name, subject) => {
    expect((await readRecorded(name)).subject).toMatch(subject);
  });

  test('tells when the batch was created', async () => {
    expect((await readRecorded('complete-with-errors')).createdAt).toBe(1_789_372_800_000);
  });

  test('costs one request, however many runs there are', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: many(1_237) }] });
    expect(await asking('retell', retell.url).look()).toMatchObject({ announced: { total: 1_237 } });
    expect(retell.requests.map(({ path }) => path)).toEqual(['/get-batch-test/b1']);
  });
});

describe('the runs', () => {
  test('of each status, with names, explanations and criteria', async () => {
    const { runs } = await readRecorded('complete-with-errors', 'with-errors');
    expect(runs?.map(({ status }) => status)).toEqual(['passed', 'passed', 'failed', 'errored', 'passed']);
    const [first] = runs ?? [];
    expect(first).toMatchObject({
      id: 'test_job_e39f4bf26f44',
      testCase: { id: 'test_case_f56fca6cd173', name: 'Books a cleaning for next Tuesday' },
      explanation:
        'The agent confirmed Tuesday, September 22nd at 9 AM and called book_appointment_cal once.',
      criteria: [
        'The agent confirms the date and time of the appointment before ending the call.',
        'The agent calls the book_appointment_cal tool exactly once.',
      ],
      createdAt: 1_789_372_800_150,
    });
    expect(first?.turns.length).toBeGreaterThan(5);
  });

  test('that did not pass, with their conversations', async () => {
    const [item] = (recorded('list-test-runs-v2__with-errors') as { items: object[] }).items;
    const { runs } = await readItems([{ ...item, status: 'fail' }]);
    expect(runs[0]?.turns.slice(0, 5)).toEqual([
      { kind: 'speech', speaker: 'agent', text: 'Thank you for calling Bluewater Dental, how can I help?' },
      { kind: 'speech', speaker: 'caller', text: "Hi, I'd like a cleaning next Tuesday morning." },
      { kind: 'transition', from: 'Greeting', to: 'Booking' },
      { kind: 'tool-call', tool: 'check_availability_cal', input: '{"date":"2026-09-22"}' },
      {
        kind: 'tool-result',
        output: '{"slots":["2026-09-22T09:00:00-07:00","2026-09-22T10:30:00-07:00"]}',
        succeeded: true,
      },
    ]);
  });

  test.each<[string, string, string[]]>([
    ['in-progress', 'in-progress', ['passed', 'passed', 'pending', 'pending', 'pending']],
    ['complete-all-pass', 'items-only', ['passed', 'passed', 'passed', 'passed', 'passed']],
    ['complete-all-pass', 'null-transcripts', ['passed', 'passed', 'passed', 'passed', 'passed']],
    ['complete-all-pass', 'fewer-runs-than-total', ['passed', 'passed', 'passed']],
    ['complete-empty', 'empty', []],
  ])('%s, %s', async (look, listing, expected) => {
    expect((await readRecorded(look, listing)).runs?.map(({ status }) => status)).toEqual(expected);
  });

  test('a status word that we do not know counts as pending and is kept', async () => {
    const { runs } = await readRecorded('unknown-status', 'unknown-status');
    const unknown = runs?.filter(({ unknownStatus }) => unknownStatus !== undefined) ?? [];
    expect(unknown.map(({ status }) => status)).toEqual(['pending']);
  });

  test('1,237 of them, the last failed', async () => {
    const runs = many(1_237, (index) => (index === 1_236 ? { outcome: 'failed', name: 'The last one' } : {}));
    await using retell = await startRetell({ batches: [{ id: 'b1', runs }] });
    const batch = await asking('retell', retell.url).read();
    expect(batch.runs.length).toBe(1_237);
    expect(batch.runs.filter(({ status }) => status !== 'passed')).toMatchObject([
      { status: 'failed', testCase: { name: 'The last one' } },
    ]);
    expect(retell.requests.slice(1).map(({ query }) => query['limit'])).toEqual(['1000', '1000']);
  });

  test.each(['no-key', 'same-key', 'endless'] as const)(
    'a list whose pages never end is an error (%s)',
    async (pages) => {
      await using retell = await startRetell({ batches: [{ id: 'b1', runs: many(3), pages }] });
      await expect(asking('retell', retell.url).read()).rejects.toThrow(
        /does not end|announced more runs \("has_more"\) without a "pagination_key"/,
      );
      // Without a key it is an answer that breaks the rules, from a host that kept to them before: like an outage.
      expect(retell.requests.length).toBeLessThan(pages === 'no-key' ? 50 : 10);
    },
  );

  test.each([
    ['fail', 'pass and fail'],
    ['passed', 'pass and passed'],
    ['in_progress', 'pass and unfinished'],
    [null, 'pass and unfinished'],
  ])(
    'a run that is listed as pass and as %s contradicts itself, in Retell’s words',
    async (status, conflict) => {
      const batch = await readItems([...listing.items, firstItem, { ...firstItem, status }]);
      expect(batch.runs.map((run) => run.conflict?.join(' and '))).toEqual([
        conflict,
        ...otherItems.map(() => undefined),
      ]);
      expect(findContradictions(batch)).toContain(
        `run ${firstItem?.test_case_job_id} has contradicting statuses (${conflict})`,
      );
    },
  );

  test('a run that is listed twice, of two test cases, contradicts itself', async () => {
    const items = ['a', 'b'].map((id) => ({ ...firstItem, test_case_definition_id: id }));
    const { runs } = await readItems(items);
    expect(runs).toMatchObject([{ status: 'pending', conflict: ['test case a', 'test case b'] }]);
  });

  test('a run that is listed twice with one status counts once', async () => {
    const batch = await readItems([...listing.items, firstItem]);
    expect({ runs: batch.runs.length, doubts: findContradictions(batch) }).toEqual({ runs: 5, doubts: [] });
  });
});

test.each([null, undefined])(
  'counters of %j are unknown before the end and needed after it',
  async (value) => {
    const unknown = { pass_count: value, fail_count: value, error_count: value, total_count: value };
    const before = await readItems(listing.items, { ...passed, ...unknown, status: 'in_progress' });
    expect(before).toMatchObject({ settled: false, announced: {} });
    expect(findContradictions(before)).toEqual([]);
    expect(findContradictions(await readItems(listing.items, { ...passed, ...unknown }))).toEqual([
      '"total_count" is missing',
      '"pass_count" is missing',
      '"fail_count" is missing',
      '"error_count" is missing',
    ]);
  },
);

test('a cursor without a word on whether there is more is followed, until a page is empty', async () => {
  const asked: (string | undefined)[] = [];
  const http = readOnly(async ({ query, read }) => {
    const from = query?.['pagination_key'];
    asked.push(from);
    const page = Number(from ?? 0);
    const items = page < 2 ? [{ test_case_job_id: `r${page}`, status: page === 0 ? 'pass' : 'fail' }] : [];
    return read({ items, pagination_key: String(page + 1) }, { date: undefined });
  });
  const batch: Batch = { id: 'b1', settled: true, announced: {} };
  const { runs } = await retell.createAdapter(http).fetchRuns(batch, NO_DEADLINE);
  expect(runs.map(({ id, status }) => [id, status])).toEqual([
    ['r0', 'passed'],
    ['r1', 'failed'],
  ]);
  expect(asked).toEqual([undefined, '1', '2']);
});

describe('pages that are too large', () => {
  const tooLarge = (least: number) => {
    const fetched: string[] = [];
    const http = readOnly(async ({ query, read }) => {
      fetched.push(query?.['limit'] ?? '');
      if (Number(query?.['limit']) > least) {
        const cause = new ResponseTooLarge('answered with more than 64 MiB.');
        throw new ProviderError('GET x answered with more than 64 MiB.', { cause });
      }
      const start = Number(query?.['pagination_key'] ?? 0);
      const limit = Number(query?.['limit']);
      const items = Array.from({ length: 40 }, (_, index) => ({
        test_case_job_id: `r${index}`,
        status: 'pass',
      })).slice(start, start + limit);
      const end = start + items.length;
      return read({ items, has_more: end < 40, pagination_key: String(end) }, { date: undefined });
    });
    return { fetched, provider: retell.createAdapter(http) };
  };
  const batch: Batch = { id: 'b1', settled: true, announced: { total: 40 } };

  test('are asked for in smaller ones, and the next pages as small', async () => {
    const { fetched, provider } = tooLarge(20);
    const { runs } = await provider.fetchRuns(batch, NO_DEADLINE);
    expect(runs.map(({ id }) => id)).toEqual(Array.from({ length: 40 }, (_, index) => `r${index}`));
    expect(fetched).toEqual(['1000', '250', '60', '15', '15', '15']);
  });

  test('are given up when fifteen runs are too large', async () => {
    const { fetched, provider } = tooLarge(0);
    await expect(provider.fetchRuns(batch, NO_DEADLINE)).rejects.toThrow('more than 64 MiB');
    expect(fetched).toEqual(['1000', '250', '60', '15']);
  });
});

describe('get-test-run', () => {
  const single = (emulator: { count(pattern: RegExp): number }) => emulator.count(/get-test-run/);
  const readTwice = async (runs: readonly RunScript[], options: RetellOptions = {}) => {
    await using emulator = await startRetell({ batches: [{ id: 'b1', runs }], ...options });
    const { read } = asking('retell', emulator.url);
    return { batch: await read(), again: await read(), requests: single(emulator) };
  };
  const OPEN: Fields = { status: 'in_progress', transcript_snapshot: null, result_explanation: null };

  test.each<[string, Fields]>([
    ['open', OPEN],
    ['without a status', { ...OPEN, status: undefined }],
    ['pending', { ...OPEN, status: 'pending' }],
  ])('says how a run ended that the list leaves %s, before the list is read again', async (_, inLists) => {
    const { batch, again, requests } = await readTwice([{}, { outcome: 'failed', inLists }]);
    for (const { runs, inconsistencies } of [batch, again]) {
      expect(runs.map(({ status }) => status)).toEqual(['passed', 'failed']);
      expect(runs[1]?.explanation).toContain('1,200');
      expect(inconsistencies).toEqual([]);
    }
    expect(findContradictions(batch)).toEqual([]);
    expect(requests).toBe(1);
  });

  test('is not asked before the end', async () => {
    const { batch, requests } = await readTwice([{}, { endsAt: Number.POSITIVE_INFINITY }]);
    expect([batch.settled, requests]).toEqual([false, 0]);
  });

  test('is not asked of a run whose status nobody knows, which stays unknown', async () => {
    const { batch, requests } = await readTwice([{ inLists: { status: 'superseded' } }]);
    expect([batch.runs[0]?.unknownStatus, requests]).toEqual(['superseded', 0]);
  });

  test('and the list contradict each other: neither is believed', async () => {
    await using emulator = await startRetell({
      batches: [{ id: 'b1', runs: [{ outcome: 'failed', inLists: OPEN }] }],
    });
    const { read } = asking('retell', emulator.url);
    await read();
    emulator.fail(undefined, {
      kind: 'rewrite',
      change: (body) => {
        const page = body as { items: object[] };
        return { ...page, items: page.items.map((item) => ({ ...item, status: 'pass' })) };
      },
    });
    expect((await read()).runs).toMatchObject([{ status: 'pending', conflict: ['pass', 'fail'] }]);
  });

  test('cannot be read, or answers for another run: the list stands, and is read again', async () => {
    for (const fault of [
      { kind: 'answer', status: 404 } as const,
      { kind: 'answer', status: 503 } as const,
      {
        kind: 'rewrite',
        change: (body: unknown) => ({ ...(body as object), test_case_job_id: 'other' }),
      } as const,
    ]) {
      const { batch, requests } = await readTwice([{ inLists: OPEN }], {
        faults: ({ path }) => (path.includes('get-test-run') ? fault : undefined),
      });
      expect([batch.runs.map(({ status }) => status), requests]).toEqual([['pending'], 2]);
    }
  });

  test('is asked of 25 runs at a time, and of others when the list is read again', async () => {
    const { batch, again, requests } = await readTwice(many(60, { inLists: OPEN }));
    const passed = ({ runs }: Batch) => runs?.filter(({ status }) => status === 'passed').length;
    expect([passed(batch), passed(again), requests]).toEqual([25, 50, 50]);
  });

  test('is asked of four runs and no more where none of these is answered', async () => {
    const { requests } = await readTwice(many(60, { inLists: OPEN }), {
      faults: ({ path }) => (path.includes('get-test-run') ? { kind: 'answer', status: 500 } : undefined),
    });
    expect(requests).toBe(8);
  });

  describe('for what the list does not tell of a run that did not pass', () => {
    const BARE: Fields = { transcript_snapshot: undefined, result_explanation: undefined };
    const details = async (
      runs: readonly RunScript[],
      {
        showsConversations = true,
        compared = [],
        ...options
      }: RetellOptions & { showsConversations?: boolean; compared?: readonly string[] } = {},
    ) => {
      await using emulator = await startRetell({ batches: [{ id: 'b1', runs }], ...options });
      const { provider, deadline, read } = asking('retell', emulator.url, 'test-key', { showsConversations });
      const batch = await read();
      const told = (await provider.fetchFailureDetails?.(batch, deadline(), new Set(compared))) ?? batch;
      return {
        runs: (told.runs ?? []).map(({ status, conflict, explanation, turns }) => ({
          status,
          conflict,
          isExplained: Boolean(explanation),
          hasTurns: turns.length > 0,
        })),
        requests: single(emulator),
      };
    };
    const TOLD = { status: 'failed', conflict: undefined, isExplained: true, hasTurns: true };

    test('and for the conversation of one that passed and is compared with it', async () => {
      const inLists = { transcript_snapshot: null };
      const runs: RunScript[] = [{ id: 'r1', inLists }, { id: 'r2', inLists }, { outcome: 'failed' }];
      const asked = await details(runs, { compared: ['r2', 'of another batch'] });
      expect(asked.requests).toBe(1);
      expect(asked.runs.map(({ status, hasTurns }) => [status, hasTurns])).toEqual([
        ['passed', false],
        ['passed', true],
        ['failed', true],
      ]);
      expect((await details(runs, { compared: ['r2'], showsConversations: false })).requests).toBe(0);
    });

    test('also where so many passed that not all conversations are kept', async () => {
      const runs = Array.from({ length: 80 }, (_, index): RunScript => ({ id: `r${index}` }));
      const asked = await details(runs, { compared: ['r79'] });
      expect(asked.requests).toBe(1);
      expect(asked.runs[79]).toMatchObject({ status: 'passed', hasTurns: true });
      // Of the others that passed there are as many as ever.
      expect(asked.runs.filter(({ hasTurns }) => hasTurns).length).toBe(50 + 1);
    });

    test('as it is recorded', async () => {
      const item = recorded('get-test-run__of-bare-item');
      await using emulator = await startRetell({
        batches: [
          {
            id: 'b1',
            looks: [{ ...passed, total_count: 1, pass_count: 0, fail_count: 1 }],
            listings: [recorded('list-test-runs-v2__bare-item')],
            details: new Map([[String(item['test_case_job_id']), item]]),
          },
        ],
      });
      const { provider, deadline, read } = asking('retell', emulator.url);
      const batch = await read();
      expect(batch.runs).toMatchObject([{ explanation: undefined, turns: [] }]);
      const { runs } = (await provider.fetchFailureDetails?.(batch, deadline(), new Set())) ?? batch;
      expect(runs).toMatchObject([
        { status: 'failed', explanation: expect.stringContaining('usually around'), turns: { length: 5 } },
      ]);
    });

    test.each<[string, Fields, number]>([
      ['nothing', BARE, 1],
      ['no explanation', { result_explanation: null }, 1],
      ['no conversation', { transcript_snapshot: null }, 1],
      ['everything', {}, 0],
    ])('where it tells %s', async (_, inLists, requests) => {
      expect(await details([{}, { outcome: 'failed', inLists }])).toEqual({
        runs: [{ ...TOLD, status: 'passed' }, TOLD],
        requests,
      });
    });

    test('but not for a conversation that may not be shown', async () => {
      const without = { ...TOLD, hasTurns: false };
      expect(
        await details(
          [
            { outcome: 'failed', inLists: { transcript_snapshot: null } },
            { outcome: 'failed', inLists: BARE },
            { outcome: 'failed' },
          ],
          { showsConversations: false },
        ),
      ).toEqual({ runs: [without, without, without], requests: 1 });
    });

    test('of 25 runs at most', async () => {
      const { runs, requests } = await details(many(40, { outcome: 'failed', inLists: BARE }));
      expect([runs.filter(({ isExplained }) => isExplained).length, requests]).toEqual([25, 25]);
    });

    test('and says something else than the list: a contradiction', async () => {
      expect(await details([{ inLists: { ...BARE, status: 'fail' } }])).toMatchObject({
        runs: [{ status: 'pending', conflict: ['fail', 'pass'] }],
      });
    });
  });
});

test('a run tells when its test case was last edited, as its snapshot says', async () => {
  const { runs } = await readBatch({ batches: [{ id: 'b1', runs: [{}] }] });
  expect(runs[0]?.testCase.revision).toBe(1_789_200_000_000);
});

test('a run with 200,000 metrics keeps the first thousand', async () => {
  const metrics = Array.from({ length: 200_000 }, (_, index) => `metric ${index}`);
  const items = [
    { test_case_job_id: 'r1', status: 'fail', test_case_definition_snapshot: { name: 'Case', metrics } },
  ];
  const { runs } = await readItems(items);
  expect(runs.map(({ criteria }) => [criteria.length, criteria.at(-1)])).toEqual([[1_000, 'metric 999']]);
});
