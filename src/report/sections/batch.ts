import { type Batch, type BatchOutcome, countRuns, tally } from '../../domain/batch.ts';
import type { Run, RunStatus } from '../../domain/run.ts';
import { isProven, type Verdict } from '../../domain/verdict.ts';
import { formatDuration, formatTime } from '../../text/format.ts';
import { dotted, fold, foreign, heading, paragraph, render, words } from '../markdown.ts';
import { headline, type State } from './headline.ts';
import { idOf } from './run.ts';

/** How the runs of a batch are shown: each at most once. */
export interface RunViews {
  /** Takes the next runs of the report that are shown with their evidence, as many as are still granted. */
  readonly inFull: (runs: readonly Run[]) => readonly Run[];
  readonly byName: (runs: readonly Run[]) => readonly Run[];
  readonly othersByName: boolean;
  readonly block: (run: Run) => string;
  readonly item: (run: Run) => string;
}

const MAX_PROBLEM = 500;
const TO_EXPLAIN: readonly RunStatus[] = ['failed', 'errored', 'cancelled'];

/** The runs that ended without passing, the worst kind first. */
export function notPassed(batch: Batch | undefined): Run[] {
  return TO_EXPLAIN.flatMap((status) => runsThat(batch, status));
}

/** The runs of one batch, as blocks of Markdown: those that did not pass, unfinished ones, passed ones folded. */
export function* renderRuns(
  { batch }: BatchOutcome,
  { isFinal, views }: { isFinal: boolean; views: RunViews },
): Generator<string> {
  if (batch === undefined) return;
  if (batch.runs === undefined) {
    if (isFinal) yield sentence("The runs of this batch were not read: the counts are the provider's.");
    return;
  }

  const bad = notPassed(batch);
  const inFull = views.inFull(bad);
  for (const run of inFull) yield views.block(run);

  const rest = bad.slice(inFull.length);
  const byName = views.byName(rest);
  if (byName.length > 0) {
    yield sentence(inFull.length === 0 ? 'Did not pass:' : 'Did not pass either:');
    yield items(byName, views);
  }
  const unnamed = rest.length - byName.length;
  if (unnamed > 0) {
    const who = unnamed === bad.length ? countRuns(unnamed) : `And ${unnamed} more`;
    yield sentence(`${who} did not pass.`);
  }

  yield* others('not finished', runsThat(batch, 'pending'), { views, open: isFinal });
  const unlisted = (batch.announced.total ?? 0) - batch.runs.length;
  if (isFinal && unlisted > 0) {
    yield sentence(
      unlisted === 1
        ? 'The provider announced 1 more run that it has not listed.'
        : `The provider announced ${unlisted} more runs that it has not listed.`,
    );
  }
  yield* others('passed', runsThat(batch, 'passed'), { views, open: false });
}

const runsThat = (batch: Batch | undefined, status: RunStatus): Run[] =>
  (batch?.runs ?? []).filter((run) => run.status === status);

function* others(
  what: string,
  runs: readonly Run[],
  { views, open }: { views: RunViews; open: boolean },
): Generator<string> {
  if (runs.length === 0) return;
  const title = `${countRuns(runs.length)} ${what}`;
  yield views.othersByName ? fold(title, { open }, items(runs, views)) : sentence(`${title}.`);
}

/** Single items, each rendered on its own, make one tight list. */
const items = (runs: readonly Run[], { item }: RunViews): string => runs.map(item).join('\n');

const sentence = (text: string): string => render(paragraph(words(text)));

/** What tells one batch of several from the others: its own headline, what and when it was, and what went wrong. */
export function* renderBatchHeading(
  outcome: BatchOutcome,
  { position, verdict }: { position: string; verdict: Verdict | undefined },
): Generator<string> {
  const { id, batch, problem } = outcome;
  const counts = tally(batch === undefined ? [] : [batch]);
  yield render(
    heading(3, foreign(headline(`Batch ${position}`, batchState(outcome, verdict), counts), 200)),
    paragraph(...dotted([[idOf(id)], ...batchFigures(batch).map((figure) => [words(figure)])])),
  );
  if (problem !== undefined) yield render(paragraph(foreign(problem, MAX_PROBLEM)));
}

/** When a batch was created and how long its runs took, as far as the provider says. */
export function batchFigures(batch: Batch | undefined): string[] {
  const createdAt = formatTime(batch?.createdAt);
  const took = batch?.settled === true ? formatDuration(batchDuration(batch)) : undefined;
  return [
    ...(createdAt === undefined ? [] : [`created ${createdAt}`]),
    ...(took === undefined ? [] : [`took ${took}`]),
  ];
}

function batchDuration(batch: Batch): number {
  const ends = (batch.runs ?? []).map(
    ({ createdAt, durationMs }) => (createdAt ?? Number.NaN) + (durationMs ?? Number.NaN),
  );
  const last = ends
    .filter((end) => !Number.isNaN(end))
    .reduce((latest, end) => Math.max(latest, end), Number.NEGATIVE_INFINITY);
  return last - (batch.createdAt ?? Number.NaN);
}

/** What one batch's heading says of it: green only if all its runs passed and nothing speaks against that. */
export function batchState(outcome: BatchOutcome, verdict: Verdict | undefined): State {
  const { batch } = outcome;
  if (batch === undefined) return verdict === undefined ? 'waiting' : 'inconclusive';
  const counts = tally([batch]);
  if (counts.failed > 0) return 'failed';
  if (counts.errored > 0 || batch.outcome === 'errored') return 'errored';
  if (counts.cancelled > 0 || batch.outcome === 'cancelled') return 'cancelled';
  if (!batch.settled) {
    if (verdict === undefined) return 'waiting';
    return verdict === 'timed-out' || verdict === 'cancelled' ? verdict : 'inconclusive';
  }
  return isProven(outcome) ? 'passed' : 'inconclusive';
}
