/** The scripts of the examples, run as the runner does. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readSample } from '../emulators/samples.ts';
import { VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { examples, root, type WorkflowStep } from './workflow-files.ts';

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;

/** Whether scripts can be run here. */
export const canRun = process.platform !== 'win32' && ['bash', 'jq'].every(has);
/** Whether the scripts that deploy can be run here. They are skipped where bash, jq or curl is missing, and on Windows. */
export const canDeploy = canRun && has('curl');

export interface ScriptStep {
  readonly title: string;
  readonly step: WorkflowStep & { readonly run: string };
}

/** Every script of every example. */
export const scriptSteps: readonly ScriptStep[] = examples.flatMap(({ path, workflow }) =>
  Object.entries(workflow.jobs).flatMap(([job, { steps: all }]) =>
    all.flatMap((step) =>
      step.run === undefined
        ? []
        : [{ title: `${path}, ${job}, ${step.name}`, step: { ...step, run: step.run } }],
    ),
  ),
);

/** What the script that deploys for an example prints, and the output that hands it on. */
export function deployedBy(title: string): { readonly output: string; readonly value: string } {
  if (/vapi/i.test(title)) return { output: 'assistant', value: VAPI_ASSISTANT };
  return /elevenlabs/i.test(title)
    ? { output: 'branch', value: 'branch_next' }
    : { output: 'version', value: '4' };
}

const DEPLOYING = ['retell.sh', 'bland.sh', 'elevenlabs.sh'];
/** What the user writes for Vapi. */
const USERS_OWN = 'scripts/deploy-assistant.sh';

/** Stand-ins for every script that deploys, each running `printed`. */
export const deployScripts = (printed: string): Record<string, string> =>
  Object.fromEntries(
    [...DEPLOYING.map((name) => `.github/deploy/${name}`), USERS_OWN].map((path) => [
      path,
      `#!/usr/bin/env bash\n${printed}\n`,
    ]),
  );

const retellFile = JSON.stringify(readSample('retell__update-conversation-flow__request'));
/** The checkout of somebody who has done what the examples say, and what workflows put into the temporary folder. */
export const checkout = (title: string): Record<string, string> => ({
  ...deployScripts(`echo ${deployedBy(title).value}`),
  ...Object.fromEntries(
    DEPLOYING.map((name) => [
      `.github/deploy/${name}`,
      readFileSync(join(root, 'docs/examples/deploy', name), 'utf8'),
    ]),
  ),
  'agent/retell.json': retellFile,
  'agent/booking.json': retellFile,
  'agent/reminder.json': retellFile,
  'retell.json': retellFile,
  'agent/bland.json': JSON.stringify(readSample('bland__create-pathway-version__request')),
  'agent/elevenlabs.json': JSON.stringify(readSample('elevenlabs__create-branch__request')),
});

export interface ScriptEnded {
  readonly exitCode: number | null;
  /** What the script printed, without the runner's own lines. */
  readonly log: string;
  /** What it wrote to GITHUB_OUTPUT. */
  readonly outputs: string;
}

/** `gh` says what it was asked for, and applies `--jq` to ISSUES, as `gh api` does to an answer. */
const SHIMS: Readonly<Record<string, string>> = {
  gh: `#!/usr/bin/env bash
echo "gh $*" >&2
while [ $# -gt 0 ]; do
  if [ "$1" = --jq ]; then exec jq --raw-output "$2" <<< "$ISSUES"; fi
  shift
done
`,
};

/** Runs a script as the runner does with `shell: bash`; `files` are those of the checkout, all executable. */
export async function runScript(
  step: { run: string },
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<ScriptEnded> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-gate-example-'));
  try {
    for (const [name, script] of Object.entries(SHIMS)) {
      writeFileSync(join(folder, name), script);
      chmodSync(join(folder, name), 0o755);
    }
    for (const [name, script] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), script);
      chmodSync(join(folder, name), 0o755);
    }
    writeFileSync(join(folder, 'outputs'), '');
    const path = process.env['PATH'] ?? '';
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
      cwd: folder,
      env: {
        PATH: `${folder}:${path}`,
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
