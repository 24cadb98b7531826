import * as z from 'zod/mini';
import type { Deadline } from '../clock.ts';
import { ProviderError } from '../errors.ts';
import { AnswerTooLarge, MalformedAnswer } from '../http/failure.ts';
import type { AboutAnswer, Http } from '../http/json-client.ts';
import { readAs } from './fields.ts';
import { type Page, readPages } from './paging.ts';

/** The most that one of Retell's lists gives at once. */
const PAGE_SIZE = 1_000;
/** Pages that are too large are asked for in quarters: each try costs a whole answer. */
const PAGE_SIZES = [PAGE_SIZE, 250, 60, 15];

/** One of Retell's lists with `has_more` and `pagination_key`. */
export interface RetellList<Body, Item> {
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** What is listed, for messages: "runs" of "batch b1". */
  readonly items: string;
  readonly of: string;
  /** How many there are, if that is known. */
  readonly total?: number | undefined;
  readonly schema: z.ZodMiniType<Body>;
  readonly toItems: (bodies: readonly Body[], about: AboutAnswer) => readonly Item[];
  readonly advice?: ((status: number) => string) | undefined;
}

/** Reads a list to its end. Throws a `ProviderError` if it has none. */
export async function readList<Body, Item>(
  http: Http,
  list: RetellList<Body, Item>,
  deadline: Deadline,
): Promise<Item[]> {
  const pageSchema = z.object({
    items: z.array(list.schema),
    has_more: z.optional(z.nullable(z.boolean())),
    pagination_key: z.optional(z.nullable(z.string())),
  });
  const toPage = (json: unknown, about: AboutAnswer): Page<Item, string> => {
    const { items, has_more, pagination_key: next } = readAs(pageSchema, json);
    if (has_more === true && (typeof next !== 'string' || next === '')) {
      throw new MalformedAnswer(
        `announced more ${list.items} ("has_more") without a "pagination_key" to read them by.`,
        { isJson: true },
      );
    }
    return { items: list.toItems(items, about), next: has_more === true ? (next ?? undefined) : undefined };
  };

  let sizes = PAGE_SIZES;
  const readPage = async (key: string | undefined): Promise<Page<Item, string>> => {
    const query: Record<string, string> = { ...list.query, limit: String(sizes[0]) };
    if (key !== undefined) query['pagination_key'] = key;
    try {
      const { path, advice } = list;
      return await http.getJson({ path, query, size: 'large', read: toPage, advice }, deadline);
    } catch (error) {
      const isTooLarge = error instanceof ProviderError && error.cause instanceof AnswerTooLarge;
      if (!isTooLarge || sizes.length === 1) throw error;
      sizes = sizes.slice(1);
      return readPage(key);
    }
  };
  return readPages({ items: list.items, of: list.of, total: list.total, read: readPage });
}
