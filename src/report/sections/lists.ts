import { changeOf } from '../../domain/comparison.ts';
import { type CaseResult, decisiveRun } from '../../domain/test-case.ts';
import { formatDuration } from '../../text/format.ts';
import type { FlexibleBlock, Variant } from '../fit.ts';
import { code, fold, type Inline, md, paragraph, render, strong, trusted, untrusted } from '../markdown.ts';
import type { Report } from '../report.ts';
import { describeRuns, nameOf, reasonOf, signOf } from './names.ts';

const MAX_ID = 100;
const MAX_REASON = 160;
/** How long a list may get, step by step, before all of it is shown. */
const STEPS = [20, 200];

/** A folded list of test cases that gets shorter where there is no room: by steps, in the end only its title. */
export function listBlock(
  cases: readonly CaseResult[],
  options: {
    /** HTML that is ours. */
    readonly title: string;
    readonly item: (result: CaseResult) => Inline[];
    /** For the first step, and for the whole list. */
    readonly ranks: readonly [first: number, whole: number];
    readonly open?: boolean;
  },
): FlexibleBlock {
  const { title, item, ranks, open = false } = options;
  const lines: string[] = [];
  const shown = (count: number): string => {
    for (const one of cases.slice(lines.length, count)) lines.push(bullet(item(one)));
    const more = cases.length - count;
    const rest = more > 0 ? [bullet([trusted(`and ${more} more`)])] : [];
    return fold(title, { open }, [...lines.slice(0, count), ...rest].join('\n'));
  };
  const counts = [...STEPS.filter((step) => step < cases.length), cases.length];
  return [
    { rank: 0, text: () => '', omissions: { what: 'names', count: cases.length } },
    { rank: 1, text: () => `${title}.`, omissions: { what: 'names', count: cases.length } },
    ...counts.map(
      (count, step): Variant => ({
        rank: step === 0 ? ranks[0] : ranks[1],
        text: () => shown(count),
        omissions: { what: 'names', count: cases.length - count },
      }),
    ),
  ];
}

/** One entry of a list; entries that are rendered on their own make one list on lines of their own. */
export const bullet = (children: Inline[]): string => `- ${render(paragraph(...children))}`;

/** A test case that passed, or has not ended: its name and the little that fits beside it. */
export function nameItem(result: CaseResult, report: Report): Inline[] {
  const { unknownStatus, conflict, durationMs } = decisiveRun(result);
  const { quarantine, outcome } = result;
  const duration = outcome === 'passed' ? formatDuration(durationMs) : undefined;
  return [
    nameOf(result),
    ...(changeOf(result, report.base) === 'new-test-case' ? md` (new test case)` : []),
    ...(unknownStatus === undefined ? [] : md`, status ${code(unknownStatus, MAX_ID)}`),
    ...(conflict === undefined ? [] : md`, contradicting statuses: ${untrusted(conflict, MAX_ID)}`),
    ...(duration === undefined ? [] : md`, ${trusted(duration)}`),
    ...(quarantine?.state === 'in-force'
      ? md`, quarantined until ${untrusted(quarantine.entry.until, 20)}`
      : []),
  ];
}

/** A test case that did not pass, by its name alone. */
export const failureItem = (result: CaseResult): Inline[] => md`${signOf(result)} ${strong(nameOf(result))}`;

/** A test case that did not pass, with its reason on the same line. */
export const reasonItem = (result: CaseResult): Inline[] => md`${failureItem(result)}${reason(result)}`;

/** A flaky test case: how its runs went, and why the first that did not pass did not. */
export const flakyItem = (result: CaseResult): Inline[] =>
  md`${failureItem(result)} ${trusted(describeRuns(result) ?? 'is flaky')}${reason(result)}`;

function reason(result: CaseResult): Inline[] {
  const text = reasonOf(result, MAX_REASON);
  return text === '' ? [] : md`: ${untrusted(text, MAX_REASON)}`;
}

/** A test case that did not pass and does not count: until when, whose it is, and why. */
export function toleratedItem(result: CaseResult, report: Report): Inline[] {
  if (result.quarantine?.state !== 'in-force') {
    const place = untrusted(report.comparedWith ?? 'the other version', 60);
    return md`${failureItem(result)} is not counted: it does not pass on ${place} either.`;
  }
  const { until, owner, reason: why } = result.quarantine.entry;
  return md`${failureItem(result)} is not counted until ${untrusted(until, 20)}. Owner: ${untrusted(owner, 100)}. Reason: ${untrusted(why, 300)}`;
}
