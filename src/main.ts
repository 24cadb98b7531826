import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as core from '@actions/core';
import { systemClock } from './clock.ts';
import type { Verdict } from './domain/verdict.ts';
import { InputError } from './errors.ts';
import { type Publisher, runGate } from './gate.ts';
import { type Inputs, parseInputs, valuesToMask } from './inputs.ts';
import { createProvider, VENDORS } from './providers/registry.ts';
import type { PublishingEdges, PublishingOptions } from './publishing.ts';
import { plainLine } from './report/plain.ts';
import { USER_AGENT } from './version.ts';

/** How long a step that has said all it has to say may take to end. */
const EXIT_MS = 1_000;

const masked = valuesToMask(core.getInput);
for (const value of masked) core.setSecret(value);

/** Everything that is said is one harmless line without a secret in it. */
const say = (line: string): string =>
  plainLine(
    masked.reduce((text, value) => text.replaceAll(value, '***'), line),
    4_000,
  );
const log = (line: string): void => core.info(say(line));
const warn = (line: string): void => core.warning(say(line));
const trace = (line: string): void => {
  if (core.isDebug()) core.debug(say(line));
};

// `dist/post.js` loads this same file behind the job.
if (basename(process.argv[1] ?? '') === 'post.js') await post();
else await main();

/** The step: waits, reports, and fails unless every run passed. The only place that sets the exit code. */
async function main(): Promise<void> {
  remember('phase', 'started');
  // Red until shown otherwise, whatever ends this process.
  process.exitCode = 1;
  try {
    const verdict = await gate(untilCancelled());
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
    const { finishComment } = await import('./publishing.ts');
    const { inputs, secrets } = parseInputs(core.getInput);
    await useProxies();
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

async function gate(signal: AbortSignal): Promise<Verdict> {
  const { inputs, secrets } = parseInputs(core.getInput);
  await useProxies();
  log(settingsLine(inputs));
  const provider = createProvider(
    { name: inputs.provider, apiKey: secrets.apiKey, apiUrl: inputs.apiUrl, userAgent: USER_AGENT },
    { fetch: (request, init) => fetch(request, init), clock: systemClock, log, trace },
  );
  const publisher = lazyPublisher({
    inputs,
    githubToken: secrets.githubToken,
    ...publishingEdges(),
    remember: (comment) => {
      const file = join(process.env['RUNNER_TEMP'] ?? tmpdir(), `agent-test-gate-${process.pid}.json`);
      writeFileSync(file, JSON.stringify(comment));
      remember('comment', file);
    },
  });
  const verdict = await runGate(inputs, { provider, publisher, clock: systemClock, signal, log });
  log(`Verdict: ${verdict}.`);
  return verdict;
}

/** Tells the `post` step something. Without it that step does nothing, which is no reason to fail. */
function remember(name: string, value: string): void {
  try {
    core.saveState(name, value);
  } catch (error) {
    trace(`The state ${name} could not be saved: ${String(error)}`);
  }
}

function publishingEdges(): PublishingEdges {
  return {
    masked,
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

/** Node's own `fetch` does not look at the proxy variables. */
async function useProxies(): Promise<void> {
  const names = ['https_proxy', 'http_proxy', 'HTTPS_PROXY', 'HTTP_PROXY'];
  if (!names.some((name) => process.env[name])) return;
  // Not plain `undici`: that name is left out of the bundle for the toolkit's sake.
  const { EnvHttpProxyAgent, setGlobalDispatcher } = await import('undici/index.js');
  setGlobalDispatcher(new EnvHttpProxyAgent());
}

/** Renderers and GitHub's client are most of the bundle: they are loaded behind the first request. */
function lazyPublisher(options: PublishingOptions): Publisher {
  let loading: Promise<Publisher> | undefined;
  const load = () => {
    loading ??= import('./publishing.ts').then(({ createPublisher }) => createPublisher(options));
    return loading;
  };
  return {
    progress: (findings) => {
      const isBehindFirstRequest = findings.batches.some(({ batch }) => batch !== undefined);
      if (!isBehindFirstRequest) return;
      load().then(
        (publisher) => publisher.progress(findings),
        (error: unknown) => trace(`Progress is not shown: ${String(error)}`),
      );
    },
    publish: async (findings, limits) => (await load()).publish(findings, limits),
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
  core.setFailed(say(reason));
  const { publishFailure } = await import('./publishing.ts');
  await publishFailure(reason, publishingEdges());
}

function settingsLine(inputs: Inputs): string {
  const batches = `${inputs.batchIds.length === 1 ? 'batch' : 'batches'} ${inputs.batchIds.join(', ')}`;
  const age = inputs.maxBatchAgeMinutes === undefined ? 'no limit' : `${inputs.maxBatchAgeMinutes} min`;
  return [
    `Waiting for ${batches} at ${inputs.apiUrl ?? VENDORS[inputs.provider].url}`,
    `at most ${inputs.timeoutMinutes} min`,
    `a look every ${inputs.pollIntervalSeconds} s or less often`,
    `max-batch-age: ${age}`,
    `comment: ${inputs.comment}`,
    `transcripts: ${inputs.transcripts}`,
    `annotations: ${inputs.annotations}`,
  ].join('; ');
}
