import { type FailOn, type Judgement, succeeds } from '../domain/verdict.ts';
import { createStartNames } from '../execution/start-name.ts';
import { runGate } from '../gate.ts';
import { gateOptionsOf } from '../inputs/gate-options.ts';
import { renderJson } from '../report/files/json.ts';
import type { Options } from './args.ts';
import type { Environment } from './environment.ts';
import { EXIT } from './exit.ts';
import { connectProvider, keyHint, readInputsAndConfig, STDOUT } from './gate-inputs.ts';
import { createPublisher, type Published } from './publisher.ts';
import { readQuarantineFiles } from './quarantine.ts';
import { renderTerminalReport } from './terminal-report.ts';

/** The exit code of a verdict. `failOn` is the input. */
export function exitCodeOf(judgement: Judgement, failOn: FailOn): number {
  if (judgement.refusal !== undefined) return EXIT.refused;
  return succeeds(judgement, failOn) ? EXIT.passed : EXIT.notPassed;
}

/** `run`: starts or reads batches, waits, judges them and prints the result. Resolves to the exit code, unless a signal comes. */
export async function run(options: Options, environment: Environment): Promise<number> {
  const { clock, random, signal, log, warn, liveLine } = environment;
  const parsed = await readInputsAndConfig(options, environment, 'run');
  const { inputs } = parsed;
  const { quarantine } = inputs;
  const provider = connectProvider(parsed, environment);
  const publisher = createPublisher(inputs, environment);
  liveLine.set(`asking ${provider.title}`);
  const judgement = await runGate(gateOptionsOf(parsed), {
    provider,
    publisher,
    clock,
    signal,
    log,
    warn,
    // In a terminal the live line says it, with the time as it passes.
    showProgress: environment.err.isTerminal ? liveLine.set : undefined,
    startName: createStartNames({ random }),
    onBatches: () => undefined,
    readQuarantine:
      quarantine === undefined ? undefined : () => readQuarantineFiles(quarantine, clock.epoch()),
  });
  liveLine.stop();
  await printResult(publisher.published(), inputs.reportJson === STDOUT, environment);
  if (judgement.refusal === 'key') environment.err.line(keyHint(inputs.provider));
  return exitCodeOf(judgement, inputs.failOn);
}

/** Prints the result on standard output, or only the JSON report there and the result on standard error. */
async function printResult(
  { report, files, warnings }: Published,
  isJson: boolean,
  { out, err, warn }: Environment,
): Promise<void> {
  const console = isJson ? err : out;
  if (report !== undefined) {
    // Apart from the progress above it.
    if (err.isTerminal && console.isTerminal) await err.write('\n');
    await console.write(renderTerminalReport(report, { width: console.width(), style: console.style }));
    if (isJson) await out.write(renderJson(report));
  }
  for (const file of files) console.line(`Wrote ${file}`);
  for (const warning of warnings) warn(warning);
}
