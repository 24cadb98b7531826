/**
 * Builds `dist/` from `src/`: ncc bundles, esbuild minifies. `--check` builds into memory and compares
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

/** What a shell starts. */
const COMMAND = 'cli.js';

/** What is beside the bundle. The query tells `src/program.ts` which program was started. */
const STARTERS = {
  'post.js': "import './index.js?post';\n",
  [COMMAND]: "#!/usr/bin/env node\nimport './index.js?cli';\n",
  'package.json': '{ "type": "module" }\n',
};

// Where the part of ncc that follows `paths` looks for them; elsewhere it looks only into the working folder.
process.env['TS_NODE_PROJECT'] = join(root, 'src/tsconfig.json');

/** All files of `dist/`: text by name. */
async function build(): Promise<Map<string, string>> {
  const { code, map, assets } = await ncc(join(root, 'src/entry.ts'), {
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
  const chunk = Object.keys(assets).find((name) => name.endsWith('.js'));
  if (chunk !== undefined) throw new Error(`A dynamic import made a file of its own, ${chunk}.`);
  const { code: script } = await transform(code, {
    minify: true,
    // ncc has joined the modules into one scope: what nobody calls goes.
    treeShaking: true,
    format: 'esm',
    target: 'node24',
    legalComments: 'none',
    charset: 'utf8',
  });
  const { sources } = JSON.parse(map) as { sources: readonly string[] };
  return new Map(Object.entries(STARTERS))
    .set('index.js', script)
    .set('licenses.txt', await bundleLicences(sources, root));
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
