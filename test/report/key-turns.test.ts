import { expect, test } from 'vitest';
import type { Turn } from '../../src/domain/run.ts';
import { excerptOf } from '../../src/report/key-turns.ts';
import { run } from '../builders.ts';

const says = (text: string, speaker: 'agent' | 'caller' = 'agent'): Turn => ({
  kind: 'speech',
  speaker,
  text,
});
const calls = (tool: string): Turn => ({ kind: 'tool-call', tool, input: '{}' });
const answers = (output: string, succeeded = true): Turn => ({ kind: 'tool-result', output, succeeded });

const excerpt = (turns: readonly Turn[], explanation?: string) =>
  excerptOf(run('failed', 'r', { turns, explanation }));

test('an excerpt is the turns that the reason quotes, each with what it answers', () => {
  const turns = [
    says('Hello.'),
    says('How much?', 'caller'),
    says('It is $5.'),
    says('Bye.'),
    says('Bye.', 'caller'),
  ];
  const found = excerpt(turns, 'It said "it is $5".');
  expect(found.turns).toEqual([turns[1], turns[2]]);
  expect(found.excerpt).toEqual({
    turns: [
      { turn: turns[1], tool: undefined, isAfterGap: false },
      { turn: turns[2], tool: undefined, isAfterGap: false },
    ],
    quotations: ['it is $5'],
  });
});

test('an excerpt without a quotation is the tool that failed: its call, its answer and what is said then', () => {
  const turns = [
    calls('look'),
    calls('book'),
    answers('[9:00]'),
    says('Wait.'),
    answers('taken', false),
    says('Booked!'),
  ];
  const found = excerpt(turns, 'It booked a slot that is taken.');
  expect(found.turns).toEqual([turns[1], turns[4], turns[5]]);
  // The call is in the files; the line of the answer names the tool.
  expect(found.excerpt.turns).toEqual([
    { turn: turns[4], tool: 'book', isAfterGap: true },
    { turn: turns[5], tool: undefined, isAfterGap: false },
  ]);
});

test('an excerpt that nothing ties to the reason is the last three turns', () => {
  const turns = Array.from({ length: 60 }, (_, index) => says(`Turn ${index}.`));
  expect(excerpt(turns, 'It was rude.').turns).toEqual(turns.slice(-3));
});

test('an excerpt has at most twelve turns, however much the reason quotes', () => {
  const turns = Array.from({ length: 60 }, (_, index) => says(`This is turn ${index}.`));
  const all = turns.map((turn) => (turn.kind === 'speech' ? `"${turn.text}"` : '')).join(', ');
  expect(excerpt(turns, `It said ${all}`).turns.length).toBeLessThanOrEqual(12);
});

test('an excerpt of an excerpt is the same', () => {
  const turns = [
    says('Hello.'),
    calls('book'),
    says('One moment.'),
    answers('taken', false),
    says('Booked!'),
    says('Bye.'),
  ];
  const once = excerpt(turns);
  expect(excerpt(once.turns).turns).toEqual(once.turns);
});
