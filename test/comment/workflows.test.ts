import { describe, expect, test } from 'vitest';
import { needsHeadSha } from '../../src/comment/current-sections.ts';
import { recordIn } from '../../src/comment/kept-records.ts';
import { isSupersededBy, mergeSection } from '../../src/comment/merge.ts';
import type { OwnSection, Writer } from '../../src/comment/state.ts';
import type { State } from '../../src/domain/verdict.ts';
import { recordOf, sectionsIn, stateOf, tallyFor, writerOf } from './gate-comment.ts';

const [C1, C2] = ['a'.repeat(40), 'b'.repeat(40)];

/** A run of one of two workflow files that have one job each, with the same id. */
interface Run {
  readonly workflow: 'test' | 'nightly';
  readonly id: number;
  readonly commit: string;
  readonly state?: State;
  readonly number?: number;
  readonly headSha?: string | undefined;
  readonly record?: string | undefined;
}

const writerFor = ({ workflow, id, number = id }: Run): Writer =>
  writerOf('gate', { workflow: `acme/agents/.github/workflows/${workflow}.yml`, id, number, attempt: 1 });

const sectionFor = ({ workflow, id, commit, state = 'passed', record }: Run): OwnSection => ({
  ...{ state, record, label: workflow, render: () => `Report of ${workflow} ${id}.` },
  tally: tallyFor(state),
  facts: {
    ...{ result: state, took: '', providerTitle: 'Retell', footer: [`batch of ${workflow}`] },
    origin: {
      commit,
      repositoryUrl: 'https://github.com/acme/agents',
      runId: id,
      runNumber: 7,
      runAttempt: 1,
    },
  },
});

const mergeRun = (body: string, run: Run) =>
  mergeSection({
    existing: body === '' ? [] : [stateOf(body)],
    own: sectionFor(run),
    writer: writerFor(run),
    headSha: run.headSha,
  });

/** The comment after each of these runs has written in turn; one that leaves it as it is changes nothing. */
const written = (...runs: readonly Run[]): string =>
  runs.reduce((body, run) => {
    const merged = mergeRun(body, run);
    return merged.action === 'write' ? merged.body : body;
  }, '');

const sections = (body: string): string[] =>
  sectionsIn(body)
    .map(({ label, run, state }) => `${label} ${run.id} ${state}`)
    .toSorted();

const red: Run = { workflow: 'test', id: 100, commit: C1, state: 'failed' };
const green: Run = { workflow: 'nightly', id: 101, commit: C1 };

describe('two workflow files with the default name', () => {
  test.each([
    ['the one with the higher run id comes last', [red, green]],
    ['the one with the lower run id comes last', [green, red]],
    [
      'the numbers say the contrary',
      [
        { ...red, number: 900 },
        { ...green, number: 2 },
      ],
    ],
  ])('and one push, %s: one wiped the other, now both stand', (_, runs) => {
    expect(sections(written(...runs))).toEqual(['nightly 101 passed', 'test 100 failed']);
    expect(written(...runs)).toMatch(/^## ❌ Agent tests \(Retell\): test failed$/m);
  });

  test('a newer run replaces the sections of its own workflow alone', () => {
    const again = { ...red, id: 102, state: 'passed' as const };
    expect(sections(written(red, green, again))).toEqual(['nightly 101 passed', 'test 102 passed']);
    expect(mergeRun(written(again, green), red)).toEqual({ action: 'leave', why: 'newer-run' });
  });

  test('each run has its own way to run again, and its own link', () => {
    const body = written(red, { ...green, state: 'failed' });
    const next = /^\*\*Next:\*\*.*$/m.exec(body)?.[0] ?? '';
    expect([...next.matchAll(/Re-run the failed job\]\(\S+\/runs\/(\d+)\)/g)].map(([, id]) => id)).toEqual([
      '101',
      '100',
    ]);
    expect(body).toContain('**test:** [Workflow run 7](https://github.com/acme/agents/actions/runs/100');
  });

  test('a record goes on in its own workflow', () => {
    const body = written({ ...red, record: recordOf('t') }, { ...green, record: recordOf('n') });
    expect(recordIn([stateOf(body)], writerFor({ ...red, id: 200 }))).toBe(recordOf('t'));
    expect(recordIn([stateOf(body)], writerFor({ ...green, id: 200 }))).toBe(recordOf('n'));
    const later = written(
      { ...red, record: recordOf('t') },
      { ...green, record: recordOf('n') },
      { ...red, id: 200, commit: C2, headSha: C2 },
    );
    expect(sections(later)).toEqual(['test 200 failed']);
    expect(recordIn([stateOf(later)], writerFor({ ...green, id: 201 }))).toBe(recordOf('n'));
  });
});

describe('after the next push', () => {
  const next: Run = { workflow: 'nightly', id: 200, commit: C2 };

  test('what another workflow said of the commit before goes', () => {
    expect(sections(written(red, green, { ...next, headSha: C2 }))).toEqual(['nightly 200 passed']);
    expect(sections(written(red, green, next))).toEqual(['nightly 200 passed']);
  });

  test('a slow run about the commit before does not take away what is said of the newest', () => {
    const slow = { ...red, headSha: C2 };
    expect(sections(written(next, slow))).toEqual(['nightly 200 passed', 'test 100 failed']);
    expect(written(next, slow)).toContain('| ❌ **test** (`aaaaaaa`) |');
    // Started by another workflow run, so that its id is the higher one.
    expect(sections(written({ ...next, state: 'failed' }, { ...red, id: 300, headSha: C2 }))).toEqual([
      'nightly 200 failed',
      'test 300 failed',
    ]);
  });

  test('the newest commit is asked for only where it decides', () => {
    const asks = (body: string, run: Run) => needsHeadSha([stateOf(body)], sectionFor(run), writerFor(run));
    expect(asks(written(red), green)).toBe(false);
    expect(asks(written(red), { ...red, id: 102, commit: C2 })).toBe(false);
    expect(asks(written(red), next)).toBe(true);
  });

  test('a second comment that holds nothing else can go', () => {
    const context = (headSha: string) => ({ writer: writerFor(next), headSha });
    const [primary, duplicate] = [stateOf(written(next)), stateOf(written(red))];
    expect(isSupersededBy(duplicate, primary, context(C2))).toBe(true);
    expect(isSupersededBy(duplicate, primary, context(C1))).toBe(false);
  });
});
