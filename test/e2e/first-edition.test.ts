/**
 * The first edition's inputs still give its verdicts and its outputs. Inputs, outputs and cases are those of version
 * 1.0.0 (README and `action.yml` of commit 0094d86); the values are what its `dist/` wrote. Only the wording of
 * `reason` has changed since, and a test case that is in a batch twice is counted once.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type BlandOptions, startBland } from '../emulators/bland.ts';
import { startGitHub } from '../emulators/github.ts';
import { type RetellOptions, startRetell } from '../emulators/retell.ts';
import { many } from '../emulators/timeline.ts';
import { HAS_SIGNALS, prepareStep, runStep } from './runner.ts';

const OUTPUTS = [
  'verdict',
  'reason',
  'total',
  'passed',
  'failed',
  'errored',
  'cancelled',
  'unfinished',
  'pass-rate',
  'comment-url',
  'report-json',
  'report-junit',
  'report-ctrf',
];

/** With their defaults; `undefined` where the first edition had none. */
const INPUTS = {
  provider: undefined,
  'api-key': undefined,
  'batch-id': undefined,
  name: undefined,
  'api-url': undefined,
  'timeout-minutes': '30',
  'poll-interval-seconds': '5',
  'max-batch-age-minutes': undefined,
  comment: 'always',
  transcripts: 'auto',
  annotations: 'true',
  'pull-request': undefined,
  'report-json': undefined,
  'report-junit': undefined,
  'report-ctrf': undefined,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's expression, as it stands in action.yml
  'github-token': '${{ github.token }}',
};

const quick = { 'api-key': 'test-key', 'batch-id': 'b1', 'poll-interval-seconds': '0.1', comment: 'never' };
const soon = { 'timeout-minutes': '0.02' };
const never = { runs: [{}, { endsAt: Number.POSITIVE_INFINITY }], settlesAt: Number.POSITIVE_INFINITY };
const failed = { outcome: 'failed' } as const;
const errored = { outcome: 'errored' } as const;
const DAY = 86_400_000;

/** A step with these batches and inputs, and what it writes. */
interface Scene<Options> {
  readonly options: Options;
  readonly inputs?: Record<string, string>;
  readonly expected: string;
}

/** The line of `seen`. */
function ends(
  verdict: string,
  counts: Partial<Record<'passed' | 'failed' | 'errored' | 'cancelled' | 'unfinished', number>>,
  passRate: number | '',
): string {
  const each = { passed: 0, failed: 0, errored: 0, cancelled: 0, unfinished: 0, ...counts };
  const total = Object.values(each).reduce((sum, one) => sum + one, 0);
  const outputs = Object.entries({ verdict, total, ...each, 'pass-rate': passRate });
  return [`exit ${verdict === 'passed' ? 0 : 1}`, ...outputs.map(([name, value]) => `${name}=${value}`)].join(
    ' ',
  );
}

const NOTHING = ends('inconclusive', {}, '');

async function gateOn(
  provider: 'retell' | 'bland',
  { url }: { url: string },
  inputs: Record<string, string> = {},
): Promise<string> {
  return seen(await runStep({ inputs: { ...quick, provider, 'api-url': url, ...inputs } }));
}

/** The exit code and the first edition's outputs, as one line: the rest is new, and `reason` may be worded anew. */
function seen({ exitCode, outputs }: { exitCode: number | null; outputs: Record<string, string> }): string {
  const old = OUTPUTS.filter((name) => name !== 'reason' && outputs[name] !== undefined);
  return [`exit ${exitCode}`, ...old.map((name) => `${name}=${outputs[name]}`)].join(' ');
}

describe('action.yml', () => {
  const now = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')) as {
    inputs: Record<string, { required: boolean; default?: string }>;
    outputs: Record<string, unknown>;
    runs: unknown;
  };

  test('has every input of the first edition with its default', () => {
    const defaults = Object.keys(INPUTS).map((name) => [name, now.inputs[name]?.default]);
    expect(Object.fromEntries(defaults)).toEqual(INPUTS);
    expect(Object.keys(now.inputs)).toEqual(expect.arrayContaining(Object.keys(INPUTS)));
  });

  test('requires no input that the first edition did not have', () => {
    const required = Object.entries(now.inputs).flatMap(([name, input]) => (input.required ? [name] : []));
    expect(['provider', 'api-key', 'batch-id']).toEqual(expect.arrayContaining(required));
  });

  test('has every output of the first edition, and its entry points', () => {
    expect(Object.keys(now.outputs)).toEqual(expect.arrayContaining(OUTPUTS));
    expect(now.runs).toEqual({
      using: 'node24',
      main: 'dist/index.js',
      post: 'dist/post.js',
      'post-if': 'always()',
    });
  });
});

/** What both providers can do. */
const BOTH: Record<string, Scene<RetellOptions & BlandOptions>> = {
  passed: { options: { batches: [{ id: 'b1', runs: many(4) }] }, expected: ends('passed', { passed: 4 }, 1) },
  failed: {
    options: { batches: [{ id: 'b1', runs: [{}, failed, errored] }] },
    expected: ends('failed', { passed: 1, failed: 1, errored: 1 }, 0.3333),
  },
  errored: {
    options: { batches: [{ id: 'b1', runs: [{}, {}, errored] }] },
    expected: ends('errored', { passed: 2, errored: 1 }, 0.6667),
  },
  'timed-out': {
    options: { batches: [{ id: 'b1', ...never }] },
    inputs: soon,
    expected: ends('timed-out', { passed: 1, unfinished: 1 }, 0.5),
  },
  'inconclusive: no runs': {
    options: { batches: [{ id: 'b1', runs: [] }] },
    inputs: soon,
    expected: NOTHING,
  },
  'inconclusive: an unknown id': { options: { batches: [] }, expected: NOTHING },
};

const RETELL: Record<string, Scene<RetellOptions>> = {
  ...BOTH,
  'inconclusive: missing runs': {
    options: { batches: [{ id: 'b1', runs: many(3), announce: { total: 5, passed: 5 } }] },
    inputs: soon,
    expected: ends('inconclusive', { passed: 3, unfinished: 2 }, 0.6),
  },
  'inconclusive: an old batch': {
    options: { batches: [{ id: 'b1', runs: many(2), createdAt: Date.now() - DAY }] },
    inputs: { 'max-batch-age-minutes': '60' },
    expected: ends('inconclusive', { passed: 2 }, 1),
  },
  'inconclusive: a refused key': { options: { apiKey: 'another', batches: [] }, expected: NOTHING },
  'inconclusive: a wrong input': {
    options: { batches: [] },
    inputs: { 'timeout-minutes': 'soon' },
    expected: NOTHING,
  },
  'two batches, by a comma': {
    options: {
      batches: [
        { id: 'b1', runs: many(2) },
        { id: 'b2', runs: [failed] },
      ],
    },
    inputs: { 'batch-id': 'b1, b2' },
    expected: ends('failed', { passed: 2, failed: 1 }, 0.6667),
  },
  'report files': {
    options: { batches: [{ id: 'b1', runs: many(3) }] },
    inputs: { 'report-json': 'r/report.json', 'report-junit': 'r/report.xml', 'report-ctrf': 'r/ctrf.json' },
    expected: `${ends('passed', { passed: 3 }, 1)} report-json=r/report.json report-junit=r/report.xml report-ctrf=r/ctrf.json`,
  },
  'every other input': {
    options: { batches: [{ id: 'b1', runs: many(3) }] },
    inputs: {
      name: 'Booking',
      'timeout-minutes': '0.5',
      'max-batch-age-minutes': '60',
      transcripts: 'excerpt',
      annotations: 'false',
      'pull-request': '12',
      'github-token': '',
    },
    expected: ends('passed', { passed: 3 }, 1),
  },
};

const BLAND: Record<string, Scene<BlandOptions>> = {
  ...BOTH,
  'passed, in envelopes': {
    options: { envelope: true, batches: [{ id: 'b1', runs: many(2) }] },
    expected: ends('passed', { passed: 2 }, 1),
  },
  'errored: the batch alone': {
    options: { batches: [{ id: 'b1', runs: [{}], outcome: 'errored' }] },
    expected: ends('errored', { passed: 1 }, 1),
  },
  cancelled: {
    options: { batches: [{ id: 'b1', runs: [{}, {}, { outcome: 'cancelled' }] }] },
    expected: ends('cancelled', { passed: 2, cancelled: 1 }, 0.6667),
  },
  'inconclusive: a status that nobody knows': {
    options: { batches: [{ id: 'b1', runs: [{}, { words: { ended: 'SKIPPED' } }] }] },
    inputs: soon,
    expected: ends('inconclusive', { passed: 1, unfinished: 1 }, 0.5),
  },
};

describe.concurrent('Retell', () => {
  test.each(Object.entries(RETELL))('%s', async (_, { options, inputs, expected }) => {
    await using retell = await startRetell(options);
    expect(await gateOn('retell', retell, inputs)).toBe(expected);
  });

  test('a test case that is in a batch twice: the same verdict, and counted once, no longer by its runs', async () => {
    const twice = { testCaseId: 'test_case_1' };
    await using retell = await startRetell({
      batches: [{ id: 'b1', runs: [twice, { ...twice, ...failed }, {}] }],
    });
    // In the first edition: total=3 passed=2 failed=1 … pass-rate=0.6667
    expect(await gateOn('retell', retell)).toBe(ends('failed', { passed: 1, failed: 1 }, 1));
  });

  test.skipIf(!HAS_SIGNALS)('cancelled: the workflow', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', ...never }] });
    using step = prepareStep({ inputs: { ...quick, provider: 'retell', 'api-url': retell.url } });
    const started = step.main();
    await started.line(/1 passed/);
    started.process.kill('SIGINT');
    expect(seen(await started.ended)).toBe(ends('cancelled', { passed: 1, unfinished: 1 }, 0.5));
  });
});

describe.concurrent('Bland', () => {
  test.each(Object.entries(BLAND))('%s', async (_, { options, inputs, expected }) => {
    await using bland = await startBland(options);
    expect(await gateOn('bland', bland, inputs)).toBe(expected);
  });
});

test('the comment, its address and its place', async () => {
  await using github = await startGitHub({ issues: { 7: {} } });
  await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}, failed] }] });
  const { 'comment-url': address, ...ended } = (
    await runStep({
      inputs: { ...quick, comment: 'failures', provider: 'retell', 'api-url': retell.url },
      env: { GITHUB_API_URL: github.url, GITHUB_GRAPHQL_URL: `${github.url}/graphql` },
    })
  ).outputs;
  expect(seen({ exitCode: 1, outputs: ended })).toBe(ends('failed', { passed: 1, failed: 1 }, 0.5));
  expect(github.comments(7).map(({ html_url }) => html_url)).toEqual([address]);
  expect(github.comments(7)[0]?.body).toMatch(/^## ❌ Agent tests \(Retell\)/);
});
