import * as z from 'zod/mini';
import type { Claims } from '../../domain/claims.ts';
import { type AvailableTestCase, refused, type Selector } from '../../domain/selectors.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { ProviderError } from '../../runtime/errors.ts';
import { createApi } from '../api.ts';
import { claimed, claimsOf, createAdvice, id, isMissing, parseAs, parseIsoTime } from '../fields.ts';
import { batchListsOf, type ListedBatch } from '../started.ts';
import type { BatchStarter, Subject } from '../starter.ts';
import { ACCESS, readVapiList, vapiIdKey } from './lists.ts';

/** An assistant or a squad, as requests and answers name it. */
export const targetSchema = z.object({
  type: z.string(),
  assistantId: lenient(z.string()),
  squadId: lenient(z.string()),
});

/** By voice, which is the default, or by chat. */
export const transportSchema = z.object({ provider: z.string() });

/** What a run tested; `transport` is repeated with it. */
const testedSchema = z.object({ target: targetSchema, transport: lenient(transportSchema) });

const simulationSchema = z.object({ id, name: lenient(z.string()) });
const suiteSchema = z.object({ simulationIds: z.array(id) });
const startedSchema = z.object({
  id,
  url: lenient(z.string()),
  target: z.optional(z.unknown()),
  transport: z.optional(z.unknown()),
});
const listedSchema = z.object({
  id,
  createdAt: lenient(z.string()),
  itemCounts: lenient(z.object({ total: z.optional(z.unknown()) })),
  target: lenient(targetSchema),
});
const itemSchema = z.object({ id, simulationId: lenient(z.string()) });

const CHECK = 'Check target and test-cases: they must belong to the organisation of this api-key.';

/** What to do about a refusal of a request that comes before a simulation run, or starts one. */
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not read simulations or start them.',
  404: CHECK,
  others: CHECK,
});

/** The dashboard's addresses of runs that were started here: only the answer to the start has them. */
const dashboards = new WeakMap<HttpClient, Map<string, string>>();

/** The dashboard's address of a run that was started through this transport. */
export const dashboardOf = (http: HttpClient, runId: string): string | undefined =>
  dashboards.get(http)?.get(vapiIdKey(runId));

/** Starts simulation runs: simulations, against an assistant or a squad. */
export function createVapiStarter(http: HttpClient): BatchStarter {
  const api = createApi(http, { under: ['eval', 'simulation'], advice });
  const addresses = new Map<string, string>();
  dashboards.set(http, addresses);
  return {
    title: 'Vapi',
    batchSize: Number.MAX_SAFE_INTEGER,

    async resolve({ target }) {
      if (target === undefined)
        return refused('target is missing: Vapi needs one to start a simulation run.');
      return target.kind === 'squad'
        ? toSubject({ type: 'squad', squadId: target.id })
        : toSubject({ type: 'assistant', assistantId: target.id });
    },

    async testCases({ selectors }, deadline) {
      const wanted = selectors.map((selector) => selector.match);
      const suitesIn = (lines: readonly Selector[]): string[] =>
        lines.flatMap(({ match }) => (match.kind === 'label' ? match.value.slice('suite:'.length) : []));
      const chosen = new Set(suitesIn(selectors.filter(({ isExclusion }) => !isExclusion)));
      const members = await Promise.all(
        [...new Set(suitesIn(selectors))].map(async (suite) => ({
          suite,
          ids: await readSuite(suite, { isNeeded: chosen.has(suite) }, deadline),
        })),
      );
      // A suite names its simulations by id: without another selector no list of all is needed.
      const isAllSuites = wanted.every(({ kind }) => kind === 'label');
      const listed = isAllSuites ? undefined : await readSimulations(deadline);
      const names = new Map(
        listed?.items.map(({ id: simulation, name }) => [simulation, name ?? simulation]),
      );
      const [doubt] = listed?.inconsistencies ?? [];
      if (doubt !== undefined && !wanted.every(({ kind, value }) => kind === 'label' || names.has(value))) {
        throw new ProviderError(
          `test-cases: Vapi does not list every simulation (${doubt}). Run the job again; if it stays so, write ids instead of names.`,
        );
      }
      for (const simulation of members.flatMap(({ ids }) => ids)) {
        if (!names.has(simulation)) names.set(simulation, simulation);
      }
      const labelsOf = (simulation: string): string[] =>
        members.flatMap(({ suite, ids }) => (ids.includes(simulation) ? `suite:${suite}` : []));
      const testCases = [...names].map(
        ([simulation, name]): AvailableTestCase => ({ id: simulation, name, labels: labelsOf(simulation) }),
      );
      return { testCases, warnings: [] };
    },

    startBatch: (subject, testCases, deadline) =>
      api.postOnce(
        {
          path: ['run'],
          body: {
            simulations: testCases.map((simulationId) => ({ type: 'simulation', simulationId })),
            ...subject.request,
          },
          schema: startedSchema,
          to: ({ id: runId, url, ...said }) => {
            if (url !== undefined) addresses.set(vapiIdKey(runId), url);
            return { id: runId, claims: testedClaims(said) };
          },
        },
        deadline,
      ),

    recentBatches({ request }, testCases, since) {
      const targetId = targetIdOf(parseAs(targetSchema, request['target']));
      return batchListsOf({
        testCases,
        idKey: vapiIdKey,
        async list(deadline) {
          const { items, total, about } = await readVapiList(
            api,
            {
              path: ['run'],
              query: { targetId: targetId ?? '', createdAtGe: new Date(since).toISOString() },
              items: 'simulation runs',
              of: targetId ?? 'the target',
              schema: listedSchema,
              toItem: toListed,
            },
            deadline,
          );
          return {
            batches: items,
            isComplete: total === undefined || items.length >= total,
            date: about?.date,
          };
        },
        async testCasesOf(runId, total, deadline) {
          const { items } = await readVapiList(
            api,
            {
              path: ['run', runId, 'item'],
              items: 'items',
              of: `simulation run ${runId}`,
              total,
              schema: itemSchema,
              toItem: ({ simulationId }) => simulationId,
            },
            deadline,
          );
          return items.filter((simulationId) => simulationId !== undefined);
        },
      });
    },

    async resolveTestedVersion({ id: runId, tested }) {
      const { target, transport } = tested === undefined ? {} : parseAs(testedSchema, tested);
      const subject = target && toSubject(target, transport);
      return subject?.key === undefined
        ? refused(`Vapi does not say which assistant or squad simulation run ${runId} tested.`)
        : subject;
    },

    isListed: ({ key }) => key !== undefined,

    compareVersions(one, other) {
      if (one.key === undefined || other.key === undefined) return 'unknown';
      return one.key === other.key ? 'same' : 'different';
    },
  };

  /** The simulations of a suite. One that does not exist has none, where it is only to be taken away. */
  async function readSuite(
    suite: string,
    { isNeeded }: { isNeeded: boolean },
    deadline: Deadline,
  ): Promise<readonly string[]> {
    try {
      return await api.get(
        { path: ['suite', suite], schema: suiteSchema, to: ({ simulationIds }) => simulationIds },
        deadline,
      );
    } catch (error) {
      if (isMissing(error) && !isNeeded) return [];
      throw error;
    }
  }

  function readSimulations(deadline: Deadline) {
    return readVapiList(
      api,
      {
        path: [],
        items: 'simulations',
        of: 'the organisation',
        schema: simulationSchema,
        toItem: (body) => body,
      },
      deadline,
    );
  }
}

type Target = z.infer<typeof targetSchema>;

const targetIdOf = ({ assistantId, squadId }: Target): string | undefined => assistantId ?? squadId;

/** "assistant 88fa…"; `undefined` where the target was given inline, without an id. */
export function describeTarget(target: Target): string | undefined {
  const targetId = targetIdOf(target);
  return targetId === undefined ? undefined : `${target.type} ${targetId}`;
}

const keyOf = (target: Target): string | undefined => describeTarget(target)?.toLowerCase();

const anything = z.optional(z.unknown());
const saidTargetSchema = z.object({
  type: anything,
  assistantId: anything,
  squadId: anything,
  assistant: anything,
  squad: anything,
});
const saidTransportSchema = z.object({ provider: anything });

/** What an answer says of the target and the transport, however it is written: see `Batch.claims`. */
export function testedClaims({ target, transport }: { target?: unknown; transport?: unknown }): Claims {
  const by = saidTransportSchema.safeParse(transport).data;
  return claimsOf({
    ...targetClaims(target ?? {}),
    transport: claimed('transport', by === undefined ? transport : by.provider),
  });
}

function targetClaims(target: unknown): Record<string, string | undefined> {
  const said = saidTargetSchema.safeParse(target).data;
  if (said === undefined) return { target: claimed('target', target) };
  const named = (kind: 'assistant' | 'squad'): string | undefined =>
    claimed(kind, said[`${kind}Id`])?.toLowerCase() ?? ((said[kind] ?? undefined) && `an inline ${kind}`);
  const words = [named('assistant'), named('squad')].filter((each) => each !== undefined);
  return {
    target: words.length === 0 ? undefined : words.join(' and '),
    kind: claimed('a target of type', said.type),
  };
}

const toSubject = (target: Target, transport?: z.infer<typeof transportSchema>): Subject => ({
  title: describeTarget(target) ?? target.type,
  key: keyOf(target),
  claims: testedClaims({ target, transport }),
  request: { target, transport },
});

const toListed = (body: z.infer<typeof listedSchema>): ListedBatch => ({
  id: body.id,
  total: body.itemCounts?.total,
  createdAt: parseIsoTime(body.createdAt),
  subject: body.target && keyOf(body.target),
});
