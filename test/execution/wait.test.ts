import { describe, expect, test } from 'vitest';
import type { Batch, WatchedBatch } from '../../src/domain/batch.ts';
import type { Claims } from '../../src/domain/claims.ts';
import type { Run, RunStatus } from '../../src/domain/run.ts';
import { type WaitOptions, waitForBatches } from '../../src/execution/wait.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { Deadline } from '../../src/runtime/clock.ts';
import { NotFound, ProviderError, ProviderTimeout } from '../../src/runtime/errors.ts';
import { placed, run } from '../builders.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';

const unsettled = (finished: number, total = 4): Batch => ({
  id: 'b1',
  settled: false,
  announced: { total, passed: finished, failed: 0, errored: 0 },
});
const settled = (total = 1): Batch => ({
  id: 'b1',
  settled: true,
  announced: { total, passed: total, failed: 0, errored: 0 },
});
const passed = (count: number): Run[] =>
  Array.from({ length: count }, (_, index) => run('passed', `r${index}`));

interface Script {
  /** What the n-th look (from 1) of a batch shows, or throws; `at` is in milliseconds. */
  look(n: number, id: string, deadline: Deadline): Batch | Promise<Batch>;
  /** The runs at the n-th reading. */
  runs?(n: number, batch: Batch): readonly Run[] | Promise<readonly Run[]>;
}

/** A provider that follows a script and takes notes. */
function scripted({ look, runs = (_, batch) => passed(batch.announced.total ?? 0) }: Script) {
  const looked = new Map<string, number>();
  let readings = 0;
  const provider: WaitOptions['provider'] = {
    async fetchBatch(id, deadline) {
      looked.set(id, (looked.get(id) ?? 0) + 1);
      return { ...(await look(looked.get(id) ?? 0, id, deadline)), id };
    },
    async fetchRuns(batch) {
      readings += 1;
      return { ...batch, runs: await runs(readings, batch) };
    },
  };
  return { provider, looks: (id = 'b1') => looked.get(id) ?? 0, readings: () => readings };
}

async function wait(
  script: Script,
  {
    batchIds = ['b1'],
    timeoutMs = 60_000,
    pollIntervalMs = 5_000,
    signal = new AbortController().signal,
    clock = virtualClock(),
    started = {} as Partial<WatchedBatch>,
    more = {} as Partial<WaitOptions>,
    idKey = undefined as Provider['idKey'],
  } = {},
) {
  const { provider, looks, readings } = scripted(script);
  const logged: string[] = [];
  const seen: Batch[] = [];
  const waited = await waitForBatches({
    provider: { ...provider, idKey },
    batches: placed(batchIds.map((id) => ({ ...started, id }))),
    clock,
    deadline: { until: clock.now() + timeoutMs, signal },
    pollIntervalMs,
    onPoll: ({ batch }) => seen.push(batch!),
    log: (line) => logged.push(line),
    ...more,
  });
  // Round and place pass through.
  const batches = waited.batches.map(({ round: _, batchIndex: __, ...watched }) => watched);
  const tookMs = clock.now();
  return { ...waited, batches, looks, readings, logged, seen, clock: clock as VirtualClock, tookMs };
}

describe('a batch that is not found', () => {
  const missing = () => {
    throw new NotFound('GET x answered 404. Check batch-id.');
  };
  const started = { requestedTestCases: ['case-r0'] };
  const told = 'Batch b1 was started just now and is not there yet: looking again.';

  test('is looked for again for 15 s, if this step has just started it', async () => {
    const { ending, batches, looks, logged, tookMs } = await wait(
      { look: (n) => (n < 4 ? missing() : settled()) },
      { started },
    );
    expect({ ending, batches, looks: looks(), logged, tookMs }).toEqual({
      ending: 'settled',
      batches: [{ ...started, id: 'b1', batch: { ...settled(), runs: passed(1) } }],
      looks: 4,
      logged: [told],
      tookMs: 15_000,
    });
  });

  test('is a problem after 15 s', async () => {
    const { batches, looks, logged, tookMs } = await wait({ look: missing }, { started });
    expect({ batches, looks: looks(), logged, tookMs }).toEqual({
      batches: [{ ...started, id: 'b1', batch: undefined, problem: 'GET x answered 404. Check batch-id.' }],
      looks: 4,
      logged: [told],
      tookMs: 15_000,
    });
  });

  test('is a problem at once, if something else started it', async () => {
    const { batches, looks, tookMs } = await wait({ look: missing });
    expect({ problem: batches[0]?.problem, looks: looks(), tookMs }).toEqual({
      problem: 'GET x answered 404. Check batch-id.',
      looks: 1,
      tookMs: 0,
    });
  });

  test('has a list of runs that may come late as well', async () => {
    const { batches } = await wait(
      { look: () => settled(), runs: (n) => (n < 2 ? missing() : passed(1)) },
      { started },
    );
    expect(batches).toEqual([{ ...started, id: 'b1', batch: { ...settled(), runs: passed(1) } }]);
  });

  test('is looked for no longer than the deadline', async () => {
    const { ending, batches, tookMs } = await wait({ look: missing }, { started, timeoutMs: 7_000 });
    expect({ ending, problem: batches[0]?.problem, tookMs }).toEqual({
      ending: 'deadline',
      problem: 'GET x answered 404. Check batch-id.',
      tookMs: 7_000,
    });
  });

  test('and is refused for another reason: a problem at once', async () => {
    const { batches, looks } = await wait(
      {
        look: () => {
          throw new ProviderError('GET x answered 403.');
        },
      },
      { started },
    );
    expect([batches[0]?.problem, looks()]).toEqual(['GET x answered 403.', 1]);
  });
});

describe('a batch that this step started, of which nothing says how many runs there must be', () => {
  const uncounted: Batch = { id: 'b1', settled: true, announced: {} };

  test('has settled as soon as every test case that was asked for has a run', async () => {
    const { batches, looks } = await wait(
      { look: () => uncounted, runs: () => passed(2) },
      { started: { requestedTestCases: ['case-r0', 'case-r1'] } },
    );
    expect([batches[0]?.batch?.runs?.length, looks()]).toEqual([2, 1]);
  });

  test('is read again while a run is listed late, also where the list stays the same meanwhile', async () => {
    const { batches, looks, logged } = await wait(
      { look: () => uncounted, runs: (n) => passed(n < 5 ? 1 : 2) },
      { started: { requestedTestCases: ['case-r0', 'case-r1'] } },
    );
    expect([batches[0]?.batch?.runs?.length, looks(), logged]).toEqual([
      2,
      5,
      [
        'Batch b1 has ended and does not add up yet (1 of 2 test cases without a run: case-r1): reading it again.',
      ],
    ]);
  });

  test('is not read again for longer than any other', async () => {
    const { batches, tookMs } = await wait(
      { look: () => uncounted, runs: () => passed(1) },
      { started: { requestedTestCases: ['case-r0', 'case-r1'] }, timeoutMs: 600_000 },
    );
    expect([batches[0]?.batch?.runs?.length, tookMs]).toEqual([1, 120_000]);
  });
});

describe('waiting', () => {
  test('looks until the batch has settled, and reads its runs once', async () => {
    const { ending, batches, looks, readings } = await wait({
      look: (n) => (n < 4 ? unsettled(0, 2) : settled(2)),
    });
    expect({ ending, batches, looks: looks(), readings: readings() }).toEqual({
      ending: 'settled',
      batches: [{ id: 'b1', batch: { ...settled(2), runs: passed(2) } }],
      looks: 4,
      readings: 1,
    });
  });

  test('a batch that has settled already needs no pause', async () => {
    const { tookMs } = await wait({ look: () => settled() });
    expect(tookMs).toBe(0);
  });

  test('a batch that never settles ends at the deadline, with one last look', async () => {
    const { ending, batches, tookMs, readings } = await wait({
      look: () => unsettled(1),
      runs: () => [run('passed', 'r0')],
    });
    expect({ ending, tookMs, readings: readings() }).toEqual({
      ending: 'deadline',
      tookMs: 60_000,
      readings: 1,
    });
    expect(batches).toEqual([{ id: 'b1', batch: { ...unsettled(1), runs: [run('passed', 'r0')] } }]);
  });

  test('a batch that settles between the deadline and the last look has settled', async () => {
    const clock = virtualClock();
    const { ending, batches } = await wait(
      { look: () => (clock.now() < 60_000 ? unsettled(1) : settled()) },
      { clock },
    );
    expect(ending).toBe('settled');
    expect(batches[0]?.batch?.runs).toEqual(passed(1));
  });

  test('never looks more often than the interval, nor less often than every 30 s', async () => {
    const { clock } = await wait({ look: (n) => unsettled(Math.min(n, 3)) }, { timeoutMs: 30 * 60_000 });
    const gaps = clock.sleeps.slice(0, -1);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000);
  });
});

describe('a batch that has ended and does not add up', () => {
  test('is read again, and right as soon as it adds up', async () => {
    const { ending, batches, readings, logged } = await wait({
      look: () => settled(2),
      runs: (n) => passed(n < 3 ? 1 : 2),
    });
    expect({ ending, readings: readings() }).toEqual({ ending: 'settled', readings: 3 });
    expect(batches[0]?.batch?.runs).toEqual(passed(2));
    expect(logged).toEqual([
      'Batch b1 has ended and does not add up yet (1 of 2 announced runs is missing; the provider counts 2 passed and lists 1): reading it again.',
    ]);
  });

  test('has its two minutes also where every answer takes a minute of retries', async () => {
    const clock = virtualClock();
    const { batches, readings } = await wait(
      {
        look: () => settled(2),
        runs: async (n) => {
          await clock.sleep(60_000);
          return passed(n < 20 ? 1 : 2);
        },
      },
      { clock, timeoutMs: 3_600_000 },
    );
    expect(batches).toEqual([{ id: 'b1', batch: { ...settled(2), runs: passed(2) } }]);
    expect(readings()).toBe(20);
  });

  test('has its two minutes again after it turned out not to have ended', async () => {
    const { tookMs } = await wait(
      { look: (n) => (n === 10 ? unsettled(1, 2) : settled(2)), runs: () => passed(1) },
      { timeoutMs: 600_000 },
    );
    expect(tookMs).toBeGreaterThan(160_000);
  });

  test('is named again in the log when something else does not add up', async () => {
    const { logged } = await wait({
      look: () => settled(2),
      runs: (n) => (n < 4 ? passed(1) : n < 6 ? [run('passed', 'r0'), run('pending', 'r1')] : passed(2)),
    });
    expect(logged.map((line) => line.replace(/; .*\)/, '; …)'))).toEqual([
      'Batch b1 has ended and does not add up yet (1 of 2 announced runs is missing; …): reading it again.',
      'Batch b1 has ended and does not add up yet (it has ended and 1 of its runs has not; …): reading it again.',
    ]);
  });

  test.each<[string, number, number, number]>([
    ['every 5 s at the default interval', 5_000, 25, 120_000],
    ['six times at a long interval', 20_000, 7, 120_000],
    ['after ever longer gaps at a short interval', 100, 30, 120_000],
    ['once at an interval above two minutes', 150_000, 2, 150_000],
  ])('is read again for two minutes: %s', async (_, pollIntervalMs, expectedReadings, expectedMs) => {
    const { ending, readings, tookMs, batches } = await wait(
      { look: () => settled(2), runs: () => passed(1) },
      { pollIntervalMs, timeoutMs: 600_000 },
    );
    expect({ ending, readings: readings(), tookMs }).toEqual({
      ending: 'settled',
      readings: expectedReadings,
      tookMs: expectedMs,
    });
    expect(batches).toEqual([{ id: 'b1', batch: { ...settled(2), runs: passed(1) } }]);
  });

  test('is waited for when it turns out not to have ended', async () => {
    const { ending, batches } = await wait({
      look: (n) => (n === 2 || n === 3 ? unsettled(1, 2) : settled(2)),
      runs: (n) => passed(n === 1 ? 1 : 2),
    });
    expect(ending).toBe('settled');
    expect(batches[0]?.batch?.runs).toEqual(passed(2));
  });

  test('is looked at once more if the deadline comes meanwhile', async () => {
    const clock = virtualClock();
    const { ending, batches } = await wait(
      { look: () => settled(2), runs: () => passed(clock.now() < 7_000 ? 1 : 2) },
      { timeoutMs: 7_000, clock },
    );
    expect(ending).toBe('settled');
    expect(batches[0]?.batch?.runs).toEqual(passed(2));
  });

  test('is not read again after the deadline', async () => {
    const { tookMs } = await wait({ look: () => settled(2), runs: () => passed(1) }, { timeoutMs: 7_000 });
    expect(tookMs).toBe(7_000);
  });
});

describe('two looks at a batch', () => {
  const ended: Batch = { id: 'b1', settled: true, announced: {} };
  const other = (id: string, status: RunStatus = 'passed'): Run => ({
    ...run(status, id),
    testCase: run(status, 'r0').testCase,
  });
  const claiming = (id: string, claims: Claims): Run => ({ ...run('passed', id), claims });
  const counting = (failed: number, errored: number, isSettled = false): Batch => ({
    ...{ id: 'b1', settled: isSettled, announced: { total: 4, passed: 0, failed, errored } },
  });
  const four: Batch = { ...settled(4), runs: passed(4) };

  /** What is wrong with a batch that is shown as the first at first, and then as the second. */
  async function doubtsAfter(first: Batch, then: Batch) {
    const { batches, tookMs } = await wait(
      { look: (n) => (n === 1 ? first : then), runs: (_, batch) => batch.runs ?? [] },
      { timeoutMs: 600_000 },
    );
    return { doubts: batches[0]?.batch?.inconsistencies, tookMs };
  }

  test.each<[string, Batch, Batch, string]>([
    [
      'a run that failed and then passed',
      { ...ended, runs: [run('failed', 'r0')] },
      { ...ended, runs: [run('passed', 'r0')] },
      'run r0 did not pass at one look and passed at a later one',
    ],
    [
      'a run that was cancelled and then passed',
      { ...ended, runs: [run('cancelled', 'r0')] },
      { ...ended, runs: [run('passed', 'r0')] },
      'run r0 did not pass at one look and passed at a later one',
    ],
    ...(['failed', 'errored', 'cancelled'] as const).map((status): [string, Batch, Batch, string] => [
      `a run that was ${status}, and another one of its test case in its place`,
      { ...ended, settled: false, runs: [run(status, 'r0')] },
      { ...ended, runs: [other('r1')] },
      'it lists another run in place of one that did not pass: r0',
    ]),
    ...[counting(1, 0), counting(0, 1), counting(1, 0, true)].map((first): [string, Batch, Batch, string] => [
      `counters of a run that did not pass, which is not in the list (${JSON.stringify(first)})`,
      first,
      four,
      'it counted 1 run that did not pass, and now lists 0',
    ]),
    [
      'two versions of the batch',
      { ...ended, claims: { version: 'version 11' }, runs: passed(1) },
      { ...ended, claims: { version: 'version 12' }, runs: passed(1) },
      'it said that it tested version 11, and later version 12',
    ],
    [
      'two branches of a run',
      { ...ended, runs: [claiming('r0', { branch: 'branch a' })] },
      { ...ended, runs: [claiming('r0', { branch: 'branch b' })] },
      'it tested branch a, and run r0 says branch b',
    ],
    [
      'a branch of the batch and another one of its run',
      { ...ended, claims: { branch: 'branch a' }, runs: [claiming('r0', { branch: 'branch b' })] },
      { ...ended, claims: { branch: 'branch a' }, runs: [claiming('r0', { branch: 'branch b' })] },
      'it tested branch a, and run r0 says branch b',
    ],
  ])('show %s: a contradiction that no further look takes away', async (_, first, then, expected) => {
    const { doubts, tookMs } = await doubtsAfter(first, then);
    expect(doubts).toEqual([expected]);
    expect(tookMs).toBeLessThanOrEqual(20_000);
  });

  test.each<[string, Batch, Batch, string]>([
    [
      'three runs are announced, and then two',
      unsettled(0, 3),
      { ...settled(2), runs: passed(2) },
      'it announced 3 runs before, and now 2',
    ],
    [
      'a run is listed while it is pending, and not in the end',
      { ...ended, settled: false, runs: [run('passed', 'r0'), run('pending', 'r1')] },
      { ...ended, runs: passed(1) },
      '1 run that it listed before is missing',
    ],
  ])('do not add up where %s', async (_, first, then, expected) => {
    expect((await doubtsAfter(first, then)).doubts).toEqual([expected]);
  });

  test.each<[string, Batch, Batch]>([
    [
      'a run that did not pass is counted before it is listed',
      { ...counting(1, 0), runs: passed(3) },
      { ...four, announced: { total: 4 }, runs: [...passed(3), run('failed', 'r3')] },
    ],
    [
      'a run that was counted as failed is listed as cancelled',
      { ...counting(1, 0), runs: passed(3) },
      { ...four, announced: { total: 4 }, runs: [...passed(3), run('cancelled', 'r3')] },
    ],
    [
      'a run is repeated under a new id, and a test case named only in the end',
      {
        ...{ ...ended, settled: false },
        runs: [{ ...run('pending', 'r1'), testCase: { id: undefined, name: 'r1' } }, run('pending', 'r0')],
      },
      { ...ended, runs: [run('passed', 'r1'), other('r2')] },
    ],
    [
      'the runs name two things, and only one look names the version',
      {
        ...{ ...ended, claims: { version: 'version 12' } },
        runs: [claiming('r0', { pathway: 'pathway a' }), claiming('r1', { pathway: 'pathway b' })],
      },
      {
        ...{ ...ended, claims: {} },
        runs: [claiming('r0', { pathway: 'pathway a' }), claiming('r1', { pathway: 'pathway b' })],
      },
    ],
  ])('agree where %s', async (_, first, then) => {
    expect((await doubtsAfter(first, then)).doubts).toBeUndefined();
  });
});

describe('a batch that is inconsistent although passed is out of reach already', () => {
  const mayPass = async () => false;

  test.each([
    [5_000, 10_000],
    [300, 10_000],
    [30_000, 30_000],
  ])(
    'is read again for 10 s and not for two minutes (an interval of %i ms)',
    async (pollIntervalMs, tookMs) => {
      const waited = await wait(
        { look: () => settled(2), runs: () => [run('failed', 'r0')] },
        { timeoutMs: 600_000, pollIntervalMs, more: { mayPass } },
      );
      expect(waited.tookMs).toBe(tookMs);
    },
  );

  test('has its two minutes until a run that ends meanwhile decides', async () => {
    const clock = virtualClock();
    const waited = await wait(
      {
        look: () => settled(3),
        runs: () => [run('passed', 'r0'), run(clock.now() < 40_000 ? 'pending' : 'failed', 'r1')],
      },
      { clock, timeoutMs: 600_000, more: { mayPass: async () => clock.now() < 40_000 } },
    );
    expect(waited.tookMs).toBe(40_000);
  });
});

describe('re-runs', () => {
  const refused = () => {
    throw new ProviderError('GET x answered 500.');
  };

  test('one that cannot be read does not end the waiting for the other', async () => {
    const { batches, tookMs } = await wait(
      { look: (n, id) => (id === 'b1' ? refused() : n < 4 ? unsettled(0, 1) : settled()) },
      { batchIds: ['b1', 'b2'], started: { round: 2 } },
    );
    expect(batches).toMatchObject([
      { id: 'b1', problem: 'GET x answered 500.' },
      { id: 'b2', batch: { settled: true, runs: passed(1) } },
    ]);
    expect(tookMs).toBeGreaterThan(10_000);
  });
});

describe('what was asked for', () => {
  test('is recognised in other capitals, where the provider compares ids so', async () => {
    const { batches, tookMs } = await wait(
      { look: () => settled() },
      { started: { requestedTestCases: ['CASE-R0'] }, idKey: (id) => id.toLowerCase() },
    );
    expect([batches[0]?.batch?.runs?.map(({ testCase }) => testCase.id), tookMs]).toEqual([['CASE-R0'], 0]);
  });

  test('is called by its name in the log while it has no run', async () => {
    const { logged } = await wait(
      { look: () => settled(1), runs: () => passed(1) },
      {
        started: { requestedTestCases: ['case-r0', 'a', 'b', 'c', 'd'] },
        more: { names: new Map([['a', 'Angry caller']]) },
      },
    );
    expect(logged).toEqual([
      'Batch b1 has ended and does not add up yet (4 of 5 test cases without a run: Angry caller, b, c and 1 more): reading it again.',
    ]);
  });
});

describe('a batch whose provider does not say how many runs there must be', () => {
  const ended: Batch = { id: 'b1', settled: true, announced: {} };

  test('is looked at again: the same list twice shows that no run is missing', async () => {
    const { batches, readings, tookMs, logged } = await wait({ look: () => ended, runs: () => passed(1) });
    expect(batches).toEqual([{ id: 'b1', batch: { ...ended, runs: passed(1) }, isListConfirmed: true }]);
    expect({ readings: readings(), tookMs, logged }).toEqual({ readings: 2, tookMs: 5_000, logged: [] });
  });

  test('and lists one of two runs at first has both in the end', async () => {
    const { batches, readings } = await wait({ look: () => ended, runs: (n) => passed(n === 1 ? 1 : 2) });
    expect(batches).toEqual([{ id: 'b1', batch: { ...ended, runs: passed(2) }, isListConfirmed: true }]);
    expect(readings()).toBe(3);
  });

  test('has the same list in whatever order the runs come', async () => {
    const { readings } = await wait({
      look: () => ended,
      runs: (n) => (n % 2 === 0 ? passed(3) : passed(3).toReversed()),
    });
    expect(readings()).toBe(2);
  });

  test('has another list when one status is another', async () => {
    const { batches, readings } = await wait({
      look: () => ended,
      runs: (n) => [run(n === 1 ? 'passed' : 'failed', 'r0')],
    });
    expect(batches).toMatchObject([{ isListConfirmed: true, batch: { runs: [run('failed', 'r0')] } }]);
    expect(readings()).toBe(3);
  });

  test('and whose list never stays the same is waited for until the deadline, and not confirmed', async () => {
    const { ending, batches, tookMs } = await wait({ look: () => ended, runs: (n) => passed(n) });
    expect({ ending, tookMs }).toEqual({ ending: 'settled', tookMs: 60_000 });
    expect(batches).toMatchObject([{ id: 'b1', isListConfirmed: false }]);
  });

  test('a given list that grew after 3 s was green with one of two runs at a short interval', async () => {
    const clock = virtualClock();
    const { batches, tookMs } = await wait(
      { look: () => ended, runs: () => passed(clock.now() < 3_000 ? 1 : 2) },
      { clock, pollIntervalMs: 300 },
    );
    expect(batches).toMatchObject([{ isListConfirmed: true, batch: { runs: passed(2) } }]);
    expect(tookMs).toBeGreaterThanOrEqual(8_000);
  });

  test('is not confirmed by a last look that comes sooner than an interval', async () => {
    const { batches } = await wait({ look: () => ended, runs: () => passed(1) }, { timeoutMs: 3_000 });
    expect(batches).toMatchObject([{ id: 'b1', isListConfirmed: false }]);
  });

  test('starts anew when it turns out not to have ended', async () => {
    const { looks, readings } = await wait({
      look: (n) => (n === 2 ? { ...ended, settled: false } : ended),
      runs: () => passed(1),
    });
    expect({ looks: looks(), readings: readings() }).toEqual({ looks: 4, readings: 3 });
  });

  test('and whose list contradicts itself for two minutes is given up, confirmed or not', async () => {
    const { batches, tookMs } = await wait(
      { look: () => ended, runs: () => [run('pending', 'r0')] },
      { timeoutMs: 600_000 },
    );
    expect(batches).toMatchObject([{ id: 'b1', batch: { runs: [run('pending', 'r0')] } }]);
    expect(tookMs).toBe(120_000);
  });
});

describe('a batch that cannot be read', () => {
  const refused = () => {
    throw new ProviderError('GET x answered 401.');
  };

  test('ends the waiting at once', async () => {
    const { ending, batches, tookMs, looks } = await wait({ look: refused });
    expect({ ending, batches, tookMs, looks: looks() }).toEqual({
      ending: 'settled',
      batches: [{ id: 'b1', problem: 'GET x answered 401.' }],
      tookMs: 0,
      looks: 1,
    });
  });

  test('keeps what was seen of it before', async () => {
    const { batches } = await wait({ look: (n) => (n < 3 ? unsettled(n) : refused()) });
    expect(batches).toEqual([{ id: 'b1', batch: unsettled(2), problem: 'GET x answered 401.' }]);
  });

  test('ends the waiting for the others too, which are looked at once more', async () => {
    const { ending, batches, looks } = await wait(
      {
        look: (n, id) => (id === 'b1' ? unsettled(n) : n < 2 ? unsettled(1) : refused()),
        runs: () => [run('failed', 'r0')],
      },
      { batchIds: ['b1', 'b2'] },
    );
    expect(ending).toBe('settled');
    expect(batches).toMatchObject([
      { id: 'b1', batch: { settled: false, runs: [run('failed', 'r0')] } },
      { id: 'b2', problem: 'GET x answered 401.' },
    ]);
    expect(looks('b1')).toBeLessThanOrEqual(4);
  });

  test('whose runs cannot be read has settled and a problem', async () => {
    const { batches } = await wait({ look: () => settled(), runs: refused });
    expect(batches).toEqual([{ id: 'b1', batch: settled(), problem: 'GET x answered 401.' }]);
  });

  test('at the deadline is looked at once more, and its problem is told', async () => {
    const clock = virtualClock();
    const { ending, batches } = await wait(
      {
        look: async (n, _, deadline) => {
          if (n === 1) return unsettled(1);
          await clock.sleep(deadline.until - clock.now());
          expect(deadline.noRetries === true).toBe(clock.now() > 60_000);
          throw new ProviderError('GET x did not answer in time.');
        },
      },
      { clock },
    );
    expect({ ending, batches, now: clock.now() }).toEqual({
      ending: 'deadline',
      batches: [{ id: 'b1', batch: unsettled(1), problem: 'GET x did not answer in time.' }],
      now: 70_000,
    });
  });

  test('by a mistake of ours is not taken for the provider’s doing', async () => {
    const mistake = wait({
      look: () => {
        throw new TypeError('ours');
      },
    });
    await expect(mistake).rejects.toThrow(new TypeError('ours'));
  });
});

test('a deadline that ends a moment before the deadline is the deadline all the same', async () => {
  const clock = virtualClock();
  const { ending, batches } = await wait(
    {
      look: async (n) => {
        if (n === 2) {
          await clock.sleep(60_000 - clock.now() - 1);
          throw new ProviderTimeout('GET x did not answer in time.');
        }
        return unsettled(1);
      },
    },
    { clock },
  );
  expect(batches).toEqual([{ id: 'b1', batch: { ...unsettled(1), runs: passed(4) } }]);
  expect(ending).toBe('deadline');
});

describe('a cancelled workflow', () => {
  test('ends the waiting at once, with what was last seen', async () => {
    const cancelled = new AbortController();
    const clock = virtualClock();
    const { ending, batches, tookMs } = await wait(
      {
        look: (n) => {
          if (n === 2) cancelled.abort();
          return unsettled(n);
        },
      },
      { signal: cancelled.signal, clock },
    );
    expect({ ending, batches, tookMs }).toEqual({
      ending: 'cancelled',
      batches: [{ id: 'b1', batch: unsettled(2) }],
      tookMs: 5_000,
    });
  });

  test.each([
    ['are no outcome where more runs would confirm it', true, unsettled(0)],
    ['are what is known where every run counts', false, unsettled(3)],
  ])('counts whose runs were not read in time %s', async (_, readsEarly, batch) => {
    const cancelled = new AbortController();
    const { batches } = await wait(
      {
        look: (n) => {
          if (n === 2 && !readsEarly) cancelled.abort();
          return unsettled(n === 1 ? 0 : 3);
        },
        runs: () => {
          cancelled.abort();
          throw new ProviderTimeout('GET x did not answer in time.');
        },
      },
      { signal: cancelled.signal, more: { readsEarly } },
    );
    expect(batches).toEqual([{ id: 'b1', batch }]);
  });

  test('before the first look asks for nothing', async () => {
    const { ending, batches, looks } = await wait({ look: () => settled() }, { signal: AbortSignal.abort() });
    expect({ ending, batches, looks: looks() }).toEqual({
      ending: 'cancelled',
      batches: [{ id: 'b1' }],
      looks: 0,
    });
  });
});

test('several batches are waited for side by side', async () => {
  const { ending, batches, tookMs } = await wait(
    { look: (n, id) => (id === 'b2' && n < 4 ? unsettled(n) : settled()) },
    { batchIds: ['b1', 'b2', 'b3'] },
  );
  expect(ending).toBe('settled');
  expect(batches.map(({ id, batch }) => [id, batch?.settled, batch?.runs?.length])).toEqual([
    ['b1', true, 1],
    ['b2', true, 1],
    ['b3', true, 1],
  ]);
  expect(tookMs).toBeLessThanOrEqual(60_000);
});

describe('the list of a batch that goes on, where its looks have only counters', () => {
  test.each([
    [20, 120],
    [100, 62],
    [1_000, 21],
  ])(
    'of %i runs, of which one ends at each look, is read at most %i times in 10 minutes',
    async (total, most) => {
      const { readings, looks } = await wait(
        { look: (n) => unsettled(Math.min(n, total - 1), total), runs: () => [] },
        { timeoutMs: 600_000, more: { readsEarly: true } },
      );
      expect(looks()).toBeGreaterThan(50);
      // The last one is the look after the deadline.
      expect(readings()).toBeLessThanOrEqual(most + 1);
      expect(readings()).toBeGreaterThan(10);
    },
  );

  test('is not read before the end without a rule that runs anything again', async () => {
    const { readings } = await wait({ look: (n) => (n < 5 ? unsettled(n) : settled(4)) });
    expect(readings()).toBe(1);
  });
});
