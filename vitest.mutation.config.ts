import { defineConfig } from 'vitest/config';
import { sources } from './scripts/sources.js';

/** The tests that Stryker runs: those that stryker.config.mjs lists for the area. */
export default defineConfig({
  resolve: { alias: sources },
  test: {
    include: process.env.FER_MUTATION_TESTS?.split(' '),
    // Instrumented code is many times slower. Stryker itself ends mutants that hang.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
