/** Each example that starts a batch: its scripts and then the built action, with its own inputs, against the emulators. */
import { describe, expect, test } from 'vitest';
import { canRun, deployedBy, deployScripts, runScript } from '../docs/example-scripts.ts';
import { examples, type Job, MAJOR, readmeWorkflow, type WorkflowStep } from '../docs/workflow-files.ts';
import { startBland } from '../emulators/bland.ts';
import { startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT } from '../emulators/elevenlabs-bodies.ts';
import { startGitHub } from '../emulators/github.ts';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { manyDefinitions } from '../emulators/retell-definitions.ts';
import { startVapi, VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { pullRequestEvent, runStep } from './runner.ts';

const SUITE = {
  id: '00000000-0000-0000-0000-000000000002',
  name: 'Regression',
  simulationIds: recordedSimulations.slice(1).map(({ id }) => id),
};
const PATHWAY = 'e7575763-8f68-5232-8e7a-949df1cad4c9';
const NAMES = [
  'Booking by phone',
  'Booking twice',
  'Reminder',
  'Reminder at night',
  'Reminder on Sunday',
  'Load test 1',
];
interface Gate {
  readonly title: string;
  readonly job: Job;
  readonly step: WorkflowStep;
  readonly matrix: Readonly<Record<string, string>>;
}

const gates: Gate[] = [...examples, readmeWorkflow].flatMap(({ path, workflow }) =>
  Object.entries(workflow.jobs).flatMap(([id, job]) =>
    job.steps
      .filter(({ uses }) => uses === `OWNER/agent-test-gate@${MAJOR}`)
      .flatMap((step) =>
        (job.strategy?.matrix.include ?? [{}]).map((matrix) => ({
          title: [path, id, ...Object.values(matrix).slice(0, 1)].join(', '),
          job,
          step,
          matrix,
        })),
      ),
  ),
);

/** The commit that the workflow run tests, and the files that an example asks the user to commit. */
const TESTED = '5e0a1b2c3d4e5f60718293a4b5c6d7e8f9a0b1c2';
const COMMITTED = { '.github/quarantine.yml': 'quarantine: []\n' };

/** The value of an input, as the runner makes it. Throws where the example uses something that is not known here. */
function fill(text: string, known: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (expression, name: string) => {
    const value = known[name];
    if (value === undefined) throw new Error(`${expression} is not known.`);
    return value;
  });
}

test('every example but the first of two for forks has a gate that starts its batch', () => {
  expect(gates.length).toBe(examples.length - 1 + 3);
  expect(gates.filter(({ step }) => step.with?.['test-cases'] === undefined)).toEqual([]);
});

describe.skipIf(!canRun).concurrent('an example, word for word', () => {
  test.each(gates)('$title', async ({ title, job, step, matrix }) => {
    const definitions = manyDefinitions(NAMES.length, (index) => NAMES[index] ?? '');
    await using retell = await startRetell({
      definitions,
      speed: 50,
      agents: [
        DEFAULT_AGENT,
        ...Object.entries(matrix).flatMap(([name, id]) => (name === 'id' ? [{ ...DEFAULT_AGENT, id }] : [])),
      ],
    });
    await using bland = await startBland({ envelope: true, speed: 50 });
    await using github = await startGitHub({
      issues: { 7: {} },
      files: { main: COMMITTED, [TESTED]: COMMITTED },
    });
    const event = pullRequestEvent(7);
    const { pull_request: pull } = event.payload;
    const payload = {
      ...event.payload,
      pull_request: { ...pull, base: { ...pull.base, ref: 'main' } },
    };
    await using vapi = await startVapi({ speed: 50, suites: [SUITE] });
    await using elevenlabs = await startElevenLabs({ speed: 50 });
    const emulators = { retell, bland, vapi, elevenlabs };
    const deploy = job.steps.find(({ id }) => id === 'deploy')?.run;
    const deployed =
      deploy === undefined
        ? undefined
        : await runScript(
            { run: deploy },
            { AGENT: 'booking', PULL_REQUEST: '7' },
            deployScripts(`echo ${deployedBy(title).value}`),
          );
    const [, output = '', value = ''] = /^(\w+)=(.*)$/m.exec(deployed?.outputs ?? '') ?? [];

    const provider = step.with?.['provider'] as keyof typeof emulators;
    const known = {
      'secrets.RETELL_API_KEY': 'test-key',
      'secrets.BLAND_API_KEY': 'test-key',
      'secrets.VAPI_API_KEY': 'test-key',
      'secrets.ELEVENLABS_API_KEY': 'test-key',
      'vars.ELEVENLABS_AGENT_ID': ELEVENLABS_AGENT,
      'vars.RETELL_AGENT_ID': DEFAULT_AGENT.id,
      'vars.BLAND_PATHWAY_ID': PATHWAY,
      // As in the first night: there is no report yet.
      'steps.baseline.outputs.path': '',
      ...(deployed === undefined ? {} : { [`steps.deploy.outputs.${output}`]: value }),
      ...Object.fromEntries(Object.entries(matrix).map(([name, value]) => [`matrix.${name}`, value])),
    };
    const inputs = Object.fromEntries(
      Object.entries(step.with ?? {}).map(([name, value]) => [name, fill(String(value), known)]),
    );
    const { exitCode, outputs, log } = await runStep({
      event: { ...event, payload },
      env: { GITHUB_API_URL: github.url, GITHUB_GRAPHQL_URL: `${github.url}/graphql` },
      inputs: {
        ...inputs,
        comment: 'never',
        'api-url': emulators[provider].url,
        'poll-interval-seconds': '0.1',
      },
    });

    expect([exitCode, outputs['verdict']]).toEqual([0, 'passed']);
    expect(log).not.toMatch(/^::(?:error|warning)/m);
    const started = Object.values(emulators).flatMap((each) => each.started);
    expect(started.map(({ id }) => id)).toEqual([outputs['batch-id']]);
    const { request } = started[0] ?? {};
    // Version 4 of the agent runs on version 11 of its engine.
    if (provider === 'retell') expect(request).toMatchObject({ response_engine: { version: 11 } });
    if (provider === 'vapi') expect(request).toMatchObject({ target: { assistantId: VAPI_ASSISTANT } });
    if (provider === 'elevenlabs') expect(request).toMatchObject({ branch_id: 'branch_next' });
    if (provider === 'bland') expect(request?.['version_number']).toBe(deploy === undefined ? undefined : 4);
  });
});
