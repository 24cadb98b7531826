import {
  castElevenLabsRuns,
  ELEVENLABS_AGENT,
  invocationBody,
  makeElevenLabsId,
  recordedTests,
} from './elevenlabs-bodies.ts';
import { createBranches } from './elevenlabs-deploy.ts';
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

export interface ElevenLabsOptions extends BatchOptions {
  /** Every test of the workspace. Default: the recorded ones. */
  readonly tests?: readonly AgentTest[];
  /** The tests and folders that are attached to the agent, in each branch; an id of nothing is that of a deleted test. Default: all. */
  readonly attached?: readonly (string | { readonly id: string; readonly node: string })[];
  readonly folders?: readonly TestFolder[];
  /** What the list of tests shows where no folder is named: everything (default), or only what lies in no folder. */
  readonly listsWithoutFolder?: 'all' | 'root';
  /** Whether names of invocations are forgotten, as an older API would. */
  readonly dropsNames?: boolean;
  /** The version of a branch's head. Default: one that stays. */
  readonly versionOf?: (branch: string) => string;
  /** The branches of the agent. Default: `branch_main` and `branch_next`. */
  readonly branches?: readonly string[];
}

export interface ElevenLabsEmulator extends BatchEmulator {
  /** Edits a test. */
  edit(testId: string, modifiedAt: number): void;
}

export interface AgentTest {
  readonly id: string;
  readonly name: string;
  /** The folder that it lies in. */
  readonly folder?: string;
}

export interface TestFolder {
  readonly id: string;
  readonly name?: string;
  /** The folder that it lies in. */
  readonly folder?: string;
}

/**
 * ElevenLabs' endpoints of agent tests, as the types of its SDK describe them. What nobody documents is decided here: runs
 * are listed in the order of the request, invocations newest first, a cancellation answers `null`.
 */
export async function startElevenLabs(options: ElevenLabsOptions = {}): Promise<ElevenLabsEmulator> {
  const batches = createBatches(options, { show: showBatch, makeId: makeElevenLabsId });
  const edited = new Map<string, number>();
  const vendor = {
    authorization: (apiKey: string) => apiKey,
    keyHeader: 'xi-api-key',
    error: errorBody,
    routes: [
      ...agentRoutes({ batches, options }),
      ...invocationRoutes(batches),
      ...testRoutes({ edited, options }),
    ],
  };
  const edit = (testId: string, modifiedAt: number): void => {
    edited.set(testId, modifiedAt);
  };
  return { ...(await startBatchServer(vendor, batches, options)), edit };
}

function showBatch({ script, createdAt, present }: Playback): ShownBatch {
  const cast = castElevenLabsRuns(script);
  const look = (): Fields =>
    present('invocation', (moment) => invocationBody(script, { moment, createdAt, cast }));
  return { look, runs: () => look()['test_runs'] as readonly Fields[] };
}

interface Tested {
  readonly batches: Batches;
  /** When tests were edited. */
  readonly edited: ReadonlyMap<string, number>;
  readonly options: ElevenLabsOptions;
}

/** The endpoints of the agent and its branches. */
function agentRoutes({ batches, options }: Pick<Tested, 'batches' | 'options'>): Route[] {
  const { tests = recordedTests, dropsNames = false } = options;
  const { attached = tests.map(({ id }) => id), branches: given = ['branch_main', 'branch_next'] } = options;
  const branches = [...given];
  const agent = (id: string): void => {
    if (id !== ELEVENLABS_AGENT) throw new Refusal(404, [`Document with id ${id} not found.`]);
  };
  const branchIn = (branch: unknown = branches[0]): string => {
    if (!branches.some((each) => each === branch)) throw new Refusal(404, [`Branch ${branch} not found.`]);
    return String(branch);
  };
  const { headOf, routes } = createBranches({ branches, checkAgent: agent });
  const versionOf = options.versionOf ?? headOf;
  const runOf = (testCaseId: string): RunScript => ({
    testCaseId,
    name: tests.find((each) => each.id === testCaseId)?.name ?? testCaseId,
  });

  return [
    ...routes,
    {
      method: 'GET',
      path: '/v1/convai/agents',
      answer: ({ request }) => {
        const [id, name] = [ELEVENLABS_AGENT, 'Front desk'];
        const row = { agent_id: id, name, tags: [], updated_at_unix_secs: 1_795_105_200, archived: false };
        const { items, ...page } = pageOf([row], request);
        return { agents: items, ...page };
      },
    },
    {
      method: 'POST',
      path: '/v1/convai/agents/:id/run-tests',
      answer: ({ id, request }) => {
        agent(id);
        const fields = fieldsOf(request);
        const branch = branchIn(fields['branch_id']);
        const override = fields['agent_config_override'];
        for (const part of override === undefined ? [] : ['conversation_config', 'platform_settings']) {
          if (typeof (override as Fields)[part] !== 'object') {
            throw new Refusal(422, [`body.agent_config_override.${part}: Field required`]);
          }
        }
        const said = { branch_id: branch, version_id: versionOf(branch), ran_against_draft: false };
        const { shown } = batches.start({
          testCases: testIdsIn(fields['tests'], tests),
          request: fields,
          runOf,
          fields: dropsNames ? said : { ...said, name: fields['name'] },
        });
        return shown.look(request);
      },
    },
    {
      method: 'GET',
      path: '/v1/convai/agents/:id',
      answer: ({ id, request }) => {
        agent(id);
        const own = branchIn(request.query['branch_id']);
        const attached_tests = attached.map((entry) =>
          typeof entry === 'string'
            ? { test_id: entry }
            : { test_id: entry.id, workflow_node_id: entry.node },
        );
        return {
          agent_id: id,
          name: 'Front desk',
          conversation_config: {},
          branch_id: own,
          main_branch_id: branches[0],
          version_id: versionOf(own),
          platform_settings: { testing: { attached_tests } },
        };
      },
    },
  ];
}

/** The endpoints of test invocations. */
function invocationRoutes(batches: Batches): Route[] {
  const known = (id: string): ShownBatch =>
    existing(batches.find(id), `Test invocation with ID ${id} not found`);
  return [
    {
      method: 'GET',
      path: '/v1/convai/test-invocations/:id',
      answer: ({ id, request }) => known(id).look(request),
    },
    {
      method: 'POST',
      path: '/v1/convai/test-invocations/:id/cancel',
      answer: ({ id }) => {
        known(id);
        batches.cancel(id, { cancelled: true });
        return null;
      },
    },
    {
      method: 'GET',
      path: '/v1/convai/test-invocations',
      answer: ({ request }) => {
        const { agent_id, branch_id, start_time } = request.query;
        const rows = batches
          .listed()
          .map((each) => each.look(request) as Fields)
          .filter(
            (each) =>
              (agent_id === undefined || each['agent_id'] === agent_id) &&
              (branch_id === undefined || each['branch_id'] === branch_id) &&
              (start_time === undefined || Number(each['created_at']) >= Number(start_time)),
          )
          .map(summaryBody);
        const { items, ...page } = pageOf(rows, request);
        return { results: items, ...page };
      },
    },
  ];
}

/** The endpoints of tests and their folders. */
function testRoutes({ edited, options }: Pick<Tested, 'edited' | 'options'>): Route[] {
  const { tests = recordedTests, folders = [], listsWithoutFolder = 'all' } = options;
  const rows = [
    ...folders.map((folder) => folderBody(folder, folders, tests)),
    ...tests.map((test) => testBody(test, folders)),
  ];
  const rowOf = (row: Fields): Fields => {
    const at = edited.get(String(row['id']));
    return at === undefined ? row : { ...row, last_updated_at_unix_secs: Math.floor(at / 1_000) };
  };
  return [
    {
      method: 'GET',
      path: '/v1/convai/agent-testing',
      answer: ({ request }) => {
        const folder = request.query['parent_folder_id'];
        const isShown = ({ folder_parent_id: parent }: Fields): boolean =>
          folder === undefined
            ? listsWithoutFolder === 'all' || parent === undefined
            : parent === (folder === 'root' ? undefined : folder);
        const { items, ...page } = pageOf(rows.filter(isShown).map(rowOf), request);
        return { tests: items, ...page };
      },
    },
    {
      method: 'GET',
      path: '/v1/convai/agent-testing/:id',
      answer: ({ id }) => {
        const found = tests.find((test) => test.id === id);
        return existing(
          found && { ...rowOf(testBody(found, folders)), chat_history: [] },
          `Test ${id} not found`,
        );
      },
    },
  ];
}

const STAMPS = { created_at_unix_secs: 1_789_200_000, last_updated_at_unix_secs: 1_789_200_000 };

const testBody = ({ id, name, folder }: AgentTest, folders: readonly TestFolder[]): Fields => ({
  ...{ id, name, type: 'llm', entity_type: 'test' },
  ...placeOf(folder, folders),
  ...STAMPS,
});

function folderBody(
  { id, name = id, folder }: TestFolder,
  folders: readonly TestFolder[],
  tests: readonly AgentTest[],
): Fields {
  const children = [...folders, ...tests].filter((other) => other.folder === id).length;
  return {
    ...{ id, name, type: 'folder', entity_type: 'folder', children_count: children },
    ...placeOf(folder, folders),
    ...STAMPS,
  };
}

/** Where something lies. Folders that lie in each other have a path that ends where it comes round. */
function placeOf(folder: string | undefined, folders: readonly TestFolder[]): Fields {
  if (folder === undefined) return {};
  const path: { id: string; name: string }[] = [];
  let current: string | undefined = folder;
  while (current !== undefined && path.every(({ id }) => id !== current)) {
    const found: TestFolder | undefined = folders.find(({ id }) => id === current);
    path.unshift({ id: current, name: found?.name ?? current });
    current = found?.folder;
  }
  return { folder_parent_id: folder, folder_path: path };
}

/** A row of the list of invocations. */
function summaryBody(body: Fields): Fields {
  const runs = body['test_runs'] as readonly { status: string }[];
  const count = (status: string): number => runs.filter((run) => run.status === status).length;
  return {
    id: body['id'],
    name: body['name'],
    agent_id: body['agent_id'],
    branch_id: body['branch_id'],
    version_id: body['version_id'],
    ran_against_draft: body['ran_against_draft'],
    runs_diverged_from_version: body['runs_diverged_from_version'],
    created_at_unix_secs: body['created_at'],
    test_run_count: body['test_run_count'] ?? runs.length,
    passed_count: count('passed'),
    failed_count: count('failed'),
    pending_count: count('pending'),
    cancelled_count: count('cancelled'),
    title: `${runs.length} tests`,
  };
}

/** The page that a request asks for with `page_size` and `cursor`. */
function pageOf(rows: readonly unknown[], request: SeenRequest) {
  const size = wholeNumber(request, 'page_size', { min: 1, max: 100, fallback: 30 });
  const from = Number(request.query['cursor'] ?? 0);
  const end = from + size;
  const hasMore = end < rows.length;
  return { items: rows.slice(from, end), has_more: hasMore, next_cursor: hasMore ? String(end) : null };
}

function testIdsIn(entries: unknown, tests: readonly AgentTest[]): string[] {
  if (!Array.isArray(entries) || entries.length === 0)
    throw new Refusal(422, ['List should have at least 1 item']);
  const ids = entries.map(({ test_id }: { test_id?: unknown }) => String(test_id));
  const unknown = ids.find((id) => !tests.some((each) => each.id === id));
  if (unknown !== undefined) throw new Refusal(404, [`Test ${unknown} not found`]);
  return ids;
}

const USUAL: Readonly<Record<number, readonly [status: string, message: string]>> = {
  401: ['invalid_api_key', 'Invalid API key'],
  404: ['not_found', 'Not found'],
};

/** FastAPI's form: `detail` is a list for a request that does not validate. */
function errorBody(status: number, details: readonly string[]): unknown {
  if (status === 422) {
    const msg = details[0] ?? 'Field required';
    return { detail: [{ loc: ['path', 'test_invocation_id'], msg, type: 'value_error' }] };
  }
  const [word, message] = USUAL[status] ?? ['error', 'An error occurred'];
  return { detail: { status: word, message: details[0] ?? message } };
}
