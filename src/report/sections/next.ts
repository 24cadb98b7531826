import { formatCount } from '../../text/format.ts';
import { type Grouping, mainFault } from '../groups.ts';
import { code, foreign, type Inline, link, paragraph, render, strong, words } from '../markdown.ts';
import { type Origin, type Report, workflowRunUrl } from '../report.ts';
import { outlineOf, standingOf } from '../standing.ts';
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
export const spaced = (sentences: readonly (readonly Inline[])[]): Inline[] =>
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
      return todo(
        words('do what the reason says, then start a new batch. No pass was shown, so this stays red.'),
      );
  }
}

function failures(report: Report, grouping: Grouping, provider: Inline): Advice {
  const bad = outlineOf(report).bad.filter(({ outcome }) => outcome !== 'cancelled');
  const count = (wanted: string) => bad.filter((one) => standingOf(one, report) === wanted).length;
  const [isNew, isOld] = [count('new'), count('old')];
  const judge: Inline[] = [
    words('If the judge got one wrong, change its criteria at '),
    provider,
    words('.'),
  ];
  const fault = mainFault(grouping, bad.length);
  const others = oldOnes(report, { isOld, others: bad.length - isNew - isOld });
  if (fault !== undefined) {
    const them = fault.cases.length === bad.length ? 'all' : formatCount(fault.cases.length);
    const cause = words(`find the cause that ${them} failures share.`);
    return { todo: spaced([[cause], isOld === bad.length ? [] : others]), hint: [] };
  }
  if (isOld === bad.length) {
    const them = isOld === 1 ? 'this' : 'these';
    const todo = [
      words(`${them} ${isOld === 1 ? 'fails' : 'fail'} on `),
      placeOf(report),
      words(' too, so look for the cause there.'),
    ];
    return { todo, hint: judge };
  }
  const kind = isNew > 0 && isOld > 0 && isNew + isOld === bad.length ? 'new ' : '';
  const them = bad.length - isOld;
  const fix = words(
    `fix the ${them === 1 ? '' : `${formatCount(them)} `}${kind}${them === 1 ? 'failure' : 'failures'}.`,
  );
  return { todo: spaced([[fix], others]), hint: judge };
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
