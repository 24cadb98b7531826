import * as z from 'zod/mini';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { type Api, createApi } from '../api.ts';
import { createAdvice, id, parseIsoTime } from '../fields.ts';
import type { BatchStarterOptions } from '../provider.ts';
import type { Candidate, Listing, StarterAdapter } from '../starter.ts';
import { readBlandList } from './lists.ts';
import { unwrapEnvelope } from './responses.ts';
import { type BlandRequest, compareVersions, resolveTarget, resolveTested } from './subject.ts';
import { readTestCases } from './test-cases.ts';

/** With more runs of one scenario than this the list is not read to its end before a start. */
const MOST_RUNS = 3_000;

const startedSchema = z.object({ batch_id: id });
const listedRunSchema = z.object({ batch_id: lenient(z.string()), created_at: lenient(z.string()) });

const CHECK = 'Check target, version and test-cases.';

/** Advice where the key or the account is the trouble. */
export const ACCESS_ADVICE = {
  401: 'Check api-key: Bland does not accept it.',
  402: "Check the Bland organisation's plan and billing.",
};

/** Advice about a refusal of a request that comes before a batch, or starts one. */
const advice = createAdvice({
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not read the scenarios or start batches.',
  others: 'Check target, version and test-cases: they must belong to the organisation of this api-key.',
});

/**
 * Starts Bland's batches: scenarios, on one version of their pathway or persona. `version` is the input, if it is set:
 * a batch does not say which it tested.
 */
export function createBlandStarter(
  http: HttpClient,
  { version: set }: BatchStarterOptions,
): StarterAdapter<BlandRequest> {
  const unwrap = (json: unknown): unknown => unwrapEnvelope(json, CHECK);
  const api = createApi(http, { basePath: ['v1', 'agent-testing'], advice, unwrap });
  const pathways = createApi(http, { basePath: ['v1', 'pathway'], advice, unwrap });
  return {
    resolveTarget: (wanted, deadline) => resolveTarget(pathways, wanted, deadline),
    listTestCases: (wanted, deadline) => readTestCases(api, wanted, deadline),
    startBatch: ({ request }, testCases, deadline) =>
      api.postOnce(
        {
          path: ['batch-run'],
          body: { scenario_ids: testCases, ...request },
          schema: startedSchema,
          toValue: ({ batch_id }) => ({ id: batch_id }),
        },
        deadline,
      ),
    listBatches: ({ testCases: [scenarioId = ''] }, deadline) => listBatches(api, scenarioId, deadline),
    resolveTested: () => resolveTested(set),
    compareVersions,
  };
}

/** Bland lists no batches: the runs of one of our scenarios name theirs, and a run that was started alone names none. */
async function listBatches(api: Api, scenarioId: string, deadline: Deadline): Promise<Listing> {
  const { items, total, date } = await readBlandList(
    api,
    {
      query: { scenario_id: scenarioId },
      of: `scenario ${scenarioId}`,
      total: MOST_RUNS,
      schema: listedRunSchema,
      toItem: (run) => run,
    },
    deadline,
  );
  const batches = items.flatMap(({ batch_id, created_at }): Candidate[] =>
    batch_id ? [{ id: batch_id, createdAt: parseIsoTime(created_at) }] : [],
  );
  return { batches, isComplete: items.length >= (total ?? 0), date };
}
