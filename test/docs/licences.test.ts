import { describe, expect, test } from 'vitest';
import { bundleLicences } from '../../scripts/bundle-licences.ts';
import { type Lock, licenceProblems, ownLicenceProblems } from '../../scripts/licences.ts';
import { root } from './workflow-files.ts';

const lock = (license?: string): Lock => ({
  packages: {
    '': { license: 'MIT' },
    'node_modules/tool': { license: 'GPL-3.0' },
    'node_modules/bundled': { license: 'MIT', dependencies: { '@acme/inner': '1.0.0' } },
    'node_modules/bundled/node_modules/@acme/inner': license === undefined ? {} : { license },
  },
});

const BUNDLED = 'bundled\nMIT\nMIT License\n\nCopyright\n\n@acme/inner\nISC\nISC License\n';

test('everything in dist/ has a permissive licence', async () => {
  expect(await ownLicenceProblems()).toEqual([]);
});

test.each(['MIT', 'Apache-2.0', '(MIT OR GPL-3.0)', 'MIT AND ISC'])('%s is permissive', (license) => {
  expect(licenceProblems(lock(license), BUNDLED)).toEqual([]);
});

test.each(['GPL-3.0', 'MIT AND GPL-3.0', 'UNLICENSED', 'SEE LICENSE IN LICENSE'])('%s is not', (license) => {
  expect(licenceProblems(lock(license), BUNDLED)).toEqual([
    `@acme/inner (package-lock.json) has the licence ${license}.`,
  ]);
});

test('a package without a licence is refused', () => {
  expect(licenceProblems(lock(), BUNDLED)).toEqual(['@acme/inner (package-lock.json) has no licence.']);
});

test('what is bundled must be in package-lock.json under a permissive licence', () => {
  const texts = 'tool\nGPL-3.0\nGNU GENERAL PUBLIC LICENSE\n\nother\nMIT\nMIT License\n';
  expect(licenceProblems(lock('MIT'), texts)).toEqual([
    'tool (package-lock.json) has the licence GPL-3.0.',
    'tool (dist/licenses.txt) has the licence GPL-3.0.',
    'other is in dist/licenses.txt and not in package-lock.json.',
  ]);
});

test.each([
  ['empty', ''],
  ['nearly empty', 'tool\nMIT\nMIT License\n'],
])('a licence file that is %s is noticed', (_, text) => {
  expect(licenceProblems(lock('MIT'), text, ['bundled'])).toContain(
    'bundled is imported, and dist/licenses.txt has no text of its licence.',
  );
});

describe('the licence file of a bundle', () => {
  const modules = [
    '../node_modules/zod/v4/mini/index.js',
    '../../x/node_modules/p-limit/index.js',
    '../../x/node_modules/p-limit/index.js',
    'webpack/bootstrap',
    '../src/gate.ts',
  ];

  test('has each package of which a module is in the bundle, with its text', async () => {
    const text = await bundleLicences(modules, root);
    expect(text.split('\n').slice(0, 3)).toEqual(['p-limit', 'MIT', 'MIT License']);
    expect(text.match(/^Permission is hereby granted/gm)?.length).toBe(2);
    expect(text).toMatch(/^zod\nMIT\n/m);
  });

  test('without any package is an error', async () => {
    await expect(bundleLicences(['../src/gate.ts'], root)).rejects.toThrow('No module of a package');
  });
});
