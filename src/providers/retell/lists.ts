import { cursorListsOf } from '../cursor-lists.ts';

/** Reads one of Retell's lists to its end, 1,000 items at once. Throws a `ProviderError` if it does not end. */
export const readList = cursorListsOf({
  next: 'pagination_key',
  query: { size: 'limit', cursor: 'pagination_key' },
  sizes: [1_000, 250, 60, 15],
});
