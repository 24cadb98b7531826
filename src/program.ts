/**
 * The first module of the bundle, which is three programs. What comes before these handlers ends with a signal as if
 * nothing had begun, and loading all other modules takes longer than starting.
 */
import { endProcess } from './runtime/end-process.ts';

/** The program that was started: `dist/post.js` and `dist/cli.js` import the bundle with its name as a query (docs/adr/0006). */
export const program = (new URL(import.meta.url).search.slice(1) || 'step') as 'step' | 'post' | 'cli';

// The runner starts the action without arguments.
const isByHand = program === 'step' && process.argv.length > 2 && process.env['GITHUB_ACTIONS'] !== 'true';
if (isByHand || !['step', 'post', 'cli'].includes(program)) {
  process.stderr.write(
    'dist/index.js is the GitHub Action and takes no arguments: for the command line, start dist/cli.js.\n',
  );
  // As for every other refusal before a request.
  process.exit(2);
}

/** Exit codes after signals, as shells count: 128 and the signal's number. */
const SHELL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SHELL_EXIT_CODES;

const cancellation = new AbortController();

/** Aborts on the first signal, whose name is the reason; a second one ends the process at once. */
export const cancelled: AbortSignal = cancellation.signal;

/** The exit code that a signal makes. */
export function signalExitCode(signal: Signal): number {
  return program === 'cli' ? SHELL_EXIT_CODES[signal] : 1;
}

// What the post step cannot do, it leaves: it never makes a job red.
if (program !== 'post') {
  // Exit 1 unless the program comes to an end of its own.
  process.exitCode = 1;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (cancelled.aborted) endProcess(signalExitCode(signal));
      cancellation.abort(signal);
    });
  }
}
