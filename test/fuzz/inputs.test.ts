import fc from 'fast-check';
import { expect, test } from 'vitest';
import { INPUTS, type InputDefinition } from '../../src/inputs/inputs.ts';
import { parseInputs, valuesToMask } from '../../src/inputs/parse-inputs.ts';
import { InputError } from '../../src/runtime/errors.ts';
import { cases } from './cases.ts';

const SEED = 20260914;
const CASES = cases(4_000);
const KEY = 'sk_live_Zq7Wm2Xr9Kp4Vt6Ny8Bd3Hc5';

const NAMES = Object.keys(INPUTS).filter((name) => name !== 'api-key');

/** Right, nearly right, and anything. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...[
        'retell',
        'bland',
        'Retell',
        'b1',
        'b1,b2\nb3',
        '.',
        '..',
        ',',
        '0',
        '5',
        '0.5',
        '.5',
        '5.',
        '-1',
        '1e3',
        '٣',
      ],
      ...[
        '35791',
        '35792',
        '99999999999999999999',
        'Infinity',
        'NaN',
        '0x10',
        'always',
        'never',
        'failures',
        'auto',
      ],
      ...[
        'true',
        'TRUE',
        'yes',
        'https://api.example.com',
        'http://127.0.0.1:8080/x/',
        'ftp://x',
        'https://u:p@x',
        '//',
      ],
      ...['a.json', '__proto__', 'toString', '\u0000', '\ud800', ' \t ', 'x'.repeat(300), '12', '1\n2'],
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);

const given = fc
  .record(Object.fromEntries(NAMES.map((name) => [name, text])) as Record<string, fc.Arbitrary<string>>)
  .map((values) => ({ 'api-key': KEY, provider: 'retell', 'batch-id': 'b1', ...values }));

/** Mostly right, with a few that are anything: otherwise nothing would ever be accepted. */
const nearlyRight = fc
  .tuple(
    given,
    fc.subarray(NAMES, { maxLength: 2 }),
    fc.option(fc.string({ unit: 'binary' }), { nil: KEY, freq: 4 }),
  )
  .map(([values, names, key]) => {
    const right: Record<string, string> = { provider: 'bland', 'batch-id': 'b1', 'api-key': key };
    for (const name of names) right[name] = (values as Record<string, string>)[name] ?? '';
    return right;
  });

const seconds = (value: number, most: number): boolean => value > 0 && value <= most;

test(`any inputs: they are read, or refused with a message without the key (${CASES} cases)`, () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(given, nearlyRight), (values: Record<string, string>) => {
      const read = (name: string) => values[name] ?? '';
      const key = read('api-key');
      expect(valuesToMask(read).every((value) => value !== '')).toBe(true);
      try {
        const { inputs, secrets } = parseInputs(read);
        accepted += 1;
        expect(secrets.apiKey).toBe(key.trim());
        expect(JSON.stringify(inputs).includes(KEY)).toBe(false);
        expect((inputs.batchIds ?? []).length).toBeGreaterThan(0);
        expect(
          (inputs.batchIds ?? []).filter((id) => /[\s"'[\]]/.test(id) || ['', '.', '..'].includes(id)),
        ).toEqual([]);
        expect(seconds(inputs.timeoutMinutes, 35_791) && seconds(inputs.pollIntervalSeconds, 86_400)).toBe(
          true,
        );
        expect(inputs.apiUrl === undefined || URL.canParse(inputs.apiUrl)).toBe(true);
        expect(inputs.pullRequest === undefined || Number.isSafeInteger(inputs.pullRequest)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        const { message, problems } = error as InputError;
        expect([message, ...problems].join('\n')).not.toContain(KEY);
        expect(message).toMatch(/^(An input is|\d+ inputs are) invalid; no request was sent\.$/);
        expect(problems.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: CASES, seed: SEED },
  );
  expect(accepted).toBeGreaterThan(CASES / 20);
});

test('a value that is empty or only white space is the default of the action', () => {
  const least: Record<string, string> = { provider: 'retell', 'batch-id': 'b1', 'api-key': KEY };
  const defaults = Object.entries<InputDefinition>(INPUTS).flatMap(([name, { default: value }]) =>
    typeof value === 'string' ? [[name, value]] : [],
  );
  const named: Record<string, string> = { ...Object.fromEntries(defaults), ...least };
  expect(parseInputs((name) => least[name] ?? ' \n').inputs).toEqual(
    parseInputs((name) => named[name] ?? '').inputs,
  );
});
