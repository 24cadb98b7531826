import * as z from 'zod/mini';
import type { Claims } from '../../domain/claims.ts';
import { lenient } from '../../json.ts';
import { claimsOf, formatClaim } from '../fields.ts';

/** Engine of a Retell agent, as the API's answers write it. */
export const engineSchema = z.object({
  type: z.string(),
  llm_id: lenient(z.string()),
  conversation_flow_id: lenient(z.string()),
  llm_websocket_url: lenient(z.string()),
  version: lenient(z.number()),
});

export type EngineBody = z.infer<typeof engineSchema>;

/** The engines that batches can test, by type: the field of their id, the path of the request for one, and their name. */
export const ENGINES = {
  'retell-llm': { idField: 'llm_id', path: 'get-retell-llm', title: 'Retell LLM' },
  'conversation-flow': {
    idField: 'conversation_flow_id',
    path: 'get-conversation-flow',
    title: 'conversation flow',
  },
} as const;

export type EngineType = keyof typeof ENGINES;

export const isEngineType = (type: string): type is EngineType => Object.hasOwn(ENGINES, type);

/** An engine that batches can test; in one version, where that is known. */
export interface Engine {
  readonly type: EngineType;
  readonly id: string;
  readonly version?: number | undefined;
}

/** The engine of a `response_engine`; `undefined` where no batch can test it: a custom LLM, or a type that we do not know. */
export function toEngine(body: EngineBody): Engine | undefined {
  if (!isEngineType(body.type)) return undefined;
  const id = body[ENGINES[body.type].idField];
  return id ? { type: body.type, id, version: body.version } : undefined;
}

/** An engine without its version, as Retell's requests write it. */
export const engineFields = ({ type, id }: Engine): Record<string, string> => ({
  type,
  [ENGINES[type].idField]: id,
});

/** An engine in its version, as Retell's requests write it. */
export const engineVersionFields = (engine: Engine): Record<string, string | number | undefined> => ({
  ...engineFields(engine),
  version: engine.version,
});

/** An engine without its version, for a person: "conversation-flow conversation_flow_…" */
export const engineName = ({ type, id }: Engine): string => `${type} ${id}`;

/** An engine with its version, for a person: "conversation-flow conversation_flow_… version 12". */
export function describeEngine(engine: EngineBody): string {
  const id = engine.conversation_flow_id ?? engine.llm_id ?? engine.llm_websocket_url ?? '';
  const version = engine.version === undefined ? 'version not stated' : `version ${engine.version}`;
  return [engine.type, id, engine.type === 'custom-llm' ? '' : version]
    .filter((part) => part !== '')
    .join(' ');
}

const anything = z.optional(z.unknown());
const saidSchema = z.object({
  type: anything,
  llm_id: anything,
  conversation_flow_id: anything,
  llm_websocket_url: anything,
  version: anything,
});

type Said = z.infer<typeof saidSchema>;

/** Claims of a `response_engine`, however it is written: see `Batch.claims`. */
export function engineClaims(body: unknown): Claims {
  if (!hasValue(body)) return {};
  const said = saidSchema.safeParse(body).data;
  if (said === undefined) return claimsOf({ engine: formatClaim('engine', body) });
  return claimsOf({ engine: engineClaim(said), version: formatClaim('version', said.version) });
}

/** Claims of a test case's `response_engine` about its owner: the engine without the version, which is not the tested one. */
export function ownerClaims(body: unknown): Claims {
  const { engine } = engineClaims(body);
  return engine === undefined ? {} : { owner: `test cases of ${engine}` };
}

/** The claim of a known engine by its type and id; of any other by what it says. */
function engineClaim(said: Said): string | undefined {
  const { type, llm_id, conversation_flow_id, llm_websocket_url } = said;
  const known = Object.entries(ENGINES).find(([name, { idField }]) =>
    hasValue(type) ? type === name : hasValue(said[idField]),
  );
  if (known !== undefined) {
    const [name, { idField }] = known;
    return formatClaim(name, hasValue(said[idField]) ? said[idField] : 'without an id');
  }
  const id = [llm_id, conversation_flow_id, llm_websocket_url].find(hasValue);
  return typeof type === 'string' && hasValue(id)
    ? formatClaim(type, id)
    : formatClaim('engine', hasValue(type) ? type : id);
}

const hasValue = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** `Subject.key` of an engine in its version; `undefined` where the version is not known. */
export const subjectKey = ({ type, id, version }: Engine): string | undefined =>
  version === undefined ? undefined : `${type} ${id} ${version}`;
