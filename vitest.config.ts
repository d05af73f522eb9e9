import { defineConfig } from 'vitest/config';
import { sources } from './scripts/sources.js';

export default defineConfig({
  resolve: { alias: sources },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
