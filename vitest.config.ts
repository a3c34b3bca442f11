import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/stack.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Real servers and processes share two cores: more files at once would only wait for each other.
    maxWorkers: 2,
    // The same of tests of one file: each has a worker process of its own.
    maxConcurrency: 3,
    reporters: process.env['CI'] ? ['default', './test/support/closing-line.ts'] : ['default'],
  },
});
