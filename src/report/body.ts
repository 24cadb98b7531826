import { closingBlocks, contentBlocks } from './blocks.ts';
import { chooseVariants, joinWithin, renderedOnce, type SizeLimit } from './fit.ts';
import { MANY_FAILURES } from './groups.ts';
import { renderLine } from './markdown-writer.ts';
import type { Report } from './report.ts';
import { renderGroupTable } from './sections/group.ts';
import { introLine } from './sections/intro.ts';
import { renderNextSteps } from './sections/next-steps.ts';
import { omissionClauses, renderOmissions } from './sections/omissions.ts';

/** Room for the sentence that says what was left out. */
const OMISSION_NOTE_SIZE = 700;

/** Options of a body. */
export interface BodyOptions {
  /**
   * With the line about what to do and the footer. A comment has them beside the body, since several jobs have one of
   * each for all: see `renderClosing`.
   */
  readonly hasClosing?: boolean | undefined;
}

/**
 * Everything below the heading, as Markdown within the limit: whose the failures are, the overview, the pushes, the
 * evidence, the lists, what to do, the footer. What does not fit is left out by steps, the least important first, and
 * said.
 */
export function renderBody(
  report: Report,
  limit: SizeLimit,
  { hasClosing = true }: BodyOptions = {},
): string {
  const content = contentBlocks(report, limit.unit);
  const closing = hasClosing ? closingBlocks(report) : [];
  const pieces = renderedOnce([...content, ...closing]);
  for (const reserved of [0, OMISSION_NOTE_SIZE]) {
    const fitted = chooseVariants(pieces, { ...limit, max: limit.max - reserved });
    if (fitted === undefined) break;
    const note = renderOmissions(report, omissionClauses(fitted.omissions), limit.unit);
    const body = joinWithin(fitted.blocks.toSpliced(content.length, 0, note), limit);
    if (body !== undefined) return body;
  }
  return renderMinimal(report, limit, hasClosing);
}

/** The line about what to do and the footer by themselves, as Markdown within the limit. */
export function renderClosing(report: Report, limit: SizeLimit): string {
  return joinWithin(chooseVariants(closingBlocks(report), limit)?.blocks ?? [], limit) ?? '';
}

/** For limits in which not even the frame fits: whose the failures are, what they share and what to do, as far as it fits. */
function renderMinimal(report: Report, limit: SizeLimit, hasClosing: boolean): string {
  const lead = renderLine(introLine(report, { maxReason: 300 }));
  const table = report.classified.failures.length > MANY_FAILURES ? renderGroupTable(report, 3) : '';
  const said = renderOmissions(report, ['only the overview is shown'], limit.unit);
  const next = hasClosing ? renderNextSteps(report) : '';
  const variants = [
    [lead, table, said, next],
    [lead, table, next],
    [lead, next],
    [lead],
    [renderLine(introLine(report, { maxReason: 100, hasFault: false }))],
  ];
  return variants.map((variant) => joinWithin(variant, limit)).find((body) => body !== undefined) ?? '';
}
