import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MAJOR, root } from './workflow-files.ts';

const documents = [
  root,
  join(root, 'docs'),
  join(root, 'docs/adr'),
  join(root, 'docs/examples'),
  join(root, 'test/emulators'),
]
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path: relative(root, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));

describe.each(documents)('$path', ({ path, text }) => {
  test('links only to files and headings that are there', () => {
    expect(linksIn(text).filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  });

  test('names a command of npm only if there is one', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...text.matchAll(/npm run ([\w-]+(?::[\w-]+)*)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('names a file of the repository only if it is there', () => {
    const named = [...text.matchAll(/`((?:src|scripts|test|docs|dist|\.github)\/[\w./-]*)`/g)];
    const missing = named.map(([, name = '']) => name).filter((name) => !existsSync(join(root, name)));
    // What is to be made in the user's own repository.
    const users = /NAME|^\.github\/(?:deploy\/|workflows\/agent-tests\.yml$)/;
    expect(missing.filter((name) => !users.test(name))).toEqual([]);
  });

  test('calls the action by the tag of its major version', () => {
    // The page on releases also speaks of later ones.
    const calls =
      path === 'docs/releasing.md'
        ? /agent-test-gate@(v[\d.]+)/g
        : /(?:agent-test-gate@|`@|refs\/tags\/|tag `)(v[\d.]+)/g;
    const tags = [...text.matchAll(calls)].map(([, tag]) => tag);
    expect(tags.filter((tag) => tag !== MAJOR)).toEqual([]);
  });

  test('says what to put for OWNER where it stands in something to copy', () => {
    if (text.includes('OWNER/agent-test-gate')) expect(text).toMatch(/in place of `OWNER`/);
  });
});

test('docs/architecture.md has a row for every folder of src', () => {
  const map = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(folders.map(({ name }) => name).filter((name) => !map.includes(`| \`src/${name}/\` |`))).toEqual([]);
});

/** Links, pictures and sources of pictures. */
function linksIn(text: string): string[] {
  const links = text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g);
  return [...links].map(([, markdown, html]) => markdown ?? html ?? '');
}

function leadsSomewhere(from: string, link: string): boolean {
  if (/^https:\/\//.test(link)) return true;
  // On GitHub, two folders above the README are the repository's own pages: badges need no name of its owner.
  const [, badge] = /^\.\.\/\.\.\/actions\/workflows\/([\w-]+\.yml)(?:\/badge\.svg)?$/.exec(link) ?? [];
  if (badge !== undefined) return from === 'README.md' && existsSync(join(root, '.github/workflows', badge));
  const [file = '', heading] = link.split('#');
  const target = file === '' ? join(root, from) : resolve(root, dirname(from), file);
  if (!existsSync(target)) return false;
  return heading === undefined || headingsIn(readFileSync(target, 'utf8')).includes(heading);
}

/** As GitHub names them in addresses. */
function headingsIn(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}
