// First: the handlers of signals.
import './cancellation.ts';

import * as http from 'node:http';
import * as core from '@actions/core';
import { ruleOf } from '../domain/pass-rule.ts';
import type { Judgement } from '../domain/verdict.ts';
import { createStartNames } from '../execution/start-name.ts';
import { runGate } from '../gate.ts';
import { readContext } from '../github/context.ts';
import { type Inputs, parseInputs, valuesToMask } from '../inputs/inputs.ts';
import { resolveCount } from '../inputs/schemas.ts';
import { createProvider } from '../providers/registry.ts';
import { systemClock } from '../runtime/clock.ts';
import { InputError } from '../runtime/errors.ts';
import { EXIT_MS } from '../runtime/limits.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { USER_AGENT } from '../runtime/version.ts';
import { logLine } from '../text/clean.ts';
import { createRedactor } from '../text/redact.ts';
import { cancelled, isPost } from './cancellation.ts';
import { readCommentInputs } from './comment-inputs.ts';
import { setOutput } from './outputs.ts';
import { finishComment } from './post.ts';
import { useProxies } from './proxies.ts';
import { createPublisher, publishFailure } from './publisher.ts';
import { readQuarantineFiles } from './quarantine.ts';
import { createStepState, readStepState, type SavedComment } from './step-state.ts';

const masked = valuesToMask(core.getInput);
for (const value of masked) core.setSecret(value);

/** Log lines: secrets removed, one line, no workflow commands. */
const redact = createRedactor(masked);
const sanitizeLogLine = (line: string): string => logLine(redact(line), 4_000);

const runtime: Runtime = {
  clock: systemClock,
  random: Math.random,
  fetch,
  env: process.env,
  userAgent: USER_AGENT,
  redact,
  log: (line) => core.info(sanitizeLogLine(line)),
  warn: (line) => core.warning(sanitizeLogLine(line)),
  trace: (line) => {
    if (core.isDebug()) core.debug(sanitizeLogLine(line));
  },
};
const { log, warn, trace } = runtime;
/** Absent before Node.js 24.14. */
const setProxies = http.setGlobalProxyFromEnv as
  | ((env: Readonly<Record<string, string | undefined>>) => unknown)
  | undefined;
const state = createStepState({ saveState: core.saveState, env: process.env });

if (isPost) await post();
else await main();

/** The step: waits, reports, and fails unless every run passed. The only place that sets the exit code to 0. */
async function main(): Promise<void> {
  const logCancelled = () => log(`The workflow was cancelled (${String(cancelled.reason)}).`);
  if (cancelled.aborted) logCancelled();
  else cancelled.addEventListener('abort', logCancelled, { once: true });
  traceOnError(() => state.begin());
  process.once('uncaughtException', (error) => {
    const end = () => process.exit(1);
    failStep(error)
      .then(() => traceOnError(() => state.finish(undefined)))
      .then(end, end);
  });
  let judgement: Judgement | undefined;
  try {
    judgement = await runStep(cancelled);
    log(`Verdict: ${judgement.verdict}. ${judgement.reason}`);
    if (judgement.verdict === 'passed') process.exitCode = 0;
  } catch (error) {
    await failStep(error);
  }
  traceOnError(() => state.finish(judgement?.verdict));
  // Nothing that is left open, a connection that hangs, may hold up the job.
  setTimeout(() => process.exit(), EXIT_MS).unref();
}

/**
 * After the job, whatever became of the step: a comment that was written keeps its section, and none goes on saying
 * that the gate waits.
 */
async function post(): Promise<void> {
  const left = readStepState(core);
  try {
    useProxies(process.env, [githubUrl()], setProxies);
    await finishComment({ commentInputs: readCommentInputs(core.getInput), runtime, ...left });
  } catch (error) {
    warn(`The comment could not be brought up to date after the job: ${String(error)}`);
  }
}

/** Makes the real parts and runs the gate with them. */
async function runStep(signal: AbortSignal): Promise<Judgement> {
  const { inputs, secrets, effectiveInputs, batchSource } = parseInputs(core.getInput, redact);
  useProxies(process.env, requestedUrls(inputs), setProxies);
  for (const line of effectiveInputs) log(line);
  const provider = createProvider(
    {
      name: inputs.provider,
      apiKey: secrets.apiKey,
      apiUrl: inputs.apiUrl,
      userAgent: USER_AGENT,
      version: batchSource.version,
      showsConversations: inputs.transcripts !== 'none',
    },
    runtime,
  );
  const { origin, ref, repository } = await readContext(process.env);
  const [, pullRequest] = /^refs\/pull\/(\d+)\//.exec(ref ?? '') ?? [];
  const commentInputs = { ...inputs, githubToken: secrets.githubToken };
  const publisher = await createPublisher({ inputs, commentInputs, runtime, remember });
  const { reruns, repeat, maxFlaky, quarantine } = inputs;
  return runGate(
    {
      ...inputs,
      batchSource,
      rule: ruleOf({ reruns, repeat }),
      maxFlaky: (testCases) => resolveCount(maxFlaky, testCases),
    },
    {
      provider,
      publisher,
      historyReader: publisher,
      clock: systemClock,
      signal,
      log,
      startName: createStartNames({
        repository: repository && `${repository.owner}/${repository.repo}`,
        pullRequest: inputs.pullRequest ?? (pullRequest === undefined ? undefined : Number(pullRequest)),
        commit: origin.commit,
        random: runtime.random,
      }),
      onBatches: publishBatchIds,
      readQuarantine:
        quarantine === undefined
          ? undefined
          : (deadline) => readQuarantineFiles(quarantine, deadline, { commentInputs, runtime }),
    },
  );
}

/** The batches of this step, for later steps and for `post`, before the first look at them. */
function publishBatchIds(batchIds: readonly string[]): void {
  const ids = batchIds.map(redact);
  traceOnError(() => setOutput('batch-id', ids.join('\n')));
  traceOnError(() => state.started(ids));
}

/** Tells the `post` step what is known of the comment. Without it that step looks for itself. */
function remember(memory: SavedComment): void {
  traceOnError(() => state.remember(memory));
}

/** What cannot be saved for others is no reason to fail. */
function traceOnError(save: () => void): void {
  try {
    save();
  } catch (error) {
    trace(`What later steps are to know could not be saved: ${String(error)}`);
  }
}

/** Where GitHub's API is. */
function githubUrl(): string {
  return process.env['GITHUB_API_URL'] ?? 'https://api.github.com';
}

/** The addresses that a step with these inputs asks. */
function requestedUrls({ apiUrl, comment }: Inputs): string[] {
  return [apiUrl, ...(comment === 'never' ? [] : [githubUrl()])];
}

/** What ends the step without a verdict of the gate: wrong inputs, or a mistake of ours. Red, and reported all the same. */
async function failStep(error: unknown): Promise<void> {
  const isInput = error instanceof InputError;
  const what = error instanceof Error ? error.message : String(error);
  const reason = isInput
    ? what
    : `The action itself failed (${what}). Please report this; the log has more with ACTIONS_STEP_DEBUG.`;
  if (!isInput && error instanceof Error) error.stack?.split('\n').forEach(trace);
  core.setFailed(sanitizeLogLine(reason));
  await publishFailure(reason, {
    commentInputs: readCommentInputs(core.getInput),
    runtime,
    signal: cancelled,
    remember,
  });
}
