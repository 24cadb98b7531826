import * as z from 'zod/mini';
import { idKey } from '../../domain/evidence.ts';
import type { ResponseInfo } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import type { Api } from '../api.ts';
import { parseAs, readCounter } from '../fields.ts';
import { type CountedList, type List, type Page, readPages } from '../paging.ts';

/** The default of the API, since nobody documents the most; and less for items that are large. */
const PAGE_SIZES = [100, 25, 5, 1] as const;

/** The SDK types some lists as bare arrays and others as `{results, metadata}`: each is read in both forms. */
const listSchema = z.union([
  z.array(z.unknown()),
  z.object({
    results: z.array(z.unknown()),
    metadata: lenient(z.object({ totalItems: z.optional(z.unknown()) })),
  }),
]);

/** One of Vapi's lists with `page` and `limit`. */
export interface VapiList<Body, Item> extends List<Body, Item> {
  readonly path: readonly string[];
}

/**
 * Reads a list to its end. A page that brings nothing new is the end, since nobody documents how a page is known to be
 * the last. Throws a `ProviderError` if the list does not end.
 */
export async function readVapiList<Body extends { readonly id: string }, Item>(
  api: Api,
  list: VapiList<Body, Item>,
  deadline: Deadline,
): Promise<CountedList<Item>> {
  const { path, itemNoun, of } = list;
  const bodies = z.array(list.schema);
  const seen = new Set<string>();
  const inconsistencies = new Set<string>();
  let total: number | undefined;
  let date: number | undefined;
  /** The last page that was read. */
  let last = { number: 0, size: 0 };
  const readPage = (page: z.infer<typeof listSchema>, answer: ResponseInfo) => {
    const announced = readCounter(Array.isArray(page) ? undefined : page.metadata?.totalItems);
    if (!announced.isUsable)
      inconsistencies.add(`"totalItems" of the list of ${itemNoun} is not a number of ${itemNoun}`);
    if (announced.count !== undefined) total = Math.max(total ?? 0, announced.count);
    date = answer.date;
    const listed = parseAs(bodies, Array.isArray(page) ? page : page.results);
    // Made here, so that no page is kept in memory.
    return { ids: listed.map(({ id }) => idKey(id)), items: listed.map(list.toItem) };
  };
  const read = async (_: number | undefined, size: number): Promise<Page<Item, number>> => {
    // Smaller pages begin where those before ended, or a little earlier.
    const number = size === last.size ? last.number + 1 : Math.floor(seen.size / size) + 1;
    // The order must not change between two pages.
    const order = { sortBy: 'createdAt', sortOrder: 'ASC' };
    const query = { ...list.query, page: String(number), limit: String(size), ...order };
    const { ids, items } = await api.get({ path, query, schema: listSchema, toValue: readPage }, deadline);
    last = { number, size };
    const before = seen.size;
    for (const itemId of ids) seen.add(itemId);
    const expected = Math.max(list.total ?? 0, total ?? 0);
    const isAll = expected > 0 && seen.size >= expected;
    const isOver = seen.size === before;
    // Only a server that does not know pages gives a full one again, and what it leaves out nobody counts.
    if (isOver && expected === 0 && ids.length === size) {
      inconsistencies.add(`the list of ${itemNoun} gives the same ${size} again and again`);
    }
    return { items, next: isAll || isOver ? undefined : seen.size };
  };
  const items = await readPages({ itemNoun, of, total: list.total, sizes: PAGE_SIZES, read });
  if (total !== undefined && total !== seen.size) {
    inconsistencies.add(`the list of ${itemNoun} announces ${total} and gives ${seen.size}`);
  }
  return { items, total, inconsistencies: [...inconsistencies], date };
}
