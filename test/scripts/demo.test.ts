import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../docs/workflow-files.ts';

function demo(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/demo.ts'), ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('npm run demo -- --help was a stack trace: it says what there is', () => {
  expect(demo('--help')).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^npm run demo\n[\s\S]+--help, -h /),
    stderr: '',
  });
});

test('an option that there is not is refused in one line, with the help', () => {
  const { status, stderr } = demo('--batch', 'b1');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^Unknown option '--batch'.*\n\nnpm run demo\n/);
  expect(stderr).not.toMatch(/^\s+at /m);
});
