import type { Batch, BatchOutcome } from '../../domain/batch.ts';
import { type CaseOutcome, type CaseResult, countCases, tally } from '../../domain/test-case.ts';
import { stateOfBatch, type Verdict } from '../../domain/verdict.ts';
import { formatDuration, formatTime } from '../../text/format.ts';
import { dotted, fold, foreign, heading, paragraph, render, words } from '../markdown.ts';
import type { Report } from '../report.ts';
import { headline } from './headline.ts';
import { idOf } from './run.ts';

/** How the test cases of a batch are shown: each at most once. */
export interface CaseViews {
  /** Takes the next test cases of the report that are shown with their evidence, as many as are still granted. */
  readonly inFull: (cases: readonly CaseResult[]) => readonly CaseResult[];
  readonly byName: (cases: readonly CaseResult[]) => readonly CaseResult[];
  readonly othersByName: boolean;
  readonly block: (result: CaseResult) => string;
  readonly item: (result: CaseResult) => string;
}

const MAX_PROBLEM = 500;
const TO_EXPLAIN: readonly CaseOutcome[] = ['failed', 'errored', 'cancelled'];

/** The test cases that ended without passing, batch by batch and the worst kind first. */
export function notPassed({ batches, cases }: Pick<Report, 'batches' | 'cases'>): CaseResult[] {
  return batches.flatMap((_, place) => notPassedOf(casesOf(cases, place)));
}

const notPassedOf = (cases: readonly CaseResult[]): CaseResult[] =>
  TO_EXPLAIN.flatMap((outcome) => cases.filter((one) => one.outcome === outcome));

const casesOf = (cases: readonly CaseResult[], place: number): CaseResult[] =>
  cases.filter((one) => one.place === place);

/** The test cases of one batch as blocks of Markdown: those that did not pass, unfinished ones, passed ones folded. */
export function* renderCases(
  { batch }: BatchOutcome,
  { report, place, views }: { report: Report; place: number; views: CaseViews },
): Generator<string> {
  if (batch === undefined) return;
  const isFinal = report.judgement !== undefined;
  if (batch.runs === undefined) {
    if (isFinal) yield sentence("The runs of this batch were not read: the counts are the provider's.");
    return;
  }

  const cases = casesOf(report.cases, place);
  const bad = notPassedOf(cases);
  const inFull = views.inFull(bad);
  for (const one of inFull) yield views.block(one);

  const rest = bad.slice(inFull.length);
  const byName = views.byName(rest);
  if (byName.length > 0) {
    yield sentence(inFull.length === 0 ? 'Did not pass:' : 'Did not pass either:');
    yield items(byName, views);
  }
  const unnamed = rest.length - byName.length;
  if (unnamed > 0) {
    const who = unnamed === bad.length ? countCases(unnamed) : `And ${unnamed} more`;
    yield sentence(`${who} did not pass.`);
  }

  const those = (outcome: CaseOutcome) => cases.filter((one) => one.outcome === outcome);
  yield* others('unfinished', those('unfinished'), { views, open: isFinal });
  yield* others('passed', those('passed'), { views, open: false });
}

function* others(
  what: 'unfinished' | 'passed',
  cases: readonly CaseResult[],
  { views, open }: { views: CaseViews; open: boolean },
): Generator<string> {
  if (cases.length === 0) return;
  const title =
    what === 'passed' ? `${countCases(cases.length)} passed` : countCases(cases.length, 'unfinished');
  yield views.othersByName ? fold(title, { open }, items(cases, views)) : sentence(`${title}.`);
}

/** Single items, each rendered on its own, make one tight list. */
const items = (cases: readonly CaseResult[], { item }: CaseViews): string => cases.map(item).join('\n');

const sentence = (text: string): string => render(paragraph(words(text)));

/** What tells one batch of several from the others: its own headline, what and when it was, and what went wrong. */
export function* renderBatchHeading(
  outcome: BatchOutcome,
  { position, verdict }: { position: string; verdict: Verdict | undefined },
): Generator<string> {
  const { id, batch, problem } = outcome;
  const counts = tally([outcome]);
  yield render(
    heading(3, foreign(headline(`Batch ${position}`, stateOfBatch(outcome, verdict), counts), 200)),
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
