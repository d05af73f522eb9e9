import { defineConfig } from 'vitest/config';
import { sources } from './scripts/sources.js';

export default defineConfig({
  resolve: { alias: sources },
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'examples/test/**/*.test.ts'],
    pool: 'forks',
<<<<<<< HEAD
    // No limit that a busy machine could reach: it is there for tests that hang.
    testTimeout: 300_000,
    hookTimeout: 300_000,
=======
    // Against tests that hang; how long one takes depends on what else the machine does.
    testTimeout: 600_000,
    hookTimeout: 600_000,
>>>>>>> 3a294c7 (Refuse junk and unknown options in fer-faces, fer-models and fer-wasm)
  },
});
