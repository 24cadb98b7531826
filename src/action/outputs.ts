import { setOutput as coreSetOutput } from '@actions/core';

/** Every output with its description, in the order of `action.yml` and the README, which are made from this. */
export const OUTPUTS = {
  verdict:
    'One of `passed`, `failed`, `errored`, `cancelled`, `timed-out` and `inconclusive`. Only `passed` lets the step succeed.',
  reason: 'Why, in one sentence.',
  total: 'The number of test cases over all batches.',
  passed: 'The number of test cases that passed.',
  failed: 'The number of test cases that failed.',
  errored: 'The number of test cases that errored.',
  cancelled: 'The number of test cases that were cancelled at the provider.',
  unfinished: 'The number of test cases that had not ended, or were announced and never listed.',
  'pass-rate':
    'Passed test cases divided by all test cases, from 0 to 1 with at most 4 decimals. Empty if there were no test cases.',
  'comment-url': 'The address of the comment, if one was written.',
  'report-json': 'The path of the JSON report, if it was written.',
  'report-junit': 'The path of the JUnit report, if it was written.',
  'report-ctrf': 'The path of the CTRF report, if it was written.',
} as const satisfies Record<string, string>;

/** The name of an output. */
export type OutputName = keyof typeof OUTPUTS;

/** Sets an output of the step. */
export function setOutput(name: OutputName, value: string | number): void {
  coreSetOutput(name, value);
}
