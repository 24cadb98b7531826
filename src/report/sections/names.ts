import type { InlineCode, Text } from 'mdast';
import { BASELINE, type Base } from '../../domain/comparison.ts';
import type { Run } from '../../domain/run.ts';
import { type CaseResult, hasPassed } from '../../domain/test-case.ts';
import { joinWithAnd } from '../../domain/wording.ts';
import { cleanLine } from '../../text/clean.ts';
import { CATEGORY_TITLES, categoryOf, isTolerated } from '../classify.ts';
import { code, type Inline, md, trusted, untrusted, untrustedHtml } from '../markdown.ts';
import type { Report, ReportedCase } from '../report.ts';
import { failedAssertions, STATUS_WORDS } from '../run-text.ts';
import { SIGNS, type Sign } from './headline.ts';

/** Names of things, the same everywhere in the report. */

export const MAX_NAME = 200;
/** A space at which no line ends. */
export const NO_BREAK_SPACE = '\u00a0';
const MAX_ID = 100;
const MAX_BASELINE_LABEL = 60;
const MAX_OWNER = 60;
const MAX_WHY = 200;

export const nameOf = ({ testCase }: CaseResult): Inline => untrusted(testCase.name, MAX_NAME);

export const idOf = (id: string): ReturnType<typeof code> => code(id, MAX_ID);

/** The sign of a test case. */
export const signOf = (result: ReportedCase) => SIGNS[signFor(result)];

/** Sign of a test case, before its name. */
export function signFor(result: ReportedCase): Sign {
  const { outcome, testFaults } = result;
  if (isTolerated(result)) return 'tolerated';
  if (outcome === 'passed' && testFaults.length > 0) return 'broken-test';
  return outcome === 'unfinished' ? 'waiting' : outcome;
}

/** True if a failure is known not to pass elsewhere either. */
export const isPreexisting = ({ failureClass }: ReportedCase): boolean => failureClass === 'pre-existing';

/** Label of a test case in the table, the page and the log. */
export function labelOf(result: ReportedCase): string {
  const { change, quarantine } = result;
  const category = categoryOf(result);
  if (category === 'failures') return failureLabel(result);
  if (category === 'flaky' && change === 'newly-flaky') return 'Newly flaky';
  if (category === 'brokenTests' && change === 'fixed') return 'Fixed, broken test';
  if (category === 'tolerated' && quarantine?.state === 'in-force') return 'Quarantined';
  return CATEGORY_TITLES[category];
}

/** Label of a failure that counts: "New failure", "Still erroring". */
export function failureLabel({ outcome, failureClass }: ReportedCase): string {
  const kind = { failed: 'failure', errored: 'error', cancelled: 'cancellation' } as const;
  const verb = { failed: 'failing', errored: 'erroring', cancelled: 'cancelled' } as const;
  const ended = outcome as keyof typeof kind;
  switch (failureClass) {
    case 'regression':
      return `New ${kind[ended]}`;
    case 'pre-existing':
      return `Still ${verb[ended]}`;
    case 'new-test-case':
      return `New test case, ${ended}`;
    case 'unknown':
      return STATUS_WORDS[ended];
  }
}

/** Until when a test case is quarantined, and its owner, to follow the label; empty where it does not need the quarantine. */
export function quarantineNote(result: ReportedCase): Inline[] {
  const { quarantine } = result;
  if (hasPassed(result) || quarantine?.state !== 'in-force') return [];
  const { until, owner } = quarantine.entry;
  return md` to ${untrusted(until, 20)}, ${untrusted(owner, MAX_OWNER)}`;
}

/** The provider sees a fault in the test itself, to follow the label; the label of one that passed says it. */
export const brokenTestNote = ({ outcome, testFaults }: ReportedCase): '' | ', broken test' =>
  testFaults.length > 0 && outcome !== 'passed' ? ', broken test' : '';

/** Name of the version of `compare-with`. */
export const comparedVersion = ({ comparedWith }: Report): string => comparedWith ?? 'the other version';

/** Name of what test cases are compared with: another version, or the branch of the base. */
export function baselineLabel({ comparedWith, base, cases }: Report): InlineCode | Text {
  const isCompared = cases.some(({ comparison }) => comparison !== undefined);
  if (isCompared && comparedWith !== undefined) return untrusted(comparedWith, MAX_BASELINE_LABEL);
  return base === undefined ? trusted('the base') : baseName(base);
}

/** Name of the base. */
export const baseName = ({ branch }: Base): InlineCode | Text =>
  branch === BASELINE ? trusted(branch) : code(branch, MAX_BASELINE_LABEL);

/** The same for a place where HTML is read. */
export function baselineLabelHtml(report: Report): string {
  const place = baselineLabel(report);
  const html = untrustedHtml(place.value, MAX_BASELINE_LABEL);
  return place.type === 'inlineCode' ? `<code>${html}</code>` : html;
}

/** "Failed all 3 runs", "Failed once, then passed twice"; `undefined` for a single run. */
export function describeRuns({ runs, passes, decisive }: ReportedCase): string | undefined {
  const total = runs.length;
  if (total === 1) return undefined;
  const verb = decisive.status === 'errored' ? 'errored' : 'failed';
  const all = total === 2 ? 'both' : `all ${total}`;
  if (passes === 0) {
    return runs.every(({ status }) => status === verb)
      ? `${verb} ${all} runs`
      : `passed none of ${total} runs`;
  }
  const firstPass = runs.findIndex(({ status }) => status === 'passed');
  const isFailedThenPassed =
    runs.slice(firstPass).every(({ status }) => status === 'passed') &&
    runs.slice(0, firstPass).every(({ status }) => status === verb);
  return isFailedThenPassed && firstPass > 0
    ? `${verb} ${times(firstPass)}, then passed ${times(total - firstPass)}`
    : `passed ${passes} of ${total} runs`;
}

const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`);

/** The first part of a sentence with a capital letter. */
export const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A line with a capital letter at its start. */
export function capitalized(line: readonly Inline[]): Inline[] {
  const [first, ...rest] = line;
  if (first?.type === 'text') return [trusted(sentenceCase(first.value)), ...rest];
  if (first?.type === 'link') return [{ ...first, children: capitalized(first.children) }, ...rest];
  return [...line];
}

/** Oddities of a run's status, to follow how it ended: an unknown word, a contradiction, why it proves nothing; often none. */
export function statusRemarks({ unknownStatus, conflict, unproven }: Run): Inline[] {
  return [
    ...(unknownStatus === undefined ? [] : md`, status ${code(unknownStatus, MAX_ID)}`),
    ...(conflict === undefined
      ? []
      : md`, contradicting statuses: ${untrusted(joinWithAnd(conflict), MAX_ID)}`),
    ...(unproven === undefined ? [] : md`, proves nothing: ${untrusted(unproven.why, MAX_WHY)}`),
  ];
}

/** Reason why a test case did not pass, on one line and clipped; empty where the provider does not say. */
export function reasonOf({ decisive }: ReportedCase, max: number): string {
  const [failed] = failedAssertions(decisive);
  return (
    cleanLine(decisive.explanation ?? '', max) || cleanLine(failed?.explanation ?? failed?.label ?? '', max)
  );
}
