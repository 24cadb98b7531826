import { describe, expect, test } from 'vitest';
import { INPUTS, type InputDefinition, isRequired } from '../../src/inputs/inputs.ts';
import { parseInputs, valuesToMask } from '../../src/inputs/parse-inputs.ts';
import type { ConfigFile } from '../../src/inputs/target-config.ts';
import { PROVIDER_NAMES } from '../../src/providers/registry.ts';
import { InputError } from '../../src/runtime/errors.ts';
import { createRedactor } from '../../src/text/redact.ts';

const given = (values: Record<string, string>) => (name: string) => values[name] ?? '';
const least = { provider: 'retell', 'api-key': 'key_1234', 'batch-id': 'batch_1' };

const names = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(PROVIDER_NAMES);

const complaintAbout = (values: Record<string, string>, redact?: (text: string) => string): string => {
  try {
    parseInputs(given({ ...least, ...values }), redact);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [error.message, ...error.problems].join('\n');
  }
  return 'accepted';
};

/** What the required inputs alone come to. */
const BY_DEFAULT = {
  provider: 'retell',
  batchIds: ['batch_1'],
  testCases: undefined,
  target: undefined,
  version: undefined,
  targetConfig: undefined,
  mode: undefined,
  reuseHours: 0,
  reruns: undefined,
  repeat: undefined,
  maxFlaky: { kind: 'share', share: 0.15 },
  maxRuns: undefined,
  quarantine: undefined,
  compareWith: undefined,
  failOn: 'any',
  name: 'Agent tests (Retell)',
  apiUrl: 'https://api.retellai.com',
  timeoutMinutes: 30,
  pollIntervalSeconds: 5,
  maxBatchAgeMinutes: undefined,
  comment: 'always',
  transcripts: 'auto',
  annotations: true,
  label: undefined,
  baseline: undefined,
  pullRequest: undefined,
  reportJson: undefined,
  reportJunit: undefined,
  reportCtrf: undefined,
  reportHtml: undefined,
  matrix: '',
};
/** The lines of the log about the other inputs. */
const DEFAULT_LINES = [
  'test-cases: nothing is started',
  'target: none',
  'version: latest, where the step starts the batch',
  'target-config: none',
  'mode: none',
  'reuse-hours: 0',
  'reruns: 0',
  'repeat: 1',
  'max-flaky: 15%',
  'max-runs: no limit',
  'name: Agent tests (Retell)',
  'api-url: https://api.retellai.com',
  'timeout-minutes: 30',
  'poll-interval-seconds: 5',
  'max-batch-age-minutes: no limit',
  'quarantine: none',
  'compare-with: nothing is compared',
  'fail-on: any',
  "label: the values of the matrix, else the target's name, else the job's",
  'baseline: the base branch is looked up',
  'comment: always',
  'transcripts: auto',
  'annotations: true',
  'pull-request: found from the event',
  'report-json: not written',
  'report-junit: not written',
  'report-ctrf: not written',
  'report-html: not written',
];

describe('inputs that are right', () => {
  test('the required ones alone', () => {
    expect(parseInputs(given(least))).toEqual({
      secrets: { apiKey: 'key_1234', githubToken: '' },
      inputs: BY_DEFAULT,
      effectiveInputs: { given: ['provider: retell', 'batch-id: batch_1'], defaults: DEFAULT_LINES },
      batchSource: { kind: 'given', batchIds: ['batch_1'], version: { kind: 'latest' } },
    });
  });

  test('nearly all of them', () => {
    const all = {
      provider: 'bland',
      'api-key': ' Bearer org_12345 ',
      'batch-id': 'a, b\n\n c,\r\na ',
      version: '4',
      reruns: '3/5',
      'max-flaky': '2',
      'max-runs': '100',
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
      'report-html': 'out/report.html',
      'github-token': 'ghs_12345',
      matrix: '{"agent": "booking"}',
    };
    const lines = [
      'provider: bland',
      'batch-id: a, b, c',
      'version: 4',
      'reruns: 3/5',
      'max-flaky: 2',
      'max-runs: 100',
      'name: Night shift',
      'api-url: http://127.0.0.1:8080/bland/',
      'timeout-minutes: 0.5',
      'poll-interval-seconds: 0.25',
      'max-batch-age-minutes: 60',
      'comment: failures',
      'transcripts: excerpt',
      'annotations: false',
      'pull-request: 12',
      'report-json: out/a.json',
      'report-junit: out/a.xml',
      'report-ctrf: out/ctrf.json',
      'report-html: out/report.html',
    ];
    expect(parseInputs(given(all))).toEqual({
      secrets: { apiKey: 'Bearer org_12345', githubToken: 'ghs_12345' },
      inputs: {
        ...BY_DEFAULT,
        provider: 'bland',
        batchIds: ['a', 'b', 'c'],
        version: '4',
        reruns: { need: 3, of: 5 },
        maxFlaky: { kind: 'count', count: 2 },
        maxRuns: 100,
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
        reportHtml: 'out/report.html',
        matrix: '{"agent": "booking"}',
      },
      effectiveInputs: {
        given: lines,
        defaults: DEFAULT_LINES.filter((line) => !Object.hasOwn(all, line.slice(0, line.indexOf(':')))),
      },
      batchSource: { kind: 'given', batchIds: ['a', 'b', 'c'], version: { kind: 'number', number: 4 } },
    });
  });

  test('what is to be started', () => {
    const start = {
      provider: 'retell',
      'api-key': 'key_1234',
      'test-cases': '*\n!Load test *\n',
      target: 'agent/agent_1',
      version: 'published',
      'compare-with': '11',
    };
    const { batchSource, effectiveInputs } = parseInputs(given(start));
    expect(batchSource).toEqual({
      kind: 'start',
      target: { kind: 'agent', id: 'agent_1' },
      version: { kind: 'published' },
      selectors: [
        { text: '*', isExclusion: false, match: { kind: 'id-or-name', value: '*' } },
        {
          text: '!Load test *',
          isExclusion: true,
          match: { kind: 'id-or-name', value: 'Load test *' },
        },
      ],
      compareWith: { kind: 'number', number: 11 },
    });
    expect(effectiveInputs.given).toEqual([
      'provider: retell',
      'test-cases: *, !Load test *',
      'target: agent/agent_1',
      'version: published',
      'compare-with: 11',
    ]);
    expect(effectiveInputs.defaults[0]).toBe('batch-id: none given');
  });

  test.each([
    ['', 'chat', 'mode: chat, where the step starts the batch'],
    ['voice', 'voice', 'mode: voice'],
  ])('mode %j at Vapi is %s', (mode, expected, line) => {
    const start = { provider: 'vapi', 'api-key': 'key_1234', 'test-cases': 'a', target: 'assistant/1', mode };
    const { batchSource, effectiveInputs } = parseInputs(given(start));
    expect(batchSource).toMatchObject({ kind: 'start', mode: expected });
    expect([...effectiveInputs.given, ...effectiveInputs.defaults]).toContain(line);
  });

  test.each([
    ['null', 'GitHub'],
    ['{}', 'nektos/act'],
  ])('a job without a matrix has none: %s, as with %s', (matrix) => {
    expect(parseInputs(given({ ...least, matrix })).inputs.matrix).toBe('');
  });

  test('Bland ids in capitals and small letters are one batch; Retell ids are two', () => {
    const idsAt = (provider: string) =>
      parseInputs(given({ ...least, provider, 'batch-id': 'x,y,X' })).inputs.batchIds;
    expect([idsAt('bland'), idsAt('retell')]).toEqual([
      ['x', 'y'],
      ['x', 'y', 'X'],
    ]);
  });

  test.each(['true', 'True', 'TRUE'])('%s is a YAML 1.2 true', (annotations) => {
    expect(parseInputs(given({ ...least, annotations })).inputs.annotations).toBe(true);
  });
});

describe('inputs that are wrong', () => {
  test.each([
    ['provider', 'nobody', `it must be ${names}.`],
    ['provider', 'Retell', `it must be ${names}.`],
    ['batch-id', 'a,..', 'a batch id cannot be "." or "..".'],
    ['timeout-minutes', '0', 'it must be a positive number of minutes, like 5 or 0.5.'],
    ...['-1', '1e3', 'Infinity', '30m', '1,5'].map((value) => [
      'timeout-minutes',
      value,
      'it must be a positive',
    ]),
    ['timeout-minutes', '99999', 'it must be at most 35791 minutes.'],
    ['poll-interval-seconds', '0.0', 'it must be a positive number of seconds'],
    ['max-batch-age-minutes', 'never', 'it must be a positive number of minutes'],
    ['api-url', 'ftp://example.com', 'it must be an http(s) address'],
    ['api-url', 'api.retellai.com', 'it must be an http(s) address'],
    ['comment', 'yes', 'it must be always, failures or never.'],
    ['transcripts', 'all', 'it must be auto, none, excerpt or full.'],
    ['annotations', 'yes', 'it must be true or false.'],
    ['pull-request', '#12', 'it must be the number of a pull request, like 12.'],
    ['pull-request', '0', 'it must be the number of a pull request, like 12.'],
    ['reruns', '4/3', 'it must be 0, or K/N like 3/5'],
    ['repeat', '0', 'it must be 1, or K/N like 3/5'],
    ['max-flaky', '101%', 'a share must be at most 100%.'],
    ['max-runs', '0', 'it must be a whole number of runs'],
    ['mode', 'Voice', 'it must be chat or voice.'],
    ['reuse-hours', '169', 'it must be at most 168'],
    ['reuse-hours', '2 h', 'it must be a number of hours'],
  ])('%s cannot be %j: %s', (name = '', value = '', expected) => {
    expect(complaintAbout({ [name]: value })).toContain(
      `An input is invalid; no request was sent.\n${name} is "${value}": ${expected}`,
    );
  });

  test.each([
    ['batch-id', ' ,\n, ', 'batch-id is ",\u0020,": it must name at least one batch'],
    [
      'api-url',
      'https://me:secret@example.com',
      'api-url is "https://***@example.com": it must be an http(s)',
    ],
    ['name', 'a\nb', 'name is "a b": it must be one line.'],
    ['name', 'n'.repeat(201), 'it must have at most 200 characters.'],
    ['label', 'n'.repeat(101), 'it must have at most 100 characters.'],
  ])('%s is shown on one line, cut and without a password: %j', (name, value, expected) => {
    expect(complaintAbout({ [name]: value })).toContain(expected);
  });

  test.each(['["b1"]', 'b1 b2', 'b1,"b2"', '- b1', '{b1}', 'b1;“b2”'])(
    'a batch id never has white space, quotes or brackets in it: %s',
    (batchId) => {
      expect(complaintAbout({ 'batch-id': batchId })).toContain(
        ': it must be ids alone, one per line or separated by commas, without spaces, quotes or brackets.',
      );
    },
  );

  test.each<[string, string]>([
    ['batch-id', '"b1"'],
    ['target', '"agent/agent_1"'],
    ['timeout-minutes', "'30'"],
    ['report-json', '`r.json`'],
    ['compare-with', '“11”'],
  ])('%s in quotes is to be written without them: %s', (name, value) => {
    expect(complaintAbout({ [name]: value })).toContain(
      `\n${name} is "${value}": write it without the quotes.`,
    );
  });

  test('a key in quotes is refused, and not shown with or without them', () => {
    const quoted = { 'api-key': '"key_12345"' };
    expect(complaintAbout(quoted)).toContain('api-key (value not shown): write it without the quotes.');
    expect(valuesToMask(given(quoted))).toEqual(['"key_12345"', 'key_12345']);
  });

  test('a name, a label and a selector may stand in quotes', () => {
    expect(complaintAbout({ name: '"Night"', label: "'de'" })).toBe('accepted');
  });

  test('a key with a comma in it that was passed as batch-id is found before the value is split', () => {
    const redact = createRedactor(['key,with,commas_1']);
    const complaint = complaintAbout(
      { 'api-key': 'key,with,commas_1', 'batch-id': 'b1,key,with,commas_1' },
      redact,
    );
    expect(complaint).toBe(
      'An input is invalid; no request was sent.\nbatch-id is "b1,***": it holds api-key or github-token.',
    );
  });

  test.each([
    ['retell', 'agent_1', 'agent/agent_1'],
    ['retell', 'llm_1', 'retell-llm/llm_1'],
    ['retell', 'conversation_flow_1', 'conversation-flow/conversation_flow_1'],
    ['vapi', 'd2b0', 'assistant/d2b0 or squad/d2b0'],
  ])('%s: a target without its kind is told with it', (provider, target, expected) => {
    expect(complaintAbout({ 'batch-id': '', 'test-cases': 'a', provider, target })).toContain(
      `with the kind before the id: ${expected}.`,
    );
  });

  test('a branch without its kind is told with it', () => {
    const elevenlabs = { 'batch-id': '', 'test-cases': 'a', provider: 'elevenlabs', target: 'agent/a' };
    expect(complaintAbout({ ...elevenlabs, version: 'agtbrch_1' })).toContain(
      'it must be branch/agtbrch_1 for',
    );
  });

  test('every one of them is named at once, one a line', () => {
    const message = complaintAbout({
      provider: '',
      'api-key': '',
      'batch-id': '',
      'timeout-minutes': 'x',
      comment: 'x',
    });
    expect(message).toContain('5 inputs are invalid');
    for (const name of ['provider', 'api-key', 'timeout-minutes', 'comment'])
      expect(message).toContain(`${name} is`);
    expect(message).toContain('\nNeither test-cases nor batch-id is set');
    expect(message.split('\n').length).toBe(6);
  });

  const start = { 'batch-id': '', 'test-cases': '*', target: 'agent/agent_1' };
  test.each<[string, Record<string, string>, string]>([
    ['neither', { 'batch-id': '' }, 'Neither test-cases nor batch-id is set: give test-cases'],
    ['both', { 'test-cases': '*' }, 'test-cases and batch-id are both set: give test-cases'],
    ['no target', { ...start, target: '' }, 'target is empty: say what is under test at Retell (agent/ID'],
    [
      'a kind that the provider has not',
      { ...start, target: 'pathway/p' },
      'target is "pathway/p": it must be',
    ],
    ['a target of a given batch', { target: 'agent/a' }, 'target goes with test-cases only'],
    ['a version of a given batch', { version: '3' }, 'version goes with test-cases only'],
    ['a version that the provider has not', { ...start, version: 'production' }, 'version is "production"'],
    ['a selector that the provider has not', { ...start, 'test-cases': 'required:true' }, 'Retell has no'],
    ['only lines that exclude', { ...start, 'test-cases': '!a' }, 'test-cases only excludes'],
    ['both rules', { reruns: '3/5', repeat: '2/3' }, 'reruns and repeat do not go together'],
    ['a comparison of given batches', { 'compare-with': '11' }, 'compare-with goes with test-cases only.'],
    ['a mode where there are none', { ...start, mode: 'voice' }, 'mode: Retell has no modes to choose from.'],
    ['a mode of a given batch', { provider: 'vapi', mode: 'chat' }, 'mode goes with test-cases only'],
    ['a wrong version to compare with', { ...start, 'compare-with': 'x' }, 'compare-with is "x": it must be'],
    ['an earlier result of a given batch', { 'reuse-hours': '2' }, 'reuse-hours goes with test-cases only'],
    [
      'an earlier result and several runs',
      { ...start, 'reuse-hours': '2', repeat: '2/3' },
      'reuse-hours and repeat do not go together',
    ],
    [
      'an earlier result of a file',
      { ...start, 'reuse-hours': '2', 'target-config': 'a.json' },
      'reuse-hours and target-config do not go together',
    ],
    [
      'an earlier result at Bland',
      { ...start, provider: 'bland', target: 'pathway/p', 'reuse-hours': '.5' },
      'reuse-hours: an earlier result of Bland proves nothing, since its batches do not say which version they tested. Leave it out.',
    ],
    [
      'an earlier result at Vapi',
      { ...start, provider: 'vapi', target: 'assistant/a', 'test-cases': 'a', 'reuse-hours': '2' },
      'reuse-hours: an earlier result of Vapi proves nothing, since',
    ],
    ['new without anything older', { ...start, 'fail-on': 'new' }, 'fail-on: new needs compare-with'],
    [
      're-runs of a given Bland batch of which nobody knows the version',
      { provider: 'bland', reruns: '3/5' },
      'reruns and repeat of a given batch need version at Bland',
    ],
  ])('%s', (_, values, expected) => {
    expect(complaintAbout(values)).toContain(expected);
  });

  test('no hours are no reuse, whatever the provider is', () => {
    expect(complaintAbout({ 'reuse-hours': '0', provider: 'bland', repeat: '2/3', version: '4' })).toBe(
      'accepted',
    );
    expect(complaintAbout({ ...start, 'reuse-hours': '0.5' })).toBe('accepted');
  });

  describe('a configuration from a file', () => {
    const parts = { conversation_config: {}, platform_settings: {} };
    const start = {
      'batch-id': '',
      'test-cases': 'a',
      provider: 'elevenlabs',
      target: 'agent/a',
      'target-config': 'agent.json',
    };
    const read = (json: Record<string, unknown>): ConfigFile => ({
      kind: 'ok',
      value: { json, secrets: [] },
    });
    const sourceOf = (values: Record<string, string>, file: ConfigFile) =>
      parseInputs(given({ ...least, ...start, ...values }), undefined, file).batchSource;

    test('is tested in place of what is live, and may be compared with it', () => {
      expect(sourceOf({ 'compare-with': 'live' }, read(parts))).toMatchObject({
        target: { kind: 'agent', id: 'a' },
        config: { name: 'agent.json', json: parts },
        compareWith: { kind: 'live' },
      });
      const vapi = { provider: 'vapi', target: 'squad/1' };
      expect(sourceOf({ ...vapi, 'compare-with': 'live' }, read({ members: [] }))).toMatchObject({
        config: { name: 'agent.json', json: { members: [] } },
        compareWith: { kind: 'live' },
      });
    });

    test.each<[string, Record<string, string>, ConfigFile | undefined, string]>([
      [
        'a file that cannot be read',
        {},
        { kind: 'refused', problem: 'there is no such file' },
        'target-config is "agent.json": there is no such file.',
      ],
      [
        'a missing part',
        {},
        read({ conversation_config: {} }),
        'target-config is "agent.json": ElevenLabs needs conversation_config and platform_settings in it, each a JSON object, and platform_settings is missing.',
      ],
      [
        'a part that is none',
        {},
        read({ ...parts, conversation_config: [] }),
        'and conversation_config is none.',
      ],
      [
        'one that sets nothing at Vapi',
        { provider: 'vapi', target: 'assistant/1' },
        read({ id: 'a1', orgId: 'o1' }),
        'target-config is "agent.json": it sets nothing: it must hold the whole assistant or squad.',
      ],
      [
        'Retell',
        { provider: 'retell' },
        read({}),
        'target-config: a batch of Retell cannot take a configuration with it. Make a draft version',
      ],
      [
        'Bland',
        { provider: 'bland', target: 'pathway/a' },
        read({}),
        'target-config: a batch of Bland cannot take a configuration with it. Make a version of the pathway',
      ],
      [
        'a given batch',
        { 'batch-id': 'b', 'test-cases': '', target: '' },
        read(parts),
        'goes with test-cases only',
      ],
      ['a version too', { version: 'branch/b' }, read(parts), 'version and target-config do not go together'],
      [
        'live without it',
        { 'target-config': '', 'compare-with': 'live' },
        undefined,
        'live goes with target-config only',
      ],
      [
        'a version of what has none',
        { provider: 'vapi', target: 'assistant/1', 'compare-with': 'published' },
        read({}),
        'compare-with: Vapi has no versions to choose from.',
      ],
    ])('refuses %s', (_, values, file, problem) => {
      expect(() => sourceOf(values, file as ConfigFile)).toThrow(
        expect.objectContaining({ problems: expect.arrayContaining([expect.stringContaining(problem)]) }),
      );
    });
  });

  test('a target in quotes is one complaint', () => {
    expect(complaintAbout({ ...start, target: '"agent/a"' })).toBe(
      'An input is invalid; no request was sent.\ntarget is ""agent/a"": write it without the quotes.',
    );
  });

  test.each([
    [{ version: 'v12' }, ['version is "v12": check it, since no provider takes that.']],
    [{ version: '12' }, []],
    [{ target: 'agent' }, ['target is "agent": check it, since no provider takes that.']],
    [{ 'batch-id': 'b' }, ['test-cases and batch-id are both set']],
  ])('beside a wrong provider, what no provider takes is named too: %j', (values, more) => {
    const complaint = complaintAbout({ ...start, ...values, provider: 'retel' });
    const [, first, ...others] = complaint.split('\n');
    expect(first).toMatch(/^provider is "retel": /);
    expect(others).toEqual(more.map((text) => expect.stringContaining(text)));
  });

  test('at Bland test cases can be named by their ids alone', () => {
    expect(complaintAbout({ ...start, provider: 'bland', target: '' })).toBe('accepted');
  });

  const WHY = 'Secrets are not passed to workflows from forks and Dependabot.';
  test.each([
    ['retell', `pass the API key of Retell from a secret, like secrets.RETELL_API_KEY. ${WHY}`],
    ['bland', `pass the API key of Bland from a secret, like secrets.BLAND_API_KEY. ${WHY}`],
    ['nobody', `pass the provider's API key from a secret. ${WHY}`],
  ])('a missing key names the secret of %s', (provider, advice) => {
    expect(complaintAbout({ provider, 'api-key': ' ' })).toContain(`api-key is empty: ${advice}`);
  });

  test.each([
    ['api-key', 'key\nwith a line', 'it must be one word of plain characters'],
    ['api-key', 'two words of three', 'it must be one word of plain characters'],
    ['api-key', 'schlüssel', 'it must be one word of plain characters'],
    ['api-key', 'passed', 'it must have at least 8 characters.'],
    ['api-key', 'Bearer passed', 'it must have at least 8 characters.'],
    ['api-key', 'RETELL_API_KEY', 'it is the name of a secret and not its value: write it as $'],
    ['api-key', '$RETELL_API_KEY', 'it is the name of a secret and not its value: write it as $'],
    ['github-token', 'GITHUB_TOKEN', 'it is the name of a secret and not its value: write it as $'],
    ['github-token', 'ghs_1', 'it must have at least 8 characters.'],
    ['github-token', 'two\nlines', 'it must be one word of plain characters'],
  ])('%s %j is refused and not shown', (name, value, reason) => {
    const complaint = complaintAbout({ [name]: value });
    expect(complaint).toContain(`${name} (value not shown): ${reason}`);
    expect(complaint).not.toContain(value);
  });

  test.each([
    ['a.out', 'a.out'],
    ['a.out', './a.out'],
    ['a.out', 'x/../a.out'],
    ['a.out', `${process.cwd()}/a.out`],
  ])('two report files cannot be one: %s and %s', (json, junit) => {
    expect(complaintAbout({ 'report-json': json, 'report-junit': junit })).toContain(
      'report-json, report-junit, report-ctrf and report-html must be different files.',
    );
  });

  test('what belongs together is checked although other inputs are wrong', () => {
    const message = complaintAbout({ 'report-json': 'a', 'report-ctrf': 'a', comment: 'x' });
    expect(message).toMatch(
      /^2 inputs are invalid; no request was sent\.\ncomment is .*\n.* must be different files\.$/,
    );
  });
});

test('each input is required, has a default, or says what it means to leave it empty', () => {
  const ways = Object.entries<InputDefinition>(INPUTS).map(([name, entry]) => [
    name,
    [
      isRequired(entry),
      entry.default !== undefined,
      entry.expression !== undefined,
      entry.emptyMeans !== undefined,
    ].filter(Boolean).length,
  ]);
  expect(ways.filter(([, count]) => count !== 1)).toEqual([]);
});

test('the key is masked with and without its Bearer, and so is the token', () => {
  expect(valuesToMask(given({ 'api-key': 'Bearer org_12345', 'github-token': 'ghs_12345' }))).toEqual([
    'Bearer org_12345',
    'ghs_12345',
    'org_12345',
  ]);
  expect(valuesToMask(given({}))).toEqual([]);
  expect(valuesToMask(given({ 'api-key': 'passed' }))).toEqual([]);
});

test('a key of more characters than a message quotes, given as a target or a test case, is taken out before the cut', () => {
  const key = `org_${'0123456789abcdef'.repeat(6)}`;
  const message = complaintAbout(
    { 'api-key': key, 'batch-id': '', target: `agent ${key}`, 'test-cases': `x ${key}`, version: key },
    (text) => text.replaceAll(key, '***'),
  );
  expect(message).not.toContain('org_0123');
  expect(message).toContain('target is "agent ***"');
});
