import { expect, test } from 'vitest';
import { colored, plain } from '../../src/cli/style.ts';
import { renderTerminalReport } from '../../src/cli/terminal-report.ts';
import type { Judgement } from '../../src/domain/verdict.ts';
import { buildReport } from '../../src/report/build-report.ts';
import type { Findings } from '../../src/report/report.ts';
import { placed, run, watched } from '../builders.ts';

const failed = run('failed', 'run-2', {
  testCase: { id: 'case-2', name: 'Quotes no price 日本語' },
  explanation: 'The agent said "usually around $1,200", which is a price.',
  assertions: [{ label: 'No price', result: 'failed', expected: 'none', actual: '$1,200' }],
  turns: [
    { kind: 'speech', speaker: 'caller', text: 'Just a number, please.' },
    { kind: 'speech', speaker: 'agent', text: "It's usually around $1,200." },
    { kind: 'speech', speaker: 'caller', text: 'Thanks.' },
  ],
});

function reportOn(judgement: Judgement, more: Partial<Findings> = {}) {
  return buildReport({
    ...{ name: 'Agent tests', providerTitle: 'Retell', writtenAt: 0, waitedMs: 61_000, judgement },
    ...{ batches: [watched('b1', [run('passed', 'run-1'), failed])], transcripts: 'excerpt', origin: {} },
    ...more,
  } as Parameters<typeof buildReport>[0]);
}

const red = reportOn(
  { verdict: 'failed', reason: '1 of 2 test cases failed.', notes: ['A note.'] },
  { subject: 'Front desk (agent_1, version 4)', started: { runs: 5, reruns: 3 } },
);

test('a failure: verdict first, then its reason and the turns that prove it, then counts', () => {
  expect(renderTerminalReport(red, { width: Number.POSITIVE_INFINITY, style: plain })).toBe(
    `✗ failed 1 of 2 test cases failed.
  A note.
  Tested: Front desk (agent_1, version 4)

✗ Failed: Quotes no price 日本語
    The agent said "usually around $1,200", which is a price.
    - No price: expected none, got $1,200
      Caller: Just a number, please.
      Agent: It's usually around $1,200.

2 test cases: 1 passed, 1 failed.
Started 5 runs, 3 of them again. Took 1 min 1 s.
Batch: b1
`,
  );
});

test('without an explanation the failed assertions are the reason, and are told once', () => {
  const { explanation: _, ...unexplained } = failed;
  const report = reportOn(
    { verdict: 'failed', reason: '1 of 1 test case failed.', notes: [] },
    { batches: [watched('b1', [unexplained])] },
  );
  expect(renderTerminalReport(report, { width: Number.POSITIVE_INFINITY, style: plain })).toContain(
    '日本語\n    - No price: expected none, got $1,200\n      Caller: ',
  );
});

test('a gate that only reports says so, and what the runs cost stands below how many there were', () => {
  const cost = { runs: 5, credits: { sum: 30, runs: 4 } };
  const report = { ...red, isReportOnly: true, cost, subjectNote: 'It is a draft.' };
  const text = renderTerminalReport(report, { width: Number.POSITIVE_INFINITY, style: plain });
  expect(text).toMatch(/^✗ failed \(report only\) 1 of 2 test cases failed\.\n/);
  expect(text).toContain('  Tested: Front desk (agent_1, version 4)\n  It is a draft.\n');
  expect(text).toContain(
    'Took 1 min 1 s.\nCost: at least 30 credits: the cost of 1 of 5 runs is unknown.\nBatch: b1\n',
  );
});

test('the batches of a comparison stand below those of the version under test', () => {
  const report = {
    ...red,
    comparedWith: 'version 11',
    comparisonBatches: placed([{ id: 'b2' }, { id: 'b3' }]),
  };
  expect(renderTerminalReport(report, { width: Number.POSITIVE_INFINITY, style: plain })).toContain(
    'Compared with version 11.\nBatch: b1\nBatches of the comparison: b2, b3\n',
  );
});

test('the same in 30 columns', () => {
  expect(renderTerminalReport(red, { width: 30, style: plain }).split('\n\n')[1]).toBe(
    `✗ Failed: Quotes no price
日本語
    The agent said "usually
    around $1,200", which is a
    price.
    - No price: expected none,
    got $1,200
      Caller: Just a number,
      please.
      Agent: It's usually
      around $1,200.`,
  );
});

test('colours are the 16 of the terminal, and end in the line in which they begin', () => {
  const text = renderTerminalReport(red, { width: 30, style: colored });
  const open = text.split('\n').filter((line) => {
    const codes = [...line.matchAll(/\[(\d+)m/g)].map(([, code]) => Number(code));
    return (
      codes.filter((code) => [22, 39].includes(code)).length <
      codes.filter((code) => code < 22 || (code > 29 && code < 38)).length
    );
  });
  expect(open).toEqual([]);
  expect(text).not.toMatch(/\[[34]8;/);
});

test('nothing of a name, a reason or a turn moves the cursor, reorders text or runs a command', () => {
  const evil = '::error::a\u001b[2J\u001b]0;t\u0007\u009b1m\u202eb\u2066\r\n::set-env name=x::y\u0000';
  const report = reportOn(
    { verdict: 'failed', reason: evil, notes: [evil] },
    {
      subject: evil,
      batches: [
        watched(evil, [
          run('failed', evil, {
            testCase: { id: 'x', name: evil },
            explanation: evil,
            turns: [{ kind: 'speech', speaker: 'agent', text: evil }],
          }),
        ]),
      ],
    },
  );
  for (const width of [20, 80, Number.POSITIVE_INFINITY]) {
    const text = renderTerminalReport(report, { width, style: plain });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(text).not.toMatch(/^\s*::/m);
  }
});

test('a refusal is called so', () => {
  const report = reportOn(
    { verdict: 'inconclusive', reason: 'No such agent.', notes: [], refusal: 'request' },
    { batches: [] },
  );
  expect(renderTerminalReport(report, { width: 80, style: plain })).toBe(
    '? refused No such agent.\n\nStarted no runs.\n',
  );
});
