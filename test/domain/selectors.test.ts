import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { levenshteinDistance } from '../../src/domain/no-match.ts';
import { matchesPattern } from '../../src/domain/pattern.ts';
import { selectCases } from '../../src/domain/selection.ts';
import { type AvailableTestCase, parseSelectors, type SelectorRules } from '../../src/domain/selectors.ts';

const RETELL: SelectorRules = { title: 'Retell', labels: [] };
const BLAND: SelectorRules = { title: 'Bland', labels: ['category', 'required'] };
const VAPI: SelectorRules = {
  title: 'Vapi',
  labels: ['suite'],
  wildcardRefusal: 'Simulations belong to no target: name them, or a suite.',
};

const LIST: readonly AvailableTestCase[] = [
  { id: 'tc_1', name: 'Booking: happy path', labels: ['category:CORE', 'required:true'] },
  { id: 'tc_2', name: 'Booking: angry caller', labels: ['category:CORE'] },
  { id: 'tc_3', name: 'Load test 1', labels: ['category:Load'] },
  { id: 'tc_4', name: 'Load test 2', labels: ['category:Load'] },
  { id: 'tc_5', name: 'Booking: happy path' },
  { id: 'tc_6', name: 'tc_1' },
  { id: 'tc_7', name: ' Café ' },
];

/** The chosen ids, or why nothing is chosen. */
function select(
  input: string,
  list: readonly AvailableTestCase[] = LIST,
  rules = BLAND,
): readonly string[] | string {
  const parsed = parseSelectors(input, rules);
  if (parsed.kind === 'refused') return parsed.problem;
  const selection = selectCases(parsed.value, list);
  return selection.kind === 'refused' ? selection.problem : selection.value.cases.map(({ id }) => id);
}

describe('what is chosen', () => {
  const ALL = LIST.map(({ id }) => id);

  test.each([
    ['all', '*', ALL],
    ['all but some', '*\n!Load test *', ['tc_1', 'tc_2', 'tc_5', 'tc_6', 'tc_7']],
    [
      'the same, whatever the order of the lines',
      '!Load test *\n*',
      ['tc_1', 'tc_2', 'tc_5', 'tc_6', 'tc_7'],
    ],
    ['an id, and not what is called like it', 'tc_1', ['tc_1']],
    ['every one of a name', 'Booking: happy path', ['tc_1', 'tc_5']],
    ['the beginning of a name', 'Booking*', ['tc_1', 'tc_2', 'tc_5']],
    ['the end of a name', '* 2', ['tc_4']],
    ['the middle of a name', '*test*', ['tc_3', 'tc_4']],
    ['several places of a name', 'B*:*y c*r', ['tc_2']],
    ['in the order of the list, each once', 'tc_4\nLoad*\ntc_3\nLoad*\n', ['tc_3', 'tc_4']],
    [
      'with spaces, blank lines and a carriage return',
      '\r\n  tc_4  \r\n\r\n\t! tc_3\r\nLoad test *',
      ['tc_4'],
    ],
    ['with letters that are composed otherwise', 'Cafe\u0301', ['tc_7']],
    ['a category', 'category:CORE', ['tc_1', 'tc_2']],
    ['a category with a space', 'category: Load', ['tc_3', 'tc_4']],
    ['the required ones', 'required:true', ['tc_1']],
    ['all but the required ones', '*\n!required:true\n!category:Load', ['tc_2', 'tc_5', 'tc_6', 'tc_7']],
    ['less by an id', 'Booking*\n!tc_5', ['tc_1', 'tc_2']],
  ])('%s', (_, input, expected) => {
    expect(select(input)).toEqual(expected);
  });

  test('how many there were to choose from; an id that is listed twice counts once', () => {
    const parsed = parseSelectors('tc_2', RETELL);
    expect(parsed.kind === 'ok' && selectCases(parsed.value, [...LIST, ...LIST])).toEqual({
      kind: 'ok',
      value: { cases: [LIST[1]], excluded: [], outOf: 7, warnings: [] },
    });
  });

  test('a suite, where there are suites', () => {
    const list = [
      { id: 's1', name: 'One', labels: ['suite:a', 'suite:b'] },
      { id: 's2', name: 'Two', labels: ['suite:b'] },
    ];
    expect(select('suite:b\n!suite:a', list, VAPI)).toEqual(['s2']);
  });
});

describe('what is refused', () => {
  test.each([
    ['nothing', ' \n\n', 'test-cases is empty: write one selector per line, or * for all.'],
    ['only "!"', '*\n!', 'test-cases: "!" names nothing.'],
    ['a kind without a name', 'category:', 'test-cases: "category:" names nothing.'],
    [
      'lines that only exclude',
      '!Load test *\n!tc_1',
      'test-cases only excludes ("!Load test *"): begin with * on a line above.',
    ],
    [
      'a kind of selector that the provider has not',
      '*\n!suite:smoke',
      'test-cases: Bland has no suite: selectors ("!suite:smoke"), ids, names and category:… and required:….',
    ],
    [
      'required:false',
      'required:false',
      'test-cases: "required:false" is not a selector: write required:true, or !required:true to exclude the required ones.',
    ],
    [
      'a name that nothing has',
      'Bookng: happy path',
      'test-cases: "Bookng: happy path" (nearest: "Booking: happy path") matches none of the 7 test cases.',
    ],
    [
      'a name that differs in case',
      'load TEST *',
      'test-cases: "load TEST *" (nearest: "Load test 1", "Load test 2"; upper and lower case matter) matches none of the 7 test cases.',
    ],
    [
      'a part of a name without "*"',
      'angry',
      'test-cases: "angry" (nearest: "Booking: angry caller") matches none of the 7 test cases.',
    ],
    [
      'a category that nothing has',
      'category:core',
      'test-cases: "category:core" (nearest: "category:CORE"; upper and lower case matter) matches none of the 7 test cases.',
    ],
    [
      'several at once',
      'tc_8\n*\ntc_9',
      'test-cases: "tc_8" (nearest: "tc_1", "tc_2", "tc_3"), "tc_9" (nearest: "tc_1", "tc_2", "tc_3") match none of the 7 test cases.',
    ],
    [
      'a selection of which nothing is left',
      'Load*\n!*test*',
      'test-cases selects none of the 7 test cases: lines with "!" exclude all that are chosen.',
    ],
  ])('%s', (_, input, problem) => {
    expect(select(input)).toBe(problem);
  });

  test.each([
    ['a dash before the line', '- Load test 1', 'Write the lines without a dash before them.'],
    ['quotes that were left', '"*"', 'Write it without the quotes.'],
    ['quotes around several lines', '"Load*\nBooking*"', 'Write it without the quotes.'],
    ['commas between selectors', 'Load test 1, Booking*', 'Write one selector per line.'],
    [
      'names that were folded into one line',
      'Load test 1 Booking: happy path',
      'Write one selector per line.',
    ],
    ['ids that were folded into one line', 'tc_1 tc_2', 'Write one selector per line.'],
    ['an exclusion on the same line', '* !Load*', 'Write one selector per line.'],
  ])('%s, with what to do', (_, input, advice) => {
    expect(select(input)).toMatch(/ none of the 7 test cases\. /);
    expect(String(select(input)).endsWith(`. ${advice}`)).toBe(true);
  });

  test.each(['Load test 3', 'Booking: angry', 'Load test 1 again', 'Anna, noisy'])(
    '%s, without advice on the form',
    (input) => {
      expect(select(input)).toMatch(/ none of the 7 test cases\.$/);
    },
  );

  test('labels at a provider that has none', () => {
    expect(select('category:CORE', LIST, RETELL)).toBe(
      'test-cases: Retell has no category: selectors ("category:CORE"), only ids and names.',
    );
  });

  test('"*" where nothing says what all is', () => {
    expect(select('**', LIST, VAPI)).toBe(
      'test-cases: "**" is refused. Simulations belong to no target: name them, or a suite.',
    );
    expect(select('!a', LIST, VAPI)).toBe(
      'test-cases only excludes ("!a"): begin with what to choose on a line above.',
    );
  });

  test('anything, where there are no test cases', () => {
    expect(select('*', [])).toBe(
      'test-cases: there is no test case to choose from. Check target, or create test cases.',
    );
  });

  test('in a message of bounded length, whatever is written and however things are called', () => {
    const list = Array.from({ length: 2_000 }, (_, index) => ({
      id: `${index}`,
      name: `${'😀'.repeat(5_000)}${index}`,
    }));
    const input = Array.from({ length: 50 }, (_, index) => `${'x'.repeat(10_000)}${index}`).join('\n');
    const problem = select(input, list);

    expect(typeof problem === 'string' && problem.length).toBeLessThan(4_000);
    expect(problem).toMatch(/…", and 45 more match none of the 2000 test cases\.$|, and 45 more match none/);
    expect(String(problem).isWellFormed()).toBe(true);
  });
});

describe('a "!" line that matches nothing is a warning', () => {
  const warningsOf = (input: string): readonly string[] => {
    const parsed = parseSelectors(input, BLAND);
    const selection = parsed.kind === 'ok' ? selectCases(parsed.value, LIST) : parsed;
    return selection.kind === 'ok' ? selection.value.warnings : [selection.problem];
  };

  test.each([
    [
      '*\n!Loud test *',
      'test-cases: "!Loud test *" (nearest: "Load test 1", "Load test 2") matches none of the 7 test cases, so nothing is excluded there.',
    ],
    [
      '*\n!Loud test *\n!category:LOAD\n!Load test 1',
      'test-cases: "!Loud test *" (nearest: "Load test 1", "Load test 2"), "!category:LOAD" (nearest: "category:Load"; upper and lower case matter) match none of the 7 test cases, so nothing is excluded there.',
    ],
  ])('%j', (input, warning) => {
    expect(warningsOf(input)).toEqual([warning]);
  });

  test('one that matches what no line has chosen is none', () => {
    expect(warningsOf('Booking*\n!Load test *')).toEqual([]);
  });

  test('so is a line of which another takes everything away', () => {
    expect(warningsOf('Booking*\ntc_3\nLoad test 2\n!Load*')).toEqual([
      'test-cases: everything that "tc_3", "Load test 2" choose is excluded by a line with "!".',
    ]);
    expect(select('Booking*\ntc_3\n!Load*')).toEqual(select('Booking*'));
  });
});

describe('the nearest of what matches nothing', () => {
  const clinic: readonly AvailableTestCase[] = [
    { id: 'test_case_0001', name: 'Books a cleaning' },
    { id: 'test_case_0002', name: 'Books a check-up for a child' },
    { id: 'test_case_0003', name: 'Cancels an appointment' },
    { id: 'test_case_0004', name: 'Asks for the price of a crown' },
    { id: 'test_case_0005', name: 'Reschedules an appointment' },
    { id: 'test_case_0006', name: '新規予約の確認' },
  ];
  const nearestOf = (input: string, list = clinic) =>
    /\(nearest: (.*?)(; upper and lower case matter)?\)/.exec(String(select(input, list, RETELL)))?.[1];

  test.each([
    ['a word in another form', 'Booking *', '"Books a cleaning", "Books a check-up for a child"'],
    ['the same word', 'books *', '"Books a cleaning", "Books a check-up for a child"'],
    ['misspelt words', 'Resheduls an apointment', '"Reschedules an appointment", "Cancels an appointment"'],
    [
      'a word that few names have, before one that many have',
      'a crown appointment',
      '"Asks for the price of a crown", "Cancels an appointment", "Reschedules an appointment"',
    ],
    ['a part of a name without spaces', '予約', '"新規予約の確認"'],
    ['nothing of any name', 'Billing', undefined],
    ['an id', 'test_case_0009', '"test_case_0001", "test_case_0002", "test_case_0003"'],
  ])('%s', (_, input, expected) => {
    expect(nearestOf(input)).toBe(expected);
  });

  test('a UUID is compared with ids, and names never are', () => {
    const list = ['3f1c2b4a-0000-4000-8000-000000000001', '9d1c2b4a-ffff-4fff-8fff-ffffffffffff'].map(
      (id, index) => ({ id, name: `Scenario ${index}` }),
    );
    expect(nearestOf('3f1c2b4a-0000-4000-8000-000000000002', list)).toBe(
      '"3f1c2b4a-0000-4000-8000-000000000001"',
    );
    expect(nearestOf('Scenario', list)).toBe('"Scenario 0", "Scenario 1"');
  });
});

describe('over many test cases', () => {
  const word = fc.stringMatching(/^[ab*]{1,6}$/);
  const cases = fc
    .constantFrom(130, 1_237)
    .chain((count) => fc.array(fc.stringMatching(/^[ab]{1,5}$/), { minLength: count, maxLength: count }))
    .map((names) => names.map((name, index) => ({ id: `id ${index}`, name })));

  test('a pattern matches what the regular expression of it matches', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab*]{0,7}$/), fc.stringMatching(/^[ab]{0,8}$/), (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        expect(matchesPattern(pattern, text)).toBe(expression.test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('what is selected is what is chosen without what is excluded, and every line without "!" matched something', () => {
    fc.assert(
      fc.property(
        cases,
        fc.array(word, { minLength: 1, maxLength: 4 }),
        fc.array(word, { maxLength: 3 }),
        fc.boolean(),
        (list, chosen, taken, takenFirst) => {
          const lines = [chosen, taken.map((each) => `!${each}`)];
          const input = (takenFirst ? lines.reverse() : lines).flat().join('\n');
          const hits = (pattern: string) => list.filter(({ name }) => matchesPattern(pattern, name));
          const minus = new Set(taken.flatMap(hits));
          const plus = new Set(chosen.flatMap(hits));
          const expected = list.filter((each) => plus.has(each) && !minus.has(each)).map(({ id }) => id);
          const allMatch = chosen.every((pattern) => hits(pattern).length > 0);
          const got = select(input, list, RETELL);

          if (allMatch && expected.length > 0) expect(got).toEqual(expected);
          else expect(got).toMatch(/^test-cases/);
        },
      ),
    );
  });

  test('any input at all is parsed or refused, and selects ids of the list, each once and in order', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.array(fc.record({ id: fc.string({ maxLength: 3 }), name: fc.string({ maxLength: 5 }) }), {
          maxLength: 8,
        }),
        (input, list) => {
          const got = select(input, list);
          if (typeof got === 'string') expect(got).toMatch(/^test-cases/);
          else expect(got).toEqual([...new Set(list.map(({ id }) => id))].filter((id) => got.includes(id)));
        },
      ),
    );
  });
});

test.each([
  ['', '', 0],
  ['abc', '', 3],
  ['kitten', 'sitting', 3],
  ['flaw', 'lawn', 2],
  ['same', 'same', 0],
])('the distance of "%s" and "%s" is %d', (one, other, expected) => {
  expect([levenshteinDistance(one, other), levenshteinDistance(other, one)]).toEqual([expected, expected]);
});
