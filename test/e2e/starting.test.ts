import { describe, expect, test } from 'vitest';
import { manyScenarios, startBland } from '../emulators/bland.ts';
import { WAYS_TO_LOSE } from '../emulators/losing.ts';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { manyDefinitions } from '../emulators/retell-definitions.ts';
import { startVapi, VAPI_ASSISTANT, type VapiOptions } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { prepareStep, runStep } from './runner.ts';

const AGENT = `agent/${DEFAULT_AGENT.id}`;
const PATHWAY = 'e7575763-8f68-5232-8e7a-949df1cad4c9';
const FLOW = 'conversation_flow_3b21278178ed';

const QUICK = { 'poll-interval-seconds': '0.1', 'timeout-minutes': '5', comment: 'never' };

const retellInputs = (url: string, inputs: Record<string, string>) => ({
  provider: 'retell',
  'api-key': 'test-key',
  'api-url': url,
  ...QUICK,
  ...inputs,
});

const vapiInputs = (url: string, inputs: Record<string, string>) => ({
  provider: 'vapi',
  'api-key': 'test-key',
  'api-url': url,
  target: `assistant/${VAPI_ASSISTANT}`,
  'test-cases': recordedSimulations.map(({ id }) => id).join('\n'),
  ...QUICK,
  ...inputs,
});

test.concurrent('a line with ! that takes nothing away is a warning, and the rest is tested', async () => {
  await using retell = await startRetell({ definitions: manyDefinitions(2) });
  const inputs = retellInputs(retell.url, { target: AGENT, 'test-cases': '*\n!Load test *' });
  const { exitCode, outputs, log } = await runStep({ inputs });
  expect([exitCode, outputs['total']]).toEqual([0, '2']);
  expect(log).toMatch(/^::warning::.*"!Load test \*".* matches none of the 2 test cases/m);
});

describe.concurrent('the mode and the number of runs at once at Vapi', () => {
  const starting = async (inputs: Record<string, string>, concurrency: VapiOptions['concurrency'] = {}) => {
    const [first, ...others] = recordedSimulations.map(({ id }) => id);
    let isRepeated = false;
    await using vapi = await startVapi({
      concurrency,
      created: (ids) => {
        const outcome = ids.includes(first ?? '') && !isRepeated ? 'failed' : 'passed';
        isRepeated = true;
        return { runs: ids.map((id) => ({ outcome: id === first ? outcome : 'passed' })) };
      },
    });
    const result = await runStep({ inputs: vapiInputs(vapi.url, { reruns: '1/2', ...inputs }) });
    expect(others.length).toBe(2);
    return { ...result, started: vapi.started.map(({ request }) => request['transport']) };
  };

  test('chat by default, and the report says it', async () => {
    const { exitCode, started, summary, log } = await starting({}, 404);
    expect([exitCode, started]).toEqual([0, Array.from({ length: 2 }, () => ({ provider: 'vapi.webchat' }))]);
    expect(summary).toContain(`assistant ${VAPI_ASSISTANT}, chat`);
    expect(log).not.toContain('at once');
  });

  test('voice, also in the re-run; how many waves it takes, and a warning that they do not fit', async () => {
    const { exitCode, started, log } = await starting(
      { mode: 'voice', 'timeout-minutes': '1' },
      { concurrencyLimit: 2 },
    );
    expect([exitCode, started]).toEqual([
      0,
      Array.from({ length: 2 }, () => ({ provider: 'vapi.websocket' })),
    ]);
    const lines = log.split('\n');
    const indexOf = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(indexOf('1 run at a time: about 3 waves.')).toBeGreaterThan(-1);
    const warning = lines[indexOf('probably do not end within timeout-minutes')];
    expect(warning).toMatch(/^::warning::3 runs, 1 at once, .*: 3 waves of 30 s or more take 1.5 minutes\./);
    expect(indexOf('probably do not end')).toBeLessThan(indexOf('Started batch'));
  });
});

describe.concurrent('the step starts a batch and gates on it', () => {
  test('at Retell: the id is an output, and the report says what was tested', async () => {
    const definitions = manyDefinitions(12, (index) => (index < 2 ? `Load test ${index}` : `Call ${index}`));
    await using retell = await startRetell({ definitions, speed: 50 });
    const { exitCode, outputs, log, summary } = await runStep({
      inputs: retellInputs(retell.url, {
        target: AGENT,
        version: 'published',
        'test-cases': '*\n!Load test *',
      }),
    });
    const [started] = retell.started;

    expect({ exitCode, verdict: outputs['verdict'], total: outputs['total'] }).toEqual({
      exitCode: 0,
      verdict: 'passed',
      total: '10',
    });
    expect(retell.started.length).toBe(1);
    expect(outputs['batch-id']).toBe(started?.id);
    expect(started?.request).toEqual({
      test_case_definition_ids: definitions.slice(2).map((each) => each.test_case_definition_id),
      response_engine: { type: 'conversation-flow', conversation_flow_id: FLOW, version: 11 },
    });
    const subject = `Front desk (${DEFAULT_AGENT.id}, version 4): conversation-flow ${FLOW} version 11`;
    expect(log).toContain(`Started batch ${started?.id}: 10 test cases on Front desk, version 4.`);
    expect(log.indexOf('Started batch')).toBeLessThan(log.indexOf('10 of 10'));
    expect(summary).toContain(`Tested ${subject} · 10 of 12 test cases selected`);
  });

  test('at Bland: a version of a pathway, by category', async () => {
    const scenarios = manyScenarios(3).map((each, index) => ({
      ...each,
      category: index === 0 ? 'SMOKE' : 'CUSTOM',
    }));
    await using bland = await startBland({ scenarios, envelope: true, speed: 50 });
    const { exitCode, outputs } = await runStep({
      inputs: {
        provider: 'bland',
        'api-key': 'test-key',
        'api-url': bland.url,
        ...QUICK,
        target: `pathway/${PATHWAY}`,
        version: '4',
        'test-cases': '*\n!category:SMOKE',
      },
    });
    expect([exitCode, outputs['verdict'], outputs['batch-id']]).toEqual([0, 'passed', bland.started[0]?.id]);
    expect(bland.started.map(({ request }) => request)).toEqual([
      { scenario_ids: scenarios.slice(1).map(({ id }) => id), version_number: 4 },
    ]);
  });

  test('a batch that Retell does not know for a moment after its start is waited for', async () => {
    await using retell = await startRetell({
      speed: 50,
      faults: ({ path, nth }) =>
        path.startsWith('/get-batch-test') && nth < 3 ? { kind: 'answer', status: 404 } : undefined,
    });
    const { exitCode, log } = await runStep({
      inputs: retellInputs(retell.url, { target: AGENT, 'test-cases': '*' }),
    });
    expect(exitCode).toBe(0);
    expect(log).toContain('was started just now and is not there yet: looking again.');
  });
});

describe.concurrent('an answer to the start that is lost', () => {
  const fault = (isStarted: boolean) =>
    WAYS_TO_LOSE.find((way) => way.isStarted === isStarted && way.name.startsWith('a reset before'))?.fault;
  const run = async (isStarted: boolean) => {
    await using retell = await startRetell({
      speed: 50,
      faults: ({ method }) => (method === 'POST' ? fault(isStarted) : undefined),
    });
    const ended = await runStep({
      inputs: retellInputs(retell.url, { target: AGENT, 'test-cases': '*' }),
    });
    return { ...ended, started: retell.started, posts: retell.count(/^POST /) };
  };

  test('is looked for in the list, and the batch is gated', async () => {
    const { exitCode, outputs, started, posts } = await run(true);
    expect([exitCode, outputs['verdict'], posts, started.length]).toEqual([0, 'passed', 1, 1]);
    expect(outputs['batch-id']).toBe(started[0]?.id);
  });

  test('and is not found: inconclusive, with the time of the attempt, and never a second start', async () => {
    const { exitCode, outputs, started, posts } = await run(false);
    expect([exitCode, outputs['verdict'], posts, started.length]).toEqual([1, 'inconclusive', 1, 0]);
    expect(outputs['reason']).toMatch(
      /A batch may have been started at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, and its list does not show one\./,
    );
  });
});

test.concurrent('more runs than allowed: nothing is started', async () => {
  await using retell = await startRetell();
  const inputs = { target: AGENT, 'test-cases': '*', 'max-runs': '4' };
  const { exitCode, outputs } = await runStep({ inputs: retellInputs(retell.url, inputs) });
  expect([exitCode, outputs['verdict']]).toEqual([1, 'inconclusive']);
  expect(outputs['reason']).toContain('test-cases selects 5 runs, and max-runs allows 4');
  expect([retell.count(/^POST /), retell.started.length, outputs['batch-id'] ?? '']).toEqual([0, 0, '']);
});

test.concurrent('a step that is killed right after the start: the id is an output, and the report after the job names it', async () => {
  await using retell = await startRetell({
    faults: ({ path }) => (path.startsWith('/get-batch-test') ? { kind: 'hang', when: 'before' } : undefined),
  });
  using step = prepareStep({
    inputs: retellInputs(retell.url, { target: AGENT, 'test-cases': '*' }),
  });
  const started = step.main();
  await retell.seen(({ path }) => path.startsWith('/get-batch-test'));
  started.process.kill('SIGKILL');
  const ended = await started.ended;
  const [batch] = retell.started;
  expect(batch?.id).toMatch(/^test_batch_/);
  expect(ended.outputs['batch-id']).toBe(batch?.id);

  const { exitCode, summary } = await step.post().ended;
  expect(exitCode).toBe(0);
  expect(summary).toContain(String(batch?.id));
});
