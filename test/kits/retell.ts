import type { RetellRequest } from '../../src/providers/retell/subject.ts';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { recordedDefinitions } from '../emulators/retell-bodies.ts';
import type { Body, Json } from '../fuzz/mutations.ts';
import {
  type Answers,
  BATCH_ID,
  countersAt,
  countsOf,
  ENDS_AT,
  lieOf,
  listText,
  type Row,
  rowsAt,
  type Telling,
  testedAt,
} from '../fuzz/worlds.ts';
import { areAll, field, type Kit, listIn, recorded, type Scene, type StartWorld, sampleOf } from './kit.ts';

function retellScene(name: string, batch: Body, pages: readonly Body[]): Scene {
  const batchId = String(batch['test_case_batch_job_id'] ?? 'test_batch_e2b0f3b99539');
  return {
    name: `Retell, ${name}`,
    provider: 'retell',
    batchId,
    bodies: [batch, ...pages],
    pages: pages.length,
  };
}

const retellBatch = (name: string): Body => sampleOf(`retell__get-batch-test__${name}`);
const retellPage = (name: string): Body => sampleOf(`retell__list-test-runs-v2__${name}`);
const complete = retellBatch('complete-all-pass');
const allPass = retellPage('all-pass');
const items = allPass['items'] as readonly Json[];

const scenes: readonly Scene[] = [
  ...recorded('retell__get-batch-test').map((name) => retellScene(name, retellBatch(name), [allPass])),
  ...recorded('retell__list-test-runs-v2').map((name) =>
    retellScene(`list ${name}`, complete, [retellPage(name)]),
  ),
  ...['some-fail', 'with-errors'].map((name) =>
    retellScene(`${name}, whole`, retellBatch(`complete-${name}`), [retellPage(name)]),
  ),
  retellScene(
    'three pages',
    retellBatch('complete-with-errors'),
    ['1', '2', '3'].map((n) => retellPage(`page-${n}`)),
  ),
  retellScene('two pages that pass', complete, [
    { ...allPass, items: items.slice(0, 3), has_more: true, pagination_key: 'next' },
    { ...allPass, items: items.slice(3) },
  ]),
  ...recorded('retell__error').map((name) =>
    retellScene(`error ${name}`, sampleOf(`retell__error__${name}`), [allPass]),
  ),
];

function isProof({ batchId, bodies, pages }: Scene): boolean {
  const [batch, ...rest] = bodies;
  const runs: Json[] = [];
  for (const page of rest.slice(0, pages)) {
    runs.push(...listIn(page, 'items'));
    // Where nothing says that there is more, a key of the next page says it.
    if ((field(page, 'has_more') ?? typeof field(page, 'pagination_key') === 'string') !== true) break;
  }
  return (
    field(batch, 'test_case_batch_job_id') === batchId &&
    field(batch, 'status') === 'complete' &&
    field(batch, 'fail_count') === 0 &&
    field(batch, 'error_count') === 0 &&
    field(batch, 'pass_count') === field(batch, 'total_count') &&
    areAll(runs, { count: field(batch, 'total_count'), idField: 'test_case_job_id', word: 'pass' })
  );
}

const row: Row = {
  id: 'test_case_job_id',
  words: { passed: 'pass', failed: 'fail', errored: 'error', pending: 'in_progress' },
};

const itemsIn = ({ pages }: Answers) => pages.flatMap((page) => (page as { items: readonly Body[] }).items);

const OPEN_WORDS: readonly Json[] = [undefined, null, 'pending', 'in_progress'];

/** Whether the list, or where it leaves a run open the run by itself, says that it passed, and nothing says otherwise. */
function hasPassed(item: Body, singles: readonly Body[]): boolean {
  const words = singles
    .filter((single) => single['test_case_job_id'] === item['test_case_job_id'])
    .map((single) => single['status']);
  if (words.includes('fail') || words.includes('error')) return false;
  const isOpen = OPEN_WORDS.some((word) => word === item['status']);
  return item['status'] === 'pass' || (isOpen && words.includes('pass'));
}

const disagreeing: Telling = {
  // A run by itself is told as if it were embedded.
  showsTwice: true,
  lies: ['counter', 'batch status', 'status', 'repeated', 'capitals', 'missing', 'tested'],
  batch(world, nowMs) {
    const { total, passed, failed, errored } = countsOf(world);
    const ended = lieOf(world, 'batch status', nowMs)?.word ?? 'complete';
    return {
      test_case_batch_job_id: BATCH_ID,
      response_engine: { type: 'retell-llm', llm_id: testedAt(world, nowMs, undefined), version: 1 },
      status: nowMs < ENDS_AT ? 'in_progress' : ended,
      ...countersAt(world, nowMs, {
        names: ['total_count', 'pass_count', 'fail_count', 'error_count'],
        right: [total, passed, failed, errored],
      }),
    };
  },
  page: (world, nowMs) => ({ items: rowsAt(world, nowMs, 'listed', row), has_more: false }),
  single: (world, nowMs, runId) =>
    rowsAt(world, nowMs, 'embedded', row).find((body) => body['test_case_job_id'] === runId),
  isProof(answers) {
    const { batch, singles } = answers;
    const items = itemsIn(answers);
    const ids = new Set(items.map((item) => item['test_case_job_id']));
    return (
      batch['status'] === 'complete' &&
      items.length > 0 &&
      batch['total_count'] === ids.size &&
      batch['pass_count'] === ids.size &&
      batch['fail_count'] === 0 &&
      batch['error_count'] === 0 &&
      items.every((item) => hasPassed(item, singles))
    );
  },
  saysHowMany: () => true,
  list: (answers) => listText(itemsIn(answers), 'test_case_job_id'),
  said(answer) {
    const { response_engine: engine } = answer as Body;
    return engine === undefined ? [] : [['batch', engine]];
  },
};

const FLOW = 'conversation_flow_3b21278178ed';
const ENGINE = { type: 'conversation-flow', conversation_flow_id: FLOW, version: 12 };

const starting: StartWorld = {
  target: { kind: 'agent', id: 'agent_1' },
  version: { kind: 'number', number: 5 },
  testCases: '*',
  answers: {
    'GET get-agent': { agent_id: 'agent_1', agent_name: 'Front desk', version: 5, response_engine: ENGINE },
    'GET list-agent-versions': { items: [{ version: 5, is_published: true }], has_more: false },
    'GET get-conversation-flow': { conversation_flow_id: FLOW, version: 12 },
    'GET v2/list-test-case-definitions': {
      items: [
        { test_case_definition_id: 'a', name: 'A' },
        { test_case_definition_id: 'b', name: 'B' },
      ],
      has_more: false,
    },
    'POST create-batch-test': sampleOf('retell__create-batch-test__201'),
    'GET v2/list-batch-tests': { ...sampleOf('retell__list-batch-tests-v2'), has_more: false },
    'GET get-batch-test': { ...complete, test_case_batch_job_id: 'test_batch_3fa8a7bba5a6' },
    'GET v2/list-test-runs': allPass,
    'GET get-test-run': items[0] ?? null,
  },
  batchId: String(sampleOf('retell__create-batch-test__201')['test_case_batch_job_id']),
  isResolved: ({ engine }: RetellRequest) => typeof engine.version === 'number',
};

/** Retell: the runs are in pages, and a run has everything with it. */
export const retell: Kit = {
  start: startRetell,
  testCaseIds: recordedDefinitions.map((definition) => definition.test_case_definition_id),
  wish: { target: `agent/${DEFAULT_AGENT.id}` },
  fieldsOfStranger: { response_engine: ENGINE },
  speech: (content) => ({ role: 'agent', content }),
  requests: 2,
  scenes,
  partOf: (path) =>
    path.includes('get-test-run') ? 'detail' : path.includes('list-test-runs') ? 'page' : 'batch',
  afterLast: (page) => page,
  isProof,
  disagreeing,
  starting,
  shownOnly:
    /(^|\.)(response_engine|creation_timestamp|user_modified_timestamp|test_case_definition_id|test_case_definition_snapshot|result_explanation|transcript_snapshot)(\.|$)/,
};
