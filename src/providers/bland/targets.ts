import * as z from 'zod/mini';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { createAdvice, id, parseAs, parseIsoTime } from '../fields.ts';
import { readPages } from '../paging.ts';
import type { AvailableTarget } from '../provider.ts';
import { unwrapEnvelope } from './responses.ts';
import { ACCESS_ADVICE } from './start.ts';

/** `GET personas` gives at most so many at once. */
const PAGE_SIZES = [100] as const;

const itemSchema = z.object({ id, name: lenient(z.string()), updated_at: lenient(z.string()) });
const listSchema = z.array(itemSchema);

const CHECK = 'Check api-key: it may not list pathways or personas.';
const advice = createAdvice({ ...ACCESS_ADVICE, 403: CHECK, others: CHECK });

const toTarget =
  (kind: string) =>
  ({ id: targetId, name, updated_at }: z.infer<typeof itemSchema>): AvailableTarget => ({
    kind,
    id: targetId,
    name: name ?? targetId,
    editedAt: parseIsoTime(updated_at),
  });

/** Bland's pathways (one list without pages) and personas. */
export async function listBlandTargets(http: HttpClient, deadline: Deadline): Promise<AvailableTarget[]> {
  const read = (json: unknown) => {
    const payload = unwrapEnvelope(json, CHECK);
    return parseAs(listSchema, payload);
  };
  const pathways = await http.getJson({ path: ['v1', 'pathway'], size: 'large', read, advice }, deadline);
  const personas = await readPages<AvailableTarget, number>({
    itemNoun: 'personas',
    of: 'the organisation',
    total: undefined,
    sizes: PAGE_SIZES,
    async read(page = 1, size) {
      const query = { page: String(page), limit: String(size) };
      const items = await http.getJson(
        { path: ['v1', 'personas'], query, size: 'large', read, advice },
        deadline,
      );
      return {
        items: items.map(toTarget('persona')),
        next: items.length < size ? undefined : page + 1,
      };
    },
  });
  return [...pathways.map(toTarget('pathway')), ...personas];
}
