import { describe, expect, test } from 'vitest';
import {
  attachQuarantine,
  decideQuarantine,
  type LocatedEntry,
  maxQuarantined,
  type Quarantine,
  type QuarantineFile,
  quarantineNotes,
} from '../../src/domain/quarantine.ts';

const NOW = Date.UTC(2026, 10, 21, 23, 59);
const PATH = '.github/quarantine.yml';

const entry = (testCase: string, until = '2026-12-10', line = 2): LocatedEntry => ({
  testCase,
  name: `Case ${testCase}`,
  reason: 'Flaky judge (#412)',
  owner: 'acme/voice',
  until,
  line,
});
const file = (...entries: LocatedEntry[]): QuarantineFile => ({ kind: 'entries', entries });
const ABSENT: QuarantineFile = { kind: 'absent' };
const BROKEN: QuarantineFile = { kind: 'refused', problem: 'it has a tab; use spaces', line: 4 };

/** Test cases a, b, c, … */
const cases = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ testCase: { id: String.fromCharCode(97 + index) } }));

/** The state of each entry, with its last day. */
function decide(
  tested: QuarantineFile,
  base?: QuarantineFile,
  { testCases = cases(20) }: { testCases?: readonly { testCase: { id?: string } }[] } = {},
) {
  const decision = decideQuarantine({ path: PATH, tested, base }, testCases, NOW);
  const states = [...decision.entries].map(
    ([id, { state, entry }]: [string, Quarantine]) => `${id}: ${state} until ${entry.until}`,
  );
  return { states, problem: decision.problem, notices: decision.notices };
}
const quiet = (...states: string[]) => ({ states, problem: undefined, notices: [] });

describe('events without a base read the file of their own commit', () => {
  test('an entry is in force up to its last day and counts again after it', () => {
    expect(decide(file(entry('a'), entry('b', '2026-11-20')))).toEqual(
      quiet('a: in-force until 2026-12-10', 'b: expired until 2026-11-20'),
    );
    expect(decide(file(entry('a', '2026-11-21'))).states).toEqual(['a: in-force until 2026-11-21']);
  });
});

describe('on a pull request and in a merge queue both files decide', () => {
  test.each<[string, QuarantineFile, QuarantineFile, string[]]>([
    [
      'an entry is in force where both have it',
      file(entry('a')),
      file(entry('a'), entry('b')),
      ['a: in-force until 2026-12-10'],
    ],
    [
      'an entry that the pull request adds counts from the merge on',
      file(entry('a')),
      file(),
      ['a: after-merge until 2026-12-10'],
    ],
    [
      'a pull request that adds the file quarantines nothing before the merge',
      file(entry('a')),
      ABSENT,
      ['a: after-merge until 2026-12-10'],
    ],
    ['an entry that the pull request takes out is lifted', file(), file(entry('a')), []],
    [
      'a pull request that extends an entry extends nothing before the merge',
      file(entry('a', '2026-12-20')),
      file(entry('a', '2026-12-10')),
      ['a: in-force until 2026-12-10'],
    ],
    [
      'a pull request that extends an entry that is over quarantines nothing before the merge',
      file(entry('a', '2026-12-20')),
      file(entry('a', '2026-11-20')),
      ['a: after-merge until 2026-12-20'],
    ],
    [
      'a pull request can shorten an entry',
      file(entry('a', '2026-12-05')),
      file(entry('a', '2026-12-10')),
      ['a: in-force until 2026-12-05'],
    ],
    [
      'a pull request can end an entry',
      file(entry('a', '2026-11-20')),
      file(entry('a', '2026-12-10')),
      ['a: expired until 2026-11-20'],
    ],
  ])('%s', (_, tested, base, states) => {
    expect(decide(tested, base)).toEqual(quiet(...states));
  });

  test('a pull request that deletes the file lifts all, and a notice says so', () => {
    expect(decide(ABSENT, file(entry('a')))).toEqual({
      ...quiet(),
      notices: ['The tested commit has no file .github/quarantine.yml, so nothing is quarantined.'],
    });
  });

  test('owner and reason are those of the base', () => {
    const changed = { ...entry('a'), owner: 'mallory', reason: 'Trust me', line: 9 };
    const { entries } = decideQuarantine(
      { path: PATH, tested: file(changed), base: file(entry('a')) },
      cases(1),
      NOW,
    );
    const { line: _, ...agreed } = entry('a');
    expect(entries.get('a')).toEqual({ entry: agreed, state: 'in-force' });
  });
});

describe('a file that is refused quarantines nothing', () => {
  const refusal = (message: string, line?: number) => ({ message, line });

  test('at the tested commit: the annotation names the line', () => {
    const message =
      'Nothing is quarantined, since .github/quarantine.yml is refused: line 4: it has a tab; use spaces.';
    expect(decide(BROKEN)).toEqual({ ...quiet(), problem: refusal(message, 4) });
    expect(decide(BROKEN, file(entry('a')))).toEqual({ ...quiet(), problem: refusal(message, 4) });
    expect(decide(BROKEN, BROKEN)).toEqual({ ...quiet(), problem: refusal(message, 4) });
  });

  test('at the base: what the pull request adds or repairs counts from the merge on', () => {
    expect(decide(file(entry('a'), entry('b', '2026-11-20')), BROKEN)).toEqual({
      states: ['a: after-merge until 2026-12-10', 'b: expired until 2026-11-20'],
      problem: {
        message:
          'Nothing is quarantined, since .github/quarantine.yml (base branch) is refused: line 4: it has a tab; use spaces.',
      },
      notices: [],
    });
  });

  test('a file that is nowhere', () => {
    const problem = {
      message:
        'Nothing is quarantined: the tested commit has no file .github/quarantine.yml. Correct the input quarantine, or give the job "permissions: contents: read" if the repository has the file.',
    };
    expect(decide(ABSENT)).toEqual({ ...quiet(), problem });
    expect(decide(ABSENT, ABSENT)).toEqual({ ...quiet(), problem });
  });
});

describe('at most 10 % of the test cases, rounded up', () => {
  test.each([
    [0, 0],
    [1, 1],
    [10, 1],
    [11, 2],
    [20, 2],
    [21, 3],
    [1_000, 100],
  ])('of %i at most %i', (testCases, most) => {
    expect(maxQuarantined(testCases)).toBe(most);
  });

  const three = file(entry('a', undefined, 2), entry('b', undefined, 7), entry('c', undefined, 12));

  test('one more refuses the file with the line of the first that is too many', () => {
    expect(decide(three, undefined, { testCases: cases(21) }).states.length).toBe(3);
    expect(decide(three)).toEqual({
      ...quiet(),
      problem: {
        message:
          'Nothing is quarantined, since .github/quarantine.yml is refused: line 12: it quarantines 3 of 20 test cases, and 10 %, rounded up, allow 2.',
        line: 12,
      },
    });
  });

  test('the pull request that would break the rule is told before the merge', () => {
    expect(decide(three, file(entry('a'))).states).toEqual([]);
    expect(decide(three, file(entry('a'))).problem?.line).toBe(12);
  });

  test('a base that breaks the rule quarantines nothing, whatever the pull request takes out', () => {
    expect(decide(file(entry('a')), three)).toMatchObject({
      states: ['a: after-merge until 2026-12-10'],
      problem: { message: expect.stringContaining('(base branch) is refused: line 12') },
    });
  });

  test('expired entries and entries of other gates do not count', () => {
    const others = file(entry('a'), entry('b', '2026-11-20'), entry('x'), entry('y'), entry('z'));
    expect(decide(others, undefined, { testCases: cases(10) })).toMatchObject({
      states: [
        'a: in-force until 2026-12-10',
        'b: expired until 2026-11-20',
        'x: in-force until 2026-12-10',
        'y: in-force until 2026-12-10',
        'z: in-force until 2026-12-10',
      ],
      problem: undefined,
    });
  });

  test('one id in two batches is two test cases', () => {
    const twice = [...cases(5), ...cases(5)];
    expect(decide(file(entry('a')), undefined, { testCases: twice }).problem?.message).toContain(
      'it quarantines 2 of 10 test cases, and 10 %, rounded up, allow 1.',
    );
  });

  test('no test cases, no quarantine to refuse', () => {
    expect(decide(file(entry('a')), undefined, { testCases: [] })).toEqual(
      quiet('a: in-force until 2026-12-10'),
    );
  });
});

describe('notices', () => {
  test('within 7 days of the end', () => {
    expect(decide(file(entry('a', '2026-11-28'), entry('b', '2026-11-29'))).notices).toEqual([
      'The quarantine ends within 7 days: a (Case a) until 2026-11-28, owner acme/voice.',
    ]);
  });

  test('entries whose id no run has', () => {
    const notice = (ids: string) =>
      `.github/quarantine.yml has ids that no run has: ${ids}. Correct them, or remove the entries.`;
    expect(decide(file(entry('x'))).notices).toEqual([notice('x')]);
    expect(decide(file(entry('x', '2026-11-20')), file(entry('x'))).notices).toEqual([notice('x')]);
    const many = Array.from({ length: 12 }, (_, index) => entry(`x${index}`));
    expect(decide(file(...many)).notices).toEqual([
      notice('x0, x1, x2, x3, x4, x5, x6, x7, x8, x9 and 2 more'),
    ]);
  });

  test('where no run was seen at all, nothing is said of the ids', () => {
    expect(decide(file(entry('x')), undefined, { testCases: [] }).notices).toEqual([]);
  });
});

test('each test case gets its entry, at every place; those without an id get none', () => {
  const decision = decideQuarantine(
    { path: PATH, tested: file(entry('a'), entry('b', '2026-11-20')) },
    cases(20),
    NOW,
  );
  const testCases = [...cases(3), { testCase: { id: 'a' } }, { testCase: {} }];
  expect(attachQuarantine(testCases, decision).map(({ quarantine }) => quarantine?.state)).toEqual([
    'in-force',
    'expired',
    undefined,
    'in-force',
    undefined,
  ]);
});

test('the report is told why nothing is quarantined, and what needs attention', () => {
  const decision = decideQuarantine({ path: PATH, tested: BROKEN }, cases(20), NOW);
  expect(quarantineNotes(decision)).toEqual([decision.problem?.message]);
});
