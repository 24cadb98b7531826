import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of the time goes into waiting for processes and servers, so there may be many at once.
    maxWorkers: 2,
    maxConcurrency: 10,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
