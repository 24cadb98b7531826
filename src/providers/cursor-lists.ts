import * as z from 'zod/mini';
import { InvalidResponse } from '../http/failure.ts';
import type { ResponseInfo } from '../http/json-client.ts';
import type { Deadline } from '../runtime/clock.ts';
import type { Api } from './api.ts';
import { type Page, readPages } from './paging.ts';

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
export interface CursorList<Body> {
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** The field that holds the list. Default `items`. */
  readonly field?: string | undefined;
  /** Name of the listed items in messages: "runs" of "batch b1". */
  readonly items: string;
  readonly of: string;
  /** Number of items, if it is known. */
  readonly total?: number | undefined;
  readonly schema: z.ZodMiniType<Body>;
}

/** A list that was read to its end, with the `Date` header of its last page. */
export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly date: number | undefined;
}

/** Reads a provider's list to its end. Throws a `ProviderError` if it has none. */
export interface ReadCursorList {
  /** `toItem` makes what is kept of a body, so that no page is kept in memory. */
  <Body, Item>(
    api: Api,
    list: CursorList<Body> & { readonly toItem: (body: Body) => Item },
    deadline: Deadline,
  ): Promise<Listed<Item>>;
  <Body>(api: Api, list: CursorList<Body>, deadline: Deadline): Promise<Listed<Body>>;
}

/** Creates the reader of lists that a provider writes in this form. */
export function cursorListsOf({ next, query: names, sizes }: CursorForm): ReadCursorList {
  return async <Body, Item>(
    api: Api,
    {
      field = 'items',
      path,
      query,
      items,
      of,
      total,
      schema,
      toItem,
    }: CursorList<Body> & { readonly toItem?: (body: Body) => Item },
    deadline: Deadline,
  ): Promise<Listed<Item>> => {
    const pageSchema = z.intersection(
      z.object({ [field]: z.array(schema) }),
      z.object({ has_more: z.nullish(z.boolean()), [next]: z.nullish(z.string()) }),
    );
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
          `announced more ${items} ("has_more") without a "${next}" to read them by.`,
          { isJson: true },
        );
      }
      const trim =
        toItem === undefined ? (bodies as readonly unknown[] as readonly Item[]) : bodies.map(toItem);
      return { items: trim, next: hasMore ? (cursor ?? undefined) : undefined };
    };
    const read = (cursor: string | undefined, size: number): Promise<Page<Item, string>> => {
      const from = cursor === undefined ? {} : { [names.cursor]: cursor };
      const asked = { ...query, [names.size]: String(size), ...from };
      return api.get(
        { path, query: asked, schema: pageSchema as z.ZodMiniType<Record<string, unknown>>, to: toPage },
        deadline,
      );
    };
    return { items: await readPages({ items, of, total, sizes, read }), date };
  };
}
