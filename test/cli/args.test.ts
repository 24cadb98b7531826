import { describe, expect, test } from 'vitest';
import { parseArguments, UsageError } from '../../src/cli/args.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { INPUTS } from '../../src/inputs/inputs.ts';

const problemsOf = (...args: readonly string[]): readonly string[] => {
  try {
    parseArguments(args);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
};

describe('what is understood', () => {
  test.each([
    [[], { command: 'help', about: undefined }],
    [['--help'], { command: 'help', about: undefined }],
    [['plan', '-h'], { command: 'help', about: 'plan' }],
    [['quarantine', '--help'], { command: 'help', about: 'quarantine check' }],
    [['--version'], { command: 'version' }],
    [['run', '--version'], { command: 'version' }],
    [['run', '--version', '12'], { command: 'run', options: { version: '12' } }],
    [
      ['run', '--test-cases', '*', '--test-cases', '!Load test *', '--target=agent/a1'],
      { command: 'run', options: { 'test-cases': '*\n!Load test *', target: 'agent/a1' } },
    ],
    [['plan', '--report-json', '-'], { command: 'plan', options: { 'report-json': '-' } }],
    [['run', '--name=--dashes'], { command: 'run', options: { name: '--dashes' } }],
    [
      ['init', '--uses', 'acme/gate@v2', '--force'],
      { command: 'init', options: {}, uses: 'acme/gate@v2', isForced: true, isOwnVersion: false },
    ],
    [
      ['quarantine', 'check', 'q.yml', '--test-case-count', '40'],
      { command: 'quarantine check', file: 'q.yml', testCaseCount: 40 },
    ],
  ])('%j', (args, expected) => {
    expect(parseArguments(args)).toEqual(expected);
  });
});

describe('what is refused, and why', () => {
  test.each([
    [['rum'], 'There is no command "rum" (nearest: run).'],
    [['--provider', 'retell'], 'Begin with a command: run, plan, init, quarantine check.'],
    [['-v'], 'There is no option "-v".'],
    [['--verson'], 'There is no option "--verson" (nearest: --version).'],
    [['--dry-run'], 'There is no option "--dry-run": the command plan shows what run would do.'],
    [['run', '--dry-run'], 'There is no option "--dry-run": the command plan shows what run would do.'],
    [['--provider=retell'], 'Begin with a command: run, plan, init, quarantine check.'],
    [['run', '--tagret', 'x'], 'There is no option "--tagret" (nearest: --target).'],
    [['run', '--time', '3'], 'There is no option "--time" (nearest: --timeout-minutes).'],
    [['run', '--qqqqqqqq'], 'There is no option "--qqqqqqqq".'],
    [['run', '-x'], 'There is no option "-x".'],
    [['run', '--comment', 'never'], '--comment belongs to the GitHub Action alone, and means nothing here.'],
    [
      ['run', '--api-key', 'k'],
      '--api-key is no option, because other programs can read options: set the key in the environment, like RETELL_API_KEY.',
    ],
    [['init', '--max-runs', '5'], '--max-runs is no option of init.'],
    [['run', '--own-version'], '--own-version is no option of run.'],
    [['run', '--target'], '--target needs a value.'],
    [['run', '--target', '--version', '3'], '--target needs a value.'],
    [['run', '--target', 'a', '--target', 'b'], '--target is given twice.'],
    [['init', '--force=yes'], '--force has no value.'],
    [
      ['run', '--test-cases', 'a.txt', 'b.txt'],
      '"b.txt" belongs to no option. A value with spaces or * goes into quotes.',
    ],
    [
      ['run', '--test-cases', 'a', 'b', 'c', 'd'],
      '"b" and 2 more belong to no option. A value with spaces or * goes into quotes.',
    ],
    [['quarantine'], 'Write "quarantine check FILE".'],
    [['quarantine', 'check'], 'Say which file to check, and only one.'],
  ])('%j', (args, problem) => {
    expect(problemsOf(...args)[0]).toBe(problem);
  });

  test('everything that is wrong is named at once', () => {
    expect(problemsOf('-V')).toHaveLength(2);
    expect(problemsOf('run', '--tagret=x', '--comment=never', '--reruns')).toHaveLength(3);
  });
});

test('the options of run are the inputs, without keys and what means GitHub', () => {
  const others = Object.keys(INPUTS).filter((name) => !COMMANDS.run.inputs.includes(name));
  expect(others).toEqual(
    expect.arrayContaining(['api-key', 'comment', 'annotations', 'github-token', 'pull-request', 'matrix']),
  );
  expect(others.filter((name) => name !== 'check-run-id')).toHaveLength(6);
  expect(COMMANDS.plan.inputs).toEqual(COMMANDS.run.inputs);
});
