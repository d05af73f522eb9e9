import type { Images } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersBackboneLoader } from '../../src/index.js';
import { viewsOf } from '../../src/network/views.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 1 }));

/** A plane that bilinear interpolation reproduces: a + b·row + c·column. */
function plane(size: number, at: (y: number, x: number) => number): Images {
  const images = Uint8Array.from({ length: size * size }, (_, i) => Math.round(at(Math.floor(i / size), i % size)));
  return { images, n: 1, height: size, width: size, channels: 1 };
}

describe('viewsOf', () => {
  it('mirrors, colours kept', () => {
    const images = { images: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), n: 1, height: 2, width: 2, channels: 2 };
    const [same, mirrored] = viewsOf(images, 'flip');
    expect(same).toBe(images);
    expect(Array.from(mirrored.images)).toEqual([3, 4, 1, 2, 7, 8, 5, 6]);
  });

  it('takes five crops of 11/12 and their mirror images', () => {
    const size = 48;
    const value = (y: number, x: number) => 20 + 2 * y + x;
    const views = viewsOf(plane(size, value), 'tenCrop');
    expect(views).toHaveLength(10);
    const starts = [
      [0, 0],
      [0, 4],
      [4, 0],
      [4, 4],
      [2, 2],
    ];
    // A pixel's centre at (i + ½) · 44/48 − ½ of the crop, away from its clamped edges.
    const source = (i: number) => ((i + 0.5) * 44) / 48 - 0.5;
    starts.forEach(([top, left], view) => {
      for (const [y, x] of [
        [1, 1],
        [20, 7],
        [46, 46],
      ]) {
        const expected = value(top + source(y), left + source(x));
        expect(Math.abs(views[view].images[y * size + x] - expected)).toBeLessThanOrEqual(0.5);
        expect(views[5 + view].images[y * size + size - 1 - x]).toBe(views[view].images[y * size + x]);
      }
    });
  });

  it('keeps images of one grey level as they are', () => {
    for (const view of viewsOf(
      plane(13, () => 77),
      'tenCrop',
    ))
      expect(new Set(view.images)).toEqual(new Set([77]));
  });
});

describe('withViews', () => {
  const test = patches(9, 12);

  it('averages the features of all views', async () => {
    const backbone = smallBackbone();
    for (const [views, count] of [
      ['single', 1],
      ['flip', 2],
      ['tenCrop', 10],
    ] as const) {
      const each = await Promise.all(viewsOf(test, views).map((view) => backbone.transform(view)));
      const { data } = await backbone.withViews(views).transform(test);
      expect(each).toHaveLength(count);
      data.forEach((value, i) => {
        expect(value).toBeCloseTo(each.reduce((sum, features) => sum + features.data[i], 0) / count, 5);
      });
    }
    backbone.dispose();
  });

  it('gives a mirror image the features of the image', async () => {
    const flipping = smallBackbone().withViews('flip');
    const { data } = await flipping.transform(test);
    const mirrored = await flipping.transform(viewsOf(test, 'flip')[1]);
    data.forEach((value, i) => {
      expect(mirrored.data[i]).toBeCloseTo(value, 5);
    });
    flipping.dispose();
  });

  it('is saved with the backbone', async () => {
    const backbone = smallBackbone().withViews('flip');
    const part = await backbone.serialize();
    const loaded = await layersBackboneLoader.load(part);
    expect(loaded.views).toBe('flip');
    expect((await loaded.transform(test)).data).toEqual((await backbone.transform(test)).data);
    loaded.dispose();
    const unknown = layersBackboneLoader.load({ ...part, config: { ...part.config, views: 'thirty' } });
    await expect(unknown).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    backbone.dispose();
  });
});
