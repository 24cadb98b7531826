import { valuesToMask } from '../inputs/parse-inputs.ts';
import { cancelled, signalExitCode } from '../program.ts';
import { systemClock } from '../runtime/clock.ts';
import { endProcess } from '../runtime/end-process.ts';
import { errorMessageOf, InputError } from '../runtime/errors.ts';
import { COMMAND_CANCELLED_MS } from '../runtime/limits.ts';
import { setProxies, useProxies } from '../runtime/proxies.ts';
import { VERSION } from '../runtime/version.ts';
import { createGrowingRedactor } from '../text/redact.ts';
import { type Invocation, parseArguments } from './args.ts';
import { createConsole, createLiveLine } from './console.ts';
import type { Environment } from './environment.ts';
import { CommandError, EXIT } from './exit.ts';
import { KEY_VARIABLES } from './gate-inputs.ts';
import { renderHelp } from './help.ts';
import { init } from './init.ts';
import { plan } from './plan.ts';
import { createPrompts } from './prompts.ts';
import { checkQuarantine } from './quarantine.ts';
import { run } from './run.ts';

/** Lines of the help are no longer than this, where nothing shows where a line ends. */
const HELP_WIDTH = 100;

/** Does what the arguments ask for, and ends the process. */
export async function runCommandLine(): Promise<void> {
  // A failure is told to whoever writes: without a listener it would end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const environment = createEnvironment();
  process.once('uncaughtException', (error) => endProcess(report(error, environment)));
  cancelled.addEventListener('abort', () => {
    setTimeout(() => endProcess(signalExitCode(cancelled.reason)), COMMAND_CANCELLED_MS).unref();
    environment.log(
      `${cancelled.reason === 'SIGINT' ? 'Ctrl+C' : String(cancelled.reason)}: ending. Again ends at once.`,
    );
  });
  let exitCode: number;
  try {
    exitCode = await runCommand(parseArguments(process.argv.slice(2)), environment);
  } catch (error) {
    exitCode = report(error, environment);
  }
  environment.liveLine.stop();
  endProcess(cancelled.aborted ? signalExitCode(cancelled.reason) : exitCode);
}

/** The real streams, clock, network and variables. The keys of all providers are never printed. */
function createEnvironment(): Environment {
  const keys = KEY_VARIABLES.flatMap((variable) =>
    valuesToMask((input) => (input === 'api-key' ? (process.env[variable] ?? '') : '')),
  );
  const { redact, add: addSecrets } = createGrowingRedactor(keys);
  const err = createConsole(process.stderr, process.env, redact);
  const out = createConsole(process.stdout, process.env, redact, (reason) =>
    warn(`Standard output could not be written: ${reason}.`),
  );
  const liveLine = createLiveLine(err, systemClock);
  const prompts =
    process.stdin.isTTY === true && err.isTerminal ? createPrompts(process.stderr, cancelled) : undefined;
  const warn = (line: string): void => liveLine.above(() => err.line(`Warning: ${line}`));
  return {
    env: process.env,
    clock: systemClock,
    random: Math.random,
    fetch,
    useProxies: (urls) => useProxies(process.env, urls, setProxies),
    out,
    err,
    liveLine,
    redact,
    addSecrets,
    log: (line) => liveLine.above(() => err.line(line)),
    warn,
    trace: () => undefined,
    signal: cancelled,
    prompts,
  };
}

async function runCommand(invocation: Invocation, environment: Environment): Promise<number> {
  const { out } = environment;
  switch (invocation.command) {
    case 'help':
      await out.write(
        renderHelp(invocation.about, { width: Math.min(out.width(), HELP_WIDTH), style: out.style }),
      );
      return EXIT.passed;
    case 'version':
      await out.write(`${VERSION}\n`);
      return EXIT.passed;
    case 'run':
      return run(invocation.options, environment);
    case 'plan':
      return plan(invocation.options, environment);
    case 'init':
      return init(invocation, environment);
    case 'quarantine check':
      return checkQuarantine(invocation, environment);
  }
}

/** Says what went wrong. The exit code that goes with it. */
function report(error: unknown, { liveLine, err }: Environment): number {
  liveLine.stop();
  if (error instanceof CommandError) {
    for (const sentence of error.sentences) err.line(sentence);
    return error.exitCode;
  }
  if (error instanceof InputError) {
    err.line(error.message);
    return EXIT.refused;
  }
  if (isFolderGone(error)) {
    err.line('The working folder does not exist any more. Change into one that does.');
    return EXIT.notPassed;
  }
  err.line(`agent-test-gate itself failed (${errorMessageOf(error)}). Please report this.`);
  return EXIT.notPassed;
}

/** True if the name of the working folder was asked for, and it was deleted. */
const isFolderGone = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd';
