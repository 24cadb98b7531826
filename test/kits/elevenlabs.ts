import type { ElevenLabsRequest } from '../../src/providers/elevenlabs/subject.ts';
import { startElevenLabs } from '../emulators/elevenlabs.ts';
import { recordedTests } from '../emulators/elevenlabs-bodies.ts';
import { type Body, type Json, valueAt } from '../fuzz/mutations.ts';
import {
  type Answers,
  BATCH_ID,
  ENDS_AT,
  lieOf,
  listText,
  type Row,
  rowsAt,
  type Telling,
  testedAt,
  type World,
} from '../fuzz/worlds.ts';
import { areAll, field, type Kit, listIn, recorded, type Scene, type StartWorld, sampleOf } from './kit.ts';

function elevenLabsScene(name: string, invocation: Body): Scene {
  const batchId = String(invocation['id'] ?? 'suite_d65c3e892354b17a4c03');
  return { name: `ElevenLabs, ${name}`, provider: 'elevenlabs', batchId, bodies: [invocation], pages: 0 };
}

const mixed = sampleOf('elevenlabs__get-test-invocation__mixed');
const runs = mixed['test_runs'] as readonly Body[];
const [good] = runs;
const passed: Body = {
  ...mixed,
  test_runs: runs.map((run) => ({
    ...run,
    status: 'passed',
    condition_result: good?.['condition_result'] ?? null,
  })),
};

const scenes: readonly Scene[] = [
  ...recorded('elevenlabs__get-test-invocation').map((name) =>
    elevenLabsScene(name, sampleOf(`elevenlabs__get-test-invocation__${name}`)),
  ),
  elevenLabsScene('all passed', passed),
  elevenLabsScene('cancelled', { ...passed, cancelled: true }),
  ...recorded('elevenlabs__error').map((name) =>
    elevenLabsScene(`error ${name}`, sampleOf(`elevenlabs__error__${name}`)),
  ),
];

/** As if the same list had been seen twice: one answer alone never proves that no run is missing. */
function isProof({ batchId, bodies: [invocation = null] }: Scene): boolean {
  const list = listIn(invocation, 'test_runs');
  const cancelled = field(invocation, 'cancelled');
  const isOther = (value: Json): boolean => typeof value === 'string' && value !== '' && value !== batchId;
  const results = list.map((run) => valueAt(run, ['condition_result', 'result']));
  const times = field(invocation, 'repeat_count');
  const tests = list
    .map((run) => field(run, 'test_id'))
    .filter((test) => typeof test === 'string' && test !== '');
  const isRepeated = (test: Json): boolean => tests.filter((each) => each === test).length >= Number(times);
  return (
    (!Number.isSafeInteger(times) || tests.every(isRepeated)) &&
    field(invocation, 'id') === batchId &&
    (cancelled === undefined || cancelled === null || cancelled === false) &&
    list.every((run) => !isOther(field(run, 'test_invocation_id'))) &&
    results.every((result) => typeof result !== 'string' || result === 'success') &&
    areAll(list, {
      count: new Set(list.map((run) => field(run, 'test_run_id'))).size,
      idField: 'test_run_id',
      word: 'passed',
    })
  );
}

const rowOf = (world: World, nowMs: number): Row => ({
  id: 'test_run_id',
  ofBatch: 'test_invocation_id',
  tested: (branch_id) => ({ branch_id }),
  words: { passed: 'passed', failed: 'failed', errored: 'failed', pending: 'pending' },
  more(plan, { index, hasEnded }) {
    const test_id = `test-${index}`;
    if (!hasEnded) return { test_id, condition_result: null };
    const told = world.lies.find((each) => each.kind === 'result' && each.run === index);
    const isTold = told?.kind === 'result' && nowMs < ENDS_AT + told.untilMs;
    const right = { passed: 'success', failed: 'failure', errored: 'unknown' }[plan.outcome];
    return { test_id, condition_result: { result: isTold ? told.value : right } };
  },
});

const runsIn = ({ batch }: Pick<Answers, 'batch'>) => batch['test_runs'] as readonly Body[];

const disagreeing: Telling = {
  lies: [
    ...(['status', 'repeated', 'capitals', 'missing', 'batch of run'] as const),
    ...(['result', 'cancelled', 'repeats', 'tested'] as const),
  ],
  batch(world, nowMs) {
    const cancelled = lieOf(world, 'cancelled', nowMs);
    const repeats = lieOf(world, 'repeats', nowMs);
    return {
      id: BATCH_ID,
      branch_id: testedAt(world, nowMs, undefined),
      cancelled: cancelled === undefined ? false : cancelled.value,
      repeat_count: repeats === undefined ? 1 : repeats.value,
      test_runs: rowsAt(world, nowMs, 'listed', rowOf(world, nowMs)),
    };
  },
  isProof: ({ batch }) =>
    isProof({ name: '', provider: 'elevenlabs', batchId: BATCH_ID, bodies: [batch], pages: 0 }),
  saysHowMany: () => false,
  list: (answers) => listText(runsIn(answers), 'test_run_id'),
  // A run is of its invocation: both say the same.
  said: (batch) =>
    [batch as Body, ...runsIn({ batch: batch as Body })].map((each) => ['all', each['branch_id']]),
  // What is not listed while everything else has ended, nobody can wait for.
  honest: (world) => ({
    ...world,
    runs: world.runs.map((plan) => ({ ...plan, hiddenMs: { embedded: -ENDS_AT, listed: -ENDS_AT } })),
  }),
};

const AGENT = String(mixed['agent_id']);
const tests = runs.map((run) => ({ id: run['test_id'] ?? '', name: run['test_name'] ?? '' }));

const starting: StartWorld = {
  target: { kind: 'agent', id: AGENT },
  version: { kind: 'branch', id: 'branch_next' },
  testCases: '*\nRefuses a price',
  answers: {
    'POST v1/convai/agents': { ...mixed, branch_id: 'branch_next' },
    'GET v1/convai/agents': {
      agent_id: AGENT,
      main_branch_id: 'branch_main',
      platform_settings: {
        testing: { attached_tests: [{ test_id: tests[0]?.id ?? '', workflow_node_id: 'node_1' }] },
      },
    },
    'GET v1/convai/agent-testing': { tests, has_more: false, next_cursor: null },
    'GET v1/convai/test-invocations/': mixed,
    'GET v1/convai/test-invocations': {
      results: [
        {
          id: mixed['id'] ?? '',
          agent_id: AGENT,
          branch_id: 'branch_next',
          created_at_unix_secs: 1_789_372_800,
          test_run_count: 2,
        },
      ],
      has_more: false,
    },
  },
  batchId: String(mixed['id']),
  isResolved: ({ agent, branch }: ElevenLabsRequest) => agent === AGENT && branch === 'branch_next',
};

/** ElevenLabs: one answer has everything, and nothing says how many runs there must be. */
export const elevenlabs: Kit = {
  start: startElevenLabs,
  testCaseIds: recordedTests.map(({ id }) => id),
  wish: { target: `agent/${AGENT}`, version: 'branch/branch_next' },
  fieldsOfStranger: { branch_id: 'branch_next' },
  speech: (message) => ({ role: 'agent', message }),
  requests: 2,
  looksForGreen: 2,
  scenes,
  partOf: (path) => (path.includes('agent-testing') ? 'beside' : 'batch'),
  afterLast: (page) => page,
  isProof,
  disagreeing,
  starting,
  shownOnly:
    /(^|\.)(agent_id|created_at|test_id|test_name|last_updated_at_unix|rationale|agent_responses|triggered_guardrails|credits_used)(\.|$)/,
};
