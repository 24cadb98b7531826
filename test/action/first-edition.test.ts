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
const never = { runs: [{}, { endsAt: Number.POSITIVE_INFINITY }], settlesAt: Number.POSITIVE_INFINITY };
const DAY = 86_400_000;

async function gateOnRetell(options: RetellOptions, inputs: Record<string, string> = {}) {
  await using retell = await startRetell(options);
  return seen(await runStep({ inputs: { ...quick, provider: 'retell', 'api-url': retell.url, ...inputs } }));
}

async function gateOnBland(options: BlandOptions, inputs: Record<string, string> = {}) {
  await using bland = await startBland(options);
  return seen(await runStep({ inputs: { ...quick, provider: 'bland', 'api-url': bland.url, ...inputs } }));
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

describe.concurrent('Retell', () => {
  test.each<[string, RetellOptions, Record<string, string>, string]>([
    [
      'passed',
      { batches: [{ id: 'b1', runs: many(4) }] },
      {},
      'exit 0 verdict=passed total=4 passed=4 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=1',
    ],
    [
      'failed',
      { batches: [{ id: 'b1', runs: [{}, { outcome: 'failed' }, { outcome: 'errored' }] }] },
      {},
      'exit 1 verdict=failed total=3 passed=1 failed=1 errored=1 cancelled=0 unfinished=0 pass-rate=0.3333',
    ],
    [
      'errored',
      { batches: [{ id: 'b1', runs: [{}, {}, { outcome: 'errored' }] }] },
      {},
      'exit 1 verdict=errored total=3 passed=2 failed=0 errored=1 cancelled=0 unfinished=0 pass-rate=0.6667',
    ],
    [
      'timed-out',
      { batches: [{ id: 'b1', ...never }] },
      { 'timeout-minutes': '0.02' },
      'exit 1 verdict=timed-out total=2 passed=1 failed=0 errored=0 cancelled=0 unfinished=1 pass-rate=0.5',
    ],
    [
      'inconclusive: no runs',
      { batches: [{ id: 'b1', runs: [] }] },
      { 'timeout-minutes': '0.02' },
      'exit 1 verdict=inconclusive total=0 passed=0 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=',
    ],
    [
      'inconclusive: missing runs',
      { batches: [{ id: 'b1', runs: many(3), announce: { total: 5, passed: 5 } }] },
      { 'timeout-minutes': '0.02' },
      'exit 1 verdict=inconclusive total=5 passed=3 failed=0 errored=0 cancelled=0 unfinished=2 pass-rate=0.6',
    ],
    [
      'inconclusive: an old batch',
      { batches: [{ id: 'b1', runs: many(2), createdAt: Date.now() - DAY }] },
      { 'max-batch-age-minutes': '60' },
      'exit 1 verdict=inconclusive total=2 passed=2 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=1',
    ],
    [
      'inconclusive: a refused key',
      { apiKey: 'another', batches: [] },
      {},
      'exit 1 verdict=inconclusive total=0 passed=0 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=',
    ],
    [
      'inconclusive: a wrong input',
      { batches: [] },
      { 'timeout-minutes': 'soon' },
      'exit 1 verdict=inconclusive total=0 passed=0 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=',
    ],
    [
      'two batches, by a comma',
      {
        batches: [
          { id: 'b1', runs: many(2) },
          { id: 'b2', runs: [{ outcome: 'failed' }] },
        ],
      },
      { 'batch-id': 'b1, b2' },
      'exit 1 verdict=failed total=3 passed=2 failed=1 errored=0 cancelled=0 unfinished=0 pass-rate=0.6667',
    ],
    [
      'report files',
      { batches: [{ id: 'b1', runs: many(3) }] },
      { 'report-json': 'r/report.json', 'report-junit': 'r/report.xml', 'report-ctrf': 'r/ctrf.json' },
      'exit 0 verdict=passed total=3 passed=3 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=1 report-json=r/report.json report-junit=r/report.xml report-ctrf=r/ctrf.json',
    ],
    [
      'every other input',
      { batches: [{ id: 'b1', runs: many(3) }] },
      {
        name: 'Booking',
        'timeout-minutes': '0.5',
        'max-batch-age-minutes': '60',
        transcripts: 'excerpt',
        annotations: 'false',
        'pull-request': '12',
        'github-token': '',
      },
      'exit 0 verdict=passed total=3 passed=3 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=1',
    ],
  ])('%s', async (_, options, inputs, expected) => {
    expect(await gateOnRetell(options, inputs)).toBe(expected);
  });

  test('a test case that is in a batch twice: the same verdict, and counted once, no longer by its runs', async () => {
    const twice = { testCaseId: 'test_case_1' };
    const batches = [{ id: 'b1', runs: [twice, { ...twice, outcome: 'failed' as const }, {}] }];
    // In the first edition: total=3 passed=2 failed=1 … pass-rate=0.6667
    expect(await gateOnRetell({ batches })).toBe(
      'exit 1 verdict=failed total=2 passed=1 failed=1 errored=0 cancelled=0 unfinished=0 pass-rate=1',
    );
  });

  test.skipIf(!HAS_SIGNALS)('cancelled: the workflow', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', ...never }] });
    using step = prepareStep({ inputs: { ...quick, provider: 'retell', 'api-url': retell.url } });
    const started = step.main();
    await started.line(/1 passed/);
    started.process.kill('SIGINT');
    expect(seen(await started.ended)).toBe(
      'exit 1 verdict=cancelled total=2 passed=1 failed=0 errored=0 cancelled=0 unfinished=1 pass-rate=0.5',
    );
  });
});

describe.concurrent('Bland', () => {
  test.each<[string, BlandOptions, Record<string, string>, string]>([
    [
      'passed',
      { batches: [{ id: 'b1', runs: many(4) }] },
      {},
      'exit 0 verdict=passed total=4 passed=4 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=1',
    ],
    [
      'passed, in envelopes',
      { envelope: true, batches: [{ id: 'b1', runs: many(2) }] },
      {},
      'exit 0 verdict=passed total=2 passed=2 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=1',
    ],
    [
      'failed',
      { batches: [{ id: 'b1', runs: [{}, { outcome: 'failed' }] }] },
      {},
      'exit 1 verdict=failed total=2 passed=1 failed=1 errored=0 cancelled=0 unfinished=0 pass-rate=0.5',
    ],
    [
      'errored',
      { batches: [{ id: 'b1', runs: [{}, { outcome: 'errored' }] }] },
      {},
      'exit 1 verdict=errored total=2 passed=1 failed=0 errored=1 cancelled=0 unfinished=0 pass-rate=0.5',
    ],
    [
      'errored: the batch alone',
      { batches: [{ id: 'b1', runs: [{}], outcome: 'errored' }] },
      {},
      'exit 1 verdict=errored total=1 passed=1 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=1',
    ],
    [
      'cancelled',
      { batches: [{ id: 'b1', runs: [{}, {}, { outcome: 'cancelled' }] }] },
      {},
      'exit 1 verdict=cancelled total=3 passed=2 failed=0 errored=0 cancelled=1 unfinished=0 pass-rate=0.6667',
    ],
    [
      'timed-out',
      { batches: [{ id: 'b1', ...never }] },
      { 'timeout-minutes': '0.02' },
      'exit 1 verdict=timed-out total=2 passed=1 failed=0 errored=0 cancelled=0 unfinished=1 pass-rate=0.5',
    ],
    [
      'inconclusive: no runs',
      { batches: [{ id: 'b1', runs: [] }] },
      { 'timeout-minutes': '0.02' },
      'exit 1 verdict=inconclusive total=0 passed=0 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=',
    ],
    [
      'inconclusive: a status that nobody knows',
      { batches: [{ id: 'b1', runs: [{}, { words: { ended: 'SKIPPED' } }] }] },
      { 'timeout-minutes': '0.02' },
      'exit 1 verdict=inconclusive total=2 passed=1 failed=0 errored=0 cancelled=0 unfinished=1 pass-rate=0.5',
    ],
    [
      'inconclusive: an unknown id',
      { batches: [] },
      {},
      'exit 1 verdict=inconclusive total=0 passed=0 failed=0 errored=0 cancelled=0 unfinished=0 pass-rate=',
    ],
  ])('%s', async (_, options, inputs, expected) => {
    expect(await gateOnBland(options, inputs)).toBe(expected);
  });
});

test('the comment, its address and its place', async () => {
  await using github = await startGitHub({ issues: { 7: {} } });
  await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}, { outcome: 'failed' }] }] });
  const { 'comment-url': address, ...ended } = (
    await runStep({
      inputs: { ...quick, comment: 'failures', provider: 'retell', 'api-url': retell.url },
      env: { GITHUB_API_URL: github.url, GITHUB_GRAPHQL_URL: `${github.url}/graphql` },
    })
  ).outputs;
  expect(seen({ exitCode: 1, outputs: ended })).toBe(
    'exit 1 verdict=failed total=2 passed=1 failed=1 errored=0 cancelled=0 unfinished=0 pass-rate=0.5',
  );
  expect(github.comments(7).map(({ html_url }) => html_url)).toEqual([address]);
  expect(github.comments(7)[0]?.body).toMatch(
    /^<!-- agent-test-gate [^\n]+-->\n## ❌ Agent tests \(Retell\)/,
  );
});
