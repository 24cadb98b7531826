import { setFlagsFromString } from 'node:v8';
import * as core from '@actions/core';
import { isReportOnly, type Judgement, succeeds } from '../domain/verdict.ts';
import { withCommit } from '../execution/prepare.ts';
import { createStartNames } from '../execution/start-name.ts';
import { runGate } from '../gate.ts';
import { githubApiUrl, readContext } from '../github/context.ts';
import { pullRequestInRef } from '../github/pull-request.ts';
import { readQuarantine } from '../github/quarantine-source.ts';
import { gateOptionsOf, providerOptionsOf } from '../inputs/gate-options.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { type ParsedInputs, parseInputs, valuesToMask } from '../inputs/parse-inputs.ts';
import { readConfigFile } from '../inputs/target-config.ts';
import { cancelled } from '../program.ts';
import { createProvider } from '../providers/registry.ts';
import { REPORT_ONLY } from '../report/sections/headline.ts';
import { systemClock } from '../runtime/clock.ts';
import { endProcess } from '../runtime/end-process.ts';
import { errorMessageOf, InputError } from '../runtime/errors.ts';
import { EXIT_MS } from '../runtime/limits.ts';
import { setProxies, useProxies } from '../runtime/proxies.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { logLine } from '../text/clean.ts';
import { createGrowingRedactor } from '../text/redact.ts';
import { readCommentInputs } from './comment-inputs.ts';
import { setOutput } from './outputs.ts';
import { finishComment } from './post.ts';
import { publishFailure } from './publish-failure.ts';
import { createPublisher } from './publisher.ts';
import { clientFor } from './pull-request-comment.ts';
import { createStepState, readStepState, type SavedComment, type StepStateWriter } from './step-state.ts';

/** Runtime, log and state that the parts of the step share. */
interface Step {
  readonly runtime: Runtime;
  /** Makes the job red, with sentences that say why. */
  readonly fail: (sentences: readonly string[]) => void;
  /** Tells the redactor of more secrets. */
  readonly addSecrets: (secrets: readonly string[]) => void;
  /** For later steps and for the post step. */
  readonly state: StepStateWriter;
}

/** The step: waits, reports, and fails unless the verdict or `fail-on` lets it succeed. The only place that sets the exit code to 0. */
export async function runStep(): Promise<void> {
  // Short-lived objects are collected in a small space that does not grow: with 10,000 runs the peak of memory is a
  // quarter lower (`npm run bench`). Node.js 24, on which the action runs, has this flag.
  setFlagsFromString('--semi-space-growth-factor=1');
  const step = createStep();
  const { log } = step.runtime;
  cancelled.addEventListener('abort', () => log(`This step was cancelled (${String(cancelled.reason)}).`));
  traceOnError(step, (state) => state.begin());
  process.once('uncaughtException', (error) => {
    step.fail([internalErrorMessage(error, step)]);
    endProcess(1);
  });
  let judgement: Judgement | undefined;
  try {
    const parsed = await readInputs(step);
    judgement = await judge(parsed, step);
    const { failOn } = parsed.inputs;
    const note = isReportOnly(failOn, judgement) ? `, ${REPORT_ONLY} (fail-on: nothing)` : '';
    log(`Verdict: ${judgement.verdict}${note}. ${judgement.reason}`);
    if (succeeds(judgement, failOn)) process.exitCode = 0;
  } catch (error) {
    await failStep(error, step);
  }
  traceOnError(step, (state) => state.finish(judgement?.verdict));
  // Nothing that is left open, a connection that hangs, may hold up the job.
  setTimeout(() => endProcess(Number(process.exitCode ?? 0)), EXIT_MS).unref();
}

/**
 * After the job, whatever became of the step: a comment that was written keeps its section, and none goes on saying
 * that the gate waits.
 */
export async function runPostStep(): Promise<void> {
  const { runtime } = createStep();
  const left = readStepState({ getState: core.getState });
  try {
    useProxies(process.env, [githubApiUrl(process.env)], setProxies);
    await finishComment({ commentInputs: readCommentInputs(core.getInput), runtime, ...left });
  } catch (error) {
    runtime.warn(`The comment could not be brought up to date after the job: ${errorMessageOf(error)}`);
  }
}

/** Masks the keys, and makes the real clock, network and log. Log lines have no secrets, and are no workflow commands. */
function createStep(): Step {
  const masked = valuesToMask(core.getInput);
  for (const value of masked) core.setSecret(value);
  const { redact, add: addSecrets } = createGrowingRedactor(masked);
  const sanitizeLogLine = (line: string): string => logLine(redact(line), 4_000);
  return {
    runtime: {
      clock: systemClock,
      random: Math.random,
      fetch,
      env: process.env,
      redact,
      log: (line) => core.info(sanitizeLogLine(line)),
      warn: (line) => core.warning(sanitizeLogLine(line)),
      trace: (line) => {
        if (core.isDebug()) core.debug(sanitizeLogLine(line));
      },
    },
    fail: (sentences) => core.setFailed(sentences.map(sanitizeLogLine).join('\n')),
    addSecrets,
    state: createStepState({ saveState: core.saveState, env: process.env }),
  };
}

/** The inputs. Secrets in the file of `target-config` are masked before anything else happens. */
async function readInputs({ runtime, addSecrets }: Step): Promise<ParsedInputs> {
  const configFile = await readConfigFile(core.getInput('target-config'));
  if (configFile?.kind === 'ok') {
    const { secrets } = configFile.value;
    for (const secret of secrets) core.setSecret(secret);
    addSecrets(secrets);
  }
  return parseInputs(core.getInput, runtime.redact, configFile);
}

/** Makes the real parts and runs the gate with them. */
async function judge(parsed: ParsedInputs, step: Step): Promise<Judgement> {
  const { inputs, effectiveInputs } = parsed;
  const { runtime, state } = step;
  const { log, warn } = runtime;
  useProxies(process.env, requestedUrls(inputs), setProxies);
  for (const line of effectiveInputs.given) log(line);
  core.startGroup('Other inputs, at their defaults');
  for (const line of effectiveInputs.defaults) log(line);
  core.endGroup();
  const provider = createProvider(providerOptionsOf(parsed), runtime);
  const commentInputs = readCommentInputs(core.getInput);
  const context = await readContext(process.env, commentInputs);
  const { origin, ref, repository } = context;
  const batchSource = withCommit(parsed.batchSource, origin.commit);
  const publisher = createPublisher({
    inputs,
    context,
    commentInputs,
    mark: state.mark,
    runtime,
    saveComment: (comment) => saveComment(comment, step),
  });
  const { quarantine } = inputs;
  return runGate(
    {
      ...gateOptionsOf({ inputs, batchSource }),
      isJobRerun: (origin.runAttempt ?? 1) > 1,
    },
    {
      provider,
      publisher,
      clock: systemClock,
      signal: cancelled,
      log,
      warn,
      startName: createStartNames({
        repository: repository && `${repository.owner}/${repository.repo}`,
        pullRequest: inputs.pullRequest ?? pullRequestInRef(ref),
        commit: origin.commit,
        random: runtime.random,
      }),
      onBatches: (batchIds) => publishBatchIds(batchIds, step),
      readQuarantine:
        quarantine === undefined
          ? undefined
          : (deadline) =>
              readQuarantine(
                { path: quarantine, context, client: clientFor(commentInputs, context, runtime).client },
                { ...runtime, ...deadline },
              ),
    },
  );
}

/** The batches of this step, for later steps and for `post`, before the first look at them. */
function publishBatchIds(batchIds: readonly string[], step: Step): void {
  const ids = batchIds.map(step.runtime.redact);
  traceOnError(step, () => setOutput('batch-id', ids.join('\n')));
  traceOnError(step, (state) => state.saveBatchIds(ids));
}

/** Tells the post step what is known of the comment. Without it that step looks for itself. */
function saveComment(comment: SavedComment, step: Step): void {
  traceOnError(step, (state) => state.saveComment(comment));
}

/** Saves something for later steps; a failure goes to the trace and no further. */
function traceOnError({ state, runtime }: Step, save: (state: StepStateWriter) => void): void {
  try {
    save(state);
  } catch (error) {
    runtime.trace(`What later steps are to know could not be saved: ${String(error)}`);
  }
}

/** The addresses that a step with these inputs asks. */
function requestedUrls({ apiUrl, comment }: Inputs): string[] {
  return [apiUrl, ...(comment === 'never' ? [] : [githubApiUrl(process.env)])];
}

/** Ends the step without a verdict of the gate, red and reported: wrong inputs, or a mistake of ours. */
async function failStep(error: unknown, step: Step): Promise<void> {
  const isInputError = error instanceof InputError;
  const reason = isInputError ? error.message : internalErrorMessage(error, step);
  const problems = isInputError ? error.problems : [];
  step.fail([reason, ...problems]);
  await publishFailure(
    { reason, notes: problems, isInputError },
    {
      commentInputs: readCommentInputs(core.getInput),
      mark: step.state.mark,
      runtime: step.runtime,
      signal: cancelled,
      saveComment: (comment) => saveComment(comment, step),
    },
  );
}

/** A mistake of ours, as a sentence. Its stack goes to the trace. */
function internalErrorMessage(error: unknown, { runtime }: Step): string {
  if (error instanceof Error) error.stack?.split('\n').forEach(runtime.trace);
  return `The action itself failed (${errorMessageOf(error)}). Please report this; the log has more with ACTIONS_STEP_DEBUG.`;
}
