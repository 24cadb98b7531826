import { renderBody } from './body.ts';
import type { Report } from './report.ts';
import { headlineHeading, resultOf, stateOf } from './sections/headline.ts';

/** Under GitHub's 1 MiB for a step, with room for what other steps' tools append to the same file. */
const MAX_BYTES = 1_000_000;

/** The heading of a report with what happened, as Markdown. */
export function renderHeading(report: Report): string {
  const { name, tally } = report;
  return headlineHeading({ name, state: stateOf(report), tally, result: resultOf(report) });
}

/** The job summary: the whole report as Markdown, in at most `maxBytes` of UTF-8. */
export function renderSummary(report: Report, maxBytes = MAX_BYTES): string {
  const title = `${renderHeading(report)}\n\n`;
  const max = maxBytes - Buffer.byteLength(title) - 1;
  return `${title}${renderBody(report, { max, unit: 'bytes' })}\n`;
}
