import type { BatchOutcome } from '../domain/batch.ts';
import type { Run } from '../domain/run.ts';
import type { Limit } from './fit.ts';
import type { Report } from './report.ts';
import { publicTurns } from './run-text.ts';
import { batchState, notPassed, type RunViews, renderBatchHeading, renderRuns } from './sections/batch.ts';
import { renderFooter } from './sections/footer.ts';
import { type Detail, listOmissions, renderOmissions } from './sections/omissions.ts';
import { renderLead, renderRemarks } from './sections/opening.ts';
import { type Evidence, FULL, isCut, renderRun, renderRunItem } from './sections/run.ts';

/** With more runs to read about than this, the reader sees the reasons first and opens the evidence. */
const MAX_OPEN = 5;

/** The blocks of the body in any detail, made on demand; a run is rendered once, however often it is asked for. */
export function createBlocks(report: Report, unit: Limit['unit']): (detail: Detail) => Generator<string> {
  const { judgement, batches } = report;
  const hasPassed = (outcome: BatchOutcome) => batchState(outcome, judgement?.verdict) === 'passed';
  const inOrder = [...batches.filter((one) => !hasPassed(one)), ...batches.filter(hasPassed)];
  const toExplain = batches.flatMap(({ batch }) => notPassed(batch)).length;
  const isCompact = toExplain > MAX_OPEN;
  const blockWith = keyed((evidence: Evidence) =>
    keyed((run: Run) => renderRun(run, { evidence, turns: publicTurns(report, run), isCompact })),
  );
  const item = keyed((run: Run) => renderRunItem(run));

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

    const omissions = listOmissions(report, { detail, isAnyCut, toExplain });
    if (omissions.length > 0) yield renderOmissions(report, omissions, unit);
    yield* renderFooter(report);
  };
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
function keyed<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}
