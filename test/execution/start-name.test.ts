import { expect, test } from 'vitest';
import { createStartNames } from '../../src/execution/start-name.ts';

test.each([
  [
    { repository: 'octo-org/voice-agents', pullRequest: 12, commit: 'abc1234def' },
    'octo-org/voice-agents#12 @ abc1234, round 2 · 7f3a9c21',
  ],
  [{ repository: 'octo-org/voice-agents' }, 'octo-org/voice-agents, round 2 · 7f3a9c21'],
  [{}, 'agent-test-gate, round 2 · 7f3a9c21'],
])('a batch of %j is called by what is known of it', (origin, text) => {
  const name = createStartNames({ ...origin, random: () => 0x7f3a9c21 / 2 ** 32 })(2);
  expect(name).toEqual({ text, mark: '7f3a9c21' });
});

test('each batch has a mark of its own, of eight digits', () => {
  const nameOf = createStartNames({ random: Math.random });
  const marks = Array.from({ length: 100 }, () => nameOf(1).mark);
  expect(new Set(marks).size).toBe(100);
  expect(marks.every((mark) => /^[0-9a-f]{8}$/.test(mark))).toBe(true);
  expect(createStartNames({ random: () => 0 })(1).mark).toBe('00000000');
});
