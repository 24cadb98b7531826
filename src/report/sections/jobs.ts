import { type State, worstState } from '../../domain/verdict.ts';
import { formatDuration } from '../../text/format.ts';
import {
  fold,
  foreign,
  foreignHtml,
  heading,
  type Inline,
  paragraph,
  render,
  strong,
  table,
  words,
} from '../markdown.ts';
import type { Origin, Report } from '../report.ts';
import { renderFooter } from './footer.ts';
import { resultOf, SIGNS, stateOf } from './headline.ts';
import { runAgain } from './next.ts';

/** What a comment of several jobs knows of one of them: everything that the table and the one footer need. */
export interface JobPart {
  /** The user's text. */
  readonly label: string;
  readonly state: State;
  /** Our words: "1 of 6 failed, new". */
  readonly result: string;
  /** How long it took, in our words; empty while it waits. */
  readonly took: string;
  /** The provider's title. */
  readonly providerTitle: string;
  /** The job's lines for the footer, as Markdown of one paragraph; may be empty. */
  readonly footer: string;
  /** The attempt that wrote it, where that is not the newest. */
  readonly attempt?: number | undefined;
}

const MAX_LABEL = 100;
const MAX_NAMED = 3;
const MAX_HEADING = 400;

/** The states, worst first: what still waits may yet fail, so it comes before what passed. */
const ORDER: readonly State[] = [
  'failed',
  'errored',
  'cancelled',
  'timed-out',
  'inconclusive',
  'waiting',
  'passed',
];

/** What is kept of a report beside its rendered body. */
export function jobPartOf(report: Report): JobPart {
  const waiting = report.judgement === undefined;
  return {
    label: report.label ?? '',
    state: stateOf(report),
    result: resultOf(report),
    took: waiting ? '' : (formatDuration(report.waitedMs) ?? ''),
    providerTitle: report.providerTitle,
    footer: unwrapped(renderFooter(report, { hasCommit: true, hasWorkflowRun: true, maxBatches: 3 })),
  };
}

const unwrapped = (footer: string): string => footer.replace(/^<sub>/, '').replace(/<\/sub>$/, '');

/** The jobs in the order in which they are shown: worst first, then by label. */
export function inOrder<Job extends JobPart>(jobs: readonly Job[]): Job[] {
  return jobs.toSorted(
    (a, b) =>
      ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0),
  );
}

/** The heading of all jobs together: which failed, how many still run. */
export function renderJobsHeading(name: string, jobs: readonly JobPart[]): string {
  const state = worstState(jobs.map((job) => job.state));
  const waiting = jobs.filter((job) => job.state === 'waiting');
  const bad = inOrder(jobs.filter((job) => job.state !== 'waiting' && job.state !== 'passed'));
  const running = waiting.length === 0 ? [] : [`${waiting.length} of ${jobs.length} still running`];
  const clauses =
    bad.length > 0
      ? [whichFailed(bad), ...running]
      : waiting.length > 0
        ? running
        : [`all ${jobs.length} jobs passed`];
  const named = foreign(`${SIGNS[state]} ${name.slice(0, 500)}: ${clauses.join(', ')}`, MAX_HEADING);
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
  const rows = inOrder(jobs).map((job): Inline[][] => [
    [
      words(`${SIGNS[job.state]} `),
      strong(foreign(job.label, MAX_LABEL)),
      ...(providers.size > 1 ? [words(' ('), foreign(job.providerTitle, 50), words(')')] : []),
      ...(job.attempt === undefined ? [] : [words(` (attempt ${job.attempt})`)]),
    ],
    [foreign(job.result, 200)],
    ...(hasTook ? [[foreign(job.took === '' ? '–' : job.took, 30)]] : []),
  ]);
  return render(
    table([[words('Job')], [words('Result')], ...(hasTook ? [[words('Took')]] : [])], rows, {
      textColumns: 2,
    }),
  );
}

/**
 * The body of one job under its name: open for one that did not pass, folded for one that passed or waits. `body` is
 * what `renderBody` wrote with `isShared`, maybe with markers around it; its headings go one level down.
 */
export function renderJob(job: JobPart, body: string): string {
  if (job.state === 'passed' || job.state === 'waiting') {
    return fold(
      `${SIGNS[job.state]} <b>${foreignHtml(job.label, MAX_LABEL)}</b>: ${foreignHtml(job.result, 200)}`,
      { open: false },
      demoted(body),
    );
  }
  const title = heading(
    3,
    words(`${SIGNS[job.state]} `),
    foreign(job.label, MAX_LABEL),
    words(': '),
    foreign(job.result, 200),
  );
  return `${render(title)}\n\n${demoted(body)}`;
}

/** Headings of a body one level down. Foreign text never begins a line with a heading. */
export const demoted = (body: string): string => body.replace(/^(?=#{3,5} )/gm, '#');

/** The body as it was before `demoted`. */
export const promoted = (body: string): string => body.replace(/^#(?=#{3,5} )/gm, '');

/** What to do about all jobs together, in one line; empty where none has failed. */
export function renderJobsNext(jobs: readonly JobPart[], origin: Origin): string {
  const bad = inOrder(jobs.filter(({ state }) => state !== 'waiting' && state !== 'passed'));
  if (bad.length === 0) return '';
  const labels = bad.slice(0, MAX_NAMED).map(({ label }) => [strong(foreign(label, MAX_LABEL))]);
  const named = labels.flatMap((label, index) => (index === 0 ? label : [words(', '), ...label]));
  const more = bad.length - labels.length;
  return render(
    paragraph(
      strong(words('Next:')),
      words(' look at '),
      ...named,
      words(more > 0 ? ` and ${more} more, worst first.` : ' first.'),
      ...runAgain({ origin, started: undefined }),
    ),
  );
}

/** The one footer of all jobs: `origin` as `renderOrigin` wrote it, then a line or two for each job. */
export function renderJobsFooter(jobs: readonly JobPart[], origin: string): string {
  const lines = inOrder(jobs)
    .filter(({ footer }) => footer !== '')
    .map(
      ({ label, footer }) =>
        `${inlineOf(foreign(label, MAX_LABEL))}: ${footer.replaceAll('.\\\n', '. ').replaceAll('\\\n', ' · ')}`,
    );
  const all = [origin, ...lines].filter((line) => line !== '');
  return all.length === 0 ? '' : `<sub>${all.join('\\\n')}</sub>`;
}

const inlineOf = (inline: Inline): string => render(paragraph(inline));
