/**
 * Runs the built action the way GitHub's runner does: what `action.yml` names, with inputs as `INPUT_…` variables
 * and `action.yml`'s defaults filled in, the event in a file, and command files for outputs, state and summary.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where Node keeps the compiled bundle between the processes of a test run. */
const COMPILE_CACHE = join(root, 'node_modules/.cache/agent-test-gate');

interface Metadata {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly main: string; readonly post: string };
}

const metadata = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Metadata;

/**
 * Whether a process can be sent a signal that it handles. Windows has none: there `kill` ends the process at once,
 * whatever the signal is. Tests of what the action does after SIGINT or SIGTERM are skipped there.
 */
export const HAS_SIGNALS = process.platform !== 'win32';

export interface StepOptions {
  /** As under `with:`; defaults come from `action.yml`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Default `pull_request` for number 7 of a public repository. */
  readonly event?: { readonly name: string; readonly payload: unknown };
  /** More variables, or others; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Each line of the log as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Everything that the step printed. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** The job summary as Markdown. */
  readonly summary: string;
  /** Milliseconds. */
  readonly took: number;
}

/** One step of a job. `main` may be started once, `post` after it; the folder goes with `remove`. */
export interface Step {
  /** The workspace: relative paths of report files begin here. */
  readonly workspace: string;
  main(): Started;
  post(): Started;
  remove(): void;
  [Symbol.dispose](): void;
}

export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The first line of the log that matches, already there or still to come. */
  line(pattern: RegExp): Promise<string>;
}

export const pullRequestEvent = (number = 7, visibility = 'public') => ({
  name: 'pull_request',
  payload: {
    action: 'synchronize',
    number,
    pull_request: {
      number,
      head: { sha: '8d3c1f0a5b7e9d2c4f6a8b0c1d3e5f7a9b1c2d4e', repo: { full_name: 'acme/voice-agents' } },
      base: { repo: { full_name: 'acme/voice-agents' } },
    },
    repository: {
      name: 'voice-agents',
      full_name: 'acme/voice-agents',
      owner: { login: 'acme' },
      private: visibility !== 'public',
      visibility,
    },
  },
});

/** Prepares a step. `using step = prepareStep({ inputs: {…} }); await step.main().ended` */
export function prepareStep({ inputs, event = pullRequestEvent(), env = {}, onLine }: StepOptions): Step {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-gate-'));
  const workspace = join(folder, 'workspace');
  const file = (name: string): string => join(folder, name);
  mkdirSync(workspace);
  writeFileSync(file('event.json'), JSON.stringify(event.payload));
  for (const name of ['output', 'state', 'summary', 'post-summary']) writeFileSync(file(name), '');

  const start = (script: string, more: Readonly<Record<string, string>>): Started => {
    const started = performance.now();
    const child = spawn(process.execPath, [resolve(root, script)], {
      cwd: workspace,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: defined({
        PATH: process.env['PATH'],
        HOME: folder,
        // Not as on a runner, and only for speed: hundreds of tests start the same bundle.
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: workspace,
        RUNNER_TEMP: folder,
        GITHUB_EVENT_NAME: event.name,
        GITHUB_EVENT_PATH: file('event.json'),
        GITHUB_REPOSITORY: 'acme/voice-agents',
        GITHUB_REPOSITORY_OWNER: 'acme',
        GITHUB_SERVER_URL: 'https://github.com',
        // Nobody is there: a test that wants a comment brings its own GitHub.
        GITHUB_API_URL: 'http://127.0.0.1:9',
        GITHUB_GRAPHQL_URL: 'http://127.0.0.1:9/graphql',
        GITHUB_SHA: '5e0a1b2c3d4e5f60718293a4b5c6d7e8f9a0b1c2',
        GITHUB_REF: 'refs/pull/7/merge',
        GITHUB_RUN_ID: '1600000001',
        GITHUB_RUN_NUMBER: '41',
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_WORKFLOW: 'Agent tests',
        GITHUB_WORKFLOW_REF: 'acme/voice-agents/.github/workflows/agent-tests.yml@refs/pull/7/merge',
        GITHUB_JOB: 'gate',
        GITHUB_ACTION: '__agent-test-gate',
        GITHUB_OUTPUT: file('output'),
        GITHUB_STATE: file('state'),
        GITHUB_STEP_SUMMARY: file('summary'),
        ...inputVariables(inputs),
        ...more,
        ...env,
      }),
    });
    const follow = followLog(child, onLine);
    const ended = new Promise<Ended>((done) => {
      child.once('close', (exitCode, signal) => {
        follow.close();
        // A test that failed has not waited for its step.
        if (!existsSync(folder)) return;
        done({
          exitCode,
          signal,
          log: follow.text(),
          outputs: readCommandFile(file('output')),
          summary: readFileSync(more['GITHUB_STEP_SUMMARY'] ?? file('summary'), 'utf8'),
          took: performance.now() - started,
        });
      });
    });
    return { process: child, ended, line: follow.line };
  };

  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return {
    workspace,
    main: () => start(metadata.runs.main, {}),
    post: () => {
      const state = Object.entries(readCommandFile(file('state'))).map(([name, value]) => [
        `STATE_${name}`,
        value,
      ]);
      return start(metadata.runs.post, {
        GITHUB_STEP_SUMMARY: file('post-summary'),
        ...Object.fromEntries(state),
      });
    },
    remove,
    [Symbol.dispose]: remove,
  };
}

/** Prepares a step, runs its main part and cleans up. */
export async function runStep(options: StepOptions): Promise<Ended> {
  using step = prepareStep(options);
  return await step.main().ended;
}

function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  const defaults = Object.entries(metadata.inputs).map(([name, input]) => [name, input.default ?? '']);
  const values = {
    ...Object.fromEntries(defaults),
    'github-token': 'ghs_emulated',
    matrix: 'null',
    'check-run-id': '',
    ...inputs,
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      String(value),
    ]),
  );
}

function followLog(child: ChildProcess, onLine: (line: string) => void = () => undefined) {
  let text = '';
  let rest = '';
  const waiting = new Set<{ pattern: RegExp; found: (line: string) => void }>();
  const lines: string[] = [];
  const take = (line: string): void => {
    lines.push(line);
    onLine(line);
    for (const each of waiting) if (each.pattern.test(line)) each.found(line);
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      parts.forEach(take);
    });
  }
  return {
    text: () => text,
    close: () => {
      if (rest !== '') take(rest);
    },
    line: (pattern: RegExp) =>
      new Promise<string>((found) => {
        const seen = lines.find((line) => pattern.test(line));
        if (seen !== undefined) found(seen);
        else waiting.add({ pattern, found });
      }),
  };
}

/** `name<<delimiter`, the value, the delimiter: the format of the runner's command files. The last value counts. */
function readCommandFile(path: string): Record<string, string> {
  const values: Record<string, string> = {};
  const pattern = /^([^\n=]+)<<(\S+)\n([\s\S]*?)\n?\2$|^([^\n=]+)=(.*)$/gm;
  for (const [, name, , value, plainName, plainValue] of readFileSync(path, 'utf8').matchAll(pattern)) {
    values[name ?? plainName ?? ''] = value ?? plainValue ?? '';
  }
  return values;
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
