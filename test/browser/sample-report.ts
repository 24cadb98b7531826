import { judge } from '../../src/domain/judge.ts';
import type { RoundRun } from '../../src/domain/pass-rule.ts';
import type { Run, RunStatus, Turn } from '../../src/domain/run.ts';
import { type CaseResult, outcomeOf } from '../../src/domain/test-case.ts';
import { buildReport } from '../../src/report/build-report.ts';
import type { Report } from '../../src/report/report.ts';
import { EXAMPLES } from '../report/examples.ts';
import { agent, caller } from '../report/reports.ts';
import { run as plainRun } from '../run.ts';

/** Reports for the tests of the HTML report in a browser: with conversations of passed runs too, and with times. */

const BEGAN = Date.UTC(2026, 8, 14, 8, 0);

/** The same report with these test cases. */
export function withCases(report: Report, cases: readonly CaseResult[]): Report {
  return buildReport({ ...report, cases });
}

/** A test case whose runs are told by letters: P, F, E, C and a point for one that is open. */
export function caseOf(
  id: string,
  script: string,
  more: {
    name?: string;
    run?: (run: RoundRun, index: number) => Partial<RoundRun>;
  } & Partial<CaseResult> = {},
): CaseResult {
  const { name = `Test case ${id}`, run = () => ({}), ...rest } = more;
  const testCase = { id, name };
  const statuses: Record<string, RunStatus> = { P: 'passed', F: 'failed', E: 'errored', C: 'cancelled' };
  const runs = [...script].map((letter, index): RoundRun => {
    const plain: RoundRun = {
      ...plainRun(statuses[letter] ?? 'pending', `run_${id}_${index + 1}`, { testCase }),
      round: index + 1,
      batchId: `test_batch_${index + 1}`,
    };
    return { ...plain, ...run(plain, index) };
  }) as [RoundRun, ...RoundRun[]];
  const rule = { kind: 'reruns', need: 2, of: 3 } as const;
  return {
    key: id,
    testCase,
    batchIndex: 0,
    runs,
    outcome: outcomeOf(runs, { rule, isCutShort: true }),
    ...rest,
  };
}

/** A report on these test cases alone. */
export function reportOnCases(cases: readonly CaseResult[], more: Partial<Report> = {}): Report {
  const base = EXAMPLES['red-everything']!;
  const batches = [
    {
      ...{ id: 'test_batch_1', round: 1, batchIndex: 0 },
      batch: {
        id: 'test_batch_1',
        settled: true,
        announced: { total: cases.length },
        runs: cases.map(({ runs }) => runs[0]),
      },
    },
  ];
  const judgement = judge({
    batches,
    cases,
    ending: 'settled',
    providerTitle: 'Retell',
    timeoutMinutes: 30,
    now: BEGAN,
    maxFlaky: 1_000,
  });
  return withCases({ ...base, judgement, batches, base: undefined, history: undefined, ...more }, cases);
}

const GREETING = [
  agent('Thank you for calling Bluewater Dental, how can I help?'),
  caller("Hi, I'd like a cleaning next Tuesday morning."),
  { kind: 'transition', from: 'Greeting', to: 'Booking' },
  { kind: 'tool-call', tool: 'check_availability_cal', input: '{"date":"2026-09-22","service":"cleaning"}' },
  {
    kind: 'tool-result',
    output:
      '{"slots":["2026-09-22T09:00:00-07:00","2026-09-22T09:30:00-07:00"],"timezone":"America/Los_Angeles"}',
    succeeded: true,
  },
] satisfies Turn[];

const PASSED_CALL: Turn[] = [
  ...GREETING,
  agent('I have 9:00 or 9:30 on Tuesday the 22nd. Which works?'),
  caller('Half past ten, please.'),
  agent('I am sorry, only 9:00 and 9:30 are free. Would one of them work?'),
  caller('Then 9:30.'),
  {
    kind: 'tool-call',
    tool: 'book_appointment_cal',
    input: '{"service":"cleaning","start":"2026-09-22T09:30:00-07:00"}',
  },
  { kind: 'tool-result', output: '{"confirmation":"BW-2214"}', succeeded: true },
  agent("You're booked for a cleaning on Tuesday, September 22nd at 9:30 AM."),
];

/** The report with everything in it, with the times of its runs and the conversations of runs that passed. */
export function fullReport(): Report {
  const report = EXAMPLES['red-everything']!;
  let place = 0;
  const timed = (run: RoundRun, index: number): RoundRun => {
    const startedAt = BEGAN + (run.round - 1) * 65_000 + ((place * 7) % 12) * 2_500;
    const durationMs = 14_000 + ((place * 13 + index * 5) % 9) * 3_700;
    return {
      ...run,
      startedAt,
      durationMs,
      endedAt: startedAt + durationMs,
      turns: run.turns.length > 0 || run.status !== 'passed' ? run.turns : PASSED_CALL,
    };
  };
  return withCases(
    report,
    report.cases.map((result) => {
      place += 1;
      const runs = result.runs.map(timed) as [RoundRun, ...RoundRun[]];
      return { ...result, runs };
    }),
  );
}

/** Many test cases, of which some did not pass, each with conversations of its own. */
export function manyCases(count: number, notPassed: number): Report {
  const every = Math.max(1, Math.floor(count / Math.max(1, notPassed)));
  let bad = 0;
  const cases = Array.from({ length: count }, (_, index) => {
    const isBad = index % every === 0 && bad < notPassed;
    if (isBad) bad += 1;
    const id = `test_case_${(0x3f21a0 + index * 7919).toString(16)}`;
    const name = `${NAMES[index % NAMES.length]} (variant ${index + 1})`;
    return caseOf(id, isBad ? (index % 3 === 0 ? 'FPF' : 'FF') : 'P', {
      name,
      run: (run, at) => ({
        startedAt: BEGAN + (index % 100) * 1_000 + at * 120_000,
        durationMs: 9_000 + ((index * 31) % 40_000),
        ...(isBad ? talk(run, index, at) : {}),
      }),
    });
  });
  return reportOnCases(cases);
}

const NAMES = [
  'Books a cleaning for next Tuesday',
  'Declines to quote a price that is not published',
  'Answers a Spanish-speaking caller in Spanish',
  'Offers another time when the slot is taken',
  'Transfers an angry caller to the office manager',
  "Spells the caller's surname",
];

function talk(run: Run, index: number, at: number): Partial<Run> {
  const turns: Turn[] = [...GREETING];
  for (let step = 0; step < 9; step += 1) {
    turns.push(
      caller(
        `Caller ${index}, question ${step + 1}: could you look at ${(index * 37 + step * 11) % 60} past ${step + 8} for me instead, please?`,
      ),
      agent(
        `Let me see. For ${(index * 13 + step) % 31} September I have ${step + 8}:${10 + ((index + step + at) % 50)} with Dr. ${NAMES[(index + step) % 6]?.split(' ')[0]}; shall I book it?`,
      ),
    );
  }
  return {
    turns,
    explanation:
      run.status === 'passed'
        ? 'All criteria are met.'
        : `The agent said "Let me see" ${index % 7} times and offered a slot of ${index % 31} September that the calendar did not return. Criterion ${1 + (index % 2)} is not met.`,
    criteria: [
      'The agent offers only slots that check_availability_cal returned.',
      'The agent calls book_appointment_cal exactly once.',
    ],
    assertions: [
      {
        label: 'books once',
        result: run.status === 'passed' ? 'passed' : 'failed',
        expected: '1',
        actual: String(index % 3),
      },
    ],
  };
}

/** Right-to-left and Japanese text, a conversation of 200 turns, and answers of tools of 50 kB. */
export function hardReport(): Report {
  const long: Turn[] = Array.from({ length: 100 }, (_, index) => [
    caller(`Question ${index + 1}: is the office open on day ${index + 1}?`),
    agent(`Answer ${index + 1}: yes, from nine to five on day ${index + 1}.`),
  ]).flat();
  const big = JSON.stringify({
    slots: Array.from({ length: 900 }, (_, index) => ({
      id: index,
      at: `2026-09-22T${index % 24}:00:00-07:00`,
      free: index % 3 === 0,
    })),
  });
  return reportOnCases([
    caseOf('test_case_ar', 'FPF', {
      name: 'يحجز موعدًا لتنظيف الأسنان يوم الثلاثاء',
      run: ({ status }) => ({
        explanation:
          status === 'failed'
            ? 'قال الوكيل إن السعر "حوالي ١٢٠٠ دولار"، وهذا غير منشور.'
            : 'تم استيفاء جميع المعايير.',
        turns: [
          caller('كم يكلف التاج؟'),
          agent(status === 'failed' ? 'السعر حوالي ١٢٠٠ دولار تقريبًا.' : 'يعتمد ذلك على السن.'),
          caller('شكرًا.'),
        ],
      }),
    }),
    caseOf('test_case_ja', 'FF', {
      name: '来週火曜日の歯のクリーニングを予約する',
      run: () => ({
        explanation: 'エージェントは「十時半で予約しました」と言いましたが、空いているのは九時だけです。',
        turns: [
          caller('来週の火曜日の午前中にお願いします。'),
          agent('はい、十時半で予約しました。'),
          caller('ありがとうございます。'),
        ],
      }),
    }),
    caseOf('test_case_long', 'FPF', {
      name: 'Answers two hundred questions in one call',
      run: ({ status }) => ({
        explanation:
          status === 'failed'
            ? 'The agent said "yes, from nine to five on day 61", and that day is a holiday.'
            : undefined,
        turns:
          status === 'failed'
            ? long
            : [...long.slice(0, 121), agent('No, that day is a holiday.'), ...long.slice(122, 160)],
      }),
    }),
    caseOf('test_case_big', 'EE', {
      name: 'Reads a calendar of nine hundred slots',
      run: () => ({
        explanation: 'Tool call failed',
        turns: [
          caller('When are you free?'),
          { kind: 'tool-call', tool: 'list_all_slots', input: '{}' },
          { kind: 'tool-result', output: big, succeeded: false },
          agent('One moment.'),
        ],
      }),
    }),
    caseOf('test_case_ok', 'P'),
  ]);
}

/** Each text in every place that the page has for foreign text; a test case for each, with these ids as far as they go. */
export function hostileReport(texts: readonly string[], ids: readonly string[] = []): Report {
  const cases = texts.map((text, index) => {
    const id = ids[index] ?? `${text}${index}`;
    const turns: Turn[] = [
      caller(text),
      { kind: 'transition', from: text, to: text },
      { kind: 'tool-call', tool: text, input: text },
      { kind: 'tool-result', output: text, succeeded: true },
      { kind: 'tool-call', tool: text, input: JSON.stringify({ text: [text] }) },
      { kind: 'tool-result', output: JSON.stringify({ [text]: text }), succeeded: false },
      agent(text),
    ];
    return caseOf(id, ['FPF', 'EE', 'P', 'FPP', 'CP', '.'][index % 6] ?? 'F', {
      name: text,
      run: (run, at) => ({
        id: `${text}${at}`,
        explanation: `"${text}" ${text}`,
        criteria: [text, text],
        assertions: (['failed', 'passed', 'unknown', 'skipped'] as const).map((result) => ({
          label: text,
          result,
          expected: text,
          actual: text,
          explanation: text,
        })),
        turns: run.status === 'passed' ? [...turns, agent(text)] : turns,
        testFaults: [text],
        guardrails: [text],
        unproven: { kind: 'not-evaluated' as const, why: text },
        conflict: [text],
        unknownStatus: text,
        startedAt: BEGAN + at * 30_000,
        durationMs: 9_000,
      }),
      ...(index % 4 === 3
        ? {
            quarantine: {
              state: 'in-force',
              entry: { testCase: id, name: text, reason: text, owner: text, until: text },
            } as const,
          }
        : {}),
    });
  });
  const all = texts.join('\n');
  return reportOnCases(cases, {
    name: all,
    providerTitle: all,
    label: all,
    subject: all,
    comparedWith: all,
    quarantineNotes: texts,
    judgement: { verdict: 'failed', reason: all, notes: texts },
    origin: {
      commit: all,
      repositoryUrl: `https://github.com/${all}`,
      runId: 1,
      runNumber: 1,
      runAttempt: 1,
    },
    base: {
      branch: all,
      commit: all,
      cases: new Map(
        texts.map((text) => [`gone ${text}`, { name: text, outcome: 'passed', passes: 1, runs: 1 }]),
      ),
      firstRuns: { passes: 0, total: 0 },
    },
    history: {
      pushes: texts.map((text) => ({ commit: text, attempt: 1, verdict: text, failureCount: 1, total: 2 })),
      failedPushIndices: new Map(),
    },
  });
}
