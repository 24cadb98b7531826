import { createBlocks } from './body-blocks.ts';
import { joinWithin, type Limit, largest } from './fit.ts';
import type { Report } from './report.ts';
import { notPassed } from './sections/batch.ts';
import { renderFooter } from './sections/footer.ts';
import { type Detail, renderOmissions } from './sections/omissions.ts';
import { renderLead } from './sections/opening.ts';
import { FULL, leastSize, SHORTER, SHORTEST } from './sections/run.ts';

/** Everything is shown, with less and less evidence; then the test cases that passed become a number. */
const ALL = { inFull: Number.POSITIVE_INFINITY, byName: Number.POSITIVE_INFINITY };
const LEVELS: readonly Detail[] = [
  { evidence: FULL, othersByName: true, ...ALL },
  { evidence: SHORTER, othersByName: true, ...ALL },
  { evidence: SHORTEST, othersByName: true, ...ALL },
  { evidence: SHORTEST, othersByName: false, ...ALL },
];

/**
 * Everything below the heading, as Markdown within the limit: the reason, the figures, the test cases that did not
 * pass and why, the others, the footer. What does not fit is left out by steps, the least important first, and said.
 */
export function renderBody(report: Report, limit: Limit): string {
  return fitDetail(report, limit) ?? renderVerdictOnly(report, limit);
}

/** The most detail that fits; `undefined` if not even the headings of the batches do. */
function fitDetail(report: Report, limit: Limit): string | undefined {
  const blocks = createBlocks(report, limit.unit);
  const attempt = (detail: Detail, max = limit.max) => joinWithin(blocks(detail), { ...limit, max });
  const toExplain = notPassed(report);

  for (const level of LEVELS) {
    const sizes = toExplain.map((result) => leastSize(result, level.evidence));
    if (sizes.reduce((sum, size) => sum + size, 0) > limit.max) continue;
    const body = attempt(level);
    if (body !== undefined) return body;
  }

  const least = { evidence: SHORTEST, othersByName: false };
  const count = toExplain.length;
  const rest = largest(count, (inFull) => attempt({ ...least, ...ALL, inFull }));
  if (rest !== undefined) return rest.result;

  // Not even all names fit: half the room for evidence, and then as many names as there is room for.
  const half = largest(count, (inFull) => attempt({ ...least, inFull, byName: 0 }, limit.max / 2));
  const inFull = half?.count ?? 0;
  return largest(count - inFull, (byName) => attempt({ ...least, inFull, byName }))?.result;
}

/** For limits in which no list fits: the reason, as much of it as there is room for. */
function renderVerdictOnly(report: Report, limit: Limit): string {
  const omissions = renderOmissions(report, ['only the verdict is shown'], limit.unit);
  const forms = [
    [renderLead(report), omissions, ...renderFooter(report, 3)],
    [renderLead(report, { maxReason: 300 }), omissions],
    [renderLead(report, { maxReason: 300 })],
    [renderLead(report, { maxReason: 100, hasFigures: false })],
  ];
  for (const form of forms) {
    const body = joinWithin(form, limit);
    if (body !== undefined) return body;
  }
  return '';
}
