import { defineConfig } from 'vitest/config';
import { sources } from './scripts/sources.js';

export default defineConfig({
  resolve: { alias: sources },
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'examples/test/**/*.test.ts'],
    pool: 'forks',
    // No limit that a busy machine could reach: it is there for tests that hang.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
