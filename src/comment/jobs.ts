import { STATES, type State, worstState } from '../domain/verdict.ts';
import { joinFirst } from '../domain/wording.ts';
import {
  code,
  heading,
  type Inline,
  link,
  md,
  smallPrint,
  strong,
  table,
  thematicBreak,
  untrusted,
  untrustedHtml,
} from '../report/markdown.ts';
import { fold, render, renderLine } from '../report/markdown-writer.ts';
import type { Origin, Report } from '../report/report.ts';
import { detailLines, foldSmall, footerLine, jobsFooterLine } from '../report/sections/footer.ts';
import { REPORT_ONLY, resultOf, SIGNS } from '../report/sections/headline.ts';
import { NO_BREAK_SPACE } from '../report/sections/names.ts';
import { adviseOn, NEXT_LABEL, rerunInstructions, startsBatch } from '../report/sections/next-steps.ts';
import { formatDuration } from '../text/format.ts';
import type { JobFacts } from './job-facts.ts';
import { compareText } from './labels.ts';

/** A job in a comment of several jobs: everything but its body. */
export interface ListedJob extends JobFacts {
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
/** Batches of a job that its details name. */
const MAX_BATCHES = 3;

/** Advice about a job that has none of its own. */
const ADVICE_ON: Readonly<Record<State, string>> = {
  failed: 'see above why it failed.',
  errored: 'see above why it errored.',
  cancelled: 'run it again.',
  'timed-out': 'see above what has not ended.',
  inconclusive: 'see above what is not known.',
  waiting: '',
  passed: '',
};

/** Takes the facts out of a report. */
export function jobFactsOf(report: Report): JobFacts {
  const isWaiting = report.judgement === undefined;
  const { todo, hint } = adviseOn(report);
  // The table and the footer of all jobs link the job, the workflow run and the commit.
  const own = { ...report, origin: { repositoryUrl: report.origin.repositoryUrl } };
  return {
    result: resultOf(report),
    took: isWaiting ? '' : (formatDuration(report.waitedMs) ?? ''),
    providerTitle: report.providerTitle,
    footer: [footerLine(own), ...detailLines(own, MAX_BATCHES)].map(renderLine).filter((line) => line !== ''),
    next: renderLine(todo),
    hint: renderLine(hint),
    startsBatch: startsBatch(report),
    isReportOnly: report.isReportOnly === true || undefined,
    origin: report.origin,
  };
}

/** The jobs in the order in which they are shown: worst first, then by label. */
export function sortJobs<Job extends ListedJob>(jobs: readonly Job[]): Job[] {
  return jobs.toSorted(
    (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || compareText(a.label, b.label),
  );
}

const isBad = ({ state }: ListedJob): boolean => state !== 'waiting' && state !== 'passed';

/** The heading of all jobs together: which failed, how many still run. Here and below, `jobs` are in the order of `sortJobs`. */
export function renderJobsHeading(name: string, jobs: readonly ListedJob[]): string {
  const state = worstState(jobs.map((job) => job.state));
  const waiting = jobs.filter((job) => job.state === 'waiting');
  const bad = jobs.filter(isBad);
  const note = bad.every(({ isReportOnly }) => isReportOnly === true) ? ` (${REPORT_ONLY})` : '';
  const clauses = [
    ...(bad.length > 0 ? [`${describeFailedJobs(bad)}${note}`] : []),
    ...(waiting.length > 0 ? [`${waiting.length} of ${jobs.length} still running`] : []),
  ];
  const result = clauses.join(', ') || `all ${jobs.length} jobs passed`;
  return render(heading(2, untrusted(`${SIGNS[state]} ${name.slice(0, 500)}: ${result}`, MAX_HEADING)));
}

function describeFailedJobs(bad: readonly ListedJob[]): string {
  if (bad.length > MAX_NAMED) return `${bad.length} jobs did not pass`;
  const names = bad.map(({ label }) => label.slice(0, MAX_LABEL)).join(', ');
  return bad.every(({ state }) => state === 'failed') ? `${names} failed` : `${names} did not pass`;
}

/** A table with a row for each job. */
export function renderJobsTable(jobs: readonly ListedJob[]): string {
  const hasTook = jobs.some(({ took }) => took !== '');
  const providers = new Set(jobs.map(({ providerTitle }) => providerTitle));
  const rows = jobs.map((job): Inline[][] => {
    const provider = providers.size > 1 ? md` (${untrusted(job.providerTitle, 50)})` : '';
    const attempt = job.attempt === undefined ? '' : md` (attempt ${job.attempt})`;
    const commit = job.commit === undefined ? '' : md` (${code(job.commit.slice(0, 7), 7)})`;
    const took = job.took === '' ? '–' : untrusted(job.took.replaceAll(' ', NO_BREAK_SPACE), 30);
    return [
      md`${SIGNS[job.state]} ${strong(linked(job))}${provider}${attempt}${commit}`,
      [untrusted(job.result, 200)],
      ...(hasTook ? [md`${took}`] : []),
    ];
  });
  const head = [md`Job`, md`Result`, ...(hasTook ? [md`Took`] : [])];
  return render(table(head, rows, { textColumns: 2 }));
}

/** The label of a job, linked to its page where that is known. */
function linked({ label, origin }: ListedJob): Inline[] {
  const name = untrusted(label, MAX_LABEL);
  return origin?.jobUrl === undefined ? [name] : link(origin.jobUrl, name);
}

/**
 * The body of one job under its name: open for one that did not pass, folded for one that passed or waits. The table
 * above says how it ended. `body` is what `renderBody` wrote without its closing, maybe with markers around it; its
 * headings are of the third level.
 */
export function renderJob(job: ListedJob, body: string): string {
  if (!isBad(job)) {
    const label = untrustedHtml(job.label, MAX_LABEL);
    return fold(`${SIGNS[job.state]} <b>${label}</b>`, { open: false }, body);
  }
  const title = heading(2, md`${SIGNS[job.state]} ${untrusted(job.label, MAX_LABEL)}`);
  return `${render(title)}\n\n${body}`;
}

/**
 * Advice about all jobs together, in one line after a rule: the same advice once, worst first; empty where none has failed.
 */
export function renderJobsNext(jobs: readonly ListedJob[], origin: Origin): string {
  const bad = jobs.filter(isBad);
  if (bad.length === 0) return '';
  const advised = Map.groupBy(bad, ({ next, state }) => next || ADVICE_ON[state]);
  const shown = [...advised].slice(0, MAX_NAMED);
  const named = shown.reduce((sum, [, advisedJobs]) => sum + advisedJobs.length, 0);
  const sentences = [
    renderLine([NEXT_LABEL]),
    ...shown.map(([next, advisedJobs]) => `${labelsOf(advisedJobs)}: ${next}`),
    ...(named < bad.length ? [`Then look at ${bad.length - named} more, worst first.`] : []),
    ...new Set(bad.map(({ hint = '' }) => hint)),
    ...rerunSentences(bad, origin),
  ];
  return `${render(thematicBreak)}\n\n${sentences.filter((sentence) => sentence !== '').join(' ')}`;
}

/** Instructions to run the failed jobs again, for each workflow run that they are of. */
function rerunSentences(failed: readonly ListedJob[], origin: Origin): string[] {
  const runs = [...Map.groupBy(failed, (job) => job.origin?.runId ?? origin.runId).values()];
  return runs.slice(0, MAX_NAMED).map((jobs) => {
    const ofRun = jobs.find((job) => job.origin?.runId !== undefined)?.origin ?? origin;
    const areStartedHere = jobs.every((job) => job.startsBatch === true);
    const whose = runs.length > 1 ? `${labelsOf(jobs)}: ` : '';
    const isReportOnly = jobs.every((job) => job.isReportOnly === true);
    const again = rerunInstructions(ofRun, areStartedHere, { jobs: jobs.length, isReportOnly });
    return `${whose}${renderLine(again)}`;
  });
}

/** The names of jobs in bold, the first few of many. */
function labelsOf(jobs: readonly ListedJob[]): string {
  const names = jobs.map(({ label }) => renderLine([strong(untrusted(label, MAX_LABEL))]));
  return joinFirst(names, { most: MAX_NAMED });
}

/** The one footer of all jobs: what they share on a line, and the details of each in a fold. */
export function renderJobsFooter(jobs: readonly ListedJob[], origin: Origin): string {
  const line = jobsFooterLine(origin);
  const details = jobs
    .filter(({ footer }) => footer.length > 0)
    .map(({ label, footer }) => {
      const name = renderLine([strong(md`${untrusted(label, MAX_LABEL)}:`)]);
      return `<sub>${name} ${footer.join('\\\n')}</sub>`;
    });
  return [
    ...(line.length === 0 ? [] : [render(smallPrint(line))]),
    ...(details.length === 0 ? [] : [foldSmall('Details of each job', details.join('\n\n'))]),
  ].join('\n\n');
}
