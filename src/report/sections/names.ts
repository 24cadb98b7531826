import type { InlineCode, Text } from 'mdast';
import { BASELINE, type Base } from '../../domain/comparison.ts';
import { type CaseResult, hasPassed } from '../../domain/test-case.ts';
import { cleanLine } from '../../text/clean.ts';
import { code, type Inline, trusted, untrusted, untrustedHtml } from '../markdown.ts';
import type { Report, ReportedCase } from '../report.ts';
import { SIGNS, type Sign } from './headline.ts';

/** Names of things, the same everywhere in the report. */

export const MAX_NAME = 200;
/** A space at which no line ends. */
export const NO_BREAK_SPACE = '\u00a0';
const MAX_ID = 100;
const MAX_BASELINE_LABEL = 60;

export const nameOf = ({ testCase }: CaseResult): Inline => untrusted(testCase.name, MAX_NAME);

export const idOf = (id: string): ReturnType<typeof code> => code(id, MAX_ID);

/** The sign of a test case. */
export const signOf = (result: ReportedCase) => SIGNS[signFor(result)];

/** Sign of a test case, before its name. */
export function signFor({ outcome, quarantine, isExcusedByComparison, testFaults }: ReportedCase): Sign {
  const isTolerated = quarantine?.state === 'in-force' || isExcusedByComparison === true;
  if (isTolerated && !hasPassed({ outcome })) return 'tolerated';
  if (outcome === 'passed' && testFaults.length > 0) return 'broken-test';
  return outcome === 'unfinished' ? 'waiting' : outcome;
}

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

/** Why a test case did not pass, on one line and clipped; empty where the provider does not say. */
export function reasonOf({ decisive }: ReportedCase, max: number): string {
  const { explanation, assertions } = decisive;
  const failed = assertions.find(({ result }) => result === 'failed');
  return cleanLine(explanation ?? '', max) || cleanLine(failed?.explanation ?? failed?.label ?? '', max);
}
