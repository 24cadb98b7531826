import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../docs/workflow-files.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarantine-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The day so many days from today, in UTC. */
const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

function quarantine(...args: readonly string[]) {
  const script = join(root, 'scripts/quarantine.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function write(...days: readonly number[]): string {
  const entries = days.map(
    (ahead, index) =>
      `  - {test-case: case_${index}, name: Case ${index}, reason: Flaky, owner: acme, until: ${day(ahead)}}\n`,
  );
  writeFileSync(join(folder, 'q.yml'), `quarantine:\n${entries.join('')}`);
  return 'q.yml';
}

test('a file that is fine: each entry, and how many test cases it takes', () => {
  const path = write(10, 0, -3);
  expect(quarantine('check', path)).toEqual({
    status: 0,
    stdout: `line 2: case_0 (Case 0) until ${day(10)}, 10 more days, owner acme
line 3: case_1 (Case 1) until ${day(0)}, ends today, owner acme
line 4: case_2 (Case 2) until ${day(-3)}, expired, owner acme
q.yml is fine today: 2 in force, which takes a gate of 11 test cases or more.
`,
    stderr: '',
  });
});

test('a file that the gate would refuse', () => {
  const path = write(10, 31);
  expect(quarantine('check', path)).toEqual({
    status: 1,
    stdout: `Nothing is quarantined, since q.yml is refused: line 3: until is ${day(31)}, more than 30 days ahead: ${day(30)} is the last day allowed today.\n`,
    stderr: '',
  });
});

test('more than 10 % of the test cases', () => {
  const path = write(10, 10, -3);
  expect(quarantine('check', path, '--test-cases', '10')).toEqual({
    status: 1,
    stdout:
      'Nothing is quarantined, since q.yml is refused: line 3: it quarantines 2 of 10 test cases, and 10 %, rounded up, allow 1.\n',
    stderr: '',
  });
  expect(quarantine('check', path, '--test-cases', '11').stdout).toContain(
    'q.yml is fine today: 2 in force, 2 of 11 test cases allowed.\n',
  );
});

test('a file that is not there', () => {
  expect(quarantine('check', 'none.yml')).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^none\.yml could not be read: ENOENT/),
  });
});

test.each([
  [[], 'Say which file to check.'],
  [['check'], 'Say which file to check.'],
  [['check', 'q.yml', '--test-cases', 'x'], '--test-cases is "x" and must be a whole number like 40.'],
])('wrong arguments %j are refused with the help', (args, message) => {
  const { status, stderr } = quarantine(...args);
  expect([status, stderr.startsWith(`${message}\n\nnpm run quarantine -- check FILE\n`)]).toEqual([2, true]);
});
