import { beforeAll, describe, expect, it } from 'vitest';
import { bundlePage, hasChromium, openPage } from '../../../scripts/chromium.js';

/** What makes a page cross-origin isolated. */
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

interface Result {
  threads: number;
  isolated: boolean;
  errors: Record<string, number>;
  error?: string;
}

describe.skipIf(!hasChromium)('in headless Chromium (skipped where it is not installed)', () => {
  let script: string;

  beforeAll(async () => {
    script = await bundlePage(new URL('browser/page.ts', import.meta.url));
  });

  it.each([
    ['two threads where the page is isolated', true, 2],
    ['one thread where it is not', false, 1],
  ])(
    'computes what the cpu backend computes, on %s',
    async (_, isolated, threads) => {
      const result = await openPage<Result>(script, { headers: isolated ? ISOLATED : {} });
      expect(result.error).toBeUndefined();
      expect(result).toMatchObject({ isolated, threads });
      for (const [name, error] of Object.entries(result.errors)) expect(error, name).toBeLessThan(1e-4);
      expect(Object.keys(result.errors)).toHaveLength(6);
    },
    120_000,
  );
});
