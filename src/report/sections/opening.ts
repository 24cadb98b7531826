import { seenBatches } from '../../domain/batch.ts';
import { countCases, tally } from '../../domain/test-case.ts';
import { formatDuration, formatPercent } from '../../text/format.ts';
import {
  dotted,
  foreign,
  type Inline,
  list,
  onLines,
  paragraph,
  render,
  strong,
  words,
} from '../markdown.ts';
import { passRate, type Report } from '../report.ts';
import { batchFigures } from './batch.ts';
import { linkCommit } from './footer.ts';
import { countEach } from './headline.ts';
import { idOf } from './run.ts';

const MAX_REASON = 1_000;
const MAX_NOTE = 500;
const MAX_NOTES = 20;

/** The reason of the verdict and the figures; before a verdict, what is waited for. */
export function renderLead(
  report: Report,
  { maxReason = MAX_REASON, hasFigures = true }: { maxReason?: number; hasFigures?: boolean } = {},
): string {
  const { judgement } = report;
  const first = judgement === undefined ? waiting(report) : [foreign(judgement.reason, maxReason)];
  return render(paragraph(...onLines([first, hasFigures ? figures(report) : []])));
}

function waiting({ batches, origin, tally }: Report): Inline[] {
  const { total, unfinished } = tally;
  const commit = linkCommit(origin);
  const counts = [`${tally.passed} passed`, ...countEach(tally, 'failed', 'errored', 'cancelled')];
  return [
    words(`Waiting for ${batches.length === 1 ? 'the batch' : `${batches.length} batches`} to end`),
    ...(commit.length === 0 ? [] : [words(', for commit '), ...commit]),
    words(
      total === 0
        ? '. No test case has been seen yet.'
        : `. ${total - unfinished} of ${countCases(total)} finished so far: ${counts.join(', ')}.`,
    ),
  ];
}

/** The pass rate, when the batch was made, how long it and we took, and for which commit. Several batches have their own. */
function figures({ batches, judgement, origin, tally, waitedMs }: Report): Inline[] {
  const rate = passRate(tally);
  // Nobody waited for a batch that had ended before.
  const waited = waitedMs < 1_000 ? undefined : formatDuration(waitedMs);
  const commit = linkCommit(origin);
  const ofBatch =
    batches.length === 1 ? batchFigures(batches[0]?.batch).map((figure) => `batch ${figure}`) : [];
  // The line about the waiting has the counts and the commit, and how long it took so far would be stale at once.
  if (judgement === undefined) return dotted(sentenceCase(ofBatch));
  const all = [
    ...(rate === undefined ? [] : [`${formatPercent(rate)} passed`]),
    ...ofBatch,
    ...(waited === undefined ? [] : [`waited ${waited}`]),
  ];
  return dotted([...sentenceCase(all), commit.length === 0 ? [] : [words('commit '), ...commit]]);
}

const sentenceCase = (parts: readonly string[]): Inline[][] =>
  parts.map((part, index) => [words(index === 0 ? part.charAt(0).toUpperCase() + part.slice(1) : part)]);

/** What a reader should know before the details. */
export function* renderRemarks(report: Report): Generator<string> {
  const { batches, judgement, providerTitle } = report;
  const publishing = seenBatches(batches).filter(({ publishesOnPass }) => publishesOnPass === true);
  for (const batch of publishing) {
    const counts = tally([{ id: batch.id, batch }]);
    const passed = batch.settled && counts.total > 0 && counts.passed === counts.total;
    yield render(
      paragraph(
        strong(words('Publishes on pass:')),
        words(' '),
        foreign(providerTitle, 50),
        words(' promotes the tested version to production automatically when '),
        ...(batches.length === 1 ? [words('this batch')] : [words('batch '), idOf(batch.id)]),
        words(' passes'),
        words(passed ? ', so it may already be live even if this is never merged.' : '.'),
      ),
    );
  }

  const notes = judgement?.notes ?? [];
  const shown = notes.slice(0, MAX_NOTES);
  if (shown.length === 0) return;
  const items = shown.map((note) => [foreign(note, MAX_NOTE)]);
  const more = notes.length - MAX_NOTES;
  yield render(
    paragraph(words('Also:')),
    list([...items, ...(more > 0 ? [[words(`${more} more`)]] : [])], { ordered: false }),
  );
}
