/**
 * Builds `dist/` from `src/`: ncc bundles, esbuild minifies each file. `--check` builds into memory and compares
 * byte by byte with what is committed.
 */
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ncc from '@vercel/ncc';
import { transform } from 'esbuild';
import { bundleLicences } from './bundle-licences.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** Entries: the file in `dist/` and its source. */
const ENTRIES = { 'index.js': 'src/action/main.ts', 'cli.js': 'src/cli/main.ts' } as const;
/** What a shell starts. */
const COMMAND = 'cli.js';

/** The post step is the same bundle; the name of the started file tells the two apart. */
const POST = "import './index.js';\n";

// Where the part of ncc that follows `paths` looks for them; elsewhere it looks only into the working folder.
process.env['TS_NODE_PROJECT'] = join(root, 'src/tsconfig.json');

async function build(): Promise<Map<string, string>> {
  const files = new Map<string, string>([['post.js', POST]]);
  const modules: string[] = [];
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const bundled = await bundle(name, join(root, entry));
    for (const [file, source] of bundled.files) files.set(file, source);
    modules.push(...bundled.modules);
  }
  return files.set('licenses.txt', await bundleLicences(modules, root));
}

/** The files of one entry: the bundle under `name`, with its shebang if the source has one; and the modules in it. */
async function bundle(
  name: string,
  entry: string,
): Promise<{ readonly files: ReadonlyMap<string, string>; readonly modules: readonly string[] }> {
  const { code, map, assets } = await ncc(entry, {
    cache: false,
    // For the list of modules that are in the bundle. ncc's own licence file leaves out those of the first chunk.
    sourceMap: true,
    sourceMapRegister: false,
    target: 'es2022',
    // `npm run types` checks them.
    transpileOnly: true,
    quiet: true,
  }).catch((error: Error) => {
    // Node would print the failing line of ncc, which is all of ncc.
    console.error(error.message);
    process.exit(1);
  });
  const sources = new Map<string, string>([[name, code]]);
  const modules = modulesIn(map);
  for (const [file, { source }] of Object.entries(assets)) {
    if (file.endsWith('.map')) modules.push(...modulesIn(source.toString()));
    else sources.set(file, source.toString());
  }
  const files = new Map<string, string>();
  for (const [file, source] of sources) {
    files.set(file, file.endsWith('.js') ? await minify(source) : source.replaceAll('\r\n', '\n'));
  }
  return { files, modules };
}

function modulesIn(sourceMap: string): string[] {
  return [...(JSON.parse(sourceMap) as { sources: readonly string[] }).sources];
}

async function minify(source: string): Promise<string> {
  const { code } = await transform(source, {
    minify: true,
    format: 'esm',
    target: 'node24',
    legalComments: 'none',
    charset: 'utf8',
  });
  return code;
}

async function committed(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(dist, { withFileTypes: true, recursive: true }).catch(() => [])) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(relative(dist, path), await readFile(path, 'utf8'));
  }
  return files;
}

const built = await build();
if (process.argv.includes('--check')) {
  const present = await committed();
  const differing = [...new Set([...built.keys(), ...present.keys()])].filter(
    (name) => built.get(name) !== present.get(name),
  );
  if (differing.length > 0) {
    console.error(`run npm run bundle: dist/ is not the build of this source (${differing.join(', ')}).`);
    process.exit(1);
  }
  // Windows has no such bit.
  if (process.platform !== 'win32' && ((await stat(join(dist, COMMAND))).mode & 0o111) === 0) {
    console.error(`run npm run bundle: dist/${COMMAND} cannot be executed.`);
    process.exit(1);
  }
  console.log(`dist/ is the build of this source: ${present.size} files.`);
} else {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  let bytes = 0;
  for (const [name, source] of built) {
    await writeFile(join(dist, name), source);
    bytes += Buffer.byteLength(source);
  }
  await chmod(join(dist, COMMAND), 0o755);
  console.log(`Built dist/: ${built.size} files, ${Math.round(bytes / 1024)} KiB.`);
}
