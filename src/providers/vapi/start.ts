import * as z from 'zod/mini';
import { type Claims, disagreement } from '../../domain/claims.ts';
import { refused } from '../../domain/result.ts';
import type { AvailableTestCase, Selector } from '../../domain/selectors.ts';
import { MODES, type Mode, type TargetConfig } from '../../domain/target.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { ProviderError } from '../../runtime/errors.ts';
import { createApi } from '../api.ts';
import {
  claimsOf,
  count,
  createAdvice,
  formatClaim,
  id,
  isNotFound,
  parseAs,
  parseIsoTime,
  uuidKey,
} from '../fields.ts';
import { batchListsOf, type ListedBatch } from '../started.ts';
import type { BatchStarter, Subject } from '../starter.ts';
import { ACCESS, readVapiList } from './lists.ts';

/** An assistant or a squad, by its id or inline, which is whole and without an id. */
const targetFields = { type: z.string(), assistantId: lenient(z.string()), squadId: lenient(z.string()) };
const namedTargetSchema = z.object({ ...targetFields, isInline: lenient(z.boolean()) });

type Target = z.infer<typeof namedTargetSchema>;

/** The same as requests and answers have it. What is inline may be large, and is not kept. */
export const targetSchema = z.pipe(
  z.object({ ...targetFields, assistant: z.optional(z.unknown()), squad: z.optional(z.unknown()) }),
  z.transform(({ assistant, squad, ...named }): Target => {
    const inline = assistant ?? squad ?? undefined;
    return inline === undefined ? named : { ...named, isInline: true };
  }),
);

/** By voice or by chat. */
export const transportSchema = z.object({ provider: z.string() });

/** Vapi's words for the modes. */
const TRANSPORTS: Readonly<Record<Mode, string>> = { chat: 'vapi.webchat', voice: 'vapi.websocket' };
/** For a run that names no transport: nobody documents what that means, and it has been voice. */
const UNNAMED_TRANSPORT = { provider: TRANSPORTS.voice };

/** Hardly any conversation is shorter, in milliseconds. */
const SHORTEST_RUN_MS: Readonly<Record<Mode, number>> = { chat: 10_000, voice: 30_000 };

/** Tested target of a run; `transport` is repeated with it. */
const testedSchema = z.object({ target: namedTargetSchema, transport: lenient(transportSchema) });

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
  target: z.optional(z.unknown()),
  transport: z.optional(z.unknown()),
});
/** A voice simulation has two parties, so it takes two of the places that an account has. */
const PLACES_OF_A_CALL = 2;
const concurrencySchema = z.object({ concurrencyLimit: lenient(count), availableToStart: lenient(count) });
const itemSchema = z.object({ id, simulationId: lenient(z.string()) });

const CHECK = 'Check target and test-cases: they must belong to the organisation of this api-key.';

/** Advice about a refusal of a request that comes before a simulation run, or starts one. */
const adviceTo = (check: string) =>
  createAdvice({
    ...ACCESS,
    403: 'Check api-key: it may not read simulations or start them.',
    404: check,
    others: check,
  });
const advice = adviceTo(CHECK);

/** The dashboard's addresses of runs that were started here: only the answer to the start has them. */
const dashboards = new WeakMap<HttpClient, Map<string, string>>();

/** The dashboard's address of a run that was started through this transport. */
export const dashboardOf = (http: HttpClient, runId: string): string | undefined =>
  dashboards.get(http)?.get(uuidKey(runId));

/** Starts simulation runs: simulations, against an assistant or a squad. */
export function createVapiStarter(http: HttpClient): BatchStarter {
  const api = createApi(http, { under: ['eval', 'simulation'], advice });
  const addresses = new Map<string, string>();
  dashboards.set(http, addresses);
  return {
    title: 'Vapi',
    batchSize: Number.MAX_SAFE_INTEGER,

    async resolve({ target, mode = 'chat', config }) {
      if (target === undefined)
        return refused('target is missing: Vapi needs one to start a simulation run.');
      const transport = { provider: TRANSPORTS[mode] };
      const isSquad = target.kind === 'squad';
      const named: Target = isSquad
        ? { type: 'squad', squadId: target.id }
        : { type: 'assistant', assistantId: target.id };
      if (config === undefined) return toSubject(named, transport);
      const inline = isSquad
        ? { type: 'squad', squad: config.json }
        : { type: 'assistant', assistant: config.json };
      return {
        title: `${describeTarget(named)} as in ${config.name}, ${mode}`,
        note: ownFieldsNote(config),
        key: undefined,
        claims: testedClaims({ target: inline, transport }),
        request: { target: inline, transport, config: config.name },
      };
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
            target: subject.request['target'],
            transport: subject.request['transport'],
          },
          advice: adviceAbout(subject),
          schema: startedSchema,
          to: ({ id: runId, url, ...said }) => {
            if (url !== undefined) addresses.set(uuidKey(runId), url);
            return { id: runId, claims: testedClaims(said) };
          },
        },
        deadline,
      ),

    recentBatches(subject, testCases, since) {
      const { target } = requestOf(subject);
      const targetId = targetIdOf(target);
      return batchListsOf({
        testCases,
        idKey: uuidKey,
        async list(deadline) {
          const { items, total, date } = await readVapiList(
            api,
            {
              path: ['run'],
              query: {
                ...(targetId === undefined ? { targetType: target.type } : { targetId }),
                createdAtGe: new Date(since).toISOString(),
              },
              items: 'simulation runs',
              of: targetId ?? 'the target',
              schema: listedSchema,
              toItem: (row) => toListed(row, subject),
            },
            deadline,
          );
          return { batches: items, isComplete: total === undefined || items.length >= total, date };
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

    compareVersions(left, right) {
      if (isInline(left) !== isInline(right)) return 'different';
      if (left.key === undefined || right.key === undefined) return 'unknown';
      return left.key === right.key ? 'same' : 'different';
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

  /** The simulations of a suite. One that does not exist has none, where it is only to be excluded. */
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
      if (isNotFound(error) && !isNeeded) return [];
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
      },
      deadline,
    );
  }
}

type Transport = z.infer<typeof transportSchema>;

/** Fields that are sent beside the simulations: `Subject.request`. */
const requestSchema = z.object({
  target: targetSchema,
  transport: transportSchema,
  config: z.optional(z.string()),
});
type SubjectRequest = z.infer<typeof requestSchema>;
const requestOf = ({ request }: Subject): SubjectRequest => parseAs(requestSchema, request);

/** Fields that Vapi sets itself, and that a start may not have. */
const OWN_FIELDS: readonly string[] = ['id', 'orgId', 'createdAt', 'updatedAt'];

/** Fault of a configuration that is to be sent with a start, as a clause. */
export const problemOfInline = (json: TargetConfig['json']): string | undefined =>
  Object.keys(json).every((name) => OWN_FIELDS.includes(name))
    ? 'it sets nothing: it must hold the whole assistant or squad'
    : undefined;

/** A sentence about fields for which Vapi may refuse the start. */
function ownFieldsNote({ name, json }: TargetConfig): string | undefined {
  const found = OWN_FIELDS.filter((field) => Object.hasOwn(json, field));
  return found.length === 0
    ? undefined
    : `${name} has ${found.join(', ')}, which Vapi sets itself and may refuse: leave out such fields.`;
}

const isInline = (subject: Subject): boolean => requestOf(subject).target.isInline === true;

/** Advice about a refusal of a start on this subject. */
function adviceAbout(subject: Subject): (status: number) => string {
  const { config } = requestOf(subject);
  return config === undefined ? advice : adviceTo(`Check target-config (${config}) and test-cases.`);
}

/** "chat"; Vapi's own word where it is neither of the two. */
const nameOf = ({ provider }: Transport): string =>
  MODES.find((mode) => TRANSPORTS[mode] === provider) ?? provider;

const targetIdOf = ({ assistantId, squadId }: Target): string | undefined => assistantId ?? squadId;

/** "assistant 88fa…", or "an inline assistant"; `undefined` where neither is said. */
function describeTarget(target: Target): string | undefined {
  const targetId = targetIdOf(target);
  if (targetId !== undefined) return `${target.type} ${targetId}`;
  return target.isInline === true ? `an inline ${target.type}` : undefined;
}

const keyOf = (target: Target): string | undefined =>
  targetIdOf(target) === undefined ? undefined : describeTarget(target)?.toLowerCase();

/** "assistant 88fa…, chat": a target with the mode of its run; `undefined` where the target is not known. */
export function describeTested(target: Target, transport: Transport | undefined): string | undefined {
  const described = describeTarget(target);
  return described && [described, ...(transport === undefined ? [] : [nameOf(transport)])].join(', ');
}

const anything = z.optional(z.unknown());
const saidTargetSchema = z.object({
  type: anything,
  assistantId: anything,
  squadId: anything,
  assistant: anything,
  squad: anything,
});
const saidTransportSchema = z.object({ provider: anything });

/** Claims of an answer about the target and the transport, however it is written: see `Batch.claims`. */
export function testedClaims({ target, transport }: { target?: unknown; transport?: unknown }): Claims {
  return claimsOf({
    ...targetClaims(target ?? {}),
    mode: formatClaim('the mode', modeIn(transport)),
  });
}

/** "chat" where a transport is one of the two modes; else what the answer has in its place. */
function modeIn(transport: unknown): unknown {
  const said = saidTransportSchema.safeParse(transport).data;
  if (said === undefined) return transport;
  return typeof said.provider === 'string' ? nameOf({ provider: said.provider }) : said.provider;
}

function targetClaims(target: unknown): Record<string, string | undefined> {
  const said = saidTargetSchema.safeParse(target).data;
  if (said === undefined) return { target: formatClaim('target', target) };
  const named = (kind: 'assistant' | 'squad'): string | undefined =>
    formatClaim(kind, said[`${kind}Id`])?.toLowerCase() ?? ((said[kind] ?? undefined) && `an inline ${kind}`);
  const words = [named('assistant'), named('squad')].filter((word) => word !== undefined);
  return {
    target: words.length === 0 ? undefined : words.join(' and '),
    kind: formatClaim('a target of type', said.type),
  };
}

const toSubject = (target: Target, transport: Transport): Subject => ({
  title: describeTested(target, transport) ?? target.type,
  key: keyOf(target),
  claims: testedClaims({ target, transport }),
  request: { target, transport },
});

/** `Candidate.subject` of a run of something else. */
const FOREIGN = 'foreign';

/** One that is inline may be of any file that was sent, so its subject is not known. */
function toListed(row: z.infer<typeof listedSchema>, { claims }: Subject): ListedBatch {
  const target = targetSchema.safeParse(row.target).data;
  const isForeign = disagreement(testedClaims(row), claims) !== undefined;
  return {
    id: row.id,
    total: row.itemCounts?.total,
    createdAt: parseIsoTime(row.createdAt),
    subject: isForeign ? FOREIGN : target && keyOf(target),
  };
}
