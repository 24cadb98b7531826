import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBland } from '../emulators/bland.ts';
import type { Fault } from '../emulators/faults.ts';
import { startRetell } from '../emulators/retell.ts';
import { gateOn, startEventGitHub } from './bad-day.ts';
import { prepareStep, pullRequestEvent, runStep, type Step } from './runner.ts';

const KEY = 'sk_live_Zq7Wm2Xr9Kp4Vt6Ny8Bd3Hc5';
const PIECE = 8;

/** What nobody may see: every 8 characters in a row of a secret that a text holds, whatever their case. */
function piecesOf(text: string, ...secrets: readonly string[]): string[] {
  const lower = text.toLowerCase();
  return secrets
    .flatMap((secret) => Array.from(secret, (_, start) => secret.toLowerCase().slice(start, start + PIECE)))
    .filter((piece) => piece.length === PIECE && lower.includes(piece));
}

/** Everything that leaves a step, except the lines that tell the runner what to mask. */
function published(log: string, ...more: string[]): string {
  return [log.replace(/^::add-mask::.*$/gm, ''), ...more].join('\n');
}

const FILES = {
  'report-json': 'r.json',
  'report-junit': 'r.xml',
  'report-ctrf': 'c.json',
  'report-html': 'r.html',
};
const filesOf = ({ workspace }: Step): string[] =>
  Object.values(FILES).map((name) => readFileSync(join(workspace, name), 'utf8'));

describe.concurrent('the key in the words of the provider', () => {
  test('of Retell: in no log, summary, output, annotation, comment or file', async () => {
    await using retell = await startRetell({
      apiKey: KEY,
      batches: [
        {
          id: 'b1',
          runs: [
            { name: `Says ${KEY} aloud`, explanation: `The agent gave ${KEY} away`, outcome: 'failed' },
            { name: `Sometimes ${encodeURIComponent(KEY)}`, outcome: 'errored', explanation: KEY },
            {
              outcome: 'failed',
              transcript: [
                { role: 'agent', content: `My key is ${KEY}.` },
                { role: 'tool_call_invocation', tool_call_id: '1', name: KEY, arguments: `{"key":"${KEY}"}` },
                { role: 'tool_call_result', tool_call_id: '1', content: Buffer.from(KEY).toString('base64') },
              ],
            },
            { words: { ended: KEY } },
          ],
          fields: {
            response_engine: { type: 'retell-llm', llm_id: KEY, version: 1 },
          },
        },
      ],
    });
    await using github = await startEventGitHub();
    using step = prepareStep({
      inputs: gateOn('retell', retell, {
        'api-key': KEY,
        comment: 'always',
        transcripts: 'excerpt',
        name: `Gate of ${KEY}`,
        'timeout-minutes': '0.05',
        ...FILES,
      }),
      event: pullRequestEvent(7, 'private'),
      env: { GITHUB_API_URL: github.url, RUNNER_DEBUG: '1' },
    });
    const { log, summary, outputs } = await step.main().ended;
    const [comment] = github.comments(7);
    expect(outputs['verdict']).toBe('failed');
    expect(summary).toContain('***');
    expect(comment?.body).toContain('***');
    const all = published(log, summary, JSON.stringify(outputs), comment?.body ?? '', ...filesOf(step));
    expect(piecesOf(all, KEY)).toEqual([]);
    expect(all).not.toContain(Buffer.from(KEY).toString('base64').slice(0, 20));
  });

  test('of Bland: in no log, summary, output, annotation, comment or file', async () => {
    await using bland = await startBland({
      apiKey: KEY,
      batches: [
        {
          id: 'b1',
          runs: [
            {
              name: `Says ${KEY}`,
              outcome: 'failed',
              explanation: `It failed with ${KEY}`,
              assertions: [{ passed: false, type: 'contains', target: KEY, expected: KEY, reasoning: KEY }],
              transcript: [{ role: 'assistant', content: `My key is ${KEY}.` }],
            },
          ],
        },
      ],
    });
    await using github = await startEventGitHub();
    using step = prepareStep({
      inputs: gateOn('bland', bland, {
        'api-key': KEY,
        comment: 'always',
        transcripts: 'excerpt',
        ...FILES,
      }),
      env: { GITHUB_API_URL: github.url, RUNNER_DEBUG: '1' },
    });
    const { log, summary, outputs } = await step.main().ended;
    const [comment] = github.comments(7);
    expect(outputs['verdict']).toBe('failed');
    expect(summary).toContain('***');
    const all = published(log, summary, JSON.stringify(outputs), comment?.body ?? '', ...filesOf(step));
    expect(piecesOf(all, KEY)).toEqual([]);
  });
});

test.concurrent('a key that is the id of a run and of an assertion, with encoded soft hyphens in it', async () => {
  const hidden = [...KEY].join('\u00ad');
  const rewritten = (body: unknown): unknown => {
    const batch = body as { runs?: Record<string, unknown>[] };
    for (const run of batch.runs ?? []) {
      run['id'] = hidden;
      run['assertion_results'] = [{ assertion_id: KEY, passed: false, message: `${'x'.repeat(290)}${KEY}` }];
    }
    return body;
  };
  await using bland = await startBland({
    apiKey: KEY,
    batches: [{ id: 'b1', runs: [{ outcome: 'failed' }] }],
    faults: () => ({ kind: 'rewrite', change: rewritten }),
  });
  using step = prepareStep({
    inputs: gateOn('bland', bland, { 'api-key': KEY, transcripts: 'excerpt', ...FILES }),
    env: { RUNNER_DEBUG: '1' },
  });
  const { log, summary, outputs } = await step.main().ended;
  expect(outputs['verdict']).toBe('failed');
  const all = published(log, summary, JSON.stringify(outputs), ...filesOf(step));
  const encoded = [hidden, encodeURIComponent(hidden)];
  expect(piecesOf(all, KEY, ...encoded)).toEqual([]);
});

const answer = (status: number, body: unknown): Fault => ({ kind: 'answer', status, body });

describe.concurrent('the key in an answer that is no report', () => {
  test.each<[string, Fault]>([
    [
      'an error message that is cut in the middle of it',
      answer(400, { message: `${'x'.repeat(180)}${KEY}` }),
    ],
    ['an error object', answer(400, { message: { header: `Bearer ${KEY}` } })],
    [
      'a page that is cut in the middle of it',
      answer(200, `This request is not authorized: "Bearer ${KEY}" is not known.`),
    ],
    ['another batch', answer(200, { ...batch(), test_case_batch_job_id: KEY })],
    [
      'a redirect',
      { kind: 'answer', status: 302, headers: { location: `http://${KEY}.example.com/` }, body: '' },
    ],
  ])('%s', async (_, fault) => {
    await using retell = await startRetell({ apiKey: KEY, batches: [], faults: () => fault });
    const { log, summary, outputs, exitCode } = await runStep({
      inputs: gateOn('retell', retell, { 'api-key': KEY, 'timeout-minutes': '0.02' }),
      env: { RUNNER_DEBUG: '1' },
    });
    expect(exitCode).toBe(1);
    expect(piecesOf(published(log, summary, JSON.stringify(outputs)), KEY)).toEqual([]);
  });
});

function batch() {
  const counts = { pass_count: 0, fail_count: 0, error_count: 0, total_count: 1 };
  return { status: 'in_progress', ...counts };
}

describe.concurrent('the key in the wrong input', () => {
  // Each input is in one of the steps: every wrong one is named at once.
  test.each<[string, Record<string, string>]>([
    [
      'whole, or as a part of an address',
      {
        ...{ comment: KEY, 'timeout-minutes': KEY, 'api-url': `https://user:${KEY}@api.example.com` },
        ...{ 'pull-request': [...KEY].join('\u200b'), 'batch-id': KEY },
      },
    ],
    [
      'cut, in a query, or twice',
      {
        ...{ comment: `${'x'.repeat(60)}${KEY}`, 'api-url': `https://api.example.com/?key=${KEY}` },
        'batch-id': `${KEY},${KEY}2`,
      },
    ],
  ])('%s', async (_, wrong) => {
    await using retell = await startRetell({ apiKey: KEY, batches: [] });
    const { log, summary, outputs, exitCode } = await runStep({
      inputs: gateOn('retell', retell, { 'api-key': KEY, ...wrong }),
      env: { RUNNER_DEBUG: '1' },
    });
    expect(exitCode).toBe(1);
    for (const name of Object.keys(wrong)) expect(outputs['reason']).toMatch(new RegExp(`\\b${name}\\b`));
    expect(piecesOf(published(log, summary, JSON.stringify(outputs)), KEY)).toEqual([]);
  });

  test('a key that is part of the token, or the other way round, leaves nothing of either', async () => {
    await using retell = await startRetell({ apiKey: 'ghs_short', batches: [] });
    const { log, summary, outputs } = await runStep({
      inputs: gateOn('retell', retell, {
        'api-key': 'ghs_short',
        'github-token': 'ghs_short_and_Zq7Wm2Xr',
        'batch-id': 'ghs_short_and_Zq7Wm2Xr',
      }),
    });
    const all = published(log, summary, JSON.stringify(outputs));
    expect(piecesOf(all, 'ghs_short_and_Zq7Wm2Xr')).toEqual([]);
  });
});

test.concurrent('the token in the words of GitHub, whole and cut, is shown nowhere', async () => {
  await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
  await using github = await startEventGitHub();
  const token = 'ghs_Zq7Wm2Xr9Kp4Vt6Ny8Bd3Hc5';
  github.fail({
    fault: answer(403, { message: `Bad token ${token} ${'x'.repeat(100)}${token}` }),
    times: Number.POSITIVE_INFINITY,
  });
  const { log, summary, exitCode } = await runStep({
    inputs: gateOn('retell', retell, { comment: 'always', 'github-token': token }),
    env: { RUNNER_DEBUG: '1', GITHUB_API_URL: github.url },
  });
  expect(exitCode).toBe(0);
  expect(log).toMatch(/^::warning::.+403/m);
  expect(piecesOf(published(log, summary), token)).toEqual([]);
});
