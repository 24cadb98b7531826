import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULTS, parseInputs, valuesToMask } from '../src/action/inputs.ts';

const given = (values: Record<string, string>) => (name: string) => values[name] ?? '';
const least = { provider: 'retell', 'api-key': 'key_123', 'batch-id': 'batch_1' };

const complaintAbout = (values: Record<string, string>): string => {
  try {
    parseInputs(given({ ...least, ...values }));
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

describe('inputs that are right', () => {
  test('the required ones alone', () => {
    expect(parseInputs(given(least))).toEqual({
      secrets: { apiKey: 'key_123', githubToken: '' },
      inputs: {
        provider: 'retell',
        batchIds: ['batch_1'],
        name: 'Agent tests (Retell)',
        apiUrl: undefined,
        timeoutMinutes: 30,
        pollIntervalSeconds: 5,
        maxBatchAgeMinutes: undefined,
        comment: 'always',
        transcripts: 'auto',
        annotations: true,
        pullRequest: undefined,
        reportJson: undefined,
        reportJunit: undefined,
        reportCtrf: undefined,
      },
    });
  });

  test('all of them', () => {
    const all = {
      provider: 'bland',
      'api-key': ' Bearer org_1 ',
      'batch-id': 'a, b\n\n c,\r\na ',
      name: 'Night shift',
      'api-url': 'http://127.0.0.1:8080/bland/',
      'timeout-minutes': '0.5',
      'poll-interval-seconds': '.25',
      'max-batch-age-minutes': '60',
      comment: 'failures',
      transcripts: 'excerpt',
      annotations: 'False',
      'pull-request': '12',
      'report-json': 'out/a.json',
      'report-junit': 'out/a.xml',
      'report-ctrf': 'out/ctrf.json',
      'github-token': 'ghs_1',
    };
    expect(parseInputs(given(all))).toEqual({
      secrets: { apiKey: 'Bearer org_1', githubToken: 'ghs_1' },
      inputs: {
        provider: 'bland',
        batchIds: ['a', 'b', 'c'],
        name: 'Night shift',
        apiUrl: 'http://127.0.0.1:8080/bland/',
        timeoutMinutes: 0.5,
        pollIntervalSeconds: 0.25,
        maxBatchAgeMinutes: 60,
        comment: 'failures',
        transcripts: 'excerpt',
        annotations: false,
        pullRequest: 12,
        reportJson: 'out/a.json',
        reportJunit: 'out/a.xml',
        reportCtrf: 'out/ctrf.json',
      },
    });
  });

  test.each(['true', 'True', 'TRUE'])('%s is a YAML 1.2 true', (annotations) => {
    expect(parseInputs(given({ ...least, annotations })).inputs.annotations).toBe(true);
  });
});

describe('inputs that are wrong', () => {
  test.each<[string, string, string]>([
    ['provider', 'vapi', 'provider is "vapi": it must be retell or bland.'],
    ['provider', 'Retell', 'provider is "Retell": it must be retell or bland.'],
    ['batch-id', ' ,\n, ', 'batch-id is ",\u0020,": it must name at least one batch'],
    ['batch-id', 'a,..', 'batch-id is "a,..": a batch id cannot be "." or "..".'],
    [
      'timeout-minutes',
      '0',
      'timeout-minutes is "0": it must be a positive number of minutes, like 5 or 0.5.',
    ],
    ['timeout-minutes', '-1', 'timeout-minutes is "-1": it must be a positive number'],
    ['timeout-minutes', '1e3', 'timeout-minutes is "1e3": it must be a positive number'],
    ['timeout-minutes', 'Infinity', 'timeout-minutes is "Infinity": it must be a positive number'],
    ['timeout-minutes', '30m', 'timeout-minutes is "30m": it must be a positive number'],
    ['timeout-minutes', '1,5', 'timeout-minutes is "1,5": it must be a positive number'],
    ['timeout-minutes', '99999', 'timeout-minutes is "99999": it must be at most 35791 minutes.'],
    [
      'poll-interval-seconds',
      '0.0',
      'poll-interval-seconds is "0.0": it must be a positive number of seconds',
    ],
    [
      'max-batch-age-minutes',
      'never',
      'max-batch-age-minutes is "never": it must be a positive number of minutes',
    ],
    ['api-url', 'ftp://example.com', 'api-url is "ftp://example.com": it must be an http(s) address'],
    ['api-url', 'api.retellai.com', 'api-url is "api.retellai.com": it must be an http(s) address'],
    [
      'api-url',
      'https://me:secret@example.com',
      'api-url is "https://***@example.com": it must be an http(s) address',
    ],
    ['comment', 'yes', 'comment is "yes": it must be always, failures or never.'],
    ['transcripts', 'full', 'transcripts is "full": it must be auto, excerpt or none.'],
    ['annotations', 'yes', 'annotations is "yes": it must be true or false.'],
    ['pull-request', '#12', 'pull-request is "#12": it must be the number of a pull request, like 12.'],
    ['pull-request', '0', 'pull-request is "0": it must be the number of a pull request, like 12.'],
    ['name', 'a\nb', 'name is "a b": it must be one line.'],
    ['name', 'n'.repeat(201), 'it must have at most 200 characters.'],
  ])('%s: %j', (name, value, expected) => {
    expect(complaintAbout({ [name]: value })).toContain(`An input is wrong, so nothing was requested. `);
    expect(complaintAbout({ [name]: value })).toContain(expected);
  });

  test('every one of them is named at once', () => {
    const message = complaintAbout({
      provider: '',
      'api-key': '',
      'batch-id': '',
      'timeout-minutes': 'x',
      comment: 'x',
    });
    expect(message).toContain('5 inputs are wrong');
    for (const name of ['provider', 'api-key', 'batch-id', 'timeout-minutes', 'comment'])
      expect(message).toContain(`${name} is`);
  });

  test('a missing key says why it may be missing', () => {
    expect(complaintAbout({ 'api-key': ' ' })).toContain(
      'Secrets are not passed to workflows from forks and Dependabot.',
    );
  });

  test.each(['key\nwith a line', 'two words of three', 'schlüssel'])(
    'a key that no header can carry is refused and not shown',
    (key) => {
      expect(complaintAbout({ 'api-key': key })).toContain(
        'api-key (value not shown) must be one word of plain characters',
      );
      expect(complaintAbout({ 'api-key': key })).not.toContain(key);
    },
  );

  test('two report files cannot be one', () => {
    expect(complaintAbout({ 'report-json': 'a', 'report-ctrf': 'a' })).toContain(
      'report-json, report-junit and report-ctrf must be different files.',
    );
  });
});

test('the key is masked with and without its Bearer, and so is the token', () => {
  expect(valuesToMask(given({ 'api-key': 'Bearer org_1', 'github-token': 'ghs_1' }))).toEqual([
    'Bearer org_1',
    'ghs_1',
    'org_1',
  ]);
  expect(valuesToMask(given({}))).toEqual([]);
});

test('the defaults are those of action.yml', () => {
  const { inputs } = parse(readFileSync('action.yml', 'utf8')) as {
    inputs: Record<string, { default?: string }>;
  };
  const declared = Object.entries(inputs).flatMap(([name, input]) =>
    input.default === undefined ? [] : [[name, input.default]],
  );
  expect(Object.fromEntries(declared)).toEqual({ ...DEFAULTS, 'github-token': '$' + '{{ github.token }}' });
});
