import { cropFaces } from 'fer-faces';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { faceSquare } from '../src/framing.js';
import { drawn } from './pictures.js';

/** Grey values that grow by one a pixel to the right and by two downwards: any mean of them is known. */
const ramp = drawn(60, 50, (x, y) => new Array(3).fill(20 + x + 2 * y));
const value = (x: number, y: number): number => 20 + (x - 0.5) + 2 * (y - 0.5);

describe('cropFaces', () => {
  it.each([0, 17, -33])('takes the square around a face, turned upright by %i°', (roll) => {
    const face = { box: { x: 20, y: 15, width: 14, height: 16 }, roll };
    const { centre, side, turn } = faceSquare(face, true);
    expect(turn).toBe(roll);
    const size = 12;
    const { images, ...shape } = cropFaces(ramp, [face], { size });
    expect(shape).toEqual({ n: 1, height: size, width: size, channels: 1 });
    const [cos, sin] = [Math.cos((roll * Math.PI) / 180), Math.sin((roll * Math.PI) / 180)];
    for (const [i, grey] of images.entries()) {
      const u = (((i % size) + 0.5) / size - 0.5) * side;
      const v = ((Math.floor(i / size) + 0.5) / size - 0.5) * side;
      expect(Math.abs(grey - value(centre.x + u * cos - v * sin, centre.y + u * sin + v * cos))).toBeLessThan(0.51);
    }
  });

  it.each([1, 2])('reduces a picture %i× as libvips does, by its Lanczos filter', async (times) => {
    const side = 60 * times;
    const picture = drawn(side, side, (x, y) => new Array(3).fill((x * 97 + y * 57 + x * y * 13) % 256));
    const reduced = await sharp(picture.pixels, { raw: { width: side, height: side, channels: 3 } })
      .resize(60, 60, { kernel: 'lanczos3' })
      .extract({ left: 6, top: 6, width: 48, height: 48 })
      .extractChannel(0)
      .raw()
      .toBuffer();
    const unit = faceSquare({ box: { x: 0, y: 0, width: 1, height: 1 } }, true);
    const width = (48 * times) / unit.side;
    const [x, y] = [side / 2 - width * unit.centre.x, side / 2 - width * unit.centre.y];
    const { images } = cropFaces(picture, [{ box: { x, y, width, height: width } }]);
    // libvips rounds its weights, and the values between its two passes.
    const off = images.reduce((sum, grey, i) => sum + Math.abs(grey - reduced[i]), 0) / images.length;
    expect(off).toBeLessThan(0.5);
  });

  it('interpolates by cubic convolution where it enlarges', () => {
    // Keys' weights half-way between two pixels, a = −0.5: −1/16, 9/16, 9/16, −1/16.
    const stripes = [10, 200, 90, 30, 160, 250, 60, 20, 130, 70, 220, 40];
    const picture = drawn(12, 12, (x) => new Array(3).fill(stripes[x]));
    const unit = faceSquare({ box: { x: 0, y: 0, width: 1, height: 1 } }, true);
    const width = 3 / unit.side;
    const [x, y] = [6 - width * unit.centre.x, 6 - width * unit.centre.y];
    const { images } = cropFaces(picture, [{ box: { x, y, width, height: width } }], { size: 3 });
    expect([...images.subarray(0, 3)]).toEqual(
      [5, 6, 7].map((i) => Math.round((9 * (stripes[i - 1] + stripes[i]) - stripes[i - 2] - stripes[i + 1]) / 16)),
    );
  });

  it('leaves faces turned without align', () => {
    const face = { box: { x: 20, y: 15, width: 14, height: 16 }, roll: 30 };
    expect(cropFaces(ramp, [face], { align: false })).toEqual(cropFaces(ramp, [{ box: face.box }]));
    expect(cropFaces(ramp, [face])).not.toEqual(cropFaces(ramp, [{ box: face.box }]));
  });

  it('converts colours by BT.601', () => {
    const box = { x: 10, y: 10, width: 20, height: 20 };
    const of = (colour: readonly number[]) =>
      cropFaces(
        drawn(50, 50, () => colour),
        [{ box }],
      ).images[0];
    expect([of([255, 0, 0]), of([0, 255, 0]), of([0, 0, 255])]).toEqual([76, 150, 29]);
  });

  it('repeats the edge where the square reaches beyond the photo', () => {
    const white = drawn(20, 20, () => [200, 200, 200]);
    const { images } = cropFaces(white, [{ box: { x: -15, y: -15, width: 30, height: 30 } }]);
    expect(new Set(images)).toEqual(new Set([200]));
  });

  it('takes several faces, or none', () => {
    const boxes = [
      { box: { x: 5, y: 5, width: 10, height: 10 } },
      { box: { x: 30.5, y: 20.25, width: 17.5, height: 12 } },
    ];
    const both = cropFaces(ramp, boxes);
    expect(both.n).toBe(2);
    expect(both.images.subarray(48 * 48)).toEqual(cropFaces(ramp, [boxes[1]]).images);
    expect(cropFaces(ramp, [])).toEqual({ images: new Uint8Array(0), n: 0, height: 48, width: 48, channels: 1 });
  });

  it.each([
    [{ x: 0, y: 0, width: 0, height: 5 }, {}],
    [{ x: Number.NaN, y: 0, width: 5, height: 5 }, {}],
    [{ x: 0, y: 0, width: 5, height: Number.POSITIVE_INFINITY }, {}],
    [{ x: -5, y: 0, width: 5, height: 5 }, {}],
    [{ x: ramp.width, y: 0, width: 5, height: 5 }, {}],
    [{ x: 0, y: -9, width: 5, height: 5 }, {}],
    [{ x: 0, y: ramp.height, width: 5, height: 5 }, {}],
    [{ x: 0, y: 0, width: 5, height: 5 }, { size: 0 }],
    [{ x: 0, y: 0, width: 5, height: 5 }, { size: 10_001 }],
    [{ x: 0, y: 0, width: 5, height: 5 }, { size: 2.5 }],
  ])('refuses the box %o with %o', (box, options) => {
    expect(() => cropFaces(ramp, [{ box }], options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
