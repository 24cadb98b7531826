import type { BlandRequest } from '../../src/providers/bland/subject.ts';
import { recordedScenarios, startBland } from '../emulators/bland.ts';
import { type Body, type Json, valueAt } from '../fuzz/mutations.ts';
import {
  type Answers,
  BATCH_ID,
  countersAt,
  countsOf,
  ENDS_AT,
  isToldAt,
  lieOf,
  listText,
  type Row,
  rowsAt,
  type Telling,
  type World,
} from '../fuzz/worlds.ts';
import { areAll, field, type Kit, listIn, recorded, type Scene, type StartWorld, sampleOf } from './kit.ts';

function blandScene(
  name: string,
  batch: Body,
  more: readonly Body[] = [{ runs: [], total_count: 0 }],
): Scene {
  const batchId = String(batch['id'] ?? valueAt(batch, ['data', 'id']) ?? 'b1');
  return { name: `Bland, ${name}`, provider: 'bland', batchId, bodies: [batch, ...more], pages: 1 };
}

const blandBatch = (name: string): Body => sampleOf(`bland__get-batch__${name}`);
const blandPassed = blandBatch('passed');
const blandRuns = blandPassed['runs'] as readonly Body[];

/** A batch that embeds only the first runs, and the list that has all of them. */
function blandListed(name: string, list: Body, rows: readonly Body[], embedded: Json): Scene {
  const id = String(rows[0]?.['batch_id'] ?? blandPassed['id']);
  const counts = { total_scenarios: rows.length, passed_scenarios: rows.length, failed_scenarios: 0 };
  return blandScene(name, { ...blandPassed, id, ...counts, runs: embedded }, [list]);
}

const rowsOf = (list: Body): readonly Body[] =>
  (list['runs'] ?? valueAt(list, ['data', 'runs']) ?? list['data']) as readonly Body[];

const scenes: readonly Scene[] = [
  ...recorded('bland__get-batch').map((name) => blandScene(name, blandBatch(name))),
  ...recorded('bland__list-runs').map((name) => {
    const list = sampleOf(`bland__list-runs__${name}`);
    return blandListed(`list ${name}`, list, rowsOf(list), null);
  }),
  blandListed(
    'a list that passes',
    {
      runs: blandRuns.map((run) => ({ ...run, batch_id: blandPassed['id'] ?? '' })),
      total_count: blandRuns.length,
    },
    blandRuns,
    blandRuns.slice(0, 1),
  ),
  ...recorded('bland__get-run').map((name) =>
    blandScene(`run ${name}`, blandBatch('failed'), [{ runs: [] }, sampleOf(`bland__get-run__${name}`)]),
  ),
  ...recorded('bland__error').map((name) => blandScene(`error ${name}`, sampleOf(`bland__error__${name}`))),
];

function isProof({ batchId, bodies: [answer = null, list = null] }: Scene): boolean {
  const batch = payload(answer);
  const total = field(batch, 'total_scenarios');
  const embedded = listIn(batch, 'runs');
  const ids = new Set(embedded.map((run) => field(run, 'id')));
  const inner = payload(list);
  const listed = Array.isArray(inner) ? inner : listIn(inner, 'runs');
  const isComplete = embedded.length >= Number(total);
  const others = isComplete ? [] : listed.filter((run) => !ids.has(field(run, 'id')));
  const isForeign = (run: Json) => {
    const named = field(run, 'batch_id');
    return typeof named === 'string' && named !== '' && named.toLowerCase() !== batchId.toLowerCase();
  };
  const saysOther = (name: string, expected: Json) => {
    const said = field(batch, name);
    return Number.isSafeInteger(said) && Number(said) >= 0 && said !== expected;
  };
  const listedTotal = isComplete ? undefined : field(inner ?? null, 'total_count');
  return (
    batch !== undefined &&
    !(Number.isSafeInteger(listedTotal) && Number(listedTotal) > embedded.length + others.length) &&
    String(field(batch, 'id')).toLowerCase() === batchId.toLowerCase() &&
    field(batch, 'status') === 'PASSED' &&
    !saysOther('passed_scenarios', total ?? null) &&
    !saysOther('failed_scenarios', 0) &&
    !others.some(isForeign) &&
    areAll([...embedded, ...others], { count: total, idField: 'id', word: 'PASSED' })
  );
}

/** The answer without its envelope; `undefined` for an error. */
function payload(answer: Json): Json {
  const errors = field(answer, 'errors');
  if (Array.isArray(errors) && errors.length > 0) return undefined;
  const data = field(answer, 'data');
  return typeof data === 'object' && data !== null ? data : answer;
}

/** The same page without its runs. */
function withoutRuns(page: Json): Json {
  if (typeof page !== 'object' || page === null || Array.isArray(page)) return page;
  const { runs, data, ...rest } = page as Record<string, Json>;
  return {
    ...rest,
    ...(Array.isArray(runs) ? { runs: [] } : {}),
    ...(data === undefined ? {} : { data: Array.isArray(data) ? [] : withoutRuns(data) }),
  };
}

const row: Row = {
  id: 'id',
  ofBatch: 'batch_id',
  tested: (pathway_id) => ({ pathway_id }),
  words: { passed: 'PASSED', failed: 'FAILED', errored: 'ERROR', pending: 'RUNNING' },
};

/** The envelope, where something is told beside the answer. */
function wrapped(world: World, body: Body, nowMs: number): Body {
  const beside = world.lies.flatMap((each) =>
    each.kind === 'beside' && isToldAt(each, nowMs) ? [[each.field, each.value] as const] : [],
  );
  return beside.length === 0 ? body : { data: body, ...Object.fromEntries(beside) };
}

/** An answer without its envelope; `undefined` for an error. */
function opened(answer: Json): Body | undefined {
  const fields = answer as Body;
  if (!('data' in fields)) return fields;
  const isSome = (value: Json) =>
    typeof value === 'object' && value !== null
      ? Object.keys(value).length > 0
      : value !== undefined && value !== null && value !== '';
  const isError =
    isSome(fields['errors']) ||
    isSome(fields['error']) ||
    ['error', 500].includes(fields['status'] as string);
  return isError ? undefined : (fields['data'] as Body);
}

const lower = (value: Json) => (typeof value === 'string' ? value.toLowerCase() : undefined);

function isProofToldBy({ batch: answer, pages: answers }: Answers): boolean {
  const [batch, ...pages] = [answer, ...answers].map(opened);
  if (batch === undefined || pages.includes(undefined)) return false;
  const isStrange = (each: Body) =>
    ![undefined, null, '', BATCH_ID].includes(
      lower(each['batch_id']) ?? (each['batch_id'] as null | undefined),
    );
  const embedded = (batch['runs'] as readonly Body[]).filter((each) => !isStrange(each));
  const known = new Set(embedded.map((each) => lower(each['id'])));
  const listed = pages.flatMap((page) => page?.['runs'] as readonly Body[]);
  const ours = listed.filter((each) => lower(each['batch_id']) === BATCH_ID || known.has(lower(each['id'])));
  const ids = new Set([...embedded, ...ours].map((each) => lower(each['id'])));
  const saysOther = (name: string, expected: number) => (batch[name] ?? expected) !== expected;
  const totals = pages.map((page) => page?.['total_count'] ?? 0);
  return (
    batch['status'] === 'PASSED' &&
    ids.size > 0 &&
    batch['total_scenarios'] === ids.size &&
    !saysOther('passed_scenarios', ids.size) &&
    !saysOther('failed_scenarios', 0) &&
    [...embedded, ...ours].every((each) => each['status'] === 'PASSED') &&
    totals.every((total) => Number.isInteger(total) && Number(total) >= 0 && Number(total) <= listed.length)
  );
}

const disagreeing: Telling = {
  lies: [
    ...(['counter', 'list total', 'batch status', 'status', 'repeated'] as const),
    ...(['capitals', 'missing', 'batch of run', 'beside', 'tested'] as const),
  ],
  showsTwice: true,
  batch(world, nowMs) {
    const { total, passed, failed, errored } = countsOf(world);
    const ended = failed > 0 ? 'FAILED' : errored > 0 ? 'ERROR' : 'PASSED';
    const body = {
      id: BATCH_ID,
      status: nowMs < ENDS_AT ? 'RUNNING' : (lieOf(world, 'batch status', nowMs)?.word ?? ended),
      ...countersAt(world, nowMs, {
        names: ['total_scenarios', 'passed_scenarios', 'failed_scenarios'],
        right: [total, passed, failed],
      }),
      runs: rowsAt(world, nowMs, 'embedded', row).slice(0, world.embeds),
    };
    return wrapped(world, body, nowMs);
  },
  page(world, nowMs) {
    const runs = rowsAt(world, nowMs, 'listed', { ...row, more: () => ({ batch_id: BATCH_ID }) });
    const told = lieOf(world, 'list total', nowMs);
    return wrapped(world, { runs, total_count: told === undefined ? runs.length : told.value }, nowMs);
  },
  isProof: isProofToldBy,
  saysHowMany: () => true,
  said: (answer) =>
    ((opened(answer)?.['runs'] ?? []) as Body[])
      .filter(({ batch_id: of }) => String(of ?? BATCH_ID).toLowerCase() === BATCH_ID)
      .map((run) => [String(run['id']).toLowerCase(), run['pathway_id']]),
  list: ({ batch, pages }) =>
    [batch, ...pages].map((each) => listText((opened(each)?.['runs'] ?? []) as Body[], 'id')).join(),
};

const PATHWAY = 'e7575763-8f68-5232-8e7a-949df1cad4c9';

const listOfBatch = sampleOf('bland__list-runs__by-batch');
const listedRuns = rowsOf(listOfBatch);

const starting: StartWorld = {
  target: { kind: 'pathway', id: PATHWAY },
  version: { kind: 'number', number: 5 },
  testCases: '*',
  answers: {
    'GET v1/pathway': [{ version_number: 4 }, { version_number: 5 }],
    'GET v1/agent-testing/scenarios': sampleOf('bland__list-scenarios__docs'),
    'POST v1/agent-testing/batch-run': sampleOf('bland__batch-run__200-enveloped'),
    'GET v1/agent-testing/runs': listOfBatch,
    'GET v1/agent-testing/batches': { ...blandPassed, id: listedRuns[0]?.['batch_id'] ?? '' },
  },
  batchId: String(valueAt(sampleOf('bland__batch-run__200-enveloped'), ['data', 'batch_id'])),
  isResolved: ({ version_number }: BlandRequest) => typeof version_number === 'number',
};

/** Bland: the batch embeds its runs, a list completes them, and a run's own page explains it. */
export const bland: Kit = {
  start: startBland,
  testCaseIds: recordedScenarios.map(({ id }) => id),
  wish: { target: `pathway/${PATHWAY}`, version: '4' },
  speech: (content) => ({ role: 'assistant', content }),
  requests: 1,
  scenes,
  partOf: (path) => (path.at(-1) === 'runs' ? 'page' : path.at(-2) === 'runs' ? 'detail' : 'batch'),
  afterLast: withoutRuns,
  isProof,
  disagreeing,
  starting,
  shownOnly:
    /(^|\.)(trigger_source|publish_on_pass|created_at|scenario_id|overall_score|turn_count|duration_ms|scenario|assertion_results|pathway_id|persona_id)(\.|$)/,
};
