import type { ReusedBatch, Tally, WatchedBatch } from '../domain/batch.ts';
import type { Base, BaseCase, Change, Edit, FailureClass, History } from '../domain/comparison.ts';
import type { Cost } from '../domain/cost.ts';
import type { PassRule, RoundRun } from '../domain/pass-rule.ts';
import { type CaseResult, countFirstRunPasses } from '../domain/test-case.ts';
import type { Judgement } from '../domain/verdict.ts';
import type { Excerpt } from './key-turns.ts';

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
  /** Reason why nothing is quarantined although a file was named: a sentence, and where in which file. */
  readonly quarantineProblem?:
    | { readonly message: string; readonly file: string; readonly line?: number | undefined }
    | undefined;
  /** The branch that a pull request is merged into, or a baseline; absent where nothing is known of it. */
  readonly base?: Base | undefined;
  /** Reason why nothing is known of it, for the footer: a clause; absent where nobody asked. */
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

/** The test cases of a report by what a reader has to know of them; each is in one list. */
export interface ClassifiedCases {
  /** Those that ended without passing and count against the verdict: new failures first, then the worst kind. */
  readonly failures: readonly ReportedCase[];
  readonly unfinished: readonly ReportedCase[];
  readonly flaky: readonly ReportedCase[];
  /** Quarantined or excused, and not passed. */
  readonly tolerated: readonly ReportedCase[];
  /** Passed, although the provider sees a fault in the test itself. */
  readonly brokenTests: readonly ReportedCase[];
  /** Passed here and not on the base. */
  readonly fixed: readonly ReportedCase[];
  readonly passed: readonly ReportedCase[];
  /** Test cases of the base of which no run was seen. */
  readonly removed: readonly BaseCase[];
}

/** Cause that failures exactly share. All texts are foreign. */
export type SharedCause =
  | { readonly kind: 'error' | 'reason'; readonly text: string }
  | { readonly kind: 'tool'; readonly tool: string; readonly answer: string }
  | { readonly kind: 'assertion'; readonly label: string; readonly expected: string | undefined };

export interface Group {
  readonly shared: SharedCause;
  readonly cases: readonly [ReportedCase, ...ReportedCase[]];
}

export interface Grouping {
  /** Of two failures at least, biggest first. */
  readonly groups: readonly Group[];
  /** Those that share nothing. */
  readonly ungrouped: readonly ReportedCase[];
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
