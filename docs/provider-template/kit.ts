// What the tests of every provider need of Acme.
import type { ProviderName } from '../../src/providers/registry.ts';
import type { Body } from '../../test/fuzz/mutations.ts';
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
} from '../../test/fuzz/worlds.ts';
import { areAll, field, type Kit, listIn, type Scene, type StartWorld } from '../../test/kits/kit.ts';
import { ACME_AGENT, ACME_TEST_CASES, startAcme } from './emulator.ts';
import type { AcmeRequest } from './subject.ts';

/** `'acme'` alone, once the registry has it. */
const NAME = 'acme' as string as ProviderName;

const RUNS: readonly Body[] = ACME_TEST_CASES.map(({ id, name }, index) => ({
  ...{ id: `run_${index}`, status: 'passed', test_case_id: id, test_case_name: name },
  ...{ reason: 'The agent did what was asked.', turns: [{ role: 'agent', text: 'Hello.' }] },
}));
const BATCH: Body = {
  ...{ id: 'batch_1', agent_id: ACME_AGENT, version: 4, created_at: 1_789_372_800_000 },
  ...{ status: 'done', total: RUNS.length, passed: RUNS.length, failed: 0 },
};
const PAGE: Body = { runs: RUNS, has_more: false, next_cursor: null };

/** Of recorded answers: `recorded('acme__get-batch').map(…)` with `sampleOf`, errors included. */
const scenes: readonly Scene[] = [
  { name: 'Acme, passed', provider: NAME, batchId: 'batch_1', bodies: [BATCH, PAGE], pages: 1 },
  {
    ...{ name: 'Acme, still running', provider: NAME, batchId: 'batch_1', pages: 1 },
    bodies: [{ ...BATCH, status: 'running', passed: 2 }, PAGE],
  },
];

/** Straight from the reference, and without the adapter's code. */
function isProof({ batchId, bodies: [batch = null, ...pages] }: Scene): boolean {
  const total = field(batch, 'total');
  return (
    field(batch, 'id') === batchId &&
    field(batch, 'status') === 'done' &&
    field(batch, 'passed') === total &&
    field(batch, 'failed') === 0 &&
    areAll(
      pages.flatMap((page) => listIn(page, 'runs')),
      { count: total, idField: 'id', word: 'passed' },
    )
  );
}

const ROW: Row = {
  id: 'id',
  words: { passed: 'passed', failed: 'failed', errored: 'error', pending: 'queued' },
  more: (_, { index }) => ({ test_case_id: `case-${index}` }),
};

const runsIn = ({ pages }: Answers) => pages.flatMap((page) => (page as Body)['runs'] as Body[]);

const disagreeing: Telling = {
  lies: ['counter', 'batch status', 'status', 'repeated', 'missing', 'tested'],
  batch(world, nowMs) {
    const { total, passed, failed } = countsOf(world);
    return {
      ...{ id: BATCH_ID, agent_id: testedAt(world, nowMs, undefined), version: 4 },
      status: nowMs < ENDS_AT ? 'running' : (lieOf(world, 'batch status', nowMs)?.word ?? 'done'),
      ...countersAt(world, nowMs, { names: ['total', 'passed', 'failed'], right: [total, passed, failed] }),
    };
  },
  page: (world, nowMs) => ({ runs: rowsAt(world, nowMs, 'listed', ROW), has_more: false }),
  isProof: ({ batch, pages }) =>
    isProof({
      ...{ name: '', provider: NAME, batchId: BATCH_ID, pages: pages.length },
      bodies: [batch, ...pages],
    }),
  saysHowMany: ({ batch }) => typeof batch['total'] === 'number',
  list: (answers) => listText(runsIn(answers), 'id'),
  // Only the batch says what it tested.
  said(answer) {
    const { agent_id: agent } = answer as Body;
    return agent === undefined ? [] : [['batch', agent]];
  },
};

const starting: StartWorld = {
  target: { kind: 'agent', id: ACME_AGENT },
  version: { kind: 'number', number: 4 },
  testCases: '*',
  // By the beginning of the path, so what is longer comes first.
  answers: {
    'GET v1/agents': { test_cases: ACME_TEST_CASES },
    'GET v1/batches/batch_1/runs': PAGE,
    'GET v1/batches/': BATCH,
    'GET v1/batches': { batches: [BATCH] },
    'POST v1/batches': BATCH,
  },
  batchId: 'batch_1',
  isResolved: ({ agent, version }: AcmeRequest) => agent === ACME_AGENT && version === 4,
};

/** Acme: the batch has counters, and its runs are in pages. */
export const acme: Kit = {
  start: startAcme,
  testCaseIds: ACME_TEST_CASES.map(({ id }) => id),
  wish: { target: `agent/${ACME_AGENT}`, version: '4' },
  speech: (text) => ({ role: 'agent', text }),
  requests: 2,
  scenes,
  partOf: (path) => (path.at(-1) === 'runs' ? 'page' : 'batch'),
  afterLast: () => ({ runs: [] }),
  isProof,
  disagreeing,
  starting,
  shownOnly: /(^|\.)(agent_id|version|created_at|test_case_id|test_case_name|reason|turns)(\.|$)/,
};
