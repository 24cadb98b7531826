import type * as z from 'zod/mini';
import { ResponseTooLarge } from '../http/failure.ts';
import { ProviderError } from '../runtime/errors.ts';

/** Most items of a list that does not say how many it has: more than any batch has runs. */
const MOST_ITEMS = 10_000;
/** More than this is not believed, whatever a provider announces: all of it is kept in memory. */
const MOST_ANNOUNCED = 100_000;

/** One list of a provider. */
export interface List<Body, Item> {
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Name of the listed items in messages: "runs" of "batch b1". */
  readonly itemNoun: string;
  readonly of: string;
  /** Number of items, exact or at most, if it is known. */
  readonly total?: number | undefined;
  readonly schema: z.ZodMiniType<Body>;
  /** Makes of a body the item that is kept, so that no page is kept in memory. */
  readonly toItem: (body: Body) => Item;
}

/** A list that was read to its end, with the `Date` header of its last page. */
export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly date: number | undefined;
}

/** The same where the list says how long it is. */
export interface CountedList<Item> extends Listed<Item> {
  /** Number of items that the list announces. */
  readonly total: number | undefined;
  /** Inconsistencies of the list, each as a clause. */
  readonly inconsistencies: readonly string[];
}

/** One page of a list. `next` is where the next page begins; `undefined` on the last one. */
export interface Page<Item, Cursor> {
  readonly items: readonly Item[];
  readonly next: Cursor | undefined;
}

/**
 * Reads a list to its end, page by page: at most as many pages as `total` items need in pages as small as the smallest
 * that came, and two more, no more items than in two pages beyond, and no page twice. `total` is what the provider announced.
 * A page whose answer is too large is asked for again in the next smaller size. Throws `ProviderError` when the list goes on.
 */
export async function readPages<Item, Cursor>({
  itemNoun,
  of,
  total = MOST_ITEMS,
  sizes,
  read,
}: Pick<List<unknown, Item>, 'itemNoun' | 'of' | 'total'> & {
  /** Numbers of items to ask for at once, the largest first. Each try costs a whole answer. */
  sizes: readonly [number, ...number[]];
  /** Reads the page of this size that begins at the cursor; the first page for `undefined`. */
  read: (cursor: Cursor | undefined, size: number) => Promise<Page<Item, Cursor>>;
}): Promise<Item[]> {
  const most = Math.min(total, MOST_ANNOUNCED);
  const items: Item[] = [];
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  let cursor: Cursor | undefined;
  let [size, ...smaller] = sizes;
  const cursors = new Set<Cursor>();
  for (let pages = 1; ; pages += 1) {
    const page = await readFitting();
    for (const item of page.items) items.push(item);
    if (page.next === undefined) return items;
    smallest = Math.min(smallest, page.items.length);
    largest = Math.max(largest, page.items.length);
    const isTooLong = pages >= Math.ceil(most / smallest) + 2 || items.length >= most + 2 * largest;
    if (smallest === 0 || isTooLong || cursors.has(page.next)) {
      throw new ProviderError(
        `The list of ${itemNoun} of ${of} does not end: ${items.length} ${itemNoun} were read. Run the job again; if it stays so, ask the provider.`,
      );
    }
    cursors.add(page.next);
    cursor = page.next;
  }

  async function readFitting(): Promise<Page<Item, Cursor>> {
    for (;;) {
      try {
        return await read(cursor, size);
      } catch (error) {
        const isTooLarge = error instanceof ProviderError && error.cause instanceof ResponseTooLarge;
        const [next, ...rest] = smaller;
        if (!isTooLarge || next === undefined) throw error;
        size = next;
        smaller = rest;
      }
    }
  }
}
