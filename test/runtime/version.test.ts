import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { USER_AGENT, VERSION } from '../../src/runtime/version.ts';

test('the version that requests name is that of package.json', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect({ VERSION, USER_AGENT }).toEqual({ VERSION: version, USER_AGENT: `agent-test-gate/${version}` });
});
