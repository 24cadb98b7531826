import * as z from 'zod/mini';
import type { Deadline } from '../../runtime/clock.ts';
import type { Api } from '../api.ts';
import { parseAs, readCounter } from '../fields.ts';
import { type CountedList, type List, type Page, readPages } from '../paging.ts';

/** The most that `GET runs` gives at once, and less for runs that are large. */
const PAGE_SIZES = [100, 25, 5] as const;

/** Reads Bland's list of runs, by what its query says, to its end. Throws a `ProviderError` if it does not end. */
export async function readBlandList<Body, Item>(
  api: Api,
  list: Omit<List<Body, Item>, 'itemNoun'>,
  deadline: Deadline,
): Promise<CountedList<Item>> {
  const { of, total } = list;
  const pageSchema = z.object({ runs: z.array(list.schema), total_count: z.optional(z.unknown()) });
  const inconsistencies = new Set<string>();
  let listed: number | undefined;
  let date: number | undefined;
  const toPage = (json: unknown, about: { date: number | undefined }) => {
    const payload = api.unwrap(json);
    // `data` may be the bare array, with the total beside it.
    const whole = Array.isArray(payload) ? { ...(json as object), runs: payload } : payload;
    const { runs, total_count } = parseAs(pageSchema, whole);
    const { count, isUsable } = readCounter(total_count);
    if (!isUsable) inconsistencies.add('"total_count" of the list of runs is not a number of runs');
    date = about.date;
    return { items: runs.map(list.toItem), total: count };
  };
  const read = async (offset = 0, size: number): Promise<Page<Item, number>> => {
    const query = { ...list.query, limit: String(size), offset: String(offset) };
    const { items, total } = await api.http.getJson(
      { path: [...api.basePath, 'runs'], query, size: 'large', read: toPage, advice: api.advice },
      deadline,
    );
    // Pages that disagree about the total are a doubt as well.
    if (total !== undefined) listed = Math.max(listed ?? 0, total);
    const end = offset + items.length;
    // A page without runs is the end whatever the total says: what is missing then is found missing.
    const goesOn = total === undefined ? items.length >= size : end < total;
    return { items, next: goesOn && items.length > 0 ? end : undefined };
  };
  const items = await readPages({ itemNoun: 'runs', of, total, sizes: PAGE_SIZES, read });
  if (listed !== undefined && listed > items.length) {
    inconsistencies.add(`the list of runs announces ${listed} runs and gives ${items.length}`);
  }
  return { items, total: listed, inconsistencies: [...inconsistencies], date };
}
