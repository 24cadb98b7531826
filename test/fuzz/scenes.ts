/** What a provider answers in one go: the recorded bodies, to be read by the real adapters without a network. */
import { readdirSync } from 'node:fs';
import type { Deadline } from '../../src/clock.ts';
import { type Evidence, judge, type Verdict } from '../../src/domain/verdict.ts';
import { ProviderError } from '../../src/errors.ts';
import type { Http } from '../../src/http/json-client.ts';
import { createBland } from '../../src/providers/bland.ts';
import type { ProviderName } from '../../src/providers/provider.ts';
import { createRetell } from '../../src/providers/retell.ts';
import { readSample } from '../emulators/samples.ts';
import { type Json, valueAt } from './mutations.ts';

export interface Scene {
  readonly name: string;
  readonly provider: ProviderName;
  readonly batchId: string;
  /** The batch; then the pages of its runs; then, for Bland, a run's own page. */
  readonly bodies: readonly Json[];
  /** How many of the bodies are pages of runs. */
  readonly pages: number;
}

/** How the reading of a scene ended. */
export interface Reading {
  /** `undefined` where the batch could not be read. */
  readonly verdict?: Verdict;
  readonly evidence: Evidence;
  /** The provider's error, if there was one. */
  readonly problem?: string;
}

const deadline: Deadline = { until: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
const creators = { retell: createRetell, bland: createBland };

/** Looks, reads the runs and their details, and judges. Throws what is no `ProviderError`. */
export async function readScene(scene: Scene): Promise<Reading> {
  const provider = creators[scene.provider](httpOf(scene));
  const conclude = (outcome: Evidence['batches'][number]): Reading => {
    const ending = outcome.batch?.settled === false ? 'deadline' : 'settled';
    const evidence = {
      batches: [outcome],
      ending,
      providerTitle: 'Retell',
      timeoutMinutes: 1,
      now: NOW,
    } as const;
    return {
      evidence,
      verdict: judge(evidence).verdict,
      ...(outcome.problem === undefined ? {} : { problem: outcome.problem }),
    };
  };
  try {
    const batch = await provider.readRuns(await provider.look(scene.batchId, deadline), deadline);
    return conclude({
      id: scene.batchId,
      batch: { ...batch, runs: await provider.explain(batch.runs, deadline) },
    });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return conclude({ id: scene.batchId, problem: error.message });
  }
}

/** Later than every recording. */
const NOW = Date.UTC(2026, 8, 15);

/** Answers with the bodies of the scene; a list gives its pages in order, and behind them an empty one or the last. */
function httpOf({ bodies, pages }: Scene): Http {
  let listed = 0;
  return {
    async getJson({ path, read }) {
      const isList = path.includes('list-test-runs') || path.at(-1) === 'runs';
      const isDetail = path.at(-2) === 'runs';
      if (isList) listed += 1;
      const page = listed > pages ? withoutRuns(bodies[pages] ?? null) : bodies[listed];
      const body = isList ? page : isDetail ? bodies[pages + 1] : bodies[0];
      try {
        return read(body);
      } catch (error) {
        // As the real one does in the end; everything else is a mistake in an adapter.
        const isFault =
          error instanceof Error && ['MalformedAnswer', 'ErrorInAnswer', 'Refusal'].includes(error.name);
        throw isFault ? new ProviderError(`GET x ${error.message}`, { cause: error }) : error;
      }
    },
  };
}

/** Bland's page behind the last one. Retell has none: there the last page comes again. */
function withoutRuns(page: Json): Json {
  if (typeof page !== 'object' || page === null || Array.isArray(page)) return page;
  const { runs, data, ...rest } = page as Record<string, Json>;
  return {
    ...rest,
    ...(Array.isArray(runs) ? { runs: [] } : {}),
    ...(data === undefined ? {} : { data: Array.isArray(data) ? [] : withoutRuns(data) }),
  };
}

type Body = Readonly<Record<string, Json>>;

const sampleOf = (name: string): Body => readSample<Body>(name);

/** The names of all recordings that begin so, without that beginning. */
const recorded = (prefix: string): string[] =>
  readdirSync(new URL('../fixtures', import.meta.url))
    .filter((file) => file.startsWith(`${prefix}__`) && file.endsWith('.json'))
    .map((file) => file.slice(prefix.length + 2, -'.json'.length));

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

const retellScenes: readonly Scene[] = [
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

const blandScenes: readonly Scene[] = [
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

/** Every recorded answer that the action reads, and some that are made of them. */
export const scenes: readonly Scene[] = [...retellScenes, ...blandScenes];
