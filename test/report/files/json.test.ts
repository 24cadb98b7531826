import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baselineOf } from '../../../src/report/files/baseline.ts';
import { renderJson } from '../../../src/report/files/json.ts';
import { type ReportFile, reportSchema } from '../../../src/report/files/json-schema.ts';
import { EXAMPLES } from '../examples.ts';
import { anyReport, batch, mixedReport, report, reportOfEachState, run } from './file-reports.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(
  JSON.parse(readFileSync(new URL('../../../docs/report.schema.json', import.meta.url), 'utf8')),
);

/** What a program reads; nothing may be in the file that the schema does not know. */
function parse(text: string): ReportFile {
  const file = JSON.parse(text);
  validate(file);
  expect(validate.errors).toBeNull();
  expect(reportSchema.parse(file)).toEqual(file);
  return file;
}

test('the JSON Schema refuses a report without a verdict that we know', () => {
  const file = JSON.parse(renderJson(mixedReport));
  expect(validate({ ...file, verdict: 'green' })).toBe(false);
});

test('the JSON report holds every run unshortened', async () => {
  await expect(renderJson(mixedReport)).toMatchFileSnapshot('../../golden/report.json');
});

test.each(reportOfEachState)('the JSON report of a gate %s is valid and says its verdict', (_, shown) => {
  const file = parse(renderJson(shown));
  expect({ verdict: file.verdict, reason: file.reason, tally: file.tally }).toEqual({
    verdict: shown.judgement?.verdict,
    reason: shown.judgement?.reason,
    tally: shown.tally,
  });
});

test('the JSON report shows of conversations what transcripts allows: all, what proves a failure, or nothing', () => {
  const says = (text: string) => ({ kind: 'speech', speaker: 'agent', text }) as const;
  const turns = ['Hello.', 'It is $5.', 'Yes.', 'Bye.', 'Still there?'].map(says);
  const explanation = 'It said "It is $5", and no price may be said.';
  const batches = [batch([run('1', 'passed', { turns }), run('2', 'failed', { turns, explanation })])];
  const shownTurns = (transcripts: 'none' | 'excerpt' | 'full') =>
    parse(renderJson(report(batches, { transcripts }))).batches[0]?.runs?.map((shown) => shown.turns);
  expect(shownTurns('full')).toEqual([turns, turns]);
  expect(shownTurns('excerpt')).toEqual([undefined, turns.slice(0, 2)]);
  expect(shownTurns('none')).toEqual([undefined, undefined]);
});

describe('a JSON report that would be too large', () => {
  const talk = (characters: number) => [
    { kind: 'speech', speaker: 'agent', text: 'x'.repeat(characters) } as const,
  ];
  const large = report([
    batch([
      run('1', 'passed', { turns: talk(3_000) }),
      run('2', 'failed', { turns: talk(40_000) }),
      run('3', 'failed', { turns: talk(20_000) }),
      run('4', 'passed', { turns: talk(1_000) }),
    ]),
  ]);
  const leftOutAt = (maxBytes: number) => {
    const text = renderJson(large, maxBytes);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
    const file = parse(text);
    const runs = file.batches[0]?.runs ?? [];
    expect(
      runs.every(
        ({ turns, isConversationLeftOut = false }) => isConversationLeftOut !== (turns !== undefined),
      ),
    ).toBe(true);
    const left = runs.filter(({ turns }) => turns === undefined).map(({ id }) => id);
    expect(file.leftOut).toEqual(
      left.length === 0 ? undefined : { conversations: left.length, texts: false },
    );
    return left;
  };

  test('leaves out the conversations of passed runs first, then the longest, and says so', () => {
    expect(leftOutAt(100_000)).toEqual([]);
    expect(leftOutAt(66_500)).toEqual(['run_1']);
    expect(leftOutAt(64_000)).toEqual(['run_1', 'run_4']);
    expect(leftOutAt(30_000)).toEqual(['run_1', 'run_2', 'run_4']);
    expect(leftOutAt(10_000)).toEqual(['run_1', 'run_2', 'run_3', 'run_4']);
  });

  test('cuts long texts where even that is too much, and says so', () => {
    const explanation = 'y'.repeat(50_000);
    const file = parse(
      renderJson(report([batch([run('1', 'failed', { explanation, turns: talk(10) })])]), 20_000),
    );
    expect(file.leftOut).toEqual({ conversations: 1, texts: true });
    expect(file.batches[0]?.runs?.[0]?.explanation).toHaveLength(2_000);
  });

  test('is what fits in 60 MiB, as it is written by default', () => {
    const talks = talk(6 * 1024 * 1024);
    const runs = Array.from({ length: 12 }, (_, index) =>
      run(`${index}`, index < 2 ? 'passed' : 'failed', { turns: talks }),
    );
    const text = renderJson(report([batch(runs)]));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(60 * 1024 * 1024);
    expect(Buffer.byteLength(text)).toBeGreaterThan(50 * 1024 * 1024);
    expect(JSON.parse(text).leftOut).toEqual({ conversations: 3, texts: false });
  });
});

test('the JSON report says what the job is called, and a baseline may be one of another job', () => {
  const shown = report([batch([run('1', 'passed')])], { label: 'booking, en' });
  expect(parse(renderJson(shown)).label).toBe('booking, en');
  expect(baselineOf(renderJson(shown))?.cases.get('tc_1')).toMatchObject({ outcome: 'passed', passes: 1 });
});

test('the JSON report says that a test case was edited, and when, and a baseline reads it', () => {
  const failed = run('1', 'failed');
  const testCase = { ...failed.testCase, revision: Date.UTC(2026, 8, 14, 8, 0, 1, 5) };
  const revision = Date.UTC(2026, 8, 12);
  const before = { name: 'Before', outcome: 'passed', passes: 1, runs: 1, revision } as const;
  const cases = new Map([[testCase.id ?? '', before]]);
  const base = { branch: 'main', commit: undefined, cases, firstRuns: { passes: 0, total: 0 } };
  const text = renderJson(report([batch([{ ...failed, testCase }])], { base }));
  expect(parse(text).testCases[0]).toMatchObject({
    revision: '2026-09-14T08:00:01.005Z',
    editedSince: 'base',
    base: { outcome: 'passed', revision: '2026-09-12T00:00:00.000Z' },
  });
  expect(baselineOf(text)?.cases.get(testCase.id ?? '')?.revision).toBe(Date.UTC(2026, 8, 14, 8, 0, 1));
});

test('the JSON report has the batch of each run: one test case repeated runs in several', () => {
  const batches = ['b1', 'b2', 'b3'].map((id, index) => ({
    ...{ id, round: 1, batchIndex: 0 },
    batch: batch(
      [run('1', 'passed', { testCase: { id: 'tc', name: 'Case' } })].map((one) => ({
        ...one,
        id: `run_${index}`,
      })),
      { id },
    ),
  }));
  const file = parse(renderJson(report(batches, { rule: { kind: 'repeat', need: 3, of: 5 } })));
  expect(file.testCases.map(({ runs }) => runs.map(({ id, batch: of }) => [id, of]))).toEqual([
    [
      ['run_0', 'b1'],
      ['run_1', 'b2'],
      ['run_2', 'b3'],
    ],
  ]);
});

test.each([
  ['not a number', Number.NaN],
  ['endless', Number.POSITIVE_INFINITY],
  ['before 1970', -1],
  ['after the year 9999', Date.UTC(10_000, 0)],
  ['beyond what a date can be', 1e300],
])('a moment that is %s is left out of the JSON report', (_, moment) => {
  const file = parse(
    renderJson(report([batch([run('1', 'passed', { createdAt: moment })])], { writtenAt: moment })),
  );
  expect([file.writtenAt, file.batches[0]?.runs?.[0]?.createdAt]).toEqual([undefined, undefined]);
});

test('any report at all makes a valid JSON report with the same texts', () => {
  fc.assert(
    fc.property(anyReport, (shown) => {
      const file = parse(renderJson(shown));
      expect(file.verdict).toBe(shown.judgement?.verdict);
      expect(file.batches.map((one) => one.runs?.length)).toEqual(
        shown.batches.map((one) => one.batch?.runs?.length),
      );
    }),
  );
});

test('texts lose control characters and lone surrogates and nothing else', () => {
  const text =
    'a\u0000b\u001b[31m\u202ec\ud800d\r\ne\tf <b> & ]]> "q" ü 漢 🙂 \u0645\u0631\u062d\u0628\u0627';
  const explanation = 'ab[31mc\ufffdd\ne\tf <b> & ]]> "q" ü 漢 🙂 \u0645\u0631\u062d\u0628\u0627';
  const file = parse(renderJson(report([batch([run('1', 'failed', { explanation: text })])])));
  expect(file.batches[0]?.runs?.[0]?.explanation).toBe(explanation);
});

test('the JSON report has each run with its round, and how each test case compares', () => {
  const file = parse(renderJson(EXAMPLES['red-everything']!));
  const compared = file.testCases.map(({ name, outcome, change, counts, passes, runs }) => [
    name,
    outcome,
    change,
    counts,
    `${passes}/${runs.length}`,
    runs.map(({ round, status }) => `${round} ${status}`).join(', '),
  ]);
  expect(compared.slice(6)).toEqual([
    ['Takes a message after hours', 'passed', 'fixed', true, '1/1', '1 passed'],
    ["Spells the caller's surname", 'failed', 'still-failing', false, '0/1', '1 failed'],
    ['Books two siblings in one call', 'flaky', 'unchanged', true, '2/3', '1 failed, 2 passed, 3 passed'],
    [
      'Declines to quote a price that is not published',
      'failed',
      'new-failure',
      true,
      '0/3',
      '1 failed, 2 failed, 3 failed',
    ],
    [
      'Offers another time when the slot is taken',
      'failed',
      'new-failure',
      true,
      '1/3',
      '1 failed, 2 passed, 3 failed',
    ],
    [
      'Transfers an angry caller to the office manager',
      'errored',
      'still-failing',
      true,
      '0/3',
      '1 errored, 2 errored, 3 errored',
    ],
  ]);
  expect(file.testCases.every(({ batch: id }) => id === 'test_batch_7c1d90aa42e6')).toBe(true);
  expect(file.batches.map(({ round }) => round)).toEqual([1, 2, 3]);
  expect(file.started).toEqual({ runs: 20, reruns: 8 });
  expect(file.passRate).toBe(0.5833);
  expect(file.base).toMatchObject({
    branch: 'main',
    firstRuns: { passes: 112, total: 120 },
    noLongerRun: [],
  });
});

test('the JSON report says what became of a test case on another version', () => {
  const file = parse(renderJson(EXAMPLES['fail-on-new']!));
  expect(file.comparedWith).toBe('version 11');
  expect(file.testCases.map(({ counts, elsewhere }) => [counts, elsewhere?.outcome])).toEqual([
    [true, undefined],
    [false, 'failed'],
  ]);
});

test('the JSON report lists the batches of the comparison apart', () => {
  const file = parse(renderJson(EXAMPLES['compare-with']!));
  expect(file.batches.map(({ id }) => id)).toEqual(['test_batch_7c1d90aa42e6']);
  expect(file.comparisonBatches?.map(({ id }) => id)).toEqual([
    'test_batch_11d0f31c2aa1',
    'test_batch_11d0f31c2aa2',
  ]);
  expect(parse(renderJson(EXAMPLES['green-plain']!)).comparisonBatches).toBeUndefined();
});
