import { joinWithAnd } from '../../domain/wording.ts';
import { formatDuration } from '../../text/format.ts';
import type { FlexibleBlock, Variant } from '../fit.ts';
import { code, type Inline, md, paragraph, strong, trusted, untrusted } from '../markdown.ts';
import { fold, render } from '../markdown-writer.ts';
import type { Report, ReportedCase } from '../report.ts';
import { describeRuns, nameOf, reasonOf, signOf } from './names.ts';

const MAX_ID = 100;
const MAX_REASON = 160;
/** Lengths to which a list grows, step by step, before all of it is shown. */
const STEPS = [20, 200];

/** A folded list of test cases that gets shorter where there is no room: by steps, in the end only its title. */
export function listBlock(
  cases: readonly ReportedCase[],
  options: {
    /** HTML that is ours. */
    readonly title: string;
    readonly item: (result: ReportedCase) => Inline[];
    /** For the first step, and for the whole list. */
    readonly ranks: readonly [first: number, whole: number];
    readonly open?: boolean;
  },
): FlexibleBlock {
  const { title, item, ranks, open = false } = options;
  const lines: string[] = [];
  const shown = (count: number): string => {
    for (const result of cases.slice(lines.length, count)) lines.push(bullet(item(result)));
    const more = cases.length - count;
    const rest = more > 0 ? [bullet(md`and ${more} more`)] : [];
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
export function nameItem(result: ReportedCase): Inline[] {
  const { quarantine, outcome, change, decisive } = result;
  const { unknownStatus, conflict, unproven, guardrails = [] } = decisive;
  const duration = outcome === 'passed' ? formatDuration(decisive.durationMs) : undefined;
  return [
    nameOf(result),
    ...(change === 'new-test-case' ? md` (new test case)` : []),
    ...(unknownStatus === undefined ? [] : md`, status ${code(unknownStatus, MAX_ID)}`),
    ...(conflict === undefined
      ? []
      : md`, contradicting statuses: ${untrusted(joinWithAnd(conflict), MAX_ID)}`),
    ...(unproven === undefined ? [] : md`, proves nothing: ${untrusted(unproven.why, MAX_REASON)}`),
    ...(guardrails.length === 0
      ? []
      : md`, guardrails triggered: ${untrusted(guardrails.join(', '), MAX_REASON)}`),
    ...(duration === undefined ? [] : md`, ${trusted(duration)}`),
    ...(quarantine?.state === 'in-force'
      ? md`, quarantined until ${untrusted(quarantine.entry.until, 20)}`
      : []),
  ];
}

/** A test case that passed and that the rule runs several times: how many of its runs passed. */
export const repeatedItem = (result: ReportedCase): Inline[] =>
  md`${nameItem(result)}, ${result.passes} of ${result.runs.length} runs`;

/** A test case that passed although its test is broken: what the provider sees wrong with the test. */
export const brokenTestItem = (result: ReportedCase): Inline[] =>
  md`${failureItem(result)}: ${untrusted(result.testFaults.join('; '), 2 * MAX_REASON)}`;

/** A test case that did not pass, by its name alone. */
export const failureItem = (result: ReportedCase): Inline[] =>
  md`${signOf(result)} ${strong(nameOf(result))}`;

/** A test case that did not pass, with its reason on the same line. */
export const reasonItem = (result: ReportedCase): Inline[] => md`${failureItem(result)}${reason(result)}`;

/** A flaky test case: how its runs went, and why the first that did not pass did not. */
export const flakyItem = (result: ReportedCase): Inline[] =>
  md`${failureItem(result)} ${trusted(describeRuns(result) ?? 'is flaky')}${reason(result)}`;

function reason(result: ReportedCase): Inline[] {
  const text = reasonOf(result, MAX_REASON);
  return text === '' ? [] : md`: ${untrusted(text, MAX_REASON)}`;
}

/** A test case that did not pass and does not count: until when, whose it is, and why. */
export function toleratedItem(result: ReportedCase, report: Report): Inline[] {
  if (result.quarantine?.state !== 'in-force') {
    const place = untrusted(report.comparedWith ?? 'the other version', 60);
    return md`${failureItem(result)} is not counted: it does not pass on ${place} either.`;
  }
  const { until, owner, reason: why } = result.quarantine.entry;
  return md`${failureItem(result)} is not counted until ${untrusted(until, 20)}. Owner: ${untrusted(owner, 100)}. Reason: ${untrusted(why, 300)}`;
}
