import { STATUS_CODES } from 'node:http';
import { makeUuid } from './casting.ts';
import {
  type BatchEmulator,
  type Batches,
  type BatchOptions,
  createBatches,
  type Playback,
  type ShownBatch,
  startBatchServer,
} from './playback.ts';
import { existing, fieldsOf, Refusal, type Route, type SeenRequest, wholeNumber } from './server.ts';
import type { Fields, RunScript } from './timeline.ts';
import { castVapiItems, recordedSimulations, vapiItemBody, vapiRunBody } from './vapi-bodies.ts';

export interface VapiOptions extends BatchOptions {
  /** How lists are wrapped. Default `bare`, as the SDK types the list of items. */
  readonly lists?: 'bare' | 'paginated';
  /** The most that a list holds on one page, whatever limit is asked for. Default 1,000. */
  readonly longestPage?: number;
  /** Pages are not told apart: each holds the first items. */
  readonly ignoresPage?: boolean;
  /** Default: those of the recorded items. */
  readonly simulations?: readonly Simulation[];
  readonly suites?: readonly Suite[];
  /** What is said about runs at once, or the status with which it is refused. Default: an account at rest. */
  readonly concurrency?: Fields | number;
  /** The ids of assistants and squads that there are. Default: the recorded assistant. */
  readonly targets?: readonly string[];
}

export interface VapiEmulator extends BatchEmulator {
  /** Edits a simulation: what is started then has it as it is now. */
  edit(simulationId: string, modifiedAt: number): void;
}

export interface Simulation {
  readonly id: string;
  readonly name?: string;
}

export interface Suite {
  readonly id: string;
  readonly name: string;
  readonly simulationIds: readonly string[];
}

/** The assistant of the recorded run. */
export const VAPI_ASSISTANT = '88fa3acd-8cf0-518c-af48-6d7ba8f4aa84';

/**
 * Vapi's simulation endpoints, as the types of its SDK describe them. What nobody documents is decided here: `limit`
 * over 1,000 is refused, ids that are no UUIDs are not, a target that does not exist answers 400, a suite's simulations
 * become items in their order.
 */
export async function startVapi(options: VapiOptions = {}): Promise<VapiEmulator> {
  const batches = createBatches(options, { show: showBatch, makeId: makeUuid });
  const edited = new Map<string, number>();
  const routes = [...runRoutes({ batches, edited, options }), ...simulationRoutes(options)];
  const authorization = (apiKey: string): string => `Bearer ${apiKey}`;
  const edit = (simulationId: string, modifiedAt: number): void => {
    edited.set(simulationId, modifiedAt);
  };
  const vendor = { authorization, error: errorBody, routes };
  return { ...(await startBatchServer(vendor, batches, options)), edit };
}

function showBatch({ script, createdAt, present }: Playback): ShownBatch {
  const cast = castVapiItems(script);
  return {
    look: () => present('run', (moment) => vapiRunBody(script, moment, createdAt)),
    runs: () =>
      present('items', ({ runs }) =>
        runs.map(({ index, phase }) =>
          vapiItemBody(cast[index]!, { index, phase, createdAt, runId: script.id }),
        ),
      ),
  };
}

interface Tested {
  readonly batches: Batches;
  /** When simulations were edited. */
  readonly edited: ReadonlyMap<string, number>;
  readonly options: VapiOptions;
}

/** The page that a request asks for with `page` and `limit`. */
function pageOf(
  items: readonly unknown[],
  request: SeenRequest,
  { lists = 'bare', longestPage = 1_000, ignoresPage = false }: VapiOptions,
): unknown {
  const limit = Math.min(longestPage, wholeNumber(request, 'limit', { min: 0, max: 1_000, fallback: 100 }));
  const page = wholeNumber(request, 'page', { min: 1, max: Number.MAX_SAFE_INTEGER, fallback: 1 });
  const from = ignoresPage ? 0 : (page - 1) * limit;
  const results = items.slice(from, from + limit);
  const hasNextPage = from + limit < items.length;
  const metadata = { itemsPerPage: limit, totalItems: items.length, currentPage: page, hasNextPage };
  return lists === 'bare' ? results : { results, metadata };
}

/** The endpoints of simulation runs. */
function runRoutes({ batches, edited, options }: Tested): Route[] {
  const { simulations = recordedSimulations, suites = [], targets = [VAPI_ASSISTANT] } = options;
  const names = new Map(simulations.map(({ id, name = id }) => [id, name]));
  const known = (id: string): ShownBatch =>
    existing(batches.find(id), `Couldn't Find Simulation Run. Id: ${id}`);
  return [
    { method: 'GET', path: '/eval/simulation/run/:id', answer: ({ id, request }) => known(id).look(request) },
    {
      method: 'GET',
      path: '/eval/simulation/run/:id/item',
      answer: ({ id, request }) => {
        const run = known(id);
        return run.list === undefined ? pageOf(run.runs(), request, options) : existing(run.list(request));
      },
    },
    {
      method: 'PATCH',
      path: '/eval/simulation/run/:id',
      answer: ({ id, request }) => {
        known(id);
        batches.cancel(id);
        return known(id).look(request);
      },
    },
    {
      method: 'GET',
      path: '/eval/simulation/run',
      answer: ({ request }) => {
        const { targetId, targetType, createdAtGe = '' } = request.query;
        const bodies = batches
          .listed()
          .map((run) => run.look(request) as Fields)
          .filter(({ target }) => targetId === undefined || targetIdOf(target) === targetId)
          .filter(({ target }) => targetType === undefined || (target as Fields)['type'] === targetType)
          .filter(({ createdAt }) => String(createdAt) >= createdAtGe);
        return pageOf(bodies, request, { ...options, lists: 'paginated' });
      },
    },
    {
      method: 'POST',
      path: '/eval/simulation/run',
      status: 201,
      answer: ({ request }) => {
        const fields = fieldsOf(request);
        const { target, transport, simulations: entries } = fields;
        requireTarget(target, targets);
        const runOf = (testCaseId: string): RunScript => ({
          ...{ testCaseId, name: names.get(testCaseId) ?? testCaseId },
          ...(edited.has(testCaseId) && { revision: edited.get(testCaseId) as number }),
        });
        const { id, shown } = batches.start({
          testCases: simulationIdsIn(entries, names, suites),
          request: fields,
          runOf,
          fields: { target, transport, simulations: entries },
        });
        return {
          ...(shown.look(request) as Fields),
          simulationRunItemIds: shown.runs().map((item) => item['id']),
          url: `https://dashboard.vapi.ai/simulations/runs/${id}`,
        };
      },
    },
  ];
}

/** The endpoints of what can be tested, and by what. */
function simulationRoutes(options: VapiOptions): Route[] {
  const { simulations = recordedSimulations, suites = [], targets = [VAPI_ASSISTANT] } = options;
  const bodies = simulations.map(simulationBody);
  const updatedAt = '2026-11-19T16:20:00.000Z';
  return [
    {
      method: 'GET',
      path: '/assistant',
      answer: () => targets.map((id) => ({ id, name: 'Front desk', updatedAt, latestVersion: null })),
    },
    { method: 'GET', path: '/squad', answer: () => [] },
    {
      method: 'GET',
      path: '/eval/simulation',
      answer: ({ request }) => pageOf(bodies, request, options),
    },
    {
      method: 'GET',
      path: '/eval/simulation/concurrency',
      answer: () => {
        const { concurrency = CONCURRENCY_AT_REST } = options;
        if (typeof concurrency === 'number') throw new Refusal(concurrency, ['simulation id must be a UUID']);
        return concurrency;
      },
    },
    {
      method: 'GET',
      path: '/eval/simulation/:id',
      answer: ({ id }) => existing(bodies.find((body) => body['id'] === id)),
    },
    {
      method: 'GET',
      path: '/eval/simulation/suite/:id',
      answer: ({ id }) => {
        const suite = suites.find((each) => each.id === id);
        return existing(suite && { ...STAMPS, targetAssignments: [], ...suite });
      },
    },
  ];
}

const CONCURRENCY_AT_REST = {
  orgId: '3070a930-aa54-5821-8cb0-3a758ce0e24b',
  concurrencyLimit: 10,
  activeSimulations: 0,
  availableToStart: 5,
  createdAt: null,
  updatedAt: null,
  isDefault: true,
};

const STAMPS = {
  orgId: '3070a930-aa54-5821-8cb0-3a758ce0e24b',
  createdAt: '2026-09-01T09:00:00.000Z',
  updatedAt: '2026-09-01T09:00:00.000Z',
};

const simulationBody = (simulation: Simulation): Fields => ({
  ...STAMPS,
  scenarioId: makeUuid('test case', `scenario of ${simulation.id}`),
  personalityId: makeUuid('test case', 'personality'),
  ...simulation,
});

/** Fields of an assistant or a squad that only the server sets. */
const SERVER_FIELDS = ['id', 'orgId', 'createdAt', 'updatedAt'];

/** Refuses a target that is not there, and an inline one with a field that only the server sets. */
function requireTarget(target: unknown, targets: readonly string[]): void {
  const fields = (target ?? {}) as Fields;
  const kind = String(fields['type']);
  const inline = fields[kind];
  const targetId = targetIdOf(target);
  if (inline !== undefined && targetId !== undefined)
    throw new Refusal(400, [`target.${kind} and target.${kind}Id do not go together`]);
  if (inline === undefined && (targetId === undefined || !targets.includes(targetId)))
    throw new Refusal(400, ['target does not exist']);
  const wrong = Object.keys((inline ?? {}) as Fields).find((name) => SERVER_FIELDS.includes(name));
  if (wrong !== undefined) throw new Refusal(400, [`target.${kind}.property ${wrong} should not exist`]);
}

function targetIdOf(target: unknown): string | undefined {
  const { assistantId, squadId } = (target ?? {}) as { assistantId?: string; squadId?: string };
  return assistantId ?? squadId;
}

/** The simulations that a request names, by itself or in suites, in its order. */
function simulationIdsIn(
  entries: unknown,
  known: ReadonlyMap<string, string>,
  suites: readonly Suite[],
): string[] {
  if (!Array.isArray(entries) || entries.length === 0)
    throw new Refusal(400, ['simulations should not be empty']);
  const ids = entries.flatMap((entry: Readonly<Record<string, string>>) =>
    entry['type'] === 'simulationSuite'
      ? (suites.find(({ id }) => id === entry['simulationSuiteId'])?.simulationIds ?? [''])
      : [entry['simulationId'] ?? ''],
  );
  if (!ids.every((id) => known.has(id))) throw new Refusal(400, ['simulation does not exist']);
  return ids;
}

/** NestJS's form. A 402 of simulation runs has a `reason` and no `error`, as its type says. */
function errorBody(status: number, details: readonly string[]): unknown {
  const error = STATUS_CODES[status] ?? 'Error';
  const message =
    details[0] ??
    (status === 401
      ? 'Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.'
      : error);
  if (status === 402) {
    return {
      statusCode: status,
      message: 'Your wallet has insufficient credits.',
      reason: 'insufficient_credits',
    };
  }
  return { message, error, statusCode: status };
}
