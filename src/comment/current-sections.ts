/** The sections of the shared comment that stay, and the writer's own among them. Pure. */
import { paragraph, trusted } from '../report/markdown.ts';
import { render } from '../report/markdown-writer.ts';
import {
  isNewerRun,
  isSameAttempt,
  isSameJob,
  isSameSection,
  jobOf,
  runOf,
  standsInFor,
} from './section-identity.ts';
import {
  type CommentState,
  isSubstituteMark,
  type OwnSection,
  type Section,
  STOPPED,
  sectionsOf,
  type Writer,
} from './state.ts';

/**
 * This step's section of this attempt as it stands in these comments; `undefined` if it is in none. Where the mark of the
 * step is lost, its job's `check_run_id` tells it, and where the server does not know that, it is the only one of the job.
 */
export function findSection(comments: readonly CommentState[], writer: Writer): Section | undefined {
  const { mark, checkRunId } = writer;
  const own = jobOf(writer);
  const run = runOf(writer);
  const ofJob = sectionsOf(comments).filter(
    (section) => isSameAttempt(section.run, run) && section.key === own.key && section.mark !== '',
  );
  const marked = ofJob.find((section) => section.mark === mark);
  if (!isSubstituteMark(mark)) return marked;
  const candidates = currentSections(ofJob)
    .filter((section) => isSameJob(section, own))
    .filter((section) => checkRunId === undefined || (section.checkRunId ?? checkRunId) === checkRunId);
  const marks = new Set(candidates.map((section) => section.mark));
  return marks.size === 1 ? candidates[0] : marked;
}

/**
 * Sections that stay, each once: of each workflow those of its newest run; of a job that ran again the latest, where it is
 * certain which section is its earlier one. What still waits in an earlier attempt was stopped.
 */
export function currentSections(sections: readonly Section[]): Section[] {
  const unique: Section[] = [];
  for (const section of sections) {
    const index = unique.findIndex((other) => isSameSection(other, section));
    const seen = unique[index];
    if (seen === undefined) unique.push(section);
    else if (finality(section) > finality(seen)) unique[index] = section;
  }
  const known = unique.filter((section) => !unique.some((other) => standsInFor(section, other)));
  const newest = known.filter((section) => !known.some((other) => isNewerRun(other.run, section.run)));
  return [...Map.groupBy(newest, ({ run }) => run.id).values()].flatMap(latestAttempts);
}

/**
 * The sections of one workflow run. A section replaces one of an earlier attempt only where it is the only one of the same
 * job: of two that nothing tells apart it cannot be known which of them ran again, so both stay.
 */
function latestAttempts(sections: readonly Section[]): Section[] {
  const attempts = [...Map.groupBy(sections, ({ run }) => run.attempt)].toSorted(([a], [b]) => a - b);
  const newest = attempts.at(-1)?.[0];
  let current: Section[] = [];
  for (const [, ofAttempt] of attempts) {
    const replaced = new Set(
      ofAttempt.flatMap((section) => {
        const earlier = current.filter((other) => isSameJob(other, section));
        return earlier.length === 1 ? earlier : [];
      }),
    );
    current = [...current.filter((section) => !replaced.has(section)), ...ofAttempt];
  }
  return current.map((section) => (section.run.attempt === newest ? section : markStopped(section)));
}

/** An attempt begins when all jobs of the one before have ended: what still waits there was stopped. */
function markStopped(section: Section): Section {
  if (section.state !== 'waiting') return section;
  return {
    ...section,
    state: 'cancelled',
    facts: undefined,
    markdown: render(paragraph(trusted(STOPPED))),
    closing: undefined,
    isCollapsed: false,
  };
}

/** Of two texts of one section: the one that has ended, and then the one that is not green. */
export function finality({ state }: Section): number {
  return state === 'waiting' ? 0 : state === 'passed' ? 1 : 2;
}

/**
 * True if a section is of another workflow than ours, about a commit that the pull request has left behind. Runs of different
 * workflows have no order; where the newest commit is not known, their ids say which was started first.
 */
export function isStale(section: Section, own: Section, headSha: string | undefined): boolean {
  return (
    section.run.workflow !== own.run.workflow &&
    isAboutAnother(section, own.commit) &&
    (headSha === undefined ? section.run.id < own.run.id : section.commit !== headSha)
  );
}

const isAboutAnother = (section: Section, commit: string | undefined): boolean =>
  commit !== undefined && section.commit !== undefined && section.commit !== commit;

/** True if it takes the newest commit of the pull request to decide which sections of other workflows stay. */
export function needsHeadSha(existing: readonly CommentState[], own: OwnSection, writer: Writer): boolean {
  const about = own.facts?.origin?.commit ?? writer.commit;
  const { workflow } = runOf(writer);
  return sectionsOf(existing).some(
    (section) => section.run.workflow !== workflow && isAboutAnother(section, about),
  );
}
