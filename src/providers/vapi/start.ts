import * as z from 'zod/mini';
import { disagreement } from '../../domain/claims.ts';
import { idKey } from '../../domain/evidence.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient, whole } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { type Api, createApi } from '../api.ts';
import { createAdvice, id, parseIsoTime, readRunCount } from '../fields.ts';
import type { Candidate, Listing, Parallelism, RecentBatches, StarterAdapter } from '../starter.ts';
import { adviceOnStart, FOREIGN } from '../starting.ts';
import { readVapiList } from './lists.ts';
import {
  compareVersions,
  resolveTarget,
  resolveTested,
  sentTarget,
  subjectKey,
  TRANSPORTS,
  targetIdOf,
  targetSchema,
  testedClaims,
  type VapiRequest,
  type VapiSubject,
} from './subject.ts';
import { readTestCases } from './test-cases.ts';

const testedFields = { target: z.optional(z.unknown()), transport: z.optional(z.unknown()) };
const startedSchema = z.object({ ...testedFields, id, url: lenient(z.string()) });
const listedSchema = z.object({
  ...testedFields,
  id,
  createdAt: lenient(z.string()),
  itemCounts: lenient(z.object({ total: z.optional(z.unknown()) })),
});
const concurrencySchema = z.object({ concurrencyLimit: lenient(whole), availableToStart: lenient(whole) });

/** A voice simulation has two parties, so it takes two of the places that an account has. */
const PLACES_OF_A_CALL = 2;
/** Hardly any conversation is shorter, in milliseconds. */
const SHORTEST_RUN_MS = { chat: 10_000, voice: 30_000 };

/** Advice where the key or the account is the trouble. */
export const ACCESS_ADVICE = {
  401: 'Check api-key: Vapi does not accept it. It must be a private key of the organisation, not a public one.',
  402: "Check the Vapi organisation's wallet, subscription, payment method and billing limit.",
};

/** Advice about a refusal of a request that comes before a simulation run, or starts one. */
const ADVICE = {
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not read simulations or start them.',
  others: 'Check target and test-cases: they must belong to the organisation of this api-key.',
};

/** The dashboard's addresses of runs that were started here: only the answer to the start has them. */
const dashboards = new WeakMap<HttpClient, Map<string, string>>();

/** The dashboard's address of a run that was started through this transport. */
export const dashboardOf = (http: HttpClient, runId: string): string | undefined =>
  dashboards.get(http)?.get(idKey(runId));

/** Starts simulation runs: simulations, against an assistant or a squad. */
export function createVapiStarter(http: HttpClient): StarterAdapter<VapiRequest> {
  const api = createApi(http, { basePath: ['eval', 'simulation'], advice: createAdvice(ADVICE) });
  const addresses = new Map<string, string>();
  dashboards.set(http, addresses);
  return {
    resolveTarget: async (wanted) => resolveTarget(wanted),
    listTestCases: ({ selectors }, deadline) => readTestCases(api, selectors, deadline),
    startBatch: ({ request }, testCases, deadline) =>
      api.postOnce(
        {
          path: ['run'],
          body: {
            simulations: testCases.map((simulationId) => ({ type: 'simulation', simulationId })),
            target: sentTarget(request),
            transport: request.transport,
          },
          advice: adviceOnStart(ADVICE, request),
          schema: startedSchema,
          toValue: ({ id: runId, url, ...said }) => {
            if (url !== undefined) addresses.set(idKey(runId), url);
            return { id: runId, claims: testedClaims(said) };
          },
        },
        deadline,
      ),
    listBatches: (wanted, deadline) => listRuns(api, wanted, deadline),
    resolveTested,
    compareVersions,
    readParallelism: ({ request }, deadline) => readParallelism(api, request, deadline),
  };
}

/** The runs of the same target; of an inline one, all of its kind. */
async function listRuns(
  api: Api,
  { subject, since }: RecentBatches<VapiRequest>,
  deadline: Deadline,
): Promise<Listing> {
  const { target, config } = subject.request;
  const targetId = config === undefined ? targetIdOf(target) : undefined;
  const { items, total, date } = await readVapiList(
    api,
    {
      path: ['run'],
      query: {
        ...(targetId === undefined ? { targetType: target.type } : { targetId }),
        createdAtGe: new Date(since).toISOString(),
      },
      itemNoun: 'simulation runs',
      of: targetId ?? 'the target',
      schema: listedSchema,
      toItem: (row) => toListed(row, subject),
    },
    deadline,
  );
  return { batches: items, isComplete: total === undefined || items.length >= total, date };
}

function toListed(row: z.infer<typeof listedSchema>, { claims }: VapiSubject): Candidate {
  const target = targetSchema.safeParse(row.target).data;
  const isForeign = disagreement(testedClaims(row), claims) !== undefined;
  return {
    id: row.id,
    runCount: readRunCount(row.itemCounts?.total),
    createdAt: parseIsoTime(row.createdAt),
    subject: isForeign ? FOREIGN : target && subjectKey(target),
  };
}

function readParallelism(
  api: Api,
  { transport }: VapiRequest,
  deadline: Deadline,
): Promise<Parallelism | undefined> {
  const mode = transport.provider === TRANSPORTS.voice ? 'voice' : 'chat';
  return api.get(
    {
      path: ['concurrency'],
      size: 'small',
      schema: concurrencySchema,
      toValue: ({ concurrencyLimit = 0, availableToStart = 0 }) => {
        const atOnce = availableToStart || Math.floor(concurrencyLimit / PLACES_OF_A_CALL);
        return atOnce === 0
          ? undefined
          : { atOnce, shortestRunMs: SHORTEST_RUN_MS[mode], isLeast: mode === 'chat' };
      },
    },
    deadline,
  );
}
