/** A pull request's own configuration, from the file to every place that a report reaches: the built action and command line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT, recordedTests } from '../emulators/elevenlabs-bodies.ts';
import type { BatchScript } from '../emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { startCli } from './cli-process.ts';
import { prepareStep } from './runner.ts';

const SECRET = 'sk_live_Zq7Wm2Xr9Kp4';
const ASSISTANT = { name: 'Front desk', server: { url: 'https://example.com', secret: SECRET } };
const OVERRIDE = { conversation_config: { agent: {} }, platform_settings: {} };
const QUICK = { 'api-key': 'test-key', 'poll-interval-seconds': '0.1', 'timeout-minutes': '5' };
const COMMIT = '8d3c1f0';
const FILES = { 'report-json': 'r.json', 'report-junit': 'r.xml', 'report-html': 'r.html' };
const [first, second] = recordedSimulations.map(({ id }) => id);

/** Runs the step with `config` as agent.json, at Vapi unless the inputs say otherwise. */
async function stepWith(config: unknown, inputs: Readonly<Record<string, string>>) {
  using step = prepareStep({
    inputs: {
      provider: 'vapi',
      target: `assistant/${VAPI_ASSISTANT}`,
      'test-cases': `${first}\n${second}`,
      'target-config': 'agent.json',
      comment: 'never',
      ...QUICK,
      ...inputs,
    },
  });
  writeFileSync(join(step.workspace, 'agent.json'), JSON.stringify(config));
  const ended = await step.main().ended;
  const files = Object.entries(FILES).flatMap(([input, name]) =>
    inputs[input] === undefined ? [] : readFileSync(join(step.workspace, name), 'utf8'),
  );
  return { ...ended, files };
}

/** Every batch: the first test case fails, and says the secret. */
const failing = (ids: readonly string[]): Pick<BatchScript, 'runs'> => ({
  runs: ids.map((id) => ({
    outcome: id === first || id === recordedTests[0]?.id ? ('failed' as const) : ('passed' as const),
    explanation: `It said ${SECRET} aloud`,
  })),
});

describe.concurrent('the configuration of a file is tested', () => {
  test('at Vapi: file and commit are named, its secret is shown nowhere, and what is live fails, too', async () => {
    await using vapi = await startVapi({ created: failing });
    const { exitCode, outputs, log, summary, files } = await stepWith(ASSISTANT, {
      ...{ 'api-url': vapi.url, transcripts: 'full', ...FILES },
      ...{ 'compare-with': 'live', 'fail-on': 'new' },
    });
    expect([exitCode, outputs['verdict'], outputs['tolerated']]).toEqual([0, 'passed', '1']);
    expect(vapi.started.map(({ request }) => request['target'])).toEqual([
      { type: 'assistant', assistant: ASSISTANT },
      { type: 'assistant', assistantId: VAPI_ASSISTANT },
    ]);
    const subject = `assistant ${VAPI_ASSISTANT} as in agent.json at ${COMMIT}, chat`;
    for (const text of [log, summary.replaceAll('\u200b', ''), files[0]]) expect(text).toContain(subject);
    expect(log).toContain('Comparing 1 test case with the live assistant.');
    const shown = [log.replace(/^::add-mask::.*$/gm, ''), summary, ...files, JSON.stringify(outputs)];
    expect(shown.filter((text) => text.includes(SECRET))).toEqual([]);
    expect(log).toContain(`::add-mask::${SECRET}`);
    expect(files[0]).toContain('It said *** aloud');
  });

  test('at Vapi: a run that says it tested what is live is not what was started', async () => {
    await using vapi = await startVapi({
      created: (ids) => ({
        runs: ids.map(() => ({})),
        fields: { target: { type: 'assistant', assistantId: VAPI_ASSISTANT } },
      }),
    });
    const { exitCode, outputs } = await stepWith(ASSISTANT, { 'api-url': vapi.url });
    expect([exitCode, outputs['verdict']]).toEqual([1, 'inconclusive']);
    expect(outputs['reason']).toContain('and an inline assistant was asked for');
  });

  test('at Vapi: a start whose answer is lost is found, and no list proves whose file it tests', async () => {
    await using vapi = await startVapi({
      faults: ({ method, nth }) => {
        const then = { kind: 'answer', status: 503 } as const;
        return method === 'POST' && nth === 1 ? { kind: 'done-but', then } : undefined;
      },
    });
    const { exitCode, outputs } = await stepWith(ASSISTANT, { 'api-url': vapi.url });
    expect([exitCode, outputs['verdict'], outputs['batch-id']]).toEqual([
      1,
      'inconclusive',
      vapi.started[0]?.id,
    ]);
    expect(outputs['reason']).toContain("Vapi's lists do not say what it tests");
    expect(vapi.started.length).toBe(1);
  });

  test('at ElevenLabs: in the re-run as well, and not in the comparison', async () => {
    await using elevenlabs = await startElevenLabs({ created: failing });
    const { exitCode, outputs } = await stepWith(OVERRIDE, {
      ...{ provider: 'elevenlabs', 'api-url': elevenlabs.url, target: `agent/${ELEVENLABS_AGENT}` },
      ...{ 'test-cases': '*', reruns: '1/2', 'compare-with': 'live', 'fail-on': 'new' },
    });
    expect([exitCode, outputs['verdict'], outputs['tolerated']]).toEqual([0, 'passed', '1']);
    const overrides = elevenlabs.started.map(({ request }) => request['agent_config_override']);
    expect(overrides).toEqual([OVERRIDE, OVERRIDE, undefined, undefined]);
  });

  test('by the command line: the plan names the file, and a refusal of the provider is one sentence', async () => {
    await using vapi = await startVapi();
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const with_ = (name: string, config: unknown): readonly string[] => {
      writeFileSync(join(folder, name), JSON.stringify(config));
      const options = { provider: 'vapi', 'api-url': vapi.url, target: `assistant/${VAPI_ASSISTANT}` };
      const all = { ...options, 'test-cases': first ?? '', 'target-config': name };
      return Object.entries(all).flatMap(([option, value]) => [`--${option}`, value]);
    };
    const planned = await startCli(['plan', ...with_('agent.json', ASSISTANT)], { cwd: folder }).ended;
    expect([planned.exitCode, planned.stdout]).toEqual([
      0,
      expect.stringContaining(`assistant ${VAPI_ASSISTANT} as in agent.json, chat`),
    ]);
    const refused = await startCli(['run', ...with_('id.json', { id: SECRET, apiKey: SECRET })], {
      cwd: folder,
    }).ended;
    expect([refused.exitCode, refused.stdout]).toEqual([
      2,
      expect.stringContaining(
        'target.assistant.property id should not exist). Check target-config (id.json) and test-cases.',
      ),
    ]);
    expect(refused.stdout + refused.stderr).not.toContain(SECRET);
  });
});
