import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { hasChromium, openPage } from '../../../scripts/chromium.js';

describe.skipIf(!hasChromium)('in headless Chromium (skipped where it is not installed)', () => {
  it('an exported classifier gives the same scores, and an exported backbone the same features', async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('browser/page.ts', import.meta.url))],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      write: false,
      logLevel: 'error',
      tsconfig: fileURLToPath(new URL('../../../tsconfig.json', import.meta.url)),
      external: ['fs', 'path', 'worker_threads', 'perf_hooks', 'os', 'util', 'crypto'],
    });
    const wasm = 'ort-wasm-simd-threaded.wasm';
    const bytes = readFileSync(createRequire(import.meta.url).resolve(`onnxruntime-web/${wasm}`));
    const files = new Map([[wasm, bytes]]);
    const result = await openPage<Record<string, number> & { error?: string }>(outputFiles[0].text, { files });
    expect(result.error).toBeUndefined();
    for (const name of ['scores', 'probabilities', 'features']) expect(result[name], name).toBeLessThan(1e-4);
  }, 120_000);
});
