import { seenBatches } from '../../domain/batch.ts';
import { tally } from '../../domain/test-case.ts';
import { formatAge } from '../../text/format.ts';
import { findCommonCause } from '../groups.ts';
import {
  type Inline,
  joinWithCommas,
  list,
  md,
  paragraph,
  sentences,
  strong,
  trusted,
  untrusted,
} from '../markdown.ts';
import { render } from '../markdown-writer.ts';
import type { Report } from '../report.ts';
import { linkCommit } from './links.ts';
import { baselineLabel, idOf } from './names.ts';
import { hasOverview } from './overview.ts';

const MAX_REASON = 1_000;
const MAX_NOTE = 500;
const MAX_NOTES = 20;
/** Names of test cases that no longer run. */
const MAX_GONE = 3;

/** Options that shorten the first paragraph. */
export interface IntroOptions {
  readonly maxReason?: number;
  readonly hasFault?: boolean;
}

/** The first paragraph: the reason where the heading does not say it, and what is in no table; maybe nothing. */
export function introLine(
  report: Report,
  { maxReason = MAX_REASON, hasFault = true }: IntroOptions = {},
): Inline[] {
  const { judgement } = report;
  if (judgement === undefined) return waiting(report);
  return sentences(
    describeReused(report),
    isReasonInHeading(report) ? [] : [untrusted(judgement.reason, maxReason)],
    hasFault ? describeCommonCause(report) : [],
    describeRemoved(report),
  );
}

/** The earlier batch that was judged in place of a new one. */
function describeReused({ reused }: Report): Inline[] {
  if (reused === undefined) return [];
  return md`This is the result of batch ${idOf(reused.batchId)}, started ${trusted(formatAge(reused.ageMs))} ago: nothing under test has changed since.`;
}

/** The judge's sentence about failed and passed test cases says the same counts as the heading. */
function isReasonInHeading({ judgement, tally: { failed, total } }: Report): boolean {
  return judgement?.verdict === 'passed' ? total > 0 : judgement?.verdict === 'failed' && failed > 0;
}

/** The heading has the counts. */
function waiting({ batches, origin }: Report): Inline[] {
  const what = batches.length === 1 ? 'the batch' : md`${batches.length} batches`;
  const commit = linkCommit(origin);
  return md`Waiting for ${what} to end${commit.length === 0 ? '' : md`, for commit ${commit}`}.`;
}

/** Cause that at least half of many failures share: the first thing to know. */
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
  const count = commonCause.cases.length;
  const share = md`${count} of the ${failures} failures share one ${what[commonCause.shared.kind]}.`;
  return md`${strong(share)} Start there: this looks like one fault, not ${count}.`;
}

/** The quiet way to make a gate green, so it is said aloud; nothing where the overview has the names. */
function describeRemoved(report: Report): Inline[] {
  const all = report.classified.removed;
  if (all.length === 0 || hasOverview(report)) return [];
  const cases = all.length === 1 ? md`1 test case` : md`${all.length} test cases`;
  const were = all.length === 1 ? 'was' : 'were';
  const names = joinWithCommas(all.slice(0, MAX_GONE).map(({ name }) => [untrusted(name, 120)]));
  const more = all.length - MAX_GONE;
  const start = strong(md`${cases} that ${baselineLabel(report)} runs ${were} not run here:`);
  return md`${start} ${names}${more > 0 ? md` and ${more} more.` : '.'}`;
}

/** Remarks that belong before the details: automatic promotion, further findings, the quarantine file. */
export function renderRemarks(report: Report): string {
  const paragraphs = publishNotices(report).map((sentence) => paragraph(sentence));
  const notes = notesOf(report);
  const shown: Inline[][] = notes.slice(0, MAX_NOTES).map((note) => [untrusted(note, MAX_NOTE)]);
  if (notes.length === 1) paragraphs.push(...shown.map((note) => paragraph(note)));
  if (notes.length > MAX_NOTES) shown.push(md`${notes.length - MAX_NOTES} more`);
  const lists = notes.length < 2 ? [] : [list(shown, { ordered: false })];
  return render(...paragraphs, ...lists);
}

/** The batches whose version the provider puts into production by itself, a sentence for each. */
export function publishNotices({ batches, providerTitle }: Report): Inline[][] {
  const found = seenBatches(batches).filter(({ publishesOnPass }) => publishesOnPass === true);
  return found.map((batch) => {
    const counts = tally([{ id: batch.id, batch, round: 1, batchIndex: 0 }]);
    const passed = batch.settled && counts.total > 0 && counts.passed === counts.total;
    const which = batches.length === 1 ? 'this batch' : md`batch ${idOf(batch.id)}`;
    const end = passed ? ', so it may already be live even if this is never merged.' : '.';
    return md`${strong(md`Publishes on pass:`)} ${untrusted(providerTitle, 50)} promotes the tested version to production automatically when ${which} passes${end}`;
  });
}

/** Further findings of the judge and of the quarantine file: sentences, foreign text. */
export const notesOf = ({ judgement, quarantineNotes = [] }: Report): string[] => [
  ...(judgement?.notes ?? []),
  ...quarantineNotes,
];
