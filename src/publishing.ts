import type { Clock } from './clock.ts';
import type { Publisher } from './gate.ts';
import { createClient, type Fetch } from './github/client.ts';
import { type GitHubContext, readContext } from './github/context.ts';
import { findPullRequest } from './github/pull-request.ts';
import { annotate, setCommentUrl, writeOutputs, writeReportFile, writeSummary } from './github/runner.ts';
import { createStickyComment, type StickyComment, type WriteResult } from './github/sticky-comment.ts';
import type { Inputs } from './inputs.ts';
import { annotationsFor } from './report/annotations.ts';
import { renderBody } from './report/body.ts';
import type { OwnSection } from './report/comment.ts';
import { renderCtrf } from './report/ctrf.ts';
import { renderJson } from './report/json.ts';
import { renderJunit } from './report/junit.ts';
import { redact } from './report/redact.ts';
import { buildReport, type Findings, type Report, type Setting } from './report/report.ts';
import { renderSummary } from './report/summary.ts';

/** A comment that says how far the batch is changes at most this often. */
const PROGRESS_MS = 60_000;
/** A batch that ends this soon needs no comment that says that we wait for it. */
const GRACE_MS = 1_000;
/** How long one write of the waiting state may take. */
const PROGRESS_WRITE_MS = 30_000;

/** The world outside, as far as reports go there. */
export interface PublishingEdges {
  /** The secret values that the action knows; they leave it nowhere. */
  readonly masked: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly userAgent: string;
  readonly warn: (line: string) => void;
  readonly trace: (line: string) => void;
}

export interface PublishingOptions extends PublishingEdges {
  readonly inputs: Inputs;
  readonly githubToken: string;
  /** Keeps what the `post` step needs to know of the comment. */
  readonly remember: (comment: RememberedComment) => void;
}

/** What the `post` step is told of the comment: the last section that was to be written, and where. */
export interface RememberedComment {
  readonly id?: number | undefined;
  readonly section: Omit<OwnSection, 'render'> & { readonly markdown: string };
}

/** Everything that leaves the action: summary, report files, outputs, annotations and the comment. */
export function createPublisher(options: PublishingOptions): Publisher {
  const { inputs, clock } = options;
  const context = readContext(options.env);
  const setting = settingOf(inputs, context);
  const comment = createGateComment(options, context);
  const ended = new AbortController();
  let latest: Findings | undefined;
  let showing: Promise<void> | undefined;

  const reportOn = (findings: Findings): Report =>
    redact(buildReport({ ...findings, ...setting }), options.masked);

  /** Brings the comment up to date as long as there is news, at most once a minute. */
  async function show(): Promise<void> {
    await clock.sleep(GRACE_MS, ended.signal);
    while (latest !== undefined && !ended.signal.aborted) {
      const report = reportOn(latest);
      latest = undefined;
      await comment.write(report, {
        until: clock.now() + PROGRESS_WRITE_MS,
        signal: ended.signal,
        quiet: true,
      });
      await clock.sleep(PROGRESS_MS, ended.signal);
    }
  }

  return {
    progress(findings) {
      if (ended.signal.aborted) return;
      latest = findings;
      showing ??= show()
        .catch((error: unknown) => options.trace(`Progress is not shown: ${String(error)}`))
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
      const written = await comment.write(report, { ...limits, quiet: false });
      const url = written?.url;
      if (url !== undefined) await attempt(options, 'The output comment-url', () => setCommentUrl(url));
      // A cancellation leads to another round, and an annotation cannot be taken back.
      if (inputs.annotations && !limits.signal.aborted) annotationsFor(report).forEach(annotate);
    },
  };
}

/** Settles what `auto` means: where anybody may read the report, no conversation is in it. */
function settingOf(inputs: Inputs, { visibility, origin }: GitHubContext): Setting {
  const isClosed = visibility === 'private' || visibility === 'internal';
  const [file] = reportFiles(inputs);
  return {
    transcripts: inputs.transcripts === 'auto' ? (isClosed ? 'excerpt' : 'none') : inputs.transcripts,
    origin,
    ...(file === undefined ? {} : { reportFile: file[1] }),
  };
}

function reportFiles(inputs: Inputs): [output: string, path: string, render: (report: Report) => string][] {
  const files: [string, string | undefined, (report: Report) => string][] = [
    ['report-json', inputs.reportJson, renderJson],
    ['report-ctrf', inputs.reportCtrf, renderCtrf],
    ['report-junit', inputs.reportJunit, renderJunit],
  ];
  return files.flatMap(([output, path, render]) => (path === undefined ? [] : [[output, path, render]]));
}

interface CommentLimits {
  readonly until: number;
  readonly signal: AbortSignal;
  /** Whether a failure is worth no warning, because there will be another write. */
  readonly quiet: boolean;
}

interface GateComment {
  write(report: Report, limits: CommentLimits): Promise<{ url?: string | undefined } | undefined>;
}

/** The comment of this gate, if there is to be one. */
function createGateComment(options: PublishingOptions, context: GitHubContext): GateComment {
  const { inputs, warn } = options;
  let found: Promise<FoundComment> | undefined;

  return {
    async write(report, { quiet, ...limits }) {
      if (inputs.comment === 'never') return undefined;
      found ??= findComment(options, context, limits);
      const { sticky, warning } = await found;
      if (warning !== undefined) {
        if (!quiet) warn(warning);
        // It may be found the next time.
        found = undefined;
      }
      if (sticky === undefined) return undefined;
      const section = sectionOf(report);
      const verdict = report.judgement?.verdict;
      const create = inputs.comment === 'always' || (verdict !== undefined && verdict !== 'passed');
      const result = await sticky.write(section, { ...limits, create });
      options.remember({
        ...idOf(result),
        section: { ...section, markdown: section.render(MAX_REMEMBERED) },
      });
      if (!quiet && 'warning' in result && result.warning !== undefined) warn(result.warning);
      return 'url' in result ? { url: result.url } : undefined;
    },
  };
}

/** A section that is written again by the `post` step has room for this many characters. */
const MAX_REMEMBERED = 30_000;

interface FoundComment {
  readonly sticky?: StickyComment;
  readonly warning?: string | undefined;
}

async function findComment(
  options: PublishingEdges & Pick<PublishingOptions, 'inputs' | 'githubToken'>,
  context: GitHubContext,
  limits: { until: number; signal: AbortSignal },
): Promise<FoundComment> {
  const { inputs, githubToken, clock, random } = options;
  // Outside GitHub there is nothing to comment on.
  if (context.repository === undefined) return {};
  if (githubToken === '') {
    return {
      warning: "No comment: github-token is empty. Leave the input out, and it is the job's own token.",
    };
  }
  const client = createClient({
    ...options,
    token: githubToken,
    apiUrl: context.apiUrl,
    repository: context.repository,
  });
  const { pullRequest, warning } = await findPullRequest(
    { context, explicit: inputs.pullRequest, client },
    { clock, random, ...limits },
  );
  if (pullRequest === undefined) return { warning: warning ?? context.payloadProblem };
  const writer = { name: inputs.name, run: context.run };
  return { sticky: createStickyComment({ client, clock, random, issue: pullRequest.number, writer }) };
}

function sectionOf(report: Report): OwnSection {
  const ids = report.batches.map(({ id }) => id);
  return {
    key: ids.toSorted().join('\n'),
    state: report.judgement?.verdict ?? 'waiting',
    tally: report.tally,
    label: ids.join(', '),
    render: (max) => renderBody(report, { max, unit: 'characters' }),
  };
}

const idOf = (result: WriteResult): { id?: number } => ('id' in result ? { id: result.id } : {});

/** Does something that may fail without consequences but a warning. */
async function attempt(
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

/** Reports that the gate never came to run: in the summary and the outputs. The comment is left as it is. */
export async function publishFailure(reason: string, edges: PublishingEdges): Promise<void> {
  const report = redact(
    buildReport({
      name: 'Agent Test Gate',
      providerTitle: '',
      judgement: { verdict: 'inconclusive', reason, notes: [] },
      batches: [],
      writtenAt: edges.clock.epoch(),
      waitedMs: 0,
      transcripts: 'none',
      origin: readContext(edges.env).origin,
    }),
    edges.masked,
  );
  await attempt(edges, 'The job summary', () => writeSummary(renderSummary(report)));
  await attempt(edges, 'The outputs', () => writeOutputs(report));
}

export interface FinishOptions extends PublishingEdges {
  readonly inputs: Inputs;
  readonly githubToken: string;
  /** Whether the step came to its end, and was not killed. */
  readonly isFinished: boolean;
  /** What the step remembered, if it wrote a comment. */
  readonly remembered: RememberedComment | undefined;
}

/** How long the `post` step may take. */
const FINISH_MS = 20_000;

/**
 * Behind the job: if another job's write has swept away our section of the comment, it is put back; and if the step
 * was killed, the comment and the summary say so instead of waiting for ever.
 */
export async function finishComment(options: FinishOptions): Promise<void> {
  const { inputs, isFinished, remembered, clock, warn } = options;
  const context = readContext(options.env);
  const killed = isFinished ? undefined : reportOnKilled(options, settingOf(inputs, context));
  if (killed !== undefined)
    await attempt(options, 'The job summary', () => writeSummary(renderSummary(killed)));
  const section = killed === undefined ? remembered && restored(remembered) : sectionOf(killed);
  if (section === undefined || inputs.comment === 'never') return;

  const limits = { until: clock.now() + FINISH_MS, signal: new AbortController().signal };
  const { sticky, warning } = await findComment(options, context, limits);
  if (warning !== undefined) warn(warning);
  const result = await sticky?.check(remembered?.id, section, { ...limits, create: false });
  if (result !== undefined && 'warning' in result && result.warning !== undefined) warn(result.warning);
}

function reportOnKilled({ inputs, clock, masked }: FinishOptions, setting: Setting): Report {
  const ids = inputs.batchIds.join(', ');
  const reason = `The step was stopped before it had a verdict. The provider has no way to cancel a batch: ${ids} may go on there.`;
  const report = buildReport({
    name: inputs.name,
    providerTitle: '',
    judgement: { verdict: 'cancelled', reason, notes: [] },
    batches: inputs.batchIds.map((id) => ({ id })),
    writtenAt: clock.epoch(),
    waitedMs: 0,
    ...setting,
  });
  return redact(report, masked);
}

function restored({ section }: RememberedComment): OwnSection {
  return {
    ...section,
    render: (max) =>
      section.markdown.length <= max
        ? section.markdown
        : 'The report is in the job summary of this workflow run.',
  };
}
