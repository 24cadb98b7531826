import { historyOf } from '../domain/record.ts';
import type { Publisher } from '../gate.ts';
import type { GitHubContext } from '../github/context.ts';
import { readBaseline } from '../inputs/baseline.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { annotationsFor, closingLines } from '../report/annotations.ts';
import { buildReport } from '../report/build-report.ts';
import { reportFilesOf } from '../report/files/report-files.ts';
import type { Findings, Report, ReportOptions } from '../report/report.ts';
import { renderSummary } from '../report/summary.ts';
import type { Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded, withDeadline } from '../runtime/deadline.ts';
import { FIND_COMMIT_MS, MIN_WRITE_FILE_MS, SHOW_WAITING_MS, WRITE_FILE_MS } from '../runtime/limits.ts';
import { writeRegularFile } from '../runtime/regular-file.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createJobComment, type PublishingOptions } from './job-comment.ts';
import { setOutput } from './outputs.ts';
import { findCommit } from './pull-request-comment.ts';
import { type Annotate, annotatorOf, writeNotice, writeOutputs, writeSummary } from './runner-files.ts';
import { labelOf } from './section.ts';
import { warnOnError } from './warn-on-error.ts';

/** Everything that leaves the action: summary, report files, outputs, annotations and the comment; and what it left before. */
export function createPublisher(options: PublishingOptions): Publisher {
  const { inputs, context, commentInputs, runtime } = options;
  const { clock, redact } = runtime;

  const started = { until: clock.now() + SHOW_WAITING_MS, signal: new AbortController().signal };
  let commit: string | undefined;
  const testedCommit = findCommit(commentInputs, context, runtime, started).then((found) => {
    commit = found;
  });
  /** Waits until the tested commit is known, or the deadline comes. */
  const untilTested = (deadline: Deadline): Promise<void> =>
    withDeadline(() => testedCommit, deadline, clock).catch(() => undefined);

  const reportOn = (findings: Findings): Report => {
    const label = labelOf(findings, commentInputs, runtime) || undefined;
    return buildReport({ ...findings, label, ...reportOptionsFor(inputs, context, commit) }, redact);
  };
  const comment = createJobComment(options, { reportOn, testedCommit });

  return {
    async readHistory(within) {
      const { baseline } = inputs;
      const [{ earlier, ...known }, file] = await Promise.all([
        comment.readEarlierResults({ base: baseline === undefined }, within),
        baseline === undefined ? {} : readBaseline(baseline, within, clock),
        untilTested(within),
      ]);
      return { ...known, ...file, history: earlier && historyOf(earlier, commit) };
    },

    showWaiting: comment.showWaiting,

    async publish(findings, deadline) {
      await comment.endWaiting();
      const leftMs = deadline.until - clock.now();
      const writeFile = createFileWriter(runtime, deadline);
      await untilTested({ ...deadline, until: clock.now() + Math.min(FIND_COMMIT_MS, leftMs / 3) });
      const report = reportOn(findings);
      await warnOnError(runtime, 'The outputs', () => writeOutputs(report));
      await writeFile('The job summary', () => writeSummary(renderSummary(report)));
      if (commentInputs.comment !== 'never') {
        await warnOnError(runtime, 'The comment', () => comment.publish(report, deadline));
      }
      // Last, since a path of the user's may lead to anything.
      for (const { name, path, render } of reportFilesOf(inputs)) {
        await writeFile(`The file of ${name} (${path})`, async () => {
          await writeRegularFile(path, render(report));
          await warnOnError(runtime, `The output ${name}`, () => setOutput(name, path));
        });
      }
      // After a cancellation the gate publishes again, and what is said cannot be taken back.
      if (!deadline.signal.aborted) closingLines(report).forEach(runtime.log);
      const annotate = annotatorOf(report);
      if (!deadline.signal.aborted) annotateQuarantine(report, annotate);
      if (inputs.annotations && !deadline.signal.aborted) annotationsFor(report).forEach(annotate);
    },
  };
}

/** Writes files: each has its own time; where there is less for everything, as after a cancellation, they share what is left. */
function createFileWriter(runtime: Runtime, deadline: Deadline) {
  const { clock } = runtime;
  const isShort = deadline.until - clock.now() < WRITE_FILE_MS;
  return (what: string, write: () => Promise<void>): Promise<void> =>
    warnOnError(runtime, what, async () => {
      const until = isShort
        ? Math.max(deadline.until, clock.now() + MIN_WRITE_FILE_MS)
        : clock.now() + WRITE_FILE_MS;
      try {
        await withDeadline(write, { ...deadline, until }, clock);
      } catch (error) {
        if (!(error instanceof DeadlineExceeded)) throw error;
        // After a cancellation the gate publishes again.
        if (!deadline.signal.aborted) throw new Error('the file system did not answer in time');
      }
    });
}

/** A file that quarantines nothing is an error at its line; what needs attention soon is a notice. */
function annotateQuarantine(
  { quarantineProblem: problem, quarantineNotes = [] }: Report,
  annotate: Annotate,
): void {
  if (problem !== undefined) annotate({ title: 'Quarantine', ...problem });
  for (const note of quarantineNotes) if (note !== problem?.message) writeNotice(note);
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
