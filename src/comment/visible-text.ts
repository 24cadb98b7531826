/** The part of the comment that people read: one job like a report, several with one overview. Pure. */
import { EMPTY_TALLY } from '../domain/batch.ts';
import { renderLine } from '../report/markdown-writer.ts';
import { originLine } from '../report/sections/footer.ts';
import { headlineHeading, resultOfCounts } from '../report/sections/headline.ts';
import {
  type ListedJob,
  renderJob,
  renderJobsFooter,
  renderJobsHeading,
  renderJobsNext,
  renderJobsTable,
  sortJobs,
} from './jobs.ts';
import { distinctLabels } from './labels.ts';
import { renderSectionText } from './section-text.ts';
import type { Section } from './state.ts';

/** Blocks of Markdown of the sections, which are in the order of their data. */
export function renderSections(name: string, sections: readonly Section[]): string[] {
  return sections.length > 1 ? sharedBlocks(name, sections) : soleBlocks(name, sections);
}

/** One job has the headline of its report as the heading. */
function soleBlocks(name: string, sections: readonly Section[]): string[] {
  const [section] = sections;
  const { state = 'waiting', tally = EMPTY_TALLY } = section ?? {};
  const title = headlineHeading({ name, state, tally, result: section?.facts?.result });
  return [title, ...(section === undefined ? [] : [renderSectionText(section, 0)])];
}

/**
 * Several have one overview, one line about what to do and one footer, and between them the bodies, the worst first.
 */
function sharedBlocks(name: string, sections: readonly Section[]): string[] {
  const newest = newestOf(sections);
  const labels = distinctLabels(sections);
  const jobs = sortJobs(
    sections.map((section, index) => ({
      ...listedJobOf(section, labels[index] ?? section.label, { newest, sections }),
      // Of one that passed the table says enough.
      block: section.isCollapsed && section.state === 'passed' ? '' : renderSectionText(section, index),
    })),
  );
  const origin = newest?.facts?.origin ?? {};
  return [
    renderJobsHeading(name, jobs),
    renderJobsTable(jobs),
    ...jobs.map((job) => (job.block === '' ? '' : renderJob(job, job.block))),
    ...[renderJobsNext(jobs, origin), renderJobsFooter(jobs, origin)],
  ].filter((block) => block !== '');
}

/** The section of the newest workflow run, and of its newest attempt, that says where it comes from. */
function newestOf(sections: readonly Section[]): Section | undefined {
  const inOrder = sections.toSorted((a, b) => b.run.id - a.run.id || b.run.attempt - a.run.attempt);
  return inOrder.find(({ facts }) => facts?.origin !== undefined) ?? inOrder[0];
}

/** Facts about a section beside its body, with the origin where it differs from the newest one's. */
function listedJobOf(
  section: Section,
  label: string,
  { newest, sections }: { newest: Section | undefined; sections: readonly Section[] },
): ListedJob {
  const { state, tally, facts, run, commit } = section;
  const ofRun = sections.filter((other) => other.run.id === run.id);
  const newestAttempt = Math.max(...ofRun.map((other) => other.run.attempt));
  const origin = facts?.origin;
  const ownRun =
    run.id === newest?.run.id || origin === undefined
      ? ''
      : renderLine(originLine({ ...origin, commit: undefined }));
  return {
    ...{ result: resultOfCounts(state, tally), took: '', providerTitle: '' },
    ...facts,
    ...{ label, state },
    footer: [ownRun, ...(facts?.footer ?? [])].filter((line) => line !== ''),
    attempt: run.attempt === newestAttempt ? undefined : run.attempt,
    commit: commit === newest?.commit ? undefined : commit,
  };
}
