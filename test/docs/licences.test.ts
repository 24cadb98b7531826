import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundleLicences } from '../../scripts/bundle-licences.ts';
import { root } from './workflow-files.ts';

/** The licence file of a bundle with one package, which has this licence. */
function licencesWith(license: string | undefined): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'licences-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tool = join(folder, 'node_modules/@acme/tool');
  mkdirSync(tool, { recursive: true });
  writeFileSync(join(tool, 'package.json'), JSON.stringify({ name: '@acme/tool', license }));
  writeFileSync(join(tool, 'LICENSE.md'), 'The text.\r\n');
  return bundleLicences(['../node_modules/@acme/tool/index.js'], folder);
}

test.each(['MIT', 'Apache-2.0', '(MIT OR GPL-3.0)', 'MIT AND ISC'])('%s is permissive', async (license) => {
  expect(await licencesWith(license)).toBe(`@acme/tool\n${license}\nThe text.\n`);
});

test.each(['GPL-3.0', 'MIT AND GPL-3.0', 'UNLICENSED', 'SEE LICENSE IN LICENSE'])(
  '%s is not',
  async (license) => {
    await expect(licencesWith(license)).rejects.toThrow(
      `@acme/tool in node_modules/@acme/tool has the licence ${license}.`,
    );
  },
);

test('a package without a licence is refused', async () => {
  await expect(licencesWith(undefined)).rejects.toThrow('@acme/tool has no licence');
});

test('a bundle without any package is refused: its source map was lost', async () => {
  await expect(bundleLicences(['../src/gate.ts'], root)).rejects.toThrow('No module of a package');
});

test('each package of which a module is in the bundle is in the licence file once', async () => {
  const text = await bundleLicences(
    [
      ...['../node_modules/zod/v4/mini/index.js', '../../x/node_modules/p-limit/index.js'],
      ...['../../x/node_modules/p-limit/index.js', 'webpack/bootstrap', '../src/gate.ts'],
    ],
    root,
  );
  expect(text.split('\n').slice(0, 3)).toEqual(['p-limit', 'MIT', 'MIT License']);
  expect(text.match(/^Permission is hereby granted/gm)?.length).toBe(2);
  expect(text).toMatch(/^zod\nMIT\n/m);
});

test('dist/licenses.txt has every package that the source imports', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).map((file) =>
    readFileSync(join(root, file), 'utf8'),
  );
  const imports = sources.flatMap((source) => [
    ...source.matchAll(/^import (?!type )[^;]*?'((?:@[\w.-]+\/)?[a-z][\w.-]*)[^':]*';$/gm),
  ]);
  const imported = new Set(imports.map(([, name = '']) => name));
  const licences = readFileSync(join(root, 'dist/licenses.txt'), 'utf8').split('\n');
  expect(imported.size).toBeGreaterThan(5);
  expect([...imported].filter((name) => !licences.includes(name))).toEqual([]);
});
