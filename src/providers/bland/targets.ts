import * as z from 'zod/mini';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { createApi } from '../api.ts';
import { createAdvice, id, parseIsoTime } from '../fields.ts';
import { readPages } from '../paging.ts';
import type { AvailableTarget } from '../provider.ts';
import { unwrapEnvelope } from './responses.ts';
import { ACCESS_ADVICE } from './start.ts';

/** `GET personas` gives at most so many at once. */
const PAGE_SIZES = [100] as const;

const listSchema = z.array(z.object({ id, name: lenient(z.string()), updated_at: lenient(z.string()) }));

const CHECK = 'Check api-key: it may not list pathways or personas.';
const advice = createAdvice({ ...ACCESS_ADVICE, 403: CHECK, others: CHECK });

const toTargets =
  (kind: string) =>
  (items: z.infer<typeof listSchema>): AvailableTarget[] =>
    items.map(({ id: targetId, name, updated_at }) => ({
      kind,
      id: targetId,
      name: name ?? targetId,
      editedAt: parseIsoTime(updated_at),
    }));

/** Bland's pathways (one list without pages) and personas. */
export async function listBlandTargets(http: HttpClient, deadline: Deadline): Promise<AvailableTarget[]> {
  const unwrap = (json: unknown): unknown => unwrapEnvelope(json, CHECK);
  const api = createApi(http, { basePath: ['v1'], advice, unwrap });
  const pathways = await api.get(
    { path: ['pathway'], schema: listSchema, toValue: toTargets('pathway') },
    deadline,
  );
  const personas = await readPages<AvailableTarget, number>({
    itemNoun: 'personas',
    of: 'the organisation',
    total: undefined,
    sizes: PAGE_SIZES,
    async read(page = 1, size) {
      const query = { page: String(page), limit: String(size) };
      const items = await api.get(
        { path: ['personas'], query, schema: listSchema, toValue: toTargets('persona') },
        deadline,
      );
      return { items, next: items.length < size ? undefined : page + 1 };
    },
  });
  return [...pathways, ...personas];
}
