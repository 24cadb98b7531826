import * as z from 'zod/mini';
import type { Deadline } from '../clock.ts';
import { MalformedAnswer } from '../http/failure.ts';
import type { AboutAnswer, Http } from '../http/json-client.ts';
import { readAs } from './fields.ts';
import { type Page, readPages } from './paging.ts';

/** How a provider's lists with `has_more` call the rest. */
export interface CursorForm {
  /** The field with the cursor of the next page. */
  readonly next: string;
  /** The parameters of the query: how many items at most, and from which cursor on. */
  readonly query: { readonly size: string; readonly cursor: string };
  /** How many items are asked for at once, the largest first. */
  readonly sizes: readonly [number, ...number[]];
}

/** One list with `has_more` and a cursor. */
export interface CursorList<Body, Item> {
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** The field that holds the list. Default `items`. */
  readonly field?: string | undefined;
  /** What is listed, for messages: "runs" of "batch b1". */
  readonly items: string;
  readonly of: string;
  /** How many there are, if that is known. */
  readonly total?: number | undefined;
  readonly schema: z.ZodMiniType<Body>;
  readonly toItems: (bodies: readonly Body[], about: AboutAnswer) => readonly Item[];
  readonly advice?: ((status: number) => string) | undefined;
}

/** Reads a provider's list to its end. Throws a `ProviderError` if it has none. */
export type ReadCursorList = <Body, Item>(
  http: Http,
  list: CursorList<Body, Item>,
  deadline: Deadline,
) => Promise<Item[]>;

/** What reads the lists of a provider that writes them in this form. */
export function cursorListsOf({ next, query: names, sizes }: CursorForm): ReadCursorList {
  return async <Body, Item>(
    http: Http,
    { field = 'items', path, query, items, of, total, schema, toItems, advice }: CursorList<Body, Item>,
    deadline: Deadline,
  ): Promise<Item[]> => {
    const pageSchema = z.object({ has_more: z.optional(z.nullable(z.boolean())) });
    const listSchema = z.object({ [field]: z.array(schema) });
    const cursorSchema = z.object({ [next]: z.optional(z.nullable(z.string())) });
    const toPage = (json: unknown, about: AboutAnswer): Page<Item, string> => {
      const bodies = readAs(listSchema, json)[field] ?? [];
      const { has_more } = readAs(pageSchema, json);
      const cursor = readAs(cursorSchema, json)[next];
      if (has_more === true && !cursor) {
        throw new MalformedAnswer(
          `announced more ${items} ("has_more") without a "${next}" to read them by.`,
          { isJson: true },
        );
      }
      return { items: toItems(bodies, about), next: has_more === true ? (cursor ?? undefined) : undefined };
    };
    const read = (cursor: string | undefined, size: number): Promise<Page<Item, string>> => {
      const asked = { ...query, [names.size]: String(size) };
      const from = cursor === undefined ? {} : { [names.cursor]: cursor };
      return http.getJson(
        { path, query: { ...asked, ...from }, size: 'large', read: toPage, advice },
        deadline,
      );
    };
    return readPages({ items, of, total, sizes, read });
  };
}
