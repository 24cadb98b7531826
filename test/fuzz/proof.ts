/**
 * Whether the answers of a provider prove that every run of the batch passed: written a second time, straight from the
 * providers' documentation, and much less patient than the adapters. What these say no to must never be green.
 */
import type { Json } from './mutations.ts';
import type { Scene } from './scenes.ts';

export function isProof(scene: Scene): boolean {
  const [batch = null, ...rest] = scene.bodies;
  const pages = rest.slice(0, scene.pages);
  return scene.provider === 'retell'
    ? isProofOfRetell(scene.batchId, batch, pages)
    : isProofOfBland(scene.batchId, batch, pages);
}

function isProofOfRetell(id: string, batch: Json, pages: readonly Json[]): boolean {
  const runs: Json[] = [];
  for (const page of pages) {
    runs.push(...listIn(page, 'items'));
    if (field(page, 'has_more') !== true) break;
  }
  return (
    field(batch, 'test_case_batch_job_id') === id &&
    field(batch, 'status') === 'complete' &&
    field(batch, 'fail_count') === 0 &&
    field(batch, 'error_count') === 0 &&
    field(batch, 'pass_count') === field(batch, 'total_count') &&
    areAll(runs, { count: field(batch, 'total_count'), idField: 'test_case_job_id', word: 'pass' })
  );
}

function isProofOfBland(id: string, answer: Json, [list = null]: readonly Json[]): boolean {
  const batch = payload(answer);
  const total = field(batch, 'total_scenarios');
  const embedded = listIn(batch, 'runs');
  const ids = new Set(embedded.map((run) => field(run, 'id')));
  const inner = payload(list);
  const listed = Array.isArray(inner) ? inner : listIn(inner, 'runs');
  const isComplete = embedded.length >= Number(total);
  const others = isComplete ? [] : listed.filter((run) => !ids.has(field(run, 'id')));
  const isForeign = (run: Json) => {
    const batchId = field(run, 'batch_id');
    return typeof batchId === 'string' && batchId !== '' && batchId.toLowerCase() !== id.toLowerCase();
  };
  const saysOther = (name: string, expected: Json) => {
    const said = field(batch, name);
    return Number.isSafeInteger(said) && Number(said) >= 0 && said !== expected;
  };
  const listedTotal = isComplete ? undefined : field(inner ?? null, 'total_count');
  return (
    batch !== undefined &&
    !(Number.isSafeInteger(listedTotal) && Number(listedTotal) > embedded.length + others.length) &&
    String(field(batch, 'id')).toLowerCase() === id.toLowerCase() &&
    field(batch, 'status') === 'PASSED' &&
    !saysOther('passed_scenarios', total ?? null) &&
    !saysOther('failed_scenarios', 0) &&
    !others.some(isForeign) &&
    areAll([...embedded, ...others], { count: total, idField: 'id', word: 'PASSED' })
  );
}

/** As many different runs as announced, at least one, each with the one good word. */
function areAll(
  runs: readonly Json[],
  { count, idField, word }: { count: Json | undefined; idField: string; word: string },
): boolean {
  const ids = runs.map((run) => field(run, idField));
  return (
    runs.length > 0 &&
    new Set(ids).size === count &&
    ids.every((id) => typeof id === 'string') &&
    runs.every((run) => field(run, 'status') === word)
  );
}

/** The answer without its envelope; `undefined` for an error. */
function payload(answer: Json): Json | undefined {
  const errors = field(answer, 'errors');
  if (Array.isArray(errors) && errors.length > 0) return undefined;
  const data = field(answer, 'data');
  return typeof data === 'object' && data !== null ? data : answer;
}

function field(json: Json | undefined, name: string): Json | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return Object.hasOwn(json, name) ? (json as Record<string, Json>)[name] : undefined;
}

function listIn(json: Json | undefined, name: string): readonly Json[] {
  const list = field(json, name);
  return Array.isArray(list) ? list : [];
}
