import * as z from 'zod/mini';
import { InvalidResponse } from '../http/failure.ts';
import type { ResponseInfo } from '../http/json-client.ts';
import type { Deadline } from '../runtime/clock.ts';
import type { Api } from './api.ts';
import { type List, type Listed, type Page, readPages } from './paging.ts';

/** Names of the fields of a provider's lists with `has_more`. */
export interface CursorForm {
  /** The field with the cursor of the next page. */
  readonly next: string;
  /** The parameters of the query: how many items at most, and from which cursor on. */
  readonly query: { readonly size: string; readonly cursor: string };
  /** Numbers of items asked for at once, the largest first. */
  readonly sizes: readonly [number, ...number[]];
}

/** One list with `has_more` and a cursor. */
export interface CursorList<Body, Item> extends List<Body, Item> {
  readonly path: readonly string[];
  /** The field that holds the list. Default `items`. */
  readonly field?: string | undefined;
}

/** Creates a reader of lists in this form. It throws a `ProviderError` if a list has no end. */
export function cursorListsOf({ next, query: names, sizes }: CursorForm) {
  const endSchema = z.object({ has_more: z.nullish(z.boolean()), [next]: z.nullish(z.string()) });
  return async <Body, Item>(
    api: Api,
    list: CursorList<Body, Item>,
    deadline: Deadline,
  ): Promise<Listed<Item>> => {
    const { field = 'items', path, query, itemNoun, of, total, schema } = list;
    const pageSchema = z.intersection(z.object({ [field]: z.array(schema) }), endSchema);
    let date: number | undefined;
    const toPage = (page: Record<string, unknown>, about: ResponseInfo): Page<Item, string> => {
      date = about.date;
      const cursor = page[next] as string | null | undefined;
      const bodies = (page[field] ?? []) as readonly Body[];
      // Where nothing says that there is more, a cursor says it, until a page is empty.
      const hasMore =
        (page['has_more'] as boolean | null | undefined) ?? (Boolean(cursor) && bodies.length > 0);
      if (hasMore && !cursor) {
        throw new InvalidResponse(
          `announced more ${itemNoun} ("has_more") without a "${next}" to read them by.`,
        );
      }
      return { items: bodies.map(list.toItem), next: hasMore ? (cursor ?? undefined) : undefined };
    };
    const read = (cursor: string | undefined, size: number): Promise<Page<Item, string>> => {
      const from = cursor === undefined ? {} : { [names.cursor]: cursor };
      const asked = { ...query, [names.size]: String(size), ...from };
      return api.get(
        { path, query: asked, schema: pageSchema as z.ZodMiniType<Record<string, unknown>>, toValue: toPage },
        deadline,
      );
    };
    return { items: await readPages({ itemNoun, of, total, sizes, read }), date };
  };
}
