import type { Push } from '../../domain/comparison.ts';
import { type Judgement, VERDICTS } from '../../domain/verdict.ts';
import { type Inline, md, paragraph, strong } from '../markdown.ts';
import { render } from '../markdown-writer.ts';
import type { Report } from '../report.ts';
import { SIGNS } from './headline.ts';
import { linkPush } from './links.ts';
import { NO_BREAK_SPACE } from './names.ts';

/** Pushes in the strip, this one included. */
const MAX_PUSHES = 10;

/** Whether there are earlier pushes to show beside this one. */
export const hasPushes = ({ history, judgement, origin }: Report): boolean =>
  history !== undefined &&
  history.pushes.length > 0 &&
  judgement !== undefined &&
  origin.commit !== undefined;

/** Number of test cases that counted against the verdict in each push, this one in bold; nothing where it is the first. */
export function renderPushes(report: Report): string | undefined {
  const { history, judgement, origin } = report;
  if (history === undefined || judgement === undefined || origin.commit === undefined) return undefined;
  if (history.pushes.length === 0) return undefined;
  const own = ownPush(report, judgement);
  const shown = history.pushes.slice(-(MAX_PUSHES - 1));
  const before = shown.length < history.pushes.length ? '… → ' : '';
  const earlier = shown.flatMap((push) => md`${pushInline(push, report)} → `);
  return render(paragraph(...md`Failures per push: ${before}${earlier}${pushInline(own, report, strong)}`));
}

/** This push, in the form in which the earlier ones are known; its commit is empty where it is not known. */
export const ownPush = (
  { origin, tally: { total, passed, tolerated } }: Pick<Report, 'origin' | 'tally'>,
  { verdict }: Judgement,
): Push => ({
  commit: origin.commit ?? '',
  attempt: origin.runAttempt ?? 1,
  verdict,
  failureCount: total - passed - tolerated,
  total,
});

/** Sign, commit, and how many failed; the verdict in a word where the number would say nothing. */
function pushInline(
  push: Push,
  { origin }: Report,
  emphasis: (...text: Inline[]) => Inline | Inline[] = (...text) => text,
): Inline[] {
  const verdict = VERDICTS.find((known) => known === push.verdict);
  const isCounted = verdict === 'passed' || verdict === 'failed' || verdict === 'errored';
  const figure = isCounted ? md`${push.failureCount}` : md`${verdict ?? 'unknown'}`;
  return md`${SIGNS[verdict ?? 'inconclusive']}${NO_BREAK_SPACE}${linkPush(push, origin)}${NO_BREAK_SPACE}${emphasis(...figure)}`;
}
