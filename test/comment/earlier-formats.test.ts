import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { gatesOfJob, parseComment } from '../../src/comment/codec.ts';
import { recordIn } from '../../src/comment/kept-records.ts';
import { isSupersededBy, type Merge, mergeSection } from '../../src/comment/merge.ts';
import { decodeRecord } from '../../src/comment/record.ts';
import type { OwnSection } from '../../src/comment/state.ts';
import type { WorkflowRun } from '../../src/github/context.ts';
import { tallyOf } from '../builders.ts';
import { NAME, OLDER, RUN, sectionsIn, stateOf, writerOf } from './gate-comment.ts';

const LATER = { ...RUN, id: 9200, number: 14 };
const COMMIT = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567';

/** What version 2.0.0 wrote: `sales` (job `a`), then `support` (job `b`) too, then the next workflow run of `b`. */
const saved = (name: 'one-job' | 'two-jobs' | 'next-run'): string =>
  readFileSync(new URL(`../fixtures/comment__second-edition__${name}.md`, import.meta.url), 'utf8');

const merge = (body: string, job: string, run: WorkflowRun): Merge =>
  mergeSection({
    existing: [stateOf(body)],
    own: {
      state: 'passed',
      tally: tallyOf({ passed: 3 }),
      label: job,
      render: () => 'All.',
    } satisfies OwnSection,
    writer: writerOf(job, run),
  });
const sections = (merged: Merge) => {
  if (merged.action !== 'write') return merged.why;
  return sectionsIn(merged.body).map(({ label, run }) => `${label} ${run.number}.${run.attempt}`);
};

test('a comment of the second edition is read whole', () => {
  const record = expect.stringMatching(/^[A-Za-z0-9+/=]+$/);
  const run = { workflow: 'b7326c8537f3993d', id: 9001, number: 12, attempt: 1 };
  expect(parseComment(saved('two-jobs'), NAME)).toMatchObject({
    format: 'known',
    sections: [
      {
        ...{
          key: 'ca978112ca1bbdca',
          run,
          mark: '',
          state: 'failed',
          label: 'sales',
          commit: COMMIT,
          record,
        },
        tally: tallyOf({ failed: 1, passed: 9 }),
        markdown: 'Why.\n\n### ❌ A case\n\nEvidence.',
        facts: { result: '1 of 10 failed, new', next: 'fix the failure.', hint: 'Or the judge is wrong.' },
        isCollapsed: false,
      },
      { key: '3e23e8160039594a', run, state: 'passed', label: 'support', markdown: 'All.', record },
    ],
    orphanedRecords: [],
  });
  expect(parseComment(saved('one-job'), NAME)).toMatchObject({
    sections: [{ label: 'sales', closing: '---\n\n**Next:** fix it.\n\n<sub>Batch `b1`</sub>' }],
  });
  expect(parseComment(saved('two-jobs'), 'Agent tests (Bland)')).toBeUndefined();
});

test('another job of the same run joins it, and it is written in the new format', () => {
  const merged = merge(saved('two-jobs'), 'c', RUN);
  expect(sections(merged)).toEqual(['c 12.1', 'sales 12.1', 'support 12.1']);
  expect(merged.action === 'write' && merged.body).toMatch(
    /^## ❌ .*sales failed[\s\S]*### ❌ A case[\s\S]*-section \S+ \S+ -->$/,
  );
});

test('a new attempt replaces its own section of it, a newer run all, and an older run none', () => {
  expect(sections(merge(saved('two-jobs'), 'a', { ...RUN, attempt: 2 }))).toEqual(['a 12.2', 'support 12.1']);
  expect(sections(merge(saved('two-jobs'), 'a', LATER))).toEqual(['a 14.1']);
  expect(sections(merge(saved('two-jobs'), 'a', OLDER))).toBe('newer-run');
});

test('what it remembers goes on: of sections, and of jobs that had none any more', () => {
  const commits = (body: string, job: string) => {
    const record = recordIn([stateOf(body)], writerOf(job, LATER));
    return record === undefined ? undefined : decodeRecord(record)?.pushes.map(({ commit }) => commit);
  };
  expect(commits(saved('two-jobs'), 'a')).toEqual(['c1']);
  expect(commits(saved('next-run'), 'a')).toEqual(['c1']);
  const merged = merge(saved('next-run'), 'c', LATER);
  expect(merged.action === 'write' && commits(merged.body, 'a')).toEqual(['c1']);
});

test('a step that does not know its name finds it', () => {
  expect(gatesOfJob([saved('two-jobs')], 'a', RUN.workflow)).toEqual([NAME]);
  expect(gatesOfJob([saved('two-jobs')], 'c', RUN.workflow)).toEqual([]);
});

test('beside one of the new format it goes once its sections are there', () => {
  const context = { writer: writerOf('c') };
  const merged = merge(saved('two-jobs'), 'c', RUN);
  const primary = stateOf(merged.action === 'write' ? merged.body : '');
  expect(isSupersededBy(stateOf(saved('two-jobs')), primary, context)).toBe(true);
  expect(isSupersededBy(stateOf(saved('next-run')), primary, context)).toBe(false);
});

test('a comment of the first edition is ours and is replaced, unless a newer run wrote it', () => {
  const first = saved('two-jobs').replace('"version":2', '"version":1');
  expect(sections(merge(first, 'c', RUN))).toEqual(['c 12.1']);
  expect(sections(merge(first, 'c', OLDER))).toBe('newer-run');
});
