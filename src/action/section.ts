/** A report as one job's section of the comment. */

import { jobFactsOf } from '../comment/jobs.ts';
import type { OwnSection } from '../comment/state.ts';
import type { Verdict } from '../domain/verdict.ts';
import { parseJson } from '../json.ts';
import { renderBody, renderClosing } from '../report/body.ts';
import type { Report } from '../report/report.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { CommentInputs } from './comment-inputs.ts';
import type { SavedSection } from './step-state.ts';

/** A section that is written again by the `post` step has room for this many characters. */
const MAX_SAVED_CHARACTERS = 30_000;

/** The section, rendered when its room is known. */
export function sectionOf(report: Report, commentInputs: CommentInputs, runtime: Runtime): OwnSection {
  return {
    state: report.judgement?.verdict ?? 'waiting',
    tally: report.tally,
    label: labelOf(report, commentInputs, runtime) || runtime.redact(report.name),
    facts: jobFactsOf(report),
    render: (max) => renderBody(report, { max, unit: 'characters' }, { hasClosing: false }),
    renderClosing: (max) => renderClosing(report, { max, unit: 'characters' }),
  };
}

/** Label of the job; empty where nothing says it. */
export function labelOf(
  report: Pick<Report, 'label' | 'targetName'>,
  commentInputs: CommentInputs,
  { env, redact }: Pick<Runtime, 'env' | 'redact'>,
): string {
  const label =
    report.label ?? commentInputs.label ?? labelOfMatrix(commentInputs.matrix) ?? report.targetName;
  return redact(label || env['GITHUB_JOB'] || '');
}

/** "sales, en" of `{"agent":"sales","language":"en"}`; `undefined` without a matrix. */
function labelOfMatrix(matrix: string | undefined): string | undefined {
  if (matrix === undefined) return undefined;
  const json = parseJson(matrix);
  if (typeof json !== 'object' || json === null) return undefined;
  const values = Object.values(json).map((value) =>
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  );
  return values.length === 0 ? undefined : values.join(', ');
}

/** The section as the `post` step writes it again. */
export function toSavedSection(
  state: Verdict,
  { render, renderClosing: closing, ...section }: OwnSection,
): SavedSection {
  return {
    ...section,
    state,
    markdown: render(MAX_SAVED_CHARACTERS),
    closing: closing?.(MAX_SAVED_CHARACTERS),
  };
}
