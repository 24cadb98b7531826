import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as core from '@actions/core';
import { systemClock } from '../clock.ts';
import type { Judgement } from '../domain/verdict.ts';
import { InputError } from '../errors.ts';
import { type Publisher, runGate } from '../gate.ts';
import { createProvider } from '../providers/registry.ts';
import type { Findings } from '../report/report.ts';
import { logLine } from '../text/clean.ts';
import { createRedactor } from '../text/redact.ts';
import { USER_AGENT } from '../version.ts';
import { type Inputs, parseInputs, valuesToMask } from './inputs.ts';
import { useProxies } from './proxies.ts';
import type { PublishingEdges, PublishingOptions } from './publisher.ts';

/** When to load what reports: behind the first request, and not behind its answer. */
const LOAD_AFTER_MS = 20;
/** How long a step that has said all it has to say may take to end. */
const EXIT_MS = 500;

const masked = valuesToMask(core.getInput);
for (const value of masked) core.setSecret(value);

/** Everything that is said is one harmless line without a secret in it. */
const redact = createRedactor(masked);
const harmless = (line: string): string => logLine(redact(line), 4_000);
const log = (line: string): void => core.info(harmless(line));
const warn = (line: string): void => core.warning(harmless(line));
const trace = (line: string): void => {
  if (core.isDebug()) core.debug(harmless(line));
};

// `dist/post.js` loads this same file behind the job; the name of the started file tells the two (docs/adr/0006).
if (basename(process.argv[1] ?? '') === 'post.js') await post();
else await main();

/** The step: waits, reports, and fails unless every run passed. The only place that sets the exit code. */
async function main(): Promise<void> {
  remember('phase', 'started');
  // Red until shown otherwise, whatever ends this process.
  process.exitCode = 1;
  process.once('uncaughtException', (error) => {
    const end = () => process.exit(1);
    giveUp(error)
      .then(() => remember('phase', 'finished'))
      .then(end, end);
  });
  try {
    const { verdict, reason } = await runStep(untilCancelled());
    log(`Verdict: ${verdict}. ${reason}`);
    if (verdict === 'passed') process.exitCode = 0;
  } catch (error) {
    await giveUp(error);
  }
  remember('phase', 'finished');
  // Nothing that is left open, a connection that hangs, may hold up the job.
  setTimeout(() => process.exit(), EXIT_MS).unref();
}

/**
 * Behind the job, whatever became of the step: a comment that was written keeps its section, and none goes on saying
 * that the gate waits.
 */
async function post(): Promise<void> {
  const phase = core.getState('phase');
  const file = core.getState('comment');
  // The step never began, or it ended without a comment.
  if (phase === '' || (phase === 'finished' && file === '')) return;
  try {
    const { finishComment } = await import('./post.ts');
    const { inputs, secrets } = parseInputs(core.getInput, redact);
    useProxies(process.env, addressesOf(inputs));
    await finishComment({
      inputs,
      githubToken: secrets.githubToken,
      ...publishingEdges(),
      isFinished: phase === 'finished',
      remembered: file === '' ? undefined : JSON.parse(readFileSync(file, 'utf8')),
    });
  } catch (error) {
    warn(`The comment could not be brought up to date behind the job: ${String(error)}`);
  }
}

/** Makes the real parts and runs the gate with them. */
async function runStep(signal: AbortSignal): Promise<Judgement> {
  const { inputs, secrets, settings } = parseInputs(core.getInput, redact);
  useProxies(process.env, addressesOf(inputs));
  for (const line of settings) log(line);
  const provider = createProvider(
    { name: inputs.provider, apiKey: secrets.apiKey, apiUrl: inputs.apiUrl, userAgent: USER_AGENT },
    {
      fetch: (url, init) => fetch(url, init),
      clock: systemClock,
      random: Math.random,
      redact,
      log,
      trace,
    },
  );
  const publisher = lazyPublisher({
    inputs,
    githubToken: secrets.githubToken,
    ...publishingEdges(),
    remember: (comment) => {
      const file = join(process.env['RUNNER_TEMP'] ?? tmpdir(), `agent-test-gate-${process.pid}.json`);
      remember('comment', file, () => writeFileSync(file, JSON.stringify(comment)));
    },
  });
  return runGate(inputs, { provider, publisher, clock: systemClock, signal, log });
}

/** Tells the `post` step something. Without it that step does nothing, which is no reason to fail. */
function remember(name: string, value: string, prepare: () => void = () => undefined): void {
  try {
    prepare();
    core.saveState(name, value);
  } catch (error) {
    trace(`The state ${name} could not be saved: ${String(error)}`);
  }
}

function publishingEdges(): PublishingEdges {
  return {
    redact,
    env: process.env,
    fetch: (url, init) => fetch(url, init),
    clock: systemClock,
    random: Math.random,
    userAgent: USER_AGENT,
    warn,
    trace,
  };
}

/** Aborts on the runner's first signal; a second one ends the process at once. */
function untilCancelled(): AbortSignal {
  const cancelled = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (cancelled.signal.aborted) process.exit(1);
      log(`${name}: the workflow was cancelled.`);
      cancelled.abort();
    });
  }
  return cancelled.signal;
}

/** The addresses that a step with these inputs asks. */
function addressesOf({ apiUrl, comment }: Inputs): string[] {
  const github = process.env['GITHUB_API_URL'] ?? 'https://api.github.com';
  return [apiUrl, ...(comment === 'never' ? [] : [github])];
}

/** Renderers and GitHub's client are most of the bundle: they are loaded behind the first request. */
function lazyPublisher(options: PublishingOptions): Publisher {
  let loading: Promise<Publisher> | undefined;
  const isOver = new AbortController();
  const load = () => {
    loading ??= import('./publisher.ts').then(({ createPublisher }) => createPublisher(options));
    return loading;
  };
  const showWaiting = async (findings: Findings) => {
    // By then the first request is on its way, whether it is answered soon or not.
    await systemClock.sleep(LOAD_AFTER_MS, isOver.signal);
    if (!isOver.signal.aborted) (await load()).showWaiting(findings);
  };
  return {
    showWaiting: (findings) => {
      showWaiting(findings).catch((error: unknown) =>
        trace(`That the gate waits is not shown: ${String(error)}`),
      );
    },
    publish: async (findings, limits) => {
      isOver.abort();
      await (await load()).publish(findings, limits);
    },
  };
}

/** What ends the step without a verdict of the gate: wrong inputs, or a mistake of ours. Red, and reported all the same. */
async function giveUp(error: unknown): Promise<void> {
  const isInput = error instanceof InputError;
  const what = error instanceof Error ? error.message : String(error);
  const reason = isInput
    ? what
    : `The action itself failed (${what}). Please report this; the log has more with ACTIONS_STEP_DEBUG.`;
  if (!isInput && error instanceof Error) error.stack?.split('\n').forEach(trace);
  core.setFailed(harmless(reason));
  const { publishFailure } = await import('./post.ts');
  await publishFailure(reason, publishingEdges());
}
