/** The scripts of the examples, run as the runner does, with `curl` sent to the emulators. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { startBland } from '../emulators/bland.ts';
import { startRetell } from '../emulators/retell.ts';
import { readSample } from '../emulators/samples.ts';
import { examples, type WorkflowStep } from './workflow-files.ts';

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const canRun = process.platform !== 'win32' && ['bash', 'curl', 'jq'].every(has);

const KEY = 'test-key';
const { test_case_definition_ids: testCases } = readSample<{ test_case_definition_ids: string[] }>(
  'retell__create-batch-test__request__conversation-flow',
);
const { scenarios } = readSample<{ scenarios: { id: string }[] }>('bland__list-scenarios__docs');

/** What a user would put under `env`. */
const VALUES: Readonly<Record<string, string>> = {
  RETELL_API_KEY: KEY,
  BLAND_API_KEY: KEY,
  CONVERSATION_FLOW_ID: 'conversation_flow_3b21278178ed',
  TEST_CASE_IDS: testCases.join(',\n  '),
  SCENARIO_IDS: scenarios.map(({ id }) => id).join(', '),
};

interface ScriptStep {
  readonly title: string;
  readonly step: WorkflowStep & { readonly run: string };
}

const steps: readonly ScriptStep[] = examples.flatMap(({ path, workflow }) =>
  Object.entries(workflow.jobs).flatMap(([job, { steps: all }]) =>
    all.flatMap((step) =>
      step.run === undefined
        ? []
        : [{ title: `${path}, ${job}, ${step.name}`, step: { ...step, run: step.run } }],
    ),
  ),
);
const starts = steps.filter(({ step }) => step.id === 'start');

describe.skipIf(!canRun)('the step that starts a batch', () => {
  test('is in every example that needs one', () => {
    expect(starts.length).toBe(examples.length);
  });

  test.each(starts)('starts one batch and hands over its id: $title', async ({ step }) => {
    await using providers = await startProviders();
    const ended = await runScript(step, { ...VALUES, ...providers.urls });
    expect(ended).toEqual({ exitCode: 0, log: '', outputs: expect.stringMatching(/^batch-id=\S+\n$/) });
    expect(providers.requests()).toBe(1);
    expect(await providers.knowsBatch(ended.outputs.replace(/^batch-id=|\n$/g, ''))).toBe(true);
  });

  test.each(starts)('ends red without an id when the key is refused: $title', async ({ step }) => {
    await using providers = await startProviders();
    const keys = { RETELL_API_KEY: 'other', BLAND_API_KEY: 'other' };
    const ended = await runScript(step, { ...VALUES, ...keys, ...providers.urls });
    expect(ended).toMatchObject({ exitCode: 1, outputs: '' });
    expect(ended.log).toContain('401');
  });

  test.each(starts)('says why there is no key: $title', async ({ step }) => {
    await using providers = await startProviders();
    const keys = { RETELL_API_KEY: '', BLAND_API_KEY: '' };
    const ended = await runScript(step, { ...VALUES, ...keys, ...providers.urls });
    expect(ended).toMatchObject({ exitCode: 1, outputs: '' });
    expect(ended.log).toMatch(/API_KEY: is empty/);
    expect(providers.requests()).toBe(0);
  });

  test.each(['', null, 7, 'one\nverdict=passed'])('takes no answer with the id %j', async (id) => {
    for (const { step } of starts) {
      await using providers = await startProviders(() => ({ test_case_batch_job_id: id, batch_id: id }));
      const ended = await runScript(step, { ...VALUES, ...providers.urls });
      expect(ended.outputs).toBe('');
      expect(ended.exitCode).not.toBe(0);
    }
  });
});

describe.skipIf(!canRun)('the status that forks-2-gate.yml sets', () => {
  const [setStatus] = steps.filter(({ step }) => step.name === 'Set the status');

  test.each([
    { OUTCOME: 'success', VERDICT: 'passed', state: 'success' },
    { OUTCOME: 'failure', VERDICT: 'failed', state: 'failure' },
    { OUTCOME: 'failure', VERDICT: 'passed', state: 'failure' },
    { OUTCOME: 'success', VERDICT: 'inconclusive', state: 'failure' },
    { OUTCOME: 'skipped', VERDICT: 'not started', state: 'failure' },
    { OUTCOME: '', VERDICT: '', state: 'failure' },
  ])('is $state for outcome "$OUTCOME" and verdict "$VERDICT"', async ({ state, ...env }) => {
    const ended = await runScript(setStatus!.step, {
      ...env,
      HEAD_SHA: 'abc',
      RUN_URL: 'https://example.com/1',
    });
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.log).toContain(`-f state=${state} -f description=Verdict: ${env.VERDICT}`);
  });
});

describe.skipIf(!canRun)('the issue that nightly.yml opens', () => {
  const [open] = steps.filter(({ step }) => step.name === 'Open an issue, or add to the open one');
  const title = 'Nightly agent tests did not pass';
  const own = { number: 12, title };

  const runNightly = (issues: readonly object[]) =>
    runScript(open!.step, {
      TITLE: title,
      GH_REPO: 'acme/clinic',
      VERDICT: 'failed',
      REASON: '1 of 3 runs failed: "$(id)" @acme',
      RUN_URL: 'https://example.com/1',
      ISSUES: JSON.stringify(issues),
    });

  test.each([
    ['no issue is open', []],
    ['another issue is open', [{ number: 3, title: 'Nightly agent tests' }]],
    ['only a pull request has the title', [{ ...own, pull_request: { url: 'https://example.com' } }]],
  ])('is new when %s', async (_, issues) => {
    const ended = await runNightly(issues);
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.log).toContain(`gh issue create --title ${title} --body Verdict: failed`);
    expect(ended.log).toContain('\n\n    1 of 3 runs failed: "$(id)" @acme\n\nhttps://example.com/1\n');
    expect(ended.log).not.toContain('gh issue comment');
  });

  test('opened every night: gh issue list --app found nothing of github-actions. One that is open gets a comment', async () => {
    const ended = await runNightly([{ ...own, number: 9, pull_request: {} }, own, { ...own, number: 8 }]);
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.log).toContain('gh issue comment 12 --body Verdict: failed');
    expect(ended.log).not.toContain('gh issue create');
  });

  test('is looked for among the open issues of github-actions only', async () => {
    const { log } = await runNightly([own]);
    expect(log).toMatch(
      /gh api --method GET --paginate repos\/acme\/clinic\/issues .*-f state=open .*-f creator=github-actions\[bot\]/,
    );
  });

  test('is not opened when the list cannot be read', async () => {
    const ended = await runScript(open!.step, { TITLE: title, GH_REPO: 'acme/clinic', ISSUES: 'no JSON' });
    expect(ended.exitCode).not.toBe(0);
    expect(ended.log).not.toContain('gh issue create');
  });
});

interface Ended {
  readonly exitCode: number | null;
  /** What the script printed, without the runner's own lines. */
  readonly log: string;
  /** What it wrote to GITHUB_OUTPUT. */
  readonly outputs: string;
}

/**
 * `curl` finds the emulator in place of the provider. `gh` says what it was asked for, and applies `--jq` to ISSUES, as
 * `gh api` does to an answer.
 */
const SHIMS: Readonly<Record<string, string>> = {
  curl: `#!/usr/bin/env bash
args=()
for arg in "$@"; do
  arg="\${arg/https:\\/\\/api.retellai.com/$RETELL_URL}"
  args+=("\${arg/https:\\/\\/api.bland.ai/$BLAND_URL}")
done
PATH="$REAL_PATH" exec curl "\${args[@]}"
`,
  gh: `#!/usr/bin/env bash
echo "gh $*" >&2
while [ $# -gt 0 ]; do
  if [ "$1" = --jq ]; then exec jq --raw-output "$2" <<< "$ISSUES"; fi
  shift
done
`,
};

async function runScript(step: { run: string }, env: Readonly<Record<string, string>>): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-gate-example-'));
  try {
    for (const [name, script] of Object.entries(SHIMS)) {
      writeFileSync(join(folder, name), script);
      chmodSync(join(folder, name), 0o755);
    }
    writeFileSync(join(folder, 'outputs'), '');
    const path = process.env['PATH'] ?? '';
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
      cwd: folder,
      env: {
        PATH: `${folder}:${path}`,
        REAL_PATH: path,
        GITHUB_OUTPUT: join(folder, 'outputs'),
        GITHUB_REPOSITORY: 'acme/clinic',
        RUNNER_TEMP: folder,
        ...env,
      },
    });
    const [exitCode, ...printed] = await Promise.all([
      new Promise<number | null>((done) => child.once('close', done)),
      text(child.stdout),
      text(child.stderr),
    ]);
    return { exitCode, log: printed.join(''), outputs: readFileSync(join(folder, 'outputs'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Both emulators; `rewrite` changes every answer. */
async function startProviders(rewrite?: () => unknown) {
  const faults = () => (rewrite === undefined ? undefined : { kind: 'rewrite' as const, change: rewrite });
  const retell = await startRetell({ apiKey: KEY, faults });
  const bland = await startBland({ apiKey: KEY, envelope: true, faults });
  const isThere = async (url: string, authorization: string): Promise<boolean> =>
    (await fetch(url, { headers: { authorization } })).ok;
  return {
    urls: { RETELL_URL: retell.url, BLAND_URL: bland.url },
    requests: () => retell.requests.length + bland.requests.length,
    knowsBatch: async (id: string): Promise<boolean> =>
      (await isThere(`${retell.url}/get-batch-test/${id}`, `Bearer ${KEY}`)) ||
      (await isThere(`${bland.url}/v1/agent-testing/batches/${id}`, KEY)),
    async [Symbol.asyncDispose]() {
      await retell.close();
      await bland.close();
    },
  };
}
