import { setOutput as coreSetOutput } from '@actions/core';

/** Every output with its description, in the order of `action.yml` and `docs/inputs.md`, which are made from this. */
export const OUTPUTS = {
  verdict:
    'One of `passed`, `failed`, `errored`, `cancelled`, `timed-out` and `inconclusive`. Only `passed` lets the step succeed, unless `fail-on` is `nothing`.',
  reason: 'Why, in one sentence.',
  total: 'The number of test cases over all batches.',
  passed: 'The number of test cases that passed, flaky ones included.',
  flaky: 'How many of `passed` had a run that did not pass.',
  failed: 'The number of test cases that failed.',
  errored: 'The number of test cases that errored.',
  cancelled: 'The number of test cases that were cancelled at the provider.',
  unfinished: 'The number of test cases that had not ended, or were announced and never listed.',
  tolerated:
    'The number of test cases that did not pass and do not count. `total` is the sum of `passed`, `failed`, `errored`, `cancelled`, `unfinished` and `tolerated`.',
  'pass-rate':
    'Test cases whose first run passed divided by all test cases, from 0 to 1 with at most 4 decimals. Empty if there were no test cases.',
  'new-failures':
    'Failures of test cases that pass on the version of `compare-with`, else on the base. Empty where neither is known.',
  runs: 'The number of runs that were seen, over all rounds.',
  'started-runs':
    'The number of runs that this step started, or may have started, on all versions: what is paid for. Empty where a fault of the action itself leaves it unknown.',
  'batch-id': 'Every batch of this step, one per line; set before the first look at it.',
  'comment-url': 'The address of the comment, if one was written.',
  'report-json': 'The path of the JSON report, if it was written.',
  'report-junit': 'The path of the JUnit report, if it was written.',
  'report-ctrf': 'The path of the CTRF report, if it was written.',
  'report-html': 'The path of the HTML report, if it was written.',
} as const satisfies Record<string, string>;

/** The name of an output. */
export type OutputName = keyof typeof OUTPUTS;

/** Sets an output of the step. */
export function setOutput(name: OutputName, value: string | number): void {
  coreSetOutput(name, value);
}
