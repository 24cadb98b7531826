/**
 * Starts an emulator of every provider, prints where they are and what each of them holds as `name=value` lines, then
 * `ready`, and serves until it is ended. The CI workflow tests the action on itself with them; so can you, with the lines
 * of CONTRIBUTING.md.
 */
import { oneAfterTheOther, type RunScript } from '../test/emulators/timeline.ts';
import { EACH_KIT } from '../test/kits/kits.ts';

const API_KEY = 'test-key';
const PASSING = 'test_batch_00ff7a31c9d2';
const FAILING = '5f0c2a7e-8d41-4b6f-9c3a-2e1d0f7b6a58';

const passing: readonly RunScript[] = oneAfterTheOther(3);
const failing: readonly RunScript[] = passing.map((run, index) =>
  index === 1 ? { ...run, outcome: 'failed' } : run,
);

console.log(`api-key=${API_KEY}`);
for (const [name, kit] of EACH_KIT) {
  const { url } = await kit.start({
    apiKey: API_KEY,
    batches: [
      { id: PASSING, runs: passing },
      { id: FAILING, runs: failing },
    ],
  });
  console.log(`${name}-url=${url}`);
}
console.log(`passing-batch=${PASSING}
failing-batch=${FAILING}
ready`);
