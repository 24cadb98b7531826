import type { InlineCode, Text } from 'mdast';
import { BASELINE, type Base } from '../../domain/comparison.ts';
import { type CaseResult, decisiveRun, hasPassed } from '../../domain/test-case.ts';
import { cleanLine } from '../../text/clean.ts';
import { code, foreign, foreignHtml, type Inline, words } from '../markdown.ts';
import type { Report } from '../report.ts';
import { passesOf } from '../standing.ts';
import { SIGNS, type Sign } from './headline.ts';

/** How things are called everywhere in the report. */

export const MAX_NAME = 200;
/** A space at which no line ends. */
export const TOGETHER = '\u00a0';
const MAX_ID = 100;
const MAX_PLACE = 60;

export const nameOf = ({ testCase }: CaseResult): Inline => foreign(testCase.name, MAX_NAME);

export const idOf = (id: string): ReturnType<typeof code> => code(id, MAX_ID);

/** The sign of a test case. */
export const signOf = (result: CaseResult) => SIGNS[signFor(result)];

function signFor({ outcome, quarantine, isExcused }: CaseResult): Sign {
  const isTolerated = quarantine?.state === 'in-force' || isExcused === true;
  if (isTolerated && !hasPassed({ outcome })) return 'tolerated';
  return outcome === 'unfinished' ? 'waiting' : outcome;
}

/** What test cases are compared with: another version, by its name, or the base, by that of its branch. */
export function placeOf({ comparedWith, base, cases }: Report): InlineCode | Text {
  const isCompared = cases.some(({ elsewhere }) => elsewhere !== undefined);
  if (isCompared && comparedWith !== undefined) return foreign(comparedWith, MAX_PLACE);
  return base === undefined ? words('the base') : baseName(base);
}

/** What the base is called. */
export const baseName = ({ branch }: Base): InlineCode | Text =>
  branch === BASELINE ? words(branch) : code(branch, MAX_PLACE);

/** The same for a place where HTML is read. */
export function placeHtml(report: Report): string {
  const place = placeOf(report);
  const html = foreignHtml(place.value, MAX_PLACE);
  return place.type === 'inlineCode' ? `<code>${html}</code>` : html;
}

/** "Failed all 3 runs", "Failed once, then passed twice"; `undefined` for a single run. */
export function runsInWords(result: CaseResult): string | undefined {
  const { runs } = result;
  if (runs.length === 1) return undefined;
  const { passes, total } = passesOf(result);
  const verb = decisiveRun(result).status === 'errored' ? 'errored' : 'failed';
  if (passes === 0)
    return runs.every(({ status }) => status === verbStatus(verb))
      ? `${verb} ${total === 2 ? 'both' : `all ${total}`} runs`
      : `passed none of ${total} runs`;
  const firstPass = runs.findIndex(({ status }) => status === 'passed');
  const isFailedThenPassed = runs.slice(firstPass).every(({ status }) => status === 'passed');
  return isFailedThenPassed && runs.slice(0, firstPass).every(({ status }) => status === verbStatus(verb))
    ? `${verb} ${times(firstPass)}, then passed ${times(total - firstPass)}`
    : `passed ${passes} of ${total} runs`;
}

const verbStatus = (verb: 'errored' | 'failed') => verb;

const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`);

/** The first part of a sentence with a capital letter. */
export const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Why a test case did not pass, on one line and clipped; empty where the provider does not say. */
export function reasonOf(result: CaseResult, max: number): string {
  const { explanation, assertions } = decisiveRun(result);
  const failed = assertions.find(({ outcome }) => outcome === 'failed');
  return cleanLine(explanation ?? '', max) || cleanLine(failed?.explanation ?? failed?.label ?? '', max);
}
