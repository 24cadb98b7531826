import { STATUS_CODES } from 'node:http';
import {
  type BatchEmulator,
  type Batches,
  type BatchOptions,
  createBatches,
  type Playback,
  type ShownBatch,
  startBatchServer,
} from './playback.ts';
import { type AgentScript, agentRoutes, DEFAULT_AGENT, hasVersion } from './retell-agents.ts';
import {
  castRetellRuns,
  makeRetellId,
  recordedDefinitions,
  retellBatchBody,
  retellRunBody,
} from './retell-bodies.ts';
import { type Definition, definitionRoutes } from './retell-definitions.ts';
import { changing, type DraftOptions, draftRoutes } from './retell-deploy.ts';
import { engineIn, isEngine } from './retell-engine.ts';
import { pageOf, pageRequest } from './retell-paging.ts';
import { readSample } from './samples.ts';
import { existing, fieldsOf, Refusal, type Route, type SeenRequest } from './server.ts';
import type { Fields, RunScript, WrongPages } from './timeline.ts';

export interface RetellOptions extends BatchOptions, Pick<DraftOptions, 'onlyLatestChanges'> {
  /** Default: `DEFAULT_AGENT`, on the engine of the recorded test cases. */
  readonly agents?: readonly AgentScript[];
  /** Test cases in place of the recorded ones; what they leave out is as recorded. See `manyDefinitions`. */
  readonly definitions?: readonly Definition[];
  /** Lists of test cases that are wrong in their paging. */
  readonly definitionPages?: WrongPages;
  /** The most that a list of batches, of test cases or of versions holds on one page, whatever limit is asked for. */
  readonly longestPage?: number;
  /** What is answered for an agent or an engine that does not exist. Default 422. */
  readonly missing?: 404 | 422;
}

export interface RetellEmulator extends BatchEmulator {
  /** Edits a test case: what is started then runs it as it is now. */
  edit(testCaseId: string, modifiedAt: number): void;
}

/**
 * Retell's testing endpoints, as its reference and its SDK describe them. What nobody documents is decided here: the order of
 * lists (runs as scripted, batches newest first), the form of pagination keys, which 400s there are.
 */
export async function startRetell(options: RetellOptions = {}): Promise<RetellEmulator> {
  const { missing = 422, longestPage = 1000, definitionPages, onlyLatestChanges } = options;
  const agents = changing(options.agents ?? [DEFAULT_AGENT]);
  const batches = createBatches(options, { show: showBatch, makeId: makeRetellId });
  const definitions = new Map(
    (options.definitions ?? recordedDefinitions).map((each): [string, Definition] => [
      each.test_case_definition_id,
      { ...recordedDefinitions[0], ...each },
    ]),
  );

  const routes = [
    ...batchRoutes({ batches, definitions, agents, longestPage }),
    ...definitionRoutes(definitions, { wrong: definitionPages, longestPage }),
    ...agentRoutes(agents, { missing, longestPage }),
    ...draftRoutes(agents, { missing, onlyLatestChanges }),
  ];
  const authorization = (apiKey: string): string => `Bearer ${apiKey}`;

  const edit = (testCaseId: string, modifiedAt: number): void => {
    const definition = definitions.get(testCaseId);
    if (definition === undefined) throw new Error(`There is no test case ${testCaseId}.`);
    definitions.set(testCaseId, { ...definition, user_modified_timestamp: modifiedAt });
  };
  const vendor = { authorization, error: errorBody, routes };
  return { ...(await startBatchServer(vendor, batches, options)), edit };
}

function showBatch({ script, createdAt, present }: Playback): ShownBatch {
  const cast = castRetellRuns(script);
  const batch = (): Fields => present('batch', (moment) => retellBatchBody(script, moment, createdAt));
  const runs = (): Fields[] =>
    present('runs', (moment) =>
      moment.runs.map(({ index, phase }) => retellRunBody(cast[index]!, { index, phase, createdAt })),
    );
  const listed = (): Fields[] =>
    present('listed runs', (moment) =>
      moment.runs.map(({ index }, at) => ({ ...runs()[at], ...script.runs[index]?.inLists })),
    );
  const list = (request: SeenRequest): unknown => {
    const page = pageRequest(request, script.id);
    return present(`runs ${page.offset} ${page.limit}`, () =>
      pageOf(listed(), script.id, page, script.pages),
    );
  };
  const run = (id: string): unknown => runs().find((each) => each['test_case_job_id'] === id);
  return { look: batch, runs: listed, run, list };
}

interface Tested {
  readonly batches: Batches;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly agents: readonly AgentScript[];
  readonly longestPage: number;
}

function batchRoutes({ batches, definitions, agents, longestPage }: Tested): Route[] {
  return [
    {
      method: 'GET',
      path: '/get-batch-test/:id',
      answer: ({ id, request }) => existing(batches.find(id)?.look(request)),
    },
    {
      method: 'GET',
      path: '/v2/list-test-runs/:id',
      answer: ({ id, request }) => existing(batches.find(id)?.list?.(request)),
    },
    {
      method: 'GET',
      path: '/get-test-run/:id',
      answer: ({ id }) => existing(batches.findRun(id)),
    },
    {
      method: 'GET',
      path: '/v2/list-batch-tests',
      answer: ({ request }) => {
        const bodies = batches.listed().map((batch) => batch.look(request) as Fields);
        return pageOf(ofEngine(bodies, request), 'batches', pageRequest(request, 'batches', longestPage));
      },
    },
    {
      method: 'POST',
      path: '/create-batch-test',
      status: 201,
      answer: ({ request }) => {
        const fields = fieldsOf(request);
        const { test_case_definition_ids: ids, response_engine: engine } = fields;
        const testCases = testCaseIds(ids, definitions);
        const { id: engineId } = engineIn(engine);
        const { version } = engine as { version?: unknown };
        if (hasVersion(agents, engineId, version) === false) throw new Refusal(422);
        const runOf = (testCase: string): RunScript => runOfDefinition(definitions.get(testCase));
        const wanted = { testCases, request: fields, runOf, fields: { response_engine: engine } };
        return batches.start(wanted).shown.look(request);
      },
    },
  ];
}

/** The batches that tested the engine which the query names, in the version it names or else the latest. */
function ofEngine(bodies: readonly Fields[], request: SeenRequest): Fields[] {
  const wanted = engineIn(request.query);
  const found = bodies.filter((body) => isEngine(body['response_engine'], wanted));
  const versionOf = (body: Fields): unknown => (body['response_engine'] as { version?: unknown }).version;
  const versions = found.map(versionOf).filter((version) => typeof version === 'number');
  const latest = versions.length > 0 ? Math.max(...versions) : undefined;
  const version = request.query['version'] === undefined ? latest : Number(request.query['version']);
  return found.filter((body) => version === undefined || versionOf(body) === version);
}

function testCaseIds(ids: unknown, definitions: ReadonlyMap<string, Definition>): string[] {
  if (!Array.isArray(ids) || ids.length < 1 || ids.length > 1000) {
    throw new Refusal(400, ['test_case_definition_ids must be a list of 1 to 1000 ids.']);
  }
  const unknown = ids.find((id) => !definitions.has(id));
  if (unknown !== undefined) throw new Refusal(400, [`There is no test case definition ${unknown}.`]);
  return ids;
}

function runOfDefinition(definition: Definition | undefined): RunScript {
  if (definition === undefined) return {};
  const { test_case_definition_id: testCaseId, ...rest } = definition;
  return { testCaseId, name: String(rest['name']), fields: { test_case_definition_snapshot: definition } };
}

const DOCUMENTED = [400, 401, 402, 404, 422, 429, 500];

function errorBody(status: number, details: readonly string[]): unknown {
  const message = DOCUMENTED.includes(status)
    ? readSample<{ message: string }>(`retell__error__${status}`).message
    : STATUS_CODES[status];
  return { status: 'error', message: [message, ...details].join(' ') };
}
