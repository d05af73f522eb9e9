import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { bundlePage, hasChromium, openPage } from '../../../scripts/chromium.js';

describe.skipIf(!hasChromium)('in headless Chromium (skipped where it is not installed)', () => {
  it('an exported classifier gives the same scores, and an exported backbone the same features', async () => {
    const script = await bundlePage(new URL('browser/page.ts', import.meta.url));
    const wasm = 'ort-wasm-simd-threaded.wasm';
    const bytes = readFileSync(createRequire(import.meta.url).resolve(`onnxruntime-web/${wasm}`));
    const files = new Map([[wasm, bytes]]);
    const result = await openPage<Record<string, number> & { error?: string }>(script, { files });
    expect(result.error).toBeUndefined();
    for (const name of ['scores', 'probabilities', 'features']) expect(result[name], name).toBeLessThan(1e-4);
  });
});
