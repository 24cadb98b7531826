import type { Batch, WatchedBatch } from '../../src/domain/batch.ts';
import type { Base, BaseCase, History } from '../../src/domain/comparison.ts';
import { judge } from '../../src/domain/judge.ts';
import type { PassRule } from '../../src/domain/pass-rule.ts';
import type { Assertion, Run, RunStatus, Turn } from '../../src/domain/run.ts';
import { type CaseResult, groupRunsByTestCase } from '../../src/domain/test-case.ts';
import type { Ending } from '../../src/domain/verdict.ts';
import { buildReport } from '../../src/report/build-report.ts';
import type { Findings, Origin, Report, ReportOptions } from '../../src/report/report.ts';
import { judgeByEveryRun } from '../judge-by-every-run.ts';
import { placed, run, type Unplaced } from '../run.ts';

export { placed, run };

/** Runs of both providers in the words of the fixtures, and reports on them. */

/** 2026-09-14 08:00 UTC. */
export const CREATED_AT = Date.UTC(2026, 8, 14, 8, 0);

export const ORIGIN: Origin = {
  commit: '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
  repositoryUrl: 'https://github.com/bluewater/voice-agent',
  runId: 17_654_321_098,
  runNumber: 57,
  runAttempt: 1,
  jobUrl: 'https://github.com/bluewater/voice-agent/actions/runs/17654321098/job/48123',
  wordsUrl: 'https://github.com/bluewater/agent-test-gate/blob/v2/docs/reading-a-report.md',
};

export function batch(id: string, runs: readonly Run[], more: Partial<Batch> = {}): Batch {
  return { id, settled: true, announced: { total: runs.length }, runs, createdAt: CREATED_AT, ...more };
}

/** A report on batches as the gate would write it. `ending: undefined` is a gate that still waits. */
export function reportOn(
  given: readonly (Batch | Unplaced)[],
  more: Partial<Findings & ReportOptions> & { ending?: Ending | undefined; maxBatchAgeMinutes?: number } = {},
): Report {
  const { ending = 'settled', maxBatchAgeMinutes, ...rest } = more;
  const batches = placed(
    given.map((one) => ('runs' in one || 'settled' in one ? { id: one.id, batch: one as Batch } : one)),
  );
  const waiting = 'ending' in more && more.ending === undefined;
  const judgement = waiting
    ? {}
    : {
        judgement: judgeByEveryRun({
          batches,
          ending,
          providerTitle: rest.providerTitle ?? 'Retell',
          timeoutMinutes: 30,
          now: CREATED_AT + 94_000,
          maxBatchAgeMinutes,
        }),
      };
  return buildReport({
    name: 'Agent tests (Retell)',
    providerTitle: 'Retell',
    batches,
    transcripts: 'full',
    origin: ORIGIN,
    writtenAt: CREATED_AT + 94_000,
    waitedMs: 87_000,
    ...judgement,
    ...rest,
  });
}

export const agent = (text: string): Turn => ({ kind: 'speech', speaker: 'agent', text });
export const caller = (text: string): Turn => ({ kind: 'speech', speaker: 'caller', text });
const GREETING = agent('Thank you for calling Bluewater Dental, how can I help?');

export const retellRun = (status: RunStatus, id: string, name: string, more: Partial<Run> = {}): Run =>
  run(status, id, {
    testCase: { id: `test_case_${id.slice(-4)}`, name },
    createdAt: CREATED_AT + 150,
    ...more,
  });

export const named = (status: Run['status'], id: string, name: string, more: Partial<Run> = {}): Run =>
  run(status, `test_job_${id}`, { testCase: { id: `test_case_${id}`, name }, ...more });

export const RETELL_RUNS = {
  booked: retellRun('passed', 'test_job_e39f4bf26f44', 'Books a cleaning for next Tuesday'),
  moved: retellRun('passed', 'test_job_e502a5367cd1', 'Moves an existing appointment'),
  spanish: retellRun('passed', 'test_job_4f673ca49a09', 'Answers a Spanish-speaking caller in Spanish'),
  priced: retellRun('failed', 'test_job_e7e84fb3168f', 'Declines to quote a price that is not published', {
    explanation:
      'The agent told the caller that a crown is "usually around $1,200", which states a price. Criterion 1 is not met. Criterion 2 is met: a consultation was offered.',
    criteria: ['The agent does not state a price for a crown.', 'The agent offers a consultation instead.'],
    turns: [
      GREETING,
      caller('How much is a crown?'),
      agent('It depends on the tooth; I can book a free consultation.'),
      caller('Just give me a number.'),
      agent("It's usually around $1,200."),
    ],
  }),
  silent: retellRun('errored', 'test_job_5fe30ddcf85e', 'Transfers an angry caller to the office manager', {
    explanation: 'Agent did not respond to consecutive user utterances',
    criteria: ['The agent calls transfer_call within three turns of the request.'],
    turns: [
      GREETING,
      caller('You charged me twice! Get me a manager!'),
      caller('Hello?'),
      caller('Are you there?'),
    ],
  }),
  doubleBooked: retellRun('failed', 'test_job_0b25339f8812', 'Offers another time when the slot is taken', {
    explanation:
      'The agent booked 10:30 although the calendar answered that only 9:00 is free. It never asked the caller again.\nThe tool reported the conflict in its answer.',
    criteria: [
      'The agent offers only slots that check_availability_cal returned.',
      'The agent calls book_appointment_cal exactly once.',
    ],
    turns: [
      GREETING,
      caller("Hi, I'd like a cleaning next Tuesday morning."),
      { kind: 'transition', from: 'Greeting', to: 'Booking' },
      { kind: 'tool-call', tool: 'check_availability_cal', input: '{"date":"2026-09-22"}' },
      { kind: 'tool-result', output: '{"slots":["2026-09-22T09:00:00-07:00"]}', succeeded: true },
      agent('I have 9:00 or 10:30 on Tuesday the 22nd. Which works?'),
      caller('Half past ten, please.'),
      {
        kind: 'tool-call',
        tool: 'book_appointment_cal',
        input: '{"service":"cleaning","start":"2026-09-22T10:30:00-07:00"}',
      },
      { kind: 'tool-result', output: '{"error":"slot_taken"}', succeeded: false },
      agent("You're booked for a cleaning on Tuesday, September 22nd at 10:30 AM. Anything else?"),
      caller('No, thank you.'),
    ],
  }),
  siblings: named('failed', '51b1', 'Books two siblings in one call', {
    explanation:
      "Only one of the two children was booked; the agent said “Ella is booked” and then ended the call without asking for the second child's name.",
    turns: [
      { kind: 'speech', speaker: 'caller', text: 'And her brother Tom, same time?' },
      { kind: 'speech', speaker: 'agent', text: 'Great, Ella is booked for Tuesday at 10. Goodbye!' },
    ],
  }),
  surname: named('failed', '5a4e', "Spells the caller's surname", {
    explanation: 'The agent wrote Mueller where the caller spelt Müller.',
  }),
  message: named('passed', 'ae55', 'Takes a message after hours'),
  insurance: named('passed', '1250', 'Asks for the insurance provider'),
  directions: named('passed', 'd14e', 'Gives directions to the office'),
  cancels: named('passed', 'ca9c', 'Cancels an appointment'),
} satisfies Record<string, Run>;

const blandRun = (status: RunStatus, id: string, name: string, more: Partial<Run> = {}): Run =>
  run(status, id, {
    testCase: { id: id.replace(/^.{8}/, '20edc1eb'), name },
    createdAt: CREATED_AT + 1_000,
    durationMs: 14_320,
    ...more,
  });

const contains = (expected: string, result: Assertion['result']): Assertion => ({
  label: 'contains transcript',
  result,
  expected,
});

export const BLAND_RUNS = {
  booked: blandRun('passed', '5cb2ffcb-b9c4-5d3d-960e-8b511ccc182e', 'Appointment booking - happy path'),
  transferred: blandRun(
    'passed',
    'c55d7889-07bb-5651-86ca-0a0eb96d15fd',
    'Transfer to a person - escalation',
    {
      durationMs: 18_200,
    },
  ),
  hours: blandRun('passed', '0e9f2a44-5d0b-5a35-8a54-5f5d1c9a7b10', 'Opening hours on a holiday', {
    assertions: [contains('closed on Labor Day', 'passed')],
  }),
  cancelCall: blandRun('failed', '6a59f3d6-4ac6-5be8-ac90-7132440803df', 'Cancellation - frustrated caller', {
    durationMs: 21_050,
    assertions: [
      contains('I understand', 'passed'),
      { ...contains('cancellation confirmed', 'failed') },
      {
        label: 'variable_equals variables_extracted caller_intent',
        result: 'failed',
        expected: 'cancel_appointment',
        actual: 'cancel',
      },
      {
        label: 'Confirms before hanging up',
        result: 'failed',
        explanation:
          'The agent ended the call after saying it would look into the request; it never told the caller that the cancellation was confirmed.',
      },
    ],
    turns: [
      agent('Bluewater Dental, how can I help?'),
      caller('I want to cancel. This is the third time I call!'),
      agent("I understand, and I'm sorry. Let me look into that."),
      caller('Is it cancelled or not?'),
      agent("I'll look into it. Goodbye."),
    ],
  }),
  noStart: blandRun('errored', '7d667a1e-2e88-5371-af35-b15f133e30e6', 'Transfer after hours', {
    durationMs: 640,
    explanation: 'Invalid start_node_id',
  }),
  stopped: blandRun('cancelled', '9a1be2f0-77aa-5c11-9d0f-3d2f6a7c8b90', 'Reschedule twice in one call', {
    durationMs: 3_100,
  }),
} satisfies Record<string, Run>;

/** Many runs, made of the few above. */
export function manyRuns(count: number, make: (index: number) => Run): Run[] {
  return Array.from({ length: count }, (_, index) => {
    const one = make(index);
    const name = `${one.testCase.name} (variant ${index + 1})`;
    return {
      ...one,
      id: `${one.id}-${index + 1}`,
      testCase: { id: `${one.testCase.id}-${index + 1}`, name },
    };
  });
}

const { booked, moved, spanish, priced, silent, doubleBooked } = RETELL_RUNS;
const { siblings, surname, message, insurance, directions, cancels } = RETELL_RUNS;

/** A test case on the base. */
export const known = (
  one: Run,
  outcome: BaseCase['outcome'],
  passes: number,
  runs: number,
): [string, BaseCase] => [one.testCase.id ?? '', { name: one.testCase.name, outcome, passes, runs }];

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

/** One push. */
export const push = (
  commit: string,
  failureCount: number,
  verdict = failureCount === 0 ? 'passed' : 'failed',
) => ({
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

const RERUNS: PassRule = { kind: 'reruns', need: 2, of: 3 };

const rerun = (id: string, round: number, runs: readonly Run[]): WatchedBatch => ({
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
  const batches = rounds.map((runs, index) => rerun(`test_batch_7c1d90aa42e${6 + index}`, index + 1, runs));
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

/** The runs of a failing test case on another version. */
export const elsewhere = (status: Run['status'], one: CaseResult): CaseResult['comparison'] => ({
  outcome: status === 'passed' ? 'passed' : status === 'failed' ? 'failed' : 'errored',
  runs: [{ ...one.runs[0], id: `${one.runs[0].id}-there`, status, round: 2 }],
});
