import type { CaseResult } from '../../domain/test-case.ts';
import { formatCount } from '../../text/format.ts';
import { classifyFailure } from '../classify.ts';
import type { Group, SharedCause } from '../groups.ts';
import {
  code,
  heading,
  type Inline,
  md,
  paragraph,
  render,
  strong,
  table,
  trusted,
  untrusted,
} from '../markdown.ts';
import type { Report } from '../report.ts';
import { type EvidenceLimits, renderExample } from './case.ts';
import { SIGNS } from './headline.ts';
import { nameOf } from './names.ts';

const MAX_SHARED = 160;
/** In a heading; a longer text is shown whole below it. */
const MAX_TITLE = 90;

/** What failures share, for a line or a heading. */
function sharedInline(shared: SharedCause, isTitle = false): Inline[] {
  const label = (text: string): Inline => (isTitle ? trusted(text) : strong(trusted(text)));
  const max = isTitle ? MAX_TITLE : MAX_SHARED;
  switch (shared.kind) {
    case 'error':
      return md`${label('Error:')} ${untrusted(shared.text, max)}`;
    case 'reason':
      return md`${label('Same reason:')} ${untrusted(shared.text, max)}`;
    case 'tool': {
      const tool = shared.tool === '' ? '' : md`${code(shared.tool, 80)} answered `;
      return md`${label('Tool failed:')} ${tool}${code(shared.answer, 120)}`;
    }
    case 'assertion': {
      const expected = shared.expected === undefined ? '' : md`, expected ${code(shared.expected, 80)}`;
      return md`${label('Assertion failed:')} ${untrusted(shared.label, max)}${expected}`;
    }
  }
}

/** How many of the failures are new, where that is known of any. */
function countRegressions(cases: readonly CaseResult[], report: Report): number | undefined {
  const standings = cases.map((one) => classifyFailure(one, report));
  return standings.every((one) => one === 'unknown')
    ? undefined
    : standings.filter((one) => one === 'regression').length;
}

/** One line for each group and one for the failures that share nothing, in place of a line for each failure. */
export function renderGroupTable(report: Report, max: number): string {
  const { groups, ungrouped } = report.grouping;
  const isKnown =
    countRegressions([...groups.flatMap(({ cases }) => cases), ...ungrouped], report) !== undefined;
  const cell = (cases: readonly CaseResult[]): Inline[][] =>
    isKnown ? [[trusted(formatCount(countRegressions(cases, report) ?? 0))]] : [];
  const shown = groups.slice(0, max);
  const rest = groups.slice(max);
  const restCases = rest.flatMap(({ cases }) => cases);
  const row = (what: Inline[], some: readonly CaseResult[]): Inline[][] =>
    some.length === 0 ? [] : [what, [strong(trusted(formatCount(some.length)))], ...cell(some)];
  const rows = [
    ...shown.map(({ shared, cases }) => row(sharedInline(shared), cases)),
    row(md`${rest.length} smaller groups`, restCases),
    row(md`Nothing: each has a reason of its own`, ungrouped),
  ].filter((cells) => cells.length > 0);
  const head = [md`What they share`, md`Failed`, ...(isKnown ? [md`New`] : [])];
  return render(table(head, rows));
}

/** A group under a heading of its own: how many, what they share, how many are new, and one example. */
export function renderGroup(
  { shared, cases }: Group,
  report: Report,
  evidence: EvidenceLimits | undefined,
): string {
  const sign = cases.every(({ outcome }) => outcome === 'errored') ? SIGNS.errored : SIGNS.failed;
  const title = heading(3, trusted(`${sign} ${formatCount(cases.length)} × `), ...sharedInline(shared, true));
  const [example] = cases;
  const lead = paragraph(...md`${regressionSentence(cases, report)}One of them, ${strong(nameOf(example))}:`);
  if (evidence === undefined) return render(title, lead);
  const isReasonShown = shared.kind === 'error' || shared.kind === 'reason';
  return `${render(title, lead)}\n\n${renderExample(example, report, { evidence, isReasonShown: isReasonShown && isWhole(shared) })}`;
}

/** Whether the heading says all of the text that is shared. */
const isWhole = (shared: SharedCause): boolean => !('text' in shared) || shared.text.length <= MAX_TITLE;

function regressionSentence(cases: readonly CaseResult[], report: Report): Inline[] {
  const regressionCount = countRegressions(cases, report);
  if (regressionCount === undefined) return [];
  if (regressionCount === cases.length) return md`All are new. `;
  return regressionCount === 0
    ? md`None is known to be new. `
    : md`${regressionCount} of them ${regressionCount === 1 ? 'is' : 'are'} new. `;
}
