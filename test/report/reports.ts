import type { Batch, WatchedBatch } from '../../src/domain/batch.ts';
import type { Assertion, Run, RunStatus, Turn } from '../../src/domain/run.ts';
import { type Ending, judge } from '../../src/domain/verdict.ts';
import {
  buildReport,
  type Findings,
  type Origin,
  type Report,
  type ReportOptions,
} from '../../src/report/report.ts';
import { run } from '../run.ts';

export { run };

/** Example reports of both providers, in the words of the fixtures. */

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
  given: readonly (Batch | WatchedBatch)[],
  more: Partial<Findings & ReportOptions> & { ending?: Ending | undefined; maxBatchAgeMinutes?: number } = {},
): Report {
  const { ending = 'settled', maxBatchAgeMinutes, ...rest } = more;
  const batches = given.map(
    (one): WatchedBatch => ('runs' in one || 'settled' in one ? { id: one.id, batch: one as Batch } : one),
  );
  const waiting = 'ending' in more && more.ending === undefined;
  const judgement = waiting
    ? {}
    : {
        judgement: judge({
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

const agent = (text: string): Turn => ({ kind: 'speech', speaker: 'agent', text });
const caller = (text: string): Turn => ({ kind: 'speech', speaker: 'caller', text });
const GREETING = agent('Thank you for calling Bluewater Dental, how can I help?');

const retellRun = (status: RunStatus, id: string, name: string, more: Partial<Run> = {}): Run =>
  run(status, id, {
    testCase: { id: `test_case_${id.slice(-4)}`, name },
    createdAt: CREATED_AT + 150,
    ...more,
  });

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
} satisfies Record<string, Run>;

const RETELL_SUBJECT = 'conversation-flow conversation_flow_3b21278178ed version 12';

const retellBatch = (runs: readonly Run[], more: Partial<Batch> = {}): Batch =>
  batch('test_batch_7c1d90aa42e6', runs, { subject: RETELL_SUBJECT, ...more });

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

const blandBatch = (runs: readonly Run[], more: Partial<Batch> = {}): Batch =>
  batch('d54b94b5-9934-52d3-b38d-8fcfaa08a4d5', runs, { publishesOnPass: false, ...more });

const bland = { name: 'Agent tests (Bland)', providerTitle: 'Bland' };

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
const pending = (name: string): Run => retellRun('pending', 'test_job_1f00aa', name);

/** Runs in which the provider sees the fault in the test itself. */
const MOCKLESS = {
  failed: {
    ...doubleBooked,
    testFaults: ['no mock matched the call of book_appointment_cal'],
    guardrails: ['no prices', 'no medical advice'],
  },
  passed: { ...spanish, testFaults: ['a turn timed out after 60 s'] },
} satisfies Record<string, Run>;

/** Every state of the verdict for both providers, and the shapes that are hard to lay out. */
export const EXAMPLES: Readonly<Record<string, Report>> = {
  'retell-waiting-first': reportOn([{ id: 'test_batch_7c1d90aa42e6' }], { ending: undefined }),
  'retell-waiting': reportOn(
    [
      retellBatch([], {
        settled: false,
        announced: { total: 5, passed: 2, failed: 1, errored: 0 },
      }),
    ].map(({ runs: _unread, ...rest }) => rest),
    { ending: undefined },
  ),
  'retell-passed': reportOn([retellBatch([booked, moved, spanish])]),
  'retell-failed': reportOn([retellBatch([booked, moved, priced, silent, spanish])]),
  'retell-errored': reportOn([retellBatch([booked, silent])]),
  'retell-cancelled': reportOn(
    [retellBatch([booked, pending('Moves an existing appointment')], { settled: false })],
    { ending: 'cancelled' },
  ),
  'retell-timed-out': reportOn(
    [
      retellBatch([booked, pending('Moves an existing appointment')], {
        settled: false,
        announced: { total: 5 },
      }),
    ],
    { ending: 'deadline' },
  ),
  'retell-inconclusive': reportOn([retellBatch([booked, moved], { announced: { total: 5 } })]),
  'retell-tools': reportOn([retellBatch([doubleBooked, booked])], { origin: { ...ORIGIN, runAttempt: 2 } }),
  'retell-public': reportOn([retellBatch([booked, priced, doubleBooked])], {
    transcripts: 'none',
    withheldFor: 'public',
  }),
  'bland-waiting': reportOn(
    [
      blandBatch([BLAND_RUNS.booked, BLAND_RUNS.cancelCall, { ...BLAND_RUNS.stopped, status: 'pending' }], {
        settled: false,
        announced: { total: 4 },
      }),
    ],
    { ending: undefined, ...bland },
  ),
  'bland-passed': reportOn(
    [
      blandBatch([BLAND_RUNS.booked, BLAND_RUNS.transferred, BLAND_RUNS.hours], {
        conclusion: 'passed',
        publishesOnPass: true,
      }),
    ],
    bland,
  ),
  'bland-failed': reportOn(
    [
      blandBatch(
        [
          BLAND_RUNS.booked,
          BLAND_RUNS.transferred,
          BLAND_RUNS.cancelCall,
          BLAND_RUNS.noStart,
          BLAND_RUNS.stopped,
        ],
        {
          conclusion: 'failed',
        },
      ),
    ],
    bland,
  ),
  'bland-errored': reportOn(
    [blandBatch([BLAND_RUNS.booked, BLAND_RUNS.noStart], { conclusion: 'errored' })],
    bland,
  ),
  'bland-cancelled': reportOn(
    [blandBatch([BLAND_RUNS.booked, BLAND_RUNS.stopped], { conclusion: 'cancelled', publishesOnPass: true })],
    bland,
  ),
  'bland-timed-out': reportOn(
    [
      blandBatch([BLAND_RUNS.booked, { ...BLAND_RUNS.stopped, status: 'pending' }], {
        settled: false,
        announced: { total: 2 },
      }),
    ],
    { ending: 'deadline', ...bland },
  ),
  'bland-inconclusive': reportOn(
    [
      blandBatch([BLAND_RUNS.booked, { ...BLAND_RUNS.stopped, status: 'pending', unknownStatus: 'PAUSED' }], {
        conclusion: 'passed',
      }),
    ],
    bland,
  ),
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
  'retell-excerpts': reportOn([retellBatch([booked, priced, doubleBooked])], { transcripts: 'excerpt' }),
  'elevenlabs-broken-tests': reportOn(
    [
      batch('suite_9f01', [
        MOCKLESS.failed,
        MOCKLESS.passed,
        { ...booked, guardrails: ['no medical advice'] },
      ]),
    ],
    {
      name: 'Agent tests (ElevenLabs)',
      providerTitle: 'ElevenLabs',
      cost: { runs: 3, credits: { sum: 164, runs: 3 }, llmUsd: { sum: 0.005, runs: 3 } },
    },
  ),
  'elevenlabs-broken-tests-green': reportOn([batch('suite_9f01', [MOCKLESS.passed, booked, moved])], {
    name: 'Agent tests (ElevenLabs)',
    providerTitle: 'ElevenLabs',
  }),
  'one-run': reportOn([retellBatch([priced])]),
  'twelve-runs': reportOn([
    retellBatch([
      ...manyRuns(4, (index) => (index === 3 ? silent : priced)),
      ...manyRuns(2, () => doubleBooked),
      ...manyRuns(6, () => moved),
    ]),
  ]),
  'three-hundred-runs': reportOn([
    retellBatch([
      ...manyRuns(80, (index) => (index % 5 === 0 ? silent : priced)),
      ...manyRuns(220, () => moved),
    ]),
  ]),
};

/** A report of every shape there is, with `text()` in the place of every foreign string. */
export function reportWith(text: () => string): Report {
  let cases = 0;
  // Ids of test cases differ whatever the text is: runs of one test case would be one entry.
  const runWith = (status: RunStatus, more: Partial<Run> = {}): Run => {
    cases += 1;
    return run(status, `${cases} ${text()}`, {
      testCase: { id: `${cases} ${text()}`, name: text() },
      ...more,
    });
  };
  const turns: Turn[] = [
    agent(text()),
    caller(text()),
    { kind: 'tool-call', tool: text(), input: text() },
    { kind: 'tool-result', output: text(), succeeded: false },
    { kind: 'transition', from: text(), to: text() },
  ];
  const assertions: Assertion[] = [
    { label: text(), result: 'failed', expected: text(), actual: text(), explanation: text() },
    { label: text(), result: 'failed', explanation: text() },
    { label: text(), result: 'passed' },
  ];
  const runs = [
    runWith('failed', { assertions, turns, testFaults: [text()], guardrails: [text(), text()] }),
    runWith('failed', { explanation: text(), criteria: [text(), text()], turns: turns.slice(1) }),
    runWith('errored', { explanation: text(), durationMs: 640 }),
    runWith('cancelled'),
    runWith('pending', { unknownStatus: text() }),
    runWith('pending', { unproven: { kind: 'not-evaluated', why: text() } }),
    runWith('passed', { durationMs: 14_320, guardrails: [text()] }),
    runWith('passed', { testFaults: [text(), text()] }),
    runWith('passed'),
  ];
  return buildReport({
    name: text(),
    providerTitle: text(),
    judgement: { verdict: 'failed', reason: text(), notes: [text(), text()] },
    batches: [
      { id: text(), batch: batch(text(), runs, { subject: text(), publishesOnPass: true }) },
      { id: text(), problem: text(), batch: batch(text(), [runWith('passed')], { subject: text() }) },
      { id: text(), problem: text() },
    ],
    transcripts: 'full',
    origin: ORIGIN,
    writtenAt: CREATED_AT,
    waitedMs: 87_000,
    targetName: text(),
    targetVersion: text(),
    subjectNote: text(),
    reportFile: text(),
  });
}
