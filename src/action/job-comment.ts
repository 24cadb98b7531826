/** The comment of this job, while it waits and at its end, and what the `post` step has to know of it. */
import { encodeRecord } from '../comment/record.ts';
import type { Tally } from '../domain/batch.ts';
import { recordOf } from '../domain/record.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { GitHubContext } from '../github/context.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Findings, Report } from '../report/report.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { SHOW_WAITING_MS } from '../runtime/limits.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { CommentInputs } from './comment-inputs.ts';
import { createLatestOnlyQueue } from './latest-only-queue.ts';
import { setOutput } from './outputs.ts';
import { createPullRequestComment } from './pull-request-comment.ts';
import { sectionOf, toSavedSection } from './section.ts';
import type { SavedComment } from './step-state.ts';
import { warnOnError } from './warn-on-error.ts';

/** Everything that the publisher works with. */
export interface PublishingOptions {
  readonly inputs: Inputs;
  readonly context: GitHubContext;
  readonly commentInputs: CommentInputs;
  /** Of the step: see `Section.mark`. */
  readonly mark: string;
  readonly runtime: Runtime;
  /** Keeps what the `post` step needs to know of the comment. Never throws. */
  readonly saveComment: (comment: SavedComment) => void;
}

/** Pause between two updates of a comment that says how far the batch is. */
const UPDATE_INTERVAL_MS = 60_000;
/** Pause before the first: a batch that ends this soon needs none. */
const FIRST_UPDATE_MS = 1_000;
/** Pause before findings are saved: a batch that has ended is reported meanwhile, and need not be saved. */
const SAVE_AFTER_MS = 200;

/** The comment of this job, while it waits and at the end. */
export function createJobComment(
  { inputs, context, commentInputs, mark, runtime, saveComment }: PublishingOptions,
  {
    reportOn,
    testedCommit,
  }: {
    readonly reportOn: (findings: Findings) => Report;
    /** Resolves when `reportOn` knows the commit that was tested, or never will. Never rejects. */
    readonly testedCommit: Promise<unknown>;
  },
) {
  const { clock, trace } = runtime;
  const ended = new AbortController();
  const saved = createSavedComment(saveComment, clock);
  const { beforeCreate } = saved;
  const comment = createPullRequestComment(commentInputs, context, { mark, runtime, beforeCreate });

  /** Brings the comment up to date, at most once a minute. */
  const commentUpdates = createLatestOnlyQueue<Findings>({
    clock,
    signal: ended.signal,
    delay: () => Promise.all([clock.sleep(FIRST_UPDATE_MS, ended.signal), testedCommit]),
    async task(findings) {
      const section = sectionOf(reportOn(findings), commentInputs, runtime);
      const deadline = { until: clock.now() + SHOW_WAITING_MS, signal: ended.signal };
      // Never made here: GitHub mails a comment's first text, and that should be the verdict.
      const result = await comment.write(section, { ...deadline, create: false });
      if (result.id !== undefined) saved.update({ id: result.id });
      return UPDATE_INTERVAL_MS;
    },
    onError: (error) => trace(`That the gate waits is not shown: ${String(error)}`),
  });

  /** Saves what `post` reports if the step is killed. Rendering and saving take at most a tenth of the time. */
  const stateSaves = createLatestOnlyQueue<Findings>({
    clock,
    signal: ended.signal,
    delay: () => clock.sleep(SAVE_AFTER_MS, ended.signal),
    task(findings) {
      const startedAt = clock.now();
      const { verdict, report } = reportIfStopped(findings, reportOn);
      const section = toSavedSection(verdict, sectionOf(report, commentInputs, runtime));
      saved.update({ section, stage: 'waiting' });
      return Math.max(SAVE_AFTER_MS, 9 * (clock.now() - startedAt));
    },
    onError: (error) => trace(`What is known could not be saved: ${String(error)}`),
  });

  /** The record with which later gates compare themselves. */
  function recordFor({ cases, tally, judgement, base, origin }: Report): string | undefined {
    if (judgement === undefined) return undefined;
    const { verdict } = judgement;
    const { commit, runAttempt: attempt = 1 } = origin;
    const about = { target: inputs.target, branch: comment.baseBranch };
    return encodeRecord(recordOf({ ...about, cases, tally, verdict, commit, attempt, base }));
  }

  return {
    readEarlierResults: comment.readEarlierResults,
    /** Updates the comment and what `post` reports if the step is killed. Works in the background. */
    showWaiting(findings: Findings): void {
      if (ended.signal.aborted) return;
      stateSaves.push(findings);
      if (commentInputs.comment !== 'never') commentUpdates.push(findings);
    },
    /** Ends these updates. Resolves when none is under way. */
    async endWaiting(): Promise<void> {
      ended.abort();
      await commentUpdates.drained();
    },
    /** Writes the report into the comment, or warns why it could not. */
    async publish(report: Report, deadline: Deadline): Promise<void> {
      const verdict = report.judgement?.verdict;
      const section = { ...sectionOf(report, commentInputs, runtime), record: recordFor(report) };
      // Also before it is written: a step that is killed while writing may have made a comment.
      const create = commentInputs.comment === 'always' || verdict !== 'passed';
      const savedSection = toSavedSection(verdict ?? 'inconclusive', section);
      saved.update({ section: savedSection, stage: 'unwritten', isWanted: create });
      const { id, url, warning, note } = await comment.write(section, { ...deadline, create });
      if (id !== undefined) saved.update({ id });
      if (warning === undefined) saved.update({ stage: 'written' });
      if (url !== undefined)
        await warnOnError(runtime, 'The output comment-url', () => setOutput('comment-url', url));
      // After a cancellation the gate publishes again.
      if (deadline.signal.aborted) return;
      if (url !== undefined) runtime.log(`Comment: ${url}`);
      if (warning !== undefined) runtime.warn(warning);
      if (note !== undefined) runtime.log(note);
    },
  };
}

/** Keeps what the `post` step needs to know of the comment, and how long ago one was asked for. */
function createSavedComment(saveComment: PublishingOptions['saveComment'], clock: Clock) {
  let known: Partial<SavedComment> = {};
  let createdAt: number | undefined;
  function update(news: Partial<SavedComment>): void {
    known = { ...known, ...news };
    const { section, stage } = known;
    if (section === undefined || stage === undefined) return;
    const createdAgoMs = createdAt === undefined ? undefined : clock.now() - createdAt;
    saveComment({ ...known, section, stage, createdAgoMs });
  }
  return {
    update,
    beforeCreate() {
      createdAt = clock.now();
      update({});
    },
  };
}

/** The report if the step is killed now: its findings so far, and the verdict that follows from them. */
function reportIfStopped(
  findings: Findings,
  reportOn: (findings: Findings) => Report,
): { verdict: Verdict; report: Report } {
  const verdict = verdictIfStopped(reportOn(findings).tally);
  const ids = findings.batches.map(({ id }) => id).join(', ');
  const reason = `The step was stopped before it reached a verdict. ${findings.providerTitle} may still be running ${ids}.`;
  // A step that is killed fails.
  return {
    verdict,
    report: reportOn({ ...findings, isReportOnly: false, judgement: { verdict, reason, notes: [] } }),
  };
}

function verdictIfStopped({ failed, errored }: Tally): Verdict {
  if (failed > 0) return 'failed';
  return errored > 0 ? 'errored' : 'cancelled';
}
