import { expect, test } from 'vitest';
import { formatMoment } from '../../src/text/format.ts';

test.each([
  [Date.UTC(2026, 8, 14, 8), '2026-09-14 08:00:00 UTC'],
  [-1e20, '-100000000000000000000 ms since 1970'],
  [1.7e308, '1.7e+308 ms since 1970'],
  [8.64e15, '8640000000000000 ms since 1970'],
])('a moment of %d is told, whatever a provider says', (epochMs, words) => {
  expect(formatMoment(epochMs)).toBe(words);
});
