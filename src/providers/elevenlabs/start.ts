import * as z from 'zod/mini';
import type { Claims } from '../../domain/claims.ts';
import { refused } from '../../domain/result.ts';
import type { AvailableTestCase, Selector } from '../../domain/selectors.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { createApi } from '../api.ts';
import { claimsOf, createAdvice, formatClaim, id, parseAs, requireSame, shortName } from '../fields.ts';
import { batchListsOf, type ListedBatch } from '../started.ts';
import type { BatchStarter, Subject } from '../starter.ts';
import { readList } from './lists.ts';
import { readWorkspace, type Workspace } from './workspace.ts';

const attachedSchema = z.object({ test_id: id, workflow_node_id: lenient(z.string()) });
const agentSchema = z.object({
  agent_id: lenient(z.string()),
  name: lenient(z.string()),
  branch_id: lenient(id),
  main_branch_id: lenient(id),
  version_id: lenient(id),
  platform_settings: lenient(
    z.object({ testing: lenient(z.object({ attached_tests: lenient(z.array(attachedSchema)) })) }),
  ),
});

type AgentBody = z.infer<typeof agentSchema>;

/** The fields of an invocation and of a run that say what was tested. */
export const saidFields = {
  agent_id: z.optional(z.unknown()),
  branch_id: z.optional(z.unknown()),
  version_id: z.optional(z.unknown()),
  ran_against_draft: z.optional(z.unknown()),
  agent_config_override: z.optional(z.unknown()),
};

const startedSchema = z.object({
  id,
  ...saidFields,
  test_runs: lenient(z.array(z.object({ test_run_id: z.string(), ...saidFields }))),
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
const contentsSchema = z.object({ test_runs: z.array(z.object({ test_id: lenient(z.string()) })) });

/** A test or a folder of tests that an agent is tested by, and the workflow node that it runs on. */
const placementSchema = z.object({ id: z.string(), node: z.optional(z.string()) });

/** Tested agent of an invocation, in the form of `Batch.tested`. */
export const testedSchema = z.object({
  agent_id: lenient(z.string()),
  branch_id: lenient(z.string()),
  version_id: lenient(z.string()),
  ran_against_draft: lenient(z.boolean()),
  /** The agent's own configuration was replaced for the test. */
  has_override: lenient(z.boolean()),
  placements: lenient(z.array(placementSchema)),
});

/** The agent and the branch under test with the places of its tests: `Subject.request`. */
const requestSchema = z.object({
  agent: z.string(),
  branch: z.optional(z.string()),
  /** The version at the head of the branch; absent where it is not known, or not whether the branch is the right one. */
  head: z.optional(z.string()),
  placements: z.array(placementSchema),
  config: z.optional(z.object({ name: z.string(), json: z.unknown() })),
});

type SubjectRequest = z.infer<typeof requestSchema>;

/** Advice where the key or the account is the trouble. */
export const ACCESS = {
  401: 'Check api-key and its permissions: ElevenLabs does not accept it. A workspace with data residency needs its own api-url.',
  402: "Check the ElevenLabs workspace's plan and credits.",
};

const CHECK = 'Check target, version and test-cases: they must belong to the workspace of this api-key.';

/** Advice about a refusal of a request that comes before an invocation, or starts one. */
const adviceTo = (check: string) =>
  createAdvice({
    ...ACCESS,
    403: 'Check api-key: it may not read the agent or start its tests.',
    404: check,
    others: check,
  });
const advice = adviceTo(CHECK);

/** The parts of `agent_config_override` that ElevenLabs requires. */
const OVERRIDE_PARTS = ['conversation_config', 'platform_settings'] as const;

/** Fault of a configuration that is to be sent with a start, as a clause. */
export function problemOfOverride(json: Readonly<Record<string, unknown>>): string | undefined {
  const bad = OVERRIDE_PARTS.find((part) => !z.record(z.string(), z.unknown()).safeParse(json[part]).success);
  return bad === undefined
    ? undefined
    : `ElevenLabs needs ${OVERRIDE_PARTS.join(' and ')} in it, each a JSON object, and ${bad} is ${Object.hasOwn(json, bad) ? 'none' : 'missing'}`;
}

/** In the name of an invocation that tests a configuration of a file: no list says otherwise that it does not test the branch. */
const OVERRIDDEN = 'target-config';

/** Starts test invocations: tests, on a branch of an agent. */
export function createElevenLabsStarter(http: HttpClient): BatchStarter {
  const api = createApi(http, { under: ['v1', 'convai'], advice });
  /** The tests and folders as they were listed last. */
  let workspace: Workspace | undefined;
  return {
    title: 'ElevenLabs',
    batchSize: Number.MAX_SAFE_INTEGER,

    async resolve({ target, version, config }, deadline) {
      if (target === undefined) return refused('target is missing: ElevenLabs needs one to start tests.');
      if (version !== undefined && version.kind !== 'branch') {
        return refused('version: ElevenLabs has only branch/ID.');
      }
      let body = await readAgent(target.id, version?.id, deadline);
      const main = body.main_branch_id;
      // Without a branch the main branch is asked for, and what is answered says which that is. Twice, and not the same.
      const isMainUnclear = version === undefined && main !== undefined && (body.branch_id ?? main) !== main;
      if (isMainUnclear) body = await readAgent(target.id, main, deadline);
      const branch = version?.id ?? main ?? body.branch_id;
      const placements = (body.platform_settings?.testing?.attached_tests ?? []).map(
        ({ test_id, workflow_node_id: node }) => ({ id: test_id, ...(node === undefined ? {} : { node }) }),
      );
      const head = isMainUnclear || config !== undefined ? undefined : body.version_id;
      return toSubject({ agent: target.id, branch, head, placements, config }, { name: body.name, main });
    },

    async testCases({ subject, selectors }, deadline) {
      const { agent, placements } = requestOf(subject);
      const attached = [...new Set(placements.map((placement) => placement.id))];
      workspace = await readWorkspace(api, attached, deadline);
      const { tests, isFolder, testsIn, revisionOf } = workspace;
      const expanded = attached.flatMap((attachedId) =>
        isFolder(attachedId) ? testsIn(attachedId) : tests.has(attachedId) ? attachedId : [],
      );
      // A pattern chooses among the attached tests; an id or a whole name may be any test of the workspace.
      const named = [...tests].flatMap(([testId, name]) =>
        selectors.some((selector) => isNamed(selector, testId, name)) ? testId : [],
      );
      return {
        testCases: [...new Set([...expanded, ...named])].map(
          (testId): AvailableTestCase => ({
            id: testId,
            name: tests.get(testId) ?? testId,
            revision: revisionOf(testId),
          }),
        ),
        warnings: selectors.some(({ match }) => match.value.includes('*'))
          ? warningsAbout({ agent, attached, workspace })
          : [],
        whereNone: `Attach tests to agent ${agent} at ElevenLabs, or write ids or names of tests.`,
      };
    },

    async startBatch(subject, testCases, deadline, name) {
      const { agent, branch, placements, config } = requestOf(subject);
      const nodes = new Map(testCases.map((test) => [test, nodesOf(test, { placements, workspace })]));
      const twice = testCases.find((test) => (nodes.get(test)?.length ?? 0) > 1);
      if (twice !== undefined) {
        return refused(
          `test-cases: test ${twice} runs at several workflow nodes of agent ${agent}, and the action starts a test once. Start these tests elsewhere and give batch-id.`,
        );
      }
      const tests = testCases.map((test) => ({ test_id: test, workflow_node_id: nodes.get(test)?.[0] }));
      return api.postOnce(
        {
          path: ['agents', agent, 'run-tests'],
          body: {
            ...{ tests, name: config && name ? `${name} ${OVERRIDDEN}` : name, branch_id: branch },
            agent_config_override: config?.json,
          },
          ...(config !== undefined && {
            advice: adviceTo(`Check target-config (${config.name}) and test-cases.`),
          }),
          schema: startedSchema,
          to: ({ id: invocation, test_runs, ...said }) => ({
            id: invocation,
            claims: testedClaims(said),
            runs: test_runs?.map(({ test_run_id, ...run }) => ({
              id: test_run_id,
              claims: testedClaims(run),
            })),
          }),
        },
        deadline,
      );
    },

    recentBatches(subject, testCases, since, mark) {
      const { agent, branch, config } = requestOf(subject);
      return batchListsOf({
        testCases,
        async list(deadline) {
          const { items, date } = await readList(
            api,
            {
              path: ['test-invocations'],
              field: 'results',
              items: 'test invocations',
              of: `agent ${agent}`,
              query: {
                agent_id: agent,
                ...branchQuery(branch),
                start_time: String(Math.floor(since / 1_000)),
              },
              schema: listedSchema,
            },
            deadline,
          );
          const rows = items.filter((row) => (row.agent_id ?? agent) === agent);
          const isMarked = ({ name }: ListedRow): boolean =>
            mark !== undefined && name?.includes(mark) === true;
          const isFound = rows.some(isMarked);
          // An API that forgets names gives none, and then only what was started tells whose it is.
          const isOverridden = ({ name = '' }: ListedRow): boolean => name.includes(OVERRIDDEN);
          const isForeign = (row: ListedRow): boolean =>
            (mark !== undefined && !isMarked(row) && (isFound || Boolean(row.name))) ||
            (config === undefined && isOverridden(row));
          const batches = rows.map((row) => {
            const listed = toListed(row, agent);
            if (isForeign(row)) return { ...listed, subject: FOREIGN };
            if (config === undefined) return listed;
            // The list does not show what was sent with a start: only the mark tells whose it is.
            if (isMarked(row)) return { ...listed, subject: subject.key };
            return listed.subject === `${agent} ${branch}` ? { ...listed, subject: undefined } : listed;
          });
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
      const { agent_id: agent, branch_id: branch, ...said } = parseAs(testedSchema, tested ?? {});
      if (agent === undefined) {
        return refused(`ElevenLabs does not say which agent test invocation ${invocation} tested.`);
      }
      if (said.ran_against_draft === true) {
        return refused(
          `Test invocation ${invocation} tested changes that are not published, which cannot be tested again from here.`,
        );
      }
      return toSubject({ agent, branch, placements: said.placements ?? [] });
    },

    isListed: ({ key }) => key !== undefined,

    compareVersions(leftSubject, rightSubject) {
      const [left, right] = [requestOf(leftSubject), requestOf(rightSubject)];
      if (left.agent !== right.agent || Boolean(left.config) !== Boolean(right.config)) return 'different';
      if (left.branch === right.branch || (left.head !== undefined && left.head === right.head))
        return 'same';
      // A branch that nobody has changed has the version of the one that it comes from.
      return left.head === undefined || right.head === undefined ? 'unknown' : 'different';
    },

    async revisionOf(subject, deadline) {
      const { agent, branch, config } = requestOf(subject);
      // What is sent with each start cannot be edited meanwhile.
      if (config !== undefined) return undefined;
      return (await readAgent(agent, branch, deadline)).version_id;
    },

    async readForReuse(subject, deadline) {
      const { agent, branch, placements } = requestOf(subject);
      const { version_id: head } = await readAgent(agent, branch, deadline);
      const now = [agent, branch, head].join(' ');
      const headWords = formatClaim('version', head);
      return {
        compare({ tested, claims, runs = [] }) {
          const said = parseAs(testedSchema, tested ?? {});
          const versions = [claims, ...runs.map((run) => run.claims)].map((each) => each?.['version']);
          const isElsewhere = versions.every((version) => version !== undefined && version !== headWords);
          if (head !== undefined && isElsewhere) return { kind: 'other' };
          if (said.ran_against_draft === true || said.has_override === true) return { kind: 'other' };
          const then = [said.agent_id, said.branch_id, said.version_id];
          if ([...then, branch, head, said.ran_against_draft].includes(undefined)) {
            return { kind: 'unknown', why: 'does not say which version of the agent it tested' };
          }
          const isPlaced = (said.placements ?? []).every(({ id: test, node }) => {
            const nodes = nodesOf(test, { placements, workspace });
            return nodes.length <= 1 && nodes[0] === node;
          });
          return { kind: isPlaced && then.join(' ') === now ? 'same' : 'other' };
        },
      };
    },
  };

  function readAgent(agent: string, branch: string | undefined, deadline: Deadline): Promise<AgentBody> {
    return api.get(
      {
        path: ['agents', agent],
        query: branchQuery(branch),
        schema: agentSchema,
        to: (body) => {
          requireSame('agent', agent, body.agent_id);
          requireSame('branch', branch, body.branch_id);
          return body;
        },
      },
      deadline,
    );
  }
}

const requestOf = ({ request }: Subject): SubjectRequest => parseAs(requestSchema, request);

const branchQuery = (branch: string | undefined): Record<string, string> =>
  branch === undefined ? {} : { branch_id: branch };

/** The workflow nodes that a test is placed at, by itself or in a folder; `undefined` is no node. */
function nodesOf(
  test: string,
  { placements, workspace }: Pick<SubjectRequest, 'placements'> & { workspace: Workspace | undefined },
): (string | undefined)[] {
  const isIn = (place: string): boolean => place === test || workspace?.isIn(test, place) === true;
  return [...new Set(placements.filter((placement) => isIn(placement.id)).map(({ node }) => node))];
}

/** Most ids that one warning names. */
const MAX_NAMED = 5;

/** Warnings about what is attached to an agent and cannot be started: deleted tests, and folders without tests. */
function warningsAbout({
  agent,
  attached,
  workspace: { tests, isFolder, testsIn },
}: {
  agent: string;
  attached: readonly string[];
  workspace: Workspace;
}): string[] {
  const empty = attached.filter((attachedId) => isFolder(attachedId) && testsIn(attachedId).length === 0);
  const deleted = attached.filter((attachedId) => !isFolder(attachedId) && !tests.has(attachedId));
  return [
    ...(deleted.length === 0
      ? []
      : [
          `Left out, since they were deleted: ${listFirst(deleted)}. Detach them from agent ${agent} at ElevenLabs.`,
        ]),
    ...(empty.length === 0
      ? []
      : [`Folders that are attached to agent ${agent} and show no tests: ${listFirst(empty)}.`]),
  ];
}

function listFirst(ids: readonly string[]): string {
  const more = ids.length - MAX_NAMED;
  return more > 0 ? `${ids.slice(0, MAX_NAMED).join(', ')} and ${more} more` : ids.join(', ');
}

/** Whether a line names a test by its id or its whole name. */
const isNamed = ({ isExclusion, match }: Selector, testId: string, name: string): boolean =>
  !isExclusion && (match.value === testId || match.value === name.normalize().trim());

function toSubject(
  { agent, branch, head, placements, config }: SubjectRequest,
  about: { readonly name?: string | undefined; readonly main?: string | undefined } = {},
): Subject {
  const { name, main } = about;
  const isMain = branch === main;
  const words = branch === undefined ? 'main branch' : isMain ? `main branch ${branch}` : `branch ${branch}`;
  const described = name ? `${shortName(name)} (${agent})` : `agent ${agent}`;
  if (config !== undefined) {
    return {
      title: `${described} as in ${config.name}`,
      name,
      version: `as in ${config.name}`,
      key: `${agent} ${branch} ${OVERRIDDEN}`,
      // Nobody documents what an invocation says of a configuration that was sent: it is not published either.
      claims: testedClaims({ agent_id: agent, branch_id: branch }),
      request: { agent, branch, placements, config },
    };
  }
  return {
    title: `${described}, ${words}`,
    name,
    version: words,
    key: branch === undefined ? undefined : `${agent} ${branch}`,
    claims: testedClaims({ agent_id: agent, branch_id: branch, ran_against_draft: false }),
    request: { agent, branch, head, placements },
  };
}

const SENT_CONFIGURATION = 'a configuration that was sent with its start';

/** Whether a field of an answer has a value. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Claims of an invocation or a run about what it tested, however it is written: see `Batch.claims`. */
export function testedClaims({
  agent_id,
  branch_id,
  version_id,
  ran_against_draft: isDraft,
  agent_config_override: override,
}: Partial<Record<keyof typeof saidFields, unknown>>): Claims {
  const words = isGiven(override)
    ? SENT_CONFIGURATION
    : isDraft === true
      ? 'changes that are not published'
      : 'the published branch';
  return claimsOf({
    agent: formatClaim('agent', agent_id),
    branch: formatClaim('branch', branch_id),
    version: formatClaim('version', version_id),
    state:
      typeof isDraft === 'boolean' || isGiven(override) ? words : formatClaim('a draft or not:', isDraft),
  });
}

type ListedRow = z.infer<typeof listedSchema>;

/** `Candidate.subject` of what was started under another name, or with a configuration of its own. */
const FOREIGN = 'foreign';

function toListed({ id: invocation, agent_id, branch_id, ...row }: ListedRow, agent: string): ListedBatch {
  const seconds = row.created_at_unix_secs;
  return {
    id: invocation,
    total: row.test_run_count,
    createdAt: seconds === undefined ? undefined : seconds * 1_000,
    subject: branch_id === undefined ? undefined : `${agent_id ?? agent} ${branch_id}`,
    ...(row.runs_diverged_from_version === true && { isMixed: true }),
  };
}
