/**
 * Prepares a release: `npm run raise-version -- 1.2.0` writes the version wherever it stands, and puts what is under
 * "Unreleased" in CHANGELOG.md under a heading of its own. docs/releasing.md has the other steps.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sectionOf } from './release-notes.ts';

/** Text by path from the root, with slashes. */
type Files = ReadonlyMap<string, string>;

/**
 * The files that change when `files` go from the version in package.json to `version`. Throws a sentence if the version
 * is no higher one, or if the changelog has nothing to say about it.
 */
export function raised(files: Files, version: string): Map<string, string> {
  const current = (JSON.parse(files.get('package.json') ?? '{}') as { version: string }).version;
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`"${version}" is not of the form 1.2.3.`);
  if (!isHigher(version, current)) throw new Error(`${version} is not higher than ${current}.`);
  const changelog = files.get('CHANGELOG.md') ?? '';
  if ((sectionOf(changelog, 'Unreleased') ?? '') === '') {
    throw new Error('CHANGELOG.md has no entries under "## Unreleased": there is nothing to release.');
  }

  const changed = new Map<string, string>();
  for (const [path, text] of files) {
    const now = rewrite(path, text, current, version);
    if (now !== text) changed.set(path, now);
  }
  return changed;
}

function rewrite(path: string, text: string, current: string, version: string): string {
  switch (path) {
    case 'CHANGELOG.md':
      return text.replace(/^## Unreleased$/m, `## Unreleased\n\n## ${version}`);
    case 'src/runtime/version.ts':
      return text.replace(`'${current}'`, `'${version}'`);
    case 'package.json':
    case 'package-lock.json': {
      // Other packages, further down, may have the same version.
      const own = text.indexOf('"license"');
      return text.slice(0, own).replaceAll(`"${current}"`, `"${version}"`) + text.slice(own);
    }
    default: {
      const [from, to] = [current, version].map((each) => `v${each.split('.')[0]}`);
      return text
        .replaceAll(`--branch v${current} `, `--branch v${version} `)
        .replaceAll(new RegExp(`(agent-test-gate@|\`@|refs/tags/|tag \`)${from}\\b`, 'g'), `$1${to}`);
    }
  }
}

function isHigher(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split('.').map(Number));
  const differing = [0, 1, 2].find((place) => left?.[place] !== right?.[place]);
  return differing !== undefined && (left?.[differing] ?? 0) > (right?.[differing] ?? 0);
}

/** Where a version, or the tag that users follow, is named. */
function readFiles(root: string): Files {
  const inside = (folder: string): string[] =>
    readdirSync(join(root, folder))
      .filter((name) => /\.(md|yml)$/.test(name))
      .map((name) => `${folder}/${name}`);
  const paths = [
    'package.json',
    'package-lock.json',
    'src/runtime/version.ts',
    'CHANGELOG.md',
    'README.md',
    'CONTRIBUTING.md',
    // Its examples are the same for every version.
    ...inside('docs').filter((path) => path !== 'docs/releasing.md'),
    ...inside('docs/examples'),
  ];
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  try {
    for (const [path, text] of raised(readFiles(root), process.argv[2] ?? '')) {
      writeFileSync(join(root, path), text);
      console.log(path);
    }
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
