import { expect, test } from 'vitest';
import { costText } from '../../src/report/run-text.ts';

test.each([
  [{ runs: 3, credits: { sum: 1_640, runs: 3 } }, '1,640 credits'],
  [
    { runs: 3, credits: { sum: 164, runs: 3 }, llmUsd: { sum: 0.005, runs: 3 } },
    '164 credits, $0.005 for the language model',
  ],
  [
    { runs: 1, credits: { sum: 0, runs: 1 }, llmUsd: { sum: 0.000_03, runs: 1 } },
    '0 credits, $0.00003 for the language model',
  ],
  [
    { runs: 5, credits: { sum: 12.5, runs: 4 }, llmUsd: { sum: 2, runs: 3 } },
    'at least 12.5 credits, at least $2 for the language model: the cost of 2 of 5 runs is unknown',
  ],
])('the cost %j is "%s"', (cost, text) => {
  expect(costText(cost)).toBe(text);
});
