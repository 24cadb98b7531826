/** Vapi's subjects: an assistant or a squad, as it is live or from a file, by chat or by voice. */
import * as z from 'zod/mini';
import type { Batch } from '../../domain/batch.ts';
import type { Claims } from '../../domain/claims.ts';
import { type Refused, refused } from '../../domain/result.ts';
import { MODES, type Mode, type TargetConfig } from '../../domain/target.ts';
import { lenient } from '../../json.ts';
import { claimsOf, formatClaim, parseAs } from '../fields.ts';
import type { Subject, WantedSubject } from '../starter.ts';
import { compareSubjectKeys } from '../starting.ts';

/** An assistant or a squad, by its id or inline, which is whole and without an id. */
const targetFields = { type: z.string(), assistantId: lenient(z.string()), squadId: lenient(z.string()) };
const namedTargetSchema = z.object({ ...targetFields, isInline: lenient(z.boolean()) });

type Target = z.infer<typeof namedTargetSchema>;

/** The same as requests and answers have it. What is inline may be large, and is not kept. */
export const targetSchema = z.pipe(
  z.object({ ...targetFields, assistant: z.optional(z.unknown()), squad: z.optional(z.unknown()) }),
  z.transform(({ assistant, squad, ...named }): Target => {
    const inline = assistant ?? squad ?? undefined;
    return inline === undefined ? named : { ...named, isInline: true };
  }),
);

/** By voice or by chat. */
export const transportSchema = z.object({ provider: z.string() });

type Transport = z.infer<typeof transportSchema>;

/** Vapi's words for the modes. */
export const TRANSPORTS: Readonly<Record<Mode, string>> = { chat: 'vapi.webchat', voice: 'vapi.websocket' };
/** For a run that names no transport: nobody documents what that means, and it has been voice. */
const UNNAMED_TRANSPORT = { provider: TRANSPORTS.voice };

/** Tested target of a run; `transport` is repeated with it. */
const testedSchema = z.object({ target: namedTargetSchema, transport: lenient(transportSchema) });

/** Fields that are sent beside the simulations: `Subject.request`. */
export interface VapiRequest {
  readonly target: Target;
  readonly transport: Transport;
  /** Sent in place of the target as it is live. */
  readonly config?: TargetConfig | undefined;
}

export type VapiSubject = Subject<VapiRequest>;

/** The subject that the inputs name; nothing is asked for. */
export function resolveTarget({ target, mode = 'chat', config }: WantedSubject): VapiSubject | Refused {
  if (target === undefined) return refused('target is missing: Vapi needs one to start a simulation run.');
  const live = toSubject(
    target.kind === 'squad'
      ? { type: 'squad', squadId: target.id }
      : { type: 'assistant', assistantId: target.id },
    { provider: TRANSPORTS[mode] },
  );
  if (config === undefined) return live;
  const request = { ...live.request, config };
  return {
    title: `${describeTarget(request.target)} as in ${config.name}, ${mode}`,
    note: ownFieldsNote(config),
    key: undefined,
    claims: testedClaims({ target: sentTarget(request), transport: request.transport }),
    request,
  };
}

/** The subject of a simulation run, as its own answer names it. */
export function resolveTested({ id: runId, tested }: Batch): VapiSubject | Refused {
  const { target, transport = UNNAMED_TRANSPORT } = tested === undefined ? {} : parseAs(testedSchema, tested);
  const subject = target && toSubject(target, transport);
  return subject?.key === undefined
    ? refused(`Vapi does not say which assistant or squad simulation run ${runId} tested.`)
    : subject;
}

const toSubject = (target: Target, transport: Transport): VapiSubject => ({
  title: describeTested(target, transport) ?? target.type,
  key: subjectKey(target),
  claims: testedClaims({ target, transport }),
  request: { target, transport },
});

/** The target as a start has it: whole where it comes from a file. */
export const sentTarget = ({ target, config }: VapiRequest): Readonly<Record<string, unknown>> =>
  config === undefined ? target : { type: target.type, [target.type]: config.json };

/** One that is sent is not the live one, whatever they hold. */
export const compareVersions = (left: VapiSubject, right: VapiSubject): 'same' | 'different' | 'unknown' =>
  Boolean(left.request.config) === Boolean(right.request.config)
    ? compareSubjectKeys(left, right)
    : 'different';

/** Fields that Vapi sets itself, and that a start may not have. */
const OWN_FIELDS: readonly string[] = ['id', 'orgId', 'createdAt', 'updatedAt'];

/** Fault of a configuration that is to be sent with a start, as a clause. */
export const problemOfInline = (json: TargetConfig['json']): string | undefined =>
  Object.keys(json).every((name) => OWN_FIELDS.includes(name))
    ? 'it sets nothing: it must hold the whole assistant or squad'
    : undefined;

/** A sentence about fields for which Vapi may refuse the start. */
function ownFieldsNote({ name, json }: TargetConfig): string | undefined {
  const found = OWN_FIELDS.filter((field) => Object.hasOwn(json, field));
  return found.length === 0
    ? undefined
    : `${name} has ${found.join(', ')}, which Vapi sets itself and may refuse: leave out such fields.`;
}

/** "chat"; Vapi's own word where it is neither of the two. */
const nameOf = ({ provider }: Transport): string =>
  MODES.find((mode) => TRANSPORTS[mode] === provider) ?? provider;

export const targetIdOf = ({ assistantId, squadId }: Target): string | undefined => assistantId ?? squadId;

/** "assistant 88fa…", or "an inline assistant"; `undefined` where neither is said. */
function describeTarget(target: Target): string | undefined {
  const targetId = targetIdOf(target);
  if (targetId !== undefined) return `${target.type} ${targetId}`;
  return target.isInline === true ? `an inline ${target.type}` : undefined;
}

/** `Subject.key` of a target that is live. One that is inline may be of any file that was sent. */
export const subjectKey = (target: Target): string | undefined =>
  targetIdOf(target) === undefined ? undefined : describeTarget(target)?.toLowerCase();

/** "assistant 88fa…, chat": a target with the mode of its run; `undefined` where the target is not known. */
export function describeTested(target: Target, transport: Transport | undefined): string | undefined {
  const described = describeTarget(target);
  return described && [described, ...(transport === undefined ? [] : [nameOf(transport)])].join(', ');
}

const anything = z.optional(z.unknown());
const saidTargetSchema = z.object({
  type: anything,
  assistantId: anything,
  squadId: anything,
  assistant: anything,
  squad: anything,
});
const saidTransportSchema = z.object({ provider: anything });

/** Claims of an answer about the target and the transport, however it is written: see `Batch.claims`. */
export function testedClaims({ target, transport }: { target?: unknown; transport?: unknown }): Claims {
  return claimsOf({
    ...targetClaims(target ?? {}),
    mode: formatClaim('the mode', modeIn(transport)),
  });
}

/** "chat" where a transport is one of the two modes; else what the answer has in its place. */
function modeIn(transport: unknown): unknown {
  const said = saidTransportSchema.safeParse(transport).data;
  if (said === undefined) return transport;
  return typeof said.provider === 'string' ? nameOf({ provider: said.provider }) : said.provider;
}

function targetClaims(target: unknown): Record<string, string | undefined> {
  const said = saidTargetSchema.safeParse(target).data;
  if (said === undefined) return { target: formatClaim('target', target) };
  const named = (kind: 'assistant' | 'squad'): string | undefined =>
    formatClaim(kind, said[`${kind}Id`])?.toLowerCase() ?? ((said[kind] ?? undefined) && `an inline ${kind}`);
  const words = [named('assistant'), named('squad')].filter((word) => word !== undefined);
  return {
    target: words.length === 0 ? undefined : words.join(' and '),
    kind: formatClaim('a target of type', said.type),
  };
}
