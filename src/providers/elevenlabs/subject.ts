/** ElevenLabs' subjects: a branch of an agent, as it is published or with a configuration from a file. */
import * as z from 'zod/mini';
import type { Batch } from '../../domain/batch.ts';
import type { Claims } from '../../domain/claims.ts';
import { type Refused, refused } from '../../domain/result.ts';
import type { TargetConfig } from '../../domain/target.ts';
import { shortened } from '../../domain/wording.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import type { Api } from '../api.ts';
import { claimsOf, formatClaim, id, parseAs, requireSame } from '../fields.ts';
import type { Subject, WantedSubject } from '../starter.ts';

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

/** The fields of an invocation and of a run that say what was tested. */
export const testedFields = {
  agent_id: z.optional(z.unknown()),
  branch_id: z.optional(z.unknown()),
  version_id: z.optional(z.unknown()),
  ran_against_draft: z.optional(z.unknown()),
  agent_config_override: z.optional(z.unknown()),
};

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
export interface ElevenLabsRequest {
  readonly agent: string;
  readonly branch: string | undefined;
  /** The version at the head of the branch; absent where it is not known, or not whether the branch is the right one. */
  readonly head?: string | undefined;
  readonly placements: readonly z.infer<typeof placementSchema>[];
  /** Sent in place of what the branch holds. */
  readonly config?: TargetConfig | undefined;
}

export type ElevenLabsSubject = Subject<ElevenLabsRequest>;

/** Finds the branch of the agent, and the tests that are attached to it. */
export async function resolveTarget(
  api: Api,
  { target, version, config }: WantedSubject,
  deadline: Deadline,
): Promise<ElevenLabsSubject | Refused> {
  if (target === undefined) return refused('target is missing: ElevenLabs needs one to start tests.');
  if (version !== undefined && version.kind !== 'branch') {
    return refused('version: ElevenLabs has only branch/ID.');
  }
  let body = await readAgent(api, { agent: target.id, branch: version?.id }, deadline);
  const main = body.main_branch_id;
  // Without a branch the main branch is asked for, and what is answered says which that is. Twice, and not the same.
  const isMainUnclear = version === undefined && main !== undefined && (body.branch_id ?? main) !== main;
  if (isMainUnclear) body = await readAgent(api, { agent: target.id, branch: main }, deadline);
  const branch = version?.id ?? main ?? body.branch_id;
  const placements = (body.platform_settings?.testing?.attached_tests ?? []).map(
    ({ test_id, workflow_node_id: node }) => ({ id: test_id, ...(node === undefined ? {} : { node }) }),
  );
  const head = isMainUnclear || config !== undefined ? undefined : body.version_id;
  return toSubject({ agent: target.id, branch, head, placements, config }, { name: body.name, main });
}

/** The subject of a test invocation, as its own answer names it. */
export function resolveTested({ id: invocation, tested }: Batch): ElevenLabsSubject | Refused {
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
}

/** The agent as it is on a branch, by default on the main branch. */
export function readAgent(
  api: Api,
  { agent, branch }: Pick<ElevenLabsRequest, 'agent' | 'branch'>,
  deadline: Deadline,
): Promise<z.infer<typeof agentSchema>> {
  return api.get(
    {
      path: ['agents', agent],
      query: branchQuery(branch),
      schema: agentSchema,
      toValue: (body) => {
        requireSame('agent', agent, body.agent_id);
        requireSame('branch', branch, body.branch_id);
        return body;
      },
    },
    deadline,
  );
}

export const branchQuery = (branch: string | undefined): Record<string, string> =>
  branch === undefined ? {} : { branch_id: branch };

/** Mark of a configuration from a file in names and keys; nothing else in a list shows that the branch was not tested. */
export const OVERRIDDEN = 'target-config';

function toSubject(
  request: ElevenLabsRequest,
  about: { readonly name?: string | undefined; readonly main?: string | undefined } = {},
): ElevenLabsSubject {
  const { agent, branch, config } = request;
  const { name, main } = about;
  const described = name ? `${shortened(name)} (${agent})` : `agent ${agent}`;
  if (config !== undefined) {
    return {
      title: `${described} as in ${config.name}`,
      name,
      version: `as in ${config.name}`,
      key: `${agent} ${branch} ${OVERRIDDEN}`,
      // Nobody documents what an invocation says of a configuration that was sent: it is not published either.
      claims: testedClaims({ agent_id: agent, branch_id: branch }),
      request,
    };
  }
  const words = [branch === main || branch === undefined ? 'main branch' : 'branch', branch];
  const version = words.filter((word) => word !== undefined).join(' ');
  return {
    title: `${described}, ${version}`,
    name,
    version,
    key: subjectKey(agent, branch),
    claims: testedClaims({ agent_id: agent, branch_id: branch, ran_against_draft: false }),
    request,
  };
}

/** `Subject.key` of a branch as it is published. */
export const subjectKey = (agent: string, branch: string | undefined): string | undefined =>
  branch === undefined ? undefined : `${agent} ${branch}`;

/** A branch that nobody has changed has the version of the one that it comes from. */
export function compareVersions(
  { request: left }: ElevenLabsSubject,
  { request: right }: ElevenLabsSubject,
): 'same' | 'different' | 'unknown' {
  if (left.agent !== right.agent || Boolean(left.config) !== Boolean(right.config)) return 'different';
  const areOneVersion = left.head !== undefined && left.head === right.head;
  if (left.branch === right.branch || areOneVersion) return 'same';
  return left.head === undefined || right.head === undefined ? 'unknown' : 'different';
}

/** The parts of `agent_config_override` that ElevenLabs requires. */
const OVERRIDE_PARTS = ['conversation_config', 'platform_settings'] as const;

/** Fault of a configuration that is to be sent with a start, as a clause. */
export function problemOfOverride(json: Readonly<Record<string, unknown>>): string | undefined {
  const bad = OVERRIDE_PARTS.find((part) => !z.record(z.string(), z.unknown()).safeParse(json[part]).success);
  return bad === undefined
    ? undefined
    : `ElevenLabs needs ${OVERRIDE_PARTS.join(' and ')} in it, each a JSON object, and ${bad} is ${Object.hasOwn(json, bad) ? 'none' : 'missing'}`;
}

const SENT_CONFIGURATION = 'a configuration that was sent with its start';

/** True if a field of an answer has a value. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Claims of an invocation or a run about what it tested, however it is written: see `Batch.claims`. */
export function testedClaims({
  agent_id,
  branch_id,
  version_id,
  ran_against_draft: isDraft,
  agent_config_override: override,
}: Partial<Record<keyof typeof testedFields, unknown>>): Claims {
  return claimsOf({
    agent: formatClaim('agent', agent_id),
    branch: formatClaim('branch', branch_id),
    version: formatClaim('version', version_id),
    state: stateClaim(isDraft, override),
  });
}

function stateClaim(isDraft: unknown, override: unknown): string | undefined {
  if (isGiven(override)) return SENT_CONFIGURATION;
  if (typeof isDraft !== 'boolean') return formatClaim('a draft or not:', isDraft);
  return isDraft ? 'changes that are not published' : 'the published branch';
}
