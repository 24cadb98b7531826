import type { WatchedBatch } from '../../domain/batch.ts';
import { countsAsNotPassed } from '../../domain/run.ts';
import { formatDuration, formatTime } from '../../text/format.ts';
import {
  type Inline,
  joinLines,
  joinWithCommas,
  joinWithDots,
  link,
  md,
  smallPrint,
  trusted,
  untrusted,
} from '../markdown.ts';
import { fold, render } from '../markdown-writer.ts';
import type { Origin, Report } from '../report.ts';
import { explanations } from './explanations.ts';
import { linkCommit, linkJob, linkWords, linkWorkflowRun } from './links.ts';
import { capitalized, comparedVersion, idOf } from './names.ts';
import { nextLinksJob } from './next-steps.ts';
import { hasPushes } from './pushes.ts';

const MAX_SUBJECT = 200;
const MAX_VERSION = 60;
const MAX_NOTE = 300;
/** Batches named in the details. Nobody gates on more; if so, the rest is a number. */
const MAX_BATCHES = 50;

/** One line in small print: runs and time, what was tested, this job, and what the words mean; maybe nothing. */
export function renderFooter(report: Report): string {
  const line = footerLine(report);
  return line.length === 0 ? '' : render(smallPrint(line));
}

/** The same without small print. */
export function footerLine(report: Report): Inline[] {
  const { origin } = report;
  return capitalized(
    joinWithDots([
      runsAndTime(report),
      testedSubject(report),
      nextLinksJob(report) ? [] : linkJob(origin),
      linkWords(origin),
    ]),
  );
}

/** Figures, the rule, and where the report comes from, folded in small print; empty where there is nothing to say. */
export function renderDetails(report: Report, maxBatches?: number): string {
  const lines = joinLines(detailLines(report, maxBatches));
  return lines.length === 0 ? '' : foldSmall('Details', render(smallPrint(lines)));
}

/** Rendered small print under a small title. */
export const foldSmall = (title: string, markdown: string): string =>
  fold(`<sub>${title}</sub>`, { open: false }, markdown);

/** The same as lines, none of them empty. */
export function detailLines(report: Report, maxBatches?: number): Inline[][] {
  return [...explanations(report), withheld(report), ...provenance(report, maxBatches)]
    .filter((line) => line.length > 0)
    .map(capitalized);
}

/** Reason why a report on runs that did not pass has no conversations, where no input says so. */
function withheld(report: Report): Inline[] {
  const sentence = withheldSentence(report);
  const isMissed = report.cases.some(({ decisive }) => countsAsNotPassed(decisive));
  return sentence === undefined || !isMissed ? [] : [trusted(sentence)];
}

/** Reason why `transcripts: auto` leaves all conversations out, and what to do; `undefined` where it does not. */
export function withheldSentence({ withheldFor }: Report): string | undefined {
  if (withheldFor === undefined) return undefined;
  const why =
    withheldFor === 'public' ? 'this repository is public' : 'nothing says whether this repository is public';
  return `Conversations are left out, since ${why}: set transcripts to show them.`;
}

/** Numbers of runs, of those that this step started, and the time that it took: "18 runs, 6 of them to confirm, in 5 min". */
export function runsAndTime(report: Report): Inline[] {
  const { cases, started, waitedMs, judgement } = report;
  if (judgement === undefined) return [];
  const runs = cases.flatMap((result) => [...result.runs, ...(result.comparison?.runs ?? [])]);
  const count = Math.max(runs.length, started?.runs ?? 0);
  // Nobody waited for a batch that had ended before.
  const waited = waitedMs < 1_000 ? undefined : formatDuration(waitedMs);
  if (count === 0) return waited === undefined ? [] : md`waited ${trusted(waited)}`;
  const note = startedNote(report, runs.length);
  const comma = note.length === 0 ? '' : ',';
  const time = waited === undefined ? '' : md`${comma} in ${trusted(waited)}`;
  return md`${count} ${count === 1 ? 'run' : 'runs'}${note}${time}`;
}

/** " started, 3 seen", ", 6 of them to confirm", to follow the number of runs; maybe nothing. */
function startedNote({ started, rule }: Report, seen: number): Inline[] {
  if (started === undefined) return [];
  if (started.runs > seen) return md` started, ${seen} seen`;
  if (started.runs < seen) return md`, ${started.runs} of them started here`;
  // With `repeat`, later runs are asked for and confirm nothing.
  return started.reruns === 0 || rule?.kind === 'repeat' ? [] : md`, ${started.reruns} of them to confirm`;
}

/** Subject of the test, by its name where it has one. */
export function testedSubject(report: Report): Inline[] {
  const { targetName, targetVersion } = report;
  const subject = sharedSubject(report);
  if (targetName === undefined) return subject === undefined ? [] : [untrusted(subject, MAX_SUBJECT)];
  const version = targetVersion === undefined ? '' : md`, ${untrusted(targetVersion, MAX_VERSION)}`;
  return md`${untrusted(targetName, MAX_SUBJECT)}${version}`;
}

/** The subject of all batches; `undefined` where they have several, or none is known. */
function sharedSubject({ subject, batches }: Report): string | undefined {
  const [first, ...others] = new Set(batches.flatMap(({ batch }) => batch?.subject ?? []));
  return subject ?? (others.length === 0 ? first : undefined);
}

/** Batches and their pages, those of the comparison last: on one line where one batch was tested, else with a line for each. */
export function provenance(report: Report, maxBatches = MAX_BATCHES): Inline[][] {
  const { batches, comparisonBatches = [], subjectNote } = report;
  const first = batches.filter(({ round }) => round === 1);
  const later = batches.filter(({ round }) => round > 1);
  const [named, repeated, compared] = [
    first.slice(0, maxBatches),
    later.slice(0, maxBatches),
    comparisonBatches.slice(0, maxBatches),
  ];
  const again = joinWithCommas(repeated.map(({ id }) => [idOf(id)]));
  const elsewhere = joinWithCommas(compared.map(linkBatch));
  const place = untrusted(comparedVersion(report), MAX_VERSION);
  const shown = named.length + repeated.length + compared.length;
  const more = batches.length + comparisonBatches.length - shown;
  const further = [
    again.length === 0 ? [] : md`run again in ${again}`,
    elsewhere.length === 0 ? [] : md`compared with ${place} in batch ${elsewhere}`,
    more > 0 ? md`and ${more} more ${more === 1 ? 'batch' : 'batches'}` : [],
  ];
  const general = generalFacts(report);
  const ofBatches = named.map((watched) => batchParts(watched, report));
  const note = subjectNote === undefined ? [] : [untrusted(subjectNote, MAX_NOTE)];
  return first.length === 1
    ? [joinWithDots([...general, ...ofBatches.flat(), ...further]), note]
    : [joinWithDots(general), ...ofBatches.map(joinWithDots), ...further, note];
}

/** Subject, selection, commit, attempt and workflow run. */
function generalFacts(report: Report): Inline[][] {
  const { origin, judgement, subject, targetName, selected } = report;
  const { runAttempt = 1 } = origin;
  // The strip of pushes or the line about the waiting has the commit already.
  const commit = hasPushes(report) || judgement === undefined ? [] : linkCommit(origin);
  return [
    // The footer has the subject where nothing has a name.
    subject === undefined || targetName === undefined ? [] : md`tested ${untrusted(subject, MAX_SUBJECT)}`,
    selected === undefined || selected.count === selected.outOf
      ? []
      : md`${selected.count} of ${selected.outOf} test cases selected`,
    commit.length === 0 ? [] : md`commit ${commit}`,
    runAttempt === 1 ? [] : md`attempt ${runAttempt}`,
    origin.jobUrl === undefined ? [] : linkWorkflowRun(origin),
  ];
}

/** The id of a batch, as a link to its page where it has one. */
const linkBatch = ({ id, batch }: WatchedBatch): Inline[] =>
  batch?.url === undefined ? [idOf(id)] : link(batch.url, idOf(id));

function batchParts(watched: WatchedBatch, report: Report): Inline[][] {
  const { judgement, batches, providerTitle } = report;
  const { batch, problem, requestedTestCases, isAdopted } = watched;
  // Of a batch that this step started, the workflow run says when.
  const createdAt = requestedTestCases === undefined ? formatTime(batch?.createdAt) : undefined;
  // A problem of the only batch is the reason.
  const hasProblem = problem !== undefined && batches.length > 1;
  return [
    // The footer has the subject that all share.
    batch?.subject === undefined || sharedSubject(report) !== undefined
      ? []
      : md`tested ${untrusted(batch.subject, MAX_SUBJECT)}`,
    md`batch ${linkBatch(watched)}${createdAt === undefined ? '' : md`, created ${trusted(createdAt)}`}`,
    isAdopted === true
      ? md`found in the lists of ${untrusted(providerTitle, 50)} after its start got no answer`
      : [],
    batch === undefined ? (judgement === undefined ? md`not read yet` : md`never read`) : [],
    hasProblem ? [untrusted(problem, 300)] : [],
    batch !== undefined && batch.runs === undefined && judgement !== undefined
      ? md`its runs were not read, the counts are the provider's`
      : [],
  ];
}

/** Workflow run and commit that several jobs share, and the page that says what the words mean. */
export const jobsFooterLine = (origin: Origin): Inline[] =>
  joinWithDots([originLine(origin), linkWords(origin)]);

/** Workflow run and commit; maybe nothing. */
export function originLine(origin: Origin): Inline[] {
  const commit = linkCommit(origin);
  const run = linkWorkflowRun(origin);
  if (run.length === 0) return commit.length === 0 ? [] : md`Commit ${commit}`;
  return capitalized(commit.length === 0 ? run : md`${run} for ${commit}`);
}
