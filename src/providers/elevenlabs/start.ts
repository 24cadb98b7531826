import * as z from 'zod/mini';
import type { AvailableTestCase, Refused, Selector } from '../../domain/selectors.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { createApi } from '../api.ts';
import { cursorListsOf } from '../cursor-lists.ts';
import { createAdvice, id, parseAs } from '../fields.ts';
import { batchListsOf, type ListedBatch } from '../started.ts';
import type { BatchStarter, Subject } from '../starter.ts';

/** Reads one of ElevenLabs' lists to its end. Throws a `ProviderError` if it has none. */
const readList = cursorListsOf({
  next: 'next_cursor',
  query: { size: 'page_size', cursor: 'cursor' },
  sizes: [100, 25, 5],
});

const attachedSchema = z.object({ test_id: id, workflow_node_id: lenient(z.string()) });
const agentSchema = z.object({
  main_branch_id: lenient(z.string()),
  platform_settings: lenient(
    z.object({ testing: lenient(z.object({ attached_tests: lenient(z.array(attachedSchema)) })) }),
  ),
});
const testSchema = z.object({
  id,
  name: lenient(z.string()),
  entity_type: lenient(z.string()),
  type: lenient(z.string()),
});
const startedSchema = z.object({ id });
const listedSchema = z.object({
  id,
  agent_id: lenient(z.string()),
  branch_id: lenient(z.string()),
  created_at_unix_secs: lenient(z.number()),
  test_run_count: z.optional(z.unknown()),
});
const contentsSchema = z.object({ test_runs: z.array(z.object({ test_id: lenient(z.string()) })) });

/** What `resolveTestedVersion` needs of an invocation; `nodes` has the workflow node of each test that ran on one. */
export const testedSchema = z.object({
  agent_id: lenient(z.string()),
  branch_id: lenient(z.string()),
  ran_against_draft: lenient(z.boolean()),
  nodes: lenient(z.record(z.string(), z.string())),
});

/** What to do where the key or the account is the trouble. */
export const ACCESS = {
  401: 'Check api-key and its permissions: ElevenLabs does not accept it. A workspace with data residency needs its own api-url.',
  402: "Check the ElevenLabs workspace's plan and credits.",
};

const CHECK = 'Check target, version and test-cases: they must belong to the workspace of this api-key.';

/** What to do about a refusal of a request that comes before an invocation, or starts one. */
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not read the agent or start its tests.',
  404: CHECK,
  others: CHECK,
});

const refused = (problem: string): Refused => ({ kind: 'refused', problem });

/** The agent and the branch under test, in what the adapter sends. */
const requestSchema = z.object({ agent: z.string(), branch: z.optional(z.string()) });

/** Starts test invocations: tests, on the main branch of an agent or on another. */
export function createElevenLabsStarter(http: HttpClient): BatchStarter {
  const api = createApi(http, { under: ['v1', 'convai'], advice });
  /** Where a test runs in the agent's workflow: what is attached to a node must be started on it. */
  const nodes = new Map<string, ReadonlySet<string | undefined>>();
  /** The main branch of each agent that was read. */
  const mainBranches = new Map<string, string>();
  return {
    title: 'ElevenLabs',
    batchSize: Number.MAX_SAFE_INTEGER,

    async resolve({ target, version }) {
      if (target === undefined) return refused('target is missing: ElevenLabs needs one to start tests.');
      if (version !== undefined && version.kind !== 'branch') {
        return refused('version: ElevenLabs has only branch/ID.');
      }
      return toSubject(target.id, version?.id);
    },

    async testCases({ subject, selectors }, deadline) {
      const attached = await readAttached(subject, deadline);
      nodes.clear();
      for (const { test_id: test, workflow_node_id: node } of attached) {
        nodes.set(test, new Set([...(nodes.get(test) ?? []), node]));
      }
      const ids = [...nodes.keys()];
      // The agent lists ids alone: names are read only where a selector may be one.
      const isKnown = ({ match }: Selector) => /^\*+$/.test(match.value) || nodes.has(match.value);
      if (selectors.every(isKnown)) return ids.map((each): AvailableTestCase => ({ id: each, name: each }));
      const all = await readTests(deadline);
      const names = new Map(all.map((each) => [each.id, each.name ?? each.id]));
      const isNamed = (each: z.infer<typeof testSchema>): boolean =>
        selectors.some(
          ({ match }) => match.value === each.id || match.value === each.name?.normalize().trim(),
        );
      // A pattern chooses among the attached tests; an id or a whole name may be any test of the workspace.
      return [...new Set([...ids, ...all.filter(isNamed).map((each) => each.id)])].map(
        (each): AvailableTestCase => ({ id: each, name: names.get(each) ?? each }),
      );
    },

    async startBatch(subject, testCases, deadline) {
      const { agent, branch } = parseAs(requestSchema, subject.request);
      const twice = testCases.find((each) => (nodes.get(each)?.size ?? 0) > 1);
      if (twice !== undefined) {
        return refused(
          `test-cases: test ${twice} is attached to agent ${agent} at several workflow nodes, and the action starts a test once. Start these tests elsewhere and give batch-id.`,
        );
      }
      const tests = testCases.map((test) => ({
        test_id: test,
        workflow_node_id: [...(nodes.get(test) ?? [])][0],
      }));
      return api.postOnce(
        {
          path: ['agents', agent, 'run-tests'],
          body: { tests, branch_id: branch },
          schema: startedSchema,
          to: ({ id: invocation }) => invocation,
        },
        deadline,
      );
    },

    recentBatches(subject, testCases, since) {
      const { agent, branch } = parseAs(requestSchema, subject.request);
      const main = mainBranches.get(agent);
      return batchListsOf({
        testCases,
        async list(deadline) {
          const query = {
            agent_id: agent,
            ...branchQuery(branch),
            start_time: String(Math.floor(since / 1_000)),
          };
          const list = {
            path: ['test-invocations'],
            field: 'results',
            items: 'test invocations',
            of: `agent ${agent}`,
          };
          const { items, date } = await readList(api, { ...list, query, schema: listedSchema }, deadline);
          const batches = items
            .filter((each) => (each.agent_id ?? agent) === agent)
            .map((each) => toListed(each, { agent, branch, main }));
          return { batches, isComplete: true, date };
        },
        testCasesOf: (invocation, _, deadline) =>
          api.get(
            {
              path: ['test-invocations', invocation],
              schema: contentsSchema,
              to: ({ test_runs }) => test_runs.flatMap(({ test_id }) => test_id ?? []),
            },
            deadline,
          ),
      });
    },

    async resolveTestedVersion({ id: invocation, tested }) {
      const said = parseAs(testedSchema, tested ?? {});
      if (said.agent_id === undefined) {
        return refused(`ElevenLabs does not say which agent test invocation ${invocation} tested.`);
      }
      if (said.ran_against_draft === true) {
        return refused(
          `Test invocation ${invocation} tested changes that are not published, which cannot be tested again from here.`,
        );
      }
      for (const [test, node] of Object.entries(said.nodes ?? {})) nodes.set(test, new Set([node]));
      return toSubject(said.agent_id, said.branch_id);
    },
  };

  async function readAttached(subject: Subject, deadline: Deadline) {
    const { agent, branch } = parseAs(requestSchema, subject.request);
    const { platform_settings, main_branch_id } = await api.get(
      { path: ['agents', agent], query: branchQuery(branch), schema: agentSchema, to: (body) => body },
      deadline,
    );
    if (main_branch_id !== undefined) mainBranches.set(agent, main_branch_id);
    return platform_settings?.testing?.attached_tests ?? [];
  }

  /** Every test of the workspace, in whatever folder. */
  async function readTests(deadline: Deadline) {
    const list = { path: ['agent-testing'], field: 'tests', items: 'tests', of: 'the workspace' };
    const { items } = await readList(api, { ...list, schema: testSchema }, deadline);
    return items.filter((each) => each.entity_type !== 'folder' && each.type !== 'folder');
  }
}

const branchQuery = (branch: string | undefined): Record<string, string> =>
  branch === undefined ? {} : { branch_id: branch };

function toSubject(agent: string, branch: string | undefined): Subject {
  return {
    title: branch === undefined ? `agent ${agent}, main branch` : `agent ${agent}, branch ${branch}`,
    key: branch === undefined ? undefined : `${agent} ${branch}`,
    request: { agent, branch },
  };
}

/** An invocation of the agent on `branch`, or without one on its main branch, whose id is `main` if it is known. */
function toListed(
  body: z.infer<typeof listedSchema>,
  { agent, branch, main }: { agent: string; branch: string | undefined; main: string | undefined },
): ListedBatch {
  const { created_at_unix_secs: seconds, branch_id } = body;
  // `Subject.key` has no branch where none is asked for, and neither has what was started on the main one.
  const isOurs = branch_id === undefined || (branch === undefined && [undefined, branch_id].includes(main));
  return {
    id: body.id,
    total: body.test_run_count,
    createdAt: seconds === undefined ? undefined : seconds * 1_000,
    subject: isOurs ? undefined : `${agent} ${branch_id}`,
  };
}
