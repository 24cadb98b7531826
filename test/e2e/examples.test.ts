/** Each example that starts a batch: its scripts and then the built action, with its own inputs, against the emulators. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseInputs } from '../../src/inputs/parse-inputs.ts';
import type { ProviderName } from '../../src/providers/registry.ts';
import { canDeploy, checkout, runScript } from '../docs/example-scripts.ts';
import {
  examples,
  firstGate,
  type Job,
  MAJOR,
  recommended,
  type WorkflowStep,
} from '../docs/workflow-files.ts';
import { startBland } from '../emulators/bland.ts';
import { ELEVENLABS_AGENT } from '../emulators/elevenlabs-bodies.ts';
import { startGitHub } from '../emulators/github.ts';
import type { BatchEmulator } from '../emulators/playback.ts';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { manyDefinitions } from '../emulators/retell-definitions.ts';
import { startVapi, VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { KITS } from '../kits/kits.ts';
import { prepareStep, pullRequestEvent } from './runner.ts';

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
  'Trial: Spells the surname',
];
interface Gate {
  readonly title: string;
  readonly job: Job;
  readonly step: WorkflowStep;
  readonly matrix: Readonly<Record<string, string>>;
}

const gates: Gate[] = [...examples, firstGate, recommended].flatMap(({ path, workflow }) =>
  Object.entries(workflow.jobs).flatMap(([id, job]) =>
    job.steps
      .filter(({ uses }) => uses === `OWNER/agent-test-gate@${MAJOR}`)
      .flatMap((step) =>
        (job.strategy?.matrix.include ?? [{}]).map((matrix) => ({
          title: [path, id, step.id ?? '', ...Object.values(matrix).slice(0, 1)].join(', '),
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

/** What the file of `target-config` holds. */
const CONFIGS: Readonly<Record<string, unknown>> = {
  vapi: { name: 'Front desk', firstMessage: 'Hello' },
  elevenlabs: { conversation_config: {}, platform_settings: {} },
};

/** The value of an input, as the runner makes it. Throws where the example uses something that is not known here. */
function fill(text: string, known: Readonly<Record<string, string>>): string {
  return text
    .replaceAll('YOUR_AGENT_ID', DEFAULT_AGENT.id)
    .replaceAll(/\$\{\{ ([\w.-]+)(?: \|\| '(\w+)')? \}\}/g, (expression, name: string, other = '') => {
      const value = known[name];
      if (value === undefined) throw new Error(`${expression} is not known.`);
      return value === '' ? other : value;
    });
}

test('every example but the first of two for forks, the one that re-runs and the one that calls another has a gate that starts its batch', () => {
  // More than one: in matrix.yml, both-providers.yml and one-job.yml; two more are the README's.
  expect(gates.length).toBe(examples.length - 3 + 1 + 1 + 3 + 2);
  expect(gates.filter(({ step }) => step.with?.['test-cases'] === undefined)).toEqual([]);
});

const KNOWN = {
  'secrets.RETELL_API_KEY': 'test-key',
  'secrets.BLAND_API_KEY': 'test-key',
  'secrets.VAPI_API_KEY': 'test-key',
  'secrets.ELEVENLABS_API_KEY': 'test-key',
  'vars.ELEVENLABS_AGENT_ID': ELEVENLABS_AGENT,
  'vars.RETELL_AGENT_ID': DEFAULT_AGENT.id,
  'vars.BLAND_PATHWAY_ID': PATHWAY,
  'vars.VAPI_ASSISTANT_ID': VAPI_ASSISTANT,
  'github.event.pull_request.number': '7',
  'inputs.agent': DEFAULT_AGENT.id,
  'inputs.label': 'booking',
  // As in the first night: there is no report yet.
  'steps.baseline.outputs.path': '',
};
const inMatrix = ({ matrix }: Gate): Record<string, string> =>
  Object.fromEntries(Object.entries(matrix).map(([name, value]) => [`matrix.${name}`, value]));

const filled = (
  values: Readonly<Record<string, unknown>> = {},
  known: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(String(value), known)]));

/** The step that makes the version which this gate tests. */
function deployOf({ job, step }: Gate): WorkflowStep | undefined {
  const [, id] = /steps\.(deploy[\w-]*)\.outputs/.exec(JSON.stringify(step.with)) ?? [];
  return id === undefined ? undefined : job.steps.find((other) => other.id === id);
}

/** The step that deletes it. */
const cleanUpOf = ({ job }: Gate): WorkflowStep | undefined =>
  job.steps.find(({ name }) => name === 'Delete the draft');

/** The emulator of a gate's provider, with what the examples need to be there. */
function startProvider({ matrix, step }: Gate) {
  const definitions = manyDefinitions(NAMES.length, (index) => NAMES[index] ?? '');
  const own = Object.entries(matrix).flatMap(([name, id]) =>
    name === 'id' ? [{ ...DEFAULT_AGENT, id }] : [],
  );
  const withExamples: Partial<Record<ProviderName, () => Promise<BatchEmulator>>> = {
    retell: () => startRetell({ definitions, speed: 50, agents: [DEFAULT_AGENT, ...own] }),
    bland: () => startBland({ envelope: true, speed: 50 }),
    vapi: () => startVapi({ speed: 50, suites: [SUITE] }),
  };
  const name = step.with?.['provider'] as ProviderName;
  return withExamples[name]?.() ?? KITS[name].start({ speed: 50 });
}

/** Gates with the same inputs but for what the comment calls them, after the same steps, do the same. */
const differentGates = [
  ...new Map(
    gates.toReversed().map((gate) => {
      const { name: _, label: __, ...inputs } = gate.step.with ?? {};
      const { run, env } = deployOf(gate) ?? {};
      const key = JSON.stringify({ inputs, run, env, cleanUp: cleanUpOf(gate)?.run });
      return [key.replaceAll(/steps\.deploy-\w+/g, 'steps.deploy'), gate];
    }),
  ).values(),
];

/** The first gate with each script that deletes a draft: it is run after that one alone. */
const gatesByCleanUp = new Map(
  differentGates.toReversed().map((gate) => [cleanUpOf(gate)?.run, gate] as const),
);

describe.skipIf(!canDeploy).concurrent('an example, word for word', () => {
  test.each(differentGates)('$title', async (gate) => {
    const { title, step } = gate;
    const provider = step.with?.['provider'] as ProviderName;
    await using emulator = await startProvider(gate);
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
    const address = { [`${provider.toUpperCase()}_API_URL`]: emulator.url };
    const run = (script: string, env: Readonly<Record<string, string>>) =>
      runScript({ run: script }, { ...env, ...address }, checkout(title));

    const before = { ...KNOWN, ...inMatrix(gate) };
    const deploy = deployOf(gate);
    const deployed =
      deploy?.run === undefined ? undefined : await run(deploy.run, filled(deploy.env, before));
    const [, output = '', value = ''] = /^(\w+)=(.*)$/m.exec(deployed?.outputs ?? '') ?? [];
    const known = {
      ...before,
      ...(deployed === undefined ? {} : { [`steps.${deploy?.id}.outputs.${output}`]: value }),
    };

    using prepared = prepareStep({
      event: { ...event, payload },
      env: { GITHUB_API_URL: github.url, GITHUB_GRAPHQL_URL: `${github.url}/graphql` },
      inputs: {
        ...filled(step.with, known),
        comment: 'never',
        'api-url': emulator.url,
        'poll-interval-seconds': '0.1',
      },
    });
    const config = step.with?.['target-config'];
    const inline = config === undefined ? undefined : CONFIGS[provider];
    if (config !== undefined) {
      mkdirSync(join(prepared.workspace, dirname(String(config))), { recursive: true });
      writeFileSync(join(prepared.workspace, String(config)), JSON.stringify(inline));
    }
    const { exitCode, outputs, log } = await prepared.main().ended;

    expect([exitCode, outputs['verdict']]).toEqual([0, 'passed']);
    expect(log).not.toMatch(/^::(?:error|warning)/m);
    const { started, requests } = emulator;
    expect(started.map(({ id }) => id)).toEqual(outputs['batch-id']?.split('\n'));
    const { request } = started[0] ?? {};
    // The engine of the draft that was made, of the published version, or in the first gate of the latest one.
    const otherwise = step.with?.['version'] === 'published' ? 11 : 12;
    if (provider === 'retell')
      expect(request).toMatchObject({ response_engine: { version: value === '6' ? 13 : otherwise } });
    const live = { assistantId: VAPI_ASSISTANT };
    if (provider === 'vapi')
      expect(request).toMatchObject({ target: inline === undefined ? live : { assistant: inline } });
    if (provider === 'elevenlabs')
      expect(request).toMatchObject(
        inline === undefined ? { branch_id: value } : { agent_config_override: inline },
      );
    if (provider === 'bland') expect(request?.['version_number']).toBe(deploy === undefined ? undefined : 8);

    const cleanUp = cleanUpOf(gate);
    if (cleanUp?.run === undefined || gatesByCleanUp.get(cleanUp.run) !== gate) return;
    expect(await run(cleanUp.run, filled(cleanUp.env, known))).toMatchObject({ exitCode: 0, log: '' });
    expect(requests.at(-1)).toMatchObject({ method: 'DELETE', query: { version: '6' } });
  });
});

// Refused with the other inputs, so no process is started for it.
test.each(gates.filter(({ step }) => JSON.stringify(step.with).includes('steps.deploy')))(
  '$title: a misspelt step id gave an empty version, and the gate tested another one. The input is refused',
  (gate) => {
    const outputs = ['version', 'branch', 'assistant'];
    const empty = outputs.map((output) => [`steps.${deployOf(gate)?.id}.outputs.${output}`, '']);
    const known = { ...KNOWN, ...inMatrix(gate), ...Object.fromEntries(empty) };
    const inputs = filled(gate.step.with, known);
    const problem = expect.stringMatching(/version.*missing|branch\/|assistant\//);
    expect(() => parseInputs((name) => inputs[name] ?? '')).toThrow(
      expect.objectContaining({ problems: [problem] }),
    );
  },
);
