import * as z from 'zod/mini';
import type { Claims } from '../../domain/claims.ts';
import { type AvailableTestCase, refused, type Selector } from '../../domain/selectors.ts';
import { MODES, type Mode } from '../../domain/target.ts';
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

/** By voice or by chat. */
export const transportSchema = z.object({ provider: z.string() });

/** Vapi's words for the modes. */
const TRANSPORTS: Readonly<Record<Mode, string>> = { chat: 'vapi.webchat', voice: 'vapi.websocket' };
/** For a run that names no transport: nobody documents what that means, and it has been voice. */
const UNNAMED_TRANSPORT = { provider: TRANSPORTS.voice };

/** Hardly any conversation is shorter, in milliseconds. */
const SHORTEST_RUN_MS: Readonly<Record<Mode, number>> = { chat: 10_000, voice: 30_000 };

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
  transport: lenient(transportSchema),
});
/** A voice simulation has two parties, so it takes two of the places that an account has. */
const PLACES_OF_A_CALL = 2;
const count = z.int().check(z.nonnegative());
const concurrencySchema = z.object({ concurrencyLimit: lenient(count), availableToStart: lenient(count) });
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

    async resolve({ target, mode = 'chat' }) {
      if (target === undefined)
        return refused('target is missing: Vapi needs one to start a simulation run.');
      const transport = { provider: TRANSPORTS[mode] };
      return target.kind === 'squad'
        ? toSubject({ type: 'squad', squadId: target.id }, transport)
        : toSubject({ type: 'assistant', assistantId: target.id }, transport);
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

    recentBatches(subject, testCases, since) {
      const { target, transport } = requestOf(subject);
      const targetId = targetIdOf(target);
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
              toItem: (row) => toListed(row, transport),
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
      const { target, transport = UNNAMED_TRANSPORT } =
        tested === undefined ? {} : parseAs(testedSchema, tested);
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

    parallelism: (subject, deadline) =>
      api.get(
        {
          path: ['concurrency'],
          size: 'small',
          schema: concurrencySchema,
          to: ({ concurrencyLimit = 0, availableToStart = 0 }) => {
            const atOnce = availableToStart || Math.floor(concurrencyLimit / PLACES_OF_A_CALL);
            const isVoice = requestOf(subject).transport.provider === TRANSPORTS.voice;
            return atOnce === 0
              ? undefined
              : { atOnce, shortestRunMs: SHORTEST_RUN_MS[isVoice ? 'voice' : 'chat'], isLeast: !isVoice };
          },
        },
        deadline,
      ),
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
type Transport = z.infer<typeof transportSchema>;

/** What is sent beside the simulations: `Subject.request`. */
const requestSchema = z.object({ target: targetSchema, transport: transportSchema });
const requestOf = ({ request }: Subject) => parseAs(requestSchema, request);

/** "chat"; Vapi's own word where it is neither of the two. */
const nameOf = ({ provider }: Transport): string =>
  MODES.find((mode) => TRANSPORTS[mode] === provider) ?? provider;

/** Whether a run says that it has another transport. */
const isOther = (said: Transport | undefined, asked: Transport): said is Transport =>
  said !== undefined && said.provider !== asked.provider;

const targetIdOf = ({ assistantId, squadId }: Target): string | undefined => assistantId ?? squadId;

/** "assistant 88fa…"; `undefined` where the target was given inline, without an id. */
export function describeTarget(target: Target): string | undefined {
  const targetId = targetIdOf(target);
  return targetId === undefined ? undefined : `${target.type} ${targetId}`;
}

const keyOf = (target: Target): string | undefined => describeTarget(target)?.toLowerCase();

/** "assistant 88fa…, chat": a target with the mode of its run, as far as both are known. */
export const describeTested = (target: Target, transport: Transport | undefined): string | undefined =>
  [describeTarget(target) ?? [], transport ? nameOf(transport) : []].flat().join(', ') || undefined;

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
  return claimsOf({
    ...targetClaims(target ?? {}),
    mode: claimed('the mode', saidMode(transport)),
  });
}

/** "chat" where a transport is one of the two modes; else what the answer has in its place. */
function saidMode(transport: unknown): unknown {
  const said = saidTransportSchema.safeParse(transport).data;
  if (said === undefined) return transport;
  return typeof said.provider === 'string' ? nameOf({ provider: said.provider }) : said.provider;
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

const toSubject = (target: Target, transport: Transport): Subject => ({
  title: describeTested(target, transport) ?? target.type,
  key: keyOf(target),
  claims: testedClaims({ target, transport }),
  request: { target, transport },
});

/** `Candidate.subject` of a run in another mode. */
const FOREIGN = 'foreign';

const toListed = (body: z.infer<typeof listedSchema>, transport: Transport): ListedBatch => ({
  id: body.id,
  total: body.itemCounts?.total,
  createdAt: parseIsoTime(body.createdAt),
  subject: isOther(body.transport, transport) ? FOREIGN : body.target && keyOf(body.target),
});
