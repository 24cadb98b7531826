import { describe, expect, test } from 'vitest';
import type { AnnouncedCounts, Batch, WatchedBatch } from '../../src/domain/batch.ts';
import { type JudgeInput, judge } from '../../src/domain/judge.ts';
import type { PassRule } from '../../src/domain/pass-rule.ts';
import { RUN_STATUSES, type RunStatus } from '../../src/domain/run.ts';
import { groupRunsByTestCase } from '../../src/domain/test-case.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { batch, run } from '../builders.ts';
import { type BatchFacts, judgeByEveryRun } from '../judge-by-every-run.ts';

const facts = (batches: readonly Batch[], more: Partial<BatchFacts> = {}): BatchFacts => ({
  batches: batches.map((one) => ({ id: one.id, batch: one })),
  ending: 'settled',
  providerTitle: 'Retell',
  timeoutMinutes: 30,
  now: Date.UTC(2026, 8, 14, 8, 30),
  ...more,
});

const verdictOn = (batches: readonly Batch[], more: Partial<BatchFacts> = {}): Verdict =>
  judgeByEveryRun(facts(batches, more)).verdict;

describe('every combination of an ending, the counts and the status of one of two runs', () => {
  /** What the provider announces, beside two listed runs of which the first passed and the second has the status. */
  const counts: Record<string, (second: RunStatus) => AnnouncedCounts> = {
    right: (second) => ({
      total: 2,
      passed: second === 'passed' ? 2 : 1,
      failed: second === 'failed' ? 1 : 0,
      errored: second === 'errored' ? 1 : 0,
    }),
    'too few runs': () => ({ total: 3 }),
    contradictory: (second) => ({ total: 2, passed: second === 'passed' ? 1 : 2, failed: 0, errored: 0 }),
    'not announced': () => ({}),
  };
  const bad = { failed: 'failed', errored: 'errored', cancelled: 'cancelled' } as const;
  /** The verdict by the status of the second run. */
  const table: [settled: boolean, counts: string, Record<RunStatus, Verdict>][] = [
    [true, 'right', { ...bad, passed: 'passed', pending: 'inconclusive' }],
    [true, 'too few runs', { ...bad, passed: 'inconclusive', pending: 'inconclusive' }],
    [true, 'contradictory', { ...bad, passed: 'inconclusive', pending: 'inconclusive' }],
    [true, 'not announced', { ...bad, passed: 'inconclusive', pending: 'inconclusive' }],
    [false, 'right', { ...bad, passed: 'timed-out', pending: 'timed-out' }],
    [false, 'too few runs', { ...bad, passed: 'timed-out', pending: 'timed-out' }],
    [false, 'contradictory', { ...bad, passed: 'timed-out', pending: 'timed-out' }],
    [false, 'not announced', { ...bad, passed: 'timed-out', pending: 'timed-out' }],
  ];
  const cases = table.flatMap(([settled, name, row]) =>
    RUN_STATUSES.map((status) => ({ settled, name, status, expected: row[status] })),
  );

  test('a list that was seen twice proves what nobody announced, and only then', () => {
    const unannounced = batch([run('passed', 'a'), run('passed', 'b')], { announced: {} });
    const outcome = { id: 'b1', batch: unannounced };
    expect(judgeByEveryRun({ ...facts([]), batches: [{ ...outcome, isListConfirmed: true }] }).verdict).toBe(
      'passed',
    );
    expect(judgeByEveryRun({ ...facts([]), batches: [outcome] })).toEqual({
      verdict: 'inconclusive',
      reason:
        'Batch b1 lists 2 runs, and Retell does not say how many there must be: the list was not seen twice without a change.',
      notes: [],
    });
  });

  test.each(cases)(
    'settled $settled, counts $name, a run $status: $expected, also beside a batch that passed, and never green once cancelled',
    ({ settled, name, status, expected }) => {
      const announced = counts[name]!(status);
      const one = batch([run('passed', 'a'), run(status, 'b')], { settled, announced });
      const other = batch([run('passed', 'c')], { id: 'b2' });
      const ending = settled ? 'settled' : 'deadline';
      const groups = [[one], [one, other], [other, one]];
      expect(groups.map((batches) => verdictOn(batches, { ending }))).toEqual([expected, expected, expected]);
      const cancelled = status === 'failed' || status === 'errored' ? status : 'cancelled';
      expect(verdictOn([one], { ending: 'cancelled' })).toBe(cancelled);
    },
  );
});

describe('without proof there is no green', () => {
  const passed = batch([run('passed')]);
  const cases: [string, BatchFacts][] = [
    ['no batch at all', facts([])],
    ['a settled batch without runs', facts([batch([])])],
    ['no runs although some were announced', facts([batch([], { announced: { total: 4 } })])],
    [
      'no runs, and the provider calls it passed',
      facts([batch([], { conclusion: 'passed', announced: { total: 0 } })]),
    ],
    ['more runs than announced', facts([batch([run('passed')], { announced: { total: 0 } })])],
    ['runs that were never read', facts([{ id: 'b1', settled: true, announced: { total: 1, passed: 1 } }])],
    ['an unknown status of a run', facts([batch([run('pending', 'a', { unknownStatus: 'skipped' })])])],
    [
      'an unknown status of the batch',
      facts([batch([run('passed')], { settled: false, unknownStatus: 'PARTIAL' })]),
    ],
    [
      'the provider counts a failure that it does not list',
      facts([batch([run('passed')], { announced: { total: 1, failed: 1 } })]),
    ],
    [
      'the provider counts an error that it does not list',
      facts([batch([run('passed')], { announced: { total: 1, errored: 1 } })]),
    ],
    [
      'a batch that was never read',
      { ...facts([passed]), batches: [{ id: 'b1', batch: passed }, { id: 'b2' }] },
    ],
    [
      'a batch that could not be read',
      {
        ...facts([passed]),
        batches: [
          { id: 'b1', batch: passed },
          { id: 'b2', problem: 'GET x answered 404.' },
        ],
      },
    ],
    [
      'a batch that could not be read to its end, although all that was seen passed',
      { ...facts([passed]), batches: [{ id: 'b1', batch: passed, problem: 'GET x answered 500.' }] },
    ],
    ['the waiting ended early', facts([batch([run('passed')], { settled: false })])],
  ];

  test.each(cases)('%s: inconclusive', (_, given) => {
    expect(judgeByEveryRun(given).verdict).toBe('inconclusive');
  });

  test('a batch that nobody read before the deadline timed out', () => {
    expect(
      judgeByEveryRun({
        ...facts([], { ending: 'deadline' }),
        batches: [{ id: 'b1', problem: 'GET x answered 503.' }],
      }),
    ).toEqual({
      verdict: 'timed-out',
      reason:
        'Batch b1 could not be read within 30 minutes (timeout-minutes). The last look failed: GET x answered 503.',
      notes: [],
    });
  });

  test('a settled batch at the deadline is judged by its runs', () => {
    expect(verdictOn([passed], { ending: 'deadline' })).toBe('passed');
  });
});

describe('what the provider itself says of a batch', () => {
  test.each<[Batch['conclusion'], Verdict]>([
    ['errored', 'errored'],
    ['cancelled', 'cancelled'],
    ['failed', 'inconclusive'],
    ['passed', 'passed'],
  ])('%s, and every run passed: %s', (outcome, expected) => {
    expect(verdictOn([batch([run('passed')], { ...(outcome && { conclusion: outcome }) })])).toBe(expected);
  });

  test('its counters alone show a failure while the runs are unread', () => {
    const unread: Batch = {
      id: 'b1',
      settled: false,
      announced: { total: 5, passed: 2, failed: 1, errored: 0 },
    };
    expect(judgeByEveryRun(facts([unread], { ending: 'cancelled' }))).toEqual({
      verdict: 'failed',
      reason: '1 of 5 test cases failed.',
      notes: [
        'This step was cancelled before the gate had finished. Retell cannot cancel a batch, so b1 keeps running.',
      ],
    });
  });

  test.each<[string, Partial<BatchFacts>, string]>([
    ['accepted', { cancellations: [{ id: 'b1' }] }, 'Retell accepted the cancellation of b1.'],
    [
      'refused',
      { cancellations: [{ id: 'b1', problem: 'It answered 403.' }] },
      'Batch b1 may keep running: It answered 403.',
    ],
    ['not asked for', {}, 'What this step did not start is not cancelled: b1 keeps running.'],
  ])('a cancellation that is %s is told, where the provider can cancel', (_, more, told) => {
    const waiting: Batch = { id: 'b1', settled: false, announced: {} };
    expect(judgeByEveryRun(facts([waiting], { ending: 'cancelled', canCancel: true, ...more })).reason).toBe(
      `This step was cancelled before the gate had finished. ${told}`,
    );
  });

  test.each([1, 2])(
    'errored runs may be counted as failed where that is not documented (%i counted)',
    (failed) => {
      const runs = [run('failed', 'a'), run('errored', 'b')];
      const announced = { total: 2, passed: 0, failed };
      expect(judgeByEveryRun(facts([batch(runs, { announced })])).notes).toEqual([]);
    },
  );
});

describe('the order of the verdicts', () => {
  const worst = batch(
    [run('passed', 'a'), run('failed', 'b'), run('errored', 'c'), run('cancelled', 'd'), run('pending', 'e')],
    {
      settled: false,
    },
  );
  test('failed, errored, cancelled, timed-out, inconclusive: the first that holds, the others as notes', () => {
    expect(judgeByEveryRun(facts([worst], { ending: 'deadline', maxBatchAgeMinutes: 10 }))).toEqual({
      verdict: 'failed',
      reason: '1 of 5 test cases failed, 1 errored and 1 cancelled.',
      notes: [
        'Batch b1 did not finish within 30 minutes (timeout-minutes).',
        'Retell does not say when batch b1 was created, so it may be older than 10 minutes (max-batch-age-minutes).',
      ],
    });
  });
});

describe('the age of a batch', () => {
  const created = (minutesAgo: number) =>
    batch([run('passed')], { createdAt: Date.UTC(2026, 8, 14, 8, 30) - minutesAgo * 60_000 });
  test.each<[number, Verdict]>([
    [59, 'passed'],
    [60, 'passed'],
    [61, 'inconclusive'],
    [-2, 'passed'],
    [-3, 'inconclusive'],
    [-59, 'inconclusive'],
  ])('%i minutes old with a limit of 60: %s', (minutesAgo, expected) => {
    expect(verdictOn([created(minutesAgo)], { maxBatchAgeMinutes: 60 })).toBe(expected);
  });

  test('without a limit a year is young enough', () => {
    expect(verdictOn([created(525_600)])).toBe('passed');
  });

  test('the reason names the age', () => {
    expect(judgeByEveryRun(facts([created(90)], { maxBatchAgeMinutes: 60 })).reason).toBe(
      'Batch b1 is 90 minutes old (max-batch-age-minutes: 60 minutes), so it may not have tested this commit.',
    );
  });
});

test('what kept one batch from being read is the reason, and why the other was left a note', () => {
  const left = batch([run('passed')], { settled: false });
  const batches = [
    { id: 'b1', batch: left },
    { id: 'b2', problem: 'GET x answered 404. Check batch-id.' },
  ];
  expect(judgeByEveryRun({ ...facts([]), batches })).toEqual({
    verdict: 'inconclusive',
    reason: 'Batch b2 could not be read: GET x answered 404. Check batch-id.',
    notes: ['Batch b1 was not waited for any longer, since another batch could not be read.'],
  });
});

describe('reasons', () => {
  const reasonFor = (batches: readonly Batch[], more: Partial<BatchFacts> = {}) =>
    judgeByEveryRun(facts(batches, more)).reason;
  test.each<[string, string]>([
    ['All 2 test cases passed.', reasonFor([batch([run('passed', 'a'), run('passed', 'b')])])],
    ['The one test case passed.', reasonFor([batch([run('passed')])])],
    [
      'All 2 test cases in 2 batches passed.',
      reasonFor([batch([run('passed')]), batch([run('passed', 'run-2')], { id: 'b2' })]),
    ],
    ['1 of 1 test case errored: Retell could not run or grade it.', reasonFor([batch([run('errored')])])],
    ['Batch b1 is inconsistent: it has no runs.', reasonFor([batch([])])],
    [
      'Batch b1 is inconsistent: 4 of 5 announced runs are missing.',
      reasonFor([batch([run('passed')], { announced: { total: 5 } })]),
    ],
    [
      'Batch b1 did not finish within 30 minutes (timeout-minutes). Unknown status: "PARTIAL".',
      reasonFor([batch([run('passed')], { settled: false, unknownStatus: 'PARTIAL' })], {
        ending: 'deadline',
      }),
    ],
  ])('%s', (expected, actual) => {
    expect(actual).toBe(expected);
  });
});

describe('test cases over several rounds', () => {
  const rule: PassRule = { kind: 'reruns', need: 3, of: 5 };
  const rounds = (...statuses: readonly RunStatus[]): WatchedBatch[] =>
    statuses.map((status, index) => {
      const id = `b${index + 1}`;
      const runs = [run(status, `run-${index}`, { testCase: { id: 'a', name: 'A' } })];
      return { id, batch: batch(runs, { id }), batchIndex: 0, round: index + 1 };
    });
  const judged = (batches: readonly WatchedBatch[], more: Partial<JudgeInput> = {}) => {
    const cases = groupRunsByTestCase(batches, { rule, isCutShort: more.ending === 'deadline' });
    return judge({ ...facts([]), otherBatches: [], batches, cases, ...more });
  };

  test('a deadline before the first re-run was no time-out', () => {
    expect(judged(rounds('failed'), { ending: 'deadline' })).toEqual({
      verdict: 'timed-out',
      reason: '1 of 1 test case was not decided within 30 minutes (timeout-minutes).',
      notes: [],
    });
  });

  test('a quarantined test case that is flaky counted against max-flaky, and made the verdict red', () => {
    const entry = { testCase: 'a', name: 'A', reason: 'Flaky', owner: 'acme', until: '2026-12-19' };
    const flaky = rounds('failed', 'passed', 'passed', 'passed');
    const other = { id: 'o', batch: batch([run('passed', 'run-o')], { id: 'o' }), round: 1, batchIndex: 1 };
    const cases = groupRunsByTestCase([...flaky, other], { rule }).map((one) =>
      one.testCase.id === 'a' ? { ...one, quarantine: { entry, state: 'in-force' as const } } : one,
    );
    const verdict = (found: typeof cases) => judged([...flaky, other], { cases: found, maxFlaky: 0 }).verdict;
    expect([verdict(cases), verdict(groupRunsByTestCase([...flaky, other], { rule }))]).toEqual([
      'passed',
      'failed',
    ]);
  });
});
