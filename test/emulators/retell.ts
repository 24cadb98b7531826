import { STATUS_CODES } from 'node:http';
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
import { pageOf, pageRequest, type WrongPages } from './retell-paging.ts';
import { readSample } from './samples.ts';
import {
  existing,
  fieldsOf,
  monotonic,
  Refusal,
  type Route,
  type SeenRequest,
  startServer,
} from './server.ts';
import { retellTargetRoutes } from './target-lists.ts';
import type { BatchScript, Fields, RunScript } from './timeline.ts';

export interface RetellBatch extends BatchScript {
  /** Lists of the runs that are wrong in their paging; `endless` goes round and round under new keys. */
  readonly pages?: WrongPages;
}

export interface RetellOptions extends BatchOptions<RetellBatch>, Pick<DraftOptions, 'onlyLatestChanges'> {
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

export interface RetellEmulator extends BatchEmulator<RetellBatch> {
  /** Edits a test case: what is started then runs it as it is now. */
  edit(testCaseId: string, modifiedAt: number): void;
}

/**
 * Retell's testing endpoints, as its reference and its SDK describe them. What nobody documents is decided here: the order of
 * lists (runs as scripted, batches newest first), the form of pagination keys, which 400s there are.
 */
export async function startRetell(options: RetellOptions = {}): Promise<RetellEmulator> {
  const { now = monotonic, speed = 1, epoch, batches = [] } = options;
  const { created = createPassing } = options;
  const { missing = 422, longestPage = 1000, definitionPages, onlyLatestChanges } = options;
  const agents = changing(options.agents ?? [DEFAULT_AGENT]);
  const shown = new Map<string, ShownBatch>();
  const started: StartedBatch[] = [];
  const definitions = new Map(
    (options.definitions ?? recordedDefinitions).map((each): [string, Definition] => [
      each.test_case_definition_id,
      { ...recordedDefinitions[0], ...each },
    ]),
  );

  const add = adder(shown, (source: BatchSource<RetellBatch>) =>
    isRecorded(source) ? showRecorded(source) : showPlayback(play(source, { now, speed, epoch })),
  );
  const routes = [
    ...batchRoutes({ shown, started, definitions, add, created, agents, longestPage }),
    ...definitionRoutes(definitions, { wrong: definitionPages, longestPage }),
    ...retellTargetRoutes(agents),
    ...agentRoutes(agents, { missing, longestPage }),
    ...draftRoutes(agents, { missing, onlyLatestChanges }),
  ];
  const authorization = (apiKey: string): string => `Bearer ${apiKey}`;

  add(...batches);
  const edit = (testCaseId: string, modifiedAt: number): void => {
    const definition = definitions.get(testCaseId);
    if (definition === undefined) throw new Error(`There is no test case ${testCaseId}.`);
    definitions.set(testCaseId, { ...definition, user_modified_timestamp: modifiedAt });
  };
  return { ...(await startServer({ authorization, error: errorBody, routes }, options)), add, started, edit };
}

/** A batch as the endpoints see it. */
interface ShownBatch {
  look(request: SeenRequest): unknown;
  list(request: SeenRequest): unknown;
  run(id: string): unknown;
  /** Only for a scripted batch: recordings are not listed. */
  readonly listed?: () => readonly Fields[];
}

function showPlayback({ script, createdAt, present, isListed }: Playback<RetellBatch>): ShownBatch {
  const cast = castRetellRuns(script);
  const batch = (): Fields => present('batch', (moment) => retellBatchBody(script, moment, createdAt));
  const runs = (): Fields[] =>
    present('runs', (moment) =>
      moment.runs.map(({ index, phase }) => retellRunBody(cast[index]!, { index, phase, createdAt })),
    );
  const listedRuns = (): Fields[] =>
    present('listed runs', (moment) =>
      moment.runs.map(({ index }, at) => ({ ...runs()[at], ...script.runs[index]?.inLists })),
    );
  const list = (request: SeenRequest): unknown => {
    const page = pageRequest(request, script.id);
    return present(`runs ${page.offset} ${page.limit}`, () =>
      pageOf(listedRuns(), script.id, page, script.pages),
    );
  };
  const run = (id: string): unknown => runs().find((each) => each['test_case_job_id'] === id);
  return { look: batch, list, run, listed: () => (isListed() ? [batch()] : []) };
}

function showRecorded({ looks, listings = [], details = new Map() }: RecordedBatch): ShownBatch {
  return { look: replay(looks), list: replay(listings), run: (id) => details.get(id) };
}

interface Batches {
  readonly shown: ReadonlyMap<string, ShownBatch>;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly add: (batch: RetellBatch) => void;
  readonly created: (testCaseIds: readonly string[]) => Omit<RetellBatch, 'id'>;
  readonly started: StartedBatch[];
  readonly agents: readonly AgentScript[];
  readonly longestPage: number;
}

function batchRoutes({ shown, started, definitions, add, created, agents, longestPage }: Batches): Route[] {
  let made = 0;
  return [
    {
      method: 'GET',
      path: '/get-batch-test/:id',
      answer: ({ id, request }) => existing(shown.get(id)?.look(request)),
    },
    {
      method: 'GET',
      path: '/v2/list-test-runs/:id',
      answer: ({ id, request }) => existing(shown.get(id)?.list(request)),
    },
    {
      method: 'GET',
      path: '/get-test-run/:id',
      answer: ({ id }) =>
        existing([...shown.values()].map((batch) => batch.run(id)).find((run) => run !== undefined)),
    },
    {
      method: 'GET',
      path: '/v2/list-batch-tests',
      answer: ({ request }) => {
        const bodies = [...shown.values()].reverse().flatMap(({ listed }) => listed?.() ?? []);
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
        const tested = testCases(ids, definitions);
        const { id: engineId } = engineIn(engine);
        const { version } = engine as { version?: unknown };
        if (hasVersion(agents, engineId, version) === false) throw new Refusal(422);
        made += 1;
        const id = makeRetellId('batch', `created ${made}`);
        const script = created(tested.map((each) => each.test_case_definition_id));
        const runs = script.runs.map((run, index) => ({ ...runOf(tested[index]), ...run }));
        add({ ...script, id, runs, fields: { response_engine: engine, ...script.fields } });
        started.push({ id, testCases: tested.map((each) => each.test_case_definition_id), request: fields });
        return shown.get(id)?.look(request);
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

function testCases(ids: unknown, definitions: ReadonlyMap<string, Definition>): Definition[] {
  if (!Array.isArray(ids) || ids.length < 1 || ids.length > 1000) {
    throw new Refusal(400, ['test_case_definition_ids must be a list of 1 to 1000 ids.']);
  }
  // What the real service does with an id that comes twice, nobody says: no client may send it.
  if (new Set(ids).size < ids.length) throw new Refusal(400, ['An id came twice.']);
  return ids.map((id: unknown) => {
    const definition = definitions.get(String(id));
    if (definition === undefined) throw new Refusal(400, [`There is no test case definition ${id}.`]);
    return definition;
  });
}

function runOf(definition: Definition | undefined): RunScript {
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
