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

/** Everything that the publisher works with. */
export interface PublishingOptions {
  readonly inputs: Inputs;
  readonly context: GitHubContext;
  readonly commentInputs: CommentInputs;
  /** See `createStepState`. */
  readonly mark: string;
  readonly runtime: Runtime;
  /** Keeps what the `post` step needs to know of the comment. Never throws. */
  readonly remember: (memory: SavedComment) => void;
}

/** A comment that says how far the batch is changes at most this often. */
const PROGRESS_MS = 60_000;
/** A batch that ends this soon needs no comment that says that we wait for it. */
const GRACE_MS = 1_000;
/** Before news is saved: a batch that has ended is reported meanwhile, and need not be saved. */
const SAVE_AFTER_MS = 200;

/** The comment of this job, if one is wanted. `testedCommit` resolves when it is known which commit `reportOn` reports on. Never rejects. */
export function createJobComment(
  { context, commentInputs, mark, runtime, remember }: Omit<PublishingOptions, 'inputs'>,
  {
    reportOn,
    testedCommit,
    target,
  }: {
    readonly reportOn: (findings: Findings) => Report;
    readonly testedCommit: Promise<unknown>;
    /** The input `target`, without secrets. */
    readonly target: string | undefined;
  },
) {
  const { clock, trace } = runtime;
  const ended = new AbortController();
  const memory = createMemory(remember, clock);
  const { created: onCreate } = memory;
  const comment = createPullRequestComment(commentInputs, context, { mark, runtime, onCreate });

  /** Brings the comment up to date, at most once a minute. */
  const commentUpdates = createLatestOnlyQueue<Findings>({
    clock,
    signal: ended.signal,
    delay: () => Promise.all([clock.sleep(GRACE_MS, ended.signal), testedCommit]),
    async task(findings) {
      const section = sectionOf(reportOn(findings), commentInputs, runtime);
      const deadline = { until: clock.now() + SHOW_WAITING_MS, signal: ended.signal };
      // GitHub mails only what a comment says when it is made, so it is made with the verdict.
      const result = await comment.write(section, { ...deadline, create: false });
      if (result.id !== undefined) memory.add({ id: result.id });
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
      const { verdict, report } = reportIfStopped(findings, reportOn);
      const section = toSavedSection(verdict, sectionOf(report, commentInputs, runtime));
      memory.set({ section, stage: 'waiting' });
      return Math.max(SAVE_AFTER_MS, 9 * (clock.now() - startedAt));
    },
    onError: (error) => trace(`What is known could not be saved: ${String(error)}`),
  });

  /** The record with which later gates compare themselves. */
  function recordFor({ cases, tally, judgement, base, origin }: Report): string | undefined {
    if (judgement === undefined) return undefined;
    const { verdict } = judgement;
    const { commit, runAttempt: attempt = 1 } = origin;
    const about = { target, branch: comment.baseBranch };
    return encodeRecord(recordOf({ ...about, cases, tally, verdict, commit, attempt, base }));
  }

  return {
    readEarlierResults: comment.readEarlierResults,
    /** Shows that the gate waits, and saves it for the case that the step is killed. Returns at once. */
    showWaiting(findings: Findings): void {
      if (ended.signal.aborted) return;
      stateSaves.push(findings);
      if (commentInputs.comment !== 'never') commentUpdates.push(findings);
    },
    /** Ends the showing. Resolves when nothing is written any more. */
    async endWaiting(): Promise<void> {
      ended.abort();
      await commentUpdates.drained();
    },
    /** Writes the end. Warns of what could not be written. */
    async publish(report: Report, deadline: Deadline): Promise<void> {
      const verdict = report.judgement?.verdict;
      const section = { ...sectionOf(report, commentInputs, runtime), record: recordFor(report) };
      // Also before it is written: a step that is killed while writing may have made a comment.
      const create = commentInputs.comment === 'always' || verdict !== 'passed';
      const saved = toSavedSection(verdict ?? 'inconclusive', section);
      memory.set({ section: saved, stage: 'unwritten', isWanted: create });
      const { id, url, warning, note } = await comment.write(section, { ...deadline, create });
      if (id !== undefined) memory.add({ id });
      if (warning === undefined) memory.add({ stage: 'written' });
      if (url !== undefined) setOutput('comment-url', url);
      // After a cancellation there is another round.
      if (deadline.signal.aborted) return;
      if (url !== undefined) runtime.log(`Comment: ${url}`);
      if (warning !== undefined) runtime.warn(warning);
      if (note !== undefined) runtime.log(note);
    },
  };
}

/** Keeps what the `post` step needs to know of the comment, and how long ago one was asked for. */
function createMemory(remember: PublishingOptions['remember'], clock: Clock) {
  let memory: SavedComment | undefined;
  let createdAt: number | undefined;
  function save(next: SavedComment): void {
    memory = next;
    remember({ ...next, createdAgoMs: createdAt === undefined ? undefined : clock.now() - createdAt });
  }
  function add(news: Partial<SavedComment>): void {
    if (memory !== undefined) save({ ...memory, ...news });
  }
  return {
    /** Where there is something to add to. */
    add,
    set: (news: Pick<SavedComment, 'section' | 'stage' | 'isWanted'>) => save({ ...memory, ...news }),
    /** From now on there may be a comment. */
    created() {
      createdAt = clock.now();
      add({});
    },
  };
}

/** The report of a step that is killed now: its findings so far, with the verdict that they make. */
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
