import { describe, expect, test } from 'vitest';
import { redactStrings } from '../../src/report/redact-strings.ts';
import type { Report } from '../../src/report/report.ts';
import { createGrowingRedactor, createRedactor, redactJson } from '../../src/text/redact.ts';
import { reportWith } from '../report/hostile-reports.ts';
import { BLAND_RUNS, batch, reportOn } from '../report/reports.ts';

const KEY = 'key_Ab+/c d"é😀<9f';

/** What becomes of a text, wherever in a report it stands. */
function redacted(text: string, secrets: readonly string[]): string {
  const report = redactStrings(reportOn([], { name: text }), createRedactor(secrets));
  return report.name;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each([
  ['as it is', `a ${KEY} b`, 'a *** b'],
  ['twice', `${KEY}${KEY}`, '******'],
  ['escaped for JSON', JSON.stringify({ key: KEY }), '{"key":"***"}'],
  ['encoded for a URL', `?key=${encodeURIComponent(KEY)}&x=1`, '?key=***&x=1'],
  [
    'encoded for a URL by another hand',
    encodeURIComponent(KEY).toLowerCase().replace('key_ab', 'key_Ab'),
    '***',
  ],
  ['encoded for a form', new URLSearchParams({ key: KEY }).toString(), 'key=***'],
  ['escaped for HTML', KEY.replace('"', '&quot;').replace('<', '&lt;'), '***'],
  ['in base64', `Basic ${base64(KEY)}`, 'Basic ***'],
  ['in base64 for a URL', Buffer.from(KEY).toString('base64url'), '***'],
  ['with invisible signs in it', [...KEY].join('\u200b'), '***'],
  ['with colours in it', [...KEY].join('\u001b[31m'), '***'],
  ['in hexadecimal', Buffer.from(KEY).toString('hex').toUpperCase(), '***'],
  ['with line breaks in it', [...KEY].join('\n'), '***'],
  ['in capitals', KEY.toUpperCase(), '***'],
])('a secret %s is not left', (_how, text, expected) => {
  expect(redacted(text, [KEY])).toBe(expected);
});

const PATH_LIKE = 'sk/li+ve_Zq7"Wm2';
const perCharacter = (write: (code: number) => string) =>
  [...PATH_LIKE].map((character) => write(character.charCodeAt(0))).join('');
const inHex = (code: number, digits: number) => code.toString(16).padStart(digits, '0');

test.each([
  ['its slashes, as PHP does', `{"key":"${JSON.stringify(PATH_LIKE).slice(1, -1).replaceAll('/', '\\/')}"}`],
  ['all of it for JSON', `{"key":"${perCharacter((code) => `\\u${inHex(code, 4)}`)}"}`],
  ['all of it for JSON in JSON', `{"key":"${perCharacter((code) => `\\\\u${inHex(code, 4)}`)}"}`],
  ['all of it for Python', `{"key":"${perCharacter((code) => `\\x${inHex(code, 2)}`)}"}`],
  ['all of it for a URL', `{"key":"${perCharacter((code) => `%${inHex(code, 2)}`)}"}`],
  ['it for a URL in a URL', `{"key":"${encodeURIComponent(encodeURIComponent(PATH_LIKE))}"}`],
  ['all of it for HTML', `{"key":"${perCharacter((code) => `&#${code};`)}"}`],
  ['all of it for HTML, in hexadecimal', `{"key":"${perCharacter((code) => `&#x${inHex(code, 2)};`)}"}`],
  ['invisible signs in it', `{"key":"${[...JSON.stringify(PATH_LIKE).slice(1, -1)].join('\\u00ad')}"}`],
])('a secret is not left where somebody escapes %s', (_what, text) => {
  expect(redacted(text, [PATH_LIKE])).toBe('{"key":"***"}');
});

test('a text without a secret keeps its escapes', () => {
  const text = '{"path":"a\\/b\\u0041","query":"%41","html":"&#65;"}';
  expect(redacted(text, [PATH_LIKE])).toBe(text);
});

test.each([
  [0, '***OnJlc3Q='],
  [1, 'Om***jpyZXN0'],
  [2, 'Ojp***Y6cmVzdA=='],
])(
  'of a secret in base64 behind %i other bytes only what it shares signs with is left',
  (before, expected) => {
    expect(redacted(base64(`${':'.repeat(before)}${KEY}:rest`), [KEY])).toBe(expected);
  },
);

test.each([
  ['an empty secret', ['', ' \n'], 'all stays', 'all stays'],
  ['a header’s secret', ['Bearer abc123'], 'Bearer abc123 or abc123', '*** or ***'],
  ['credentials of a header', ['Basic dXNlcjpwdw=='], 'Basic dXNlcjpwdw== or dXNlcjpwdw==', '*** or ***'],
  ['a word and a short one', ['token of'], 'token of, and of', '***, and of'],
  ['a secret within another', ['abc', 'abcdef'], 'abcdef and abc', '*** and ***'],
  ['a secret with white space around it', [' abc123\n'], 'x abc123 y', 'x *** y'],
  ['a secret of signs that patterns know', ['a.c*[x]-$1'], 'abc a.c*[x]-$1', 'abc ***'],
  ['a secret in capitals', ['abc123'], 'ABC123', '***'],
])('%s', (_what, secrets, text, expected) => {
  expect(redacted(text, secrets)).toBe(expected);
});

test('every string of a report is looked at', () => {
  const report = redactStrings(
    reportWith(() => `x ${KEY}`),
    createRedactor([KEY]),
  );
  expect(report).toEqual({ ...reportWith(() => 'x ***') });
});

test('a secret that is one of our own words leaves the report whole', () => {
  const report: Report = reportOn([batch('b', Object.values(BLAND_RUNS))]);
  const secrets = ['passed', 'failed', 'speech', 'agent', 'full'];
  const { judgement, transcripts, batches } = redactStrings(report, createRedactor(secrets));
  expect(judgement?.verdict).toBe('failed');
  expect(transcripts).toBe('full');
  expect(batches[0]?.batch?.runs?.map(({ status }) => status)).toEqual(
    Object.values(BLAND_RUNS).map(({ status }) => status),
  );
});

describe('parsed JSON', () => {
  const redact = createRedactor([KEY]);

  test('every string of it and every name of a field is looked at, in place', () => {
    const json = { a: [`x ${KEY}`, 1, null, { [`${KEY}!`]: { deep: `${KEY}${KEY}` } }], b: 'stays' };
    expect(redactJson(json, redact)).toBe(json);
    expect(json).toEqual({ a: ['x ***', 1, null, { '***!': { deep: '******' } }], b: 'stays' });
    expect(redactJson(`a ${KEY}`, redact)).toBe('a ***');
  });

  test('a secret that was read from a file hides no field: the file may come with the pull request', () => {
    const { redact: growing, add } = createGrowingRedactor([KEY]);
    add(['isSkipped']);
    const json = { isSkipped: true, said: 'isSkipped', [KEY]: 1 };
    expect(redactJson(json, growing)).toEqual({ isSkipped: true, said: '***', '***': 1 });
  });

  test('however deeply it is nested', () => {
    const depth = 200_000;
    let inner = redactJson(
      JSON.parse(`${'['.repeat(depth)}"${JSON.stringify(KEY).slice(1)}${']'.repeat(depth)}`),
      redact,
    );
    while (Array.isArray(inner)) inner = inner[0];
    expect(inner).toBe('***');
  });
});
