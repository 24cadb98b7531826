import { code, heading, type Inline, md, paragraph, strong, table, untrusted } from '../markdown.ts';
import { render } from '../markdown-writer.ts';
import type { Group, Report, ReportedCase, SharedCause } from '../report.ts';
import { renderEvidence } from './case.ts';
import type { EvidenceLimits } from './evidence.ts';
import { SIGNS } from './headline.ts';
import { nameOf } from './names.ts';

const MAX_SHARED = 160;
/** In a heading; a longer text is shown whole below it. */
const MAX_TITLE = 90;

/** Shared cause of failures, for a line or a heading. */
function sharedInline(shared: SharedCause, isTitle = false): Inline[] {
  const label = (text: Inline[]): Inline | Inline[] => (isTitle ? text : strong(text));
  const max = isTitle ? MAX_TITLE : MAX_SHARED;
  switch (shared.kind) {
    case 'error':
      return md`${label(md`Error:`)} ${untrusted(shared.text, max)}`;
    case 'reason':
      return md`${label(md`Same reason:`)} ${untrusted(shared.text, max)}`;
    case 'tool': {
      const tool = shared.tool === '' ? '' : md`${code(shared.tool, 80)} answered `;
      return md`${label(md`Tool failed:`)} ${tool}${code(shared.answer, 120)}`;
    }
    case 'assertion': {
      const expected = shared.expected === undefined ? '' : md`, expected ${code(shared.expected, 80)}`;
      return md`${label(md`Assertion failed:`)} ${untrusted(shared.label, max)}${expected}`;
    }
  }
}

const countNew = (cases: readonly ReportedCase[]): number =>
  cases.filter(({ failureClass }) => failureClass === 'regression').length;

/** One line for each group and one for the failures that share nothing, in place of a line for each failure. */
export function renderGroupTable(report: Report, max: number): string {
  const { groups, ungrouped } = report.grouping;
  const isKnown = report.classified.failures.some(({ failureClass }) => failureClass !== 'unknown');
  const smaller = groups.slice(max);
  const row = (what: Inline[], cases: readonly ReportedCase[]): Inline[][] =>
    cases.length === 0
      ? []
      : [what, [strong(md`${cases.length}`)], ...(isKnown ? [md`${countNew(cases)}`] : [])];
  const rows = [
    ...groups.slice(0, max).map(({ shared, cases }) => row(sharedInline(shared), cases)),
    row(
      md`${smaller.length} smaller groups`,
      smaller.flatMap(({ cases }) => cases),
    ),
    row(md`Nothing: each has a reason of its own`, ungrouped),
  ].filter((cells) => cells.length > 0);
  const head = [md`What they share`, md`Failed`, ...(isKnown ? [md`New`] : [])];
  return render(table(head, rows));
}

/** A group under a heading of its own: how many, what they share, and one example. */
export function renderGroup(
  { shared, cases }: Group,
  report: Report,
  evidence: EvidenceLimits | undefined,
): string {
  const sign = cases.every(({ outcome }) => outcome === 'errored') ? SIGNS.errored : SIGNS.failed;
  const title = heading(3, md`${sign} ${cases.length} × ${sharedInline(shared, true)}`);
  const [example] = cases;
  const start = render(title, paragraph(md`One of them, ${strong(nameOf(example))}:`));
  if (evidence === undefined) return start;
  // The heading holds the whole text.
  const isReasonShown = 'text' in shared && shared.text.length <= MAX_TITLE;
  return `${start}\n\n${renderEvidence(example, report, { evidence, isReasonShown })}`;
}
