import { type State, worstState } from '../domain/verdict.ts';
import {
  code,
  fold,
  heading,
  type Inline,
  paragraph,
  render,
  rule,
  strong,
  table,
  trusted,
  untrusted,
  untrustedHtml,
} from '../report/markdown.ts';
import type { Origin, Report } from '../report/report.ts';
import { renderFooter, renderOrigin } from '../report/sections/footer.ts';
import { resultOf, SIGNS } from '../report/sections/headline.ts';
import { NO_BREAK_SPACE } from '../report/sections/names.ts';
import { adviseOn, NEXT_LABEL, rerunInstructions } from '../report/sections/next-steps.ts';
import { formatDuration } from '../text/format.ts';

/** What is kept of a job's report beside its body, for the comment that it shares with other jobs. */
export interface JobFacts {
  /** Our words: "1 of 6 failed, new". */
  readonly result: string;
  /** How long it took, in our words; empty while it waits. */
  readonly took: string;
  /** The provider's title. */
  readonly providerTitle: string;
  /** The job's lines for the footer, as Markdown of one paragraph; may be empty. */
  readonly footer: string;
  /** What to do about it, as Markdown of one line; empty where there is nothing to do. */
  readonly next?: string | undefined;
  /** What else may be wrong, as Markdown of one line: often the same for all jobs. */
  readonly hint?: string | undefined;
  /** Whether the job started its batches itself, so that a new attempt of it tests again. */
  readonly startsBatch?: boolean | undefined;
  readonly origin?: Origin | undefined;
}

/** What a comment of several jobs knows of one of them: everything but its body. */
export interface JobPart extends JobFacts {
  /** The user's text. */
  readonly label: string;
  readonly state: State;
  /** The attempt that wrote it, where that is not the newest. */
  readonly attempt?: number | undefined;
  /** The commit that it is about, where that is not the one of the other jobs. */
  readonly commit?: string | undefined;
}

const MAX_LABEL = 100;
const MAX_NAMED = 3;
const MAX_HEADING = 400;

/** The states, worst first: what still waits may yet fail, so it comes before what passed. */
const STATE_ORDER: readonly State[] = [
  'failed',
  'errored',
  'cancelled',
  'timed-out',
  'inconclusive',
  'waiting',
  'passed',
];

/** What to do about a job that does not say it. */
const ADVICE_ON: Readonly<Record<State, string>> = {
  failed: 'see above why it failed.',
  errored: 'see above why it errored.',
  cancelled: 'run it again.',
  'timed-out': 'see above what has not ended.',
  inconclusive: 'see above what is not known.',
  waiting: '',
  passed: '',
};

/** What is kept of a report beside its rendered body. */
export function jobFactsOf(report: Report): JobFacts {
  const isWaiting = report.judgement === undefined;
  const { todo, hint } = adviseOn(report);
  const footer = renderFooter(report, { hasCommit: true, hasWorkflowRun: true, maxBatches: 3 });
  return {
    result: resultOf(report),
    took: isWaiting ? '' : (formatDuration(report.waitedMs) ?? ''),
    providerTitle: report.providerTitle,
    footer: unwrapped(footer),
    next: inlineOf(...todo),
    hint: inlineOf(...hint),
    startsBatch: report.started !== undefined,
    origin: report.origin,
  };
}

const unwrapped = (footer: string): string => footer.replace(/^<sub>/, '').replace(/<\/sub>$/, '');

/** The jobs in the order in which they are shown: worst first, then by label. */
export function sortJobs<Job extends JobPart>(jobs: readonly Job[]): Job[] {
  return jobs.toSorted(
    (a, b) =>
      STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state) ||
      (a.label < b.label ? -1 : a.label > b.label ? 1 : 0),
  );
}

/** The heading of all jobs together: which failed, how many still run. */
export function renderJobsHeading(name: string, jobs: readonly JobPart[]): string {
  const state = worstState(jobs.map((job) => job.state));
  const waiting = jobs.filter((job) => job.state === 'waiting');
  const bad = sortJobs(jobs.filter((job) => job.state !== 'waiting' && job.state !== 'passed'));
  const running = waiting.length === 0 ? [] : [`${waiting.length} of ${jobs.length} still running`];
  const clauses =
    bad.length > 0
      ? [whichFailed(bad), ...running]
      : waiting.length > 0
        ? running
        : [`all ${jobs.length} jobs passed`];
  const named = untrusted(`${SIGNS[state]} ${name.slice(0, 500)}: ${clauses.join(', ')}`, MAX_HEADING);
  return render(heading(2, named));
}

function whichFailed(bad: readonly JobPart[]): string {
  if (bad.length > MAX_NAMED) return `${bad.length} jobs did not pass`;
  const names = bad.map(({ label }) => label.slice(0, MAX_LABEL)).join(', ');
  return bad.every(({ state }) => state === 'failed') ? `${names} failed` : `${names} did not pass`;
}

/** One line for each job, worst first. */
export function renderJobsTable(jobs: readonly JobPart[]): string {
  const hasTook = jobs.some(({ took }) => took !== '');
  const providers = new Set(jobs.map(({ providerTitle }) => providerTitle));
  const rows = sortJobs(jobs).map((job): Inline[][] => [
    [
      trusted(`${SIGNS[job.state]} `),
      strong(untrusted(job.label, MAX_LABEL)),
      ...(providers.size > 1 ? [trusted(' ('), untrusted(job.providerTitle, 50), trusted(')')] : []),
      ...(job.attempt === undefined ? [] : [trusted(` (attempt ${job.attempt})`)]),
      ...(job.commit === undefined ? [] : [trusted(' ('), code(job.commit.slice(0, 7), 7), trusted(')')]),
    ],
    [untrusted(job.result, 200)],
    ...(hasTook ? [[untrusted(job.took === '' ? '–' : job.took.replaceAll(' ', NO_BREAK_SPACE), 30)]] : []),
  ]);
  return render(
    table([[trusted('Job')], [trusted('Result')], ...(hasTook ? [[trusted('Took')]] : [])], rows, {
      textColumns: 2,
    }),
  );
}

/**
 * The body of one job under its name: open for one that did not pass, folded for one that passed or waits. `body` is
 * what `renderBody` wrote without its closing, maybe with markers around it; its headings are of the third level.
 */
export function renderJob(job: JobPart, body: string): string {
  if (job.state === 'passed' || job.state === 'waiting') {
    return fold(
      `${SIGNS[job.state]} <b>${untrustedHtml(job.label, MAX_LABEL)}</b>: ${untrustedHtml(job.result, 200)}`,
      { open: false },
      body,
    );
  }
  // The table above says what happened to it.
  const title = heading(2, trusted(`${SIGNS[job.state]} `), untrusted(job.label, MAX_LABEL));
  return `${render(title)}\n\n${body}`;
}

/**
 * What to do about all jobs together, in one line after a rule: the same advice once, worst first; empty where none has
 * failed.
 */
export function renderJobsNext(jobs: readonly JobPart[], origin: Origin): string {
  const bad = sortJobs(jobs.filter(({ state }) => state !== 'waiting' && state !== 'passed'));
  if (bad.length === 0) return '';
  const advised = Map.groupBy(bad, ({ next, state }) => next || ADVICE_ON[state]);
  const shown = [...advised].slice(0, MAX_NAMED);
  const named = shown.reduce((sum, [, some]) => sum + some.length, 0);
  const sentences = [
    ...shown.map(([next, some]) => `${labelsOf(some)}: ${next}`),
    ...(named < bad.length ? [`Then look at ${bad.length - named} more, worst first.`] : []),
    ...new Set(bad.map(({ hint = '' }) => hint)),
    ...rerunSentences(bad, origin),
  ];
  const line = [inlineOf(NEXT_LABEL), ...sentences.filter((one) => one !== '')].join(' ');
  return `${render(rule)}\n\n${line}`;
}

/** How to run the failed jobs again, for each workflow run that they are of. */
function rerunSentences(failed: readonly JobPart[], origin: Origin): string[] {
  const runs = [...Map.groupBy(failed, (job) => job.origin?.runId ?? origin.runId).values()];
  return runs.slice(0, MAX_NAMED).map((jobs) => {
    const ofRun = jobs.find((job) => job.origin?.runId !== undefined)?.origin ?? origin;
    const startsBatch = jobs.every((job) => job.startsBatch === true);
    return inlineOf(...rerunInstructions(ofRun, { startsBatch, jobs: jobs.length }));
  });
}

/** The names of jobs in bold, the first few of many. */
function labelsOf(jobs: readonly JobPart[]): string {
  const names = jobs.slice(0, MAX_NAMED).map(({ label }) => inlineOf(strong(untrusted(label, MAX_LABEL))));
  const more = jobs.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

/** The one footer of all jobs: commit and workflow run, then a line or two for each job. */
export function renderJobsFooter(
  jobs: readonly JobPart[],
  origin: Origin,
  options: { readonly hasWorkflowRun?: boolean } = {},
): string {
  const lines = sortJobs(jobs)
    .filter(({ footer }) => footer !== '')
    .map(
      ({ label, footer }) =>
        `${inlineOf(untrusted(label, MAX_LABEL))}: ${footer.replaceAll('.\\\n', '. ').replaceAll('\\\n', ' · ')}`,
    );
  const all = [renderOrigin(origin, options), ...lines].filter((line) => line !== '');
  return all.length === 0 ? '' : `<sub>${all.join('\\\n')}</sub>`;
}

const inlineOf = (...inline: Inline[]): string => (inline.length === 0 ? '' : render(paragraph(...inline)));
