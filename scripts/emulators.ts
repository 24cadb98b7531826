/**
 * Starts emulators of Retell and Bland, prints where they are and what they hold as `name=value` lines, then `ready`,
 * and serves until it is ended. The CI workflow tests the action on itself with them; so can you, with the lines of
 * CONTRIBUTING.md.
 */
import { startBland } from '../test/emulators/bland.ts';
import { startRetell } from '../test/emulators/retell.ts';
import { oneAfterTheOther, type RunScript } from '../test/emulators/timeline.ts';

const API_KEY = 'test-key';
const PASSING = 'test_batch_00ff7a31c9d2';
const FAILING = '5f0c2a7e-8d41-4b6f-9c3a-2e1d0f7b6a58';

const passing: readonly RunScript[] = oneAfterTheOther(3);
const failing: readonly RunScript[] = passing.map((run, index) =>
  index === 1 ? { ...run, outcome: 'failed' } : run,
);

const retell = await startRetell({ apiKey: API_KEY, batches: [{ id: PASSING, runs: passing }] });
const bland = await startBland({
  apiKey: API_KEY,
  envelope: true,
  assertions: 'live',
  batches: [{ id: FAILING, runs: failing }],
});

console.log(`api-key=${API_KEY}
retell-url=${retell.url}
bland-url=${bland.url}
passing-batch=${PASSING}
failing-batch=${FAILING}
ready`);
