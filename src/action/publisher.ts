import type { Publisher } from '../gate.ts';
import { type GitHubContext, readContext } from '../github/context.ts';
import { annotationsFor } from '../report/annotations.ts';
import { renderCtrf } from '../report/files/ctrf.ts';
import { renderJson } from '../report/files/json.ts';
import { renderJunit } from '../report/files/junit.ts';
import { buildReport, type Findings, type Report, type Setting } from '../report/report.ts';
import { renderSummary } from '../report/summary.ts';
import type { Inputs } from './inputs.ts';
import type { OutputName } from './outputs.ts';
import { type CommentEdges, createGateComment, type RememberedComment } from './pull-request-comment.ts';
import { annotate, setCommentUrl, writeOutputs, writeReportFile, writeSummary } from './runner-files.ts';

/** A comment that says how far the batch is changes at most this often. */
const PROGRESS_MS = 60_000;
/** A batch that ends this soon needs no comment that says that we wait for it. */
const GRACE_MS = 1_000;
/** How long one write of the waiting state may take. */
const PROGRESS_WRITE_MS = 30_000;

/** The world outside, as far as reports go there. */
export interface PublishingEdges extends Omit<CommentEdges, 'githubToken'> {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A warning on the workflow run. */
  readonly warn: (line: string) => void;
}

/** Everything that the publisher works with. */
export interface PublishingOptions extends PublishingEdges, CommentEdges {
  readonly inputs: Inputs;
  /** Keeps what the `post` step needs to know of the comment. */
  readonly remember: (comment: RememberedComment) => void;
}

/** Everything that leaves the action: summary, report files, outputs, annotations and the comment. */
export async function createPublisher(options: PublishingOptions): Promise<Publisher> {
  const { inputs, clock } = options;
  const context = await readContext(options.env);
  const setting = settingOf(inputs, context);
  const comment = createGateComment(inputs, context, options);
  const ended = new AbortController();
  let latest: Findings | undefined;
  let showing: Promise<void> | undefined;

  const reportOn = (findings: Findings): Report => buildReport({ ...findings, ...setting }, options.redact);

  /** Brings the comment up to date as long as there is news, at most once a minute. */
  async function show(): Promise<void> {
    await clock.sleep(GRACE_MS, ended.signal);
    while (latest !== undefined && !ended.signal.aborted) {
      const report = reportOn(latest);
      latest = undefined;
      // If this fails there will be another write, which says why.
      await comment.write(report, { until: clock.now() + PROGRESS_WRITE_MS, signal: ended.signal });
      await clock.sleep(PROGRESS_MS, ended.signal);
    }
  }

  return {
    showWaiting(findings) {
      if (ended.signal.aborted) return;
      latest = findings;
      showing ??= show()
        .catch((error: unknown) => options.trace(`That the gate waits is not shown: ${String(error)}`))
        .finally(() => {
          showing = undefined;
        });
    },

    async publish(findings, limits) {
      ended.abort();
      await showing;
      const report = reportOn(findings);
      await attempt(options, 'The job summary', () => writeSummary(renderSummary(report)));
      for (const [output, path, render] of reportFiles(inputs)) {
        await attempt(options, `The file of ${output} (${path})`, () =>
          writeReportFile(output, path, render(report)),
        );
      }
      await attempt(options, 'The outputs', () => writeOutputs(report));
      await attempt(options, 'The comment', async () => {
        const { url, warning } = await comment.write(report, limits);
        if (url !== undefined) setCommentUrl(url);
        // After a cancellation there is another round.
        if (warning !== undefined && !limits.signal.aborted) options.warn(warning);
      });
      // A cancellation leads to another round, and an annotation cannot be taken back.
      if (inputs.annotations && !limits.signal.aborted) annotationsFor(report).forEach(annotate);
    },
  };
}

/** Settles what `auto` means: where anybody may read the report, no conversation is in it. */
export function settingOf(inputs: Inputs, { visibility, origin }: GitHubContext): Setting {
  const isClosed = visibility === 'private' || visibility === 'internal';
  const [file] = reportFiles(inputs);
  return {
    transcripts: inputs.transcripts === 'auto' ? (isClosed ? 'excerpt' : 'none') : inputs.transcripts,
    origin,
    ...(file === undefined ? {} : { reportFile: file[1] }),
  };
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
export async function attempt(
  { warn }: PublishingEdges,
  what: string,
  action: () => Promise<void> | void,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    warn(`${what} could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
