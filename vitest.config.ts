import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Tests that start processes come first: they wait most of the time, and the others fill the gaps. Left to itself, a
 * first run takes the largest files first, and may end with waiting for the slowest.
 */
class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const [waiting, others] = [sorted.filter(waits), sorted.filter((file) => !waits(file))];
    return [...waiting, ...others];
  }
}

const waits = ({ moduleId }: TestSpecification): boolean =>
  /\/test\/(?:e2e|scripts|docs|browser)\//.test(moduleId);

export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/**/*.test.ts'],
    // Long enough for a machine that does other things: nothing but what hangs takes so long.
    testTimeout: mode === 'thorough' ? 1_800_000 : 120_000,
    hookTimeout: 120_000,
    // No test mocks a module or leaves anything behind, so the files of a worker may share what they have loaded.
    isolate: false,
    // More than processors: many tests wait for a process of the action.
    maxWorkers: 4,
    // Within a file, most of the time goes into waiting for processes and servers.
    maxConcurrency: 16,
    sequence: { sequencer: WaitingFirst },
    restoreMocks: true,
    unstubEnvs: true,
  },
}));
