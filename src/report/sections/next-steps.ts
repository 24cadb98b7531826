import type { CaseResult } from '../../domain/test-case.ts';
import { formatCount } from '../../text/format.ts';
import { classifyFailure } from '../classify.ts';
import { findCommonCause } from '../groups.ts';
import {
  code,
  type Inline,
  link,
  md,
  paragraph,
  render,
  sentences,
  strong,
  trusted,
  untrusted,
} from '../markdown.ts';
import { type Origin, type Report, workflowRunUrl } from '../report.ts';
import { causeOf } from './headline.ts';
import { baselineLabel } from './names.ts';

/** What to do: `todo` about what was found, and `hint` about what else may be wrong. Both may be empty. */
export interface Advice {
  readonly todo: readonly Inline[];
  readonly hint: readonly Inline[];
}

/** What to do now, in one line; nothing where everything passed, or while the gate waits. */
export function renderNextSteps(report: Report): string {
  const { todo, hint } = adviseOn(report);
  if (todo.length === 0) return '';
  const startsBatch = report.started !== undefined;
  return render(
    paragraph(
      ...sentences([NEXT_LABEL], todo, hint, rerunInstructions(report.origin, { startsBatch, jobs: 1 })),
    ),
  );
}

/** The beginning of the line about what to do. */
export const NEXT_LABEL: Inline = strong(trusted('Next:'));

/** What to do about what a report found. */
export function adviseOn(report: Report): Advice {
  const provider = untrusted(report.providerTitle || 'the provider', 50);
  if (report.judgement?.verdict === 'failed' && report.classified.failures.length > 0) {
    return adviseOnFailures(report, provider);
  }
  return { todo: todoOf(report, provider), hint: [] };
}

function todoOf(report: Report, provider: Inline): Inline[] {
  switch (report.judgement?.verdict) {
    case undefined:
    case 'passed':
      return [];
    case 'failed':
      return md`look at the flaky test cases: make them reliable, or allow more with ${code('max-flaky', 20)}.`;
    case 'errored':
      return md`run it again. If the same errors come back, look them up at ${provider}: no test case was shown to fail.`;
    case 'cancelled':
      return md`run it again: what was cancelled was not shown to pass.`;
    case 'timed-out':
      return md`see at ${provider} whether the batch is stuck; if it only needs longer, raise ${code('timeout-minutes', 20)}.`;
    case 'inconclusive':
      return adviseInconclusive(report, provider);
  }
}

/** What to do where nothing could be established. */
function adviseInconclusive(report: Report, provider: Inline): Inline[] {
  switch (causeOf(report).kind) {
    case 'missing':
      return md`look for the missing runs at ${provider}, then test again with a new batch.`;
    case 'none-seen':
      return md`see at ${provider} why the batch has no test cases, then start another.`;
    case 'none-counts':
      return md`let a test case count: a gate in which all are quarantined proves nothing.`;
    case 'unknown-status':
      return md`look the status up at ${provider}; a newer version of this action may know it. Until then it is no pass.`;
    case 'contradiction':
      return md`look at the batch at ${provider}, then test again with a new one.`;
    default:
      return md`do what the reason above says, then test again.`;
  }
}

/** Failures and errors in words, as far as there are any: "2 new failures and the error". */
function inWords(bad: readonly CaseResult[], kind: '' | 'new '): Inline[] {
  const part = (outcome: CaseResult['outcome'], noun: 'failure' | 'error'): Inline[][] => {
    const count = bad.filter((one) => one.outcome === outcome).length;
    if (count === 0) return [];
    return [count === 1 ? md`${kind}${noun}` : md`${trusted(formatCount(count))} ${kind}${noun}s`];
  };
  const [first = [], second] = [...part('failed', 'failure'), ...part('errored', 'error')];
  return second === undefined ? first : md`${first} and the ${second}`;
}

function adviseOnFailures(report: Report, provider: Inline): Advice {
  const bad = report.classified.failures.filter(({ outcome }) => outcome !== 'cancelled');
  const are = (some: readonly CaseResult[], wanted: string) =>
    some.filter((one) => classifyFailure(one, report) === wanted).length;
  const [regressionCount, preexistingCount] = [are(bad, 'regression'), are(bad, 'pre-existing')];
  const judge = md`If the judge got one wrong, change its criteria at ${provider}.`;
  if (preexistingCount === bad.length) {
    const them = preexistingCount === 1 ? 'this fails' : 'these fail';
    return { todo: md`${them} on ${baselineLabel(report)} too, so look for the cause there.`, hint: judge };
  }
  const commonCause = findCommonCause(report.grouping, bad.length);
  // One that fails elsewhere as well is not the first thing to look for here.
  if (commonCause !== undefined && are(commonCause.cases, 'pre-existing') < commonCause.cases.length) {
    const shared = new Set(commonCause.cases);
    const rest = bad.filter((one) => !shared.has(one));
    const todo = adviseCommonCause(report, commonCause.cases.length, {
      rest: rest.length,
      preexistingCount: are(rest, 'pre-existing'),
    });
    return { todo, hint: [] };
  }
  const kind =
    regressionCount > 0 && preexistingCount > 0 && regressionCount + preexistingCount === bad.length
      ? 'new '
      : '';
  const own = bad.filter((one) => classifyFailure(one, report) !== 'pre-existing');
  const others = advisePreexisting(report, {
    preexistingCount,
    others: bad.length - regressionCount - preexistingCount,
  });
  return { todo: sentences(md`fix the ${inWords(own, kind)}.`, others), hint: judge };
}

/** What many failures share comes first, and then the others. */
function adviseCommonCause(
  report: Report,
  shared: number,
  { rest, preexistingCount }: { rest: number; preexistingCount: number },
): Inline[] {
  const count = trusted(formatCount(shared));
  if (rest === 0) return md`find the cause that all ${count} failures share.`;
  const start = md`find the cause that ${count} failures share, then look at the other ${trusted(formatCount(rest))}`;
  if (preexistingCount === 0) return md`${start}.`;
  const them =
    preexistingCount === rest
      ? md`${rest === 1 ? 'which' : 'which all'}`
      : md`of which ${trusted(formatCount(preexistingCount))}`;
  return md`${start}, ${them} ${preexistingCount === 1 ? 'fails' : 'fail'} on ${baselineLabel(report)} too.`;
}

/** What is not this change's. */
function advisePreexisting(
  report: Report,
  { preexistingCount, others }: { preexistingCount: number; others: number },
): Inline[] {
  if (preexistingCount === 0) return [];
  const count = trusted(formatCount(preexistingCount));
  const them = others > 0 ? [count] : preexistingCount === 1 ? md`The other one` : md`The other ${count}`;
  return md`${them} ${preexistingCount === 1 ? 'fails' : 'fail'} on ${baselineLabel(report)} too: look for the cause there.`;
}

/** How to run the failed jobs again; nothing outside of GitHub. */
export function rerunInstructions(
  origin: Origin,
  { startsBatch, jobs }: { startsBatch: boolean; jobs: number },
): Inline[] {
  // The page of the newest attempt has the button.
  const url = workflowRunUrl({ ...origin, runAttempt: undefined });
  if (url === undefined || origin.runId === undefined) return [];
  const name = origin.runNumber === undefined ? 'workflow run' : `workflow run ${origin.runNumber}`;
  const end = startsBatch ? '.' : ' (it tests again only if that job starts the batch).';
  return md`To run the failed ${jobs === 1 ? 'job' : 'jobs'} again: ${link(url, trusted(name))}${BUTTON}, or ${code(`gh run rerun ${origin.runId} --failed`, 100)}${end}`;
}

const BUTTON = ' → Re-run failed jobs';

/** Whether a line about what to do links the workflow run, so that the footer need not. */
export const linksWorkflowRun = (next: string): boolean => next.includes(BUTTON);
