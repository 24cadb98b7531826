import * as z from 'zod/mini';
import { idKey } from '../../domain/evidence.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { createApi } from '../api.ts';
import { createAdvice, id, parseIsoTime } from '../fields.ts';
import type { AvailableTarget } from '../provider.ts';
import { ACCESS_ADVICE } from './start.ts';

/** `GET assistant` and `GET squad` have no pages: this is the most that they give. */
const MOST = 1_000;

const KINDS: readonly string[] = ['assistant', 'squad'];

const listSchema = z.array(z.object({ id, name: lenient(z.string()), updatedAt: lenient(z.string()) }));

const CHECK = 'Check api-key: it may not list assistants or squads.';
const advice = createAdvice({ ...ACCESS_ADVICE, 403: CHECK, others: CHECK });

/** Vapi's assistants and squads. */
export async function listVapiTargets(http: HttpClient, deadline: Deadline): Promise<AvailableTarget[]> {
  const api = createApi(http, { basePath: [], advice });
  const list = (kind: string): Promise<AvailableTarget[]> =>
    api.get(
      {
        path: [kind],
        query: { limit: String(MOST) },
        schema: listSchema,
        toValue: (items) =>
          items.map((item) => ({
            kind,
            id: item.id,
            name: item.name ?? item.id,
            editedAt: parseIsoTime(item.updatedAt),
          })),
      },
      deadline,
    );
  const found: AvailableTarget[] = [];
  for (const kind of KINDS) found.push(...(await list(kind)));
  return found;
}

/** True if a list that is whole has no such assistant or squad. */
export function lacksVapiTarget(
  targets: readonly AvailableTarget[],
  { kind, id: targetId }: Pick<AvailableTarget, 'kind' | 'id'>,
): boolean {
  if (!KINDS.includes(kind)) return false;
  const listed = targets.filter((target) => target.kind === kind);
  return listed.length < MOST && !listed.some((target) => idKey(target.id) === idKey(targetId));
}
