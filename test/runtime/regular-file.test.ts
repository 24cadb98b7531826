import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBaseline } from '../../src/inputs/baseline.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { readRegularFile, writeRegularFile } from '../../src/runtime/regular-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regular-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const within = { until: systemClock.now() + 60_000, signal: new AbortController().signal };
const at = (name: string): string => join(folder, name);
const reasonOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('a regular file', () => {
  test('is written with the folders that it is in, and read again', async () => {
    await writeRegularFile(at('a/b/c.json'), 'é');
    expect(Buffer.from(await readRegularFile(at('a/b/c.json'), 2)).toString()).toBe('é');
  });

  test('loses its old content, which was longer', async () => {
    writeFileSync(at('old'), 'much longer than the new one');
    await writeRegularFile(at('old'), 'new');
    expect(readFileSync(at('old'), 'utf8')).toBe('new');
  });

  test('that must be new is not written over', async () => {
    await writeRegularFile(at('a/new'), 'first', { isNew: true });
    expect(await reasonOf(writeRegularFile(at('a/new'), 'second', { isNew: true }))).toMatch(/^EEXIST/);
    expect(readFileSync(at('a/new'), 'utf8')).toBe('first');
  });

  test('is written in pieces, in their order, as they are made', async () => {
    const pieces = Array.from({ length: 50 }, (_, index) => `${index}: ${'é'.repeat(9_999)}\n`);
    writeFileSync(at('pieces'), 'x'.repeat(2_000_000));
    await writeRegularFile(at('pieces'), pieces.values());
    expect(readFileSync(at('pieces'), 'utf8')).toBe(pieces.join(''));
    await writeRegularFile(at('pieces'), [].values());
    expect(readFileSync(at('pieces'), 'utf8')).toBe('');
  });

  test('that is too large is not read', async () => {
    writeFileSync(at('large'), 'four');
    expect(await reasonOf(readRegularFile(at('large'), 3))).toBe('it has 4 bytes, and 3 are allowed');
  });

  test('below a file cannot be written', async () => {
    writeFileSync(at('file'), '');
    expect(await reasonOf(writeRegularFile(at('file/x'), 'x'))).toMatch(/^ENOTDIR/);
  });

  test('that is not there cannot be read', async () => {
    expect(await reasonOf(readRegularFile(at('nothing'), 1))).toMatch(/^ENOENT/);
  });
});

describe.skipIf(process.platform === 'win32')('what is not a regular file is refused at once', () => {
  const REFUSED = 'it is not a regular file';
  const kinds: [string, () => string][] = [
    [
      'a pipe that nobody reads or writes',
      () => {
        execFileSync('mkfifo', [at('pipe')]);
        return at('pipe');
      },
    ],
    [
      'a link to a pipe',
      () => {
        execFileSync('mkfifo', [at('pipe')]);
        symlinkSync(at('pipe'), at('link'));
        return at('link');
      },
    ],
    ['a device', () => '/dev/null'],
  ];

  test.each(kinds)('%s', async (_, make) => {
    const path = make();
    expect(await reasonOf(writeRegularFile(path, 'x'))).toBe(REFUSED);
    expect(await reasonOf(readRegularFile(path, 10))).toBe(REFUSED);
    expect(await readBaseline(path, within, systemClock)).toEqual({
      baseUnavailableReason: `the baseline ${path} cannot be read: ${REFUSED}`,
    });
  });

  test('a folder', async () => {
    mkdirSync(at('folder'));
    expect(await reasonOf(writeRegularFile(at('folder'), 'x'))).toMatch(/^EISDIR/);
    expect(await reasonOf(readRegularFile(at('folder'), 10))).toBe(REFUSED);
  });

  test.skipIf(process.platform !== 'linux')('a path in /proc, where no folder can be made', async () => {
    expect(await reasonOf(writeRegularFile('/proc/nope/x.json', 'x'))).toMatch(/^ENOENT/);
  });
});

test('a baseline may begin with a byte order mark', async () => {
  const report = {
    formatVersion: 2,
    verdict: 'passed',
    testCases: [{ id: 't1', name: 'Books a table', outcome: 'passed', runs: [{ status: 'passed' }] }],
  };
  writeFileSync(at('baseline.json'), `\ufeff${JSON.stringify(report)}`);
  expect((await readBaseline(at('baseline.json'), within, systemClock)).base?.cases.get('t1')?.outcome).toBe(
    'passed',
  );
});
