import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The licence file of a bundle: for each package of which a module is in it, its name, its licence and the text of the
 * licence, sorted by name. `modules` are paths as in a source map. Throws where a package has no text, and where the
 * bundle would have no package at all.
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
    const text = (await readFile(join(root, folder, file), 'utf8')).replaceAll('\r\n', '\n').trim();
    blocks.set(`${name}\n${folder}`, `${name}\n${license}\n${text}\n`);
  }
  const sorted = [...blocks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, block]) => block);
  // Two versions of a package mostly have the same licence.
  return [...new Set(sorted)].join('\n');
}

/** `node_modules/a/node_modules/@b/c` of a path to a file in it. */
function packageFolder(path: string): string | undefined {
  return /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
}
