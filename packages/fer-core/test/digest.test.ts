import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type Dataset, datasetDigest, sha256 } from 'fer-core';
import { afterEach, describe, expect, it, vi } from 'vitest';

describe('sha256', () => {
  it('gives the digests of FIPS 180-2', async () => {
    const text = (s: string) => new TextEncoder().encode(s);
    expect(await sha256(text('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(await sha256(text(''))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('agrees with OpenSSL on any bytes, views and shared memory included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 2 }), async (bytes) => {
        const view = bytes.subarray(1);
        const shared = new Uint8Array(new SharedArrayBuffer(view.length));
        shared.set(view);
        const expected = createHash('sha256').update(view).digest('hex');
        expect(await sha256(view)).toBe(expected);
        expect(await sha256(shared)).toBe(expected);
      }),
    );
  });

  afterEach(() => vi.unstubAllGlobals());

  it('is refused without WebCrypto', async () => {
    vi.stubGlobal('crypto', {});
    await expect(sha256(Uint8Array.of(1))).rejects.toMatchObject({ name: 'FerError', code: 'UNSUPPORTED' });
  });
});

describe('datasetDigest', () => {
  const dataset: Dataset = {
    images: Uint8Array.of(1, 2, 3, 4),
    n: 2,
    height: 1,
    width: 2,
    channels: 1,
    labels: Uint8Array.of(0, 1),
    classes: ['a', 'b'],
  };

  it('does not depend on ids or on the position of the bytes in their buffer', async () => {
    const copy = { ...dataset, images: Uint8Array.of(9, 1, 2, 3, 4).subarray(1), ids: ['x', 'y'] };
    expect(await datasetDigest(copy)).toBe(await datasetDigest(dataset));
  });

  it('depends on everything else', async () => {
    const others: Dataset[] = [
      dataset,
      { ...dataset, images: Uint8Array.of(1, 2, 3, 5) },
      { ...dataset, labels: Uint8Array.of(1, 1) },
      { ...dataset, classes: ['a', 'c'] },
      { ...dataset, classes: ['b', 'a'] },
      { ...dataset, height: 2, width: 1 },
      { ...dataset, width: 1, channels: 2 },
      { ...dataset, soft: Float32Array.of(1, 0, 0, 1) },
      { ...dataset, soft: Float32Array.of(1, 0, 0.5, 0.5) },
    ];
    const digests = await Promise.all(others.map(datasetDigest));
    expect(new Set(digests).size).toBe(others.length);
  });
});
