import * as z from 'zod/mini';
import { type Batch, formatRunCount } from '../../domain/batch.ts';
import { idKey } from '../../domain/evidence.ts';
import type { Run } from '../../domain/run.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import { createApi } from '../api.ts';
import { bearerHeaders, createAdvice, id, parseIsoTime, requireSame } from '../fields.ts';
import type { AdapterOptions, BatchStatus, ProviderAdapter, ProviderDescriptor } from '../provider.ts';
import {
  clauseFor,
  mergeRuns,
  missingRepeats,
  missingStatus,
  readBatchStatus,
  readCounters,
  withRuns,
} from '../runs.ts';
import { createTextBudget } from '../text-budget.ts';
import { type ItemBody, isOfOtherRun, itemSchema, RUN_STATUS, toRun, turnsOf } from './items.ts';
import { readVapiList } from './lists.ts';
import { ACCESS_ADVICE, createVapiStarter, dashboardOf } from './start.ts';
import { describeTested, problemOfInline, targetSchema, testedClaims, transportSchema } from './subject.ts';
import { lacksVapiTarget, listVapiTargets } from './targets.ts';

/** The facts in this file: the types of npm `@vapi-ai/server-sdk` 2.0.1 (`SimulationRun`, `SimulationRunItem`). */

/** A simulation run's words; `ended` is an end and not a verdict. */
const BATCH_STATUS: ReadonlyMap<string, BatchStatus> = new Map([
  ['queued', 'pending'],
  ['running', 'pending'],
  ['ended', 'ended'],
]);

const COUNTERS = { total: 'total', passed: 'passed', failed: 'failed', cancelled: 'canceled' };

const batchSchema = z.object({
  id: z.string(),
  status: z.string(),
  itemCounts: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  createdAt: lenient(z.string()),
  endedAt: lenient(z.string()),
  url: lenient(z.string()),
  target: z.optional(z.unknown()),
  transport: z.optional(z.unknown()),
  iterations: lenient(z.int().check(z.positive())),
  simulations: lenient(z.array(z.object({ type: lenient(z.string()), simulationId: lenient(id) }))),
});

/** Advice about a refusal. */
const advice = createAdvice({
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not read this simulation run.',
  404: 'Check batch-id: it must be the id of a simulation run (not of an item, a simulation or a suite), in the organisation of this api-key.',
  others: 'Check batch-id and api-url.',
});

/** So many readings after the end an item that failed may be without results, before it counts as errored. */
const READINGS_FOR_RESULTS = 3;

/** No page's address is longer. */
const MAX_ADDRESS = 500;

const CANCEL_ADVICE = 'Cancel it at Vapi.';

/** The run has status and counters, the list of its items what became of each simulation. */
function createAdapter(http: HttpClient, options: AdapterOptions = {}): ProviderAdapter {
  const api = createApi(http, { basePath: ['eval', 'simulation', 'run'] });
  const textBudget = createTextBudget(options);
  /** Plans of the runs, by run id. */
  const plans = new Map<string, SimulationPlan>();
  /** In how many readings after the end an item had failed without results. */
  const readingsWithoutResults = new Map<string, number>();

  /** True if an item's results may still come: `passed` and `failed` can stand there before them. */
  function isEarly({ id: itemId, status, results }: ItemBody): boolean {
    if (status === 'passed') return results?.passed === undefined;
    if (status !== 'failed' || results !== undefined) return false;
    const readings = 1 + (readingsWithoutResults.get(itemId) ?? 0);
    readingsWithoutResults.set(itemId, readings);
    return readings < READINGS_FOR_RESULTS;
  }

  return {
    fetchBatch: (batchId, deadline) =>
      api.get(
        {
          path: [batchId],
          size: 'small',
          schema: batchSchema,
          toValue: (body) => {
            plans.set(batchId, planOf(body));
            return toBatch(batchId, body, dashboardOf(http, batchId));
          },
        },
        deadline,
      ),

    async fetchRuns(batch, deadline) {
      const keep = textBudget.forBatch(batch.id);
      const toItem = (body: ItemBody): ListedItem => ({
        id: body.id,
        status: body.status,
        isForeign: isOfOtherRun(batch.id, body),
        isEarly: batch.settled && isEarly(body),
        run: keep(toRun(body), () => turnsOf(body)),
      });
      const { items, inconsistencies, total } = await readVapiList(
        api,
        { ...itemsOf(batch), toItem },
        deadline,
      );
      const runs = mergeRuns(
        items.map(({ run }) => run),
        RUN_STATUS,
        idKey,
      );
      return {
        ...withRuns(batch, runs, [
          ...inconsistencies,
          ...findInconsistencies(items),
          ...missingItems(runs, plans.get(batch.id)),
        ]),
        announced: { ...batch.announced, total: batch.announced.total ?? total },
      };
    },

    fetchFailureDetails: (batch, deadline, passedRunIds) =>
      textBudget.addConversations(batch, passedRunIds, async (wanted) => {
        const toItem = (body: ItemBody) =>
          wanted.has(body.id) ? { id: body.id, turns: turnsOf(body) } : undefined;
        const { items } = await readVapiList(api, { ...itemsOf(batch), toItem }, deadline);
        const found = items.filter((item) => item !== undefined);
        return new Map(found.map(({ id: itemId, turns }) => [itemId, turns]));
      }),

    cancel: (batchId, deadline) =>
      http.sendCommand(
        { method: 'PATCH', path: [...api.basePath, batchId], advice: () => CANCEL_ADVICE },
        deadline,
      ),
  };
}

/** The list of what a simulation run is made of. */
const itemsOf = ({ id: batchId, announced }: Batch) => ({
  path: [batchId, 'item'],
  itemNoun: 'items',
  of: `simulation run ${batchId}`,
  total: announced.total,
  schema: itemSchema,
});

function toBatch(batchId: string, body: z.infer<typeof batchSchema>, dashboard: string | undefined): Batch {
  requireSame('batch', batchId, body.id, idKey);
  const target = targetSchema.safeParse(body.target).data;
  const transport = transportSchema.safeParse(body.transport).data;
  return {
    id: batchId,
    ...readBatchStatus(body.status, BATCH_STATUS),
    // Without counters, which the API does not promise, only the same list in two looks shows that no item is missing.
    ...(body.itemCounts ? readCounters(body.itemCounts, COUNTERS) : { announced: {} }),
    createdAt: parseIsoTime(body.createdAt),
    endedAt: parseIsoTime(body.endedAt),
    url: pageOfVapi(body.url ?? dashboard),
    subject: target && describeTested(target, transport),
    tested: target && { target, transport },
    claims: testedClaims(body),
  };
}

/** An address that a report may link to: a page of Vapi's, whatever an answer says. */
function pageOfVapi(text: string | undefined): string | undefined {
  const url = URL.parse(text ?? '');
  const isVapis = url?.protocol === 'https:' && /(^|\.)vapi\.ai$/.test(url.hostname);
  return isVapis && url.href.length <= MAX_ADDRESS ? url.href : undefined;
}

/** Runs of simulations that a run says it takes. */
interface SimulationPlan {
  /** The simulations that it names, each once. */
  readonly simulations: readonly string[];
  readonly iterations: number;
  /** The fewest runs there must be. A suite does not say of how many simulations it is. */
  readonly least: number;
}

function planOf({ simulations = [], iterations = 1 }: z.infer<typeof batchSchema>): SimulationPlan {
  const single = simulations.filter(({ type }) => type === 'simulation');
  const ids = single.flatMap(({ simulationId }) => (simulationId === undefined ? [] : idKey(simulationId)));
  const named = [...new Set(ids)];
  const alone = named.length + single.length - ids.length;
  const hasSuites = simulations.some(({ type }) => type === 'simulationSuite');
  return {
    simulations: named,
    iterations,
    least: (alone === 0 && hasSuites ? 1 : alone) * iterations,
  };
}

/** The clause for fewer runs than the batch itself says: each simulation as often as there are iterations. */
function missingItems(runs: readonly Run[], plan: SimulationPlan | undefined): string[] {
  // Of no runs at all the judge speaks.
  if (plan === undefined || runs.length === 0) return [];
  const { simulations, iterations, least } = plan;
  if (runs.length < least) {
    return [`it lists ${formatRunCount(runs.length)}, and its simulations take at least ${least}`];
  }
  const listed = runs.map(({ testCase }) => testCase.id && idKey(testCase.id));
  // Without the id of its simulation an item may be of any.
  if (listed.includes(undefined)) return [];
  return missingRepeats(simulations, listed, { times: iterations, field: 'iterations' });
}

/** An item of an answer, with what decides whether it can be believed. */
interface ListedItem {
  readonly id: string;
  readonly status: ItemBody['status'];
  /** It belongs to another run. */
  readonly isForeign: boolean;
  /** Its results are not there yet. */
  readonly isEarly: boolean;
  readonly run: Run;
}

/** Reasons not to believe the items of an ended run yet: results may come up to two minutes later. */
const findInconsistencies = (items: readonly ListedItem[]): string[] => [
  ...missingStatus(items),
  ...clauseFor(
    items.filter(({ isForeign }) => isForeign),
    { one: 'belongs to another simulation run', several: 'belong to another simulation run' },
  ),
  ...clauseFor(
    items.filter(({ isEarly }) => isEarly),
    { one: 'has no "results" yet', several: 'have no "results" yet' },
  ),
];

/** Vapi. */
export const vapi: ProviderDescriptor = {
  name: 'vapi',
  title: 'Vapi',
  product: 'Vapi',
  homepage: 'https://vapi.ai',
  url: 'https://api.vapi.ai',
  keyVariable: 'VAPI_API_KEY',
  headers: bearerHeaders,
  advice,
  statusWords: { batch: BATCH_STATUS, run: RUN_STATUS },
  capabilities: {
    start: {
      targetKinds: ['assistant', 'squad'],
      selectors: {
        labels: ['suite'],
        wildcardRefusal:
          'A list of all simulations belongs to no target at Vapi: write ids, names or suite:ID, one per line.',
      },
      isTargetOptional: false,
    },
    versions: false,
    targetConfig: { problemOf: problemOfInline },
    modes: { fallback: 'chat' },
    reuse: { problem: 'its lists do not show when each part of a simulation was last edited' },
    cancel: true,
  },
  idKey,
  listTargets: listVapiTargets,
  lacksTarget: lacksVapiTarget,
  testCasesPage: 'https://docs.vapi.ai/observability/simulations-quickstart',
  createAdapter,
  createBatchStarter: createVapiStarter,
};
