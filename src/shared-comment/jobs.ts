/** What a comment of several jobs has beside their bodies: one heading, one overview and one footer. Pure. */
import type { State } from '../domain/verdict.ts';
import { fold, foreign, heading, type Inline, paragraph, render, strong, words } from '../report/markdown.ts';
import { headline, SIGNS } from '../report/sections/headline.ts';
import type { Section, SectionPart } from './state.ts';

/** One job in the overview. */
export interface JobPart extends Omit<SectionPart, 'origin'> {
  /** The user's text. */
  readonly label: string;
  readonly state: State;
  /** The attempt that wrote it, where that is not the newest. */
  readonly attempt?: number | undefined;
}

const MAX_LABEL = 100;
const MAX_RESULT = 200;
const MAX_HEADING = 400;
/** Jobs that the heading names. */
const MAX_NAMED = 3;

/** The contract's order of verdicts. What still waits may yet fail, so it comes before what passed. */
const WORST_FIRST: readonly State[] = [
  ...(['failed', 'errored', 'cancelled', 'timed-out'] as const),
  ...(['inconclusive', 'waiting', 'passed'] as const),
];

/** The jobs in the order in which they are shown: the worst first, then by label. */
export function inOrder<Job extends JobPart>(jobs: readonly Job[]): Job[] {
  const rank = ({ state }: JobPart) => WORST_FIRST.indexOf(state);
  return jobs.toSorted((a, b) => rank(a) - rank(b) || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0));
}

/** What happened, by the counts alone: "2 of 10 failed". */
export function resultOfCounts(state: Section['state'], tally: Section['tally']): string {
  return headline('', state, tally).replace(/^[^:]*: /, '');
}

/** The heading of all jobs together: which did not pass, how many still run. */
export function renderJobsHeading(name: string, jobs: readonly JobPart[]): string {
  const [worst] = inOrder(jobs);
  const waiting = jobs.filter(({ state }) => state === 'waiting').length;
  const bad = inOrder(jobs.filter(({ state }) => state !== 'waiting' && state !== 'passed'));
  const clauses = [
    ...(bad.length > 0 ? [whichFailed(bad)] : []),
    ...(waiting > 0 ? [`${waiting} of ${jobs.length} still running`] : []),
    ...(bad.length + waiting === 0 ? [`all ${jobs.length} jobs passed`] : []),
  ];
  const text = `${SIGNS[worst?.state ?? 'waiting']} ${name.slice(0, 200)}: ${clauses.join(', ')}`;
  return render(heading(2, foreign(text, MAX_HEADING)));
}

function whichFailed(bad: readonly JobPart[]): string {
  if (bad.length > MAX_NAMED) return `${bad.length} jobs did not pass`;
  const names = bad.map(({ label }) => label.slice(0, MAX_LABEL)).join(', ');
  return `${names} ${bad.every(({ state }) => state === 'failed') ? 'failed' : 'did not pass'}`;
}

/** One line for each job. */
export function renderJobsTable(jobs: readonly JobPart[]): string {
  const hasTook = jobs.some(({ took }) => took !== '');
  const providers = new Set(jobs.map(({ providerTitle }) => providerTitle));
  const rows = inOrder(jobs).map(({ state, label, result, took, providerTitle, attempt }): Inline[][] => [
    [
      words(`${SIGNS[state]} `),
      strong(foreign(label, MAX_LABEL)),
      ...(providers.size > 1 && providerTitle !== '' ? [foreign(` (${providerTitle})`, 50)] : []),
      ...(attempt === undefined ? [] : [words(` (attempt ${attempt})`)]),
    ],
    [foreign(result, MAX_RESULT)],
    ...(hasTook ? [[foreign(took || '–', 30)]] : []),
  ]);
  const head = [[words('Job')], [words('Result')], ...(hasTook ? [[words('Took')]] : [])];
  const lines: Inline[][][] = [head, ...rows];
  return render({
    type: 'table',
    align: head.map((_, column) => (column === 2 ? 'right' : 'left')),
    children: lines.map((cells) => ({
      type: 'tableRow',
      children: cells.map((children) => ({ type: 'tableCell', children })),
    })),
  });
}

/** The region of one job under its name: open for one that did not pass, folded for one that passed or waits. */
export function renderJob({ state, label, result }: JobPart, region: string): string {
  const title = [foreign(label, MAX_LABEL), words(': '), foreign(result, MAX_RESULT)];
  if (state !== 'passed' && state !== 'waiting') {
    return `${render(heading(3, words(`${SIGNS[state]} `), ...title))}\n\n${region}`;
  }
  // A title is HTML: what Markdown escapes there would show its backslashes.
  const plain = title.map((part) => ('value' in part ? part.value : '')).join('');
  return fold(`${SIGNS[state]} ${asHtml(plain)}`, { open: false }, region);
}

const asHtml = (text: string): string =>
  text.replace(/[&<>"'\\`*_~[\]]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The headings of a body one level down. Foreign text never begins a line with a heading. */
export const demoted = (body: string): string => body.replace(/^(?=#{3,5} )/gm, '#');

/** The body as it was before `demoted`. */
export const promoted = (body: string): string => body.replace(/^#(?=#{3,5} )/gm, '');

/** A body without what it has for itself alone: the line about what to do, and the footer. */
export function withoutClosing(body: string): string {
  return body.replace(/\n\n---\n\n[\s\S]*$/, '').replace(/\n\n<sub>(?:(?!\n\n)[\s\S])*<\/sub>$/, '');
}

/** The one footer of all jobs: the origin, then a line for each. */
export function renderJobsFooter(jobs: readonly JobPart[], origin: string): string {
  const ofJobs = inOrder(jobs)
    .filter(({ footer }) => footer !== '')
    .map(
      ({ label, footer }) =>
        `${render(paragraph(foreign(label, MAX_LABEL)))}: ${footer.replaceAll('\\\n', ' · ')}`,
    );
  const lines = [origin, ...ofJobs].filter((line) => line !== '');
  return lines.length === 0 ? '' : `<sub>${lines.join('\\\n')}</sub>`;
}
