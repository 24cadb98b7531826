import { describe, expect, test } from 'vitest';
import { findSection } from '../../src/comment/current-sections.ts';
import { recordIn } from '../../src/comment/kept-records.ts';
import { mergeSection } from '../../src/comment/merge.ts';
import { jobVariant, type OwnSection, substituteMark, type Writer } from '../../src/comment/state.ts';
import type { State } from '../../src/domain/verdict.ts';
import type { WorkflowRun } from '../../src/github/context.ts';
import { RUN, recordOf, stateOf, tallyFor, writerOf } from './gate-comment.ts';

const NEXT: WorkflowRun = { ...RUN, id: 9100, number: 13 };

/** A job that calls the one reusable workflow: its section, and what its step knows of itself. */
interface Call {
  /** Stands in the mark of its steps and in its report. */
  readonly name: string;
  readonly state?: State;
  readonly attempt?: number;
  readonly run?: WorkflowRun;
  readonly label?: string;
  readonly target?: string;
  readonly checkRunId?: number;
  readonly record?: string | undefined;
}

const writerFor = ({ name, attempt = 1, run = RUN, label, target, checkRunId }: Call): Writer =>
  writerOf(
    'gate',
    { ...run, attempt },
    {
      mark: `${name}${run.number}.${attempt}`,
      variant: jobVariant({ label, target }),
      target,
      checkRunId,
    },
  );

const sectionFor = ({ name, state = 'passed', label = 'gate', record }: Call): OwnSection => ({
  ...{ state, label, record, render: () => `Report of ${name}: ${state}.` },
  tally: tallyFor(state),
});

function mergeCall(body: string, call: Call) {
  const existing = body === '' ? [] : [stateOf(body)];
  const merged = mergeSection({ existing, own: sectionFor(call), writer: writerFor(call) });
  if (merged.action !== 'write') throw new Error(`nothing was written: ${merged.why}`);
  return merged;
}

/** The comment after each of these calls has written in turn. */
const written = (...calls: readonly Call[]): string =>
  calls.reduce((body, call) => mergeCall(body, call).body, '');

/** The heading, and the rows of the table without their results. */
const shown = (body: string): string[] => [
  /^## (.*)$/m.exec(body)?.[1] ?? '',
  ...[...body.matchAll(/^\| (.*\*\*.*) \| [^|]* \|$/gm)].map(([, row = '']) => row),
];

describe('one reusable workflow called by two jobs', () => {
  const red: Call = { name: 'A', state: 'failed', checkRunId: 51 };
  const green: Call = { name: 'B', checkRunId: 52 };

  test.each([
    ['red first, green second', [red, green]],
    ['green first, red second', [green, red]],
    ['each before and after the other', [red, green, red, green]],
    ['the green one waited before', [{ ...green, state: 'waiting' }, red, green]],
  ] as const)('%s gave one green section: both stand, with a number each', (_, calls) => {
    expect(shown(written(...calls))).toEqual([
      '❌ Agent tests (Retell): gate 1 failed',
      '❌ **gate 1**',
      '✅ **gate 2**',
    ]);
  });

  test.each([
    ['label', { label: 'sales' }, { label: 'support' }, ['❌ **sales**', '✅ **support**']],
    [
      'target',
      { target: 'agent/a1' },
      { target: 'agent/b2' },
      ['❌ **gate (agent/a1)**', '✅ **gate (agent/b2)**'],
    ],
    [
      'target, two of three',
      { target: 'agent/a1' },
      { target: 'agent/a1' },
      ['❌ **gate (agent/a1) 1**', '✅ **gate (agent/a1) 2**', '✅ **gate (agent/c3)**'],
    ],
  ])('are called by their %s', (what, first, second, rows) => {
    const third: Call[] = what.includes('three') ? [{ name: 'C', target: 'agent/c3' }] : [];
    expect(shown(written({ ...red, ...first }, { ...green, ...second }, ...third)).slice(1)).toEqual(rows);
  });

  test('a label of 100 characters still has its number', () => {
    const label = 'x'.repeat(100);
    expect(shown(written({ ...red, label }, { ...green, label })).slice(1)).toEqual([
      `❌ **${'x'.repeat(97)}… 1**`,
      `✅ **${'x'.repeat(97)}… 2**`,
    ]);
  });

  test('where nothing tells them apart it is known, so that the log can say to set label', () => {
    expect(mergeCall(written(red), green).hasTwin).toBe(true);
    expect(mergeCall(written({ ...red, label: 'sales' }), { ...green, label: 'support' }).hasTwin).toBe(
      false,
    );
    expect(mergeCall(written(red), { ...red, attempt: 2 }).hasTwin).toBe(false);
  });
});

describe('a new attempt', () => {
  const red: Call = { name: 'A', state: 'failed' };
  const green: Call = { name: 'B' };

  test('of the only job of its kind replaces its section, however often, and even if that had passed', () => {
    const again = (state: State, attempt: number): Call => ({ name: 'A', state, attempt });
    const body = written(again('failed', 1), again('passed', 2), again('failed', 3));
    expect(shown(body)).toEqual(['❌ Agent tests (Retell): 2 of 2 failed']);
  });

  test('of one of two equal jobs replaces neither, and a green one hides no red one', () => {
    const body = written(red, green, { ...green, attempt: 2 });
    expect(shown(body)).toEqual([
      '❌ Agent tests (Retell): gate 1 failed',
      '❌ **gate 1** (attempt 1)',
      '✅ **gate 2** (attempt 1)',
      '✅ **gate 3**',
    ]);
    expect(mergeCall(written(red, green), { ...green, attempt: 2 }).hasTwin).toBe(true);
  });

  test('replaces the section of its own label or target alone', () => {
    const [sales, support] = [
      { ...red, label: 'sales' },
      { ...green, label: 'support' },
    ];
    const body = written(sales, support, { ...sales, attempt: 2, state: 'passed' });
    expect(shown(body)).toEqual([
      '✅ Agent tests (Retell): all 2 jobs passed',
      '✅ **sales**',
      '✅ **support** (attempt 1)',
    ]);
  });

  test('of both replaces the one section that there was, whichever comes first', () => {
    const both = [
      { ...red, attempt: 2, state: 'passed' as const },
      { ...green, attempt: 2 },
    ];
    for (const order of [both, both.toReversed()]) {
      expect(shown(written(red, ...order))).toEqual([
        '✅ Agent tests (Retell): all 2 jobs passed',
        '✅ **gate 1**',
        '✅ **gate 2**',
      ]);
    }
  });

  test('of the next workflow run takes all of them away', () => {
    const body = written(red, green, { ...green, attempt: 2 }, { ...green, run: NEXT });
    expect(shown(body)).toEqual(['✅ Agent tests (Retell): all 2 passed']);
  });
});

describe('the section of a post step', () => {
  const body = written({ name: 'A', state: 'failed', checkRunId: 51 }, { name: 'B', checkRunId: 52 });
  const found = (call: Call, more: Partial<Writer>): string | undefined =>
    findSection([stateOf(body)], { ...writerFor(call), ...more })?.markdown;

  test("is the one with the step's mark, and no other", () => {
    expect(found({ name: 'A', checkRunId: 51 }, {})).toBe('Report of A: failed.');
    expect(found({ name: 'C', checkRunId: 52 }, {})).toBeUndefined();
  });

  test.each([
    ["its job's check run tells it", 52, 'Report of B: passed.'],
    ['no section is of its check run', 53, undefined],
    ['nothing tells it from its equal', undefined, undefined],
  ])('whose mark is lost: %s', (_, checkRunId, expected) => {
    expect(found({ name: 'C' }, { mark: substituteMark('x'), checkRunId })).toBe(expected);
  });

  test('whose mark is lost is the only one of the job, where the server knows no check runs', () => {
    const alone = stateOf(written({ name: 'A', state: 'failed' }));
    const writer = { ...writerFor({ name: 'C' }), mark: substituteMark('x') };
    expect(findSection([alone], writer)?.markdown).toBe('Report of A: failed.');
    const merged = mergeSection({ existing: [alone], own: sectionFor({ name: 'C' }), writer });
    expect(merged.action === 'write' && shown(merged.body)).toEqual([
      '✅ Agent tests (Retell): all 2 passed',
    ]);
  });
});

describe('the history of equal jobs', () => {
  const recordFor = (body: string, call: Call) => recordIn([stateOf(body)], writerFor(call));
  const [a, b] = [
    { name: 'A', record: recordOf('a') },
    { name: 'B', record: recordOf('b') },
  ];

  test('that nothing tells apart is not mixed up', () => {
    expect(recordFor(written(a, b), { name: 'A', run: NEXT })).toBeUndefined();
    const once = written(a, b, { ...a, record: recordOf('a2'), run: NEXT });
    expect(recordFor(once, { name: 'B', run: NEXT })).toBeUndefined();
    expect(
      recordFor(written(a, b, { name: 'C', label: 'other', run: NEXT }), { name: 'A', run: NEXT }),
    ).toBeUndefined();
  });

  test('goes on for each where label or target tells them apart', () => {
    const body = written({ ...a, target: 'agent/a1' }, { ...b, target: 'agent/b2' });
    expect(recordFor(body, { name: 'x', target: 'agent/b2', run: NEXT })).toBe(b.record);
    const later = written({ ...a, label: 'a' }, { ...b, label: 'b' }, { name: 'C', label: 'c', run: NEXT });
    expect(recordFor(later, { name: 'x', label: 'a', run: NEXT })).toBe(a.record);
  });
});
