import { describe, expect, test } from 'vitest';
import { byLetters } from '../emulators/outcomes.ts';
import { startRetell } from '../emulators/retell.ts';
import { manyDefinitions } from '../emulators/retell-definitions.ts';
import { runStep } from './runner.ts';

/** The built action starts `count` test cases at Retell, of which some have letters like `FPPP`. */
async function gate(
  letters: Record<string, string>,
  { count, ...inputs }: { count: number } & Record<string, unknown>,
) {
  const definitions = manyDefinitions(count);
  const ids = definitions.map(({ test_case_definition_id: id }) => String(id));
  const byId = Object.fromEntries(Object.entries(letters).map(([nth, own]) => [ids[Number(nth)] ?? '', own]));
  await using retell = await startRetell({ definitions, created: byLetters(byId), speed: 50 });
  const ended = await runStep({
    inputs: {
      provider: 'retell',
      'api-key': 'test-key',
      'api-url': retell.url,
      target: 'agent/agent_5f0c2e9a7b1d',
      'test-cases': '*',
      'poll-interval-seconds': '0.1',
      'timeout-minutes': '0.5',
      comment: 'never',
      ...(inputs as Record<string, string>),
    },
  });
  return {
    ...ended,
    started: retell.started.map(({ testCases, id }) => ({
      id,
      cases: testCases.map((one) => ids.indexOf(one)),
    })),
    versions: retell.started.map(
      ({ request }) => (request['response_engine'] as { version: number }).version,
    ),
  };
}

describe.concurrent('the step starts its batches and repeats what is not decided', () => {
  test('flaky and broken are told apart: 3 of 5', async () => {
    const { exitCode, outputs, started, summary, log } = await gate(
      { 1: 'FPPP', 2: 'FPFPF' },
      { count: 4, reruns: '3/5' },
    );
    expect(started.map(({ cases }) => cases)).toEqual([[0, 1, 2, 3], [1, 2], [1, 2], [1, 2], [2]]);
    expect({ exitCode, ...outputs }).toMatchObject({
      exitCode: 1,
      verdict: 'failed',
      reason: '1 of 4 test cases failed.',
      total: '4',
      passed: '3',
      flaky: '1',
      failed: '1',
      runs: '11',
      'pass-rate': '0.5',
      'batch-id': started.map(({ id }) => id).join('\n'),
    });
    expect(summary).toContain('conversation_flow_3b21278178ed');
    expect(log).toContain('This step starts 4 runs first, and at most 20 in all.');
  });

  test('a failure that is not confirmed opens the gate, and is visible', async () => {
    const { exitCode, outputs, versions } = await gate(
      { 0: 'FPPP' },
      { count: 3, reruns: '3/5', 'max-flaky': '1' },
    );
    expect([exitCode, outputs['verdict'], outputs['flaky']]).toEqual([0, 'passed', '1']);
    expect(versions).toEqual([12, 12, 12, 12]);
  });

  test('more flaky test cases than allowed: red', async () => {
    const { exitCode, outputs } = await gate(
      { 0: 'FPP', 1: 'FPP' },
      { count: 8, reruns: '2/3', 'max-flaky': '1' },
    );
    expect([exitCode, outputs['verdict'], outputs['reason']]).toEqual([
      1,
      'failed',
      '2 of 8 test cases are flaky, and max-flaky allows at most 1.',
    ]);
  });

  test('a first round above max-runs starts nothing', async () => {
    const { exitCode, outputs, started } = await gate({}, { count: 4, repeat: '2/3', 'max-runs': '7' });
    expect([exitCode, outputs['verdict'], started]).toEqual([1, 'inconclusive', []]);
    expect(outputs['reason']).toMatch(
      /^test-cases selects 8 runs \(2 of each of 4 test cases\), and max-runs allows 7/,
    );
  });

  test('a failure on both versions is excused with fail-on: new, and named', async () => {
    const { exitCode, outputs, versions } = await gate(
      { 0: 'FF', 1: 'P' },
      { count: 3, version: 'latest', 'compare-with': 'published', 'fail-on': 'new' },
    );
    expect(versions).toEqual([12, 11]);
    expect([exitCode, outputs['verdict'], outputs['tolerated'], outputs['passed']]).toEqual([
      0,
      'passed',
      '1',
      '2',
    ]);
  });

  test('a failure on this version alone is red with fail-on: new', async () => {
    const { exitCode, outputs } = await gate(
      { 0: 'FP' },
      { count: 3, version: 'latest', 'compare-with': 'published', 'fail-on': 'new' },
    );
    expect([exitCode, outputs['verdict'], outputs['tolerated']]).toEqual([1, 'failed', '0']);
  });
});
