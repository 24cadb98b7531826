/**
 * Checks that everything in `dist/` may be passed on: each production dependency in package-lock.json, and each
 * package that `dist/licenses.txt` names (`scripts/bundle-licences.ts`), has a permissive licence. `npm run licences`
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PERMISSIVE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

/** The part of package-lock.json that is looked at; keys are paths like `node_modules/a/node_modules/b`. */
export interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly dev?: boolean;
        readonly license?: string;
        readonly dependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

/** Problems of what is in the bundle, one sentence each; empty when all is well. */
export function licenceProblems(lock: Lock, bundled: string): string[] {
  const installed = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { license }]) => ({ name: path.replace(/^.*node_modules\//, ''), license }));
  const names = new Set(installed.map(({ name }) => name));
  const named = bundledPackages(bundled);
  return [
    ...installed
      .filter(({ license }) => license === undefined || !isPermissive(license))
      .map(
        ({ name, license }) =>
          `${name} (package-lock.json) has ${license === undefined ? 'no licence' : `the licence ${license}`}.`,
      ),
    ...named
      .filter(({ license }) => !isPermissive(license))
      .map(({ name, license }) => `${name} (dist/licenses.txt) has the licence ${license}.`),
    ...named
      .filter(({ name }) => !names.has(name))
      .map(({ name }) => `${name} is in dist/licenses.txt and is no production dependency.`),
    ...Object.keys(lock.packages['']?.dependencies ?? {})
      .filter((name) => !named.some((bundledPackage) => bundledPackage.name === name))
      .map((name) => `${name} is a dependency, and dist/licenses.txt has no text of its licence.`),
  ];
}

/** `(MIT OR GPL-3.0)` is a choice, `MIT AND ISC` is both. */
function isPermissive(expression: string): boolean {
  return expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => PERMISSIVE.has(licence)));
}

/** Each block of the file begins with two lines, the package and its licence, and goes on with the text. */
function bundledPackages(text: string): { name: string; license: string }[] {
  const blocks = text.matchAll(/^(?<name>(?:@[\w.-]+\/)?[\w.-]+)\n(?<license>[\w.+-]+|\([\w.+ -]+\))\n/gm);
  return [...blocks].map(({ groups }) => ({
    name: groups?.['name'] ?? '',
    license: groups?.['license'] ?? '',
  }));
}

/** The same for this repository. */
export async function ownLicenceProblems(): Promise<string[]> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
  return licenceProblems(lock, await readFile(join(root, 'dist/licenses.txt'), 'utf8'));
}

if (import.meta.main) {
  const problems = await ownLicenceProblems();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log('Everything in dist/ has a permissive licence.');
}
