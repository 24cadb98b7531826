import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch, WatchedBatch } from '../../src/domain/batch.ts';
import type { Run } from '../../src/domain/run.ts';
import { groupRunsByTestCase } from '../../src/domain/test-case.ts';
import { renderBody } from '../../src/report/body.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { renderJson } from '../../src/report/files/json.ts';
import type { Report, ReportOptions } from '../../src/report/report.ts';
import { causeOf } from '../../src/report/sections/cause.ts';
import { resultOf } from '../../src/report/sections/headline.ts';
import { EXAMPLES } from './examples.ts';
import { reportWith } from './hostile-reports.ts';
import { rendered } from './rendered.ts';
import {
  BASE,
  BLAND_RUNS,
  batch,
  CREATED_AT,
  HISTORY,
  manyRuns,
  ORIGIN,
  placed,
  RETELL_RUNS,
  reportOn,
  reportOnRounds,
  run,
} from './reports.ts';

const ROOM = { max: 60_000, unit: 'characters' } as const;
const bodyOf = (report: Report): string => renderBody(report, ROOM);
const example = (name: string): Report => EXAMPLES[name]!;
const linesWith = (body: string, pattern: RegExp): string[] =>
  body.split('\n').filter((line) => pattern.test(line));

describe('whatever the room', () => {
  const LIMITS = [1_500, 2_500, 4_000, 8_000, 16_000, 30_000, 60_000];

  test.each([
    'red-everything',
    'red-no-base',
    'three-hundred',
    'forty-failures',
    'compare-with',
    'twelve-different',
  ])('of %s what the failures share and what to do stay', (name) => {
    const report = example(name);
    const [first = ''] = bodyOf(report).split('\n');
    for (const max of LIMITS) {
      const body = renderBody(report, { max, unit: 'characters' });
      expect(body.length).toBeLessThanOrEqual(max);
      if (first.startsWith('**')) expect(body.startsWith(first)).toBe(true);
      expect(body).toContain('**Next:**');
      if (name === 'three-hundred' || name === 'forty-failures') {
        expect(body).toContain('| **Error:** Agent did not respond to consecutive user utterances |');
      }
    }
  });

  test('what was left out is said, and nothing is said where all is there', () => {
    for (const [name, report] of Object.entries(EXAMPLES)) {
      const whole = renderBody(report, { max: 1_000_000, unit: 'bytes' });
      expect([name, whole.includes('Shortened')]).toEqual([name, false]);
      const body = renderBody(report, { max: 3_000, unit: 'bytes' });
      if (body.length < whole.length - 200)
        expect([name, body]).toEqual([name, expect.stringContaining('Shortened')]);
    }
  });

  test('evidence goes before names, and names before conversations', () => {
    const { priced, booked } = RETELL_RUNS;
    const own = (index: number) => ({ ...priced, explanation: `Reason ${index} of its own.` });
    const report = reportOn([batch('b', [...manyRuns(12, own), ...manyRuns(30, () => booked)])]);
    const contentOf = (max: number) => {
      const body = renderBody(report, { max, unit: 'characters' });
      return {
        reasons: body.match(/\*\*Why:\*\*/g)?.length ?? 0,
        onlyNames: body.match(/^- ❌/gm)?.length ?? 0,
        conversations: body.match(/^> \*\*Agent:\*\* Thank you/gm)?.length ?? 0,
        passed: body.match(/^- Books a cleaning/gm)?.length ?? 0,
        shortened: /\*\*Shortened to fit GitHub's limit:\*\* (.*?)\. /.exec(body)?.[1],
      };
    };
    expect([60_000, 11_000, 8_000, 6_000, 4_500].map(contentOf)).toMatchInlineSnapshot(`
      [
        {
          "conversations": 12,
          "onlyNames": 0,
          "passed": 30,
          "reasons": 12,
          "shortened": undefined,
        },
        {
          "conversations": 10,
          "onlyNames": 0,
          "passed": 0,
          "reasons": 12,
          "shortened": "the evidence of 2 test cases is cut; 30 names are left out",
        },
        {
          "conversations": 3,
          "onlyNames": 0,
          "passed": 0,
          "reasons": 12,
          "shortened": "the evidence of 9 test cases is cut; 30 names are left out",
        },
        {
          "conversations": 0,
          "onlyNames": 0,
          "passed": 0,
          "reasons": 12,
          "shortened": "the evidence of 12 test cases is cut; 30 names are left out",
        },
        {
          "conversations": 0,
          "onlyNames": 8,
          "passed": 0,
          "reasons": 4,
          "shortened": "the evidence of 8 test cases is left out; that of 4 test cases is cut; 30 names are left out",
        },
      ]
    `);
  });

  test.each([
    [
      'in a report file',
      { reportFile: 'out/report.json' },
      'characters',
      'Every run is in the report file `out/report.json`.',
    ],
    ['in the summary', {}, 'characters', 'The job summary of [workflow run 57]('],
    ['at the provider', {}, 'bytes', 'Retell has the rest, under the batch id below.'],
  ] as const)('the rest is %s', (_where, more, unit, expected) => {
    const report = { ...example('twelve-different'), ...more };
    expect(renderBody(report, { max: 4_000, unit })).toContain(expected);
  });

  test('the least room has the reason, as much of it as fits', () => {
    const report = example('unreadable-batch');
    expect(renderBody(report, { max: 400, unit: 'characters' })).toMatch(
      /^Batch test_batch_unknown could not/,
    );
    expect(renderBody(report, { max: 5, unit: 'characters' })).toBe('');
  });

  test.each(['bytes', 'characters'] as const)(
    'it is within any limit of %s, and no markup is cut',
    (unit) => {
      const reports = [
        reportWith(() => 'zażółć 你好 @x <b> `*|'),
        example('two-batches'),
        example('bland-waiting'),
        example('red-everything'),
        example('forty-failures'),
      ];
      for (const one of reports) {
        for (let max = 0; max < 8_000; max += 333) {
          const body = renderBody(one, { max, unit });
          expect(unit === 'bytes' ? Buffer.byteLength(body) : body.length).toBeLessThanOrEqual(max);
          expect(body.match(/<details/g)?.length).toBe(body.match(/<\/details>/g)?.length);
          expect(body.match(/<sub>/g)?.length).toBe(body.match(/<\/sub>/g)?.length);
        }
      }
    },
  );

  test('very many batches are counted', () => {
    const batches = Array.from({ length: 400 }, (_, index) =>
      batch(`test_batch_${index}`, [RETELL_RUNS.priced]),
    );
    expect(bodyOf(reportOn(batches))).toContain('And 350 more batches');
  });
});

test('whatever the numbers and the room: what they share and what to do stay, and names are lost only if that is said', () => {
  const count = fc.nat(45);
  const numbers = fc.record({
    errored: count,
    failed: count,
    own: count,
    passed: fc.nat(80),
    hasBase: fc.boolean(),
    max: fc.integer({ min: 2_000, max: 60_000 }),
    unit: fc.constantFrom('bytes' as const, 'characters' as const),
  });
  fc.assert(
    fc.property(numbers, ({ errored, failed, own, passed, hasBase, max, unit }) => {
      const { silent, priced, doubleBooked, booked } = RETELL_RUNS;
      const runs = [
        ...manyRuns(errored, () => silent),
        ...manyRuns(failed, () => doubleBooked),
        ...manyRuns(own, (index) => ({ ...priced, explanation: `Reason ${index}.`, turns: [] })),
        ...manyRuns(passed, () => booked),
      ];
      const before = { name: '', outcome: 'passed', passes: 3, runs: 3 } as const;
      const base = { ...BASE, cases: new Map(runs.map(({ testCase }) => [testCase.id!, before])) };
      const report = reportOn([batch('b', runs)], hasBase ? { base } : {});
      const body = renderBody(report, { max, unit });
      const bad = errored + failed + own;

      expect(unit === 'bytes' ? Buffer.byteLength(body) : body.length).toBeLessThanOrEqual(max);
      expect(body.includes('**Next:**')).toBe(report.judgement?.verdict !== 'passed');
      expect(body.includes('| What they share |')).toBe(bad > 20);
      const isWhole = runs.every(
        ({ testCase }) => body.includes(testCase.name.replace("'", '&#39;')) || body.includes(testCase.name),
      );
      if (!isWhole) expect(body).toContain('Shortened');
    }),
    { numRuns: 60 },
  );
});

test('the overview is left out where one test case no longer runs and nothing else is to be said: a sentence names it', () => {
  const { booked, moved } = RETELL_RUNS;
  const [kept, gone] = [booked, moved].map(({ testCase }) => ({
    id: testCase.id ?? '',
    before: { name: testCase.name, outcome: 'passed', passes: 1, runs: 1 } as const,
  }));
  const cases = new Map([kept, gone].map((one) => [one!.id, one!.before]));
  expect(bodyOf(reportOn([batch('b', [booked])], { base: { ...BASE, cases } }))).toMatch(
    /^\*\*1 test case that `main` runs was not run here:\*\* Moves an existing appointment\.\n/,
  );
});

describe('failures', () => {
  test.each([
    [[], 'First failed in this push.'],
    [[0, 2], 'Failed in 3 of the last 4 pushes.'],
    [[0], 'Failed in 2 of the last 4 pushes.'],
    [[0, 1, 2], 'Failed in each of the last 4 pushes.'],
  ])('that failed in the pushes %j before: %s', (failedIn, expected) => {
    const history = { ...HISTORY, failedPushIndices: new Map([['case-r', failedIn]]) };
    expect(bodyOf(reportOn([batch('b', [run('failed', 'r')])], { history }))).toContain(expected);
  });

  test.each([
    [100, undefined, 'The test case was edited since `main`: the failure may come from that edit.'],
    [200, undefined, undefined],
    [100, 150, 'The test case was edited since the last push: the failure may come from that edit.'],
  ])('whose test case was edited: %s on the base, %s in the last push', (onBase, inPush, expected) => {
    const failed = run('failed', 'r', { testCase: { id: 'c', name: 'C', revision: 200_000 } });
    const cases = new Map([
      ['c', { name: 'C', outcome: 'passed', passes: 1, runs: 1, revision: onBase * 1_000 } as const],
    ]);
    const revisions = new Map(inPush === undefined ? [] : [['c', inPush * 1_000] as const]);
    const body = bodyOf(
      reportOn([batch('b', [failed])], { base: { ...BASE, cases }, history: { ...HISTORY, revisions } }),
    );
    if (expected === undefined) expect(body).not.toContain('was edited');
    else expect(body).toContain(expected);
  });

  test('show where a conversation went', () => {
    const turns = [
      { kind: 'transition', from: 'Greeting', to: 'Booking' },
      { kind: 'transition', to: 'End' },
    ] as const;
    expect(bodyOf(reportOn([batch('b', [run('failed', 'r', { turns })])]))).toContain(
      '> Node: Greeting → Booking\\\n> Node: → End',
    );
  });

  test('say that there is no reason when there is none', () => {
    expect(bodyOf(reportOn([batch('b', [run('failed', 'r', { explanation: ' ' })])]))).toContain(
      '### ❌ Case r\n\nRetell gave no reason.\n\n<sub>Failed, run `r`</sub>',
    );
  });

  test('run 2 of a repeated test case was said to be of the first batch: each run has its own', () => {
    const batches = ['B1', 'B2', 'B3'].map((id, index) => ({
      ...{ id, round: 1, batchIndex: 0 },
      batch: batch(id, [{ ...RETELL_RUNS.priced, id: `run_${index + 1}` }]),
    }));
    const body = bodyOf(reportOn(batches, { rule: { kind: 'repeat', need: 3, of: 5 } }));
    expect(linesWith(body, /^\*\*Run \d/)).toEqual([
      '**Run 1:** failed, run `run_1` of batch `B1`',
      '**Run 2:** failed, run `run_2` of batch `B2`',
      '**Run 3:** failed, run `run_3` of batch `B3`',
    ]);
  });

  test('of an excerpt show the proving turns open and of other runs folded, and no whole conversation', () => {
    const { priced } = RETELL_RUNS;
    const other = { ...priced, id: 'run_2', explanation: 'It asked "How much is a crown?" itself.' };
    const batches = [priced, other].map((one, index) => ({
      ...{ id: `B${index + 1}`, round: 1, batchIndex: 0 },
      batch: batch(`B${index + 1}`, [one]),
    }));
    const body = bodyOf(
      reportOn(batches, { transcripts: 'excerpt', rule: { kind: 'repeat', need: 2, of: 3 } }),
    );
    expect(linesWith(body, /^> \*\*/)).toEqual([
      '> **Caller:** Just give me a number.\\',
      "> **Agent:** It's **usually around $1,200**.",
      '> **Agent:** Thank you for calling Bluewater Dental, how can I help?\\',
      '> **Caller:** **How much is a crown**?',
    ]);
    expect(body).toContain('<summary>2 criteria, run ids</summary>');
  });
});

describe('what to do', () => {
  const nextIn = (report: Report) => linesWith(bodyOf(report), /^\*\*Next:\*\*/)[0];

  test('about a start whose answer was lost is to look for the batch', () => {
    const report = reportOn([], { started: { runs: 3, reruns: 0 } });
    expect(nextIn(report)).toMatch(
      /^\*\*Next:\*\* look at Retell for a batch that was started at that time\. If there is one, give its id as `batch-id`; if not, test again\. /,
    );
  });

  test('about failures that all fail on the base too is to look there', () => {
    const before = { name: 'Case r', outcome: 'failed', passes: 0, runs: 3 } as const;
    const base = { ...BASE, cases: new Map([['case-r', before]]) };
    expect(nextIn(reportOn([batch('b', [run('failed', 'r')])], { base }))).toMatch(
      /^\*\*Next:\*\* look for the cause on `main`: it fails there too\. /,
    );
  });

  test('tests again on the page of the job, of a batch that was given only if the job starts it', () => {
    const report = reportOn([batch('b', [run('failed', 'r')])]);
    const selected = { count: 1, outOf: 1 };
    const again = `[Re-run the failed job](${ORIGIN.jobUrl}) to test again`;
    expect(nextIn({ ...report, selected })?.endsWith(`${again}.`)).toBe(true);
    expect(nextIn(report)?.endsWith(`${again}, if that job starts the batch.`)).toBe(true);
    expect(nextIn({ ...report, origin: { ...ORIGIN, jobUrl: undefined } })).toContain(
      '[Re-run the failed job](https://github.com/bluewater/voice-agent/actions/runs/17654321098) to',
    );
    expect(nextIn({ ...report, origin: {} })).not.toContain('Re-run');
  });
});

describe('what is known of the batches', () => {
  test('counts alone', () => {
    const body = bodyOf(
      reportOn([{ id: 'b', settled: true, announced: { total: 3, passed: 1, failed: 2 } }]),
    );
    expect(body).toContain("its runs were not read, the counts are the provider's");
  });

  test('no batch at all', () => {
    expect(bodyOf(reportOn([], { origin: {} }))).toBe(
      'There was no batch to look at.\n\n---\n\n**Next:** correct what is named above, then test again.\n\n<sub>Waited 1 min 27 s</sub>',
    );
  });

  test('a refusal: a re-run uses the old files, so a correction of them is pushed', () => {
    expect(bodyOf(reportOn([]))).toMatch(
      /\*\*Next:\*\* correct what is named above, and push it if it is in a file\. \[Re-run the failed job\]\(\S+\) if it is not\.\n/,
    );
  });

  test('a batch is linked to its page at the provider, where the provider gives its address', () => {
    const url = 'https://dashboard.vapi.ai/simulations/runs/1';
    const body = bodyOf(reportOn([batch('b', [RETELL_RUNS.booked], { url })]));
    expect(body).toContain(`batch [\`b\`](${url})`);
  });

  test('times that no calendar has are left out', () => {
    for (const createdAt of [Number.NaN, 1e300, -1e15, Number.POSITIVE_INFINITY]) {
      const odd = { ...RETELL_RUNS.booked, createdAt, durationMs: createdAt };
      const body = bodyOf(reportOn([batch('b', [odd], { createdAt })], { waitedMs: createdAt }));
      expect(body).toContain('- Books a cleaning for next Tuesday\n');
      expect(body).toMatch(/<sub>1 run · \[this job\]/);
      expect(body).toMatch(/ · batch `b`<\/sub>\n\n<\/details>$/);
    }
  });
});

describe('broken tests', () => {
  test('are labelled in the overview', () => {
    const { priced, booked } = RETELL_RUNS;
    const testFaults = ['no mock matched'];
    const report = reportOn(
      [
        batch('b', [
          { ...priced, testFaults },
          { ...booked, testFaults },
        ]),
      ],
      { base: BASE },
    );
    expect(linesWith(bodyOf(report), /^\| [❌🔧]/u)).toEqual([
      '| ❌ **New failure**, broken test: Declines to quote a price that is not published | 0/1 | 10/10 |',
      '| 🔧 **Passed, broken test:** Books a cleaning for next Tuesday | 1/1 | 10/10 |',
    ]);
  });
});

describe('runs that prove nothing are unfinished, and heading, reason and advice say why', () => {
  const { booked } = RETELL_RUNS;
  const started = (runs: readonly Run[], more: Partial<WatchedBatch> = {}): WatchedBatch => ({
    ...{ id: 'b', round: 1, batchIndex: 0 },
    batch: batch('b', runs),
    requestedTestCases: [booked.testCase.id ?? ''],
    ...more,
  });
  const empty = run('pending', 'r', {
    unproven: { kind: 'not-evaluated', why: 'none of its evaluations ran' },
  });

  test.each<
    [string, readonly (Batch | WatchedBatch)[], Record<'heading' | 'reason' | 'item' | 'next', string>]
  >([
    [
      'nothing was evaluated',
      [batch('b', [booked, empty])],
      {
        heading: 'nothing was evaluated',
        reason: 'Nothing was evaluated in 1 test case (none of its evaluations ran): Case r.',
        item: 'Case r, proves nothing: none of its evaluations ran',
        next: 'give these test cases an evaluation that runs in this mode at Retell, then test again.',
      },
    ],
    [
      'the batch tested something else',
      [started([booked], { mismatch: 'it tested version 11, and version 12 was asked for' })],
      {
        heading: 'something else was tested',
        reason: 'Batch b is not what this step started: it tested version 11, and version 12 was asked for.',
        item: `${booked.testCase.name}, proves nothing: it tested version 11, and version 12 was asked for`,
        next: 'test again with a new batch. If it tests something else again, ask Retell.',
      },
    ],
    [
      'so did a batch that lists no run',
      [started([], { mismatch: 'it tested version 11, and version 12 was asked for' })],
      {
        heading: 'something else was tested',
        reason: 'Batch b is not what this step started: it tested version 11, and version 12 was asked for.',
        item: '',
        next: 'test again with a new batch. If it tests something else again, ask Retell.',
      },
    ],
    [
      'one run stands in two batches',
      [batch('b', [booked]), batch('c', [booked])],
      {
        heading: 'a run stands more than once',
        reason: `Batch b is inconsistent: run ${booked.id} stands more than once in this step.`,
        item: `${booked.testCase.name}, proves nothing: its id stands more than once in this step`,
        next: 'see at Retell which batch these runs belong to, then test again with a new one.',
      },
    ],
    [
      'a run names no test case',
      [started([booked, { ...run('passed', 'r'), testCase: { id: undefined, name: 'r' } }])],
      {
        heading: 'a run names no test case',
        reason: 'Batch b is inconsistent: 1 of its runs names no test case.',
        item: 'r, proves nothing: it names no test case',
        next: 'see at Retell which test case was run, then test again with a new batch.',
      },
    ],
  ])('%s', (_, batches, { heading, reason, item, next }) => {
    const report = reportOn(batches);
    const body = bodyOf(report);
    expect(resultOf(report)).toBe(`inconclusive, ${heading}`);
    expect(report.judgement?.reason).toBe(reason);
    expect(body).toContain(item === '' ? reason : `- ${item}`);
    expect(body).toContain(`**Next:** ${next}`);
  });

  test('an empty pass of a test case that does not count is not the cause', () => {
    const cases = groupRunsByTestCase(placed([{ id: 'b', batch: batch('b', [booked, empty]) }]));
    const excused = cases.map((result) => ({
      ...result,
      isExcusedByComparison: result.outcome === 'unfinished',
    }));
    expect(causeOf(reportOn([batch('b', [booked, empty])], { cases: excused }))).toBe('other');
  });
});

test('all passed and one of them failed on the base: it is in the report, as fixed', () => {
  const { booked } = RETELL_RUNS;
  const before = { name: booked.testCase.name, outcome: 'failed', passes: 0, runs: 2 } as const;
  const report = reportOn([batch('b', [booked, { ...RETELL_RUNS.spanish, status: 'passed' }])], {
    base: { ...BASE, cases: new Map([[booked.testCase.id ?? '', before]]) },
  });
  expect(bodyOf(report)).toContain('| ✅ **Fixed:** Books a cleaning for next Tuesday | 1/1 | 0/2 |');
});

describe('while it waits', () => {
  test('the report says for which commit, and does not change with time alone', () => {
    const report = example('retell-waiting');
    const body = bodyOf(report);
    expect(body).toMatch(/^Waiting for the batch to end, for commit \[`0a1b2c3`\]\(.*?\)\.\n/);
    expect(bodyOf({ ...report, waitedMs: 600_000, writtenAt: CREATED_AT + 600_000 })).toBe(body);
  });
});

describe('the footer', () => {
  const footerOf = (report: Report) => linesWith(bodyOf(report), /^<sub>.*<\/sub>$/)[0];

  test('the choice of the version is said in the details, and not before what was found', () => {
    const subjectNote = 'The latest version, 5, is a draft that is not published.';
    const report = { ...example('red-everything'), subjectNote };
    const body = bodyOf(report);
    expect(body.match(/is a draft/g)).toHaveLength(1);
    expect(body.indexOf(subjectNote)).toBeGreaterThan(body.indexOf('Details</sub>'));
    expect(JSON.parse(renderJson(report)).notes).toContain(subjectNote);
  });

  test('says the version beside a name, and of a target without a name the whole subject', () => {
    const named = { ...example('green-plain'), targetVersion: 'version 12' };
    expect(footerOf(named)).toContain(' · Front desk, version 12 · ');
    expect(footerOf({ ...named, targetName: undefined })).toContain(
      ' · Front desk (agent_7d0c55, version 12): conversation-flow conversation_flow_3b21278178ed version 12 · ',
    );
    expect(footerOf(example('retell-failed'))).toContain(
      ' · conversation-flow conversation_flow_3b21278178ed version 12 · ',
    );
  });

  test.each([
    ['nothing was started', undefined, '1 run in 1 min 27 s'],
    ['this step started all', { runs: 1, reruns: 0 }, '1 run in 1 min 27 s'],
    ['this step repeated some', { runs: 1, reruns: 1 }, '1 run, 1 of them to confirm, in 1 min 27 s'],
    ['more were started than seen', { runs: 5, reruns: 2 }, '5 runs started, 1 seen, in 1 min 27 s'],
    ['fewer were started than seen', { runs: 0, reruns: 0 }, '1 run, 0 of them started here, in 1 min 27 s'],
  ])('where %s counts runs', (_what, started, expected) => {
    const report = reportOn([batch('b', [RETELL_RUNS.booked])], { started, origin: {} });
    expect(footerOf(report)).toBe(`<sub>${expected}</sub>`);
  });

  test('with repeat counts runs and not what they confirm, and of what passed says how many runs did', () => {
    const { booked } = RETELL_RUNS;
    const rounds = ['run_1', 'run_2'].map((id) => [{ ...booked, id }]);
    const rule = { kind: 'repeat', need: 2, of: 3 } as const;
    const report = reportOnRounds(rounds, { rule, started: { runs: 2, reruns: 1 } });
    expect(footerOf(report)).toMatch(/^<sub>2 runs in 4 min 10 s · /);
    expect(bodyOf(report)).toContain('<summary>✅ 1 passed</summary>');
    expect(bodyOf(report)).toContain('next Tuesday, 2 of 2 runs\n');
  });

  test('has the workflow run where the job is not known, and nothing of a page that is not known', () => {
    const origin = { ...ORIGIN, jobUrl: undefined, wordsUrl: undefined };
    expect(footerOf(reportOn([batch('b', [RETELL_RUNS.booked])], { origin }))).toBe(
      '<sub>1 run in 1 min 27 s · [workflow run 57](https://github.com/bluewater/voice-agent/actions/runs/17654321098/attempts/1)</sub>',
    );
  });
});

describe('the details', () => {
  const detailsOf = (report: Report): string[] => {
    const [, details = ''] =
      /<sub>Details<\/sub><\/summary>\n\n<sub>([\s\S]*?)<\/sub>/.exec(bodyOf(report)) ?? [];
    return details.split('\\\n');
  };

  test('have a line for each of several batches, and no time for those that this step started', () => {
    const started = { ...batch('b2', [RETELL_RUNS.moved]), createdAt: CREATED_AT };
    const report = reportOn([batch('b1', [RETELL_RUNS.booked])]);
    const batches = [
      ...report.batches,
      { id: 'b2', round: 1, batchIndex: 1, batch: started, requestedTestCases: ['x'], isAdopted: true },
    ];
    expect(detailsOf({ ...report, batches }).slice(1)).toEqual([
      'Batch `b1`, created 2026-09-14 08:00 UTC',
      'Batch `b2` · found in the lists of Retell after its start got no answer',
    ]);
  });

  test('keeps to the base that was compared, whatever it is called', () => {
    const report = reportOn([batch('b', [RETELL_RUNS.priced])], {
      base: { ...BASE, branch: 'feature/@octocat|#1<b>' },
    });
    expect(rendered(bodyOf(report)).text).not.toMatch(/@octocat|#1/);
  });

  test.each([
    [
      'everything',
      { ...ORIGIN, runAttempt: 2 },
      'Commit [`0a1b2c3`](https://github.com/bluewater/voice-agent/commit/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567) · attempt 2 · [workflow run 57](https://github.com/bluewater/voice-agent/actions/runs/17654321098/attempts/2) · batch',
    ],
    ['a commit alone', { commit: 'deadbeefcafe' }, 'Commit `deadbee` · batch'],
    ['a workflow run alone', { repositoryUrl: 'https://ghe.example/a/b', runId: 5 }, 'Batch'],
    [
      'a commit that is none',
      { commit: ')](x', repositoryUrl: 'https://ghe.example/a/b' },
      'Commit [`)](x`](https://ghe.example/a/b/commit/\\)%5D\\(x) · batch',
    ],
    [
      'nothing of a URL that is none',
      { commit: 'deadbeefcafe', repositoryUrl: 'javascript:alert(1)' },
      'Commit `deadbee` · batch',
    ],
  ])('have %s', (_what, origin, expected) => {
    expect(detailsOf(reportOn([batch('b', [RETELL_RUNS.booked])], { origin }))).toEqual([
      `${expected} \`b\`, created 2026-09-14 08:00 UTC`,
    ]);
  });
});

test('conversations that may not be shown are in no part of the report', () => {
  const report = buildReport({ ...example('red-everything'), transcripts: 'none' });
  const summary = renderBody(report, { max: 1_000_000, unit: 'bytes' });
  expect(summary).not.toContain('Just give me a number');
  expect(summary).not.toContain('slot_taken');
});

test.each([
  ['public', 'since this repository is public: set'],
  ['unknown', 'since nothing says whether this repository is public: set'],
] as const)(
  'where the visibility is %s the details say why a failure has no conversation',
  (visibility, why) => {
    const hidden = { transcripts: 'none', withheldFor: visibility } as const;
    const lines = (runs: readonly Run[], options: Partial<ReportOptions>) =>
      linesWith(bodyOf(reportOn([batch('b', [...runs])], options)), /Conversations are left out/);
    const { booked, priced } = RETELL_RUNS;
    expect(lines([booked, priced], hidden)).toEqual([expect.stringContaining(why)]);
    expect(lines([booked], hidden)).toEqual([]);
    expect(lines([booked, priced], { transcripts: 'none' })).toEqual([]);
  },
);

test('test cases that were cancelled or have not ended come after those that failed', () => {
  const { booked, transferred, cancelCall, noStart, stopped } = BLAND_RUNS;
  const body = bodyOf(
    reportOn([batch('b', [booked, stopped, noStart, run('pending', 'p'), cancelCall, transferred])]),
  );
  const order = [cancelCall, noStart, stopped].map(({ testCase }) => testCase.name);
  expect([...body.matchAll(/^### \S+ (.*)$/gm)].map(([, name]) => name)).toEqual(order);
  expect(body.indexOf('⏳ 1 unfinished')).toBeGreaterThan(body.indexOf(order[2]!));
  expect(body.indexOf('✅ 2 passed')).toBeGreaterThan(body.indexOf('⏳ 1 unfinished'));
});
