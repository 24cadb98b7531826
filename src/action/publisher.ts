import { encodeRecord } from '../comment/record.ts';
import type { Tally } from '../domain/batch.ts';
import { historyOf, recordOf } from '../domain/record.ts';
import type { Judgement, Verdict } from '../domain/verdict.ts';
import type { HistoryReader, Publisher } from '../gate.ts';
import { type GitHubContext, readContext } from '../github/context.ts';
import { readBaseline } from '../inputs/baseline.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { annotationsFor, closingLines } from '../report/annotations.ts';
import { reportFilesOf } from '../report/files/report-files.ts';
import { buildReport, type Findings, type Report, type ReportOptions } from '../report/report.ts';
import { renderSummary } from '../report/summary.ts';
import type { Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded, withDeadline } from '../runtime/deadline.ts';
import {
  FIND_COMMIT_MS,
  MIN_WRITE_FILE_MS,
  PUBLISH_FAILURE_MS,
  SHOW_WAITING_MS,
  WRITE_FILE_MS,
} from '../runtime/limits.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { CommentInputs } from './comment-inputs.ts';
import { createLatestOnlyQueue } from './latest-only-queue.ts';
import { createPullRequestComment, findComments } from './pull-request-comment.ts';
import {
  type Annotate,
  annotatorOf,
  announce,
  setCommentUrl,
  writeOutputs,
  writeReportFile,
  writeSummary,
} from './runner-files.ts';
import { labelOf, sectionOf, toSavedSection } from './section.ts';
import type { SavedComment, SavedSection } from './step-state.ts';

/** A comment that says how far the batch is changes at most this often. */
const PROGRESS_MS = 60_000;
/** A batch that ends this soon needs no comment that says that we wait for it. */
const GRACE_MS = 1_000;
/** Before news is saved: a batch that has ended is reported meanwhile, and need not be saved. */
const SAVE_AFTER_MS = 200;
const TWIN =
  'Another job of this workflow run has the same label and the same target, so a new attempt of one cannot replace its own section of the comment: set the input label of each.';
const NEWER_RUN =
  'The comment is left as it is: a newer workflow run, or a newer attempt of this one, has written it.';

/** Everything that the publisher works with. */
export interface PublishingOptions {
  readonly inputs: Inputs;
  readonly context: GitHubContext;
  readonly commentInputs: CommentInputs;
  /** See `StepStateWriter`. */
  readonly mark: string;
  readonly runtime: Runtime;
  /** Keeps what the `post` step needs to know of the comment. Never throws. */
  readonly remember: (memory: SavedComment) => void;
}

/** Everything that leaves the action: summary, report files, outputs, annotations and the comment; and what it left before. */
export function createPublisher(options: PublishingOptions): Publisher & HistoryReader {
  const { inputs, context, commentInputs, mark, runtime } = options;
  const { clock, trace } = runtime;
  const hasComment = commentInputs.comment !== 'never';
  const ended = new AbortController();
  let memory: SavedComment | undefined;

  let createdAt: number | undefined;

  function remember(next: SavedComment): void {
    memory = next;
    options.remember({
      ...next,
      createdAgoMs: createdAt === undefined ? undefined : clock.now() - createdAt,
    });
  }
  const add = (news: Partial<SavedComment>): void => {
    if (memory !== undefined) remember({ ...memory, ...news });
  };
  const comment = createPullRequestComment(commentInputs, context, {
    mark,
    runtime,
    onCreate() {
      createdAt = clock.now();
      add({});
    },
  });

  const started = { until: clock.now() + SHOW_WAITING_MS, signal: new AbortController().signal };
  let commit: string | undefined;
  const finding = comment.commit(started).then((found) => {
    commit = found;
  });
  const reportOn = (findings: Findings): Report =>
    buildReport(
      {
        ...findings,
        label: labelOf(findings, commentInputs, runtime) || undefined,
        ...reportOptionsFor(inputs, context, commit),
      },
      runtime.redact,
    );

  /** Brings the comment up to date, at most once a minute. */
  const commentUpdates = createLatestOnlyQueue<Findings>({
    clock,
    signal: ended.signal,
    delay: () => Promise.all([clock.sleep(GRACE_MS, ended.signal), finding]),
    async task(findings) {
      const section = sectionOf(reportOn(findings), commentInputs, runtime);
      const deadline = { until: clock.now() + SHOW_WAITING_MS, signal: ended.signal };
      // GitHub mails only what a comment says when it is made, so it is made with the verdict.
      const result = await comment.write(section, { ...deadline, create: false });
      if ('id' in result) add({ id: result.id });
      return PROGRESS_MS;
    },
    onError: (error) => trace(`That the gate waits is not shown: ${String(error)}`),
  });

  /** Saves what is known for the case that the step is killed: soon, but in a tenth of the time at most. */
  const stateSaves = createLatestOnlyQueue<Findings>({
    clock,
    signal: ended.signal,
    delay: () => clock.sleep(SAVE_AFTER_MS, ended.signal),
    task(findings) {
      const startedAt = clock.now();
      const section = sectionIfStopped(findings, reportOn, { commentInputs, runtime });
      remember({ ...memory, section, stage: 'waiting' });
      return Math.max(SAVE_AFTER_MS, 9 * (clock.now() - startedAt));
    },
    onError: (error) => trace(`What is known could not be saved: ${String(error)}`),
  });

  /** Waits until the tested commit is known, or the deadline comes. */
  const untilTested = (deadline: Deadline): Promise<void> =>
    withDeadline(() => finding, deadline, clock).catch(() => undefined);

  /** A file has its own time; where there is less for everything, as after a cancellation, the files share what is left. */
  function fileDeadline(deadline: Deadline, publishMs: number): Deadline {
    const until =
      publishMs < WRITE_FILE_MS
        ? Math.max(deadline.until, clock.now() + MIN_WRITE_FILE_MS)
        : clock.now() + WRITE_FILE_MS;
    return { ...deadline, until };
  }

  async function writeWithin(deadline: Deadline, what: string, write: () => Promise<void>): Promise<void> {
    await warnOnError(runtime, what, async () => {
      try {
        await withDeadline(write, deadline, clock);
      } catch (error) {
        if (!(error instanceof DeadlineExceeded)) throw error;
        // A cancellation leads to another round.
        if (!deadline.signal.aborted) throw new Error('the file system did not answer in time');
      }
    });
  }

  const { redact } = runtime;
  const tested = inputs.target === undefined ? undefined : redact(inputs.target);

  /** The record with which later gates compare themselves. */
  function recordFor({ cases, tally, judgement, base, origin }: Report): string | undefined {
    if (judgement === undefined) return undefined;
    const { verdict } = judgement;
    const { commit, runAttempt: attempt = 1 } = origin;
    const about = { target: tested, branch: comment.baseBranch };
    return encodeRecord(recordOf({ ...about, cases, tally, verdict, commit, attempt, base }));
  }

  async function publishComment(report: Report, deadline: Deadline): Promise<void> {
    const verdict = report.judgement?.verdict;
    const section = { ...sectionOf(report, commentInputs, runtime), record: recordFor(report) };
    // Also before it is written: a step that is killed while writing may have made a comment.
    const create = inputs.comment === 'always' || verdict !== 'passed';
    const saved = toSavedSection(verdict ?? 'inconclusive', section);
    remember({ ...memory, section: saved, stage: 'unwritten', isWanted: create });
    const result = await comment.write(section, { ...deadline, create });
    const { id, url } = 'id' in result ? result : {};
    if (id !== undefined) add({ id });
    if (!('warning' in result)) add({ stage: 'written' });
    if (url !== undefined) setCommentUrl(url);
    // After a cancellation there is another round.
    if (deadline.signal.aborted) return;
    if (url !== undefined) runtime.log(`Comment: ${url}`);
    if ('warning' in result) runtime.warn(result.warning);
    if (result.status === 'left' && result.why === 'newer-run') runtime.log(NEWER_RUN);
    if (result.status === 'left' && result.why === 'no-pull-request') runtime.log(result.note);
    if ('hasTwin' in result && result.hasTwin === true) runtime.log(TWIN);
  }

  const readBaselineWithin = (path: string, deadline: Deadline): ReturnType<typeof readBaseline> =>
    withDeadline(() => readBaseline(path), deadline, clock).catch(() => ({
      baseUnavailableReason: `the baseline ${path} could not be read in time`,
    }));

  return {
    async read(within) {
      const { baseline } = inputs;
      const [{ earlier, ...known }, file] = await Promise.all([
        comment.readEarlierResults({ target: tested, wantsBase: baseline === undefined }, within),
        baseline === undefined ? {} : readBaselineWithin(baseline, within),
        untilTested(within),
      ]);
      return { ...known, ...file, history: earlier && historyOf(earlier, commit) };
    },

    showWaiting(findings) {
      if (ended.signal.aborted) return;
      stateSaves.push(findings);
      if (hasComment) commentUpdates.push(findings);
    },

    async publish(findings, deadline) {
      ended.abort();
      await commentUpdates.drained();
      const left = deadline.until - clock.now();
      await untilTested({ ...deadline, until: clock.now() + Math.min(FIND_COMMIT_MS, left / 3) });
      const report = reportOn(findings);
      await warnOnError(runtime, 'The outputs', () => writeOutputs(report));
      await writeWithin(fileDeadline(deadline, left), 'The job summary', () =>
        writeSummary(renderSummary(report)),
      );
      if (hasComment) await warnOnError(runtime, 'The comment', () => publishComment(report, deadline));
      // Last, since a path of the user's may lead to anything.
      for (const { name, path, render } of reportFilesOf(inputs)) {
        await writeWithin(fileDeadline(deadline, left), `The file of ${name} (${path})`, () =>
          writeReportFile(name, path, render(report)),
        );
      }
      // A cancellation leads to another round, and what is said cannot be taken back.
      if (!deadline.signal.aborted) closingLines(report).forEach(runtime.log);
      const annotate = annotatorOf(report);
      if (!deadline.signal.aborted) annotateQuarantine(report, annotate);
      if (inputs.annotations && !deadline.signal.aborted) annotationsFor(report).forEach(annotate);
    },
  };
}

/** A file that quarantines nothing is an error at its line; what needs attention soon is a notice. */
function annotateQuarantine(
  { quarantineProblem: problem, quarantineNotes = [] }: Report,
  annotate: Annotate,
): void {
  if (problem !== undefined) annotate({ title: 'Quarantine', ...problem });
  for (const note of quarantineNotes) if (note !== problem?.message) announce(note);
}

/**
 * Reports that there is no verdict of the gate, since the inputs are wrong or the action itself failed: in the summary
 * and the outputs, and in a comment that is already there.
 */
export async function publishFailure(
  { isInput, ...failure }: Pick<Judgement, 'reason' | 'notes'> & { readonly isInput: boolean },
  {
    commentInputs,
    mark,
    runtime,
    signal,
    remember,
  }: Omit<PublishingOptions, 'inputs' | 'context'> & { signal: AbortSignal },
): Promise<void> {
  const context = await readContext(runtime.env, commentInputs);
  const findings: Findings = {
    name: commentInputs.name ?? 'Agent Test Gate',
    providerTitle: '',
    judgement: { verdict: 'inconclusive', ...failure },
    batches: [],
    writtenAt: runtime.clock.epoch(),
    waitedMs: 0,
  };
  const report = buildReport({ ...findings, transcripts: 'none', origin: context.origin }, runtime.redact);
  await warnOnError(runtime, 'The outputs', () => writeOutputs(withWholeReason(report), isInput ? 0 : ''));
  await warnOnError(runtime, 'The job summary', () => writeSummary(renderSummary(report)));
  if (commentInputs.comment === 'never') return;
  await warnOnError(runtime, 'The comment', async () => {
    const section = sectionOf(report, commentInputs, runtime);
    const saved = toSavedSection('inconclusive', section);
    remember({ section: saved, stage: 'unwritten' });
    const deadline = { until: runtime.clock.now() + PUBLISH_FAILURE_MS, signal };
    const { comments } = await findComments(commentInputs, context, { mark, runtime, deadline });
    for (const comment of comments) {
      const result = await comment.write(section, { ...deadline, create: false });
      if ('warning' in result) runtime.warn(result.warning);
      if ('id' in result) remember({ section: saved, stage: 'written', id: result.id });
    }
  });
}

/** With what the report lists below the reason in the reason, as the output has it. */
function withWholeReason({ judgement, ...report }: Report): Report {
  if (judgement === undefined) return report;
  return { ...report, judgement: { ...judgement, reason: [judgement.reason, ...judgement.notes].join(' ') } };
}

/** Settles what `auto` means: no conversation where anybody may read the report, or where nobody knows who may. */
function reportOptionsFor(
  inputs: Inputs,
  { visibility, origin }: GitHubContext,
  commit: string | undefined,
): ReportOptions {
  const withheldFor =
    inputs.transcripts !== 'auto' || visibility === 'private' || visibility === 'internal'
      ? undefined
      : visibility;
  const settled = withheldFor === undefined ? 'full' : 'none';
  const [file] = reportFilesOf(inputs);
  return {
    transcripts: inputs.transcripts === 'auto' ? settled : inputs.transcripts,
    withheldFor,
    origin: { ...origin, commit },
    reportFile: file?.path,
  };
}

/** The section of a step that is killed now: its findings so far, with the verdict that they make. */
function sectionIfStopped(
  findings: Findings,
  reportOn: (findings: Findings) => Report,
  { commentInputs, runtime }: Pick<PublishingOptions, 'commentInputs' | 'runtime'>,
): SavedSection {
  const verdict = verdictIfStopped(reportOn(findings).tally);
  const ids = findings.batches.map(({ id }) => id).join(', ');
  const reason = `The step was stopped before it reached a verdict. ${findings.providerTitle} may still be running ${ids}.`;
  // A step that is killed fails.
  const report = reportOn({ ...findings, isReportOnly: false, judgement: { verdict, reason, notes: [] } });
  return toSavedSection(verdict, sectionOf(report, commentInputs, runtime));
}

function verdictIfStopped({ failed, errored }: Tally): Verdict {
  if (failed > 0) return 'failed';
  return errored > 0 ? 'errored' : 'cancelled';
}

/** Does something that may fail without consequences but a warning. */
export async function warnOnError(
  { warn }: Runtime,
  what: string,
  action: () => Promise<void> | void,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    warn(`${what} could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
