import type { CaseResult } from '../../domain/test-case.ts';
import { formatCount } from '../../text/format.ts';
import { mainFault } from '../groups.ts';
import {
  code,
  foreign,
  type Inline,
  link,
  md,
  paragraph,
  render,
  sentences,
  strong,
  words,
} from '../markdown.ts';
import { type Origin, type Report, workflowRunUrl } from '../report.ts';
import { standingOf } from '../standing.ts';
import { causeOf } from './headline.ts';
import { placeOf } from './names.ts';

/** What to do: `todo` about what was found, and `hint` about what else may be wrong. Both may be empty. */
export interface Advice {
  readonly todo: readonly Inline[];
  readonly hint: readonly Inline[];
}

/** What to do now, in one line; nothing where everything passed, or while the gate waits. */
export function renderNext(report: Report): string {
  const { todo, hint } = adviceOn(report);
  if (todo.length === 0) return '';
  const startsBatch = report.started !== undefined;
  return render(
    paragraph(...sentences([NEXT], todo, hint, runAgain(report.origin, { startsBatch, jobs: 1 }))),
  );
}

/** The beginning of the line about what to do. */
export const NEXT: Inline = strong(words('Next:'));

/** What to do about what a report found. */
export function adviceOn(report: Report): Advice {
  const provider = foreign(report.providerTitle || 'the provider', 50);
  if (report.judgement?.verdict === 'failed' && report.outline.bad.length > 0) {
    return failures(report, provider);
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
      return ofInconclusive(report, provider);
  }
}

/** What to do where nothing could be established. */
function ofInconclusive(report: Report, provider: Inline): Inline[] {
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
    return [count === 1 ? md`${kind}${noun}` : md`${words(formatCount(count))} ${kind}${noun}s`];
  };
  const [first = [], second] = [...part('failed', 'failure'), ...part('errored', 'error')];
  return second === undefined ? first : md`${first} and the ${second}`;
}

function failures(report: Report, provider: Inline): Advice {
  const bad = report.outline.bad.filter(({ outcome }) => outcome !== 'cancelled');
  const are = (some: readonly CaseResult[], wanted: string) =>
    some.filter((one) => standingOf(one, report) === wanted).length;
  const [isNew, isOld] = [are(bad, 'new'), are(bad, 'old')];
  const judge = md`If the judge got one wrong, change its criteria at ${provider}.`;
  if (isOld === bad.length) {
    const them = isOld === 1 ? 'this fails' : 'these fail';
    return { todo: md`${them} on ${placeOf(report)} too, so look for the cause there.`, hint: judge };
  }
  const fault = mainFault(report.grouping, bad.length);
  // One that fails elsewhere as well is not the first thing to look for here.
  if (fault !== undefined && are(fault.cases, 'old') < fault.cases.length) {
    const shared = new Set(fault.cases);
    const rest = bad.filter((one) => !shared.has(one));
    const todo = faultFirst(report, fault.cases.length, { rest: rest.length, isOld: are(rest, 'old') });
    return { todo, hint: [] };
  }
  const kind = isNew > 0 && isOld > 0 && isNew + isOld === bad.length ? 'new ' : '';
  const own = bad.filter((one) => standingOf(one, report) !== 'old');
  const others = oldOnes(report, { isOld, others: bad.length - isNew - isOld });
  return { todo: sentences(md`fix the ${inWords(own, kind)}.`, others), hint: judge };
}

/** What many failures share comes first, and then the others. */
function faultFirst(
  report: Report,
  shared: number,
  { rest, isOld }: { rest: number; isOld: number },
): Inline[] {
  const count = words(formatCount(shared));
  if (rest === 0) return md`find the cause that all ${count} failures share.`;
  const start = md`find the cause that ${count} failures share, then look at the other ${words(formatCount(rest))}`;
  if (isOld === 0) return md`${start}.`;
  const them =
    isOld === rest ? md`${rest === 1 ? 'which' : 'which all'}` : md`of which ${words(formatCount(isOld))}`;
  return md`${start}, ${them} ${isOld === 1 ? 'fails' : 'fail'} on ${placeOf(report)} too.`;
}

/** What is not this change's. */
function oldOnes(report: Report, { isOld, others }: { isOld: number; others: number }): Inline[] {
  if (isOld === 0) return [];
  const count = words(formatCount(isOld));
  const them = others > 0 ? [count] : isOld === 1 ? md`The other one` : md`The other ${count}`;
  return md`${them} ${isOld === 1 ? 'fails' : 'fail'} on ${placeOf(report)} too: look for the cause there.`;
}

/** How to run the failed jobs again; nothing outside of GitHub. */
export function runAgain(
  origin: Origin,
  { startsBatch, jobs }: { startsBatch: boolean; jobs: number },
): Inline[] {
  // The page of the newest attempt has the button.
  const url = workflowRunUrl({ ...origin, runAttempt: undefined });
  if (url === undefined || origin.runId === undefined) return [];
  const name = origin.runNumber === undefined ? 'workflow run' : `workflow run ${origin.runNumber}`;
  const end = startsBatch ? '.' : ' (it tests again only if that job starts the batch).';
  return md`To run the failed ${jobs === 1 ? 'job' : 'jobs'} again: ${link(url, words(name))}${BUTTON}, or ${code(`gh run rerun ${origin.runId} --failed`, 100)}${end}`;
}

const BUTTON = ' → Re-run failed jobs';

/** Whether a line about what to do links the workflow run, so that the footer need not. */
export const hasWorkflowRun = (next: string): boolean => next.includes(BUTTON);
