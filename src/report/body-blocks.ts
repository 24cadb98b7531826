import { type BatchOutcome, type Run, tally } from '../domain/batch.ts';
import {
  batchFigures,
  batchState,
  notPassed,
  type RunViews,
  renderBatchHeading,
  renderRuns,
} from './batch-section.ts';
import { countRuns, formatDuration, formatPercent } from './figures.ts';
import type { Limit } from './fit.ts';
import { linkCommit, linkWorkflowRun, renderFooter } from './footer.ts';
import {
  code,
  dotted,
  foreign,
  type Inline,
  list,
  onLines,
  paragraph,
  render,
  strong,
  words,
} from './markdown.ts';
import { passRate, type Report, seenBatches } from './report.ts';
import { type Evidence, FULL, idOf, isCut, renderRun, renderRunItem } from './run-block.ts';
import { publicTurns } from './run-text.ts';

/** How much of the report is shown. */
export interface Detail {
  readonly evidence: Evidence;
  /** Runs that passed or have not finished: by name, or as a number. */
  readonly othersByName: boolean;
  /** How many of the runs that did not pass are shown with their evidence, and how many more by name. */
  readonly inFull: number;
  readonly byName: number;
}

const MAX_REASON = 1_000;
const MAX_NOTE = 500;
const MAX_NOTES = 20;
const MAX_PATH = 300;
/** With more runs to read about than this, the reader sees the reasons first and opens the evidence. */
const MAX_OPEN = 5;

/** The blocks of the body in any detail, made on demand; a run is rendered once, however often it is asked for. */
export function createBlocks(report: Report, unit: Limit['unit']): (detail: Detail) => Generator<string> {
  const { judgement, batches } = report;
  const hasPassed = (outcome: BatchOutcome) => batchState(outcome, judgement?.verdict) === 'passed';
  const inOrder = [...batches.filter((one) => !hasPassed(one)), ...batches.filter(hasPassed)];
  const toExplain = batches.flatMap(({ batch }) => notPassed(batch)).length;
  const isCompact = toExplain > MAX_OPEN;
  const blockWith = once((evidence: Evidence) =>
    once((run: Run) => renderRun(run, { evidence, turns: publicTurns(report, run), isCompact })),
  );
  const item = once((run: Run) => renderRunItem(run));

  return function* blocks(detail) {
    const { evidence } = detail;
    yield renderLead(report);
    yield* renderRemarks(report);

    let isAnyCut = evidence !== FULL;
    const views: RunViews = {
      inFull: upTo(detail.inFull),
      byName: upTo(detail.byName),
      othersByName: detail.othersByName,
      block: (run) => {
        isAnyCut ||= isCut(run, publicTurns(report, run), evidence);
        return blockWith(evidence)(run);
      },
      item,
    };
    for (const outcome of inOrder) {
      if (batches.length > 1) {
        const position = `${batches.indexOf(outcome) + 1} of ${batches.length}`;
        yield* renderBatchHeading(outcome, { position, verdict: judgement?.verdict });
      }
      yield* renderRuns(outcome, { isFinal: judgement !== undefined, views });
    }

    const omissions = listOmissions({
      detail,
      isAnyCut,
      hasTurns: report.transcripts === 'excerpt',
      toExplain,
    });
    if (omissions.length > 0) yield renderOmissions(report, { omissions, unit });
    yield* renderFooter(report);
  };
}

/** The reason of the verdict, in at most `max` code points, and the figures; before a verdict, what is waited for. */
export function renderLead(report: Report, max = MAX_REASON): string {
  const { judgement } = report;
  const lines =
    judgement === undefined
      ? [waiting(report), figures(report)]
      : [[foreign(judgement.reason, max)], figures(report)];
  return render(paragraph(...onLines(lines)));
}

function waiting({ batches, origin, tally }: Report): Inline[] {
  const { total, passed, failed, errored, cancelled, unfinished } = tally;
  const commit = linkCommit(origin);
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(errored > 0 ? [`${errored} errored`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
  ];
  return [
    words(`Waiting for ${batches.length === 1 ? 'the batch' : `${batches.length} batches`} to end`),
    ...(commit.length === 0 ? [] : [words(', for commit '), ...commit]),
    words(
      total === 0
        ? '. No run has been seen yet.'
        : `. ${total - unfinished} of ${countRuns(total)} finished so far: ${counts.join(', ')}.`,
    ),
  ];
}

/** The pass rate, when the batch was made, how long it and we took, and for which commit. Several batches have their own. */
function figures({ batches, judgement, origin, tally, waitedMs }: Report): Inline[] {
  const rate = passRate(tally);
  const waited = formatDuration(waitedMs);
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
function* renderRemarks(report: Report): Generator<string> {
  const { batches, judgement, providerTitle } = report;
  const publishing = seenBatches(batches).filter(({ publishesOnPass }) => publishesOnPass === true);
  for (const batch of publishing) {
    const counts = tally([batch]);
    const passed = batch.settled && counts.total > 0 && counts.passed === counts.total;
    yield render(
      paragraph(
        strong(words('Publishes on pass:')),
        words(' '),
        foreign(providerTitle, 50),
        words(' puts the tested version into production by itself when '),
        ...(batches.length === 1 ? [words('this batch')] : [words('batch '), idOf(batch.id)]),
        words(' passes'),
        words(passed ? ', so it may already be there, whether this is merged or not.' : '.'),
      ),
    );
  }

  const notes = judgement?.notes ?? [];
  const problem = judgement === undefined && batches.length === 1 ? batches[0]?.problem : undefined;
  const shown = [...(problem === undefined ? [] : [problem]), ...notes].slice(0, MAX_NOTES);
  if (shown.length === 0) return;
  const items = shown.map((note) => [foreign(note, MAX_NOTE)]);
  const more = notes.length - MAX_NOTES;
  yield render(
    paragraph(words('Also:')),
    list([...items, ...(more > 0 ? [[words(`${more} more`)]] : [])], { ordered: false }),
  );
}

function listOmissions(options: {
  detail: Detail;
  isAnyCut: boolean;
  hasTurns: boolean;
  toExplain: number;
}): string[] {
  const { detail, isAnyCut, hasTurns, toExplain } = options;
  const { evidence, othersByName } = detail;
  const inFull = Math.min(detail.inFull, toExplain);
  const byName = Math.min(detail.byName, toExplain - inFull);
  const omissions: string[] = [];
  if (isAnyCut && inFull > 0) {
    const turns = hasTurns ? ` and conversations show their last ${evidence.turns} turns` : '';
    omissions.push(`explanations end after ${evidence.text} characters${turns}`);
  }
  if (inFull < toExplain) {
    const asNumber = toExplain - inFull - byName;
    omissions.push(
      `${inFull === 0 ? 'none' : inFull} of the ${countRuns(toExplain)} that did not pass are shown with their evidence` +
        (byName > 0 ? `, ${byName} by name` : '') +
        (asNumber > 0 ? `, ${asNumber} as a number` : ''),
    );
  }
  if (!othersByName && hasOthers) omissions.push('runs that passed or have not finished are a number');
  return omissions;
}

/** Says what was left out, and where it is. */
export function renderOmissions(
  { reportFile, origin, providerTitle, batches }: Report,
  { omissions, unit }: { omissions: readonly string[]; unit: Limit['unit'] },
): string {
  return render(
    paragraph(
      strong(words("Shortened to fit GitHub's limit:")),
      words(` ${omissions.join('; ')}. `),
      ...whereTheRestIs(),
    ),
  );

  function whereTheRestIs(): Inline[] {
    if (reportFile !== undefined)
      return [words('Every run is in the report file '), code(reportFile, MAX_PATH), words('.')];
    const run = linkWorkflowRun(origin);
    if (unit === 'characters') {
      return [
        words('The job summary'),
        ...(run.length === 0 ? [] : [words(' of '), ...run]),
        words(' has more.'),
      ];
    }
    const ids = batches.length === 1 ? 'the batch id' : 'the batch ids';
    return [foreign(providerTitle, 50), words(` has the rest, under ${ids} below.`)];
  }
}

/** The first `count` of all that are asked for, over any number of calls. */
function upTo(count: number): (runs: readonly Run[]) => readonly Run[] {
  let left = count;
  return (runs) => {
    const granted = runs.slice(0, left);
    left -= granted.length;
    return granted;
  };
}

/** Makes a value for each key the first time it is asked for. */
function once<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}
