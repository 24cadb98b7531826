import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SCHEMA_FILE, schemaText } from '../../../scripts/schema.ts';
import { renderJson } from '../../../src/report/files/json.ts';
import { type ReportFile, reportSchema } from '../../../src/report/files/json-schema.ts';
import { SECOND_EXAMPLES } from '../second-reports.ts';
import { anyReport, batch, mixedReport, report, reportOfEachState, run } from './file-reports.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')));

/** What a program reads; nothing may be in the file that the schema does not know. */
function parse(text: string): ReportFile {
  const file = JSON.parse(text);
  validate(file);
  expect(validate.errors).toBeNull();
  expect(reportSchema.parse(file)).toEqual(file);
  return file;
}

test('the committed JSON Schema is the one of the zod schema', () => {
  expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(schemaText());
});

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

test('the JSON report shows conversations of runs that did not pass, and only where they may be shown', () => {
  const turns = [{ kind: 'speech', speaker: 'agent', text: 'Hello.' }] as const;
  const batches = [batch([run('1', 'passed', { turns }), run('2', 'failed', { turns })])];
  const shownTurns = (transcripts: 'none' | 'excerpt') =>
    parse(renderJson(report(batches, { transcripts }))).batches[0]?.runs?.map((one) => one.turns);
  expect(shownTurns('excerpt')).toEqual([undefined, turns]);
  expect(shownTurns('none')).toEqual([undefined, undefined]);
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
  const file = parse(renderJson(SECOND_EXAMPLES['red-everything']!));
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
  const file = parse(renderJson(SECOND_EXAMPLES['fail-on-new']!));
  expect(file.comparedWith).toBe('version 11');
  expect(file.testCases.map(({ counts, elsewhere }) => [counts, elsewhere?.outcome])).toEqual([
    [true, undefined],
    [false, 'failed'],
  ]);
});
