import type { AgentCreateVersionParams } from 'retell-sdk/resources/agent';
import { type AgentScript, type AgentVersion, agentBody } from './retell-agents.ts';
import { fieldsOf, Refusal, type Route, wholeNumber } from './server.ts';

/** An agent that can get more versions while the emulator runs. */
export interface ChangingAgent extends AgentScript {
  readonly versions: AgentVersion[];
}

export interface DraftOptions {
  /** What is answered for an agent or an engine that does not exist. */
  readonly missing: 404 | 422;
  /** Whether only the draft with the largest number can be changed, as one page of the documentation has it. */
  readonly onlyLatestChanges?: boolean | undefined;
}

/** Copies, so that a draft made in one emulator is in no other. */
export const changing = (agents: readonly AgentScript[]): ChangingAgent[] =>
  agents.map((agent) => ({ ...agent, versions: [...agent.versions] }));

/**
 * The endpoints that make, change and delete a draft of an agent. Nobody documents what a change of a published version,
 * a deletion of one, or a change of an older draft answers: decided here, 400.
 */
export function draftRoutes(agents: readonly ChangingAgent[], options: DraftOptions): Route[] {
  const absent = (): never => {
    throw new Refusal(options.missing);
  };
  const known = (id: string): ChangingAgent => agents.find((agent) => agent.id === id) ?? absent();
  const contents = new Map<AgentVersion, object>();

  const change = (path: string, idName: string): Route => ({
    method: 'PATCH',
    path,
    answer: ({ id, request }) => {
      const of = agents.flatMap(({ versions }) => versions).filter(({ engine }) => engineId(engine) === id);
      const latest = Math.max(...of.map(({ engine }) => engineVersion(engine)));
      const wanted = wholeNumber(request, 'version', { min: 0, max: 1_000_000, fallback: latest });
      const found = of.find(({ engine }) => engineVersion(engine) === wanted) ?? absent();
      if (found.isPublished === true) throw new Refusal(400, ['Cannot update a published version.']);
      if (options.onlyLatestChanges === true && wanted < latest)
        throw new Refusal(400, ['Only the latest version can be updated.']);
      contents.set(found, { ...contents.get(found), ...fieldsOf(request) });
      return { [idName]: id, version: wanted, ...contents.get(found) };
    },
  });

  return [
    {
      method: 'POST',
      path: '/create-agent-version/:id',
      status: 201,
      answer: ({ id, request }) => {
        const { versions, name } = known(id);
        const { base_version: wanted } = fieldsOf(request) as Partial<
          Record<keyof AgentCreateVersionParams, unknown>
        >;
        const base = versions.find(({ version }) => version === wanted) ?? absent();
        const version = 1 + Math.max(...versions.map((other) => other.version));
        const newest = Math.max(...versions.map(({ engine }) => engineVersion(engine)));
        const draft = { version, engine: { ...base.engine, version: newest + 1 } } as AgentVersion;
        versions.push(draft);
        return { ...agentBody(id, name, draft), base_version: base.version };
      },
    },
    change('/update-retell-llm/:id', 'llm_id'),
    change('/update-conversation-flow/:id', 'conversation_flow_id'),
    {
      method: 'DELETE',
      path: '/delete-agent-version/:id',
      status: 204,
      answer: ({ id, request }) => {
        const { versions } = known(id);
        const wanted = wholeNumber(request, 'version', { min: 0, max: 1_000_000, fallback: -1 });
        const index = versions.findIndex(({ version }) => version === wanted);
        if (index < 0) absent();
        if (versions[index]?.isPublished === true)
          throw new Refusal(400, ['Cannot delete a published version.']);
        versions.splice(index, 1);
        return undefined;
      },
    },
  ];
}

function engineId(engine: AgentVersion['engine']): string | undefined {
  if (engine.type === 'custom-llm') return undefined;
  return engine.type === 'retell-llm' ? engine.llm_id : engine.conversation_flow_id;
}

const engineVersion = (engine: AgentVersion['engine']): number =>
  engine.type === 'custom-llm' ? 0 : (engine.version ?? 0);
