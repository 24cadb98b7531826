import { encodeRecord } from '../comment/record.ts';
import type { Tally } from '../domain/batch.ts';
import { historyOf, recordOf } from '../domain/record.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Memory, Publisher } from '../gate.ts';
import { type GitHubContext, readContext } from '../github/context.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { annotationsFor, closingLines } from '../report/annotations.ts';
import { renderCtrf } from '../report/files/ctrf.ts';
import { renderJson } from '../report/files/json.ts';
import { renderJunit } from '../report/files/junit.ts';
import { buildReport, type Findings, type Report, type Setting } from '../report/report.ts';
import { renderSummary } from '../report/summary.ts';
import type { Deadline } from '../runtime/clock.ts';
import { FIND_COMMIT_MS, PUBLISH_FAILURE_MS, SHOW_WAITING_MS } from '../runtime/limits.ts';
import type { Outside } from '../runtime/runtime.ts';
import { readBaseline } from './baseline.ts';
import type { CommentTarget } from './comment-target.ts';
import { createNewsLoop } from './news.ts';
import type { OutputName } from './outputs.ts';
import { createPullRequestComment, findComments } from './pull-request-comment.ts';
import {
  annotate,
  announce,
  setCommentUrl,
  writeOutputs,
  writeReportFile,
  writeSummary,
} from './runner-files.ts';
import { savedAs, sectionOf } from './section.ts';
import type { CommentLeft, SavedSection } from './step-state.ts';

/** A comment that says how far the batch is changes at most this often. */
const PROGRESS_MS = 60_000;
/** A batch that ends this soon needs no comment that says that we wait for it. */
const GRACE_MS = 1_000;
/** Before news is saved: a batch that has ended is reported meanwhile, and need not be saved. */
const SAVE_AFTER_MS = 200;
const NEWER_RUN =
  'The comment is left as it is: a newer workflow run, or a newer attempt of this one, has written it.';

/** Everything that the publisher works with. */
export interface PublishingOptions {
  readonly inputs: Inputs;
  readonly target: CommentTarget;
  readonly outside: Outside;
  /** Keeps what the `post` step needs to know of the comment. Never throws. */
  readonly remember: (memory: CommentLeft) => void;
}

/** Everything that leaves the action: summary, report files, outputs, annotations and the comment; and what it left before. */
export async function createPublisher(options: PublishingOptions): Promise<Publisher & Memory> {
  const { inputs, target, outside } = options;
  const { clock, trace } = outside;
  const hasComment = target.comment !== 'never';
  const context = await readContext(outside.env);
  const ended = new AbortController();
  let memory: CommentLeft | undefined;

  function remember(next: CommentLeft): void {
    memory = next;
    options.remember(next);
  }
  const add = (news: Partial<CommentLeft>): void => {
    if (memory !== undefined) remember({ ...memory, ...news });
  };
  const comment = createPullRequestComment(target, context, {
    outside,
    onCreate: () => add({ createdAt: clock.epoch() }),
  });

  const started = { until: clock.now() + SHOW_WAITING_MS, signal: new AbortController().signal };
  let commit: string | undefined;
  const finding = comment.commit(started).then((found) => {
    commit = found;
  });
  const reportOn = (findings: Findings): Report =>
    buildReport({ ...findings, ...settingOf(inputs, context, commit) }, outside.redact);

  /** Brings the comment up to date, at most once a minute. */
  const shown = createNewsLoop<Findings>({
    clock,
    signal: ended.signal,
    before: () => Promise.all([clock.sleep(GRACE_MS, ended.signal), finding]),
    async task(findings) {
      const section = sectionOf(reportOn(findings), target, outside);
      const limits = { until: clock.now() + SHOW_WAITING_MS, signal: ended.signal };
      // GitHub mails only what a comment says when it is made, so it is made with the verdict.
      const result = await comment.write(section, { ...limits, create: false });
      if ('id' in result) add({ id: result.id });
      return PROGRESS_MS;
    },
    onError: (error) => trace(`That the gate waits is not shown: ${String(error)}`),
  });

  /** Saves what is known for the case that the step is killed: soon, but in a tenth of the time at most. */
  const saved = createNewsLoop<Findings>({
    clock,
    signal: ended.signal,
    before: () => clock.sleep(SAVE_AFTER_MS, ended.signal),
    task(findings) {
      const startedAt = clock.now();
      const section = sectionIfStopped(findings, reportOn, { target, outside });
      remember({ ...memory, section, stage: 'waiting' });
      return Math.max(SAVE_AFTER_MS, 9 * (clock.now() - startedAt));
    },
    onError: (error) => trace(`What is known could not be saved: ${String(error)}`),
  });

  /** Waits for a task, but not for long. The timer ends with it, or it would keep the process alive. */
  async function atMost(task: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const overdue = clock.sleep(ms, AbortSignal.any([signal, done.signal]));
    await Promise.race([task, overdue]).finally(() => done.abort());
  }

  const { redact } = outside;
  const tested = inputs.target === undefined ? undefined : redact(inputs.target);

  /** What later gates compare themselves with. */
  function recordFor({ cases, tally, judgement, base, origin }: Report): string | undefined {
    if (judgement === undefined) return undefined;
    const { verdict } = judgement;
    const { commit, runAttempt: attempt = 1 } = origin;
    const version = inputs.version === undefined ? undefined : redact(inputs.version);
    const about = { target: tested, version, branch: comment.baseBranch };
    return encodeRecord(recordOf({ ...about, cases, tally, verdict, commit, attempt, base }));
  }

  async function publishComment(report: Report, limits: Deadline): Promise<void> {
    const verdict = report.judgement?.verdict;
    const section = { ...sectionOf(report, target, outside), record: recordFor(report) };
    // Also before it is written: a step that is killed while writing may have made a comment.
    const create = inputs.comment === 'always' || verdict !== 'passed';
    const saved = savedAs(verdict ?? 'inconclusive', section);
    remember({ ...memory, section: saved, stage: 'unwritten', isWanted: create });
    const result = await comment.write(section, { ...limits, create });
    const { id, url } = 'id' in result ? result : {};
    if (id !== undefined) add({ id });
    if (!('warning' in result)) add({ stage: 'written' });
    if (url !== undefined) setCommentUrl(url);
    // After a cancellation there is another round.
    if (limits.signal.aborted) return;
    if (url !== undefined) outside.log(`Comment: ${url}`);
    if ('warning' in result) outside.warn(result.warning);
    if (result.status === 'left' && result.why === 'newer-run') outside.log(NEWER_RUN);
  }

  return {
    async read(within) {
      const { baseline } = inputs;
      const [{ earlier, ...known }, file] = await Promise.all([
        comment.recall({ target: tested, wantsBase: baseline === undefined }, within),
        baseline === undefined ? {} : readBaseline(baseline),
        atMost(finding, within.until - clock.now(), within.signal),
      ]);
      return { ...known, ...file, history: earlier && historyOf(earlier, commit) };
    },

    showWaiting(findings) {
      if (ended.signal.aborted) return;
      saved.tell(findings);
      if (hasComment) shown.tell(findings);
    },

    async publish(findings, limits) {
      ended.abort();
      await shown.idle();
      const left = limits.until - clock.now();
      await atMost(finding, Math.min(FIND_COMMIT_MS, left / 3), limits.signal);
      const report = reportOn(findings);
      await orWarn(outside, 'The job summary', () => writeSummary(renderSummary(report)));
      for (const [output, path, render] of reportFiles(inputs)) {
        await orWarn(outside, `The file of ${output} (${path})`, () =>
          writeReportFile(output, path, render(report)),
        );
      }
      await orWarn(outside, 'The outputs', () => writeOutputs(report));
      if (hasComment) await orWarn(outside, 'The comment', () => publishComment(report, limits));
      // A cancellation leads to another round, and what is said cannot be taken back.
      if (!limits.signal.aborted) closingLines(report).forEach(outside.log);
      if (!limits.signal.aborted) annotateQuarantine(report);
      if (inputs.annotations && !limits.signal.aborted) annotationsFor(report).forEach(annotate);
    },
  };
}

/** A file that quarantines nothing is an error at its line; what needs attention soon is a notice. */
function annotateQuarantine({ quarantineProblem: problem, quarantineNotes = [] }: Report): void {
  if (problem !== undefined) annotate({ title: 'Quarantine', ...problem });
  for (const note of quarantineNotes) if (note !== problem?.message) announce(note);
}

/**
 * Reports that there is no verdict of the gate, since the inputs are wrong or the action itself failed: in the summary
 * and the outputs, and in a comment that is already there.
 */
export async function publishFailure(
  reason: string,
  { target, outside, signal, remember }: Omit<PublishingOptions, 'inputs'> & { signal: AbortSignal },
): Promise<void> {
  const context = await readContext(outside.env);
  const findings: Findings = {
    name: target.name ?? 'Agent Test Gate',
    providerTitle: '',
    judgement: { verdict: 'inconclusive', reason, notes: [] },
    batches: [],
    writtenAt: outside.clock.epoch(),
    waitedMs: 0,
  };
  const report = buildReport({ ...findings, transcripts: 'none', origin: context.origin }, outside.redact);
  await orWarn(outside, 'The job summary', () => writeSummary(renderSummary(report)));
  await orWarn(outside, 'The outputs', () => writeOutputs(report));
  if (target.comment === 'never') return;
  await orWarn(outside, 'The comment', async () => {
    const section = sectionOf(report, target, outside);
    const saved = savedAs('inconclusive', section);
    remember({ section: saved, stage: 'unwritten' });
    const limits = { until: outside.clock.now() + PUBLISH_FAILURE_MS, signal };
    const { comments } = await findComments(target, context, { outside, limits });
    for (const comment of comments) {
      const result = await comment.write(section, { ...limits, create: false });
      if ('warning' in result) outside.warn(result.warning);
      if ('id' in result) remember({ section: saved, stage: 'written', id: result.id });
    }
  });
}

/** Settles what `auto` means: a public repository's report shows no conversation. */
function settingOf(
  inputs: Inputs,
  { visibility, origin }: GitHubContext,
  commit: string | undefined,
): Setting {
  const isClosed = visibility === 'private' || visibility === 'internal';
  const [file] = reportFiles(inputs);
  return {
    transcripts: inputs.transcripts === 'auto' ? (isClosed ? 'excerpt' : 'none') : inputs.transcripts,
    origin: { ...origin, commit },
    reportFile: file?.[1],
  };
}

/** What is to be said of a step that is killed now: what it knew by then, with the verdict that this makes. */
function sectionIfStopped(
  findings: Findings,
  reportOn: (findings: Findings) => Report,
  { target, outside }: Pick<PublishingOptions, 'target' | 'outside'>,
): SavedSection {
  const verdict = verdictIfStopped(reportOn(findings).tally);
  const ids = findings.batches.map(({ id }) => id).join(', ');
  const reason = `The step was stopped before it reached a verdict. ${findings.providerTitle} may still be running ${ids}.`;
  const report = reportOn({ ...findings, judgement: { verdict, reason, notes: [] } });
  return savedAs(verdict, sectionOf(report, target, outside));
}

function verdictIfStopped({ failed, errored }: Tally): Verdict {
  if (failed > 0) return 'failed';
  return errored > 0 ? 'errored' : 'cancelled';
}

function reportFiles(
  inputs: Inputs,
): [output: OutputName, path: string, render: (report: Report) => string][] {
  const files: [OutputName, string | undefined, (report: Report) => string][] = [
    ['report-json', inputs.reportJson, renderJson],
    ['report-ctrf', inputs.reportCtrf, renderCtrf],
    ['report-junit', inputs.reportJunit, renderJunit],
  ];
  return files.flatMap(([output, path, render]) => (path === undefined ? [] : [[output, path, render]]));
}

/** Does something that may fail without consequences but a warning. */
export async function orWarn(
  { warn }: Outside,
  what: string,
  action: () => Promise<void> | void,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    warn(`${what} could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
