/** The package as npm makes it: packed, installed in an empty folder with nothing else, and run. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
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
