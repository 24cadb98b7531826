import { Refusal } from './server.ts';

/** An agent's response engine: lists are asked for by its type and id. */
export interface Engine {
  readonly type: string;
  readonly id: string;
}

const ID_NAMES: Readonly<Record<string, string>> = {
  'retell-llm': 'llm_id',
  'conversation-flow': 'conversation_flow_id',
};

/** The engine that a query or a `response_engine` names; a refusal with 400 if it names none that can be tested. */
export function engineIn(fields: unknown): Engine {
  const engine = readEngine(fields);
  if (engine !== undefined) return engine;
  throw new Refusal(400, [
    'type must be retell-llm with llm_id, or conversation-flow with conversation_flow_id.',
  ]);
}

/** Whether a `response_engine` is this one, in any version. */
export function isEngine(fields: unknown, wanted: Engine): boolean {
  const engine = readEngine(fields);
  return engine?.type === wanted.type && engine.id === wanted.id;
}

function readEngine(fields: unknown): Engine | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { type, ...rest } = fields as Record<string, unknown>;
  const id = rest[ID_NAMES[String(type)] ?? ''];
  return typeof type === 'string' && typeof id === 'string' ? { type, id } : undefined;
}
