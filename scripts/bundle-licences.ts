import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Licences under which a package may be passed on in `dist/`. */
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

/**
 * The licence file of a bundle: for each package of which a module is in it, its name, its licence and the text of the
 * licence, sorted by name. `modules` are paths as in a source map. Throws where a package has no text or no permissive
 * licence, and where the bundle would have no package at all.
 */
export async function bundleLicences(modules: readonly string[], root: string): Promise<string> {
  const folders = new Set(modules.flatMap((path) => packageFolder(path) ?? []));
  if (folders.size === 0)
    throw new Error('No module of a package is in the bundle: its source map was lost.');
  const blocks = new Map<string, string>();
  for (const folder of folders) {
    const { name, license } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      license?: string;
    };
    const [file] = (await readdir(join(root, folder))).filter((entry) => /^licen[cs]e/i.test(entry)).sort();
    if (license === undefined || file === undefined) throw new Error(`${name} has no licence in ${folder}.`);
    if (!isPermissive(license)) throw new Error(`${name} in ${folder} has the licence ${license}.`);
    const text = (await readFile(join(root, folder, file), 'utf8')).replaceAll('\r\n', '\n').trim();
    blocks.set(`${name}\n${folder}`, `${name}\n${license}\n${text}\n`);
  }
  const sorted = [...blocks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, block]) => block);
  // Two versions of a package mostly have the same licence.
  return [...new Set(sorted)].join('\n');
}

/** `(MIT OR GPL-3.0)` is a choice, `MIT AND ISC` is both. */
function isPermissive(expression: string): boolean {
  return expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => PERMISSIVE.has(licence)));
}

/** `node_modules/a/node_modules/@b/c` of a path to a file in it. */
function packageFolder(path: string): string | undefined {
  return /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
}
