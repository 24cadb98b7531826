import { STATUS_CODES } from 'node:http';
import {
  adder,
  type BatchOptions,
  type BatchSource,
  type CancellingEmulator,
  createPassing,
  isRecorded,
  type Playback,
  play,
  type RecordedBatch,
  replay,
  type StartedBatch,
} from './playback.ts';
import {
  existing,
  fieldsOf,
  monotonic,
  Refusal,
  type Route,
  type SeenRequest,
  startServer,
  wholeNumber,
} from './server.ts';
import { vapiTargetRoutes } from './target-lists.ts';
import type { BatchScript, Fields } from './timeline.ts';
import { castVapiItems, makeVapiId, recordedSimulations, vapiItemBody, vapiRunBody } from './vapi-bodies.ts';

export interface VapiOptions extends BatchOptions {
  /** How lists are wrapped. Default `bare`, as the SDK types the list of items. */
  readonly lists?: 'bare' | 'paginated';
  /** The most that a list holds on one page, whatever limit is asked for. Default 1,000. */
  readonly longestPage?: number;
  /** Pages are not told apart: each holds the first items. */
  readonly ignoresPage?: boolean;
  /** Whether `message` of an error is a list. */
  readonly messageLists?: boolean;
  /** Default: those of the recorded items. */
  readonly simulations?: readonly Simulation[];
  readonly suites?: readonly Suite[];
  /** What is said about runs at once, or the status with which it is refused. Default: an account at rest. */
  readonly concurrency?: Fields | number;
  /** The ids of assistants and squads that there are. Default: the recorded assistant. */
  readonly targets?: readonly string[];
}

export interface VapiEmulator extends CancellingEmulator {
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
  const { now = monotonic, speed = 1, epoch, batches = [] } = options;
  const shown = new Map<string, ShownBatch>();
  const started: StartedBatch[] = [];
  const cancelled: string[] = [];
  const show = (script: BatchScript): ShownBatch => showPlayback(play(script, { now, speed, epoch }), show);
  const add = adder(shown, (source: BatchSource) =>
    isRecorded(source) ? showRecorded(source) : show(source),
  );
  const edited = new Map<string, number>();
  const routes = routesOf({ shown, started, cancelled, add, edited, options });

  add(...batches);
  const authorization = (apiKey: string): string => `Bearer ${apiKey}`;
  const error = (status: number, details: readonly string[]): unknown =>
    errorBody(status, details, options.messageLists === true);
  const edit = (simulationId: string, modifiedAt: number): void => {
    edited.set(simulationId, modifiedAt);
  };
  return { ...(await startServer({ authorization, error, routes }, options)), add, started, cancelled, edit };
}

/** A simulation run as the endpoints see it. */
interface ShownBatch {
  look(request: SeenRequest): unknown;
  items(): readonly unknown[];
  readonly isListed: () => boolean;
  /** The same run, with everything that has not ended cancelled. */
  readonly cancel: () => ShownBatch;
  /** What a recorded run answers to every list of its items. */
  readonly recordedList?: (request: SeenRequest) => unknown;
}

function showPlayback(playback: Playback, show: (script: BatchScript) => ShownBatch): ShownBatch {
  const { script, createdAt, present, isListed } = playback;
  const cast = castVapiItems(script);
  return {
    look: () => present('run', (moment) => vapiRunBody(script, moment, createdAt)),
    items: () =>
      present('items', ({ runs }) =>
        runs.map(({ index, phase }) =>
          vapiItemBody(cast[index]!, { index, phase, createdAt, runId: script.id }),
        ),
      ),
    isListed,
    cancel: () => show({ ...playback.cancelled(), createdAt }),
  };
}

function showRecorded({ looks, listings }: RecordedBatch): ShownBatch {
  const shown: ShownBatch = {
    look: replay(looks),
    items: () => [],
    isListed: () => false,
    cancel: () => shown,
  };
  return listings === undefined ? shown : { ...shown, recordedList: replay(listings) };
}

interface Runs {
  readonly shown: Map<string, ShownBatch>;
  readonly started: StartedBatch[];
  readonly cancelled: string[];
  readonly add: (batch: BatchScript) => void;
  /** When simulations were edited. */
  readonly edited: ReadonlyMap<string, number>;
  readonly options: VapiOptions;
}

function routesOf({ shown, started, cancelled, add, edited, options }: Runs): Route[] {
  const {
    created = createPassing,
    simulations = recordedSimulations,
    suites = [],
    targets = [VAPI_ASSISTANT],
  } = options;
  const byId = new Map(simulations.map((each) => [each.id, each]));
  const known = (id: string): ShownBatch => {
    const found = shown.get(id);
    if (found === undefined) throw new Refusal(404, [`Couldn't Find Simulation Run. Id: ${id}`]);
    return found;
  };
  const list = (items: readonly unknown[], request: SeenRequest, form = options.lists ?? 'bare'): unknown => {
    const { longestPage = 1_000, ignoresPage = false } = options;
    const limit = Math.min(longestPage, wholeNumber(request, 'limit', { min: 0, max: 1_000, fallback: 100 }));
    const page = wholeNumber(request, 'page', { min: 1, max: Number.MAX_SAFE_INTEGER, fallback: 1 });
    const from = ignoresPage ? 0 : (page - 1) * limit;
    const results = items.slice(from, from + limit);
    if (form === 'bare') return results;
    return {
      results,
      metadata: {
        itemsPerPage: limit,
        totalItems: items.length,
        currentPage: page,
        hasNextPage: from + limit < items.length,
      },
    };
  };

  return [
    ...vapiTargetRoutes(targets.map((id) => ({ id, name: 'Front desk' }))),
    { method: 'GET', path: '/eval/simulation/run/:id', answer: ({ id, request }) => known(id).look(request) },
    {
      method: 'GET',
      path: '/eval/simulation/run/:id/item',
      answer: ({ id, request }) => {
        const run = known(id);
        return run.recordedList === undefined
          ? list(run.items(), request)
          : existing(run.recordedList(request));
      },
    },
    {
      method: 'PATCH',
      path: '/eval/simulation/run/:id',
      answer: ({ id, request }) => {
        const run = known(id).cancel();
        shown.set(id, run);
        cancelled.push(id);
        return run.look(request);
      },
    },
    {
      method: 'GET',
      path: '/eval/simulation/run',
      answer: ({ request }) => {
        const { targetId, targetType, createdAtGe = '' } = request.query;
        const bodies = [...shown.values()]
          .filter(({ isListed }) => isListed())
          .reverse()
          .map((run) => run.look(request) as Fields)
          .filter(({ target }) => targetId === undefined || targetIdOf(target) === targetId)
          .filter(({ target }) => targetType === undefined || (target as Fields)['type'] === targetType)
          .filter(({ createdAt }) => String(createdAt) >= createdAtGe);
        return list(bodies, request, 'paginated');
      },
    },
    {
      method: 'POST',
      path: '/eval/simulation/run',
      status: 201,
      answer: ({ request }) => {
        const fields = fieldsOf(request);
        requireTarget(fields['target'], targets);
        const ids = simulationIdsIn(fields['simulations'], byId, suites);
        const id = makeVapiId('batch', `created ${started.length + 1}`);
        const script = created(ids);
        const runs = script.runs.map((run, index) => {
          const testCaseId = ids[index] ?? '';
          const revision = edited.get(testCaseId);
          const name = byId.get(testCaseId)?.name ?? testCaseId;
          return { testCaseId, name, ...(revision === undefined ? {} : { revision }), ...run };
        });
        add({
          ...script,
          id,
          runs,
          fields: {
            ...{
              target: fields['target'],
              transport: fields['transport'],
              simulations: fields['simulations'],
            },
            ...script.fields,
          },
        });
        started.push({ id, testCases: ids, request: fields });
        const items = shown.get(id)?.items() as readonly Fields[];
        return {
          ...(shown.get(id)?.look(request) as Fields),
          simulationRunItemIds: items.map((item) => item['id']),
          url: `https://dashboard.vapi.ai/simulations/runs/${id}`,
        };
      },
    },
    {
      method: 'GET',
      path: '/eval/simulation',
      answer: ({ request }) => list(simulations.map(simulationBody), request),
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
      answer: ({ id }) => existing(byId.has(id) ? simulationBody(byId.get(id)!) : undefined),
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
  scenarioId: makeVapiId('test case', `scenario of ${simulation.id}`),
  personalityId: makeVapiId('test case', 'personality'),
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
  byId: ReadonlyMap<string, Simulation>,
  suites: readonly Suite[],
): string[] {
  if (!Array.isArray(entries) || entries.length === 0)
    throw new Refusal(400, ['simulations should not be empty']);
  const ids = entries.flatMap((entry: Readonly<Record<string, string>>) =>
    entry['type'] === 'simulationSuite'
      ? (suites.find(({ id }) => id === entry['simulationSuiteId'])?.simulationIds ?? [''])
      : [entry['simulationId'] ?? ''],
  );
  if (!ids.every((id) => byId.has(id))) throw new Refusal(400, ['simulation does not exist']);
  // What the real service does with an id that comes twice, nobody says: no client may send it.
  if (new Set(ids).size < ids.length) throw new Refusal(400, ['a simulation came twice']);
  return ids;
}

/** NestJS's form. A 402 of simulation runs has a `reason` and no `error`, as its type says. */
function errorBody(status: number, details: readonly string[], isList: boolean): unknown {
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
  return { message: isList ? [message, ...details.slice(1)] : message, error, statusCode: status };
}
