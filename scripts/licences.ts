/**
 * Checks that everything in `dist/` may be passed on: each package that `dist/licenses.txt` names, and everything that it
 * depends on, has a permissive licence in package-lock.json. `npm run licences`
 */
import { readdir, readFile } from 'node:fs/promises';
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
      { readonly license?: string; readonly dependencies?: Readonly<Record<string, string>> | undefined }
    >
  >;
}

/** Problems of what is in the bundle, one sentence each; empty when all is well. `imported` are the packages that the source imports. */
export function licenceProblems(lock: Lock, bundled: string, imported: readonly string[] = []): string[] {
  const named = bundledPackages(bundled);
  const paths = new Set<string>();
  for (const { name } of named) collect(`node_modules/${name}`, lock, paths);
  const isKnown = ({ name }: { name: string }) =>
    [...paths].some((path) => `/${path}`.endsWith(`/node_modules/${name}`));
  return [
    ...[...paths]
      .map((path) => ({ name: path.replace(/^.*node_modules\//, ''), license: lock.packages[path]?.license }))
      .filter(({ license }) => license === undefined || !isPermissive(license))
      .map(
        ({ name, license }) =>
          `${name} (package-lock.json) has ${license === undefined ? 'no licence' : `the licence ${license}`}.`,
      ),
    ...named
      .filter(({ license }) => !isPermissive(license))
      .map(({ name, license }) => `${name} (dist/licenses.txt) has the licence ${license}.`),
    ...named
      .filter((each) => !isKnown(each))
      .map(({ name }) => `${name} is in dist/licenses.txt and not in package-lock.json.`),
    ...imported
      .filter((name) => !named.some((bundledPackage) => bundledPackage.name === name))
      .map((name) => `${name} is imported, and dist/licenses.txt has no text of its licence.`),
  ];
}

/** Adds a package and all that it depends on, wherever npm has put them. */
function collect(path: string, lock: Lock, paths: Set<string>): void {
  const found = lock.packages[path];
  if (found === undefined || paths.has(path)) return;
  paths.add(path);
  for (const name of Object.keys(found.dependencies ?? {})) {
    let folder = path;
    while (folder !== '' && lock.packages[`${folder}/node_modules/${name}`] === undefined) {
      folder = folder.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '');
    }
    collect(`${folder === '' ? '' : `${folder}/`}node_modules/${name}`, lock, paths);
  }
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
  const bundled = await readFile(join(root, 'dist/licenses.txt'), 'utf8');
  return licenceProblems(lock, bundled, await importedPackages(join(root, 'src')));
}

/** The packages that the source imports, for more than types. */
async function importedPackages(folder: string): Promise<string[]> {
  const names = new Set<string>();
  for (const entry of await readdir(folder, { recursive: true })) {
    if (!entry.endsWith('.ts')) continue;
    const source = await readFile(join(folder, entry), 'utf8');
    const imports = source.matchAll(/^import (?!type )[^;]*?'((?:@[\w.-]+\/)?[a-z][\w.-]*)[^':]*';$/gm);
    for (const [, name = ''] of imports) names.add(name);
  }
  return [...names];
}

if (import.meta.main) {
  const problems = await ownLicenceProblems();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log('Everything in dist/ has a permissive licence.');
}
