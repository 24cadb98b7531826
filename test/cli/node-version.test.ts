import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeVersionProblem } from '../../src/cli/node-version.ts';
import { root } from '../docs/workflow-files.ts';

test.each(['v20.20.2', 'v23.11.1', 'v8.0.0'])(
  '%s is too old, and the sentence says which is needed',
  (version) => {
    expect(nodeVersionProblem(version)).toBe(
      `agent-test-gate needs Node.js 24 or newer, and this is ${version}: update Node.js.`,
    );
  },
);

test.each(['v24.0.0', 'v25.1.0', 'v100.0.0'])('%s is new enough', (version) => {
  expect(nodeVersionProblem(version)).toBeUndefined();
});

test('the version that is needed is that of the package', () => {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [, major = ''] = /^>=(\d+)$/.exec(engines.node) ?? [];
  expect(nodeVersionProblem(`v${major}.0.0`)).toBeUndefined();
  expect(nodeVersionProblem(`v${Number(major) - 1}.9.9`)).toContain(`Node.js ${major} or newer`);
});
