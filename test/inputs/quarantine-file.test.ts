import { describe, expect, test } from 'vitest';
import type { QuarantineFile } from '../../src/domain/quarantine.ts';
import { parseQuarantine } from '../../src/inputs/quarantine-file.ts';

/** Half a day before midnight UTC, so that 2026-12-21 is the last of 30 days. */
const NOW = Date.UTC(2026, 10, 21, 12);
const GOOD = `# Flaky for now
quarantine:
  - test-case: test_case_ad5eaf5bdbf1   # the id, never the name
    name: Angry caller cancels
    reason: Judge disagrees with itself on "polite" (#412)
    owner: acme/voice
    until: 2026-12-19
`;
const ENTRY = {
  testCase: 'test_case_ad5eaf5bdbf1',
  name: 'Angry caller cancels',
  reason: 'Judge disagrees with itself on "polite" (#412)',
  owner: 'acme/voice',
  until: '2026-12-19',
  line: 3,
};
const ALL_KEYS = 'test-case, name, reason, owner and until';

const parse = (text: string): QuarantineFile => parseQuarantine(new TextEncoder().encode(text), NOW);
const replaced = (from: string | RegExp, to: string) => GOOD.replace(from, to);

describe('a file that is read', () => {
  test.each<[string, string, object]>([
    ['as the contract shows it', GOOD, ENTRY],
    ['from Windows', GOOD.replaceAll('\n', '\r\n'), ENTRY],
    ['with a byte order mark', `\ufeff${GOOD}`, ENTRY],
    ['with a start of document', `---\n${GOOD}`, { ...ENTRY, line: 4 }],
    ['with a quoted date', replaced('2026-12-19', "'2026-12-19'"), ENTRY],
    ['with a date of the type date', replaced('2026-12-19', '!!timestamp 2026-12-19'), ENTRY],
    [
      'on the last day that is allowed',
      replaced('2026-12-19', '2026-12-21'),
      { ...ENTRY, until: '2026-12-21' },
    ],
    ['of an entry that is over', replaced('2026-12-19', '2025-01-31'), { ...ENTRY, until: '2025-01-31' }],
    [
      'with an id of digits, as it is written',
      replaced('test_case_ad5eaf5bdbf1', '0012'),
      { ...ENTRY, testCase: '0012' },
    ],
    [
      'with a folded reason',
      replaced(/reason: .*/, 'reason: >\n      First line\n      and second.'),
      { ...ENTRY, reason: 'First line and second.' },
    ],
    [
      'with invisible characters in a text for people, which go',
      replaced('Angry caller cancels', '"Angry\\u202e caller\\u0007 cancels"'),
      ENTRY,
    ],
  ])('%s', (_, text, entry) => {
    expect(parse(text)).toEqual({ kind: 'entries', entries: [entry] });
  });

  test.each(['quarantine: []\n', 'quarantine:\n', 'quarantine: ~\n'])(
    '%j is what stays when every entry was taken out',
    (text) => {
      expect(parse(text)).toEqual({ kind: 'entries', entries: [] });
    },
  );
});

const FORM = 'it must have one key, quarantine, with the list of entries';

describe('one breach refuses the whole file and names the line', () => {
  test.each<[string, string, number, string]>([
    ['nothing', '', 1, FORM],
    ['only a comment', '# none\n', 1, FORM],
    ['a list', '- a\n', 1, FORM],
    ['a text for the list', 'quarantine: yes\n', 1, FORM],
    ['another key beside it', `${GOOD}other: 1\n`, 8, FORM],
    ['an entry that is a text', 'quarantine:\n  - a\n', 2, `an entry must have ${ALL_KEYS}`],
    ['a missing key', replaced(/ {4}owner.*\n/, ''), 3, 'the entry has no owner'],
    [
      'an unknown key',
      `${GOOD}    untill: 2026-12-19\n`,
      8,
      `the key "untill" is not known: an entry has ${ALL_KEYS}`,
    ],
    ['a merge key', `${GOOD}    <<: {a: 1}\n`, 8, `the key "<<" is not known: an entry has ${ALL_KEYS}`],
    [
      'a key of every object',
      `${GOOD}    constructor: 1\n`,
      8,
      `the key "constructor" is not known: an entry has ${ALL_KEYS}`,
    ],
    ['the list twice', `${GOOD}quarantine: []\n`, 8, 'it has the same key twice'],
    ['the same key twice', `${GOOD}    until: 2026-12-18\n`, 8, 'it has the same key twice'],
    ['an empty value', replaced('acme/voice', ''), 6, 'owner is empty'],
    ['null', replaced('acme/voice', '~'), 6, 'owner is empty'],
    ['only what nobody sees', replaced('acme/voice', '"\\u200b"'), 6, 'owner is empty'],
    ['a list as a value', replaced('acme/voice', '[acme, voice]'), 6, 'owner must be a text'],
    [
      'an endless reason',
      replaced(/reason: .*/, `reason: ${'a'.repeat(501)}`),
      5,
      'reason has more than 500 characters',
    ],
    [
      'an id with a space',
      replaced('test_case_ad5eaf5bdbf1', 'Angry caller'),
      3,
      'test-case must be an id without spaces or invisible characters',
    ],
    [
      'an id that reads as another',
      replaced('test_case_ad5eaf5bdbf1', '"a\\u200bb"'),
      3,
      'test-case must be an id without spaces or invisible characters',
    ],
    [
      'a test case twice',
      `${GOOD}${GOOD.split('\n').slice(2).join('\n')}`,
      8,
      'the test case test_case_ad5eaf5bdbf1 stands in line 3 already',
    ],
    [
      'a day too far ahead',
      replaced('2026-12-19', '2026-12-22'),
      7,
      'until is 2026-12-22, more than 30 days ahead: 2026-12-21 is the last day allowed today',
    ],
    [
      'a day that does not exist',
      replaced('2026-12-19', '2026-11-31'),
      7,
      'until is "2026-11-31" and must be a date like 2026-12-19',
    ],
    [
      'a time',
      replaced('2026-12-19', '2026-12-19T10:00:00Z'),
      7,
      'until is "2026-12-19T10:00:00Z" and must be a date like 2026-12-19',
    ],
    ['a word', replaced('2026-12-19', 'never'), 7, 'until is "never" and must be a date like 2026-12-19'],
    ['two documents', `${GOOD}---\n${GOOD}`, 8, 'it has a second document'],
    ['a tab', replaced('    name', '\tname'), 4, 'it has a tab; use spaces'],
    ['a tab in a text', replaced('Angry caller', 'Angry\tcaller'), 4, 'it has a tab; use spaces'],
    ['a control character', replaced('Angry', 'An\u001bgry'), 4, 'it has a control character'],
    ['a directive', `%YAML 1.1\n---\n${GOOD}`, 1, 'it has a YAML directive (%), which is not allowed'],
    ['an anchor', replaced('name: Angry', 'name: &a Angry'), 4, 'it has an anchor (&), which is not allowed'],
    ['an alias', replaced('Angry caller cancels', '*a'), 4, 'it has an alias (*), which is not allowed'],
    [
      'a type of its own',
      replaced('acme/voice', '!!js/function "x"'),
      6,
      'it is not valid YAML (Unresolved tag: tag:yaml.org,2002:js/function)',
    ],
    [
      'no YAML',
      'quarantine: [\n',
      2,
      'it is not valid YAML (Flow sequence in block collection must be sufficiently indented and end with a ])',
    ],
  ])('%s', (_, text, line, problem) => {
    expect(parse(text)).toEqual({ kind: 'refused', problem, line });
  });
});

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...[...'bcdefghi'].map(
    (name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`,
  ),
  GOOD,
].join('\n');

describe('a file that is made to be slow is refused within a second or two', () => {
  test.each<[string, string, string]>([
    ['a bomb of aliases', bomb, 'it has an anchor (&), which is not allowed'],
    [
      'more than is read',
      `${GOOD}#${'x'.repeat(65_536)}`,
      `it has ${GOOD.length + 65_537} bytes, and 65536 are allowed`,
    ],
    [
      'lists in lists',
      `quarantine: ${'['.repeat(60_000)}`,
      'it is not valid YAML (Maximum call stack size exceeded)',
    ],
    [
      'closed lists in lists',
      `quarantine: ${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      'it is not valid YAML (Maximum call stack size exceeded)',
    ],
    [
      'nothing but errors',
      '}'.repeat(60_000),
      'it is not valid YAML (Unexpected flow-map-end token in YAML document: "}")',
    ],
    [
      'thousands of keys',
      `quarantine:\n${Array.from({ length: 9_000 }, (_, index) => ` ${index.toString(36)}:`).join('\n')}`,
      FORM,
    ],
    ['thousands of documents', '---\n'.repeat(16_000), 'it has a second document'],
  ])('%s', (_, text, problem) => {
    const before = process.cpuUsage();
    const file = parse(text);
    expect(file).toMatchObject({ kind: 'refused', problem });
    // Of this process alone, whatever else the machine does.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(10_000);
  });
});

test('a file that is not UTF-8 is refused', () => {
  const utf16 = Uint8Array.from(Buffer.from(GOOD, 'utf16le'));
  const latin1 = Uint8Array.from(Buffer.from(GOOD.replace('Angry', 'Verärgert'), 'latin1'));
  expect([parseQuarantine(utf16, NOW), parseQuarantine(latin1, NOW)]).toEqual([
    { kind: 'refused', problem: 'it has a control character', line: 1 },
    { kind: 'refused', problem: 'it is not UTF-8', line: undefined },
  ]);
});
