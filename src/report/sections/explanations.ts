import { firstPassRate } from '../../domain/test-case.ts';
import { isConclusive } from '../../domain/verdict.ts';
import { type Inline, md, sentences, trusted, untrusted } from '../markdown.ts';
import { firstRunCounts, type Report } from '../report.ts';
import { costText } from '../run-text.ts';
import { linkCommit } from './links.ts';
import { baseName } from './names.ts';

/** Sentences that explain the figures: the rate, the rule, the comparison and the cost. */
export function explanations(report: Report): Inline[][] {
  const { cost } = report;
  return [
    sentences(rate(report), baseRate(report)),
    sentences(rules(report), compared(report)),
    cost === undefined ? [] : md`Cost: ${trusted(costText(cost))}.`,
  ];
}

/** True if the report has a rate: only where every run has ended and one did not pass: else the heading says all there is. */
function hasRate({ judgement, tally, cases }: Report): boolean {
  const isWhole = tally.unfinished === 0 && cases.length === tally.total && tally.total > 1;
  const hasEnded = isConclusive(judgement?.verdict);
  const { passes, total } = firstRunCounts({ tally, cases });
  return isWhole && hasEnded && passes < total;
}

function rate(report: Report): Inline[] {
  if (!hasRate(report)) return [];
  const { passes, total } = firstRunCounts(report);
  const which = report.cases.some(({ runs }) => runs.length > 1) ? 'First runs' : 'Pass rate';
  return md`${which}: ${passes} of ${total} passed, ${interval(passes, total, '95% interval ')}.`;
}

function baseRate(report: Report): Inline[] {
  const { base } = report;
  if (base === undefined || base.firstRuns.total === 0 || !hasRate(report)) return [];
  const { passes, total } = base.firstRuns;
  const here = firstRunCounts(report);
  const low = firstPassRate(passes, total)?.low ?? 0;
  const high = firstPassRate(here.passes, here.total)?.high ?? 1;
  const drop = high < low ? ' Chance alone does not explain the drop.' : '';
  return md`On ${baseName(base)}: ${passes} of ${total}, ${interval(passes, total, '')}.${drop}`;
}

function interval(passes: number, total: number, label: '95% interval ' | ''): Inline[] {
  const known = firstPassRate(passes, total);
  if (known === undefined) return [];
  const percent = (share: number) => Math.round(share * 100);
  return md`${percent(known.rate)}% (${label}${percent(known.low)}–${percent(known.high)}%)`;
}

function rules({ rule, judgement }: Report): Inline[] {
  if (judgement === undefined || rule === undefined || rule.kind === 'every-run') return [];
  const which =
    rule.kind === 'reruns' ? 'A test case whose first run did not pass needs' : 'Each test case needs';
  return md`${which} ${rule.need} passes out of at most ${rule.of} runs.`;
}

function compared({ base, baseUnavailableReason, origin, judgement }: Report): Inline[] {
  if (judgement === undefined) return [];
  if (base !== undefined) {
    const until =
      base.commit === undefined ? '' : md`, up to ${linkCommit({ ...origin, commit: base.commit })}`;
    return md`Compared with ${baseName(base)}${until}.`;
  }
  return baseUnavailableReason === undefined
    ? []
    : md`Not compared with a base: ${untrusted(baseUnavailableReason, 200)}.`;
}
