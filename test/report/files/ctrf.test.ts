import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderCtrf } from '../../../src/report/files/ctrf.ts';
import { testSuites } from '../../../src/report/files/test-suites.ts';
import type { Report } from '../../../src/report/report.ts';
import { EXAMPLES } from '../examples.ts';
import { anyReport, batch, mixedReport, report, reportOfEachState, run } from './file-reports.ts';

/** The schema that is published with the npm package `ctrf` 0.3.0 (MIT, © 2024 Matthew Poulton-White), as it is. */
const schema = JSON.parse(readFileSync(new URL('../../fixtures/ctrf.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv({ allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

function parse(shown: Report) {
  const file = JSON.parse(renderCtrf(shown));
  validate(file);
  expect(validate.errors).toBeNull();
  return file.results;
}

/** The counts of a summary, made from the tests. */
function countsOf(tests: readonly { readonly status: string }[]) {
  const count = (wanted: string) => tests.filter(({ status }) => status === wanted).length;
  return {
    tests: tests.length,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    pending: count('pending'),
    other: count('other'),
  };
}

test('the CTRF report maps every status and keeps our word for it', async () => {
  await expect(renderCtrf(mixedReport)).toMatchFileSnapshot('../../golden/ctrf.json');
});

test.each(reportOfEachState)(
  'the CTRF report of a gate %s is valid, adds up, and is green only if it passed',
  (_, shown) => {
    const { summary, tests, environment } = parse(shown);
    const passed = shown.judgement?.verdict === 'passed';
    expect(summary).toMatchObject({ ...countsOf(tests), suites: Math.max(1, shown.batches.length) });
    expect(summary.failed === 0).toBe(passed);
    expect(environment.healthy).toBe(passed);
  },
);

test('CTRF holds conversations of runs that did not pass, and only where they may be shown', () => {
  const turns = [{ kind: 'speech', speaker: 'agent', text: 'Hello.' }] as const;
  const batches = [batch([run('1', 'passed', { turns }), run('2', 'failed', { turns })])];
  const shown = (transcripts: 'none' | 'excerpt') =>
    parse(report(batches, { transcripts })).tests.map((one: { stdout?: string[] }) => one.stdout);
  expect(shown('excerpt')).toEqual([undefined, ['Agent: Hello.']]);
  expect(shown('none')).toEqual([undefined, undefined]);
});

test('the period of the tests runs from the creation of the first batch to the writing of the report', () => {
  const batches = [
    batch([run('1', 'passed')], { createdAt: 5000 }),
    batch([run('2', 'passed')], { createdAt: 4000 }),
  ];
  const period = (more: Partial<Report>) => {
    const { start, stop } = parse(report(batches, more)).summary;
    return { start, stop };
  };
  expect(period({ writtenAt: 9000, waitedMs: 1000 })).toEqual({ start: 4000, stop: 9000 });
  expect(period({ writtenAt: 9000, waitedMs: 8000 })).toEqual({ start: 1000, stop: 9000 });
  expect(period({ writtenAt: Number.NaN, waitedMs: 1e300 })).toEqual({ start: 0, stop: 0 });
});

test('any report at all makes a valid CTRF report that adds up and is never green', () => {
  fc.assert(
    fc.property(anyReport, (shown) => {
      const { summary, tests } = parse(shown);
      expect(summary).toMatchObject(countsOf(tests));
      expect(summary.failed).toBeGreaterThan(0);
      expect(tests.length).toBe(testSuites(shown).flatMap((suite) => suite.entries).length);
    }),
  );
});

test('flaky test cases passed with retries, tolerated ones are skipped with the reason', () => {
  const { summary, tests } = parse(EXAMPLES['red-everything']!);
  expect(summary).toMatchObject({ tests: 12, passed: 8, failed: 3, skipped: 1, flaky: 1, suites: 1 });
  const seen = tests.flatMap(({ name, status, flaky, retries, message }: Record<string, unknown>) =>
    flaky === true || status === 'skipped' ? [{ name, status, flaky, retries, message }] : [],
  );
  expect(seen).toEqual([
    {
      name: "Spells the caller's surname",
      status: 'skipped',
      message:
        'Quarantined until 2026-12-05 (mira-k): umlauts in transcription, VOICE-311. The agent wrote Mueller where the caller spelt Müller.',
    },
    { name: 'Books two siblings in one call', status: 'passed', flaky: true, retries: 2 },
  ]);
});
