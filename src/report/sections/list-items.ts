import { formatDuration } from '../../text/format.ts';
import { type Inline, md, strong, trusted, untrusted } from '../markdown.ts';
import type { Report, ReportedCase } from '../report.ts';
import { comparedVersion, describeRuns, nameOf, reasonOf, signOf, statusRemarks } from './names.ts';

/** Test cases as lines of a list. */

const MAX_REASON = 160;

/** A test case that passed, or has not ended: its name and the little that fits beside it. */
export function nameItem(result: ReportedCase): Inline[] {
  const { quarantine, outcome, change, decisive } = result;
  const { guardrails = [] } = decisive;
  const duration = outcome === 'passed' ? formatDuration(decisive.durationMs) : undefined;
  return [
    nameOf(result),
    ...(change === 'new-test-case' ? md` (new test case)` : []),
    ...statusRemarks(decisive),
    ...(guardrails.length === 0
      ? []
      : md`, guardrails triggered: ${untrusted(guardrails.join(', '), MAX_REASON)}`),
    ...(duration === undefined ? [] : md`, ${trusted(duration)}`),
    ...(quarantine?.state === 'in-force'
      ? md`, quarantined until ${untrusted(quarantine.entry.until, 20)}`
      : []),
  ];
}

/** A test case that passed and does not pass on the base. */
export const fixedItem = (result: ReportedCase): Inline[] =>
  md`${signOf(result)} ${nameItem(result)} passes here and not on the base`;

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
    const place = untrusted(comparedVersion(report), 60);
    return md`${failureItem(result)} is not counted: it does not pass on ${place} either.`;
  }
  const { until, owner, reason: why } = result.quarantine.entry;
  return md`${failureItem(result)} is not counted until ${untrusted(until, 20)}. Owner: ${untrusted(owner, 100)}. Reason: ${untrusted(why, 300)}`;
}
