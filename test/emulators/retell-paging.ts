import { Refusal, type SeenRequest, wholeNumber } from './server.ts';
import type { WrongPages } from './timeline.ts';

export interface Page {
  readonly items: readonly unknown[];
  readonly has_more: boolean;
  readonly pagination_key?: string;
}

/** Where a page begins and how long it may be, as a request asks for it. */
export interface PageRequest {
  readonly offset: number;
  readonly limit: number;
}

/**
 * Reads `limit` (default 50, at most 1000) and `pagination_key`, which must be a key of this list. No page is longer
 * than `longest`.
 */
export function pageRequest(request: SeenRequest, list: string, longest = 1000): PageRequest {
  const limit = Math.min(longest, wholeNumber(request, 'limit', { min: 1, max: 1000, fallback: 50 }));
  const key = request.query['pagination_key'];
  return { limit, offset: key === undefined ? 0 : offsetOf(key, list) };
}

/** One page of a list; wrong on purpose if `wrong` says so. */
export function pageOf(
  items: readonly unknown[],
  list: string,
  { offset, limit }: PageRequest,
  wrong?: WrongPages,
): Page {
  const start = wrong === 'endless' && items.length > 0 ? offset % items.length : offset;
  const next = offset + limit;
  const slice = items.slice(start, start + limit);
  switch (wrong) {
    case 'endless':
      return { items: slice, has_more: true, pagination_key: keyOf(list, next) };
    case 'same-key':
      return { items: slice, has_more: true, pagination_key: keyOf(list, limit) };
    case 'no-key':
      return { items: slice, has_more: true };
    case undefined:
      return next < items.length
        ? { items: slice, has_more: true, pagination_key: keyOf(list, next) }
        : { items: slice, has_more: false };
  }
}

/** Nobody documents the form of a key, so this one breaks in the hands of a client that does not encode it. */
const keyOf = (list: string, offset: number): string =>
  `+/${Buffer.from(`${offset} ${list}`).toString('base64')}&=`;

function offsetOf(key: string, list: string): number {
  const [, offset] = /^(\d+) /.exec(Buffer.from(key.slice(2, -2), 'base64').toString()) ?? [];
  if (offset === undefined || key !== keyOf(list, Number(offset))) {
    throw new Refusal(400, ['pagination_key is not a key of this list.']);
  }
  return Number(offset);
}
