import { formatCount } from '../../text/format.ts';
import { type Grouping, mainFault } from '../groups.ts';
import { code, foreign, type Inline, link, paragraph, render, strong, words } from '../markdown.ts';
import { type Report, workflowRunUrl } from '../report.ts';
import { outlineOf, standingOf } from '../standing.ts';
import { placeOf } from './names.ts';

/** What to do now, in one line; nothing where everything passed, or while the gate waits. */
export function renderNext(report: Report, grouping: Grouping): string {
  const { judgement } = report;
  if (judgement === undefined || judgement.verdict === 'passed') return '';
  const again = runAgain(report);
  return render(paragraph(strong(words('Next:')), words(' '), ...advice(report, grouping), ...again));
}

function advice(report: Report, grouping: Grouping): Inline[] {
  const provider = foreign(report.providerTitle || 'the provider', 50);
  switch (report.judgement?.verdict) {
    case 'failed':
      return outlineOf(report).bad.length > 0
        ? failures(report, grouping, provider)
        : [
            words('look at the flaky test cases: make them reliable, or allow more with '),
            code('max-flaky', 20),
            words('.'),
          ];
    case 'errored':
      return [
        words('run the failed job again. If the same errors come back, look them up at '),
        provider,
        words(': no test case was shown to fail.'),
      ];
    case 'cancelled':
      return [words('nothing was shown to pass, so it has to run again.')];
    case 'timed-out':
      return [
        words('see at '),
        provider,
        words(' whether the batch is stuck; if it only needs longer, raise '),
        code('timeout-minutes', 20),
        words('.'),
      ];
    default:
      return [
        words('do what the reason says, then start a new batch. No pass was shown, so this stays red.'),
      ];
  }
}

function failures(report: Report, grouping: Grouping, provider: Inline): Inline[] {
  const bad = outlineOf(report).bad.filter(({ outcome }) => outcome !== 'cancelled');
  const count = (wanted: string) => bad.filter((one) => standingOf(one, report) === wanted).length;
  const [isNew, isOld] = [count('new'), count('old')];
  const judge: Inline[] = [
    words(' If the judge got one wrong, change its criteria at '),
    provider,
    words('.'),
  ];
  const fault = mainFault(grouping, bad.length);
  const others = oldOnes(report, { isOld, others: bad.length - isNew - isOld });
  if (fault !== undefined) {
    const them = fault.cases.length === bad.length ? 'all' : formatCount(fault.cases.length);
    return [words(`find the cause that ${them} failures share.`), ...(isOld === bad.length ? [] : others)];
  }
  if (isOld === bad.length) {
    const them = isOld === 1 ? 'this' : 'these';
    return [
      words(`${them} ${isOld === 1 ? 'fails' : 'fail'} on `),
      placeOf(report),
      words(' too, so look for the cause there.'),
      ...judge,
    ];
  }
  const kind = isNew > 0 && isOld > 0 && isNew + isOld === bad.length ? 'new ' : '';
  const them = bad.length - isOld;
  return [
    words(
      `fix the ${them === 1 ? '' : `${formatCount(them)} `}${kind}${them === 1 ? 'failure' : 'failures'}.`,
    ),
    ...others,
    ...judge,
  ];
}

/** What is not this change's. */
function oldOnes(report: Report, { isOld, others }: { isOld: number; others: number }): Inline[] {
  if (isOld === 0) return [];
  const them =
    others === 0 ? (isOld === 1 ? 'The other one' : `The other ${formatCount(isOld)}`) : formatCount(isOld);
  return [
    words(` ${them} ${isOld === 1 ? 'fails' : 'fail'} on `),
    placeOf(report),
    words(' too: look for the cause there.'),
  ];
}

/** How to run the failed jobs again, with a space before it; nothing outside of GitHub. */
export function runAgain({ origin, started }: Pick<Report, 'origin' | 'started'>): Inline[] {
  // The page of the newest attempt has the button.
  const url = workflowRunUrl({ ...origin, runAttempt: undefined });
  if (url === undefined || origin.runId === undefined) return [];
  const name = origin.runNumber === undefined ? 'workflow run' : `workflow run ${origin.runNumber}`;
  return [
    words(' To run the failed job again: '),
    ...link(url, words(name)),
    words(' → Re-run failed jobs, or '),
    code(`gh run rerun ${origin.runId} --failed`, 100),
    words(started === undefined ? ' (it tests again only if that job starts the batch).' : '.'),
  ];
}
