import { STATUS_CODES } from 'node:http';
import {
  type AssertionShape,
  type BlandRun,
  blandBatchBody,
  blandListedRunBody,
  blandRunBody,
  blandRunDetailBody,
  castBlandRuns,
  makeBlandId,
  type RunContext,
} from './bland-bodies.ts';
import { versionRoutes } from './bland-deploy.ts';
import {
  adder,
  type BatchEmulator,
  type BatchOptions,
  type BatchSource,
  createPassing,
  isRecorded,
  type Playback,
  play,
  type RecordedBatch,
  replay,
  type StartedBatch,
} from './playback.ts';
import { readSample } from './samples.ts';
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
import { blandTargetRoutes } from './target-lists.ts';
import type { BatchScript, Fields, Phase, RunScript } from './timeline.ts';

/** The pathway of the recorded scenarios. */
const PATHWAYS = [{ id: 'e7575763-8f68-5232-8e7a-949df1cad4c9', name: 'Front desk' }];

export interface BlandOptions extends BatchOptions {
  /** How answers are wrapped. Default `false`: not at all, as documented. Recorded bodies are sent as they are. */
  readonly envelope?: Envelope;
  /** Default `documented`. */
  readonly assertions?: AssertionShape;
  /** Scenarios in place of the recorded ones; what they leave out is as recorded. See `manyScenarios`. */
  readonly scenarios?: readonly Scenario[];
  /** The numbers of the versions that every pathway has. Default: 1 to 7. */
  readonly versions?: readonly number[];
  /** The version in production. Default: the list of versions does not say. */
  readonly production?: number;
}

export type BlandEmulator = BatchEmulator;

/** A scenario; nothing but these is looked at here. */
export type Scenario = Fields & { readonly id: string };

/**
 * `true`: `{data, errors: null}`. `array`: the same, and a list is itself `data` with its total beside it.
 * `beside`: `{data: null, errors: null}` with the fields beside them.
 */
export type Envelope = false | true | 'array' | 'beside';

/**
 * Bland's agent-testing endpoints, as its reference describes them and its own command line uses them. What nobody documents is decided here: the order
 * of lists (newest batch first), the status of successes (200), that a limit over 100 is refused.
 */
export async function startBland(options: BlandOptions = {}): Promise<BlandEmulator> {
  const { now = monotonic, speed = 1, epoch, batches = [] } = options;
  const { envelope = false, assertions = 'documented' } = options;
  const { created = createPassing } = options;
  const { production } = options;
  const versions = [...(options.versions ?? [1, 2, 3, 4, 5, 6, 7])];
  const scenarios = (options.scenarios ?? recordedScenarios).map((each) => ({
    ...recordedScenarios[0],
    ...each,
  }));
  const started: StartedBatch[] = [];
  const wrap = (body: Fields): unknown => inEnvelope(body, envelope);
  const shown = new Map<string, ShownBatch>();

  const add = adder(shown, (source: BatchSource) =>
    isRecorded(source)
      ? showRecorded(source)
      : showPlayback(play(source, { now, speed, epoch }), { wrap, assertions }),
  );
  const isPathway = (id: string): boolean => scenarios.some((each) => each['pathway_id'] === id);
  const routes = [
    ...routesOf({ shown, wrap, add, created, scenarios, versions, started }),
    ...versionRoutes({ versions, production, isPathway }),
    ...blandTargetRoutes({ pathways: PATHWAYS, personas: [] }, (list) =>
      envelope ? { data: list, errors: null } : list,
    ),
  ];

  add(...batches);
  // The key is sent as it is: a `Bearer` in front of it is refused, unless it belongs to the key.
  const authorization = (apiKey: string): string => apiKey;
  return { ...(await startServer({ authorization, error: errorBody, routes }, options)), add, started };
}

/** A batch as the endpoints see it. */
interface ShownBatch {
  look(request: SeenRequest): unknown;
  /** Its runs as the list of runs shows them, from when it is listed. */
  rows(): readonly Fields[];
  /** A run at its own endpoint; `undefined` if it is not of this batch. */
  detail(runId: string): unknown;
  /** What a recorded batch answers to every list of its runs. */
  readonly recordedList?: (request: SeenRequest) => unknown;
}

interface Showing {
  readonly wrap: (body: Fields) => unknown;
  readonly assertions: AssertionShape;
}

function showPlayback(playback: Playback, { wrap, assertions }: Showing): ShownBatch {
  const { script, createdAt, present, isListed } = playback;
  const cast = castBlandRuns(script);
  const contextOf = (phase: Phase): RunContext => ({ phase, createdAt, batchId: script.id, assertions });
  const bodies = (key: string, bodyOf: (run: BlandRun, context: RunContext) => Fields): readonly Fields[] =>
    present(key, ({ runs }) => runs.map(({ index, phase }) => bodyOf(cast[index]!, contextOf(phase))));

  return {
    look: () =>
      present('batch', (moment) =>
        wrap(blandBatchBody(script, { moment, createdAt, runs: bodies('runs', blandRunBody) })),
      ),
    rows: () => (isListed() ? bodies('rows', blandListedRunBody) : []),
    detail: (runId) =>
      present(`detail ${runId}`, ({ runs }) => {
        const found = runs.find(({ index }) => cast[index]?.id === runId);
        return found && wrap(blandRunDetailBody(cast[found.index]!, contextOf(found.phase)));
      }),
  };
}

function showRecorded({ looks, listings, details = new Map() }: RecordedBatch): ShownBatch {
  const recorded = { look: replay(looks), rows: () => [], detail: (runId: string) => details.get(runId) };
  return listings === undefined ? recorded : { ...recorded, recordedList: replay(listings) };
}

interface Batches {
  readonly shown: ReadonlyMap<string, ShownBatch>;
  readonly wrap: (body: Fields) => unknown;
  readonly add: (batch: BatchScript) => void;
  readonly created: (scenarioIds: readonly string[]) => Omit<BatchScript, 'id'>;
  readonly scenarios: readonly Scenario[];
  readonly versions: readonly number[];
  readonly started: StartedBatch[];
}

function routesOf(batches: Batches): Route[] {
  const { shown, wrap, add, created, scenarios, versions, started } = batches;
  const newestFirst = (): ShownBatch[] => [...shown.values()].reverse();
  let made = 0;
  const start = (scenarioIds: readonly string[]): BatchScript => {
    made += 1;
    const script = created(scenarioIds);
    const runs = script.runs.map((run, index) => ({ ...runOf(scenarios, scenarioIds[index]), ...run }));
    return { ...script, id: makeBlandId('batch', `created ${made}`), runs };
  };

  return [
    {
      method: 'GET',
      path: '/v1/agent-testing/batches/:id',
      answer: ({ id, request }) => existing(shown.get(id)?.look(request), 'Batch not found'),
    },
    {
      method: 'GET',
      path: '/v1/agent-testing/runs',
      answer: ({ request }) => {
        const recorded = shown.get(request.query['batch_id'] ?? '')?.recordedList;
        if (recorded !== undefined) return existing(recorded(request), 'Batch not found');
        const limit = wholeNumber(request, 'limit', { min: 1, max: 100, fallback: 50 });
        const offset = wholeNumber(request, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 });
        const rows = matching(
          newestFirst().flatMap((batch) => batch.rows()),
          request,
          RUN_FILTERS,
        );
        return wrap({ runs: rows.slice(offset, offset + limit), total_count: rows.length });
      },
    },
    {
      method: 'GET',
      path: '/v1/agent-testing/runs/:id',
      answer: ({ id }) => {
        const details = newestFirst().map((batch) => batch.detail(id));
        return existing(
          details.find((detail) => detail !== undefined),
          'Run not found',
        );
      },
    },
    {
      method: 'GET',
      path: '/v1/agent-testing/scenarios',
      answer: ({ request }) => wrap({ scenarios: matching(scenarios, request, SCENARIO_FILTERS) }),
    },
    {
      method: 'GET',
      path: '/v1/agent-testing/scenarios/:id',
      answer: ({ id }) => {
        const found = scenarios.find((each) => each.id === id);
        return existing(found && wrap(found), 'Scenario not found');
      },
    },
    {
      method: 'POST',
      path: '/v1/agent-testing/batch-run',
      answer: ({ request }) => {
        const fields = fieldsOf(request);
        const { version_number: version } = fields;
        const testCases = knownScenarios(scenarios, fields['scenario_ids']);
        if (version !== undefined && !versions.some((each) => each === version)) {
          throw new Refusal(400, [`version ${version} does not exist`]);
        }
        const script = start(testCases);
        add(script);
        started.push({ id: script.id, testCases, request: fields });
        const runs = castBlandRuns(script).map((run) => ({ run_id: run.id, scenario_id: run.testCaseId }));
        return wrap({ batch_id: script.id, runs });
      },
    },
  ];
}

const RUN_FILTERS = ['scenario_id', 'pathway_id', 'persona_id', 'batch_id', 'status'];
const SCENARIO_FILTERS = ['pathway_id', 'persona_id', 'category', 'enabled'];

const { scenarios: recordedScenarios } = readSample<{ scenarios: Scenario[] }>('bland__list-scenarios__docs');

/** `count` scenarios of the recorded pathway, named as `nameOf` says. */
export function manyScenarios(
  count: number,
  nameOf: (index: number) => string = (index) => `Scenario ${index}`,
): Scenario[] {
  return Array.from({ length: count }, (_, index) => ({
    id: makeBlandId('test case', `scenario ${index}`),
    name: nameOf(index),
  }));
}

/** The rows whose fields are what the query says they must be. */
function matching<Row extends Fields>(
  rows: readonly Row[],
  { query }: SeenRequest,
  filters: readonly string[],
): Row[] {
  const given = filters.filter((name) => query[name] !== undefined);
  return rows.filter((row) => given.every((name) => String(row[name]) === query[name]));
}

function knownScenarios(scenarios: readonly Scenario[], ids: unknown): string[] {
  if (!Array.isArray(ids) || ids.length === 0)
    throw new Refusal(400, ['scenario_ids must be a non-empty array']);
  const unknown = ids.filter((id) => !scenarios.some((scenario) => scenario.id === id));
  if (unknown.length > 0)
    throw new Refusal(
      400,
      unknown.map((id) => `scenario ${id} does not exist`),
    );
  // What the real service does with an id that comes twice, nobody says: no client may send it.
  if (new Set(ids).size < ids.length) throw new Refusal(400, ['a scenario came twice']);
  return ids.map(String);
}

function runOf(scenarios: readonly Scenario[], scenarioId: string | undefined): RunScript {
  const scenario = scenarios.find((each) => each.id === scenarioId);
  return scenario === undefined ? {} : { testCaseId: scenario.id, name: String(scenario['name']) };
}

function inEnvelope(body: Fields, envelope: Envelope): unknown {
  const { runs, scenarios, ...rest } = body;
  const isList = scenarios !== undefined || 'total_count' in body;
  switch (envelope) {
    case false:
      return body;
    case 'beside':
      return { data: null, errors: null, ...body };
    case 'array':
      return isList ? { data: scenarios ?? runs, errors: null, ...rest } : { data: body, errors: null };
    case true:
      return { data: body, errors: null };
  }
}

const ERROR_CODES: Readonly<Record<number, readonly [code: string, message: string]>> = {
  401: ['AUTH_FAILURE', 'Unauthorized'],
  403: ['FORBIDDEN', 'Forbidden'],
  404: ['NOT_FOUND', 'Not found'],
  429: ['Rate Limit Exceeded', 'Too many requests, please try again later.'],
};

function errorBody(status: number, details: readonly string[]): unknown {
  // The only shape that was seen for wrong parameters.
  if (status === 400) return { status: 'error', message: 'Invalid parameters', errors: details };
  const [error, usual] = ERROR_CODES[status] ?? ['INTERNAL', STATUS_CODES[status] ?? 'Unknown error'];
  return { data: null, errors: [{ error, message: details[0] ?? usual }] };
}
