/** Runs the built command line as a shell does: arguments, environment, two streams, an exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const CLI = join(root, 'dist/cli.js');

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The working folder; a new one that goes with the process if absent. */
  readonly cwd?: string;
  /** Script of a shell that starts it, as `"$@"`. */
  readonly shell?: string;
  /** Whether somebody reads standard output; true if absent. */
  readonly isRead?: boolean;
}

export interface CliEnded {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds. */
  readonly took: number;
}

export interface CliStarted {
  readonly process: ChildProcess;
  readonly ended: Promise<CliEnded>;
  /** Resolves as soon as standard error has such a text. */
  says(pattern: RegExp): Promise<void>;
}

/** A key for every provider: the emulators take `test-key`. */
const KEYS = Object.fromEntries(
  ['RETELL', 'BLAND', 'VAPI', 'ELEVENLABS'].map((name) => [`${name}_API_KEY`, 'test-key']),
);

export function startCli(
  args: readonly string[],
  { env = {}, cwd, shell, isRead = true }: CliOptions = {},
): CliStarted {
  const folder = cwd ?? mkdtempSync(join(tmpdir(), 'agent-test-gate-cli-'));
  const started = performance.now();
  const program = [process.execPath, CLI, ...args] as const;
  const [command, ...rest] = shell === undefined ? program : (['sh', '-c', shell, 'sh', ...program] as const);
  const child = spawn(command, rest, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: Object.fromEntries(
      Object.entries({
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/agent-test-gate'),
        ...KEYS,
        ...env,
      }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  });
  let [stdout, stderr] = ['', ''];
  const waiting = new Set<{ pattern: RegExp; found: () => void }>();
  if (isRead) {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
  } else child.once('exit', () => child.stdout.destroy());
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    for (const each of waiting) if (each.pattern.test(stderr)) each.found();
  });
  const ended = new Promise<CliEnded>((done) => {
    child.once('close', (exitCode) => {
      if (cwd === undefined) rmSync(folder, { recursive: true, force: true });
      done({ exitCode, stdout, stderr, took: performance.now() - started });
    });
  });
  return {
    process: child,
    ended,
    says: (pattern) =>
      new Promise((found) => {
        if (pattern.test(stderr)) found();
        else waiting.add({ pattern, found });
      }),
  };
}

export const runCli = (args: readonly string[], options?: CliOptions): Promise<CliEnded> =>
  startCli(args, options).ended;
