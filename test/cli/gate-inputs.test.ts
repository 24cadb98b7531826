import { expect, test } from 'vitest';
import { parseArguments, UsageError } from '../../src/cli/args.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { readInputs } from '../../src/cli/gate-inputs.ts';
import { parseInputs } from '../../src/inputs/parse-inputs.ts';
import { InputError } from '../../src/runtime/errors.ts';

const KEY = 'key_f00d5afe';
const redact = (text: string): string => text;
const valid: Readonly<Record<string, string>> = {
  provider: 'retell',
  target: 'agent/agent_1',
  'test-cases': '*',
};

/** What the options give, or why they are refused. */
function fromOptions(given: Readonly<Record<string, string>>): unknown {
  try {
    const args = Object.entries(given).map(([name, value]) => `--${name}=${value}`);
    const invocation = parseArguments(['run', ...args]);
    return readInputs(
      'options' in invocation ? invocation.options : {},
      { env: { RETELL_API_KEY: KEY }, redact },
      'run',
    );
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
}

/** What the inputs of the action give, or why they are refused. */
function fromInputs(given: Readonly<Record<string, string>>): unknown {
  try {
    return parseInputs((name) => (name === 'api-key' ? KEY : (given[name] ?? '')), redact);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
}

test.each(COMMANDS.run.inputs)('--%s is the input of the action', (name) => {
  const values = [
    '',
    ' ',
    'x',
    '0',
    '1',
    '-1',
    '3/5',
    '9/3',
    'true',
    'any',
    'nothing',
    'agent/a',
    'é\n*',
    `$\{{ x }}`,
  ];
  for (const value of values) {
    const given = { ...valid, [name]: value };
    expect({ value, result: fromOptions(given) }).toEqual({ value, result: fromInputs(given) });
  }
});

test.each([
  ['1234567', 'it must have at least 8 characters.'],
  [`"${KEY}"`, 'write it without the quotes.'],
])('a wrong key (%s) is named by its variable, and not shown', (key, reason) => {
  const read = () => readInputs(valid, { env: { RETELL_API_KEY: key }, redact }, 'run');
  expect(read).toThrow(new UsageError([`RETELL_API_KEY (value not shown): ${reason}`], 'run'));
});

test('plan takes the options of run, but prints no JSON report', () => {
  const read = (reportJson: string) => () =>
    readInputs({ ...valid, 'report-json': reportJson }, { env: { RETELL_API_KEY: KEY }, redact }, 'plan');
  expect(read('report.json')).not.toThrow();
  expect(read('-')).toThrow('report-json is "-": plan writes no report, so leave it out.');
});
