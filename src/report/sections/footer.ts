import type { BatchOutcome } from '../../domain/batch.ts';
import type { Push } from '../../domain/comparison.ts';
import { firstPassRate } from '../../domain/test-case.ts';
import { formatCount, formatDuration, formatTime } from '../../text/format.ts';
import {
  code,
  type Inline,
  joinLines,
  joinWithDots,
  link,
  md,
  paragraph,
  render,
  sentences,
  smallPrint,
  trusted,
  untrusted,
} from '../markdown.ts';
import { firstRunCounts, type Origin, type Report, workflowRunUrl } from '../report.ts';
import { baseName, idOf, sentenceCase } from './names.ts';

const MAX_SUBJECT = 200;
/** Batches named in the footer. Nobody gates on more; if so, the rest is a number. */
const MAX_BATCHES = 50;

/** How a footer is shortened, and what stands elsewhere already. */
export interface FooterOptions {
  readonly maxBatches?: number;
  /** The strip of pushes names the commit, and the line about what to do links the workflow run. */
  readonly hasCommit?: boolean;
  readonly hasWorkflowRun?: boolean;
}

/** Figures, rules, and where the report comes from, in small print; empty where there is nothing to say. */
export function renderFooter(report: Report, options: FooterOptions = {}): string {
  const content = joinLines(footerLines(report, options));
  return content.length === 0 ? '' : render(smallPrint(...content));
}

/** The same as lines; some may be empty. */
export const footerLines = (report: Report, options: FooterOptions = {}): Inline[][] =>
  [...knowledge(report), ...provenance(report, options)].map(capitalized);

/** A line with a capital letter at its start. */
function capitalized(line: readonly Inline[]): Inline[] {
  const [first, ...rest] = line;
  if (first?.type === 'text') return [trusted(sentenceCase(first.value)), ...rest];
  if (first?.type === 'link') return [{ ...first, children: capitalized(first.children) }, ...rest];
  return [...line];
}

/** What the figures mean: the rate, the rule, and with what was compared. */
function knowledge(report: Report): Inline[][] {
  return [sentences(rate(report), baseRate(report)), sentences(rules(report), compared(report))];
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
  return [
    trusted(
      `${which}: ${formatCount(passes)} of ${formatCount(total)} passed, ${interval(passes, total, '95% interval ')}.`,
    ),
  ];
}

function baseRate(report: Report): Inline[] {
  const { base } = report;
  if (base?.firstRuns === undefined || base.firstRuns.total === 0 || !hasRate(report)) return [];
  const { passes, total } = base.firstRuns;
  const here = firstRunCounts(report);
  const [low, high] = [
    firstPassRate(passes, total)?.low ?? 0,
    firstPassRate(here.passes, here.total)?.high ?? 1,
  ];
  const drop = high < low ? ' Chance alone does not explain the drop.' : '';
  const figures = trusted(`${formatCount(passes)} of ${formatCount(total)}, ${interval(passes, total, '')}`);
  return md`On ${baseName(base)}: ${figures}.${drop}`;
}

function interval(passes: number, total: number, label: string): string {
  const known = firstPassRate(passes, total);
  if (known === undefined) return '';
  const percent = (share: number) => Math.round(share * 100);
  return `${percent(known.rate)}% (${label}${percent(known.low)}–${percent(known.high)}%)`;
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

/** Where it comes from: on one line where there is one batch, else with a line for each. */
function provenance(report: Report, options: FooterOptions): Inline[][] {
  const { maxBatches = MAX_BATCHES, hasCommit = false, hasWorkflowRun = false } = options;
  const { batches, origin, judgement } = report;
  const first = batches.filter(({ round = 1 }) => round === 1);
  const later = batches.filter(({ round = 1 }) => round > 1);
  const named = first.slice(0, maxBatches);
  const repeats = later.slice(0, maxBatches);
  const more = batches.length - named.length - repeats.length;
  // The line about the waiting has the commit already.
  const commit = hasCommit || judgement === undefined ? [] : linkCommit(origin);
  const { runAttempt } = origin;
  const general = [
    costs(report),
    commit.length === 0 ? [] : md`commit ${commit}`,
    hasWorkflowRun ? [] : linkWorkflowRun(origin),
    runAttempt === undefined || runAttempt === 1 ? [] : md`attempt ${runAttempt}`,
    ...subjects(report),
  ];
  const again = repeats.flatMap(({ id }, index) => md`${index === 0 ? 'run again in ' : ', '}${idOf(id)}`);
  const [only] = named;
  if (only !== undefined && first.length === 1) {
    const rest = more > 0 ? [[trusted(`and ${countBatches(more)}`)]] : [];
    return [joinWithDots([...general, ...batchParts(only, report), again, ...rest])];
  }
  return [
    joinWithDots(general),
    ...named.map((outcome) => joinWithDots(batchParts(outcome, report))),
    again,
    ...(more > 0 ? [[trusted(`and ${countBatches(more)}`)]] : []),
  ];
}

const countBatches = (more: number): string => `${more} more ${more === 1 ? 'batch' : 'batches'}`;

/** How many runs were seen and started, and how long it took. */
function costs({ cases, started, waitedMs, judgement }: Report): Inline[] {
  if (judgement === undefined) return [];
  const seen = cases.reduce(
    (sum, { runs, comparison }) => sum + runs.length + (comparison?.runs.length ?? 0),
    0,
  );
  // Nobody waited for a batch that had ended before.
  const waited = waitedMs < 1_000 ? undefined : formatDuration(waitedMs);
  const runs = seen === 0 ? '' : `${formatCount(seen)} ${seen === 1 ? 'run' : 'runs'}`;
  const took = waited === undefined ? '' : runs === '' ? `Waited ${waited}` : ` in ${waited}`;
  const cost = started === undefined || runs === '' ? '' : startedInWords(started, seen);
  const text = `${runs}${took}${cost}`;
  return text === '' ? [] : [trusted(text)];
}

function startedInWords({ runs, reruns }: NonNullable<Report['started']>, seen: number): string {
  const own = runs === seen ? '' : `, ${runs} of them started here`;
  return reruns === 0 ? own : `${own}, ${reruns} of them re-runs`;
}

function subjects({ subject, selected }: Report): Inline[][] {
  return [
    subject === undefined ? [] : md`tested ${untrusted(subject, MAX_SUBJECT)}`,
    selected === undefined || selected.count === selected.outOf
      ? []
      : md`${selected.count} of ${selected.outOf} test cases selected`,
  ];
}

function batchParts(
  { id, batch, problem, requestedTestCases }: BatchOutcome,
  { judgement, batches, subject }: Report,
): Inline[][] {
  // Of a batch that this step started, the workflow run says when.
  const createdAt = requestedTestCases === undefined ? formatTime(batch?.createdAt) : undefined;
  // A problem of the only batch is the reason.
  const hasProblem = problem !== undefined && batches.length > 1;
  return [
    batch?.subject === undefined || subject !== undefined
      ? []
      : md`tested ${untrusted(batch.subject, MAX_SUBJECT)}`,
    md`batch ${batch?.url === undefined ? idOf(id) : link(batch.url, idOf(id))}${createdAt === undefined ? '' : md`, created ${trusted(createdAt)}`}`,
    batch === undefined ? [trusted(judgement === undefined ? 'not read yet' : 'never read')] : [],
    hasProblem ? [untrusted(problem, 300)] : [],
    batch !== undefined && batch.runs === undefined && judgement !== undefined
      ? [trusted("its runs were not read, the counts are the provider's")]
      : [],
  ];
}

/** The commit that the check is about, short and linked; nothing where it is not known. */
export function linkCommit({ commit, repositoryUrl }: Origin): Inline[] {
  if (commit === undefined) return [];
  const short = code(commit.slice(0, 7), 7);
  return repositoryUrl === undefined
    ? [short]
    : link(`${repositoryUrl}/commit/${encodeURIComponent(commit.toWellFormed())}`, short);
}

/** The commit of a push, with its attempt if that is not the first. */
export function linkPush({ commit, attempt }: Pick<Push, 'commit' | 'attempt'>, origin: Origin): Inline[] {
  const linked = linkCommit({ ...origin, commit });
  return attempt > 1 ? md`${linked} (attempt ${attempt})` : linked;
}

/** The workflow run, linked to the attempt that wrote this; nothing where it is not known. */
export function linkWorkflowRun(origin: Origin): Inline[] {
  const { runNumber } = origin;
  const url = workflowRunUrl(origin);
  if (url === undefined) return [];
  // Not "#57": GitHub would link that issue.
  const name = runNumber === undefined ? 'workflow run' : `workflow run ${runNumber}`;
  return link(url, trusted(name));
}

/** Commit and workflow run on one line without small print, for the footer of several jobs; may be empty. */
export function renderOrigin(
  origin: Origin,
  { hasWorkflowRun = false }: Pick<FooterOptions, 'hasWorkflowRun'> = {},
): string {
  const commit = linkCommit(origin);
  const run = hasWorkflowRun ? [] : linkWorkflowRun(origin);
  const line = joinWithDots([run, commit.length === 0 ? [] : md`commit ${commit}`]);
  return line.length === 0 ? '' : render(paragraph(...capitalized(line)));
}
