import type * as serialization from '@elevenlabs/elevenlabs-js/serialization/index.js';
import { type CastRun, castRuns, makePrefixed, type Recordings } from './casting.ts';
import { readSample } from './samples.ts';
import { type BatchScript, endOf, type Fields, type Moment, type Outcome, type Phase } from './timeline.ts';

export type Invocation = serialization.GetTestSuiteInvocationResponseModel.Raw;
type TestRun = serialization.UnitTestRunResponseModel.Raw;

interface ElevenLabsCase {
  readonly testCaseId: string;
  readonly name: string;
  readonly result: TestRun['condition_result'];
}

export type ElevenLabsRun = CastRun<ElevenLabsCase>;

const WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'passed',
  failed: 'failed',
  errored: 'failed',
  cancelled: 'cancelled',
};

const recorded = readSample<Invocation>('elevenlabs__get-test-invocation__mixed');

const caseOf = (run: TestRun): ElevenLabsCase => ({
  testCaseId: run.test_id,
  name: run.test_name ?? run.test_id,
  result: run.condition_result,
});
const like = (status: string): (ElevenLabsCase | undefined)[] =>
  recorded.test_runs.map((run) => (run.status === status ? caseOf(run) : undefined));
const recordings: Recordings<ElevenLabsCase> = {
  passed: like('passed'),
  failed: like('failed'),
  errored: recorded.test_runs.map(caseOf).map((each) => ({
    ...each,
    result: {
      result: 'unknown',
      rationale: { messages: [], summary: 'The conversation could not be judged.' },
    },
  })),
  cancelled: recorded.test_runs.map(caseOf).map((each) => ({ ...each, result: undefined })),
};

/** The tests of the recorded runs. */
export const recordedTests: readonly { readonly id: string; readonly name: string }[] =
  recorded.test_runs.map((run) => ({ id: run.test_id, name: run.test_name ?? run.test_id }));
/** The agent of the recorded invocation. */
export const ELEVENLABS_AGENT = String(recorded.agent_id);

export const makeElevenLabsId = makePrefixed({ run: 'trun', 'test case': 'test', batch: 'suite' }, 20);

export const castElevenLabsRuns = (script: BatchScript): ElevenLabsRun[] =>
  castRuns(script, recordings, makeElevenLabsId);

/** What is said in a run that did not pass. */
const RESPONSES = [
  { role: 'user', message: 'What does a crown cost?', time_in_call_secs: 1 },
  {
    role: 'agent',
    message: 'I will look that up.',
    time_in_call_secs: 3,
    tool_calls: [
      {
        type: 'webhook',
        request_id: 'r1',
        tool_name: 'find_price',
        params_as_json: '{"of":"crown"}',
        tool_has_been_called: true,
      },
    ],
    tool_results: [
      {
        type: 'webhook',
        request_id: 'r1',
        tool_name: 'find_price',
        result_value: '{"usd":1200}',
        is_error: false,
        tool_has_been_called: true,
      },
    ],
  },
  { role: 'agent', message: 'A crown is $1,200.', time_in_call_secs: 6 },
];

/** A `GetTestSuiteInvocationResponseModel`. Counters and a status there are none. */
export function invocationBody(
  script: BatchScript,
  { moment, createdAt, cast }: { moment: Moment; createdAt: number; cast: readonly ElevenLabsRun[] },
): Fields {
  return {
    ...recorded,
    id: script.id,
    created_at: Math.floor(createdAt / 1_000),
    test_runs: moment.runs.map(({ index, phase }) =>
      testRunBody(cast[index]!, { phase, createdAt, batchId: script.id }),
    ),
    ...script.fields,
  };
}

function testRunBody(
  run: ElevenLabsRun,
  { phase, createdAt, batchId }: { phase: Phase; createdAt: number; batchId: string },
): Fields {
  const { script, outcome } = run;
  const ended = phase === 'ended';
  const result = run.recorded.result ?? null;
  const summary = script.explanation;
  const said =
    summary === undefined || result === null
      ? result
      : { ...result, rationale: summary === null ? null : { messages: [summary], summary } };
  const responses = script.transcript === undefined ? RESPONSES : script.transcript;
  return {
    test_run_id: run.id,
    test_invocation_id: batchId,
    agent_id: ELEVENLABS_AGENT,
    status: script.words?.[phase] ?? (ended ? WORDS[outcome] : 'pending'),
    test_id: run.testCaseId,
    test_name: run.name,
    last_updated_at_unix: Math.floor((createdAt + (ended ? endOf(script) : 0)) / 1_000),
    condition_result: ended ? said : null,
    agent_responses: ended ? responses : null,
    ...script.fields,
  };
}
