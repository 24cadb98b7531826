import { describe, expect, test } from 'vitest';
import { type BlandOptions, startBland } from '../emulators/bland.ts';
import { type RetellOptions, startRetell } from '../emulators/retell.ts';
import { many } from '../emulators/timeline.ts';
import { runStep } from './runner.ts';

const quick = {
  'poll-interval-seconds': '0.1',
  'timeout-minutes': '5',
  comment: 'never',
  'api-key': 'test-key',
};

async function gateOnRetell(options: RetellOptions, inputs: Record<string, string> = {}) {
  await using retell = await startRetell(options);
  const ended = await runStep({
    inputs: { ...quick, provider: 'retell', 'batch-id': 'b1', 'api-url': retell.url, ...inputs },
  });
  return { ...ended, requests: [...retell.requests] };
}

async function gateOnBland(options: BlandOptions, inputs: Record<string, string> = {}) {
  await using bland = await startBland(options);
  const ended = await runStep({
    inputs: { ...quick, provider: 'bland', 'batch-id': 'b1', 'api-url': bland.url, ...inputs },
  });
  return { ...ended, requests: [...bland.requests] };
}

const counts = (total: number, more: Record<string, number> = {}) => ({
  total: String(total),
  passed: '0',
  flaky: '0',
  failed: '0',
  errored: '0',
  cancelled: '0',
  unfinished: '0',
  tolerated: '0',
  runs: String(total),
  'started-runs': '0',
  'batch-id': 'b1',
  'new-failures': '',
  ...Object.fromEntries(Object.entries(more).map(([name, count]) => [name, String(count)])),
});

describe.concurrent('Retell', () => {
  test('all pass, from pending to finished: green', async () => {
    const runs = many(4, (index) => ({ startsAt: 100, endsAt: 300 + 100 * index }));
    const { exitCode, outputs, summary, log } = await gateOnRetell({ batches: [{ id: 'b1', runs }] });
    expect({ exitCode, outputs }).toEqual({
      exitCode: 0,
      outputs: {
        verdict: 'passed',
        reason: 'All 4 test cases passed.',
        ...counts(4, { passed: 4 }),
        'pass-rate': '1',
      },
    });
    expect(summary).toContain('## ✅ Agent tests (Retell)');
    expect(log).toContain('::add-mask::test-key');
    expect(log.replaceAll('::add-mask::test-key', '')).not.toContain('test-key');
  });

  test('one fails: red', async () => {
    const { exitCode, outputs, log } = await gateOnRetell({
      batches: [
        {
          id: 'b1',
          runs: [
            {},
            { outcome: 'failed', name: 'Books a cleaning', explanation: 'The agent never confirmed.' },
          ],
        },
      ],
    });
    expect({ exitCode, outputs }).toEqual({
      exitCode: 1,
      outputs: {
        verdict: 'failed',
        reason: '1 of 2 test cases failed.',
        ...counts(2, { passed: 1, failed: 1 }),
        'pass-rate': '0.5',
      },
    });
    expect(log).toMatch(/^::error title=Failed::Books a cleaning[^\n]*The agent never confirmed\./m);
  });

  test('the deadline: red, with what is known', async () => {
    const { exitCode, outputs, took } = await gateOnRetell(
      {
        batches: [
          { id: 'b1', runs: [{}, { endsAt: Number.POSITIVE_INFINITY }], settlesAt: Number.POSITIVE_INFINITY },
        ],
      },
      { 'timeout-minutes': '0.02' },
    );
    expect({ exitCode, outputs }).toEqual({
      exitCode: 1,
      outputs: {
        verdict: 'timed-out',
        reason: 'Batch b1 did not finish within 0.02 minutes (timeout-minutes).',
        ...counts(2, { passed: 1, unfinished: 1 }),
        'pass-rate': '0.5',
      },
    });
    expect(took).toBeGreaterThanOrEqual(1_200);
  });

  test('a refused key: red at once, after one request', async () => {
    const { exitCode, outputs, requests } = await gateOnRetell({
      apiKey: 'another',
      batches: [{ id: 'b1', runs: [{}] }],
    });
    expect({ exitCode, verdict: outputs['verdict'], requests: requests.length }).toEqual({
      exitCode: 1,
      verdict: 'inconclusive',
      requests: 1,
    });
    expect(outputs['reason']).toMatch(/answered 401 \(API key is missing or invalid\)\. Check api-key/);
  });
});

describe.concurrent('Bland', () => {
  const shapes: BlandOptions[] = [
    {},
    { envelope: true },
    { envelope: true, assertions: 'live' },
    { envelope: 'beside' },
  ];
  const outcomes = [
    ['passed', 'passed', 0],
    ['failed', 'failed', 1],
    ['errored', 'errored', 1],
    ['cancelled', 'cancelled', 1],
  ] as const;
  const cases = outcomes.map(([outcome, verdict, code], index) => ({
    ...{ shape: shapes[index] ?? {}, outcome, verdict, code },
  }));

  test.each(cases)('$outcome with $shape', async ({ shape, outcome, verdict, code }) => {
    const runs = [{ endsAt: 200 }, { endsAt: 400, outcome }];
    const { exitCode, outputs } = await gateOnBland({ ...shape, batches: [{ id: 'b1', runs }] });
    expect({ exitCode, outputs }).toMatchObject({ exitCode: code, outputs: { verdict, total: '2' } });
  });
});

test.concurrent('two batches at once: reported and gated together', async () => {
  const batches = [
    { id: 'b1', runs: many(2) },
    { id: 'b2', runs: [{ endsAt: 500, outcome: 'failed' as const }] },
  ];
  const { exitCode, outputs, summary } = await gateOnRetell({ batches }, { 'batch-id': 'b1\nb2' });
  expect({ exitCode, outputs }).toMatchObject({
    exitCode: 1,
    outputs: { verdict: 'failed', ...counts(3, { passed: 2, failed: 1 }), 'batch-id': 'b1\nb2' },
  });
  expect(summary).toContain('b1');
  expect(summary).toContain('b2');
});

describe.concurrent('a gate that only reports', () => {
  const reportOnly = { 'fail-on': 'nothing' };

  test('a failure is reported as ever, its annotation is a warning, and the step succeeds', async () => {
    const runs = [{}, { outcome: 'failed' as const, name: 'Books a cleaning' }];
    const { exitCode, outputs, log, summary } = await gateOnRetell(
      { batches: [{ id: 'b1', runs }] },
      reportOnly,
    );
    expect({ exitCode, outputs }).toMatchObject({
      exitCode: 0,
      outputs: {
        verdict: 'failed',
        reason: '1 of 2 test cases failed.',
        ...counts(2, { passed: 1, failed: 1 }),
      },
    });
    expect(summary).toContain('## ❌ Agent tests (Retell): 1 of 2 failed (report only)\n');
    expect(log).toContain('Verdict: failed, report only (fail-on: nothing). 1 of 2 test cases failed.');
    expect(log).toMatch(/^::warning title=Failed::Books a cleaning/m);
    expect(log).not.toMatch(/^::error/m);
  });

  test.each<[string, number, RetellOptions, Record<string, string>]>([
    [
      'a batch that never ends',
      0,
      { batches: [{ id: 'b1', runs: [{ endsAt: 60_000 }] }] },
      { 'timeout-minutes': '0.01' },
    ],
    ['a refused key', 1, { batches: [{ id: 'b1', runs: [{}] }] }, { 'api-key': 'another-key' }],
  ])('%s: exit code %i', async (_, expected, options, inputs) => {
    const { exitCode, outputs, summary } = await gateOnRetell(options, { ...reportOnly, ...inputs });
    expect([exitCode, outputs['verdict'] === 'passed']).toEqual([expected, false]);
    expect(summary.includes('(report only)')).toBe(expected === 0);
  });
});
