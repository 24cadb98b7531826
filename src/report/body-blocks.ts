import type { BatchOutcome } from '../domain/batch.ts';
import type { CaseResult } from '../domain/test-case.ts';
import { stateOfBatch } from '../domain/verdict.ts';
import type { Limit } from './fit.ts';
import type { Report } from './report.ts';
import { type CaseViews, notPassed, renderBatchHeading, renderCases } from './sections/batch.ts';
import { renderFooter } from './sections/footer.ts';
import { type Detail, listOmissions, renderOmissions } from './sections/omissions.ts';
import { renderLead, renderRemarks } from './sections/opening.ts';
import { type Evidence, FULL, isCut, renderCase, renderCaseItem } from './sections/run.ts';

/** With more test cases to read about than this, the reader sees the reasons first and opens the evidence. */
const MAX_OPEN = 5;

/** The blocks of the body in any detail, made on demand; a test case is rendered once, however often it is asked for. */
export function createBlocks(report: Report, unit: Limit['unit']): (detail: Detail) => Generator<string> {
  const { judgement, batches } = report;
  const hasPassed = (outcome: BatchOutcome) => stateOfBatch(outcome, judgement?.verdict) === 'passed';
  const inOrder = [...batches.filter((one) => !hasPassed(one)), ...batches.filter(hasPassed)];
  const toExplain = notPassed(report).length;
  const isCompact = toExplain > MAX_OPEN;
  const blockWith = keyed((evidence: Evidence) =>
    keyed((result: CaseResult) => renderCase(result, { evidence, isCompact })),
  );
  const item = keyed(renderCaseItem);

  return function* blocks(detail) {
    const { evidence } = detail;
    yield renderLead(report);
    yield* renderRemarks(report);

    let isAnyCut = evidence !== FULL;
    const views: CaseViews = {
      inFull: upTo(detail.inFull),
      byName: upTo(detail.byName),
      othersByName: detail.othersByName,
      block: (result) => {
        isAnyCut ||= isCut(result, evidence);
        return blockWith(evidence)(result);
      },
      item,
    };
    for (const outcome of inOrder) {
      if (batches.length > 1) {
        const position = `${batches.indexOf(outcome) + 1} of ${batches.length}`;
        yield* renderBatchHeading(outcome, { position, verdict: judgement?.verdict });
      }
      yield* renderCases(outcome, { report, place: batches.indexOf(outcome), views });
    }

    const omissions = listOmissions(report, { detail, isAnyCut, toExplain });
    if (omissions.length > 0) yield renderOmissions(report, omissions, unit);
    yield* renderFooter(report);
  };
}

/** The first `count` of all that are asked for, over any number of calls. */
function upTo(count: number): (cases: readonly CaseResult[]) => readonly CaseResult[] {
  let left = count;
  return (cases) => {
    const granted = cases.slice(0, left);
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
