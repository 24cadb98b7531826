import { seenBatches } from '../../domain/batch.ts';
import { formatCaseCount, tally } from '../../domain/test-case.ts';
import { formatCount } from '../../text/format.ts';
import { classifyFailure, type FailureClass } from '../classify.ts';
import { findCommonCause } from '../groups.ts';
import {
  type Inline,
  list,
  md,
  paragraph,
  render,
  sentences,
  strong,
  trusted,
  untrusted,
} from '../markdown.ts';
import type { Report } from '../report.ts';
import { linkCommit } from './footer.ts';
import { baselineLabel, idOf } from './names.ts';
import { overviewRows } from './overview.ts';

const MAX_REASON = 1_000;
const MAX_NOTE = 500;
const MAX_NOTES = 20;
/** Names of test cases that no longer run; the overview has all of them. */
const MAX_GONE = 3;

/** The first paragraph: whose the failures are, and the reason where the heading does not say it; maybe nothing. */
export function renderIntro(report: Report, options: IntroOptions = {}): string {
  const inline = introOf(report, options);
  return inline.length === 0 ? '' : render(paragraph(...inline));
}

/** How the first paragraph is shortened. */
export interface IntroOptions {
  readonly maxReason?: number;
  readonly hasFault?: boolean;
}

/** The same as one line; maybe empty. */
export function introOf(
  report: Report,
  { maxReason = MAX_REASON, hasFault = true }: IntroOptions = {},
): Inline[] {
  const { judgement } = report;
  if (judgement === undefined) return waiting(report);
  return sentences(
    isReasonInHeading(report) ? [] : [untrusted(judgement.reason, maxReason)],
    hasFault ? describeCommonCause(report) : [],
    ...describeRegressions(report),
    describeRemoved(report),
  );
}

/** The judge's sentence about failed and passed test cases says the same counts as the heading. */
function isReasonInHeading({ judgement, tally: { failed, total } }: Report): boolean {
  return judgement?.verdict === 'passed' ? total > 0 : judgement?.verdict === 'failed' && failed > 0;
}

/** The heading has the counts. */
function waiting({ batches, origin }: Report): Inline[] {
  const what = batches.length === 1 ? 'the batch' : (`${batches.length} batches` as const);
  const commit = linkCommit(origin);
  return md`Waiting for ${what} to end${commit.length === 0 ? '' : md`, for commit ${commit}`}.`;
}

/** Where at least half of many failures share something, that is the first thing to know. */
function describeCommonCause({ classified, grouping }: Report): Inline[] {
  const failures = classified.failures.length;
  const commonCause = findCommonCause(grouping, failures);
  if (commonCause === undefined) return [];
  const what = {
    error: 'error',
    tool: 'failed tool',
    assertion: 'failed assertion',
    reason: 'reason',
  } as const;
  const count = trusted(formatCount(commonCause.cases.length));
  const share = md`${count} of the ${trusted(formatCount(failures))} failures share one ${what[commonCause.shared.kind]}:`;
  return md`${strong(...share)} this looks like one fault, not ${count}.`;
}

/** Which of the failures pass elsewhere and which fail there too. What is not known is not said. */
function describeRegressions(report: Report): Inline[][] {
  const { failures } = report.classified;
  const count = (wanted: FailureClass) =>
    failures.filter((one) => classifyFailure(one, report) === wanted).length;
  const [regressionCount, preexistingCount, newTestCaseCount] = [
    count('regression'),
    count('pre-existing'),
    count('new-test-case'),
  ];
  const place = baselineLabel(report);
  const all: Inline[][] = [];
  if (regressionCount > 0) {
    const [pass, fail] = regressionCount === 1 ? (['passes', 'does'] as const) : (['pass', 'do'] as const);
    all.push([
      strong(
        ...md`${trusted(formatCaseCount(regressionCount))} ${pass} on ${place} and ${fail} not pass here.`,
      ),
    ]);
  }
  if (preexistingCount > 0) {
    const them =
      regressionCount > 0
        ? `${preexistingCount} more`
        : preexistingCount === failures.length && preexistingCount > 1
          ? `All ${preexistingCount}`
          : formatCaseCount(preexistingCount);
    const sentence = md`${trusted(them)} ${preexistingCount === 1 ? 'fails' : 'fail'} on ${place} as well.`;
    all.push(regressionCount > 0 ? sentence : [strong(...sentence)]);
  }
  if (newTestCaseCount === 1) all.push(md`1 is a new test case: ${place} does not have it.`);
  if (newTestCaseCount > 1)
    all.push(md`${newTestCaseCount} are new test cases: ${place} does not have them.`);
  return all;
}

/** The quiet way to make a gate green, so it is said aloud. */
function describeRemoved(report: Report): Inline[] {
  const all = report.classified.removed;
  if (all.length === 0) return [];
  const were = all.length === 1 ? 'was' : 'were';
  const start = md`${trusted(formatCaseCount(all.length))} of ${baselineLabel(report)} ${were} not run here`;
  // The overview has their names.
  if (overviewRows(report).length > 0) return [strong(...md`${start}.`)];
  const names = all
    .slice(0, MAX_GONE)
    .flatMap(({ name }, index) => md`${index === 0 ? '' : ', '}${untrusted(name, 120)}`);
  const more = all.length - MAX_GONE;
  return md`${strong(...md`${start}:`)} ${names}${more > 0 ? ` and ${more} more.` : '.'}`;
}

/** What a reader should know before the details: automatic promotion, further findings, the quarantine file. */
export function renderRemarks(report: Report): string {
  const paragraphs = publishing(report).map((sentence) => paragraph(...sentence));
  const notes = notesOf(report);
  const shown: Inline[][] = notes.slice(0, MAX_NOTES).map((note) => [untrusted(note, MAX_NOTE)]);
  if (notes.length === 1) paragraphs.push(...shown.map((note) => paragraph(...note)));
  if (notes.length > MAX_NOTES) shown.push(md`${notes.length - MAX_NOTES} more`);
  const lists = notes.length < 2 ? [] : [list(shown, { ordered: false })];
  return paragraphs.length + lists.length === 0 ? '' : render(...paragraphs, ...lists);
}

/** The batches whose version the provider puts into production by itself, a sentence for each. */
export function publishing({ batches, providerTitle }: Report): Inline[][] {
  const found = seenBatches(batches).filter(({ publishesOnPass }) => publishesOnPass === true);
  return found.map((batch) => {
    const counts = tally([{ id: batch.id, batch }]);
    const passed = batch.settled && counts.total > 0 && counts.passed === counts.total;
    const which = batches.length === 1 ? 'this batch' : md`batch ${idOf(batch.id)}`;
    const end = passed ? ', so it may already be live even if this is never merged.' : '.';
    return md`${strong(trusted('Publishes on pass:'))} ${untrusted(providerTitle, 50)} promotes the tested version to production automatically when ${which} passes${end}`;
  });
}

/** Further findings of the judge and of the quarantine file: sentences, foreign text. */
export function notesOf(report: Report): string[] {
  const redundantNote = cancelledNote(report);
  const notes = report.judgement?.notes ?? [];
  return [...notes.filter((note) => note !== redundantNote), ...(report.quarantineNotes ?? [])];
}

/** The judge's note about cancelled test cases after a failure: the heading has their number. */
function cancelledNote({ tally: { cancelled, total }, providerTitle }: Report): string {
  return `${cancelled} of ${formatCaseCount(total)} ${cancelled === 1 ? 'was' : 'were'} cancelled at ${providerTitle}.`;
}
