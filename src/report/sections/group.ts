import type { CaseResult } from '../../domain/test-case.ts';
import { formatCount } from '../../text/format.ts';
import type { Group, Grouping, Shared } from '../groups.ts';
import { code, foreign, heading, type Inline, paragraph, render, strong, table, words } from '../markdown.ts';
import type { Report } from '../report.ts';
import { standingOf } from '../standing.ts';
import { type Evidence, renderExample } from './case.ts';
import { SIGNS } from './headline.ts';
import { nameOf } from './names.ts';

const MAX_SHARED = 160;
/** In a heading; a longer text is shown whole below it. */
const MAX_TITLE = 90;

/** What failures share, for a line or a heading. */
function sharedInline(shared: Shared, isTitle = false): Inline[] {
  const label = (text: string): Inline => (isTitle ? words(text) : strong(words(text)));
  const max = isTitle ? MAX_TITLE : MAX_SHARED;
  switch (shared.kind) {
    case 'error':
      return [label('Error:'), words(' '), foreign(shared.text, max)];
    case 'reason':
      return [label('Same reason:'), words(' '), foreign(shared.text, max)];
    case 'tool':
      return [
        label('Tool failed:'),
        words(' '),
        ...(shared.tool === '' ? [] : [code(shared.tool, 80), words(' answered ')]),
        code(shared.answer, 120),
      ];
    case 'assertion':
      return [
        label('Assertion failed:'),
        words(' '),
        foreign(shared.label, max),
        ...(shared.expected === undefined ? [] : [words(', expected '), code(shared.expected, 80)]),
      ];
  }
}

/** How many of the failures are new, where that is known of any. */
function newOnes(cases: readonly CaseResult[], report: Report): number | undefined {
  const standings = cases.map((one) => standingOf(one, report));
  return standings.every((one) => one === 'unknown')
    ? undefined
    : standings.filter((one) => one === 'new').length;
}

/** One line for each group and one for the failures that share nothing, in place of a line for each failure. */
export function renderGroupTable(report: Report, { groups, others }: Grouping, max: number): string {
  const isKnown = newOnes([...groups.flatMap(({ cases }) => cases), ...others], report) !== undefined;
  const cell = (cases: readonly CaseResult[]): Inline[][] =>
    isKnown ? [[words(formatCount(newOnes(cases, report) ?? 0))]] : [];
  const shown = groups.slice(0, max);
  const rest = groups.slice(max);
  const restCases = rest.flatMap(({ cases }) => cases);
  const rows = [
    ...shown.map(({ shared, cases }) => [
      sharedInline(shared),
      [strong(words(formatCount(cases.length)))],
      ...cell(cases),
    ]),
    ...(rest.length === 0
      ? []
      : [
          [
            [words(`${rest.length} smaller groups`)],
            [strong(words(String(restCases.length)))],
            ...cell(restCases),
          ],
        ]),
    ...(others.length === 0
      ? []
      : [
          [
            [words('Nothing: each has a reason of its own')],
            [strong(words(String(others.length)))],
            ...cell(others),
          ],
        ]),
  ];
  const head = [[words('What they share')], [words('Failed')], ...(isKnown ? [[words('New')]] : [])];
  return render(table(head, rows));
}

/** A group under a heading of its own: how many, what they share, how many are new, and one example. */
export function renderGroup(
  { shared, cases }: Group,
  report: Report,
  evidence: Evidence | undefined,
): string {
  const sign = cases.every(({ outcome }) => outcome === 'errored') ? SIGNS.errored : SIGNS.failed;
  const title = heading(3, words(`${sign} ${formatCount(cases.length)} × `), ...sharedInline(shared, true));
  const [example] = cases;
  const lead = paragraph(
    ...newInWords(cases, report),
    words('One of them, '),
    strong(nameOf(example)),
    words(':'),
  );
  if (evidence === undefined) return render(title, lead);
  const isWhySaid = shared.kind === 'error' || shared.kind === 'reason';
  return `${render(title, lead)}\n\n${renderExample(example, report, { evidence, isWhySaid: isWhySaid && isWhole(shared) })}`;
}

/** Whether the heading says all of the text that is shared. */
const isWhole = (shared: Shared): boolean => !('text' in shared) || shared.text.length <= MAX_TITLE;

function newInWords(cases: readonly CaseResult[], report: Report): Inline[] {
  const isNew = newOnes(cases, report);
  if (isNew === undefined) return [];
  if (isNew === cases.length) return [words('All are new. ')];
  return [
    words(isNew === 0 ? 'None is known to be new. ' : `${isNew} of them ${isNew === 1 ? 'is' : 'are'} new. `),
  ];
}
