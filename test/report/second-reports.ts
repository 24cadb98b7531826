import type { WatchedBatch } from '../../src/domain/batch.ts';
import type { Base, BaseCase, History } from '../../src/domain/comparison.ts';
import type { PassRule } from '../../src/domain/pass-rule.ts';
import type { Quarantine } from '../../src/domain/quarantine.ts';
import type { Run } from '../../src/domain/run.ts';
import { type CaseResult, groupRunsByTestCase } from '../../src/domain/test-case.ts';
import { judge } from '../../src/domain/verdict.ts';
import type { Findings, Report, ReportOptions } from '../../src/report/report.ts';
import { BLAND_RUNS, batch, manyRuns, ORIGIN, RETELL_RUNS, reportOn, run } from './reports.ts';

/** Reports with rounds, a base, a history, a quarantine and another version: what only some gates know. */

const RERUNS: PassRule = { kind: 'reruns', need: 2, of: 3 };
const { booked, moved, spanish, priced, silent, doubleBooked } = RETELL_RUNS;

const named = (status: Run['status'], id: string, name: string, more: Partial<Run> = {}): Run =>
  run(status, `test_job_${id}`, { testCase: { id: `test_case_${id}`, name }, ...more });

const siblings = named('failed', '51b1', 'Books two siblings in one call', {
  explanation:
    "Only one of the two children was booked; the agent said “Ella is booked” and then ended the call without asking for the second child's name.",
  turns: [
    { kind: 'speech', speaker: 'caller', text: 'And her brother Tom, same time?' },
    { kind: 'speech', speaker: 'agent', text: 'Great, Ella is booked for Tuesday at 10. Goodbye!' },
  ],
});
const surname = named('failed', '5a4e', "Spells the caller's surname", {
  explanation: 'The agent wrote Mueller where the caller spelt Müller.',
});
const message = named('passed', 'ae55', 'Takes a message after hours');
const insurance = named('passed', '1250', 'Asks for the insurance provider');
const directions = named('passed', 'd14e', 'Gives directions to the office');
const cancels = named('passed', 'ca9c', 'Cancels an appointment');

/** The same test case, run again. */
const again = (one: Run, status: Run['status'], count = 1): Run => ({
  ...one,
  id: `${one.id}-${count}`,
  status,
  ...(status === 'passed' ? { explanation: undefined, turns: [] } : {}),
});

export const quarantine = (state: Quarantine['state'], testCase = 'test_case_5a4e'): Quarantine => ({
  state,
  entry: {
    testCase,
    name: "Spells the caller's surname",
    reason: 'umlauts in transcription, VOICE-311',
    owner: 'mira-k',
    until: '2026-12-05',
  },
});

const known = (one: Run, outcome: BaseCase['outcome'], passes: number, runs: number): [string, BaseCase] => [
  one.testCase.id ?? '',
  { name: one.testCase.name, outcome, passes, runs },
];

export const BASE: Base = {
  branch: 'main',
  commit: 'b7e21f0c3d4e5f60718293a4b5c6d7e8f9012345',
  cases: new Map([
    known(priced, 'passed', 10, 10),
    known(doubleBooked, 'passed', 9, 10),
    known(silent, 'failed', 0, 4),
    known(siblings, 'flaky', 8, 10),
    known(surname, 'failed', 2, 10),
    known(message, 'failed', 0, 3),
    ...[booked, moved, spanish, insurance, directions, cancels].map((one) => known(one, 'passed', 10, 10)),
  ]),
  firstRuns: { passes: 112, total: 120 },
};

const push = (commit: string, failureCount: number, verdict = failureCount === 0 ? 'passed' : 'failed') => ({
  commit: commit.padEnd(40, '0'),
  attempt: 1,
  verdict,
  failureCount,
  total: 12,
});

export const HISTORY: History = {
  pushes: [push('a1f09c2', 0), push('c90d2ee', 1), push('77be013', 2)],
  failedPushIndices: new Map([
    [silent.testCase.id ?? '', [1, 2]],
    [priced.testCase.id ?? '', [2]],
  ]),
};

const placed = (id: string, round: number, runs: readonly Run[]): WatchedBatch => ({
  id,
  round,
  batchIndex: 0,
  batch: batch(id, runs),
});

/** A report on several rounds of one batch, decided by the rule. */
export function reportOnRounds(
  rounds: readonly (readonly Run[])[],
  more: Partial<Findings & ReportOptions> & {
    readonly change?: (result: CaseResult) => CaseResult;
    readonly maxFlaky?: number;
    readonly remarks?: readonly string[];
  } = {},
): Report {
  const { change = (one) => one, maxFlaky = 2, remarks, ...rest } = more;
  const rule = rest.rule ?? RERUNS;
  const batches = rounds.map((runs, index) => placed(`test_batch_7c1d90aa42e${6 + index}`, index + 1, runs));
  const cases = groupRunsByTestCase(batches, { rule }).map(change);
  const judgement = judge({
    batches,
    cases,
    ending: 'settled',
    providerTitle: 'Retell',
    timeoutMinutes: 30,
    now: Date.UTC(2026, 8, 14, 8, 5),
    maxFlaky,
    remarks,
  });
  return reportOn([], {
    batches,
    cases,
    rule,
    judgement,
    started: { runs: batches.flatMap(({ batch: one }) => one?.runs ?? []).length, reruns: 0 },
    subject:
      'Front desk (agent_7d0c55, version 12): conversation-flow conversation_flow_3b21278178ed version 12',
    targetName: 'Front desk',
    selected: { count: 12, outOf: 12 },
    waitedMs: 250_000,
    ...rest,
  });
}

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

/** The runs of a failing test case on another version. */
const elsewhere = (status: Run['status'], one: CaseResult): CaseResult['comparison'] => ({
  outcome: status === 'passed' ? 'passed' : status === 'failed' ? 'failed' : 'errored',
  runs: [{ ...one.runs[0], id: `${one.runs[0].id}-there`, status, round: 2 }],
});

const many = (count: number, make: (index: number) => Run) => manyRuns(count, make);
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
const lost = many(214, () => silent);
const taken = many(52, (index) => ({ ...doubleBooked, id: `test_job_taken${index}` }));
const own = Array.from({ length: 34 }, (_, index) => ownReason(index));
const healthy = many(937, () => moved);
const manyBad = [...lost, ...taken, ...own];

const LONG_REASON = `${'The agent was asked twice for the price of a crown and said “usually around $1,200”, although the knowledge base says that no price is given by telephone. '.repeat(10)}`;
const LONG_JSON = JSON.stringify({
  slots: Array.from({ length: 40 }, (_, index) => ({
    start: `2026-09-22T${index % 24}:00:00-07:00`,
    provider: 'Dr. Alvarez',
  })),
});

export const SECOND_EXAMPLES: Readonly<Record<string, Report>> = {
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
    comparisonBatches: [{ id: 'test_batch_11d0f31c2aa1' }, { id: 'test_batch_11d0f31c2aa2' }],
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
      ...many(25, () => silent),
      ...own.slice(0, 15),
      ...many(30, () => moved),
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
    batch('d54b94b5-9934-52d3-b38d-8fcfaa08a4d5', [
      ...own.slice(0, 10),
      BLAND_RUNS.cancelCall,
      BLAND_RUNS.noStart,
      booked,
    ]),
  ]),
  'cancelled-while-running': reportOn(
    [batch('test_batch_7c1d90aa42e6', [booked, run('pending', 'p')], { settled: false })],
    { ending: 'cancelled', origin: ORIGIN },
  ),
};

/** A report with everything that only some gates know, with `text()` in the place of every foreign string. */
export function secondReportWith(text: () => string): Report {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const [isNew, isPreexisting, flaky, tolerated, expired, repaired, gone] = ids as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  let runs = 0;
  const one = (id: string, status: Run['status'], more: Partial<Run> = {}): Run =>
    run(status, `${text()} ${++runs}`, { testCase: { id, name: text() }, explanation: text(), ...more });
  const turns = [
    { kind: 'speech', speaker: 'caller', text: text() },
    { kind: 'tool-call', tool: text(), input: text() },
    { kind: 'tool-result', output: text(), succeeded: false },
    { kind: 'speech', speaker: 'agent', text: text() },
  ] as const;
  const before = (outcome: BaseCase['outcome']): BaseCase => ({ name: text(), outcome, passes: 1, runs: 2 });
  const entry = () => ({ testCase: text(), name: text(), reason: text(), owner: text(), until: text() });
  const first = [
    one(isNew, 'failed', { turns }),
    one(isPreexisting, 'errored', { turns }),
    one(flaky, 'failed'),
    one(tolerated, 'failed'),
    one(expired, 'failed'),
    one(repaired, 'passed'),
  ];
  return reportOnRounds([first, [one(flaky, 'passed')], [one(flaky, 'passed')]], {
    name: text(),
    label: text(),
    providerTitle: text(),
    subject: text(),
    selected: { count: 6, outOf: 9 },
    baseUnavailableReason: text(),
    comparedWith: text(),
    quarantineNotes: [text(), text()],
    judgement: { verdict: 'failed', reason: text(), notes: [text(), text()] },
    base: {
      branch: text(),
      commit: text(),
      firstRuns: { passes: 10, total: 12 },
      cases: new Map([
        [isNew, before('passed')],
        [isPreexisting, before('failed')],
        [repaired, before('failed')],
        [gone, before('passed')],
      ]),
    },
    history: {
      pushes: [0, 1, 2].map((failureCount) => ({
        commit: text(),
        attempt: 2,
        verdict: failureCount === 1 ? text() : 'failed',
        failureCount,
        total: 9,
      })),
      failedPushIndices: new Map([[isPreexisting, [2]]]),
    },
    change: (result) =>
      result.testCase.id === tolerated
        ? { ...result, quarantine: { state: 'in-force', entry: entry() } }
        : result.testCase.id === expired
          ? {
              ...result,
              quarantine: { state: 'expired', entry: entry() },
              comparison: elsewhere('errored', result),
            }
          : result,
  });
}

/** Many failures that share an error, a tool's answer and an assertion, each of which is `text()`. */
export function groupedReportWith(text: () => string): Report {
  const [error, tool, answer, label, expected] = [text(), text(), text(), text(), text()];
  const many3 = (kind: string, make: (index: number) => Partial<Run>, status: Run['status'] = 'failed') =>
    Array.from({ length: 8 }, (_, index) =>
      run(status, `${kind}${index}`, { testCase: { id: `${kind}${index}`, name: text() }, ...make(index) }),
    );
  return reportOn([
    batch('b', [
      ...many3('e', () => ({ explanation: `error ${error}` }), 'errored'),
      ...many3('t', (index) => ({
        explanation: `own ${index} ${text()}`,
        turns: [
          { kind: 'tool-call', tool, input: text() },
          { kind: 'tool-result', output: answer, succeeded: false },
        ],
      })),
      ...many3('a', () => ({ assertions: [{ label: `label ${label}`, result: 'failed', expected }] })),
    ]),
  ]);
}
