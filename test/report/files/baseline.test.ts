import { describe, expect, test } from 'vitest';
import { baselineOf } from '../../../src/report/files/baseline.ts';
import { renderJson } from '../../../src/report/files/json.ts';
import { batch, reportOn, run } from '../reports.ts';

const ran = (...statuses: string[]) =>
  statuses.map((status, index) => ({ id: `r${index}`, round: index + 1, status }));

const REPORT = {
  formatVersion: 2,
  verdict: 'failed',
  testCases: [
    { id: 'a', name: 'Quotes a price', outcome: 'flaky', runs: ran('failed', 'passed', 'passed') },
    { id: 'b', name: 'Says hello', outcome: 'failed', runs: ran('failed') },
    { name: 'No id', outcome: 'passed', runs: ran('passed') },
    { id: 'c', name: 'Never ended', outcome: 'unfinished', runs: ran('pending') },
  ],
  origin: { commit: 'b7e21f0' },
};

describe('an earlier JSON report as the base', () => {
  test('says of each test case with an id what it was, and how many of its runs passed', () => {
    expect(baselineOf(JSON.stringify(REPORT))).toEqual({
      branch: 'the baseline',
      commit: 'b7e21f0',
      cases: new Map([
        ['a', { name: 'Quotes a price', outcome: 'flaky', passes: 2, runs: 3 }],
        ['b', { name: 'Says hello', outcome: 'failed', passes: 0, runs: 1 }],
      ]),
      firstRuns: { passes: 1, total: 3 },
    });
  });

  test('is read as this version writes it', () => {
    const report = reportOn([
      { id: 'b1', batch: batch('b1', [run('passed', 'r1'), run('failed', 'r2')], { settled: true }) },
    ]);
    const base = baselineOf(renderJson(report));
    expect([...(base?.cases ?? [])].map(([, { outcome, passes, runs }]) => [outcome, passes, runs])).toEqual([
      ['passed', 1, 1],
      ['failed', 0, 1],
    ]);
  });

  test('of a gate that was cut short may lack test cases', () => {
    expect(baselineOf(JSON.stringify({ ...REPORT, verdict: 'timed-out' }))?.isPartial).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['a part of one', JSON.stringify(REPORT).slice(0, 300)],
    ['a list', '[]'],
    ['null', 'null'],
    ['an older format', JSON.stringify({ ...REPORT, formatVersion: 1 })],
    ['a report of something else', JSON.stringify({ results: { tests: [] } })],
    ['an outcome that does not exist', JSON.stringify({ ...REPORT, testCases: [{ outcome: 'great' }] })],
    ['a report without test cases', JSON.stringify({ ...REPORT, testCases: [] })],
  ])('%s is none', (_, text) => {
    expect(baselineOf(text)).toBeUndefined();
  });
});
