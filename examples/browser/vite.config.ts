import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { sources } from '../../scripts/sources.js';

/** Headers that make a page cross-origin isolated, so that it can use threads. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  resolve: {
    alias: sources,
    dedupe: ['@tensorflow/tfjs-core'],
  },
  server: { headers },
  preview: { headers },
  // The detector's worker imports its weights when it needs them.
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // The classifiers' weights are a module. The code is 1.2 MB, most of it tfjs.
    chunkSizeWarningLimit: 5000,
  },
});
