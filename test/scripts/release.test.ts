/**
 * The release as docs/releasing.md has it: the scripts of release.yml and `npm run raise-version`, with a bare
 * repository in place of GitHub's, and a `gh` that works on it.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { raised } from '../../scripts/raise-version.ts';
import { releaseNotes } from '../../scripts/release-notes.ts';
import { ownWorkflows, root, type WorkflowStep } from '../docs/workflow-files.ts';

const REPOSITORY = 'https://github.com/acme/agent-test-gate';

describe('the notes of a release', () => {
  const changelog = `# Changelog

About [versions](https://semver.org).

## Unreleased

## 1.10.0 (May)

- A [schema](docs/report.schema.json), a [heading](#unreleased) and a [site](https://example.com/a).
- \`[code](stays.md)\` and ![a picture](./docs/images/a.png).

## 1.1.0

- Older.
`;

  test('are the section of the version, with links that lead from anywhere to the tagged files', () => {
    expect(
      releaseNotes(changelog, '1.10.0', REPOSITORY),
    ).toBe(`- A [schema](${REPOSITORY}/blob/v1.10.0/docs/report.schema.json), a [heading](${REPOSITORY}/blob/v1.10.0/CHANGELOG.md#unreleased) and a [site](https://example.com/a).
- \`[code](stays.md)\` and ![a picture](${REPOSITORY}/blob/v1.10.0/docs/images/a.png).
`);
    expect(releaseNotes(changelog, '1.1.0', REPOSITORY)).toBe('- Older.\n');
  });

  test('need a section with something in it', () => {
    expect(() => releaseNotes(changelog, '1.1', REPOSITORY)).toThrow('CHANGELOG.md has no section "## 1.1".');
    expect(() => releaseNotes('## 2.0.0\n\n## 1.0.0\n- A.\n', '2.0.0', REPOSITORY)).toThrow(/no section/);
  });

  test('entries that were merged after the heading was written would be released without being named', () => {
    const late = changelog.replace('## Unreleased\n', '## Unreleased\n\n- Late.\n');
    expect(() => releaseNotes(late, '1.10.0', REPOSITORY)).toThrow(/has entries under "## Unreleased"/);
  });
});

describe('raising the version', () => {
  const files = new Map([
    ['package.json', '{\n  "version": "1.4.2",\n  "license": "MIT",\n  "x": {"version": "1.4.2"}\n}\n'],
    ['src/runtime/version.ts', "export const VERSION = '1.4.2';\n"],
    ['CHANGELOG.md', '# C\n\n## Unreleased\n\n- New, for `@v1`.\n\n## 1.4.2\n\n- Old.\n'],
    [
      'README.md',
      '- uses: OWNER/agent-test-gate@v1\n`@v1` follows the tag `v1`: HEAD:refs/tags/v1. actions/checkout@v1\n',
    ],
    ['docs/security.md', 'git clone --branch v1.4.2 https://example.com\n'],
  ]);
  const lines = (version: string): Record<string, string> => Object.fromEntries(raised(files, version));

  test('writes a minor one where a version stands, and leaves @v1', () => {
    expect(lines('1.5.0')).toEqual({
      'package.json': '{\n  "version": "1.5.0",\n  "license": "MIT",\n  "x": {"version": "1.4.2"}\n}\n',
      'src/runtime/version.ts': "export const VERSION = '1.5.0';\n",
      'CHANGELOG.md': '# C\n\n## Unreleased\n\n## 1.5.0\n\n- New, for `@v1`.\n\n## 1.4.2\n\n- Old.\n',
      'docs/security.md': 'git clone --branch v1.5.0 https://example.com\n',
    });
  });

  test('a major one also changes what users write after @', () => {
    expect(lines('2.0.0')).toMatchObject({
      'README.md':
        '- uses: OWNER/agent-test-gate@v2\n`@v2` follows the tag `v2`: HEAD:refs/tags/v2. actions/checkout@v1\n',
    });
  });

  test.each(['1.4.2', '1.4.1', '1.3.9', '0.9.9'])('%s is not higher', (version) => {
    expect(() => raised(files, version)).toThrow(`${version} is not higher than 1.4.2.`);
  });

  test.each(['', 'v1.5.0', '1.5', '1.5.0-rc.1'])('"%s" is no version', (version) => {
    expect(() => raised(files, version)).toThrow('is not of the form 1.2.3.');
  });

  test('10 is higher than 9', () => {
    expect(raised(files, '1.10.0').has('package.json')).toBe(true);
  });

  test('without entries there is nothing to release', () => {
    const empty = new Map(files).set('CHANGELOG.md', '## Unreleased\n\n## 1.4.2\n\n- Old.\n');
    expect(() => raised(empty, '1.5.0')).toThrow(/nothing to release/);
  });
});

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const canRun = process.platform !== 'win32' && ['bash', 'git', 'jq'].every(has);

describe.skipIf(!canRun)('from a clean clone to a release', () => {
  /** What every test begins with a copy of. */
  let untouched: World | undefined;
  beforeAll(() => {
    untouched = new World();
  });
  afterAll(() => untouched?.[Symbol.dispose]());

  test('the first release, a second one, and a new major version', () => {
    using world = new World(untouched);
    expect(world.release()).toEqual({ failed: undefined, log: expect.any(String) });
    const first = world.head();
    expect(world.tags()).toEqual({ v2: first, 'v2.0.0': first });
    expect(world.notes('v2.0.0')).toBe(`- The first, see [a](${REPOSITORY}/blob/v2.0.0/README.md).\n`);

    world.prepare('2.1.0');
    world.release();
    const second = world.head();
    expect(world.tags()).toEqual({ v2: second, 'v2.0.0': first, 'v2.1.0': second });
    expect(world.notes('v2.1.0')).toBe(
      `- An entry for 2.1.0, see [a](${REPOSITORY}/blob/v2.1.0/README.md).\n`,
    );

    world.prepare('3.0.0');
    world.release();
    expect(world.tags()).toEqual({
      v2: second,
      v3: world.head(),
      'v2.0.0': first,
      'v2.1.0': second,
      'v3.0.0': world.head(),
    });
  });

  test('the tag that the README makes in a copy is moved by the first release', () => {
    using world = new World(untouched);
    world.git('push', '--quiet', 'origin', 'HEAD:refs/heads/main', 'HEAD:refs/tags/v2');
    const byHand = world.head();
    world.commit('README.md', 'Changed.\n');
    expect(world.tags()).toEqual({ v2: byHand });
    world.release();
    expect(world.tags()).toEqual({ v2: world.head(), 'v2.0.0': world.head() });
  });

  test('a version that is released is refused', () => {
    using world = new World(untouched);
    world.release();
    const before = world.tags();
    world.commit('README.md', 'Changed.\n');
    expect(world.release()).toEqual({
      failed: 'The version is new',
      log: expect.stringContaining('::error::v2.0.0 is released already'),
    });
    expect(world.tags()).toEqual(before);
  });

  test('without a section in the changelog nothing is published', () => {
    using world = new World(untouched);
    world.commit('CHANGELOG.md', '# Changelog\n');
    expect(world.release()).toEqual({
      failed: 'The section of the changelog',
      log: expect.stringContaining('::error::CHANGELOG.md has no section "## 2.0.0".'),
    });
    expect(world.tags()).toEqual({});
  });

  test('a failure before anything was made, before the draft was published, or before v2 moved: the job that is run again goes on', () => {
    using world = new World(untouched);
    const failed = { failed: 'Tag vX.Y.Z, publish, move vX' };
    expect(world.release({ failing: /^release create/ })).toMatchObject(failed);
    expect(world.publish({ failing: /^release edit/ })).toMatchObject(failed);
    expect(world.tags()).toEqual({});
    expect(world.publish({ failing: /--method POST/ })).toMatchObject(failed);
    expect(world.tags()).toEqual({ 'v2.0.0': world.head() });
    for (const _ of ['goes on', 'and has nothing left to do']) {
      expect(world.publish()).toMatchObject({ failed: undefined });
      expect(world.tags()).toEqual({ v2: world.head(), 'v2.0.0': world.head() });
    }
  });

  test('a draft that an earlier try left at another commit is made again, with its notes', () => {
    using world = new World(untouched);
    world.release({ failing: /^release edit/ });
    world.commit('CHANGELOG.md', '# Changelog\n\n## 2.0.0\n\n- Corrected.\n');
    expect(world.release()).toMatchObject({ failed: undefined });
    expect(world.tags()).toEqual({ v2: world.head(), 'v2.0.0': world.head() });
    expect(world.notes('v2.0.0')).toBe('- Corrected.\n');
  });

  test('a tag without a release gets one, and a tag at another commit is left alone', () => {
    using world = new World(untouched);
    world.release({ only: 'build' });
    world.git('push', '--quiet', 'origin', 'HEAD:refs/tags/v2.0.0');
    expect(world.publish()).toMatchObject({ failed: undefined });
    expect(world.notes('v2.0.0')).toMatch(/^- The first/);

    world.commit('README.md', 'Changed.\n');
    expect(world.publish()).toMatchObject({
      failed: 'Tag vX.Y.Z, publish, move vX',
      log: expect.stringContaining('::error::The tag v2.0.0 is at another commit'),
    });
  });

  test('an old run that is run again does not take users of v2 back', () => {
    using world = new World(untouched);
    world.prepare('2.9.0');
    world.release({ failing: /--method POST/ });
    const old = world.head();
    world.prepare('2.10.0');
    world.release();
    const { v2 } = world.tags();
    expect(world.publish({ version: '2.9.0', sha: old })).toEqual({
      failed: 'Tag vX.Y.Z, publish, move vX',
      log: expect.stringContaining('::error::v2 was not moved: the newest version is v2.10.0.'),
    });
    expect(world.tags()['v2']).toBe(v2);
  });
});

interface Result {
  /** The step that ended red. */
  readonly failed: string | undefined;
  readonly log: string;
}

const release = ownWorkflows.find(({ path }) => path.endsWith('/release.yml'))?.workflow;
const scriptsOf = (job: string): WorkflowStep[] =>
  (release?.jobs[job]?.steps ?? []).filter(({ name, run }) => name !== undefined && run !== undefined);

/** `gh` on a bare repository. A release is a file, beside its commit while it is a draft. It fails for what GH_FAILS matches. */
const GH = `#!/usr/bin/env bash
set -eu
if [ -n "\${GH_FAILS:-}" ] && grep -Eq -- "$GH_FAILS" <<< "$*"; then echo "gh: HTTP 502" >&2; exit 1; fi
git() { command git --git-dir "$BARE" "$@"; }
value() { sed -n "s/^$1=//p" <<< "$fields"; }
fields="$(printf '%s\\n' "$@")"
case "$*" in
  'release view '*)
    [ -e "$RELEASES/$3" ] || { echo 'release not found' >&2; exit 1; }
    if [ -e "$RELEASES/$3.draft" ]; then echo true; else echo false; fi ;;
  'release create '*' --draft '*)
    [ ! -e "$RELEASES/$3" ] || { echo 'a release with the same tag name already exists' >&2; exit 1; }
    [ -e "\${11}" ] || { echo "no file \${11}" >&2; exit 1; }
    cp "$9" "$RELEASES/$3"; echo "$5" > "$RELEASES/$3.draft" ;;
  'release delete '*' --yes') rm "$RELEASES/$3" "$RELEASES/$3.draft" ;;
  'release edit '*' --draft=false')
    git rev-parse --quiet --verify "refs/tags/$3" > /dev/null ||
      git update-ref "refs/tags/$3" "$(cat "$RELEASES/$3.draft")"
    rm "$RELEASES/$3.draft" ;;
  *' --method PATCH '*) ref="\${5#repos/*/*/git/}"; git rev-parse --verify "$ref" > /dev/null; git update-ref "$ref" "$(value sha)" ;;
  *' --method POST '*)
    if git rev-parse --quiet --verify "$(value ref)"; then echo 'Reference already exists' >&2; exit 1; fi
    git update-ref "$(value ref)" "$(value sha)" ;;
  *'/commits/tags/'*) git rev-parse --quiet --verify "refs/tags/\${2##*/}" ;;
  *'/matching-refs/tags/'*) git for-each-ref --format '%(refname)' "refs/tags/\${3##*/}*" ;;
  *'/git/ref/tags/'*) git rev-parse --quiet --verify "refs/tags/\${3##*/}" > /dev/null ;;
  *) echo "gh $* is not known here" >&2; exit 64 ;;
esac
`;

/** Packs nothing: what npm packs is test/e2e/cli-package.test.ts's. */
const NPM = `#!/usr/bin/env bash
case "$*" in
  'pkg delete private') ;;
  'pack --ignore-scripts') touch "gate-$VERSION.tgz" ;;
  *) echo "npm $* is not known here" >&2; exit 64 ;;
esac
`;

/** Pictures are most of docs/, and no part of a release. */
const isNoPicture = (path: string): boolean => !path.endsWith('.png');

/** A bare repository, a clone of it with what a release needs, and what the runner gives the workflow. */
class World implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'agent-test-gate-release-'));
  readonly #clone = join(this.#folder, 'clone');
  readonly #bare = join(this.#folder, 'origin.git');

  /** A copy of another, or a new one. */
  constructor(from?: World) {
    if (from === undefined) this.#make();
    else cpSync(from.#folder, this.#folder, { recursive: true });
  }

  /** As before the first release: package.json and the changelog say 2.0.0, and nothing is tagged. */
  #make(): void {
    for (const name of ['bin', 'releases']) mkdirSync(join(this.#folder, name));
    for (const [name, script] of Object.entries({ gh: GH, npm: NPM })) {
      writeFileSync(join(this.#folder, 'bin', name), script);
      chmodSync(join(this.#folder, 'bin', name), 0o755);
    }
    this.#run('git', ['init', '--quiet', '--bare', '--initial-branch=main', this.#bare], this.#folder);
    this.#run('git', ['init', '--quiet', '--initial-branch=main', this.#clone], this.#folder);
    // From the clone, wherever both are copied to.
    this.git('remote', 'add', 'origin', '../origin.git');
    for (const name of ['docs', 'scripts', 'README.md', 'CONTRIBUTING.md']) {
      cpSync(join(root, name), join(this.#clone, name), { recursive: true, filter: isNoPicture });
    }
    // A version of its own: what this repository has changes with each release.
    const metadata = '{"name": "gate", "version": "2.0.0", "license": "MIT", "type": "module"}\n';
    for (const name of ['package.json', 'package-lock.json'])
      writeFileSync(join(this.#clone, name), metadata);
    mkdirSync(join(this.#clone, 'src/runtime'), { recursive: true });
    writeFileSync(join(this.#clone, 'src/runtime/version.ts'), "export const VERSION = '2.0.0';\n");
    mkdirSync(join(this.#clone, 'node_modules/.bin'), { recursive: true });
    writeFileSync(join(this.#clone, '.gitignore'), 'node_modules/\nnotes.md\n*.tgz\n');
    writeFileSync(
      join(this.#clone, 'node_modules/.bin/node'),
      `#!/bin/sh\nexec '${process.execPath}' "$@"\n`,
    );
    chmodSync(join(this.#clone, 'node_modules/.bin/node'), 0o755);
    this.commit(
      'CHANGELOG.md',
      '# Changelog\n\n## Unreleased\n\n## 2.0.0\n\n- The first, see [a](README.md).\n',
    );
  }

  /** Steps 1 to 3 of docs/releasing.md. */
  prepare(version: string): void {
    const path = join(this.#clone, 'CHANGELOG.md');
    const entry = `## Unreleased\n\n- An entry for ${version}, see [a](README.md).`;
    writeFileSync(path, readFileSync(path, 'utf8').replace('## Unreleased', entry));
    this.#run(process.execPath, ['scripts/raise-version.ts', version]);
    this.commit();
  }

  /** What "Run workflow" does, up to the first step that fails. */
  release(options: { failing?: RegExp; only?: 'build' } = {}): Result {
    // As actions/checkout does with `fetch-depth: 0`.
    this.git('fetch', '--quiet', '--tags', '--force');
    const built = this.#follow(scriptsOf('build'), {});
    if (built.failed !== undefined || options.only === 'build') return built;
    return this.publish(options);
  }

  /** "Re-run failed jobs" */
  publish({
    failing,
    version,
    sha = this.head(),
  }: {
    failing?: RegExp;
    version?: string;
    sha?: string;
  } = {}) {
    return this.#follow(scriptsOf('publish'), {
      VERSION: version ?? this.#version(),
      GITHUB_SHA: sha,
      GH_FAILS: failing?.source ?? '',
    });
  }

  commit(path?: string, text = ''): void {
    if (path !== undefined) writeFileSync(join(this.#clone, path), text);
    this.git('add', '--all');
    const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false'];
    this.git(...identity, 'commit', '--quiet', '--message', 'A step');
    this.git('push', '--quiet', 'origin', 'main');
  }

  git(...args: string[]): string {
    return this.#run('git', args).stdout.trim();
  }

  head(): string {
    return this.git('rev-parse', 'HEAD');
  }

  /** The commits of all tags at the origin. */
  tags(): Record<string, string> {
    const lines = this.git('ls-remote', '--tags', 'origin').split('\n').filter(Boolean);
    return Object.fromEntries(
      lines.map((line) => line.split('\trefs/tags/')).map(([sha = '', name = '']) => [name, sha]),
    );
  }

  notes(tag: string): string {
    return readFileSync(join(this.#folder, 'releases', tag), 'utf8');
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #version(): string {
    return (JSON.parse(readFileSync(join(this.#clone, 'package.json'), 'utf8')) as { version: string })
      .version;
  }

  #follow(steps: readonly WorkflowStep[], env: Record<string, string>): Result {
    let log = '';
    for (const { name, run = '' } of steps) {
      const { status, stdout, stderr } = this.#spawn(
        'bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run],
        {
          VERSION: this.#version(),
          GITHUB_OUTPUT: join(this.#folder, 'output'),
          GITHUB_SERVER_URL: 'https://github.com',
          GITHUB_REPOSITORY: 'acme/agent-test-gate',
          GH_REPO: 'acme/agent-test-gate',
          BARE: this.#bare,
          RELEASES: join(this.#folder, 'releases'),
          ...env,
        },
      );
      log += stdout + stderr;
      if (status !== 0) return { failed: name, log };
    }
    return { failed: undefined, log };
  }

  #run(command: string, args: readonly string[], cwd = this.#clone): SpawnSyncReturns<string> {
    const ended = this.#spawn(command, args, {}, cwd);
    if (ended.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${ended.stderr}`);
    return ended;
  }

  #spawn(command: string, args: readonly string[], env: Record<string, string>, cwd = this.#clone) {
    return spawnSync(command, args, {
      cwd,
      encoding: 'utf8',
      env: { PATH: `${join(this.#folder, 'bin')}:${process.env['PATH']}`, HOME: this.#folder, ...env },
    });
  }
}
