import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './workflow-files.ts';

interface Package {
  readonly dependencies?: unknown;
  readonly files: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
}

const read = <T>(name: string): T => JSON.parse(readFileSync(join(root, name), 'utf8')) as T;
const { scripts, allowScripts, dependencies, files, bin } = read<Package>('package.json');

test('npm 12 blocked the script that installs Node 24: every package with an install script is allowed by name', () => {
  const { packages } = read<Lock>('package-lock.json');
  const withScript = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.replace(/^.*node_modules\//, '')] : [],
  );
  expect(Object.keys(allowScripts).sort()).toEqual(withScript.sort());
});

test('npm test compares dist/ before the tests that run it', () => {
  const steps = scripts['test']?.split(' && ') ?? [];
  expect(steps.indexOf('node --run check-dist')).toBeGreaterThan(-1);
  expect(steps.indexOf('node --run check-dist')).toBeLessThan(steps.indexOf('node --run unit'));
});

test('npx github:OWNER/agent-test-gate downloads nothing beside the package: no dependencies, no script for which npm installs all', () => {
  expect(dependencies).toBeUndefined();
  // npm's pacote prepares a git package that has one of these.
  const preparing = ['postinstall', 'build', 'preinstall', 'install', 'prepack', 'prepare'];
  expect(Object.keys(scripts).filter((name) => preparing.includes(name))).toEqual([]);
  expect(files).toContain(bin['agent-test-gate']);
});
