import type { WatchedBatch } from '../domain/batch.ts';
import { changeOf, classifyFailure, editOf } from '../domain/comparison.ts';
import { EVERY_RUN, type RoundRun } from '../domain/pass-rule.ts';
import { progressOf } from '../domain/progress.ts';
import type { Run } from '../domain/run.ts';
import { type CaseResult, decisiveRun, groupRunsByTestCase, tally } from '../domain/test-case.ts';
import type { Redactor } from '../text/redact.ts';
import { classifyCases } from './classify.ts';
import { groupFailures } from './groups.ts';
import { excerptOf, NO_EXCERPT } from './key-turns.ts';
import { redactStrings } from './redact-strings.ts';
import type { Findings, Report, ReportedCase, ReportedRun, ReportOptions } from './report.ts';

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
