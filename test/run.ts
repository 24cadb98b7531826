import type { Run, RunStatus } from '../src/domain/run.ts';

/** A run of a test case of its own. */
export function run(status: RunStatus, id = 'run-1', more: Partial<Run> = {}): Run {
  const testCase = { id: `case-${id}`, name: `Case ${id}` };
  return { id, testCase, status, assertions: [], criteria: [], turns: [], ...more };
}
