import * as z from 'zod/mini';
import type { Deadline } from '../clock.ts';
import type { AboutAnswer, Http } from '../http/json-client.ts';
import { lenient } from '../json.ts';
import { readAs, readCounter } from './fields.ts';
import { type Page, readPages } from './paging.ts';

/** The default of the API; nobody documents the most. */
const PAGE_SIZE = 100;

/** Vapi's ids are UUIDs, in which capitals mean nothing. */
export const vapiIdKey = (id: string): string => id.toLowerCase();

/** What to do about a refusal, by its HTTP status; 422 is read like 404. */
export const adviceWith =
  (own: { readonly 403: string; readonly 404: string; readonly others: string }) =>
  (status: number): string => {
    switch (status) {
      case 401:
        return 'Check api-key: Vapi does not accept it. It must be a private key of the organisation, not a public one.';
      case 402:
        return "Check the Vapi organisation's wallet, subscription and payment method.";
      case 403:
        return own[403];
      case 404:
      case 422:
        return own[404];
      default:
        return own.others;
    }
  };

/** The SDK types some lists as bare arrays and others as `{results, metadata}`: each is read in both forms. */
const listSchema = z.union([
  z.array(z.unknown()),
  z.object({
    results: z.array(z.unknown()),
    metadata: lenient(z.object({ totalItems: z.optional(z.unknown()) })),
  }),
]);

/** One of Vapi's lists with `page` and `limit`. */
export interface VapiList<Body> {
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** What is listed, for messages: "items" of "simulation run 811c…". */
  readonly items: string;
  readonly of: string;
  /** How many there are, if that is known. */
  readonly total?: number | undefined;
  readonly schema: z.ZodMiniType<Body>;
  readonly advice?: ((status: number) => string) | undefined;
}

/** A list that was read to its end. */
export interface VapiListed<Body> {
  readonly items: readonly Body[];
  /** How many the list itself announces. */
  readonly total: number | undefined;
  /** What in the list cannot be believed, each as a clause. */
  readonly doubts: readonly string[];
  /** Of the last page's answer. */
  readonly about: AboutAnswer | undefined;
}

/**
 * Reads a list to its end. A page that brings nothing new is the end, since nobody documents how a page is known to be
 * the last. Throws a `ProviderError` if there is none.
 */
export async function readVapiList<Body extends { readonly id: string }>(
  http: Http,
  list: VapiList<Body>,
  deadline: Deadline,
): Promise<VapiListed<Body>> {
  const { path, items: kind, of, advice } = list;
  const bodies = z.array(list.schema);
  const seen = new Set<string>();
  const doubts = new Set<string>();
  let total: number | undefined;
  let last: AboutAnswer | undefined;
  const toPage = (json: unknown, about: AboutAnswer): readonly Body[] => {
    const page = readAs(listSchema, json);
    const announced = readCounter(Array.isArray(page) ? undefined : page.metadata?.totalItems);
    if (!announced.isUsable) doubts.add(`"totalItems" of the list of ${kind} is not a number of ${kind}`);
    if (announced.count !== undefined) total = Math.max(total ?? 0, announced.count);
    last = about;
    return readAs(bodies, Array.isArray(page) ? page : page.results);
  };
  const read = async (number = 1): Promise<Page<Body, number>> => {
    // The order must not change between two pages.
    const order = { sortBy: 'createdAt', sortOrder: 'ASC' };
    const query = { ...list.query, page: String(number), limit: String(PAGE_SIZE), ...order };
    const items = await http.getJson({ path, query, size: 'large', read: toPage, advice }, deadline);
    const before = seen.size;
    for (const item of items) seen.add(vapiIdKey(item.id));
    const expected = Math.max(list.total ?? 0, total ?? 0);
    const isAll = expected > 0 && seen.size >= expected;
    return { items, next: isAll || seen.size === before ? undefined : number + 1 };
  };
  const items = await readPages({ items: kind, of, total: list.total, read });
  if (total !== undefined && total !== seen.size) {
    doubts.add(`the list of ${kind} announces ${total} and gives ${seen.size}`);
  }
  return { items, total, doubts: [...doubts], about: last };
}
