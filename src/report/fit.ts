/** The most that a rendering may take: GitHub counts a comment in characters and a summary in UTF-8 bytes. */
export interface Limit {
  readonly max: number;
  readonly unit: 'bytes' | 'characters';
}

const SEPARATOR = '\n\n';

/**
 * Joins blocks of Markdown with empty lines; `undefined` when they are over the limit. Stops at the block that is too
 * much, so that blocks made on demand cost no more than what fits.
 */
export function joinWithin(blocks: Iterable<string>, { max, unit }: Limit): string | undefined {
  const taken: string[] = [];
  let size = 0;
  for (const block of blocks) {
    // UTF-16 units are never fewer than characters, whichever way GitHub counts those.
    size += (unit === 'bytes' ? Buffer.byteLength(block) : block.length) + SEPARATOR.length;
    if (size - SEPARATOR.length > max) return undefined;
    taken.push(block);
  }
  return taken.join(SEPARATOR);
}

/**
 * The largest number from 0 to `max` for which `attempt` has a result, and that result; `undefined` if 0 has none.
 * Numbers that are far too large are never tried: whatever fits 2n fits n, so the search doubles and then halves.
 */
export function largest<T>(
  max: number,
  attempt: (count: number) => T | undefined,
): { readonly count: number; readonly result: T } | undefined {
  const none = attempt(0);
  if (none === undefined) return undefined;
  let best = { count: 0, result: none };
  let tooMany = max + 1;
  while (tooMany - best.count > 1) {
    const half = Math.floor((best.count + tooMany) / 2);
    const count = Math.min(half, best.count * 2 + 1);
    const result = attempt(count);
    if (result === undefined) tooMany = count;
    else best = { count, result };
  }
  return best;
}
