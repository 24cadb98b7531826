/**
 * Builds `dist/` from `src/`: ncc bundles, esbuild minifies each file. `--check` builds into memory and compares
 * byte by byte with what is committed.
 */
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ncc from '@vercel/ncc';
import { transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** Entries: the file in `dist/` and its source. */
const ENTRIES = { 'index.js': 'src/action/main.ts', 'cli.js': 'src/cli/main.ts' } as const;
const LICENCES = 'licenses.txt';

/** What a shell starts. */
const COMMAND = 'cli.js';

/** The post step is the same bundle; the name of the started file tells the two apart. */
const POST = "import './index.js';\n";

// Where the part of ncc that follows `paths` looks for them; elsewhere it looks only into the working folder.
process.env['TS_NODE_PROJECT'] = join(root, 'src/tsconfig.json');

async function build(): Promise<Map<string, string>> {
  const files = new Map<string, string>([['post.js', POST]]);
  const licences: string[] = [];
  for (const [name, entry] of Object.entries(ENTRIES)) {
    for (const [file, source] of await bundle(name, join(root, entry))) {
      if (file === LICENCES) licences.push(source);
      else files.set(file, source);
    }
  }
  return files.set(LICENCES, mergeLicences(licences));
}

/** The files of one entry: the bundle under `name`, with its shebang if the source has one, and the licences. */
async function bundle(name: string, entry: string): Promise<Map<string, string>> {
  const { code, assets } = await ncc(entry, {
    cache: false,
    license: LICENCES,
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
  for (const [file, { source }] of Object.entries(assets)) sources.set(file, source.toString());
  const files = new Map<string, string>();
  for (const [file, source] of sources) {
    files.set(file, file.endsWith('.js') ? await minify(source) : source.replaceAll('\r\n', '\n'));
  }
  return files;
}

/** ncc's lists of licences as one, each package once, by name. */
function mergeLicences(texts: readonly string[]): string {
  const header = /^(?=(?:@[\w.-]+\/)?[\w.-]+\n(?:[\w.+-]+|\([\w.+ -]+\))\n)/gm;
  const blocks = texts.flatMap((text) => text.split(header)).map((block) => block.trim());
  return `${[...new Set(blocks)]
    .filter((block) => block !== '')
    .toSorted()
    .join('\n\n')}\n`;
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
