/** Bland's subjects: the production version of a pathway or persona, or one by its number. */
import * as z from 'zod/mini';
import { idKey } from '../../domain/evidence.ts';
import { type Refused, refused } from '../../domain/result.ts';
import type { Target, Version } from '../../domain/target.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { onProviderError } from '../../runtime/errors.ts';
import type { Api } from '../api.ts';
import { claimsOf, formatClaim } from '../fields.ts';
import type { Subject, WantedSubject } from '../starter.ts';

const versionListSchema = z.array(z.object({ version_number: z.number() }));

/** `Subject.request`: fields of the start. Without a number it tests the production version. */
export interface BlandRequest {
  readonly version_number?: number;
}

export type BlandSubject = Subject<BlandRequest>;

/** Refuses a version that the target is known not to have. */
export async function resolveTarget(
  pathways: Api,
  { target, version = { kind: 'production' } }: WantedSubject,
  deadline: Deadline,
): Promise<BlandSubject | Refused> {
  if (version.kind !== 'production' && version.kind !== 'number') {
    return refused('version: Bland has only production and numbers.');
  }
  if (version.kind === 'number' && target?.kind === 'pathway') {
    const known = await readVersions(pathways, target.id, deadline);
    if (known.length > 0 && !known.includes(version.number)) {
      return refused(
        `version: pathway ${target.id} has no version ${version.number}; its latest is ${Math.max(...known)}. Check target and version.`,
      );
    }
  }
  return toSubject(version.kind === 'number' ? version.number : undefined, target);
}

/** The numbers of a pathway's versions; none where Bland does not tell them: it then refuses a wrong number itself. */
async function readVersions(pathways: Api, pathwayId: string, deadline: Deadline): Promise<number[]> {
  const versions = await pathways
    .get(
      { path: [pathwayId, 'versions'], size: 'small', schema: versionListSchema, toValue: (body) => body },
      { ...deadline, noRetries: true },
    )
    .catch(
      onProviderError((error) => {
        if (deadline.signal.aborted) throw error;
        return [];
      }),
    );
  return versions.map(({ version_number }) => version_number);
}

/** The subject of a batch by the input `version`, since the batch does not say it. */
export function resolveTested(version: Version | undefined): BlandSubject | Refused {
  if (version?.kind === 'number') return toSubject(version.number, undefined);
  if (version?.kind === 'production') return toSubject(undefined, undefined);
  return refused('Bland does not say which version a batch tested: set version to what it was started on.');
}

/** No documented field tells the number of the production version. */
export function compareVersions(
  { request: left }: BlandSubject,
  { request: right }: BlandSubject,
): 'same' | 'different' | 'unknown' {
  if (left.version_number === right.version_number) return 'same';
  const isKnown = left.version_number !== undefined && right.version_number !== undefined;
  return isKnown ? 'different' : 'unknown';
}

/** Without a number: the production version. */
function toSubject(number: number | undefined, target: Target | undefined): BlandSubject {
  const words = number === undefined ? 'production version' : `version ${number}`;
  return {
    title: target === undefined ? words : `${target.kind} ${target.id}, ${words}`,
    // Neither batches nor runs say which version they test.
    key: undefined,
    isProvenByLists: number === undefined,
    claims: claimsOf(
      target === undefined ? {} : { [target.kind]: formatClaim(target.kind, idKey(target.id)) },
    ),
    request: number === undefined ? {} : { version_number: number },
  };
}
