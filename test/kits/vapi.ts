import { startVapi, VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { type Body, type Json, valueAt } from '../fuzz/mutations.ts';
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
  type World,
} from '../fuzz/worlds.ts';
import { areAll, field, type Kit, listIn, recorded, type Scene, type StartWorld, sampleOf } from './kit.ts';

function vapiScene(name: string, run: Body, pages: readonly Json[]): Scene {
  const batchId = String(run['id'] ?? '811c5b32-60f8-5d71-aa1b-84d3fc17dbfd');
  return { name: `Vapi, ${name}`, provider: 'vapi', batchId, bodies: [run, ...pages], pages: pages.length };
}

const vapiRun = (name: string): Body => sampleOf(`vapi__get-simulation-run__${name}`);
const ended = sampleOf('vapi__list-simulation-run-items__ended') as unknown as readonly Body[];
const allPass = vapiRun('ended-all-pass');
/** The recorded items, all of them passed. */
const passed: readonly Body[] = ended.map((item) => ({
  ...item,
  status: 'passed',
  results: valueAt(ended[0] ?? null, ['results']),
}));

const scenes: readonly Scene[] = [
  ...recorded('vapi__get-simulation-run').map((name) => vapiScene(name, vapiRun(name), [ended])),
  vapiScene('all passed', allPass, [passed]),
  vapiScene('all passed, paginated', allPass, [
    { results: passed, metadata: { totalItems: 3, currentPage: 1 } },
  ]),
  vapiScene('two pages that pass', allPass, [passed.slice(0, 2), passed.slice(2)]),
  vapiScene('no counters', withoutCounters(allPass), [passed, []]),
  ...recorded('vapi__error').map((name) =>
    vapiScene(`error ${name}`, sampleOf(`vapi__error__${name}`), [passed]),
  ),
];

function withoutCounters({ itemCounts: _, ...run }: Body): Body {
  return run;
}

function isProof({ batchId, bodies: [run = null, ...rest], pages }: Scene): boolean {
  const counts = field(run, 'itemCounts');
  const total = field(counts, 'total');
  const listed = rest.slice(0, pages).map((page) => (Array.isArray(page) ? page : listIn(page, 'results')));
  const totals = rest.slice(0, pages).map((page) => valueAt(page, ['metadata', 'totalItems']));
  const items: Json[] = [];
  // A page is asked for as long as items are missing and the last one brought some.
  for (const page of listed) {
    items.push(...page);
    if (idsOf(items).size >= Math.max(Number(total ?? 0), ...totals.map(Number)) && total !== undefined)
      break;
  }
  const ids = idsOf(items);
  const isOther = (value: Json): boolean =>
    typeof value === 'string' && value !== '' && value.toLowerCase() !== batchId.toLowerCase();
  return (
    String(field(run, 'id')).toLowerCase() === batchId.toLowerCase() &&
    field(run, 'status') === 'ended' &&
    (counts === undefined ||
      counts === null ||
      (total === ids.size &&
        field(counts, 'passed') === ids.size &&
        field(counts, 'failed') === 0 &&
        field(counts, 'canceled') === 0)) &&
    totals.every((each) => each === null || each === ids.size) &&
    items.every((item) => valueAt(item, ['results', 'passed']) === true && !isOther(field(item, 'runId'))) &&
    items.every((item) => {
      const evaluations = listIn(field(item, 'results'), 'evaluations');
      return evaluations.some(hasRun) && evaluations.every((each) => !isRequiredAndFailed(each));
    }) &&
    ids.size >= fewestItems(run) &&
    areAll(items, { count: ids.size, idField: 'id', word: 'passed' })
  );
}

const idsOf = (items: readonly Json[]): Set<string> =>
  new Set(items.map((item) => String(field(item, 'id')).toLowerCase()));

const hasRun = (evaluation: Json): boolean =>
  typeof evaluation === 'object' && evaluation !== null && field(evaluation, 'isSkipped') !== true;

/** How many items a run must have at least by what it says that it runs. */
function fewestItems(run: Json): number {
  const named = listIn(run, 'simulations').filter((entry) => field(entry, 'type') === 'simulation');
  const ids = new Set(named.map((entry) => field(entry, 'simulationId')));
  const iterations = field(run, 'iterations');
  return ids.size * (Number.isSafeInteger(iterations) && Number(iterations) > 0 ? Number(iterations) : 1);
}

const isRequiredAndFailed = (evaluation: Json): boolean =>
  field(evaluation, 'required') === true &&
  field(evaluation, 'passed') === false &&
  field(evaluation, 'isSkipped') !== true;

/** The items of a world; errored are those that failed and never get results. */
const rowOf = (world: World, nowMs: number): Row => ({
  id: 'id',
  ofBatch: 'runId',
  tested: (provider) => ({ configurations: { transport: { provider } } }),
  words: { passed: 'passed', failed: 'failed', errored: 'failed', pending: 'evaluating' },
  more(plan, { index, hasEnded, endedMs }) {
    const simulationId = `simulation-${index}`;
    if (!hasEnded) return { simulationId };
    if (plan.outcome === 'errored') return { simulationId, failureReason: 'The call did not connect.' };
    if (endedMs < plan.resultsLagMs) return { simulationId };
    const told = world.lies.find((each) => each.kind === 'result' && each.run === index);
    const isTold = told?.kind === 'result' && nowMs < ENDS_AT + told.untilMs;
    const passed = isTold ? told.value : plan.outcome === 'passed';
    const evaluation = { name: 'date', required: true, passed: plan.outcome === 'passed' };
    const lie = world.lies.find((each) => each.kind === 'evaluations' && each.run === index);
    const evaluations =
      lie?.kind === 'evaluations' && nowMs < ENDS_AT + lie.untilMs
        ? [
            ...Array.from({ length: lie.skipped }, () => ({ ...evaluation, passed: false, isSkipped: true })),
            ...Array.from({ length: lie.ran }, () => evaluation),
          ]
        : [evaluation];
    return { simulationId, results: { passed, evaluations } };
  },
});

const itemsIn = ({ pages }: Answers) =>
  pages.flatMap((page) => (Array.isArray(page) ? page : (page as { results: [] }).results)) as Body[];

const disagreeing: Telling = {
  lies: [
    ...(['counter', 'list total', 'batch status', 'status', 'repeated'] as const),
    ...(['capitals', 'missing', 'batch of run', 'result', 'evaluations', 'plan', 'tested'] as const),
  ],
  batch(world, nowMs) {
    const { total, passed, failed, errored } = countsOf(world);
    const isCounted = nowMs >= ENDS_AT + world.counters.lagMs || world.counters.before === 'number';
    const counters = countersAt(world, nowMs, {
      names: ['total', 'passed', 'failed', 'canceled'],
      right: [total, passed, failed + errored, 0],
    });
    const simulations = world.runs.length + (lieOf(world, 'plan', nowMs)?.more ?? 0);
    return {
      id: BATCH_ID,
      target: { type: 'assistant', assistantId: testedAt(world, nowMs, undefined) },
      iterations: 1,
      simulations: Array.from({ length: simulations }, (_, index) => ({
        type: 'simulation',
        simulationId: `simulation-${index}`,
      })),
      status: nowMs < ENDS_AT ? 'running' : (lieOf(world, 'batch status', nowMs)?.word ?? 'ended'),
      itemCounts: isCounted ? counters : world.counters.before === 'null' ? null : undefined,
    };
  },
  page(world, nowMs) {
    const results = rowsAt(world, nowMs, 'listed', rowOf(world, nowMs));
    if (!world.listsCount) return results;
    const told = lieOf(world, 'list total', nowMs);
    const shown = new Set(results.map((each) => String(each['id']).toLowerCase())).size;
    return { results, metadata: { totalItems: told === undefined ? shown : told.value } };
  },
  isProof: ({ batch, pages }) =>
    isProof({
      name: '',
      provider: 'vapi',
      batchId: BATCH_ID,
      bodies: [batch, ...pages],
      pages: pages.length,
    }),
  saysHowMany: ({ batch, pages }) =>
    typeof valueAt(batch, ['itemCounts', 'total']) === 'number' ||
    pages.some((page) => typeof valueAt(page, ['metadata', 'totalItems']) === 'number'),
  list: (answers) => listText(itemsIn(answers), 'id'),
  said(answer) {
    const { target, results = answer }: Body = Array.isArray(answer) ? {} : (answer as Body);
    return target === undefined
      ? (results as Body[]).map((item) => [String(item['id']).toLowerCase(), item['configurations']])
      : [['batch', target]];
  },
  // What neither counters nor list show after the end, nobody can wait for.
  honest: (world) =>
    world.counters.before === 'number'
      ? world
      : { ...world, runs: world.runs.map((plan) => ({ ...plan, hiddenMs: { embedded: 0, listed: 0 } })) },
};

const ids = ended.map((item) => String(item['simulationId']));
const [one = '', two = ''] = ids;
const RUN = String(allPass['id']);
const CHAT = { provider: 'vapi.webchat' };
const TARGET = { type: 'assistant', assistantId: '88fa3acd-8cf0-518c-af48-6d7ba8f4aa84' };

const starting: StartWorld = {
  target: { kind: 'assistant', id: TARGET.assistantId },
  version: undefined,
  testCases: 'suite:s1\nBooks*',
  answers: {
    'GET eval/simulation/suite': { id: 's1', simulationIds: [one] },
    [`GET eval/simulation/run/${RUN}/item`]: ended as Json,
    'GET eval/simulation/run/': allPass,
    'GET eval/simulation/run': {
      results: [{ ...allPass, target: TARGET }],
      metadata: { totalItems: 1, currentPage: 1 },
    },
    'POST eval/simulation/run': { ...allPass, url: 'https://dashboard.vapi.ai/simulations/runs/1' },
    'GET eval/simulation': [
      { id: one, name: 'Answers in Spanish' },
      { id: two, name: 'Books an appointment' },
    ],
  },
  batchId: RUN,
  isResolved: (request) => JSON.stringify(request) === JSON.stringify({ target: TARGET, transport: CHAT }),
};

/** Vapi: the run has counters, and its items are in pages, each with everything. */
export const vapi: Kit = {
  start: startVapi,
  testCaseIds: recordedSimulations.map(({ id }) => id),
  wish: { target: `assistant/${VAPI_ASSISTANT}` },
  speech: (content) => ({ role: 'assistant', content }),
  requests: 2,
  scenes,
  partOf: (path) => (path.at(-1) === 'item' ? 'page' : 'batch'),
  afterLast: (page) => (Array.isArray(page) ? [] : { results: [], metadata: valueAt(page, ['metadata']) }),
  isProof,
  disagreeing,
  starting,
  shownOnly:
    /(^|\.)(orgId|queuedAt|createdAt|updatedAt|startedAt|endedAt|completedAt|failedAt|target|transport|running|queued|iterationNumber|sessionId|simulationId|structuredOutputId|name|extractedValue|expectedValue|comparator|metadata\.currentPage)(\.|$)/,
};
