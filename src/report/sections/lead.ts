import { seenBatches } from '../../domain/batch.ts';
import { countCases, tally } from '../../domain/test-case.ts';
import { formatCount } from '../../text/format.ts';
import { type Grouping, mainFault } from '../groups.ts';
import { foreign, type Inline, list, paragraph, render, strong, words } from '../markdown.ts';
import type { Report } from '../report.ts';
import { outlineOf, standingOf } from '../standing.ts';
import { linkCommit } from './footer.ts';
import { idOf, placeOf } from './names.ts';
import { overviewRows } from './overview.ts';

const MAX_REASON = 1_000;
const MAX_NOTE = 500;
const MAX_NOTES = 20;
/** Names of test cases that no longer run; the overview has all of them. */
const MAX_GONE = 3;

/** The first paragraph: whose the failures are, and the reason where the heading does not say it; maybe nothing. */
export function renderLead(
  report: Report,
  { maxReason = MAX_REASON, grouping }: { maxReason?: number; grouping?: Grouping | undefined } = {},
): string {
  const { judgement } = report;
  if (judgement === undefined) return render(paragraph(...waiting(report)));
  const sentences = [
    ...(isReasonInHeading(report) ? [] : [[foreign(judgement.reason, maxReason)]]),
    ...(grouping === undefined ? [] : oneFault(report, grouping)),
    ...whose(report),
    ...gone(report),
  ];
  const inline = sentences.flatMap((sentence, index) => (index === 0 ? sentence : [words(' '), ...sentence]));
  return inline.length === 0 ? '' : render(paragraph(...inline));
}

/** The judge's sentence about failed and passed test cases says the same counts as the heading. */
function isReasonInHeading({ judgement, tally: { failed, total } }: Report): boolean {
  return judgement?.verdict === 'passed' ? total > 0 : judgement?.verdict === 'failed' && failed > 0;
}

/** The heading has the counts. */
function waiting({ batches, origin }: Report): Inline[] {
  const commit = linkCommit(origin);
  return [
    words(`Waiting for ${batches.length === 1 ? 'the batch' : `${batches.length} batches`} to end`),
    ...(commit.length === 0 ? [] : [words(', for commit '), ...commit]),
    words('.'),
  ];
}

/** Where at least half of many failures share something, that is the first thing to know. */
function oneFault(report: Report, grouping: Grouping): Inline[][] {
  const fault = mainFault(grouping, outlineOf(report).bad.length);
  if (fault === undefined) return [];
  const { cases, shared } = fault;
  const what = { error: 'error', tool: 'failed tool', assertion: 'failed assertion', reason: 'reason' }[
    shared.kind
  ];
  const all = `${formatCount(cases.length)} of the ${formatCount(outlineOf(report).bad.length)} failures`;
  return [
    [
      strong(words(`${all} share one ${what}:`)),
      words(` this looks like one fault, not ${formatCount(cases.length)}.`),
    ],
  ];
}

/** Which of the failures pass elsewhere and which fail there too. What is not known is not said. */
function whose(report: Report): Inline[][] {
  const { bad } = outlineOf(report);
  const count = (wanted: string) => bad.filter((one) => standingOf(one, report) === wanted).length;
  const [isNew, isOld, isAdded] = [count('new'), count('old'), count('new-test-case')];
  const place = placeOf(report);
  const sentences: Inline[][] = [];
  if (isNew > 0) {
    const pass = isNew === 1 ? 'passes' : 'pass';
    const fail = isNew === 1 ? 'does' : 'do';
    sentences.push([
      strong(words(`${countCases(isNew)} ${pass} on `), place, words(` and ${fail} not pass here.`)),
    ]);
  }
  if (isOld > 0) {
    const them =
      isNew > 0 ? `${isOld} more` : isOld === bad.length && isOld > 1 ? `All ${isOld}` : countCases(isOld);
    const verb = isOld === 1 ? 'fails' : 'fail';
    const sentence = [words(`${them} ${verb} on `), place, words(' as well.')];
    sentences.push(isNew > 0 ? sentence : [strong(...sentence)]);
  }
  if (isAdded > 0) {
    sentences.push([
      words(isAdded === 1 ? '1 is a new test case: ' : `${isAdded} are new test cases: `),
      place,
      words(isAdded === 1 ? ' does not have it.' : ' does not have them.'),
    ]);
  }
  return sentences;
}

/** The quiet way to make a gate green, so it is said aloud. */
function gone(report: Report): Inline[][] {
  const all = outlineOf(report).gone;
  if (all.length === 0) return [];
  const were = `${countCases(all.length)} of `;
  const start = [words(were), placeOf(report), words(` ${all.length === 1 ? 'was' : 'were'} not run here`)];
  // The overview has their names.
  if (overviewRows(report).length > 0) return [[strong(...start, words('.'))]];
  const names = all
    .slice(0, MAX_GONE)
    .flatMap(({ name }, index): Inline[] => [words(index === 0 ? '' : ', '), foreign(name, 120)]);
  const more = all.length - MAX_GONE;
  return [
    [
      strong(...start, words(':')),
      words(' '),
      ...names.filter((one) => one.type !== 'text' || one.value !== ''),
      words(more > 0 ? ` and ${more} more.` : '.'),
    ],
  ];
}

/** What a reader should know before the details: automatic promotion, further findings, the quarantine file. */
export function renderRemarks(report: Report): string {
  const { batches, judgement, providerTitle } = report;
  const publishing = seenBatches(batches).filter(({ publishesOnPass }) => publishesOnPass === true);
  const paragraphs = publishing.map((batch) => {
    const counts = tally([{ id: batch.id, batch }]);
    const passed = batch.settled && counts.total > 0 && counts.passed === counts.total;
    return paragraph(
      strong(words('Publishes on pass:')),
      words(' '),
      foreign(providerTitle, 50),
      words(' promotes the tested version to production automatically when '),
      ...(batches.length === 1 ? [words('this batch')] : [words('batch '), idOf(batch.id)]),
      words(' passes'),
      words(passed ? ', so it may already be live even if this is never merged.' : '.'),
    );
  });

  const isCounted = cancelledNote(report);
  const notes = [
    ...(judgement?.notes ?? []).filter((note) => note !== isCounted),
    ...(report.quarantineNotes ?? []),
  ];
  const [only] = notes;
  if (notes.length === 1 && only !== undefined) paragraphs.push(paragraph(foreign(only, MAX_NOTE)));
  const lists =
    notes.length < 2
      ? []
      : [
          list(
            [
              ...notes.slice(0, MAX_NOTES).map((note) => [foreign(note, MAX_NOTE)]),
              ...(notes.length > MAX_NOTES ? [[words(`${notes.length - MAX_NOTES} more`)]] : []),
            ],
            { ordered: false },
          ),
        ];
  return paragraphs.length + lists.length === 0 ? '' : render(...paragraphs, ...lists);
}

/** The judge's note about cancelled test cases after a failure: the heading has their number. */
function cancelledNote({ tally: { cancelled, total }, providerTitle }: Report): string {
  return `${cancelled} of ${countCases(total)} ${cancelled === 1 ? 'was' : 'were'} cancelled at ${providerTitle}.`;
}
