import { STATUS_CODES } from 'node:http';
import {
  type AssertionShape,
  type BlandRun,
  blandBatchBody,
  blandListedRunBody,
  blandRunBody,
  blandRunDetailBody,
  castBlandRuns,
  type RunContext,
} from './bland-bodies.ts';
import { versionRoutes } from './bland-deploy.ts';
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
import { readSample } from './samples.ts';
import { existing, fieldsOf, Refusal, type Route, type SeenRequest, wholeNumber } from './server.ts';
import type { Fields, Phase, RunScript } from './timeline.ts';

/** The pathway of the recorded scenarios, as the list of pathways has it. */
const PATHWAY = {
  id: 'e7575763-8f68-5232-8e7a-949df1cad4c9',
  name: 'Front desk',
  nodes: [],
  edges: [],
  updated_at: '2026-11-19T16:20:00.000Z',
};

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

/** A scenario; nothing but these is looked at here. */
export type Scenario = Fields & { readonly id: string };

/**
 * `true`: `{data, errors: null}`. `array`: the same, and a list is itself `data` with its total beside it.
 * `beside`: `{data: null, errors: null}` with the fields beside them.
 */
export type Envelope = false | true | 'array' | 'beside';

/**
 * Bland's agent-testing endpoints, as its reference describes them and its own command line uses them. What nobody
 * documents is decided here: the order of lists (newest batch first), the status of successes (200), that a limit over
 * 100 is refused.
 */
export async function startBland(options: BlandOptions = {}): Promise<BatchEmulator> {
  const { envelope = false, assertions = 'documented', production } = options;
  const versions = [...(options.versions ?? [1, 2, 3, 4, 5, 6, 7])];
  const scenarios = (options.scenarios ?? recordedScenarios).map((each) => ({
    ...recordedScenarios[0],
    ...each,
  }));
  const wrap = (body: Fields): unknown => inEnvelope(body, envelope);
  const show = (playback: Playback): ShownBatch => showBatch(playback, { wrap, assertions });
  const batches = createBatches(options, { show, makeId: makeUuid });
  const isPathway = (id: string): boolean => scenarios.some((each) => each['pathway_id'] === id);
  const routes = [
    ...routesOf({ batches, wrap, scenarios, versions }),
    ...versionRoutes({ versions, production, isPathway }),
    ...targetRoutes(envelope !== false),
  ];

  // The key is sent as it is: a `Bearer` in front of it is refused, unless it belongs to the key.
  const authorization = (apiKey: string): string => apiKey;
  return startBatchServer({ authorization, error: errorBody, routes }, batches, options);
}

interface Showing {
  readonly wrap: (body: Fields) => unknown;
  readonly assertions: AssertionShape;
}

function showBatch(playback: Playback, { wrap, assertions }: Showing): ShownBatch {
  const { script, createdAt, present } = playback;
  const cast = castBlandRuns(script);
  const contextOf = (phase: Phase): RunContext => ({ phase, createdAt, batchId: script.id, assertions });
  const bodies = (key: string, bodyOf: (run: BlandRun, context: RunContext) => Fields): readonly Fields[] =>
    present(key, ({ runs }) => runs.map(({ index, phase }) => bodyOf(cast[index]!, contextOf(phase))));

  return {
    look: () =>
      present('batch', (moment) =>
        wrap(blandBatchBody(script, { moment, createdAt, runs: bodies('runs', blandRunBody) })),
      ),
    runs: () => bodies('rows', blandListedRunBody),
    run: (runId) =>
      present(`detail ${runId}`, ({ runs }) => {
        const found = runs.find(({ index }) => cast[index]?.id === runId);
        return found && wrap(blandRunDetailBody(cast[found.index]!, contextOf(found.phase)));
      }),
  };
}

interface Tested {
  readonly batches: Batches;
  readonly wrap: (body: Fields) => unknown;
  readonly scenarios: readonly Scenario[];
  readonly versions: readonly number[];
}

function routesOf({ batches, wrap, scenarios, versions }: Tested): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/agent-testing/batches/:id',
      answer: ({ id, request }) => existing(batches.find(id)?.look(request), 'Batch not found'),
    },
    {
      method: 'GET',
      path: '/v1/agent-testing/runs',
      answer: ({ request }) => {
        const recorded = batches.find(request.query['batch_id'] ?? '')?.list;
        if (recorded !== undefined) return existing(recorded(request), 'Batch not found');
        const limit = wholeNumber(request, 'limit', { min: 1, max: 100, fallback: 50 });
        const offset = wholeNumber(request, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 });
        const rows = matching(
          batches.listed().flatMap((batch) => batch.runs()),
          request,
          RUN_FILTERS,
        );
        return wrap({ runs: rows.slice(offset, offset + limit), total_count: rows.length });
      },
    },
    {
      method: 'GET',
      path: '/v1/agent-testing/runs/:id',
      answer: ({ id }) => existing(batches.findRun(id), 'Run not found'),
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
        const runOf = (testCase: string): RunScript => runOfScenario(scenarios, testCase);
        const { id, shown } = batches.start({ testCases, request: fields, runOf });
        const runs = shown.runs().map((run) => ({ run_id: run['id'], scenario_id: run['scenario_id'] }));
        return wrap({ batch_id: id, runs });
      },
    },
  ];
}

const RUN_FILTERS = ['scenario_id', 'pathway_id', 'persona_id', 'batch_id', 'status'];
const SCENARIO_FILTERS = ['pathway_id', 'persona_id', 'category', 'enabled'];

/** The scenarios that there are by default, all of one pathway. */
export const { scenarios: recordedScenarios } = readSample<{ scenarios: Scenario[] }>(
  'bland__list-scenarios__docs',
);

/** `count` scenarios of the recorded pathway, named as `nameOf` says. */
export function manyScenarios(
  count: number,
  nameOf: (index: number) => string = (index) => `Scenario ${index}`,
): Scenario[] {
  return Array.from({ length: count }, (_, index) => ({
    id: makeUuid('test case', `scenario ${index}`),
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
  return ids.map(String);
}

/** The lists of what can be tested, from which `init` lets a person choose. */
const targetRoutes = (isEnveloped: boolean): Route[] => [
  {
    method: 'GET',
    path: '/v1/pathway',
    answer: () => (isEnveloped ? { data: [PATHWAY], errors: null } : [PATHWAY]),
  },
  { method: 'GET', path: '/v1/personas', answer: () => ({ data: [], errors: null }) },
];

function runOfScenario(scenarios: readonly Scenario[], scenarioId: string): RunScript {
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
