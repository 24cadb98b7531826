import { cursorListsOf } from '../cursor-lists.ts';

/** Reads one of ElevenLabs' lists to its end, 100 items at once. Throws a `ProviderError` if it does not end. */
export const readList = cursorListsOf({
  next: 'next_cursor',
  query: { size: 'page_size', cursor: 'cursor' },
  sizes: [100, 25, 5],
});
