import type { WatchedBatch } from '../../domain/batch.ts';
import { firstPassRate } from '../../domain/test-case.ts';
import { formatDuration, formatTime } from '../../text/format.ts';
import {
  type Inline,
  joinLines,
  joinWithCommas,
  joinWithDots,
  link,
  md,
  sentences,
  smallPrint,
  trusted,
  untrusted,
} from '../markdown.ts';
import { fold, render } from '../markdown-writer.ts';
import { firstRunCounts, type Origin, type Report } from '../report.ts';
import { costText } from '../run-text.ts';
import { linkCommit, linkJob, linkWords, linkWorkflowRun } from './links.ts';
import { baseName, capitalized, idOf } from './names.ts';
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
  return line.length === 0 ? '' : render(smallPrint(...line));
}

/** The same without small print. */
export function footerLine(report: Report): Inline[] {
  const { origin } = report;
  return capitalized(
    joinWithDots([
      costs(report),
      tested(report),
      nextLinksJob(report) ? [] : linkJob(origin),
      linkWords(origin),
    ]),
  );
}

/** Figures, the rule, and where the report comes from, folded in small print; empty where there is nothing to say. */
export function renderDetails(report: Report, maxBatches?: number): string {
  const lines = joinLines(detailLines(report, maxBatches));
  return lines.length === 0 ? '' : foldSmall('Details', render(smallPrint(...lines)));
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

/** Sentences that explain the figures: the rate, the rule, the comparison and the cost. */
export function explanations(report: Report): Inline[][] {
  const { cost } = report;
  return [
    sentences(rate(report), baseRate(report)),
    sentences(rules(report), compared(report)),
    cost === undefined ? [] : md`Cost: ${trusted(costText(cost))}.`,
  ];
}

/** Why a report on runs that did not pass has no conversations, where no input says so. */
function withheld(report: Report): Inline[] {
  const sentence = withheldSentence(report);
  const isMissed = report.cases.some(({ decisive }) => ['failed', 'errored'].includes(decisive.status));
  return sentence === undefined || !isMissed ? [] : [trusted(sentence)];
}

/** Why `transcripts: auto` leaves all conversations out, and what to do; `undefined` where it does not. */
export function withheldSentence({ withheldFor }: Report): string | undefined {
  if (withheldFor === undefined) return undefined;
  const why =
    withheldFor === 'public' ? 'this repository is public' : 'nothing says whether this repository is public';
  return `Conversations are left out, since ${why}: set transcripts to show them.`;
}

/** Only where every run has ended and one did not pass: else the heading says all there is. */
function hasRate({ judgement, tally, cases }: Report): boolean {
  const isWhole = tally.unfinished === 0 && cases.length === tally.total && tally.total > 1;
  const isJudged =
    judgement?.verdict === 'failed' || judgement?.verdict === 'errored' || judgement?.verdict === 'passed';
  const { passes, total } = firstRunCounts({ tally, cases });
  return isWhole && isJudged && passes < total;
}

function rate(report: Report): Inline[] {
  if (!hasRate(report)) return [];
  const { passes, total } = firstRunCounts(report);
  const which = report.cases.some(({ runs }) => runs.length > 1) ? 'First runs' : 'Pass rate';
  return md`${which}: ${passes} of ${total} passed, ${interval(passes, total, '95% interval ')}.`;
}

function baseRate(report: Report): Inline[] {
  const { base } = report;
  if (base?.firstRuns === undefined || base.firstRuns.total === 0 || !hasRate(report)) return [];
  const { passes, total } = base.firstRuns;
  const here = firstRunCounts(report);
  const low = firstPassRate(passes, total)?.low ?? 0;
  const high = firstPassRate(here.passes, here.total)?.high ?? 1;
  const drop = high < low ? ' Chance alone does not explain the drop.' : '';
  return md`On ${baseName(base)}: ${passes} of ${total}, ${interval(passes, total, '')}.${drop}`;
}

function interval(passes: number, total: number, label: '95% interval ' | ''): Inline[] {
  const known = firstPassRate(passes, total);
  if (known === undefined) return [];
  const percent = (share: number) => Math.round(share * 100);
  return md`${percent(known.rate)}% (${label}${percent(known.low)}–${percent(known.high)}%)`;
}

function rules({ rule, judgement }: Report): Inline[] {
  if (judgement === undefined || rule === undefined || rule.kind === 'every-run') return [];
  const which =
    rule.kind === 'reruns' ? 'A test case whose first run did not pass needs' : 'Each test case needs';
  return md`${which} ${rule.need} passes out of at most ${rule.of} runs.`;
}

function compared({ base, baseUnavailableReason, origin, judgement }: Report): Inline[] {
  if (judgement === undefined) return [];
  if (base !== undefined) {
    const until =
      base.commit === undefined ? '' : md`, up to ${linkCommit({ ...origin, commit: base.commit })}`;
    return md`Compared with ${baseName(base)}${until}.`;
  }
  return baseUnavailableReason === undefined
    ? []
    : md`Not compared with a base: ${untrusted(baseUnavailableReason, 200)}.`;
}

/** Numbers of runs, of those that this step started, and the time that it took. */
export function costs({ cases, started, waitedMs, judgement, rule }: Report): Inline[] {
  if (judgement === undefined) return [];
  const seen = cases.reduce(
    (sum, { runs, comparison }) => sum + runs.length + (comparison?.runs.length ?? 0),
    0,
  );
  // Nobody waited for a batch that had ended before.
  const waited = waitedMs < 1_000 ? undefined : formatDuration(waitedMs);
  const runs = describeRunCounts(seen, started, rule);
  if (runs.length === 0) return waited === undefined ? [] : md`waited ${trusted(waited)}`;
  return waited === undefined
    ? runs.flat()
    : md`${runs.flat()}${runs.length > 1 ? ', in ' : ' in '}${trusted(waited)}`;
}

/** "18 runs, 6 of them to confirm", "5 runs started, 3 seen": parts, the second of which may be absent. */
function describeRunCounts(seen: number, started: Report['started'], rule: Report['rule']): Inline[][] {
  const all = started === undefined ? seen : Math.max(seen, started.runs);
  const total = all === 1 ? md`1 run` : md`${all} runs`;
  if (all === 0) return [];
  if (started === undefined) return [total];
  if (started.runs > seen) return [md`${total} started`, md`, ${seen} seen`];
  if (started.runs < seen) return [total, md`, ${started.runs} of them started here`];
  // With `repeat`, later runs are asked for and confirm nothing.
  return started.reruns === 0 || rule?.kind === 'repeat'
    ? [total]
    : [total, md`, ${started.reruns} of them to confirm`];
}

/** Subject of the test, by its name where it has one. */
export function tested({ subject, targetName, targetVersion, batches }: Report): Inline[] {
  const titles = new Set(batches.flatMap(({ batch }) => batch?.subject ?? []));
  const [given] = titles;
  const title = subject ?? (titles.size === 1 ? given : undefined);
  if (targetName !== undefined) {
    const version = targetVersion === undefined ? '' : md`, ${untrusted(targetVersion, MAX_VERSION)}`;
    return md`${untrusted(targetName, MAX_SUBJECT)}${version}`;
  }
  return title === undefined ? [] : [untrusted(title, MAX_SUBJECT)];
}

/** Batches and their pages, those of the comparison last: on one line where one batch was tested, else with a line for each. */
export function provenance(report: Report, maxBatches = MAX_BATCHES): Inline[][] {
  const { batches, comparisonBatches = [], comparedWith, subjectNote } = report;
  const first = batches.filter(({ round = 1 }) => round === 1);
  const later = batches.filter(({ round = 1 }) => round > 1);
  const [named, repeated, compared] = [
    first.slice(0, maxBatches),
    later.slice(0, maxBatches),
    comparisonBatches.slice(0, maxBatches),
  ];
  const again = joinWithCommas(repeated.map(({ id }) => [idOf(id)]));
  const elsewhere = joinWithCommas(compared.map(linkBatch));
  const place = untrusted(comparedWith ?? 'the other version', MAX_VERSION);
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

function batchParts(
  watched: WatchedBatch,
  { judgement, batches, subject, providerTitle }: Report,
): Inline[][] {
  const { batch, problem, requestedTestCases, isAdopted } = watched;
  // Of a batch that this step started, the workflow run says when.
  const createdAt = requestedTestCases === undefined ? formatTime(batch?.createdAt) : undefined;
  // A problem of the only batch is the reason.
  const hasProblem = problem !== undefined && batches.length > 1;
  const subjects = new Set(batches.flatMap((one) => one.batch?.subject ?? []));
  return [
    // The footer has the subject that all share.
    batch?.subject === undefined || subject !== undefined || subjects.size === 1
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
