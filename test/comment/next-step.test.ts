import { expect, test } from 'vitest';
import { normalize } from '../../src/comment/codec.ts';
import { type NextStep, nextStep, type Written } from '../../src/comment/next-step.ts';
import type { FoundComment } from '../../src/comment/own-comments.ts';
import type { OwnSection } from '../../src/comment/state.ts';
import type { State } from '../../src/domain/verdict.ts';
import { NAME, stateOf, tallyFor, writerOf } from './gate-comment.ts';

const AUTHOR = { login: 'github-actions[bot]', type: 'Bot' };

function section(job: string, state: State): OwnSection {
  return { state, tally: tallyFor(state), label: job, render: () => `${job} ${state}.` };
}

const foundComment = (body: string): FoundComment => ({
  id: 1,
  body: normalize(body),
  state: stateOf(body),
  author: AUTHOR,
});

/** The next step of a job that finds this text, after this last write of its own. */
function stepOf(job: string, found: string, written?: Written, state: State = 'failed'): NextStep {
  return nextStep({
    found: found === '' ? [] : [foundComment(found)],
    ...{ written, own: section(job, state), writer: writerOf(job) },
    ...{ create: true, mayAppearLater: false },
  });
}

function write(job: string, found = ''): Written {
  const next = stepOf(job, found);
  if (next.step !== 'write') throw new Error(`${NAME} is not written: ${next.step}`);
  return next.written;
}

test('what stands alone as it was written is done at the first look', () => {
  const own = write('a');
  expect(stepOf('a', own.body, own)).toMatchObject({ step: 'done' });
});

test('a section counts as written only after a second look, where another job has written meanwhile', () => {
  const own = write('a');
  // One that read before us may still be about to write the comment without our section.
  const { body: shared } = write('b', own.body);
  const first = stepOf('a', shared, own);
  expect(first).toMatchObject({ step: 'look again', written: { ...own, isConfirmed: true } });
  if (first.step !== 'look again') return;
  expect(stepOf('a', shared, first.written)).toMatchObject({ step: 'done', primary: { id: 1 } });
});

test('a section that is gone at the second look is written again, and looked after from the beginning', () => {
  const own = write('a');
  const { body: overwritten } = write('b');
  const again = stepOf('a', overwritten, { ...own, isConfirmed: true });
  expect(again).toMatchObject({ step: 'write', into: { id: 1 }, written: { isConfirmed: false } });
});
