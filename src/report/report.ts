import type { ReusedBatch, Tally, WatchedBatch } from '../domain/batch.ts';
import {
  type Base,
  type Change,
  changeOf,
  classifyFailure,
  type Edit,
  editOf,
  type FailureClass,
  type History,
} from '../domain/comparison.ts';
import type { Cost } from '../domain/cost.ts';
import { EVERY_RUN, type PassRule, type RoundRun } from '../domain/pass-rule.ts';
import { progressOf } from '../domain/progress.ts';
import type { Run } from '../domain/run.ts';
import {
  type CaseResult,
  countFirstRunPasses,
  decisiveRun,
  groupRunsByTestCase,
  tally,
} from '../domain/test-case.ts';
import type { Judgement } from '../domain/verdict.ts';
import type { Redactor } from '../text/redact.ts';
import { type ClassifiedCases, classifyCases } from './classify.ts';
import { type Grouping, groupFailures } from './groups.ts';
import { type Excerpt, excerptOf, NO_EXCERPT } from './key-turns.ts';
import { redactStrings } from './redact-strings.ts';

/** Workflow run that the report comes from, for the footer. Everything is absent outside GitHub. */
export interface Origin {
  /** The commit that the check is about (a pull request's head, not its merge commit). */
  readonly commit?: string | undefined;
  /** `https://github.com/owner/repo`, to link the commit and the run. */
  readonly repositoryUrl?: string | undefined;
  readonly runId?: number | undefined;
  readonly runNumber?: number | undefined;
  readonly runAttempt?: number | undefined;
  /** The page of this very job; absent where the server does not tell which it is. */
  readonly jobUrl?: string | undefined;
  /** The page that says what the words of a report mean, in the version of this action that runs. */
  readonly wordsUrl?: string | undefined;
}

/** The page of the workflow run, of the attempt that wrote this; `undefined` where it is not known. */
export function workflowRunUrl({ repositoryUrl, runId, runAttempt }: Origin): string | undefined {
  if (repositoryUrl === undefined || runId === undefined) return undefined;
  return `${repositoryUrl}/actions/runs/${runId}${runAttempt === undefined ? '' : `/attempts/${runAttempt}`}`;
}

/** Findings of the gate so far. All strings from a provider in it are foreign text. */
export interface Findings {
  /** The heading; also tells the comments of several gates on one pull request apart. The user's text. */
  readonly name: string;
  /** "Retell" */
  readonly providerTitle: string;
  /** `undefined` while the gate is still waiting. */
  readonly judgement?: Judgement;
  readonly batches: readonly WatchedBatch[];
  /** Milliseconds since the epoch at which this was found. */
  readonly writtenAt: number;
  /** Time that the gate has waited so far, in milliseconds. */
  readonly waitedMs: number;
  /** Every test case as it was judged, where more than its runs decided; by the runs of `batches`, if absent. */
  readonly cases?: readonly CaseResult[] | undefined;
  /** By what rule runs decided; every run, if absent. */
  readonly rule?: PassRule | undefined;
  /** The step succeeds whatever the verdict is (`fail-on: nothing`). */
  readonly isReportOnly?: boolean | undefined;
  /** Subject of the test, for a person, where this step started it: the agent's name, engine and resolved version. */
  readonly subject?: string | undefined;
  /** Remark about the choice of the version: a sentence ("The latest version, 13, is a draft …"). */
  readonly subjectNote?: string | undefined;
  /** Name of the target at the provider, where the provider says it. */
  readonly targetName?: string | undefined;
  /** Tested version of it, in a few words: "version 12". */
  readonly targetVersion?: string | undefined;
  /** The earlier batch that was judged in place of a new one (`reuse-hours`). */
  readonly reused?: ReusedBatch | undefined;
  /** Number of selected test cases, of how many, where this step started them. */
  readonly selected?: { readonly count: number; readonly outOf: number } | undefined;
  /** Number of runs that this step started, and how many of them repeat a test case; absent if it started none. */
  readonly started?: { readonly runs: number; readonly reruns: number } | undefined;
  /** Cost of all runs of the step, as far as the provider says it. */
  readonly cost?: Cost | undefined;
  /** The version that failing test cases were run on as well (`compare-with`), for a person. */
  readonly comparedWith?: string | undefined;
  /** The batches in which they ran there. */
  readonly comparisonBatches?: readonly WatchedBatch[] | undefined;
  /** Remarks of the quarantine file, beyond its entries about test cases of this step: sentences. */
  readonly quarantineNotes?: readonly string[] | undefined;
  /** Why nothing is quarantined although a file was named: a sentence, and where in which file. */
  readonly quarantineProblem?:
    | { readonly message: string; readonly file: string; readonly line?: number | undefined }
    | undefined;
  /** The branch that a pull request is merged into, or a baseline; absent where nothing is known of it. */
  readonly base?: Base | undefined;
  /** Why nothing is known of it, for the footer: a clause; absent where nobody asked. */
  readonly baseUnavailableReason?: string | undefined;
  readonly history?: History | undefined;
  /** Name of this job where several share a comment. */
  readonly label?: string | undefined;
}

/** Options that decide how findings are reported, and what surrounds them. */
export interface ReportOptions {
  /**
   * Part of the conversations that may leave the provider: `excerpt` is the turns that prove a failure, `full` all of them.
   */
  readonly transcripts: 'none' | 'excerpt' | 'full';
  /** Visibility of the repository for which `transcripts: auto` leaves all conversations out; absent where an input says it. */
  readonly withheldFor?: 'public' | 'unknown' | undefined;
  readonly origin: Origin;
  /** Path, given by the user, of the report file that will have every run unshortened, if one was asked for. */
  readonly reportFile?: string | undefined;
}

/** A run as the report shows it; `turns` is what of its conversation may be shown. */
export interface ReportedRun extends RoundRun {
  /** The turns that prove how it ended; empty where it passed, or where conversations may not be shown. */
  readonly excerpt: Excerpt;
}

/** A test case as the report shows it. */
export interface ReportedCase extends CaseResult {
  readonly runs: readonly [ReportedRun, ...ReportedRun[]];
  /** The first run that made the outcome what it is. */
  readonly decisive: ReportedRun;
  /** Number of its runs that passed. */
  readonly passes: number;
  readonly comparison: (NonNullable<CaseResult['comparison']> & { readonly passes: number }) | undefined;
  readonly failureClass: FailureClass;
  readonly change: Change | undefined;
  /** Of one that failed or errored: since when the test case itself is known to have been edited. */
  readonly edit: Edit | undefined;
  /** The faults of the test itself that the provider sees in any of its runs, each once. */
  readonly testFaults: readonly string[];
}

/** Findings and options with everything that the renderers compute from them only once. */
export interface Report extends Omit<Findings, 'cases'>, ReportOptions {
  /** Every test case of which a run was seen, in the order of the batches. */
  readonly cases: readonly ReportedCase[];
  readonly tally: Tally;
  /** Number of test cases that further runs confirm; while waiting. */
  readonly confirming?: number | undefined;
  readonly classified: ClassifiedCases;
  /** Of the failures that count. */
  readonly grouping: Grouping;
}

/**
 * Puts the report together: with no secret in any of its texts, and without the conversations that must not leave the
 * provider. Whatever is rendered from it may be published.
 */
export function buildReport(parts: Findings & ReportOptions, redact: Redactor = (text) => text): Report {
  const batches = parts.batches.map((watched) => shareableBatch(watched, parts));
  const comparisonBatches = parts.comparisonBatches?.map((watched) => shareableBatch(watched, parts));
  const rule = parts.rule ?? EVERY_RUN;
  // Nobody has judged: what the rule has not decided by now is unfinished.
  const judged = parts.cases ?? groupRunsByTestCase(parts.batches, { rule, isCutShort: true });
  const cases = judged.map((result) => reportedCase(result, parts));
  const shown = redactStrings({ ...parts, batches, comparisonBatches, cases }, redact);
  const classified = classifyCases(shown);
  const progress = parts.judgement === undefined ? progressOf(shown.batches, rule) : undefined;
  return {
    ...shown,
    tally: progress?.tally ?? tally(shown.batches, shown.cases),
    confirming: progress?.confirming,
    classified,
    grouping: groupFailures(classified.failures),
  };
}

function shareableBatch(watched: WatchedBatch, options: ReportOptions): WatchedBatch {
  const { batch } = watched;
  if (batch?.runs === undefined) return watched;
  return { ...watched, batch: { ...batch, runs: batch.runs.map((run) => shareableRun(run, options)) } };
}

/** The run with what of its conversation may be shown: nothing of it, the excerpt of one that did not pass, or all. */
function shareableRun<R extends Run>(run: R, { transcripts }: ReportOptions): R {
  if (run.turns.length === 0 || transcripts === 'full') return run;
  const turns = transcripts === 'none' || run.status === 'passed' ? [] : excerptOf(run).turns;
  return { ...run, turns };
}

function reportedCase(result: CaseResult, parts: Findings & ReportOptions): ReportedCase {
  const { comparison } = result;
  const runs = result.runs.map((run) => reportedRun(run, parts)) as [ReportedRun, ...ReportedRun[]];
  return {
    ...result,
    runs,
    decisive: runs[result.runs.indexOf(decisiveRun(result))] ?? runs[0],
    passes: countPasses(runs),
    comparison: comparison && {
      ...comparison,
      runs: comparison.runs.map((run) => shareableRun(run, parts)) as [RoundRun, ...RoundRun[]],
      passes: countPasses(comparison.runs),
    },
    failureClass: classifyFailure(result, parts.base),
    change: changeOf(result, parts.base),
    edit: editOf(result, parts),
    testFaults: [...new Set(runs.flatMap(({ testFaults = [] }) => testFaults))],
  };
}

function reportedRun(run: RoundRun, options: ReportOptions): ReportedRun {
  const isProven = options.transcripts !== 'none' && run.status !== 'passed' && run.turns.length > 0;
  return { ...shareableRun(run, options), excerpt: isProven ? excerptOf(run).excerpt : NO_EXCERPT };
}

const countPasses = (runs: readonly Run[]): number => runs.filter(({ status }) => status === 'passed').length;

/** Number of test cases that passed with their first run, of how many. Re-runs of failures would bias the rate. */
export function firstRunCounts({ cases, tally: counts }: Pick<Report, 'cases' | 'tally'>): {
  readonly passes: number;
  readonly total: number;
} {
  return { passes: countFirstRunPasses(cases, counts), total: counts.total };
}

/** The share of test cases whose first run passed, 0 to 1, to 4 decimals; 1 only if all did; `undefined` if there are none. */
export function passRate(report: Pick<Report, 'cases' | 'tally'>): number | undefined {
  const { passes, total } = firstRunCounts(report);
  if (total === 0) return undefined;
  const rounded = Math.round((passes / total) * 10_000) / 10_000;
  return passes === total ? 1 : Math.min(rounded, 0.9999);
}
