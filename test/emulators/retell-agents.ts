import type { AgentListVersionsResponse, AgentResponse } from 'retell-sdk/resources/agent';
import type { ConversationFlowResponse } from 'retell-sdk/resources/conversation-flow';
import type { LlmResponse } from 'retell-sdk/resources/llm';
import { pageOf, pageRequest } from './retell-paging.ts';
import { Refusal, type Route, type SeenRequest, wholeNumber } from './server.ts';

/** An agent with its versions, in any order; the highest number is the latest. */
export interface AgentScript {
  readonly id: string;
  readonly name?: string;
  readonly versions: readonly AgentVersion[];
}

export interface AgentVersion {
  readonly version: number;
  /** Default `false`. */
  readonly isPublished?: boolean;
  /** The engine, in a version of its own, which need not be the agent's. */
  readonly engine: AgentResponse['response_engine'];
  /** When agent and engine were last edited, in milliseconds since the epoch; a draft can be edited meanwhile. */
  readonly modifiedAt?: number | (() => number);
}

const FLOW = 'conversation_flow_3b21278178ed';
const flow = (version: number): AgentVersion['engine'] => ({
  type: 'conversation-flow',
  conversation_flow_id: FLOW,
  version,
});

/** Latest: 5, on version 12 of the recorded engine. Published: 4, on version 11. */
export const DEFAULT_AGENT: AgentScript = {
  id: 'agent_5f0c2e9a7b1d',
  name: 'Front desk',
  versions: [
    { version: 5, engine: flow(12) },
    { version: 4, isPublished: true, engine: flow(11) },
    { version: 3, isPublished: true, engine: flow(10) },
  ],
};

const MODIFIED = 1789200000000;
const modifiedOf = ({ modifiedAt = MODIFIED }: AgentVersion): number =>
  typeof modifiedAt === 'number' ? modifiedAt : modifiedAt();

/** The endpoints of agents and their engines. An engine exists in the versions that agents use. */
export function agentRoutes(
  agents: readonly AgentScript[],
  { missing, longestPage }: { missing: 404 | 422; longestPage: number },
): Route[] {
  const absent = (): never => {
    throw new Refusal(missing);
  };
  const known = (id: string): AgentScript => agents.find((agent) => agent.id === id) ?? absent();

  const engineRoute = (path: string, body: (id: string, of: AgentVersion) => object): Route => ({
    method: 'GET',
    path,
    answer: ({ id, request }) => {
      const all = engineVersions(agents, id);
      const wanted = versionIn(request) ?? Math.max(...all.keys());
      const found = all.get(wanted);
      return found === undefined ? absent() : body(id, found);
    },
  });

  return [
    {
      method: 'GET',
      path: '/get-agent/:id',
      answer: ({ id, request }) => {
        const { name, versions } = known(id);
        const wanted = versionIn(request) ?? Math.max(...versions.map(({ version }) => version));
        const found = versions.find(({ version }) => version === wanted);
        return found === undefined ? absent() : agentBody(id, name, found);
      },
    },
    {
      method: 'GET',
      path: '/list-agent-versions/:id',
      answer: ({ id, request }) => {
        const order = request.query['sort_order'] ?? 'ascending';
        if (order !== 'ascending' && order !== 'descending') {
          throw new Refusal(400, ['sort_order must be ascending or descending.']);
        }
        const sorted = known(id).versions.toSorted((one, other) => one.version - other.version);
        const items = (order === 'descending' ? sorted.toReversed() : sorted).map(versionItem);
        return pageOf(items, `versions of ${id}`, pageRequest(request, `versions of ${id}`, longestPage));
      },
    },
    {
      // A POST that only reads.
      method: 'POST',
      path: '/v2/list-agents',
      answer: ({ request }) => {
        const items = agents.map(({ id, name }) => ({
          agent_id: id,
          agent_name: name ?? null,
          channel: 'voice',
          is_suspended: false,
          tags: {},
          user_modified_timestamp: MODIFIED,
        }));
        return pageOf(items, 'agents', pageRequest(request, 'agents'));
      },
    },
    engineRoute('/get-retell-llm/:id', (id, found) => {
      const { engine, isPublished = false } = found;
      if (engine.type !== 'retell-llm') return absent();
      const { version } = engine;
      return {
        llm_id: id,
        version,
        is_published: isPublished,
        last_modification_timestamp: modifiedOf(found),
      } satisfies {
        [Name in keyof LlmResponse]?: unknown;
      };
    }),
    engineRoute('/get-conversation-flow/:id', (id, found) => {
      const { engine } = found;
      if (engine.type !== 'conversation-flow') return absent();
      const { version } = engine;
      return { conversation_flow_id: id, version, last_modification_timestamp: modifiedOf(found) } satisfies {
        [Name in keyof ConversationFlowResponse]?: unknown;
      };
    }),
  ];
}

/** The versions of an engine that agents use. */
function engineVersions(agents: readonly AgentScript[], id: string): Map<number, AgentVersion> {
  const all = agents.flatMap(({ versions }) => versions);
  return new Map(
    all.flatMap((each): [number, AgentVersion][] => {
      const { engine } = each;
      if (engine.type === 'custom-llm' || typeof engine.version !== 'number') return [];
      const own = engine.type === 'retell-llm' ? engine.llm_id : engine.conversation_flow_id;
      return own === id ? [[engine.version, each]] : [];
    }),
  );
}

/** Whether an engine that agents use exists in this version; `undefined` if no agent uses it. */
export function hasVersion(
  agents: readonly AgentScript[],
  engineId: string,
  version: unknown,
): boolean | undefined {
  const all = engineVersions(agents, engineId);
  if (all.size === 0) return undefined;
  return version === undefined || version === null || all.has(Number(version));
}

function versionIn(request: SeenRequest): number | undefined {
  if (request.query['version'] === undefined) return undefined;
  return wholeNumber(request, 'version', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 });
}

/** An agent in one of its versions. */
export function agentBody(id: string, name: string | undefined, found: AgentVersion): object {
  const { version, isPublished, engine } = found;
  return {
    agent_id: id,
    agent_name: name ?? null,
    version,
    is_published: isPublished ?? false,
    response_engine: engine,
    voice_id: 'retell-Cimo',
    last_modification_timestamp: modifiedOf(found),
  } satisfies { [Name in keyof AgentResponse]?: unknown };
}

function versionItem(found: AgentVersion): AgentListVersionsResponse.Item {
  const { version, isPublished = false } = found;
  return { version, is_published: isPublished, last_modification_timestamp: modifiedOf(found) };
}
