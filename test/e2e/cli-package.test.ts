/** The package as npm makes it: packed, installed in an empty folder with nothing else, and run; and the wrong file of it. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { root } from '../docs/workflow-files.ts';

const run = promisify(execFile);

test.skipIf(process.platform === 'win32')(
  'npm pack makes a package that runs in an empty folder without any other package',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-package-'));
    try {
      const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
      const [{ filename, files }] = JSON.parse(packed.stdout);
      expect(files.map(({ path }: { path: string }) => path).toSorted()).toEqual([
        'LICENSE',
        'README.md',
        'dist/cli.js',
        'dist/index.js',
        'dist/licenses.txt',
        'package.json',
      ]);
      const empty = join(folder, 'empty');
      mkdirSync(empty);
      await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, filename)], {
        cwd: empty,
      });
      expect(readdirSync(join(empty, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
        'agent-test-gate',
      ]);
      const { stdout } = await run(join(empty, 'node_modules/.bin/agent-test-gate'), ['--version']);
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

describe('dist/index.js alone is the action, and says where the command line is', () => {
  const bundle = new URL('../../dist/index.js', import.meta.url);
  test.each([
    ['with arguments', [fileURLToPath(bundle), '--help']],
    ['with a query that names no program', ['--input-type=module', '--eval', `import '${bundle}?cil'`]],
  ])('%s', async (_, args) => {
    const started = run(process.execPath, args, { env: { ...process.env, GITHUB_ACTIONS: undefined } });
    await expect(started).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^dist\/index\.js is the GitHub Action.+ start dist\/cli\.js\.\n$/),
    });
  });
});
