import { expect, test } from 'vitest';
import { finalSection } from '../../src/action/post.ts';
import { toSavedSection } from '../../src/action/section.ts';
import type { SavedComment, SavedStepState } from '../../src/action/step-state.ts';
import type { Section } from '../../src/comment/state.ts';
import type { State, Verdict } from '../../src/domain/verdict.ts';
import { tallyOf } from '../builders.ts';

const tally = tallyOf({ passed: 1 });

const there = (state: State): Section => ({
  ...{ key: '0123456789abcdef', mark: 'm1', run: { workflow: 'w', id: 1, number: 1, attempt: 1 } },
  ...{ label: 'sales', markdown: 'Report.', isCollapsed: false },
  ...{ state, tally },
});

/** What the step remembers: its section's state, and whether that is written. */
const left = (state: Verdict, stage: SavedComment['stage']): SavedComment => ({
  section: toSavedSection(state, { state, tally, label: 'sales', render: () => 'Report.' }),
  stage,
});

test.each<[SavedStepState['end'], State | undefined, SavedComment | undefined, Verdict | undefined, string]>([
  // A signal before the step listened to any: the green report of an older commit does not stay.
  ['not begun', undefined, undefined, undefined, 'cancelled'],
  ['not begun', 'passed', undefined, undefined, 'as it is'],
  ['finished', 'failed', left('errored', 'unwritten'), 'errored', 'errored'],
  ['finished', 'failed', left('errored', 'written'), 'errored', 'as it is'],
  ['killed', 'failed', left('errored', 'unwritten'), undefined, 'as it is'],
  ['killed', 'waiting', left('failed', 'waiting'), undefined, 'failed'],
  ['killed', undefined, left('failed', 'unwritten'), undefined, 'failed'],
  ['killed', 'passed', left('passed', 'written'), undefined, 'cancelled'],
  ['killed', 'waiting', undefined, undefined, 'cancelled'],
  ['finished', 'waiting', left('passed', 'unwritten'), 'passed', 'passed'],
  ['finished', 'passed', left('passed', 'written'), 'passed', 'as it is'],
  ['finished', undefined, left('passed', 'written'), 'passed', 'passed'],
  ['finished', 'waiting', undefined, 'failed', 'failed'],
  ['finished', 'passed', undefined, 'failed', 'failed'],
  ['finished', 'passed', undefined, undefined, 'as it is'],
  ['finished', undefined, undefined, 'failed', 'as it is'],
])('a step that is %s, its section %s there', (end, state, savedComment, verdict, expected) => {
  const section = finalSection(
    { end, verdict, savedComment, batchIds: ['b1'] },
    state === undefined ? undefined : there(state),
  );
  expect(section?.state ?? 'as it is').toBe(expected);
});
