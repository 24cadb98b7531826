import { startVapi } from '../emulators/vapi.ts';
import { type Json, valueAt } from '../fuzz/mutations.ts';
import { areAll, type Body, field, type Kit, listIn, recorded, type Scene, sampleOf } from './kit.ts';

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
  const isOther = (value: Json | undefined): boolean =>
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
    items.every((item) =>
      listIn(field(item, 'results'), 'evaluations').every((each) => !isRequiredAndFailed(each)),
    ) &&
    areAll(items, { count: ids.size, idField: 'id', word: 'passed' })
  );
}

const idsOf = (items: readonly Json[]): Set<string> =>
  new Set(items.map((item) => String(field(item, 'id')).toLowerCase()));

const isRequiredAndFailed = (evaluation: Json): boolean =>
  field(evaluation, 'required') === true &&
  field(evaluation, 'passed') === false &&
  field(evaluation, 'isSkipped') !== true;

/** Vapi: the run has counters, and its items are in pages, each with everything. */
export const vapi: Kit = {
  start: startVapi,
  requests: 2,
  scenes,
  partOf: (path) => (path.at(-1) === 'item' ? 'page' : 'batch'),
  afterLast: (page) => (Array.isArray(page) ? [] : { results: [], metadata: valueAt(page, ['metadata']) }),
  isProof,
  shownOnly:
    /(^|\.)(orgId|queuedAt|createdAt|updatedAt|startedAt|endedAt|completedAt|failedAt|simulations|target|iterations|transport|running|queued|iterationNumber|sessionId|simulationId|structuredOutputId|name|extractedValue|expectedValue|comparator|metadata\.currentPage)(\.|$)/,
};
