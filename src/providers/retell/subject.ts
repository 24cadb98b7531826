/** Retell's subjects: an engine in one version, by itself or as an agent's version uses it. */
import * as z from 'zod/mini';
import type { Batch } from '../../domain/batch.ts';
import { type Refused, refused } from '../../domain/result.ts';
import type { Target, Version } from '../../domain/target.ts';
import { shortened } from '../../domain/wording.ts';
import { InvalidResponse } from '../../http/failure.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import type { Api } from '../api.ts';
import { onNotFound, parseAs, requireSame } from '../fields.ts';
import type { Subject, WantedSubject } from '../starter.ts';
import {
  ENGINES,
  type Engine,
  engineClaims,
  engineName,
  engineSchema,
  engineVersionFields,
  isEngineType,
  ownerClaims,
  subjectKey,
  toEngine,
} from './engine.ts';
import { readList } from './lists.ts';

const agentSchema = z.object({
  agent_id: z.string(),
  agent_name: lenient(z.string()),
  version: lenient(z.number()),
  is_published: lenient(z.boolean()),
  response_engine: engineSchema,
});

type Agent = z.infer<typeof agentSchema>;

const agentVersionSchema = z.object({ version: z.number(), is_published: lenient(z.boolean()) });

/** A conversation flow does not say whether it is published. */
const engineVersionSchema = z.object({
  version: lenient(z.number()),
  is_published: lenient(z.boolean()),
  last_modification_timestamp: lenient(z.number()),
});

/** `Subject.request`. */
export interface RetellRequest {
  readonly engine: Engine & { readonly version: number };
  /** It belongs to a published version of an agent, and cannot be edited any more. */
  readonly isPublished?: boolean | undefined;
}

export type RetellSubject = Subject<RetellRequest>;

/** Finds the engine and the version that a target stands for. */
export async function resolveTarget(
  api: Api,
  { target, version = { kind: 'latest' } }: WantedSubject,
  deadline: Deadline,
): Promise<RetellSubject | Refused> {
  if (target === undefined) return refused('target is missing: Retell needs one to start a batch.');
  const { kind } = target;
  if (kind !== 'agent' && !isEngineType(kind)) return refused(`target: Retell has no ${kind} to test.`);
  const resolved =
    kind === 'agent'
      ? resolveAgent(api, target.id, version, deadline)
      : resolveEngine(api, { type: kind, id: target.id }, version, deadline);
  return resolved.catch(onNotFound(() => refused(notFound(target, version))));
}

async function resolveAgent(
  api: Api,
  agentId: string,
  version: Version,
  deadline: Deadline,
): Promise<RetellSubject | Refused> {
  let number: number | undefined;
  switch (version.kind) {
    case 'latest':
      break;
    case 'number':
      number = version.number;
      break;
    case 'published':
      number = await readPublishedVersion(api, agentId, deadline);
      if (number === undefined) {
        return refused(
          `version is published, and no version of agent ${agentId} is published: publish one, or set version to latest or a number.`,
        );
      }
      break;
    default:
      return refused(notAVersion('agent'));
  }
  const agent = await readAgent(api, agentId, number, deadline);
  const engine = toEngine(agent.response_engine);
  const name = describeAgent(agent);
  if (engine === undefined) {
    return refused(
      `target: ${name} runs on a custom LLM, and Retell tests only agents on a Retell LLM or a conversation flow.`,
    );
  }
  // The latest agent uses the latest engine, unless it names another. What an older one used, nothing tells then.
  const engineVersion =
    engine.version ??
    (version.kind === 'latest' ? (await readEngine(api, engine, deadline)).version : undefined);
  if (engineVersion === undefined) {
    return refused(
      `version: Retell does not say which version of ${engineName(engine)} ${name} uses. Set target to ${engine.type}/${engine.id} and version to its number.`,
    );
  }
  const subject = toSubject({ ...engine, version: engineVersion });
  return {
    ...subject,
    title: `${name}: ${subject.title}`,
    name: agent.agent_name,
    version: versionOf(agent),
    note: version.kind === 'latest' ? draftNote(agent.version, agent.is_published) : undefined,
    request: { ...subject.request, isPublished: agent.is_published },
  };
}

async function resolveEngine(
  api: Api,
  engine: Engine,
  version: Version,
  deadline: Deadline,
): Promise<RetellSubject | Refused> {
  if (version.kind !== 'latest' && version.kind !== 'number') return refused(notAVersion(engine.type));
  const wanted = version.kind === 'number' ? version.number : undefined;
  const body = await readEngine(api, { ...engine, version: wanted }, deadline);
  const number = wanted ?? body.version;
  if (number === undefined) {
    return refused(
      `version: Retell does not say which version of ${engineName(engine)} is the latest. Set version to a number.`,
    );
  }
  const note = version.kind === 'latest' ? draftNote(number, body.is_published) : undefined;
  return { ...toSubject({ ...engine, version: number }), note };
}

/** The subject of a batch, as its own answer names it. Which engine its test cases are kept with, nobody has looked up. */
export function resolveTested({ id: batchId, tested }: Batch): RetellSubject | Refused {
  if (tested === undefined) return refused(`Retell does not say what batch ${batchId} tested.`);
  const body = parseAs(engineSchema, tested);
  const engine = toEngine(body);
  if (engine === undefined) {
    return refused(
      `Batch ${batchId} tested a custom LLM, and Retell starts batches only on a Retell LLM or a conversation flow.`,
    );
  }
  if (engine.version === undefined) {
    return refused(
      `Retell does not say which version batch ${batchId} tested: start the batch with a version, or with test-cases.`,
    );
  }
  return { ...toSubject({ ...engine, version: engine.version }), claims: engineClaims(body) };
}

function readAgent(
  api: Api,
  agentId: string,
  version: number | undefined,
  deadline: Deadline,
): Promise<Agent> {
  return api.get(
    {
      path: ['get-agent', agentId],
      query: versionQuery(version),
      size: 'small',
      schema: agentSchema,
      toValue: (agent) => {
        requireSame('agent', agentId, agent.agent_id);
        requireVersion(version, agent.version);
        return agent;
      },
    },
    deadline,
  );
}

/** The engine in the version that is asked for, or in the latest. */
export function readEngine(
  api: Api,
  { type, id, version }: Engine,
  deadline: Deadline,
): Promise<z.infer<typeof engineVersionSchema>> {
  return api.get(
    {
      path: [ENGINES[type].path, id],
      query: versionQuery(version),
      schema: engineVersionSchema,
      toValue: (body) => {
        requireVersion(version, body.version);
        return body;
      },
    },
    deadline,
  );
}

/** The newest of an agent's published versions. */
async function readPublishedVersion(
  api: Api,
  agentId: string,
  deadline: Deadline,
): Promise<number | undefined> {
  const list = { path: ['list-agent-versions', agentId], itemNoun: 'versions', of: `agent ${agentId}` };
  const query = { sort_order: 'descending' };
  const { items: versions } = await readList(
    api,
    { ...list, query, schema: agentVersionSchema, toItem: (version) => version },
    deadline,
  );
  const numbers = versions.flatMap(({ version, is_published }) => (is_published === true ? version : []));
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

export const versionQuery = (version: number | undefined): Record<string, string> =>
  version === undefined ? {} : { version: String(version) };

/** Throws where one version was asked for and the answer is about another: the report would name the wrong one. */
function requireVersion(wanted: number | undefined, found: number | undefined): void {
  if (wanted !== undefined && found !== undefined && found !== wanted) {
    throw new InvalidResponse(`answered for version ${found} when asked for version ${wanted}.`);
  }
}

function toSubject(engine: RetellRequest['engine']): RetellSubject {
  const fields = engineVersionFields(engine);
  return {
    title: `${engineName(engine)} version ${engine.version}`,
    key: subjectKey(engine),
    claims: { ...engineClaims(fields), ...ownerClaims(fields) },
    request: { engine },
  };
}

/** Remark about a latest version that is not published: everybody's newest draft is the latest. */
const draftNote = (version: number | undefined, isPublished: boolean | undefined): string | undefined =>
  isPublished === false && version !== undefined
    ? `The latest version, ${version}, is a draft that is not published.`
    : undefined;

/** "version 5", "version 5 (draft)" */
const versionOf = ({ version, is_published }: Agent): string | undefined =>
  version === undefined ? undefined : `version ${version}${is_published === false ? ' (draft)' : ''}`;

function describeAgent({ agent_id, agent_name, version }: Agent): string {
  const numbered = version === undefined ? agent_id : `${agent_id}, version ${version}`;
  return agent_name ? `${shortened(agent_name)} (${numbered})` : `agent ${numbered}`;
}

function notFound({ kind, id: targetId }: Target, version: Version): string {
  const what = isEngineType(kind) ? ENGINES[kind].title : kind;
  return version.kind === 'number'
    ? `target: Retell has no ${what} ${targetId} with a version ${version.number} in the workspace of this api-key. Check target and version.`
    : `target: Retell has no ${what} ${targetId} in the workspace of this api-key. Check target, and that the key is of the same workspace.`;
}

const notAVersion = (kind: string): string =>
  `version: a target ${kind}/ has only ${kind === 'agent' ? 'latest, published' : 'latest'} and numbers at Retell.`;
