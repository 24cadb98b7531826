import { resolve } from 'node:path';
import { PROVIDERS } from '../providers/registry.ts';
import type { InputValues } from './inputs.ts';

/** Complaints, as sentences, about inputs that do not go together, of those that are right by themselves. */
export function problemsBetween(values: Partial<InputValues>): string[] {
  const { reportJson, reportJunit, reportCtrf, reportHtml, reruns, repeat } = values;
  const problems: string[] = [];
  const paths = [reportJson, reportJunit, reportCtrf, reportHtml].filter((path) => path !== undefined);
  if (new Set(paths.map((path) => resolve(path))).size < paths.length) {
    problems.push('report-json, report-junit, report-ctrf and report-html must be different files.');
  }
  if (reruns !== undefined && repeat !== undefined) {
    problems.push(
      'reruns and repeat do not go together: reruns repeats only what did not pass, repeat everything.',
    );
  }
  // An input that is wrong by itself is not there.
  if (values.failOn === 'new' && 'compareWith' in values && values.compareWith === undefined) {
    problems.push(
      'fail-on: new needs compare-with: the version on which the same test case has to fail too.',
    );
  }
  return [...problems, ...problemsOfReuse(values)];
}

function problemsOfReuse(values: Partial<InputValues>): string[] {
  const { reuseHours = 0, provider, batchIds, repeat, targetConfig } = values;
  if (reuseHours === 0) return [];
  const problems: string[] = [];
  const { title = '', capabilities } = provider === undefined ? {} : PROVIDERS[provider];
  const reuse = capabilities?.reuse ?? true;
  if (reuse !== true) {
    problems.push(
      `reuse-hours: an earlier result of ${title} proves nothing, since ${reuse.problem}. Leave it out.`,
    );
  }
  if (batchIds !== undefined) {
    problems.push('reuse-hours goes with test-cases only: a given batch is judged as it is.');
  }
  if (targetConfig !== undefined) {
    problems.push(
      'reuse-hours and target-config do not go together: no list shows which file an earlier batch tested.',
    );
  }
  if (repeat !== undefined) {
    problems.push(
      'reuse-hours and repeat do not go together: repeat asks for several runs of every test case.',
    );
  }
  return problems;
}
