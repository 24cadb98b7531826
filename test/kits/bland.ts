import { startBland } from '../emulators/bland.ts';
import { type Json, valueAt } from '../fuzz/mutations.ts';
import { areAll, type Body, field, type Kit, listIn, recorded, type Scene, sampleOf } from './kit.ts';

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
function payload(answer: Json): Json | undefined {
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

/** Bland: the batch embeds its runs, a list completes them, and a run's own page explains it. */
export const bland: Kit = {
  start: startBland,
  requests: 1,
  scenes,
  partOf: (path) => (path.at(-1) === 'runs' ? 'page' : path.at(-2) === 'runs' ? 'detail' : 'batch'),
  afterLast: withoutRuns,
  isProof,
  shownOnly:
    /(^|\.)(trigger_source|publish_on_pass|created_at|scenario_id|overall_score|turn_count|duration_ms|scenario|assertion_results|pathway_id|persona_id)(\.|$)/,
};
