import type { CaseResult } from '../../domain/test-case.ts';
import { formatCount } from '../../text/format.ts';
import { type Grouping, mainFault } from '../groups.ts';
import { code, foreign, type Inline, link, paragraph, render, strong, words } from '../markdown.ts';
import { type Origin, type Report, workflowRunUrl } from '../report.ts';
import { outlineOf, standingOf } from '../standing.ts';
import { causeOf } from './headline.ts';
import { placeOf } from './names.ts';

/** What to do: `todo` about what was found, and `hint` about what else may be wrong. Both may be empty. */
export interface Advice {
  readonly todo: readonly Inline[];
  readonly hint: readonly Inline[];
}

const NOTHING: Advice = { todo: [], hint: [] };

/** What to do now, in one line; nothing where everything passed, or while the gate waits. */
export function renderNext(report: Report, grouping: Grouping): string {
  const { todo, hint } = adviceOn(report, grouping);
  if (todo.length === 0) return '';
  const startsBatch = report.started !== undefined;
  const again = runAgain(report.origin, { startsBatch, jobs: 1 });
  return render(paragraph(...spaced([[NEXT], todo, hint, again])));
}

/** The beginning of the line about what to do. */
export const NEXT: Inline = strong(words('Next:'));

/** Sentences with a space between them; those that are empty leave none. */
const spaced = (sentences: readonly (readonly Inline[])[]): Inline[] =>
  sentences
    .filter((one) => one.length > 0)
    .flatMap((one, index) => (index === 0 ? one : [words(' '), ...one]));

/** What to do about what a report found. */
export function adviceOn(report: Report, grouping: Grouping): Advice {
  const { judgement } = report;
  const provider = foreign(report.providerTitle || 'the provider', 50);
  const todo = (...inline: Inline[]): Advice => ({ todo: inline, hint: [] });
  switch (judgement?.verdict) {
    case undefined:
    case 'passed':
      return NOTHING;
    case 'failed':
      return outlineOf(report).bad.length > 0
        ? failures(report, grouping, provider)
        : todo(
            words('look at the flaky test cases: make them reliable, or allow more with '),
            code('max-flaky', 20),
            words('.'),
          );
    case 'errored':
      return todo(
        words('run it again. If the same errors come back, look them up at '),
        provider,
        words(': no test case was shown to fail.'),
      );
    case 'cancelled':
      return todo(words('run it again: what was cancelled was not shown to pass.'));
    case 'timed-out':
      return todo(
        words('see at '),
        provider,
        words(' whether the batch is stuck; if it only needs longer, raise '),
        code('timeout-minutes', 20),
        words('.'),
      );
    case 'inconclusive':
      return todo(...atLast(report, provider));
  }
}

/** What to do where nothing could be established. */
function atLast(report: Report, provider: Inline): Inline[] {
  switch (causeOf(report).kind) {
    case 'missing':
      return [words('look for the missing runs at '), provider, words(', then test again with a new batch.')];
    case 'none-seen':
      return [words('see at '), provider, words(' why the batch has no test cases, then start another.')];
    case 'none-counts':
      return [words('let a test case count: a gate in which all are quarantined proves nothing.')];
    case 'unknown-status':
      return [
        words('look the status up at '),
        provider,
        words('; a newer version of this action may know it. Until then it is no pass.'),
      ];
    case 'contradiction':
      return [words('look at the batch at '), provider, words(', then test again with a new one.')];
    default:
      return [words('do what the reason above says, then test again.')];
  }
}

/** Failures and errors in words, as far as there are any: "2 new failures and the error". */
function inWords(bad: readonly CaseResult[], kind: string): string {
  const part = (outcome: CaseResult['outcome'], noun: string): string[] => {
    const count = bad.filter((one) => one.outcome === outcome).length;
    if (count === 0) return [];
    return [count === 1 ? `${kind}${noun}` : `${formatCount(count)} ${kind}${noun}s`];
  };
  return [...part('failed', 'failure'), ...part('errored', 'error')].join(' and the ');
}

function failures(report: Report, grouping: Grouping, provider: Inline): Advice {
  const bad = outlineOf(report).bad.filter(({ outcome }) => outcome !== 'cancelled');
  const are = (some: readonly CaseResult[], wanted: string) =>
    some.filter((one) => standingOf(one, report) === wanted).length;
  const [isNew, isOld] = [are(bad, 'new'), are(bad, 'old')];
  const judge: Inline[] = [
    words('If the judge got one wrong, change its criteria at '),
    provider,
    words('.'),
  ];
  if (isOld === bad.length) {
    const them = isOld === 1 ? 'this' : 'these';
    const todo = [
      words(`${them} ${isOld === 1 ? 'fails' : 'fail'} on `),
      placeOf(report),
      words(' too, so look for the cause there.'),
    ];
    return { todo, hint: judge };
  }
  const fault = mainFault(grouping, bad.length);
  // One that fails elsewhere as well is not the first thing to look for here.
  if (fault !== undefined && are(fault.cases, 'old') < fault.cases.length) {
    const shared = new Set(fault.cases);
    const rest = bad.filter((one) => !shared.has(one));
    return {
      todo: faultFirst(report, fault.cases.length, { rest: rest.length, isOld: are(rest, 'old') }),
      hint: [],
    };
  }
  const kind = isNew > 0 && isOld > 0 && isNew + isOld === bad.length ? 'new ' : '';
  const own = bad.filter((one) => standingOf(one, report) !== 'old');
  const fix = words(`fix the ${inWords(own, kind)}.`);
  const others = oldOnes(report, { isOld, others: bad.length - isNew - isOld });
  return { todo: spaced([[fix], others]), hint: judge };
}

/** What many failures share comes first, and then the others. */
function faultFirst(
  report: Report,
  shared: number,
  { rest, isOld }: { rest: number; isOld: number },
): Inline[] {
  if (rest === 0) return [words(`find the cause that all ${formatCount(shared)} failures share.`)];
  const start = `find the cause that ${formatCount(shared)} failures share, then look at the other ${formatCount(rest)}`;
  if (isOld === 0) return [words(`${start}.`)];
  const them = isOld === rest ? (rest === 1 ? 'which' : 'which all') : `of which ${formatCount(isOld)}`;
  return [words(`${start}, ${them} ${isOld === 1 ? 'fails' : 'fail'} on `), placeOf(report), words(' too.')];
}

/** What is not this change's. */
function oldOnes(report: Report, { isOld, others }: { isOld: number; others: number }): Inline[] {
  if (isOld === 0) return [];
  const them =
    others === 0 ? (isOld === 1 ? 'The other one' : `The other ${formatCount(isOld)}`) : formatCount(isOld);
  return [
    words(`${them} ${isOld === 1 ? 'fails' : 'fail'} on `),
    placeOf(report),
    words(' too: look for the cause there.'),
  ];
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
  return [
    words(`To run the failed ${jobs === 1 ? 'job' : 'jobs'} again: `),
    ...link(url, words(name)),
    words(`${BUTTON}, or `),
    code(`gh run rerun ${origin.runId} --failed`, 100),
    words(startsBatch ? '.' : ' (it tests again only if that job starts the batch).'),
  ];
}

const BUTTON = ' → Re-run failed jobs';

/** Whether a line about what to do links the workflow run, so that the footer need not. */
export const hasWorkflowRun = (next: string): boolean => next.includes(BUTTON);
