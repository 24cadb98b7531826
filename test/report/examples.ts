import type { Batch } from '../../src/domain/batch.ts';
import type { Base, BaseCase } from '../../src/domain/comparison.ts';
import type { Quarantine } from '../../src/domain/quarantine.ts';
import type { Run } from '../../src/domain/run.ts';
import type { CaseResult } from '../../src/domain/test-case.ts';
import type { Report } from '../../src/report/report.ts';
import {
  BASE,
  BLAND_RUNS,
  batch,
  CREATED_AT,
  elsewhere,
  HISTORY,
  known,
  manyRuns,
  named,
  ORIGIN,
  placed,
  push,
  RETELL_RUNS,
  reportOn,
  reportOnRounds,
  retellRun,
  run,
} from './reports.ts';

/** Example reports of all shapes: what `golden.test.ts` reads as prose. */

const { booked, moved, spanish, priced, silent, doubleBooked } = RETELL_RUNS;
const { siblings, surname, message, insurance, directions, cancels } = RETELL_RUNS;
const { booked: happyPath, transferred, hours, cancelCall, noStart, stopped } = BLAND_RUNS;
const pending = retellRun('pending', 'test_job_1f00aa', 'Moves an existing appointment');

/** Runs in which the provider sees the fault in the test itself. */
const MOCKLESS = {
  failed: {
    ...doubleBooked,
    testFaults: ['no mock matched the call of book_appointment_cal'],
    guardrails: ['no prices', 'no medical advice'],
  },
  passed: { ...spanish, testFaults: ['a turn timed out after 60 s'] },
} satisfies Record<string, Run>;

const RETELL_SUBJECT = 'conversation-flow conversation_flow_3b21278178ed version 12';

const retellBatch = (runs: readonly Run[], more: Partial<Batch> = {}): Batch =>
  batch('test_batch_7c1d90aa42e6', runs, { subject: RETELL_SUBJECT, ...more });

type Options = Parameters<typeof reportOn>[1];

const retellReport = (runs: readonly Run[], more: Partial<Batch> = {}, options: Options = {}): Report =>
  reportOn([retellBatch(runs, more)], options);

const blandReport = (runs: readonly Run[], more: Partial<Batch> = {}, options: Options = {}): Report =>
  reportOn([batch('d54b94b5-9934-52d3-b38d-8fcfaa08a4d5', runs, { publishesOnPass: false, ...more })], {
    ...{ name: 'Agent tests (Bland)', providerTitle: 'Bland' },
    ...options,
  });

const elevenlabsReport = (runs: readonly Run[], options: Options = {}): Report =>
  reportOn([batch('suite_9f01', runs)], {
    ...{ name: 'Agent tests (ElevenLabs)', providerTitle: 'ElevenLabs' },
    ...options,
  });

/** The same test case, run again. */
const again = (one: Run, status: Run['status'], count = 1): Run => ({
  ...one,
  id: `${one.id}-${count}`,
  status,
  ...(status === 'passed' ? { explanation: undefined, turns: [] } : {}),
});

const quarantine = (state: Quarantine['state'], testCase = 'test_case_5a4e'): Quarantine => ({
  state,
  entry: {
    testCase,
    name: "Spells the caller's surname",
    reason: 'umlauts in transcription, VOICE-311',
    owner: 'mira-k',
    until: '2026-12-05',
  },
});

const passing = [booked, moved, spanish, insurance, directions, cancels];
const redRounds = [
  [...passing, message, surname, siblings, priced, doubleBooked, silent],
  [
    again(siblings, 'passed'),
    again(priced, 'failed'),
    again(doubleBooked, 'passed'),
    again(silent, 'errored'),
  ],
  [
    again(siblings, 'passed', 2),
    again(priced, 'failed', 2),
    again(doubleBooked, 'failed', 2),
    again(silent, 'errored', 2),
  ],
];
const inQuarantine = (state: Quarantine['state']) => (one: CaseResult) =>
  one.testCase.id === 'test_case_5a4e' ? { ...one, quarantine: quarantine(state) } : one;

const ownReason = (index: number): Run => ({
  ...priced,
  id: `test_job_own${index}`,
  testCase: { id: `test_case_own${index}`, name: `Handles request number ${index + 1}` },
  explanation: `The agent answered request ${index + 1} with the price of another treatment.`,
});
const baseOf = (runs: readonly Run[], outcome: (index: number) => BaseCase['outcome']): Base => ({
  ...BASE,
  cases: new Map(
    runs.map((one, index) =>
      outcome(index) === 'passed' ? known(one, 'passed', 1, 1) : known(one, outcome(index), 0, 1),
    ),
  ),
  firstRuns: { passes: 1_190, total: 1_237 },
});
const lost = manyRuns(214, () => silent);
const taken = manyRuns(52, (index) => ({ ...doubleBooked, id: `test_job_taken${index}` }));
const own = Array.from({ length: 34 }, (_, index) => ownReason(index));
const healthy = manyRuns(937, () => moved);
const manyBad = [...lost, ...taken, ...own];

const LONG_REASON = `${'The agent was asked twice for the price of a crown and said “usually around $1,200”, although the knowledge base says that no price is given by telephone. '.repeat(10)}`;
const LONG_JSON = JSON.stringify({
  slots: Array.from({ length: 40 }, (_, index) => ({
    start: `2026-09-22T${index % 24}:00:00-07:00`,
    provider: 'Dr. Alvarez',
  })),
});

/** Every state of the verdict for both providers, the shapes that are hard to lay out, and what only some gates know. */
export const EXAMPLES: Readonly<Record<string, Report>> = {
  'retell-waiting-first': reportOn([{ id: 'test_batch_7c1d90aa42e6' }], { ending: undefined }),
  'retell-waiting': reportOn(
    [
      {
        ...{ id: 'test_batch_7c1d90aa42e6', settled: false, subject: RETELL_SUBJECT, createdAt: CREATED_AT },
        announced: { total: 5, passed: 2, failed: 1, errored: 0 },
      },
    ],
    { ending: undefined },
  ),
  'retell-passed': retellReport([booked, moved, spanish]),
  'retell-failed': retellReport([booked, moved, priced, silent, spanish]),
  'retell-errored': retellReport([booked, silent]),
  'retell-cancelled': retellReport([booked, pending], { settled: false }, { ending: 'cancelled' }),
  'retell-timed-out': retellReport(
    [booked, pending],
    { settled: false, announced: { total: 5 } },
    { ending: 'deadline' },
  ),
  'retell-inconclusive': retellReport([booked, moved], { announced: { total: 5 } }),
  'retell-tools': retellReport([doubleBooked, booked], {}, { origin: { ...ORIGIN, runAttempt: 2 } }),
  'retell-public': retellReport(
    [booked, priced, doubleBooked],
    {},
    { transcripts: 'none', withheldFor: 'public' },
  ),
  'retell-excerpts': retellReport([booked, priced, doubleBooked], {}, { transcripts: 'excerpt' }),
  'bland-waiting': blandReport(
    [happyPath, cancelCall, { ...stopped, status: 'pending' }],
    { settled: false, announced: { total: 4 } },
    { ending: undefined },
  ),
  'bland-passed': blandReport([happyPath, transferred, hours], {
    conclusion: 'passed',
    publishesOnPass: true,
  }),
  'bland-failed': blandReport([happyPath, transferred, cancelCall, noStart, stopped], {
    conclusion: 'failed',
  }),
  'bland-errored': blandReport([happyPath, noStart], { conclusion: 'errored' }),
  'bland-cancelled': blandReport([happyPath, stopped], { conclusion: 'cancelled', publishesOnPass: true }),
  'bland-timed-out': blandReport(
    [happyPath, { ...stopped, status: 'pending' }],
    { settled: false, announced: { total: 2 } },
    { ending: 'deadline' },
  ),
  'bland-inconclusive': blandReport([happyPath, { ...stopped, status: 'pending', unknownStatus: 'PAUSED' }], {
    conclusion: 'passed',
  }),
  'two-batches': reportOn([
    retellBatch([booked, moved, spanish]),
    {
      ...retellBatch([priced, silent, { ...booked, id: 'test_job_3f0a66d7c2b1' }]),
      id: 'test_batch_91f2c3b7d015',
      subject: 'retell-llm llm_5d2f81a0 version 3',
    },
  ]),
  'unreadable-batch': reportOn([
    {
      id: 'test_batch_unknown',
      problem:
        'GET api.retellai.com/get-batch-test/test_batch_unknown answered 404. Check batch-id: it must be the id of a batch test (not of a test run), in the workspace of this api-key.',
    },
  ]),
  'elevenlabs-broken-tests': elevenlabsReport(
    [MOCKLESS.failed, MOCKLESS.passed, { ...booked, guardrails: ['no medical advice'] }],
    { cost: { runs: 3, credits: { sum: 164, runs: 3 }, llmUsd: { sum: 0.005, runs: 3 } } },
  ),
  'elevenlabs-broken-tests-green': elevenlabsReport([MOCKLESS.passed, booked, moved]),
  'one-run': retellReport([priced]),
  'twelve-runs': retellReport([
    ...manyRuns(4, (index) => (index === 3 ? silent : priced)),
    ...manyRuns(2, () => doubleBooked),
    ...manyRuns(6, () => moved),
  ]),
  'three-hundred-runs': retellReport([
    ...manyRuns(80, (index) => (index % 5 === 0 ? silent : priced)),
    ...manyRuns(220, () => moved),
  ]),
  'red-everything': reportOnRounds(redRounds, {
    base: BASE,
    history: HISTORY,
    change: inQuarantine('in-force'),
    started: { runs: 20, reruns: 8 },
  }),
  'red-no-base': reportOnRounds(redRounds, {
    baseUnavailableReason: 'no merged pull request has a report of this gate',
    change: inQuarantine('expired'),
    started: { runs: 20, reruns: 8 },
  }),
  'green-flaky': reportOnRounds(
    [[...passing, message, siblings], [again(siblings, 'passed')], [again(siblings, 'passed', 2)]],
    {
      base: { ...BASE, cases: new Map([...BASE.cases].filter(([id]) => !/5a4e|168f|8812|d85e/.test(id))) },
      history: HISTORY,
    },
  ),
  'green-plain': reportOnRounds([passing], { rule: { kind: 'every-run' } }),
  'green-quarantined': reportOnRounds([[...passing, surname]], {
    change: inQuarantine('in-force'),
    quarantineNotes: ['The quarantine of test_case_0000 (mira-k) matches no test case of this step.'],
  }),
  'too-many-flaky': reportOnRounds(
    [[booked, siblings], [again(siblings, 'passed')], [again(siblings, 'passed', 2)]],
    {
      maxFlaky: 0,
    },
  ),
  'no-longer-run': reportOnRounds([[booked, moved]], {
    base: { ...BASE, cases: new Map([...BASE.cases].slice(0, 8)) },
  }),
  'compare-with': reportOnRounds([[booked, priced, doubleBooked, silent]], {
    comparedWith: 'version 11',
    comparisonBatches: placed([{ id: 'test_batch_11d0f31c2aa1' }, { id: 'test_batch_11d0f31c2aa2' }]),
    rule: { kind: 'every-run' },
    change: (one) =>
      one.testCase.name === priced.testCase.name
        ? { ...one, comparison: elsewhere('passed', one) }
        : one.testCase.name === doubleBooked.testCase.name
          ? { ...one, comparison: elsewhere('failed', one) }
          : one.outcome === 'errored'
            ? { ...one, comparison: elsewhere('errored', one) }
            : one,
  }),
  'fail-on-new': reportOnRounds([[booked, doubleBooked]], {
    comparedWith: 'version 11',
    rule: { kind: 'every-run' },
    change: (one) =>
      one.outcome === 'failed'
        ? { ...one, comparison: elsewhere('failed', one), isExcusedByComparison: true }
        : one,
  }),
  'forty-failures': reportOn([
    batch('test_batch_7c1d90aa42e6', [
      ...manyRuns(25, () => silent),
      ...own.slice(0, 15),
      ...manyRuns(30, () => moved),
    ]),
  ]),
  'three-hundred': reportOnRounds([[...manyBad, ...healthy]], {
    rule: { kind: 'reruns', need: 3, of: 5 },
    base: baseOf([...manyBad, ...healthy], (index) => (index >= 255 && index < 293 ? 'failed' : 'passed')),
    history: {
      pushes: [push('a1f09c2', 38), push('c90d2ee', 36)],
      failedPushIndices: new Map(own.map((one) => [one.testCase.id ?? '', [0, 1]])),
    },
    remarks: [
      '300 of 1237 test cases did not pass in the first round, so none was run again: that is no flakiness.',
    ],
  }),
  'other-scripts': reportOn([
    batch('test_batch_7c1d90aa42e6', [
      named('failed', 'ar01', 'يرفض إعطاء سعر غير منشور ويعرض استشارة مجانية', {
        explanation: 'قال الوكيل "حوالي ألف ومئتي دولار" وهذا سعر.',
        turns: [
          { kind: 'speech', speaker: 'caller', text: 'كم سعر التاج؟' },
          { kind: 'speech', speaker: 'agent', text: 'حوالي ألف ومئتي دولار عادةً.' },
        ],
      }),
      named('failed', 'ja01', '予約が埋まっているときは別の時間を提案する', {
        explanation: 'エージェントは「十時半でお取りしました」と答えたが、空いているのは九時だけだった。',
        turns: [
          { kind: 'speech', speaker: 'caller', text: '十時半にお願いします。' },
          { kind: 'speech', speaker: 'agent', text: 'はい、十時半でお取りしました。' },
        ],
      }),
      booked,
    ]),
  ]),
  'long-texts': reportOn([
    batch('test_batch_7c1d90aa42e6', [
      { ...priced, explanation: LONG_REASON },
      {
        ...doubleBooked,
        explanation: 'It booked a slot that the calendar did not offer.',
        turns: doubleBooked.turns.map((turn) =>
          turn.kind === 'tool-result' ? { ...turn, output: LONG_JSON } : turn,
        ),
      },
      booked,
    ]),
  ]),
  'twelve-different': reportOn([
    batch('d54b94b5-9934-52d3-b38d-8fcfaa08a4d5', [...own.slice(0, 10), cancelCall, noStart, booked]),
  ]),
  'cancelled-while-running': reportOn(
    [batch('test_batch_7c1d90aa42e6', [booked, run('pending', 'p')], { settled: false })],
    { ending: 'cancelled', origin: ORIGIN },
  ),
};
