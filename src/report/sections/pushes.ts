import type { Push } from '../../domain/comparison.ts';
import { isConclusive, VERDICTS, type Verdict } from '../../domain/verdict.ts';
import { type Inline, md, strong } from '../markdown.ts';
import { renderLine } from '../markdown-writer.ts';
import type { Report } from '../report.ts';
import { SIGNS } from './headline.ts';
import { linkPush } from './links.ts';
import { NO_BREAK_SPACE } from './names.ts';

/** Pushes in the strip, this one included. */
const MAX_PUSHES = 10;

/** The last pushes, oldest first and this one at the end; an empty list while waiting, and where this is the first. */
export function lastPushes({ history, judgement, origin, tally }: Report, max: number): Push[] {
  if (judgement === undefined || history === undefined || history.pushes.length === 0) return [];
  const { total, passed, tolerated } = tally;
  const own = {
    // Empty where it is not known.
    commit: origin.commit ?? '',
    attempt: origin.runAttempt ?? 1,
    verdict: judgement.verdict,
    failureCount: total - passed - tolerated,
    total,
  };
  return [...history.pushes.slice(-(max - 1)), own];
}

/** Verdict of a push, and its number of failures; the verdict in a word where the number would say nothing. */
export function endOfPush({ verdict, failureCount }: Push): {
  readonly verdict: Verdict;
  readonly figure: number | Verdict | 'unknown';
} {
  const known = VERDICTS.find((candidate) => candidate === verdict);
  // The word of a later version.
  if (known === undefined) return { verdict: 'inconclusive', figure: 'unknown' };
  return { verdict: known, figure: isConclusive(known) ? failureCount : known };
}

/** True if there are earlier pushes to show beside this one. */
export const hasPushes = (report: Report): boolean =>
  report.origin.commit !== undefined && lastPushes(report, MAX_PUSHES).length > 0;

/** Number of test cases that counted against the verdict in each push, this one in bold; nothing where it is the first. */
export function renderPushes(report: Report): string | undefined {
  if (!hasPushes(report)) return undefined;
  const pushes = lastPushes(report, MAX_PUSHES);
  const hasMore = (report.history?.pushes.length ?? 0) >= MAX_PUSHES;
  const line = pushes.flatMap((push, index) => {
    const { verdict, figure } = endOfPush(push);
    const shown = index === pushes.length - 1 ? strong(md`${figure}`) : md`${figure}`;
    const arrow = index === 0 ? '' : ' → ';
    return md`${arrow}${SIGNS[verdict]}${NO_BREAK_SPACE}${linkPush(push, report.origin)}${NO_BREAK_SPACE}${shown}`;
  });
  const start: Inline[] = md`Failures per push: ${hasMore ? '… → ' : ''}`;
  return renderLine([...start, ...line]);
}
