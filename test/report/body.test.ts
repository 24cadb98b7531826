import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderBody } from '../../src/report/body.ts';
import { buildReport, type Report } from '../../src/report/report.ts';
import { rendered } from './rendered.ts';
import {
  BLAND_RUNS,
  batch,
  CREATED_AT,
  EXAMPLES,
  manyRuns,
  ORIGIN,
  RETELL_RUNS,
  reportOn,
  reportWith,
  run,
} from './reports.ts';
import { BASE, HISTORY, SECOND_EXAMPLES } from './second-reports.ts';

const ROOM = { max: 60_000, unit: 'characters' } as const;
const bodyOf = (report: Report): string => renderBody(report, ROOM);
const example = (name: string): Report => ({ ...EXAMPLES, ...SECOND_EXAMPLES })[name]!;
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
  ])('of %s whose the failures are, what they share and what to do stay', (name) => {
    const report = example(name);
    const [whose = ''] = bodyOf(report).split('\n');
    for (const max of LIMITS) {
      const body = renderBody(report, { max, unit: 'characters' });
      expect(body.length).toBeLessThanOrEqual(max);
      if (whose.startsWith('**')) expect(body.startsWith(whose)).toBe(true);
      expect(body).toContain('**Next:**');
      if (name === 'three-hundred' || name === 'forty-failures') {
        expect(body).toContain('| **Error:** Agent did not respond to consecutive user utterances |');
      }
    }
  });

  test('what was left out is said, and nothing is said where all is there', () => {
    for (const [name, report] of Object.entries({ ...EXAMPLES, ...SECOND_EXAMPLES })) {
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
          "conversations": 12,
          "onlyNames": 0,
          "passed": 0,
          "reasons": 12,
          "shortened": "30 names are left out",
        },
        {
          "conversations": 5,
          "onlyNames": 0,
          "passed": 0,
          "reasons": 12,
          "shortened": "the evidence of 7 test cases is cut; 30 names are left out",
        },
        {
          "conversations": 0,
          "onlyNames": 1,
          "passed": 0,
          "reasons": 11,
          "shortened": "the evidence of 1 test case is left out; that of 11 test cases is cut; 30 names are left out",
        },
        {
          "conversations": 0,
          "onlyNames": 7,
          "passed": 0,
          "reasons": 5,
          "shortened": "the evidence of 7 test cases is left out; that of 5 test cases is cut; 30 names are left out",
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

test('whatever the numbers and the room: whose, what they share and what to do stay, and names are lost only if that is said', () => {
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
      const whose = `${bad === 1 ? '1 test case passes' : `${bad} test cases pass`} on \`main\``;
      expect(body.includes(whose)).toBe(hasBase && bad > 0);
      expect(body.includes('| What they share |')).toBe(bad > 20);
      const isWhole = runs.every(
        ({ testCase }) => body.includes(testCase.name.replace("'", '&#39;')) || body.includes(testCase.name),
      );
      if (!isWhole) expect(body).toContain('Shortened');
    }),
    { numRuns: 60 },
  );
});

describe('the overview', () => {
  test('has each test case that is not simply passed, with what is known of it', () => {
    expect(linesWith(bodyOf(example('red-everything')), /^\|/)).toEqual([
      '| Test case | Passed here | Passed on `main` |',
      '| :- | :-: | :-: |',
      '| ❌ **New failure:** Declines to quote a price that is not published | 0/3 | 10/10 |',
      '| ❌ **New failure:** Offers another time when the slot is taken | 1/3 | 9/10 |',
      '| ⚠️ **Still erroring:** Transfers an angry caller to the office manager | 0/3 | 0/4 |',
      '| 🟡 **Flaky:** Books two siblings in one call | 2/3 | 8/10 |',
      "| ⏸️ **Quarantined** to 2026-12-05, mira-k: Spells the caller's surname | 0/1 | 2/10 |",
      '| ✅ **Fixed:** Takes a message after hours | 1/1 | 0/3 |',
    ]);
  });

  test('has no column for what is not known', () => {
    expect(linesWith(bodyOf(example('red-no-base')), /^\| Test/)).toEqual(['| Test case | Passed here |']);
    expect(linesWith(bodyOf(example('twelve-different')), /^\| Test/)).toEqual(['| Test case |']);
    expect(linesWith(bodyOf(example('compare-with')), /^\| Test/)).toEqual([
      '| Test case | Passed here | Passed on version 11 |',
    ]);
  });

  test('is left out where it would only repeat the headings', () => {
    expect(linesWith(bodyOf(example('retell-failed')), /^\|/)).toEqual([]);
    expect(linesWith(bodyOf(example('green-plain')), /^\|/)).toEqual([]);
  });

  test('of many failures has a line for what they share', () => {
    expect(linesWith(bodyOf(example('three-hundred')), /^\|/)).toEqual([
      '| What they share | Failed | New |',
      '| :- | :-: | :-: |',
      '| **Error:** Agent did not respond to consecutive user utterances | **214** | 214 |',
      '| **Tool failed:** `book_appointment_cal` answered `{"error":"slot_taken"}` | **52** | 41 |',
      '| Nothing: each has a reason of its own | **34** | 7 |',
    ]);
  });

  test('names what no longer runs', () => {
    const body = bodyOf(example('no-longer-run'));
    expect(body).toMatch(/^\*\*6 test cases of `main` were not run here\.\*\*/);
    expect(linesWith(body, /No longer run/)).toHaveLength(6);
  });
});

describe('failures', () => {
  test('are open newest first, and those that fail on the base as well are folded', () => {
    const body = bodyOf(example('red-everything'));
    expect(linesWith(body, /^### /)).toEqual([
      '### ❌ Declines to quote a price that is not published',
      '### ❌ Offers another time when the slot is taken',
    ]);
    expect(body).toContain(
      '<summary>⚠️ <b>Transfers an angry caller to the office manager</b>, fails on <code>main</code> as well</summary>',
    );
  });

  test('say when they first failed', () => {
    const stories = linesWith(bodyOf(example('red-everything')), /^(Failed all|Passed 1|Errored all)/);
    expect(stories.map((line) => line.replace(/\(.*?\)/g, ''))).toEqual([
      'Failed all 3 runs. First failed in the previous push, [`77be013`].',
      'Passed 1 of 3 runs. First failed in this push.',
      'Errored all 3 runs. First failed in [`c90d2ee`].',
    ]);
  });

  test.each([
    [[], 'First failed in this push.'],
    [[0, 2], 'Failed in 3 of the last 4 pushes.'],
    [[0], 'Failed in 2 of the last 4 pushes.'],
    [[0, 1, 2], 'Failed in each of the last 4 pushes.'],
  ])('that failed in the pushes %j before: %s', (failedIn, expected) => {
    const history = { ...HISTORY, failedPushIndices: new Map([['case-r', failedIn]]) };
    expect(bodyOf(reportOn([batch('b', [run('failed', 'r')])], { history }))).toContain(expected);
  });

  test('show the turns that the reason quotes, with the quotation in bold', () => {
    expect(bodyOf(example('one-run'))).toContain(
      "> **Caller:** Just give me a number.\\\n> **Agent:** It's **usually around $1,200**.\n",
    );
    expect(bodyOf(example('other-scripts'))).toContain('> **Agent:** はい、**十時半でお取りしました**。');
  });

  test('else the tool that failed and what follows', () => {
    expect(bodyOf(example('retell-tools'))).toContain(
      '> Tool `book_appointment_cal` failed: `{"error":"slot_taken"}`\\\n> **Agent:** You\'re booked',
    );
  });

  test('else the last turns', () => {
    const { silent } = RETELL_RUNS;
    expect(bodyOf(reportOn([batch('b', [silent])]))).toContain(
      '> **Caller:** You charged me twice! Get me a manager!\\\n> **Caller:** Hello?\\\n> **Caller:** Are you there?\n\n',
    );
  });

  test('show no conversation where it may not leave the provider', () => {
    const body = bodyOf(example('retell-public'));
    expect(body).not.toContain('Caller:');
    expect(body).not.toContain('book_appointment_cal failed');
    expect(body).toContain('The agent told the caller that a crown');
  });

  test('fold a long explanation after its first sentences', () => {
    const body = bodyOf(example('long-texts'));
    const [shown = ''] = linesWith(body, /^\*\*Why:\*\*/);
    expect(shown.length).toBeLessThan(340);
    expect(shown).toMatch(/by telephone\. …$/);
    expect(body).toContain('<summary>The whole reason, 2 criteria, whole conversation, run id</summary>');
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

  test('of several batches say which batch they belong to', () => {
    expect(bodyOf(example('two-batches'))).toContain(
      'Failed, run `test_job_e7e84fb3168f` of batch `test_batch_91f2c3b7d015`',
    );
  });

  test('whose quarantine has ended say so, with the owner as text', () => {
    expect(bodyOf(example('red-no-base'))).toContain(
      'Its quarantine ended on 2026-12-05 (owner: mira-k), so it counts again.',
    );
  });

  test('that share nothing are open only as far as a reader can take them in', () => {
    const body = bodyOf(example('twelve-different'));
    expect(linesWith(body, /^### /)).toHaveLength(3);
    expect(linesWith(body, /^<summary>(❌|⚠️) <b>/)).toHaveLength(9);
  });

  test('that share something have one example each and their names folded', () => {
    const body = bodyOf(example('three-hundred'));
    expect(linesWith(body, /^### /)).toEqual([
      '### ⚠️ 214 × Error: Agent did not respond to consecutive user utterances',
      '### ❌ 52 × Tool failed: `book_appointment_cal` answered `{"error":"slot_taken"}`',
      '### ❌ 34 failures with reasons of their own',
    ]);
    expect(linesWith(body, /^<summary>All/)).toEqual([
      '<summary>All 214 by name</summary>',
      '<summary>All 52 by name, new ones first</summary>',
    ]);
    expect(linesWith(body, /^<summary>❌/)).toEqual([
      '<summary>❌ 7 new, each with its reason</summary>',
      '<summary>❌ 27 that fail on <code>main</code> as well</summary>',
    ]);
  });
});

describe('what does not count', () => {
  test('is folded after a failure', () => {
    const body = bodyOf(example('red-everything'));
    expect(body).toContain('<summary>🟡 1 flaky, ⏸️ 1 quarantined</summary>');
    expect(body).toContain(
      '- 🟡 **Books two siblings in one call** failed once, then passed twice: Only one',
    );
    expect(body).toContain(
      "- ⏸️ **Spells the caller's surname** is not counted until 2026-12-05. Owner: mira-k. Reason: umlauts in transcription, VOICE-311",
    );
  });

  test('is what there is to read about where nothing failed', () => {
    expect(bodyOf(example('green-flaky'))).toContain(
      '<summary>🟡 <b>Books two siblings in one call</b> failed once, then passed twice</summary>',
    );
    expect(bodyOf(example('fail-on-new'))).toContain(
      '- ⏸️ **Offers another time when the slot is taken** is not counted: it does not pass on version 11 either.',
    );
  });
});

describe('what to do', () => {
  const nextOf = (name: string) => linesWith(bodyOf(example(name)), /^\*\*Next:\*\*/)[0]?.split(' To run')[0];

  test.each([
    [
      'red-everything',
      'fix the 2 new failures. The other one fails on `main` too: look for the cause there. If the judge got one wrong, change its criteria at Retell.',
    ],
    ['one-run', 'fix the failure. If the judge got one wrong, change its criteria at Retell.'],
    [
      'three-hundred',
      'find the cause that 214 failures share, then look at the other 86, of which 38 fail on `main` too.',
    ],
    ['too-many-flaky', 'look at the flaky test cases: make them reliable, or allow more with `max-flaky`.'],
    [
      'retell-timed-out',
      'see at Retell whether the batch is stuck; if it only needs longer, raise `timeout-minutes`.',
    ],
    ['unreadable-batch', 'do what the reason above says, then test again.'],
    ['retell-inconclusive', 'look for the missing runs at Retell, then test again with a new batch.'],
    [
      'retell-failed',
      'fix the failure and the error. If the judge got one wrong, change its criteria at Retell.',
    ],
    ['retell-cancelled', 'run it again: what was cancelled was not shown to pass.'],
  ])('about %s: %s', (name, expected) => {
    expect(nextOf(name)).toBe(`**Next:** ${expected}`);
  });

  test.each(['green-plain', 'green-flaky', 'retell-waiting'])('about %s is nothing', (name) => {
    expect(nextOf(name)).toBeUndefined();
  });
});

describe('what is known of the batches', () => {
  test('counts alone', () => {
    const body = bodyOf(
      reportOn([{ id: 'b', settled: true, announced: { total: 3, passed: 1, failed: 2 } }]),
    );
    expect(body).toContain("its runs were not read, the counts are the provider's");
  });

  test('runs that were announced and never listed', () => {
    const body = bodyOf(reportOn([batch('b', [RETELL_RUNS.booked], { announced: { total: 4 } })]));
    expect(body).toMatch(/^Batch b is inconsistent: 3 of 4 announced runs are missing\./);
    expect(body).not.toContain('%');
  });

  test('no batch at all', () => {
    expect(bodyOf(reportOn([], { origin: {} }))).toBe(
      'There was no batch to look at.\n\n---\n\n**Next:** do what the reason above says, then test again.\n\n<sub>Waited 1 min 27 s</sub>',
    );
  });

  test.each([
    [
      'passed',
      example('bland-passed'),
      'when this batch passes, so it may already be live even if this is never merged.',
    ],
    ['was cancelled', example('bland-cancelled'), 'when this batch passes.'],
  ])('a batch that publishes by itself and %s', (_what, report, expected) => {
    expect(bodyOf(report)).toContain(
      `**Publishes on pass:** Bland promotes the tested version to production automatically ${expected}\n`,
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
      expect(body).toMatch(/<sub>1 run · commit/);
      expect(body).toMatch(/ · batch `b`<\/sub>$/);
    }
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
  test('has the rate of the first runs with its interval, the rule, and the base', () => {
    const body = bodyOf(example('red-everything'));
    expect(body).toContain(
      '<sub>First runs: 7 of 12 passed, 58% (95% interval 32–81%). On `main`: 112 of 120, 93% (87–97%). Chance alone does not explain the drop.\\\nA test case whose first run did not pass needs 2 passes out of at most 3 runs. Compared with `main`, up to [`b7e21f0`](',
    );
    expect(body).toContain(
      '\n20 runs in 4 min 10 s, 8 of them re-runs · tested conversation-flow conversation_flow_3b21278178ed version 12 · batch `test_batch_7c1d90aa42e6`, created 2026-09-14 08:00 UTC · run again in `test_batch_7c1d90aa42e7`, `test_batch_7c1d90aa42e8`</sub>',
    );
  });

  test('has a line for each of several batches, and no time for those that this step started', () => {
    const started = { ...batch('b2', [RETELL_RUNS.moved]), createdAt: CREATED_AT };
    const report = reportOn([batch('b1', [RETELL_RUNS.booked])]);
    const batches = [...report.batches, { id: 'b2', batch: started, requestedTestCases: ['x'] }];
    expect(bodyOf({ ...report, batches })).toContain(
      '\\\nBatch `b1`, created 2026-09-14 08:00 UTC\\\nBatch `b2`</sub>',
    );
  });

  test.each(['retell-timed-out', 'retell-inconclusive', 'retell-cancelled', 'green-plain', 'retell-waiting'])(
    'has no rate for %s: it would mislead or say nothing',
    (name) => {
      expect(bodyOf(example(name))).not.toContain('%');
    },
  );

  test('says why there is no base, where somebody asked', () => {
    expect(bodyOf(example('red-no-base'))).toContain(
      'Not compared with a base: no merged pull request has a report of this gate.',
    );
    expect(bodyOf(example('retell-failed'))).not.toContain('ompared with');
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
      '1 run in 1 min 27 s · commit [`0a1b2c3`](https://github.com/bluewater/voice-agent/commit/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567) · [workflow run 57](https://github.com/bluewater/voice-agent/actions/runs/17654321098/attempts/2) · attempt 2',
    ],
    ['a commit alone', { commit: 'deadbeefcafe' }, '1 run in 1 min 27 s · commit `deadbee`'],
    [
      'a workflow run alone',
      { repositoryUrl: 'https://ghe.example/a/b', runId: 5 },
      '1 run in 1 min 27 s · [workflow run](https://ghe.example/a/b/actions/runs/5)',
    ],
    [
      'a commit that is none',
      { commit: ')](x', repositoryUrl: 'https://ghe.example/a/b' },
      '1 run in 1 min 27 s · commit [`)](x`](https://ghe.example/a/b/commit/\\)%5D\\(x)',
    ],
    [
      'nothing of a URL that is none',
      { commit: 'deadbeefcafe', repositoryUrl: 'javascript:alert(1)' },
      '1 run in 1 min 27 s · commit `deadbee`',
    ],
  ])('has %s', (_what, origin, expected) => {
    const body = bodyOf(reportOn([batch('b', [RETELL_RUNS.booked])], { origin }));
    expect(linesWith(body, /1 run in/)).toEqual([
      `<sub>${expected} · batch \`b\`, created 2026-09-14 08:00 UTC</sub>`,
    ]);
  });
});

test('conversations that may not be shown are in no part of the report', () => {
  const report = buildReport({ ...example('red-everything'), transcripts: 'none' });
  const summary = renderBody(report, { max: 1_000_000, unit: 'bytes' });
  expect(summary).not.toContain('Just give me a number');
  expect(summary).not.toContain('slot_taken');
});

test('test cases that were cancelled or have not ended come after those that failed', () => {
  const { booked, transferred, cancelCall, noStart, stopped } = BLAND_RUNS;
  const body = bodyOf(
    reportOn([batch('b', [booked, stopped, noStart, run('pending', 'p'), cancelCall, transferred])]),
  );
  const order = [cancelCall, noStart, stopped].map(({ testCase }) => testCase.name);
  expect([...body.matchAll(/^### \S+ (.*)$/gm)].map(([, name]) => name)).toEqual(order);
  expect(body.indexOf('⏳ 1 unfinished')).toBeGreaterThan(body.indexOf(order[2]!));
  expect(body.indexOf('✅ 2 more passed')).toBeGreaterThan(body.indexOf('⏳ 1 unfinished'));
});
