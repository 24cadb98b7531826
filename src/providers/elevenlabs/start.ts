import * as z from 'zod/mini';
import { refused } from '../../domain/result.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { type Api, createApi } from '../api.ts';
import { createAdvice, formatClaim, fromSeconds, id, parseAs, readRunCount } from '../fields.ts';
import type {
  Candidate,
  Listing,
  RecentBatches,
  StarterAdapter,
  StartResponse,
  SubjectSnapshot,
} from '../starter.ts';
import { adviceOnStart, FOREIGN } from '../starting.ts';
import { readList } from './lists.ts';
import {
  branchQuery,
  compareVersions,
  type ElevenLabsRequest,
  type ElevenLabsSubject,
  OVERRIDDEN,
  readAgent,
  resolveTarget,
  resolveTested,
  subjectKey,
  testedClaims,
  testedFields,
  testedSchema,
} from './subject.ts';
import { attachedTo, nodesOf, selectable } from './test-cases.ts';
import { readWorkspace, type Workspace } from './workspace.ts';

const startedSchema = z.object({
  id,
  ...testedFields,
  test_runs: lenient(z.array(z.object({ test_run_id: z.string(), ...testedFields }))),
});
const listedSchema = z.object({
  id,
  name: lenient(z.string()),
  agent_id: lenient(z.string()),
  branch_id: lenient(z.string()),
  runs_diverged_from_version: lenient(z.boolean()),
  created_at_unix_secs: lenient(z.number()),
  test_run_count: z.optional(z.unknown()),
});

/** Advice where the key or the account is the trouble. */
export const ACCESS_ADVICE = {
  401: 'Check api-key and its permissions: ElevenLabs does not accept it. A workspace with data residency needs its own api-url.',
  402: "Check the ElevenLabs workspace's plan and credits.",
};

/** Advice about a refusal of a request that comes before an invocation, or starts one. */
const ADVICE = {
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not read the agent or start its tests.',
  others: 'Check target, version and test-cases: they must belong to the workspace of this api-key.',
};

/** Starts test invocations: tests, on a branch of an agent. */
export function createElevenLabsStarter(http: HttpClient): StarterAdapter<ElevenLabsRequest> {
  const api = createApi(http, { basePath: ['v1', 'convai'], advice: createAdvice(ADVICE) });
  /** The tests and folders as they were listed last. */
  let workspace: Workspace | undefined;
  return {
    resolveTarget: (wanted, deadline) => resolveTarget(api, wanted, deadline),
    async listTestCases({ subject: { request }, selectors }, deadline) {
      workspace = await readWorkspace(api, attachedTo(request), deadline);
      return selectable(request, selectors, workspace);
    },
    startBatch: ({ request }, testCases, deadline, name) =>
      startTests(api, { request, testCases, workspace, name }, deadline),
    listBatches: (wanted, deadline) => listInvocations(api, wanted, deadline),
    resolveTested,
    compareVersions,
    async readRevision({ request }, deadline) {
      // What is sent with each start cannot be edited meanwhile.
      return request.config === undefined ? (await readAgent(api, request, deadline)).version_id : undefined;
    },
    readSnapshot: ({ request }, deadline) => readSnapshot(api, { request, workspace }, deadline),
  };
}

async function startTests(
  api: Api,
  {
    request,
    testCases,
    workspace,
    name,
  }: {
    request: ElevenLabsRequest;
    testCases: readonly string[];
    workspace: Workspace | undefined;
    name: string | undefined;
  },
  deadline: Deadline,
): Promise<StartResponse> {
  const { agent, branch, config } = request;
  const placed = testCases.map((test) => ({ test, nodes: nodesOf(test, request, workspace) }));
  const twice = placed.find(({ nodes }) => nodes.length > 1);
  if (twice !== undefined) {
    return refused(
      `test-cases: test ${twice.test} runs at several workflow nodes of agent ${agent}, and the action starts a test once. Start these tests elsewhere and give batch-id.`,
    );
  }
  return api.postOnce(
    {
      path: ['agents', agent, 'run-tests'],
      body: {
        tests: placed.map(({ test, nodes: [node] }) => ({ test_id: test, workflow_node_id: node })),
        name: config && name ? `${name} ${OVERRIDDEN}` : name,
        branch_id: branch,
        agent_config_override: config?.json,
      },
      advice: adviceOnStart(ADVICE, request),
      schema: startedSchema,
      toValue: ({ id: invocation, test_runs, ...said }) => ({
        id: invocation,
        claims: testedClaims(said),
        runs: test_runs?.map(({ test_run_id, ...run }) => ({ id: test_run_id, claims: testedClaims(run) })),
      }),
    },
    deadline,
  );
}

async function listInvocations(
  api: Api,
  { subject, since, mark }: RecentBatches<ElevenLabsRequest>,
  deadline: Deadline,
): Promise<Listing> {
  const { agent, branch } = subject.request;
  const { items, date } = await readList(
    api,
    {
      path: ['test-invocations'],
      field: 'results',
      itemNoun: 'test invocations',
      of: `agent ${agent}`,
      query: { agent_id: agent, ...branchQuery(branch), start_time: String(Math.floor(since / 1_000)) },
      schema: listedSchema,
      toItem: (row) => row,
    },
    deadline,
  );
  const rows = items.filter((row) => (row.agent_id ?? agent) === agent);
  const subjectOf = subjectsIn(rows, subject, mark);
  const batches = rows.map(
    (row): Candidate => ({
      id: row.id,
      runCount: readRunCount(row.test_run_count),
      createdAt: fromSeconds(row.created_at_unix_secs),
      subject: subjectOf(row),
      ...(row.runs_diverged_from_version === true && { isMixed: true }),
    }),
  );
  return { batches, isComplete: true, date };
}

type ListedRow = z.infer<typeof listedSchema>;

/** The subjects of listed invocations, by their branches and names: a list does not show what was sent with a start. */
function subjectsIn(
  rows: readonly ListedRow[],
  { key, request: { agent, branch, config } }: ElevenLabsSubject,
  mark: string | undefined,
): (row: ListedRow) => string | undefined {
  const isMarked = ({ name }: ListedRow): boolean => mark !== undefined && name?.includes(mark) === true;
  // An API that forgets names gives none, and then only what was started tells whose it is.
  const isAnyMarked = rows.some(isMarked);
  const isStrange = (row: ListedRow): boolean =>
    mark !== undefined && !isMarked(row) && (isAnyMarked || Boolean(row.name));
  return (row) => {
    const live = subjectKey(agent, row.branch_id);
    if (isStrange(row)) return FOREIGN;
    if (config === undefined) return row.name?.includes(OVERRIDDEN) === true ? FOREIGN : live;
    if (isMarked(row)) return key;
    return live === subjectKey(agent, branch) ? undefined : live;
  };
}

async function readSnapshot(
  api: Api,
  { request, workspace }: { request: ElevenLabsRequest; workspace: Workspace | undefined },
  deadline: Deadline,
): Promise<SubjectSnapshot> {
  const { agent, branch } = request;
  const { version_id: head } = await readAgent(api, request, deadline);
  const now = [agent, branch, head].join(' ');
  const headClaim = formatClaim('version', head);
  return {
    compare({ tested, claims, runs = [] }) {
      const said = parseAs(testedSchema, tested ?? {});
      const versions = [claims, ...runs.map((run) => run.claims)].map((speaker) => speaker?.['version']);
      const isElsewhere = versions.every((version) => version !== undefined && version !== headClaim);
      if (head !== undefined && isElsewhere) return { kind: 'other' };
      if (said.ran_against_draft === true || said.has_override === true) return { kind: 'other' };
      const then = [said.agent_id, said.branch_id, said.version_id];
      if ([...then, branch, head, said.ran_against_draft].includes(undefined)) {
        return { kind: 'unknown', why: 'does not say which version of the agent it tested' };
      }
      const isPlaced = (said.placements ?? []).every(({ id: test, node }) => {
        const nodes = nodesOf(test, request, workspace);
        return nodes.length <= 1 && nodes[0] === node;
      });
      return { kind: isPlaced && then.join(' ') === now ? 'same' : 'other' };
    },
  };
}
