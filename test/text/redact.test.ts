import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/http/json.ts';
import { redactStrings } from '../../src/report/redact-strings.ts';
import type { Report } from '../../src/report/report.ts';
import { createRedactor, redactJson } from '../../src/text/redact.ts';
import { BLAND_RUNS, batch, reportOn, reportWith } from '../report/reports.ts';

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
  ['escaped for JSON within JSON', JSON.stringify(JSON.stringify(KEY)), '"\\"***\\""'],
  [
    'in JSON escapes only',
    [...KEY]
      .flatMap((sign) =>
        Array.from(
          { length: sign.length },
          (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`,
        ),
      )
      .join(''),
    '***',
  ],
  ['encoded for a URL', `?key=${encodeURIComponent(KEY)}&x=1`, '?key=***&x=1'],
  [
    'encoded for a URL by another hand',
    encodeURIComponent(KEY).toLowerCase().replace('key_ab', 'key_Ab'),
    '***',
  ],
  ['encoded for a form', new URLSearchParams({ key: KEY }).toString(), 'key=***'],
  ['escaped for HTML', KEY.replace('"', '&quot;').replace('<', '&lt;').replace('é', '&#xE9;'), '***'],
  ['in base64', `Basic ${base64(KEY)}`, 'Basic ***'],
  ['in base64 for a URL', Buffer.from(KEY).toString('base64url'), '***'],
  ['with invisible signs in it', [...KEY].join('\u200b'), '***'],
  ['with signs in it that are invisible once JSON is parsed', [...KEY].join('\\u00ad'), '***'],
  [
    'with signs in it that are invisible once a URL is decoded',
    encodeURIComponent([...KEY].join('\u00ad')),
    '***',
  ],
  ['with signs in it that are invisible in HTML', [...KEY].join('&#173;').replaceAll('d', 'd&shy;'), '***'],
  ['with line breaks in it', [...KEY].join('\n'), '***'],
  ['with escaped line breaks in it', [...KEY].join('\\n'), '***'],
  ['in capitals', KEY.toUpperCase(), '***'],
])('a secret %s is not left', (_how, text, expected) => {
  expect(redacted(text, [KEY])).toBe(expected);
});

test.each([
  [0, '***nJlc3Q='],
  [1, 'Om***pyZXN0'],
  [2, 'Ojp***6cmVzdA=='],
])(
  'of a secret in base64 behind %i other bytes only what it shares signs with is left',
  (before, expected) => {
    expect(redacted(base64(`${':'.repeat(before)}${KEY}:rest`), [KEY])).toBe(expected);
  },
);

test.each([
  ['an empty secret', ['', ' \n'], 'all stays', 'all stays'],
  ['a header’s secret', ['Bearer abc123'], 'Bearer abc123 or abc123', '*** or ***'],
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
  const secrets = ['passed', 'failed', 'speech', 'agent', 'excerpt'];
  const { judgement, transcripts, batches } = redactStrings(report, createRedactor(secrets));
  expect(judgement?.verdict).toBe('failed');
  expect(transcripts).toBe('excerpt');
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

describe('JSON that is not looked at string by string holds no secret', () => {
  const PLAIN = 'sk_live_Zq7Wm2Xr';
  const redact = createRedactor([PLAIN, 'pass/word+2 x']);
  const codeOf = (sign: string) => sign.charCodeAt(0).toString(16).padStart(4, '0');

  test.each([
    ['as it is', PLAIN],
    ['in capitals', PLAIN.toUpperCase()],
    ['in base64', base64(PLAIN)],
    ['in base64 behind another byte', base64(`:${PLAIN}`)],
    ['with line breaks in it', [...PLAIN].join('\n')],
    ['with invisible signs in it', [...PLAIN].join('\u200b')],
    ['encoded for a URL', [...PLAIN].map((sign) => `%${codeOf(sign).slice(2)}`).join('')],
    ['escaped for HTML', [...PLAIN].map((sign) => `&#x${codeOf(sign)};`).join('')],
    ['escaped for JSON within JSON', [...PLAIN].map((sign) => `\\u${codeOf(sign)}`).join('')],
    ['with signs that JSON escapes', 'pass/word+2 x'],
    ['for a form', 'pass%2Fword%2B2+x'],
  ])('%s', (_, secret) => {
    for (const text of [JSON.stringify({ a: [`x ${secret} y`] }), JSON.stringify({ a: `é ${secret}` })]) {
      expect(redact.isClean?.(text)).toBe(false);
      expect(JSON.stringify(parseJson(text, redact))).toContain('***');
    }
    const escaped = `["${[...secret].map((sign) => `\\u${codeOf(sign)}`).join('')}"]`;
    expect(JSON.stringify(parseJson(escaped, redact))).toContain('***');
  });

  test.each([1, 8, 15, 16, 17])('%i characters before the end of the first megabyte', (before) => {
    const bit = 1024 * 1024;
    const text = JSON.stringify([`${'x'.repeat(bit - before - 2)}${PLAIN}`]);
    expect(redact.isClean?.(text)).toBe(false);
    const broken = JSON.stringify([`${'x'.repeat(bit - before - 2)}${[...PLAIN].join('\n')}`]);
    expect(redact.isClean?.(broken)).toBe(false);
  });

  test('and the rest is clean', () => {
    expect(redact.isClean?.(JSON.stringify({ a: 'sk_live', b: ['Zq7Wm2Xr', 'é', 'a\nb "c" 100 %'] }))).toBe(
      true,
    );
  });
});
