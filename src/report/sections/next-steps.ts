import { findCommonCause } from '../groups.ts';
import { code, type Inline, link, md, sentences, strong, trusted, untrusted } from '../markdown.ts';
import { renderLine } from '../markdown-writer.ts';
import { type Origin, type Report, type ReportedCase, workflowRunUrl } from '../report.ts';
import { causeOf } from './cause.ts';
import { baselineLabel, capitalized, isPreexisting } from './names.ts';

/** Advice: `todo` about what was found, and `hint` about what else may be wrong. Both may be empty. */
export interface Advice {
  readonly todo: readonly Inline[];
  readonly hint: readonly Inline[];
}

/** Advice in one line; empty where there is nothing to do, or while the gate waits. */
export function renderNextSteps(report: Report): string {
  const { todo, hint } = adviseOn(report);
  if (todo.length === 0) return '';
  const again =
    report.judgement?.verdict === 'passed'
      ? []
      : rerunInstructions(report.origin, startsBatch(report), {
          isReportOnly: report.isReportOnly,
          afterCorrection: isRefused(report),
        });
  return renderLine(sentences([NEXT_LABEL], todo, hint, again));
}

/** The beginning of the line about what to do. */
export const NEXT_LABEL: Inline = strong(md`Next:`);

/** True if running the job again tests again: the step started what it tested, or was refused before it tested anything. */
export const startsBatch = (report: Report): boolean => report.selected !== undefined || isRefused(report);

/** True if the step ended before it tested anything, for something that is to be corrected. */
const isRefused = (report: Report): boolean =>
  report.judgement?.verdict === 'inconclusive' && causeOf(report) === 'nothing-read';

/** True if the line of advice links this job. */
export const nextLinksJob = (report: Report): boolean =>
  report.judgement?.verdict !== 'passed' &&
  adviseOn(report).todo.length > 0 &&
  jobLink(report.origin) !== undefined;

/** Advice about the findings of a report. */
export function adviseOn(report: Report): Advice {
  const provider = untrusted(report.providerTitle || 'the provider', 50);
  // What was cancelled is no reason for `failed`: too many flaky test cases may be the only one.
  const bad = report.classified.failures.filter(({ outcome }) => outcome !== 'cancelled');
  if (report.judgement?.verdict === 'failed' && bad.length > 0)
    return adviseOnFailures(report, bad, provider);
  return { todo: todoOf(report, provider), hint: [] };
}

function todoOf(report: Report, provider: Inline): Inline[] {
  switch (report.judgement?.verdict) {
    case undefined:
      return [];
    case 'passed':
      return repairTests(report.classified.brokenTests, provider);
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

/** Advice where nothing could be established. */
function adviseInconclusive(report: Report, provider: Inline): Inline[] {
  switch (causeOf(report)) {
    case 'nothing-read':
      // A re-run uses the files of the same commit.
      return jobLink(report.origin) === undefined
        ? md`correct what is named above, then test again.`
        : md`correct what is named above, and push it if it is in a file.`;
    case 'lost-start':
      return md`look at ${provider} for a batch that was started at that time. If there is one, give its id as ${code('batch-id', 20)}; if not, test again.`;
    case 'unread':
      return md`correct the batch id or the key if one of them is wrong; if ${provider} did not answer, test again later.`;
    case 'missing':
      return md`look for the missing runs at ${provider}, then test again with a new batch.`;
    case 'none-seen':
      return md`see at ${provider} why the batch has no test cases, then start another.`;
    case 'none-counts':
      return md`remove at least one test case from quarantine: a gate in which none counts proves nothing.`;
    case 'mismatch':
      return md`test again with a new batch. If it tests something else again, ask ${provider}.`;
    case 'repeated':
      return md`see at ${provider} which batch these runs belong to, then test again with a new one.`;
    case 'nameless':
      return md`see at ${provider} which test case was run, then test again with a new batch.`;
    case 'not-evaluated':
      return md`give these test cases an evaluation that runs in this mode at ${provider}, then test again.`;
    case 'unknown-status':
      return md`look the status up at ${provider}; a newer version of this action may know it. Until then it is no pass.`;
    case 'contradiction':
      return md`look at the batch at ${provider}, then test again with a new one.`;
    case 'other':
      return md`test again with a new batch.`;
  }
}

/** Failures and errors in words, as far as there are any: "2 new failures and the error". */
function countFailuresInWords(cases: readonly ReportedCase[], kind: '' | 'new '): Inline[] {
  const part = (outcome: ReportedCase['outcome'], noun: 'failure' | 'error'): Inline[][] => {
    const count = cases.filter((result) => result.outcome === outcome).length;
    if (count === 0) return [];
    return [count === 1 ? md`${kind}${noun}` : md`${count} ${kind}${noun}s`];
  };
  const [first = [], second] = [...part('failed', 'failure'), ...part('errored', 'error')];
  return second === undefined ? first : md`${first} and the ${second}`;
}

function adviseOnFailures(report: Report, bad: readonly ReportedCase[], provider: Inline): Advice {
  const own = bad.filter((result) => !isPreexisting(result));
  const preexisting = bad.length - own.length;
  const broken = bad.filter(({ testFaults }) => testFaults.length > 0);
  const repair = repairTests(broken, provider);
  const hint = sentences(
    capitalized(repair),
    md`If a judgement is wrong, edit the test case's criteria at ${provider}.`,
  );
  if (own.length === 0) {
    const them = preexisting === 1 ? 'it fails' : 'they fail';
    return { todo: md`look for the cause on ${baselineLabel(report)}: ${them} there too.`, hint };
  }
  const shared = findCommonCause(report.grouping, bad.length)?.cases ?? [];
  // One that fails elsewhere as well is not the first thing to look for here.
  if (shared.some((result) => !isPreexisting(result))) {
    return { todo: adviseCommonCause(report, shared, bad), hint: capitalized(repair) };
  }
  if (broken.length === bad.length) return { todo: repair, hint: [] };
  const areNew = preexisting > 0 && own.every(({ failureClass }) => failureClass === 'regression');
  const failures = countFailuresInWords(own, areNew ? 'new ' : '');
  return { todo: md`fix the ${failures}${advisePreexisting(report, preexisting)}.`, hint };
}

/** Advice about tests in which the provider itself sees the fault; nothing where there are none. */
function repairTests(cases: readonly ReportedCase[], provider: Inline): Inline[] {
  if (cases.length === 0) return [];
  return cases.length === 1
    ? md`repair the broken test at ${provider}: its result says little of the agent.`
    : md`repair the ${cases.length} broken tests at ${provider}: their results say little of the agent.`;
}

/** Advice about a cause that many failures share, and then about the others. */
function adviseCommonCause(
  report: Report,
  shared: readonly ReportedCase[],
  bad: readonly ReportedCase[],
): Inline[] {
  const withCause = new Set(shared);
  const rest = bad.filter((result) => !withCause.has(result));
  if (rest.length === 0) return md`find the cause that all ${shared.length} failures share.`;
  const start = md`find the cause that ${shared.length} failures share, then look at the other ${rest.length}`;
  const preexisting = rest.filter(isPreexisting).length;
  if (preexisting === 0) return md`${start}.`;
  const all = rest.length === 1 ? md`which` : md`which all`;
  const them = preexisting === rest.length ? all : md`of which ${preexisting}`;
  return md`${start}, ${them} ${preexisting === 1 ? 'fails' : 'fail'} on ${baselineLabel(report)} too.`;
}

/** Advice about failures that are not this change's, after those that are. */
function advisePreexisting(report: Report, count: number): Inline[] {
  if (count === 0) return [];
  const them = count === 1 ? md`the other one fails` : md`the other ${count} fail`;
  return md`; ${them} on ${baselineLabel(report)} too`;
}

/** The page on which the failed jobs are run again: that of the one job where it is known, else of the workflow run. */
function jobLink({ jobUrl, ...origin }: Origin): string | undefined {
  // The page of the newest attempt has the button.
  return jobUrl ?? workflowRunUrl({ ...origin, runAttempt: undefined });
}

/**
 * Instructions to test again; nothing outside of GitHub. `jobs` is how many of them did not pass. `isReportOnly`: the job
 * succeeds. `afterCorrection`: they follow the advice to correct something, and to push that if it is in a file.
 */
export function rerunInstructions(
  origin: Origin,
  isStartedHere: boolean,
  {
    jobs = 1,
    isReportOnly = false,
    afterCorrection = false,
  }: {
    readonly jobs?: number;
    readonly isReportOnly?: boolean | undefined;
    readonly afterCorrection?: boolean;
  } = {},
): Inline[] {
  const url = jobLink(jobs === 1 ? origin : { ...origin, jobUrl: undefined });
  if (url === undefined) return [];
  const again = link(
    url,
    trusted(`Re-run the ${isReportOnly ? '' : 'failed '}${jobs === 1 ? 'job' : 'jobs'}`),
  );
  if (afterCorrection) return md`${again} if it is not.`;
  // A batch that was given is judged again as it is.
  const condition = isStartedHere
    ? ''
    : jobs === 1
      ? ', if that job starts the batch'
      : ', if these jobs start their batches';
  return md`${again} to test again${condition}.`;
}
