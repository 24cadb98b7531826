/** What can be under test at Acme: a version of an agent. */
import * as z from 'zod/mini';
import type { Batch } from '../../src/domain/batch.ts';
import type { Claims } from '../../src/domain/claims.ts';
import { type Refused, refused } from '../../src/domain/result.ts';
import { lenient } from '../../src/json.ts';
import { claimsOf, formatClaim, parseAs } from '../../src/providers/fields.ts';
import type { Subject, WantedSubject } from '../../src/providers/starter.ts';

/** The fields of a batch that say what it tests. */
export const saidFields = { agent_id: z.optional(z.unknown()), version: z.optional(z.unknown()) };

const testedSchema = z.object({ agent: lenient(z.string()), version: lenient(z.number()) });

/** `Subject.request`: what the other steps of a start need of it. */
export interface AcmeRequest {
  readonly agent: string;
  readonly version: number;
}

export type AcmeSubject = Subject<AcmeRequest>;

/** Resolved: words become numbers here, so that what is sent is what is shown. */
export function resolveTarget({ target, version }: WantedSubject): AcmeSubject | Refused {
  if (target === undefined) return refused('target is missing: Acme needs one to start a batch.');
  if (version?.kind !== 'number') return refused('version: Acme needs a number.');
  return toSubject({ agent: target.id, version: version.number });
}

/** The subject of a batch, as its own answer names it. */
export function resolveTested({ id: batchId, tested }: Batch): AcmeSubject | Refused {
  const { agent, version } = parseAs(testedSchema, tested ?? {});
  return agent === undefined || version === undefined
    ? refused(`Acme does not say which version batch ${batchId} tested: start it with a version.`)
    : toSubject({ agent, version });
}

const toSubject = (request: AcmeRequest): AcmeSubject => ({
  title: `agent ${request.agent} version ${request.version}`,
  key: `${request.agent} ${request.version}`,
  claims: testedClaims({ agent_id: request.agent, version: request.version }),
  request,
});

/** Every answer is heard: the one to the start, each look at the batch, and each run that says what it tested. */
export const testedClaims = (said: Partial<Record<keyof typeof saidFields, unknown>>): Claims =>
  claimsOf({ agent: formatClaim('agent', said.agent_id), version: formatClaim('version', said.version) });
