import { startRetell } from '../emulators/retell.ts';
import type { Json } from '../fuzz/mutations.ts';
import { areAll, type Body, field, type Kit, listIn, recorded, type Scene, sampleOf } from './kit.ts';

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
    if (field(page, 'has_more') !== true) break;
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

/** Retell: the runs are in pages, and a run has everything with it. */
export const retell: Kit = {
  start: startRetell,
  requests: 2,
  scenes,
  partOf: (path) => (path.includes('list-test-runs') ? 'page' : 'batch'),
  afterLast: (page) => page,
  isProof,
  shownOnly:
    /(^|\.)(response_engine|creation_timestamp|user_modified_timestamp|test_case_definition_id|test_case_definition_snapshot|result_explanation|transcript_snapshot)(\.|$)/,
};
