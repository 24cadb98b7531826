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

const ROOM = { max: 60_000, unit: 'characters' } as const;
const bodyOf = (report: Report): string => renderBody(report, ROOM);

/** What of a report is left in a body. */
function contentOf(body: string) {
  return {
    inFull: body.match(/^#### /gm)?.length ?? 0,
    byName: body.match(/^- [❌⚠🚫]/gmu)?.length ?? 0,
    turns: body.match(/^> /gm)?.length ?? 0,
    passedByName: body.includes('- Books a cleaning'),
    shortened: /\*\*Shortened to fit GitHub's limit:\*\* (.*)/.exec(body)?.[1],
  };
}

describe('what does not fit', () => {
  const { booked, priced } = RETELL_RUNS;
  const talkative = {
    ...priced,
    explanation: 'It states a price. '.repeat(100),
    turns: [...priced.turns, ...priced.turns],
  };
  const report = reportOn([
    batch('test_batch_1', [...manyRuns(20, () => talkative), ...manyRuns(30, () => booked)]),
  ]);
  const whereElse =
    'The job summary of [workflow run 57](https://github.com/bluewater/voice-agent/actions/runs/17654321098/attempts/1) has more.';

  test.each([
    [60_000, { inFull: 20, byName: 0, turns: 160, passedByName: true, shortened: undefined }],
    [
      40_000,
      {
        inFull: 20,
        byName: 0,
        turns: 120,
        passedByName: true,
        shortened: `explanations are cut to 1000 characters and conversations to their last 6 turns. ${whereElse}`,
      },
    ],
    [
      20_000,
      {
        inFull: 20,
        byName: 0,
        turns: 60,
        passedByName: true,
        shortened: `explanations are cut to 300 characters and conversations to their last 3 turns. ${whereElse}`,
      },
    ],
    [
      17_000,
      {
        inFull: 20,
        byName: 0,
        turns: 60,
        passedByName: false,
        shortened: `explanations are cut to 300 characters and conversations to their last 3 turns; test cases that passed or have not finished are only counted. ${whereElse}`,
      },
    ],
    [
      5_200,
      {
        inFull: 4,
        byName: 16,
        turns: 12,
        passedByName: false,
        shortened: `explanations are cut to 300 characters and conversations to their last 3 turns; 4 of the 20 test cases that did not pass are shown with their evidence, 16 by name; test cases that passed or have not finished are only counted. ${whereElse}`,
      },
    ],
    [
      1_550,
      {
        inFull: 0,
        byName: 10,
        turns: 0,
        passedByName: false,
        shortened: `none of the 20 test cases that did not pass are shown with their evidence, 10 by name, 10 only counted; test cases that passed or have not finished are only counted. ${whereElse}`,
      },
    ],
    [
      800,
      {
        inFull: 0,
        byName: 0,
        turns: 0,
        passedByName: false,
        shortened: `only the verdict is shown. ${whereElse}`,
      },
    ],
  ])('within %i characters is left out by steps, and said', (max, expected) => {
    const body = renderBody(report, { max, unit: 'characters' });

    expect(body.length).toBeLessThanOrEqual(max);
    expect(body).toMatch(/^20 of 50 test cases failed\.\\\n60% passed · batch created 2026-09-14 08:00 UTC/);
    expect(contentOf(body)).toEqual(expected);
  });

  test('is in the report file, if there is one', () => {
    const body = renderBody(
      { ...report, reportFile: 'out/report.json' },
      { max: 20_000, unit: 'characters' },
    );
    expect(body).toContain('last 3 turns. Every run is in the report file `out/report.json`.');
  });

  test('of a summary is at the provider', () => {
    const body = renderBody(report, { max: 20_000, unit: 'bytes' });
    expect(body).toContain('last 3 turns. Retell has the rest, under the batch id below.');
  });

  test('is never a conversation where there is none', () => {
    const body = renderBody(buildReport({ ...report, transcripts: 'none' }), {
      max: 20_000,
      unit: 'characters',
    });
    expect(contentOf(body)).toMatchObject({
      inFull: 20,
      turns: 0,
      shortened: `explanations are cut to 300 characters. ${whereElse}`,
    });
  });

  test('says so even when only one text is too long for any room', () => {
    const one = reportOn([batch('b', [{ ...priced, explanation: 'x'.repeat(10_000) }])]);
    expect(contentOf(bodyOf(one)).shortened).toBe(
      `explanations are cut to 4000 characters and conversations to their last 8 turns. ${whereElse}`,
    );
  });

  test('in the least room is all but the reason', () => {
    expect(renderBody(report, { max: 60, unit: 'characters' })).toBe('20 of 50 test cases failed.');
    expect(renderBody(report, { max: 5, unit: 'characters' })).toBe('');
  });

  test.each(['bytes', 'characters'] as const)(
    'stays within any limit of %s, and no markup is cut',
    (unit) => {
      const reports = [
        report,
        reportWith(() => 'zażółć 你好 @x <b> `*|'),
        EXAMPLES['two-batches']!,
        EXAMPLES['bland-waiting']!,
      ];
      for (const one of reports) {
        for (let max = 0; max < 8_000; max += 111) {
          const body = renderBody(one, { max, unit });
          expect(unit === 'bytes' ? Buffer.byteLength(body) : body.length).toBeLessThanOrEqual(max);
          expect(body.match(/<details/g)?.length).toBe(body.match(/<\/details>/g)?.length);
          expect(body.match(/<sub>/g)?.length).toBe(body.match(/<\/sub>/g)?.length);
        }
      }
    },
  );

  test('of very many batches is said, too', () => {
    const batches = Array.from({ length: 400 }, (_, index) => batch(`test_batch_${index}`, [priced]));
    const body = renderBody(reportOn(batches), ROOM);
    expect(body).toMatch(
      /none of the 400 test cases that did not pass are shown with their evidence, \d+ by name, \d+ only counted/,
    );
    expect(body).toContain('and 350 more batches');
  });
});

describe('runs that did not pass', () => {
  test('come first, the worst kind before the others', () => {
    const { booked, transferred, cancelCall, noStart, stopped } = BLAND_RUNS;
    const body = bodyOf(
      reportOn([batch('b', [booked, stopped, noStart, run('pending', 'p'), cancelCall, transferred])]),
    );
    const order = [cancelCall, noStart, stopped].map(({ testCase }) => testCase.name);
    expect([...body.matchAll(/^#### \S+ (.*)$/gm)].map(([, name]) => name)).toEqual(order);
    expect(body.indexOf('1 unfinished test case')).toBeGreaterThan(body.indexOf(order[2]!));
    expect(body.indexOf('2 test cases passed')).toBeGreaterThan(body.indexOf('1 unfinished test case'));
  });

  test('are open with all their evidence when there are few', () => {
    const body = bodyOf(EXAMPLES['retell-tools']!);
    expect(body).toContain('<details open>\n<summary>The last 8 of 11 turns</summary>');
    expect(body).toContain('> Tool failed: `{"error":"slot_taken"}`\\\n> **Agent:** You\'re booked');
  });

  test('show why and fold the evidence when there are many', () => {
    const body = bodyOf(EXAMPLES['twelve-runs']!);
    expect(body.match(/^\*\*(Why|Error):\*\*/gm)).toHaveLength(6);
    expect(body.match(/<summary>Criteria, conversation, run id<\/summary>/g)).toHaveLength(4);
    expect(body).not.toContain('<details open>');
  });

  test('show no conversation where it may not leave the provider', () => {
    const body = bodyOf(EXAMPLES['retell-public']!);
    expect(body).not.toContain('Caller:');
    expect(body).toContain('The agent told the caller that a crown');
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
      '#### ❌ Case r\n\nThe provider gave no reason.\n\n<sub>Failed · run `r`</sub>',
    );
  });
});

describe('what is known of the batches', () => {
  test('counts alone', () => {
    const unread = { id: 'b', settled: true, announced: { total: 3, passed: 1, failed: 2 } };
    const body = bodyOf(reportOn([unread]));
    expect(body).toMatch(/^2 of 3 test cases failed\.\\\n33\.3% passed/);
    expect(body).toContain("The runs of this batch were not read: the counts are the provider's.");
  });

  test('runs that were announced and never listed', () => {
    const body = bodyOf(reportOn([batch('b', [RETELL_RUNS.booked], { announced: { total: 4 } })]));
    expect(body).toContain('Batch b does not add up: 3 of 4 announced runs are missing.');
    expect(body).toContain('25% passed');
  });

  test('several have headings of their own, and those that passed come last', () => {
    const body = bodyOf(
      reportOn(
        [
          batch('b1', [RETELL_RUNS.booked]),
          { id: 'b2', problem: 'It answered 404.' },
          batch('b3', [run('pending', 'p')], { settled: false }),
          batch('b4', [RETELL_RUNS.priced]),
        ],
        { ending: 'deadline' },
      ),
    );
    expect(body.match(/^### .*$/gm)).toEqual([
      '### ❓ Batch 2 of 4: inconclusive, no test cases seen',
      '### ❓ Batch 3 of 4: inconclusive, 0 of 1 passed',
      '### ❌ Batch 4 of 4: 1 of 1 failed',
      '### ✅ Batch 1 of 4: the one test case passed',
    ]);
    expect(body).toContain('`b2`\n\nIt answered 404.');
  });

  test('no batch at all', () => {
    expect(bodyOf(reportOn([], { origin: {} }))).toBe('There was no batch to look at.\\\nWaited 1 min 27 s');
  });

  test.each([
    [
      'passed',
      EXAMPLES['bland-passed']!,
      'when this batch passes, so it may already be live even if this is never merged.',
    ],
    ['was cancelled', EXAMPLES['bland-cancelled']!, 'when this batch passes.'],
  ])('a batch that publishes by itself and %s', (_what, report, expected) => {
    expect(bodyOf(report)).toContain(
      `**Publishes on pass:** Bland promotes the tested version to production automatically ${expected}\n`,
    );
  });

  test('times that no calendar has are left out', () => {
    for (const createdAt of [Number.NaN, 1e300, -1e15, Number.POSITIVE_INFINITY]) {
      const odd = { ...RETELL_RUNS.booked, createdAt, durationMs: createdAt };
      const body = bodyOf(reportOn([batch('b', [odd], { createdAt })], { waitedMs: createdAt }));
      expect(body).toMatch(/^The one test case passed\.\\\n100% passed · commit/);
      expect(body).toContain('- Books a cleaning for next Tuesday\n');
      expect(body).toContain('<sub>Batch `b`\\\nCommit');
    }
  });

  test('how long the batch took, once it has ended', () => {
    const runs = [
      { ...RETELL_RUNS.booked, createdAt: CREATED_AT + 1_000, durationMs: 20_000 },
      { ...RETELL_RUNS.moved, createdAt: CREATED_AT + 40_000, durationMs: 49_300 },
    ];
    expect(bodyOf(reportOn([batch('b', runs)]))).toContain('batch took 1 min 29 s');
    expect(bodyOf(reportOn([batch('b', runs, { settled: false })], { ending: undefined }))).not.toContain(
      'took',
    );
  });
});

describe('while it waits', () => {
  test('the report says for which commit, and does not change with time alone', () => {
    const report = EXAMPLES['retell-waiting']!;
    const body = bodyOf(report);
    expect(body).toMatch(
      /^Waiting for the batch to end, for commit \[`0a1b2c3`\]\(.*?\)\. 3 of 5 test cases finished so far: 2 passed, 1 failed\./,
    );
    expect(bodyOf({ ...report, waitedMs: 600_000, writtenAt: CREATED_AT + 600_000 })).toBe(body);
  });
});

describe('the footer', () => {
  test.each([
    [
      'everything',
      ORIGIN,
      'Commit [`0a1b2c3`](https://github.com/bluewater/voice-agent/commit/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567) · attempt 1 · [workflow run 57](https://github.com/bluewater/voice-agent/actions/runs/17654321098/attempts/1)',
    ],
    ['a commit alone', { commit: 'deadbeefcafe' }, 'Commit `deadbee`'],
    [
      'a workflow run alone',
      { repositoryUrl: 'https://ghe.example/a/b', runId: 5 },
      '[workflow run](https://ghe.example/a/b/actions/runs/5)',
    ],
    [
      'a commit that is none',
      { commit: ')](x', repositoryUrl: 'https://ghe.example/a/b' },
      'Commit [`)](x`](https://ghe.example/a/b/commit/\\)%5D\\(x)',
    ],
    [
      'nothing of a URL that is none',
      { commit: 'deadbeefcafe', repositoryUrl: 'javascript:alert(1)' },
      'Commit `deadbee`',
    ],
  ])('has %s', (_what, origin, expected) => {
    const body = bodyOf(reportOn([batch('b', [RETELL_RUNS.booked])], { origin }));
    expect(body.split('\n').at(-1)).toBe(`${expected}</sub>`);
  });

  test('is absent where there is nothing for it', () => {
    expect(rendered(bodyOf(reportOn([], { origin: {} }))).structure).not.toContain('<sub>');
  });
});
