import { expect, test } from 'vitest';
import { readPages } from '../../src/providers/paging.ts';

/** A list of `size` items in pages of `page`, or without an end. */
async function read(size: number, { page, total }: { page: number; total: number | undefined }) {
  const asked: (number | undefined)[] = [];
  const reading = readPages<number, number>({
    itemNoun: 'runs',
    of: 'batch b1',
    total,
    sizes: [page],
    async read(cursor) {
      asked.push(cursor);
      const start = cursor ?? 0;
      const items = Array.from({ length: Math.min(page, size - start) }, (_, index) => start + index);
      return { items, next: start + items.length < size ? start + items.length : undefined };
    },
  });
  const items = await reading.catch((error: Error) => error.message);
  return { asked: asked.length, items: typeof items === 'string' ? items : items.length };
}

const endless = (read: number) =>
  `The list of runs of batch b1 does not end: ${read} runs were read. Run the job again; if it stays so, ask the provider.`;

test('a list that leads back to a page that was read has no end, however many items there may be', async () => {
  let asked = 0;
  const reading = readPages<number, string>({
    itemNoun: 'runs',
    of: 'batch b1',
    total: undefined,
    sizes: [1],
    read: async () => {
      asked += 1;
      return { items: [asked], next: 'the same key' };
    },
  });
  await expect(reading).rejects.toThrow(endless(2));
  expect(asked).toBe(2);
});

test.each<
  [string, number, { page: number; total: number | undefined }, { asked: number; items: number | string }]
>([
  ['one page', 3, { page: 10, total: 3 }, { asked: 1, items: 3 }],
  ['an empty list', 0, { page: 10, total: 3 }, { asked: 1, items: 0 }],
  ['as many pages as there must be', 30, { page: 10, total: 30 }, { asked: 3, items: 30 }],
  ['pages smaller than were asked for', 30, { page: 1, total: 30 }, { asked: 30, items: 30 }],
  ['two pages more than announced', 50, { page: 10, total: 30 }, { asked: 5, items: 50 }],
  ['three pages more than announced', 60, { page: 10, total: 30 }, { asked: 5, items: endless(50) }],
  [
    'a list without an end',
    Number.POSITIVE_INFINITY,
    { page: 10, total: 1 },
    { asked: 3, items: endless(30) },
  ],
  ['a page of nothing that goes on', 10, { page: 0, total: 10 }, { asked: 1, items: endless(0) }],
  ['a batch that announces no total', 5_000, { page: 1_000, total: undefined }, { asked: 5, items: 5_000 }],
  [
    'more announced than is believed, and no end',
    Number.POSITIVE_INFINITY,
    { page: 50_000, total: 1_000_000_000 },
    { asked: 4, items: endless(200_000) },
  ],
  [
    'no total and no end',
    Number.POSITIVE_INFINITY,
    { page: 1_000, total: undefined },
    { asked: 12, items: endless(12_000) },
  ],
])('%s', async (_, size, pages, expected) => {
  expect(await read(size, pages)).toEqual(expected);
});
