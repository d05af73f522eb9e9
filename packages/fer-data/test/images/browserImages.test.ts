import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browserImages } from 'fer-data';
import { loadImageFolder } from 'fer-data/node';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { bundlePage, hasChromium, openPage } from '../../../../scripts/chromium.js';

interface Result extends Record<'blobs' | 'urls' | 'rgb' | 'canvas' | 'imageData', number[]> {
  codes: string[];
  error?: string;
}

it('is refused outside browsers', async () => {
  await expect(browserImages([])).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  const path = 'https://example.org/a.png' as unknown as string[];
  await expect(browserImages(path)).rejects.toThrow('the sources are');
});

/** A smooth picture with something at every scale. */
function picture(size: number, channels: 1 | 3, format: 'png' | 'jpg', orientation = 1): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: size * size * channels }, (_, i) => {
    const [x, y] = [Math.floor(i / channels) % size, Math.floor(i / channels / size)].map((v) => v / size);
    return 127 + 60 * Math.sin(9 * x + 4 * y + (i % channels)) + 60 * Math.cos(7 * y * (1 + x));
  });
  const image = sharp(pixels, { raw: { width: size, height: size, channels } }).withMetadata({ orientation });
  return (format === 'png' ? image.png() : image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' })).toBuffer();
}

describe.skipIf(!hasChromium)('in headless Chromium (skipped where it is not installed)', () => {
  it('reads what Node reads', async () => {
    const script = await bundlePage(new URL('browser/page.ts', import.meta.url));
    const files = new Map([
      ['grey.png', await picture(48, 1, 'png')],
      ['colour.png', await picture(48, 3, 'png')],
      ['large.png', await picture(120, 3, 'png')],
      ['turned.jpg', await picture(48, 3, 'jpg', 6)],
    ]);
    const root = await mkdtemp(join(tmpdir(), 'fer-browser-'));
    const inNode: Uint8Array[] = [];
    try {
      for (const [i, [name, bytes]] of [...files].entries()) {
        await mkdir(join(root, String(i), 'sad'), { recursive: true });
        await writeFile(join(root, String(i), 'sad', name), bytes);
        inNode.push((await loadImageFolder(join(root, String(i)))).train.images);
      }
      const rgb = (await loadImageFolder(join(root, '1'), { channels: 3 })).train.images;
      const result = await openPage<Result>(script, { files });
      expect(result.error).toBeUndefined();
      const found = inNode.map((_, i) => result.blobs.slice(i * 2304, (i + 1) * 2304));
      expect(found[0]).toEqual([...inNode[0]]);
      expect(found[1]).toEqual([...inNode[1]]);
      expect(result.rgb).toEqual([...rgb]);
      expect(result.urls).toEqual(result.blobs);
      for (const key of ['canvas', 'imageData'] as const) expect(result[key]).toEqual([...inNode[1]]);
      expect(found[2]).toEqual([...inNode[2]]);
      // Decoded by another library: near, and turned the same way.
      const worst = found[3].reduce((most, v, j) => Math.max(most, Math.abs(v - inNode[3][j])), 0);
      expect(worst).toBeLessThanOrEqual(4);
      expect(result.codes).toEqual(['NOT_FOUND /none.png', 'INVALID_DATA bad.jpg']);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
