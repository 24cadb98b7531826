import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // No test mocks a module or leaves anything behind, so the files of a worker may share what they have loaded.
    isolate: false,
    maxWorkers: 2,
    // Within a file, most of the time goes into waiting for processes and servers.
    maxConcurrency: 10,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
