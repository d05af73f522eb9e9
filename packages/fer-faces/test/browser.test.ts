import { browserPhoto, cropFaces, type Face, faceDetector } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { useWasm } from 'fer-wasm';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { bundlePage, hasChromium, openPage } from '../../../scripts/chromium.js';
import { blackPng, declare, THREE_FACES } from './pictures.js';

interface Result {
  readonly faces: Face[];
  readonly crops: number[];
  readonly inPixel: number;
  readonly tensors: number;
  readonly same: boolean[];
  readonly sizes: number[][];
  readonly codes: string[];
  readonly tooLarge: string[];
  readonly error?: string;
}

/** A copy of a JPEG whose frame header declares another size. */
function declareJpeg(jpeg: Buffer, side: number): Buffer {
  const changed = Buffer.from(jpeg);
  const frame = changed.indexOf(Buffer.from([0xff, 0xc0]));
  changed.writeUInt16BE(side, frame + 5);
  changed.writeUInt16BE(side, frame + 7);
  return changed;
}

it('is refused outside browsers', async () => {
  await expect(browserPhoto('/a.jpg')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});

describe.skipIf(!hasChromium)('in headless Chromium (skipped where it is not installed)', () => {
  it('finds and crops what Node does', async () => {
    const script = await bundlePage(new URL('browser/page.ts', import.meta.url));
    const png = await sharp(THREE_FACES).png().toBuffer();
    const turned = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#fff' } })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const onePixel = () => sharp({ create: { width: 1, height: 1, channels: 3, background: '#888' } }).png();
    const result = await openPage<Result>(script, {
      files: new Map([
        ['faces.png', png],
        ['turned.jpg', turned],
        ['pixel.png', await onePixel().toBuffer()],
        ['huge.png', blackPng(20_000, 20_000)],
        ['declared.png', declare(await onePixel().toBuffer(), 20_000, 20_000)],
        ['huge.jpg', declareJpeg(await onePixel().jpeg().toBuffer(), 20_000)],
      ]),
    });
    expect(result.error).toBeUndefined();
    expect(result.inPixel).toBe(0);
    expect(result.tensors).toBe(0);
    expect(result.same).toEqual(new Array(7).fill(true));
    expect(result.sizes).toEqual([
      [300, 173],
      [10, 20],
    ]);
    expect(result.codes).toEqual(['NOT_FOUND', 'INVALID_DATA', 'INVALID_DATA', 'INVALID_ARGUMENT']);
    expect(result.tooLarge).toHaveLength(5);
    for (const message of result.tooLarge) {
      expect(message).toMatch(
        /^INVALID_DATA .*20000×20000 pixels are too many: shrink it to at most 100,000,000 pixels/,
      );
    }
    await useWasm();
    const photo = await loadPhoto(png);
    const detector = await faceDetector();
    const faces = await detector.detect(photo);
    detector.dispose();
    expect(result.faces).toHaveLength(faces.length);
    for (const [i, { box, score }] of faces.entries()) {
      expect(result.faces[i].score).toBeCloseTo(score, 3);
      for (const side of ['x', 'y', 'width', 'height'] as const) {
        expect(Math.abs(result.faces[i].box[side] - box[side])).toBeLessThan(0.2);
      }
    }
    const crops = cropFaces(photo, faces).images;
    const worst = Math.max(...crops.map((grey, i) => Math.abs(grey - result.crops[i])));
    expect(worst).toBeLessThanOrEqual(3);
  });
});
