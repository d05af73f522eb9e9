import { type Dataset, Random, selectRows } from 'fer-core';
import { audit, type Splits, syntheticFaces } from 'fer-data';
import { contactSheet } from 'fer-data/node';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

const faces = syntheticFaces({ n: 40, seed: 5 });

/** Rows of the faces, some then changed. */
function made(rows: number[], change?: (images: Uint8Array, labels: Uint8Array) => void): Dataset {
  const data = selectRows(faces, rows);
  change?.(data.images, data.labels);
  return data;
}

const where = ({ images }: { images: readonly { split: string; row: number }[] }) =>
  images.map(({ split, row }) => `${split} ${row}`);

describe('audit', () => {
  it('finds duplicates, also across splits and with different labels', async () => {
    const splits: Splits = {
      train: made([0, 1, 2, 1, 3]),
      privateTest: made([4, 2, 0], (_, labels) => {
        labels[2] = (labels[2] + 1) % 7;
      }),
    };
    const { exact, near, blank, images } = await audit(splits, { nearDistance: 0 });
    expect(images).toBe(8);
    expect([near, blank]).toEqual([[], []]);
    expect(exact.map(where)).toEqual([
      ['train 0', 'privateTest 2'],
      ['train 1', 'train 3'],
      ['train 2', 'privateTest 1'],
    ]);
    expect(exact.map((group) => [group.acrossSplits, group.conflict, group.distance])).toEqual([
      [true, true, 0],
      [false, false, 0],
      [true, false, 0],
    ]);
    expect(exact[0].images[0].id).toBe(faces.ids?.[0]);
  });

  it('finds near duplicates up to the distance, twins of theirs included', async () => {
    // Row 1: all values 4 away. Row 2: a twin of row 1. Row 3: 12 away.
    const shift = (by: number) => (v: number) => (v > 127 ? v - by : v + by);
    const data = made([0, 0, 0, 0, 7], (images) => {
      for (const [row, by] of [4, 4, 12].entries()) {
        images.set(images.subarray(0, 2304).map(shift(by)), (row + 1) * 2304);
      }
    });
    const { near, exact } = await audit(data, { nearDistance: 4 });
    expect(exact.map(where)).toEqual([['train 1', 'train 2']]);
    expect(near.map(where)).toEqual([['train 0', 'train 1', 'train 2']]);
    expect(near[0].distance).toBe(4);
    const wider = await audit(data, { nearDistance: 8.5 });
    expect(wider.near.map(where)).toEqual([['train 0', 'train 1', 'train 2', 'train 3']]);
    expect((await audit(data, { nearDistance: 3.99 })).near).toEqual([]);
  });

  const odd = {
    images: Uint8Array.from({ length: 60 * 105 }, (_, i) => (i % 105) + ((i * 31 + (i >> 3) * 7) % 83)),
    n: 60,
    height: 7,
    width: 5,
    channels: 3,
    labels: new Uint8Array(60),
    classes: faces.classes,
  };
  it.each<[string, Dataset, number]>([
    ['faces', faces, 30],
    ['small odd shapes in colour', odd, 20],
  ])('agrees with comparing every pair: %s', async (_, data, limit) => {
    const size = data.images.length / data.n;
    const pairs: string[] = [];
    for (let a = 0; a < data.n; a++) {
      for (let b = a + 1; b < data.n; b++) {
        let sum = 0;
        for (let j = 0; j < size; j++) sum += (data.images[a * size + j] - data.images[b * size + j]) ** 2;
        if (Math.sqrt(sum / size) <= limit) pairs.push(`${a} ${b}`);
      }
    }
    expect(pairs.length).toBeGreaterThan(3);
    const { near } = await audit(data, { nearDistance: limit });
    const group = new Map(near.flatMap(({ images }, i) => images.map(({ row }) => [row, i] as const)));
    for (const pair of pairs) {
      const [a, b] = pair.split(' ').map(Number);
      expect(group.get(a)).toBeDefined();
      expect(group.get(a)).toBe(group.get(b));
    }
    const members = new Set(pairs.flatMap((pair) => pair.split(' ').map(Number)));
    expect(new Set(group.keys())).toEqual(members);
  });

  it('finds pairs at exactly the distance in images of any size', async () => {
    const missed: string[] = [];
    for (let size = 3; size < 60; size += 2) {
      for (const by of [1, 2, 3, 5, 6]) {
        // Twenty images of random levels, and each again, brighter by the distance in every pixel.
        const random = new Random('exactly').split(size, by);
        const images = new Uint8Array(40 * size * 7);
        for (let i = 0; i < images.length / 2; i++) images[i] = random.int(249);
        for (let i = 0; i < images.length / 2; i++) images[images.length / 2 + i] = images[i] + by;
        const labels = new Uint8Array(40);
        const data = { images, n: 40, height: 7, width: size, channels: 1, labels, classes: faces.classes };
        const { near } = await audit(data, { nearDistance: by });
        if (near.length !== 20) missed.push(`${size}×7, ${by}: ${near.length}`);
        expect((await audit(data, { nearDistance: by - 1e-6 })).near).toEqual([]);
      }
    }
    expect(missed).toEqual([]);
  });

  it('calls methods of an options object as methods', async () => {
    class Reporter {
      readonly nearDistance = 5;
      seen = 0;
      onProgress(): void {
        this.seen++;
      }
    }
    const reporter = new Reporter();
    await audit(faces, reporter);
    expect(reporter.seen).toBe(2);
  });

  it('lists blank images, and groups them with nothing', async () => {
    const data = made([0, 1, 2], (images) => {
      images.fill(9, 0, 2304);
      images.fill(9, 2304, 4608);
      images[5] = 17;
    });
    const { blank, exact, near } = await audit(data);
    expect(blank.map(({ row }) => row)).toEqual([0, 1]);
    expect([exact, near]).toEqual([[], []]);
    expect((await audit(data, { blankRange: 7 })).blank.map(({ row }) => row)).toEqual([1]);
  });

  it('refuses a split that is no data set, which must not count as absent', async () => {
    for (const publicTest of ['', 0, false, null, {}, { n: '1' }] as never[]) {
      const train = made([0, 1]);
      await expect(audit({ train, publicTest })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    }
  });

  it('refuses bad options and data, and stops when told', async () => {
    await expect(audit(faces, { nearDistance: -1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(audit({ ...faces, n: 3 })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const other = syntheticFaces({ n: 7, size: 32 });
    await expect(audit({ train: faces, publicTest: other })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(audit(faces, { signal })).rejects.toThrow('enough');
  });
});

describe('contactSheet', () => {
  it('shows each group in a row', async () => {
    const data = made([0, 1, 0, 1, 0]);
    const { exact } = await audit(data, { nearDistance: 0 });
    const png = await contactSheet(data, exact);
    const { data: pixels, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 3 * 50 + 2, height: 2 * 50 + 2 });
    for (const [x, y, row] of [
      [0, 0, 0],
      [2, 0, 4],
      [1, 1, 3],
    ]) {
      for (const [i, j] of [
        [0, 0],
        [20, 30],
        [47, 47],
      ]) {
        const at = (2 + y * 50 + i) * info.width + 2 + x * 50 + j;
        expect(pixels[at]).toBe(data.images[row * 2304 + i * 48 + j]);
      }
    }
    await expect(contactSheet(data, [])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const elsewhere = [{ images: [{ split: 'publicTest' as const, row: 0, label: 'sad' }] }];
    await expect(contactSheet(data, elsewhere)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const narrow = await sharp(await contactSheet(data, exact, { columns: 2, rows: 2 })).metadata();
    expect(narrow).toMatchObject({ width: 102, height: 102 });
  });
});
