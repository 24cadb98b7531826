import type { Push } from '../../domain/comparison.ts';
import { type Inline, md, sentences, trusted, untrusted } from '../markdown.ts';
import type { Report, ReportedCase } from '../report.ts';
import { linkPush } from './links.ts';
import { baseName, describeRuns, sentenceCase } from './names.ts';

/** Sentences about its runs, earlier pushes and the quarantine. */
export function runHistory(result: ReportedCase, report: Report): Inline[] {
  const runs = describeRuns(result);
  return sentences(
    runs === undefined ? [] : md`${trusted(sentenceCase(runs))}.`,
    comparisonSentence(result, report),
    earlierPushesSentence(result, report),
    editSentence(result, report),
    quarantineSentence(result),
  );
}

function comparisonSentence(result: ReportedCase, { comparedWith, base }: Report): Inline[] {
  if (result.comparison === undefined || comparedWith === undefined) return [];
  const version = untrusted(comparedWith, 60);
  const { passes, runs } = result.comparison;
  const count = md`${passes} of ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`;
  switch (result.comparison.outcome) {
    // Without a base the overview has a column for these.
    case 'passed':
    case 'flaky':
      return base !== undefined ? md`Passes on ${version} (${count}).` : [];
    case 'failed':
      return base !== undefined ? md`Fails on ${version} too (passed ${count}).` : [];
    default:
      return md`Could not be compared with ${version}.`;
  }
}

function earlierPushesSentence({ testCase, outcome }: ReportedCase, { history, origin }: Report): Inline[] {
  const pushes = history?.pushes ?? [];
  if (history === undefined || pushes.length === 0 || testCase.id === undefined || outcome === 'flaky')
    return [];
  const failedIn = history.failedPushIndices.get(testCase.id) ?? [];
  if (failedIn.length === 0) return md`First failed in this push.`;
  const streak = streakBefore(failedIn, pushes.length);
  const first: Push | undefined = pushes[pushes.length - streak];
  if (first === undefined || streak < failedIn.length) {
    return md`Failed in ${failedIn.length + 1} of the last ${pushes.length + 1} pushes.`;
  }
  if (streak === pushes.length) return md`Failed in each of the last ${pushes.length + 1} pushes.`;
  return md`First failed in ${streak === 1 ? 'the previous push, ' : ''}${linkPush(first, origin)}.`;
}

/** Says that the test itself may be the cause. */
function editSentence({ edit }: ReportedCase, { base }: Report): Inline[] {
  if (edit === undefined) return [];
  const since = edit === 'base' && base !== undefined ? [baseName(base)] : md`the last push`;
  return md`The test case was edited since ${since}: the failure may come from that edit.`;
}

/** Length of the unbroken streak of failed pushes that ends with the last one before this. */
function streakBefore(failedIn: readonly number[], count: number): number {
  const failed = new Set(failedIn);
  let streak = 0;
  while (streak < count && failed.has(count - 1 - streak)) streak += 1;
  return streak;
}

/** Remark about a quarantine of a test case that counts all the same. */
function quarantineSentence({ quarantine }: ReportedCase): Inline[] {
  if (quarantine === undefined || quarantine.state === 'in-force') return [];
  const until = untrusted(quarantine.entry.until, 20);
  const who = md` (owner: ${untrusted(quarantine.entry.owner, 100)})`;
  return quarantine.state === 'expired'
    ? md`Its quarantine ended on ${until}${who}, so it counts again.`
    : md`Its quarantine until ${until}${who} is in force after the merge.`;
}
