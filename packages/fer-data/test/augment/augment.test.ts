import { type Augmentation, type Images, Random } from 'fer-core';
import { type AugmentOptions, augment, compose, cutmix, mixup } from 'fer-data';
import { describe, expect, it } from 'vitest';
import { eraseRectangle } from '../../src/augment/randomErasing.js';
import { factorRange } from '../../src/augment/range.js';
import { referenceAffine } from './referenceAffine.js';

function noise(n: number, height = 12, width = 10, channels = 1): Images {
  const random = new Random('images');
  const images = Uint8Array.from({ length: n * height * width * channels }, () => random.int(256));
  return { images, n, height, width, channels };
}

function image({ images, n }: Images, i: number): number[] {
  const size = images.length / n;
  return Array.from(images.subarray(i * size, (i + 1) * size));
}

const EVERYTHING: AugmentOptions = {
  rotation: 20,
  widthShift: 0.2,
  heightShift: 0.2,
  shear: 12,
  zoom: 0.2,
  horizontalFlip: true,
  fill: 'reflect',
  brightness: 0.3,
  contrast: [0.5, 1.8],
  erasing: true,
};

describe('augment', () => {
  it('draws in the order documented, and is within one grey level of the float64 formula', () => {
    const batch = noise(30, 12, 10, 3);
    const options: AugmentOptions = { ...EVERYTHING, erasing: false };
    const made = augment(options)(batch, new Random(7));
    let largest = 0;
    for (let i = 0; i < batch.n; i++) {
      const u = new Random(7).split(i);
      const rotation = -20 + 40 * u.uniform();
      const shiftY = (-0.2 + 0.4 * u.uniform()) * 12;
      const shiftX = (-0.2 + 0.4 * u.uniform()) * 10;
      const shear = -12 + 24 * u.uniform();
      const [zoomX, zoomY] = [0.8 + 0.4 * u.uniform(), 0.8 + 0.4 * u.uniform()];
      const mirrored = u.uniform() < 0.5;
      const brightness = 0.7 + 0.6 * u.uniform();
      const contrast = 0.5 + 1.3 * u.uniform();
      const change = { rotation, shiftX, shiftY, shear, zoomX, zoomY, mirrored };
      const moved = referenceAffine(Uint8Array.from(image(batch, i)), batch, change, 'reflect');
      const mean = moved.reduce((a, b) => a + b) / moved.length;
      const shaded = moved.map((v) => Math.min(255, Math.max(0, brightness * (mean + contrast * (v - mean)))));
      largest = Math.max(largest, ...image(made, i).map((v, j) => Math.abs(v - shaded[j])));
    }
    expect(largest).toBeLessThan(0.501);
  });

  it('gives each image what its number says, in any batch size and without changing its input', () => {
    const batch = noise(9);
    const given = batch.images.slice();
    const made = augment(EVERYTHING)(batch, new Random('epoch 3'));
    const size = 120;
    const fewer = { ...batch, n: 4, images: batch.images.slice(0, 4 * size) };
    expect(augment(EVERYTHING)(fewer, new Random('epoch 3')).images).toEqual(made.images.slice(0, 4 * size));
    expect(batch.images).toEqual(given);
    expect(augment(EVERYTHING)(batch, new Random('epoch 4')).images).not.toEqual(made.images);
    const same = { ...batch, images: Uint8Array.from({ length: 9 * size }, (_, i) => given[i % size]) };
    const varied = augment(EVERYTHING)(same, new Random(0));
    expect(new Set(Array.from({ length: 9 }, (_, i) => image(varied, i).join())).size).toBe(9);
  });

  it('changes nothing by default', () => {
    const batch = noise(3, 5, 7, 3);
    const made = augment({})(batch, new Random(1));
    expect(made).toEqual(batch);
    expect(made.images).not.toBe(batch.images);
  });

  it('shades by the factors given', () => {
    const batch: Images = { images: Uint8Array.of(0, 50, 100, 150), n: 1, height: 2, width: 2, channels: 1 };
    const shaded = (options: AugmentOptions) => Array.from(augment(options)(batch, new Random(0)).images);
    expect(shaded({ brightness: [2, 2] })).toEqual([0, 100, 200, 255]);
    expect(shaded({ contrast: [0, 0] })).toEqual([75, 75, 75, 75]);
    expect(shaded({ contrast: [2, 2] })).toEqual([0, 25, 125, 225]);
    expect(shaded({ brightness: [0.5, 0.5], contrast: [2, 2] })).toEqual([0, 12, 62, 112]);
  });

  it('adds Gaussian noise of the deviations asked for, and changes nothing else', () => {
    const n = 400;
    const grey = { ...noise(n, 20, 20), images: new Uint8Array(n * 400).fill(128) };
    const deviations = (made: Images) =>
      Array.from({ length: n }, (_, i) => {
        const errors = image(made, i).map((value) => value - 128);
        // Rounding to grey levels adds a variance of 1/12.
        return Math.sqrt(Math.max(0, errors.reduce((sum, e) => sum + e * e, 0) / 400 - 1 / 12));
      });
    const fixed = augment({ noise: [10, 10] })(grey, new Random(1));
    const mean = fixed.images.reduce((sum, v) => sum + v - 128, 0) / (n * 400);
    expect(Math.abs(mean)).toBeLessThan(0.1);
    const found = deviations(fixed);
    // The standard error of a deviation from 400 values is 10/√800 = 0.35.
    expect(Math.max(...found.map((d) => Math.abs(d - 10)))).toBeLessThan(1.6);
    expect(Math.abs(found.reduce((a, b) => a + b) / n - 10)).toBeLessThan(0.06);
    // Normal: 68.27 % within one deviation (10 ± half a level), kurtosis 3.
    const errors = Array.from(fixed.images, (v) => v - 128);
    const within = errors.filter((e) => Math.abs(e) <= 10).length / errors.length;
    expect(Math.abs(within - 0.7063)).toBeLessThan(0.005);
    const kurtosis = errors.reduce((sum, e) => sum + e ** 4, 0) / errors.length / (100 + 1 / 12) ** 2;
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.06);
    // One number s stands for [0, s], uniform.
    const varied = deviations(augment({ noise: 20 })(grey, new Random(2)));
    expect(Math.abs(varied.reduce((a, b) => a + b) / n - 10)).toBeLessThan(0.9);
    expect(varied.filter((d) => d < 5).length / n).toBeGreaterThan(0.19);
    expect(varied.filter((d) => d > 15).length / n).toBeGreaterThan(0.19);
    // Every other change stays: without noise where the range is [0, 0], and the same rectangle erased.
    const batch = noise(30, 12, 10, 3);
    const plain = augment({ ...EVERYTHING, erasing: { fill: 0 } })(batch, new Random(3));
    expect(augment({ ...EVERYTHING, erasing: { fill: 0 }, noise: [0, 0] })(batch, new Random(3))).toEqual(plain);
    const noisy = augment({ ...EVERYTHING, erasing: { fill: 0 }, noise: [2, 2] })(batch, new Random(3));
    const differences = noisy.images.map((v, i) => Math.abs(v - plain.images[i]));
    expect(Math.max(...differences)).toBeLessThan(14);
    expect(differences.filter((d) => d > 0).length / differences.length).toBeGreaterThan(0.5);
  });

  it.each<[AugmentOptions, AugmentOptions]>([
    [{ zoom: 0.9 }, { zoom: [0.1, 1.9] }],
    [{ zoom: 0.3 }, { zoom: [0.7, 1.3] }],
    [{ brightness: 1 }, { brightness: [0, 2] }],
    [{ contrast: 1 }, { contrast: [0, 2] }],
    [{ noise: 128 }, { noise: [0, 128] }],
    [{ horizontalFlip: 0.5 }, { horizontalFlip: true }],
    [{ erasing: {} }, { erasing: true }],
  ])('takes %j for %j', (short, long) => {
    const batch = noise(20);
    expect(augment(short)(batch, new Random(5))).toEqual(augment(long)(batch, new Random(5)));
  });

  it('erases one rectangle of the areas and aspects asked, in half the images', () => {
    const n = 400;
    const batch = { ...noise(n, 30, 20), images: new Uint8Array(n * 600).fill(200) };
    const made = augment({ erasing: { area: [0.1, 0.3], aspect: [0.5, 2], fill: 7 } })(batch, new Random(2));
    let erased = 0;
    for (let i = 0; i < n; i++) {
      const cells = image(made, i).flatMap((v, j) => (v === 7 ? [j] : []));
      if (cells.length === 0) continue;
      erased++;
      const [rows, columns] = [cells.map((j) => Math.floor(j / 20)), cells.map((j) => j % 20)];
      const [height, width] = [rows, columns].map((places) => Math.max(...places) - Math.min(...places) + 1);
      expect(cells.length).toBe(height * width);
      // Sides are rounded: half a pixel each.
      expect(cells.length / 600).toBeGreaterThan(0.1 - 0.02);
      expect(cells.length / 600).toBeLessThan(0.3 + 0.04);
      expect((height + 0.5) / (width - 0.5)).toBeGreaterThan(0.5);
      expect((height - 0.5) / (width + 0.5)).toBeLessThan(2);
    }
    // Binomial(400, 1/2) has a standard deviation of 10.
    expect(Math.abs(erased - 200)).toBeLessThan(40);
    const noisy = augment({ erasing: { probability: 1, area: [1, 1], aspect: [1.5, 1.5] } })(batch, new Random(2));
    const mean = noisy.images.reduce((a, b) => a + b, 0) / noisy.images.length;
    expect(Math.abs(mean - 127.5)).toBeLessThan(1);
  });

  it('erases whole pixels of colour images', () => {
    const batch = { ...noise(40, 9, 8, 3), images: new Uint8Array(40 * 216).fill(200) };
    const made = augment({ erasing: { probability: 1, area: [0.1, 0.3], fill: 7 } })(batch, new Random(4));
    for (let i = 0; i < 40; i++) {
      const values = image(made, i);
      const cells = values.flatMap((v, j) => (v === 7 ? [j] : []));
      const [rows, columns] = [cells.map((j) => Math.floor(j / 24)), cells.map((j) => Math.floor(j / 3) % 8)];
      const [height, width] = [rows, columns].map((places) => Math.max(...places) - Math.min(...places) + 1);
      expect(cells.length).toBe(3 * height * width);
      expect(cells.length / 216).toBeGreaterThan(0.05);
      expect(values.every((v) => v === 7 || v === 200)).toBe(true);
    }
  });

  it('draws a rectangle ten times, and then leaves the image as it is', () => {
    let draws = 0;
    const between = (low: number) => ++draws && low;
    const random = { uniform: () => 0, between } as unknown as Random;
    const given = Uint8ClampedArray.from({ length: 16 }, (_, i) => i);
    const made = given.slice();
    // As large as the image, but four times as high as wide.
    const erasing = { probability: 1, area: [1, 1], aspect: [4, 4], fill: 0 } as const;
    eraseRectangle(made, { height: 4, width: 4, channels: 1 }, erasing, random);
    expect(made).toEqual(given);
    // Area and aspect ratio, each time.
    expect(draws).toBe(20);
  });

  it.each<[AugmentOptions, string]>([
    [{ rotation: -1 }, 'rotation'],
    [{ rotation: Number.NaN }, 'rotation'],
    [{ widthShift: 2 }, 'widthShift'],
    [{ heightShift: -0.1 }, 'heightShift'],
    [{ shear: 90 }, 'shear'],
    [{ zoom: 1 }, 'zoom'],
    [{ zoom: [1.2, 0.8] }, 'zoom'],
    [{ zoom: -0.1 }, 'zoom'],
    [{ zoom: 0.9000001 }, 'zoom'],
    [{ zoom: [0.09, 1] }, 'zoom'],
    [{ zoom: [1, 10.1] }, 'zoom'],
    [{ zoom: [1, 1, 1] as unknown as [number, number] }, 'zoom'],
    [{ zoom: '0.1' as unknown as number }, 'zoom'],
    [{ noise: -1 }, 'noise'],
    [{ noise: 129 }, 'noise'],
    [{ noise: [3, 2] }, 'noise'],
    [{ noise: {} as unknown as number }, 'noise'],
    [{ horizontalFlip: 1.5 }, 'horizontalFlip'],
    [{ horizontalFlip: '' as never }, 'horizontalFlip'],
    [{ horizontalFlip: 'x' as never }, 'horizontalFlip'],
    [{ rotation: '10' as never }, 'rotation'],
    [{ brightness: ['0.5', 1] as never }, 'brightness'],
    [{ erasing: { area: 0.5 as never } }, 'erasing.area'],
    [{ fill: 256 }, 'fill'],
    [{ fill: 'mirror' as 'reflect' }, 'fill'],
    [{ brightness: 1.5 }, 'brightness'],
    [{ contrast: [-1, 1] }, 'contrast'],
    [{ erasing: { probability: 2 } }, 'erasing.probability'],
    [{ erasing: { area: [0.5, 1.5] } }, 'erasing.area'],
    [{ erasing: { aspect: [0, 1] } }, 'erasing.aspect'],
    [{ erasing: { fill: -1 } }, 'erasing.fill'],
  ])('refuses %j', (options, name) => {
    expect(() => augment(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(`${name} is `) }),
    );
  });

  it('refuses numbers beyond either end of a range of factors', () => {
    expect(factorRange('factor', 0.5, 0, 1.5)).toEqual([0.5, 1.5]);
    expect(() => factorRange('factor', 0.6, 0, 1.5)).toThrow('from 0 to 0.5');
    expect(() => factorRange('factor', 0.6, 0.5, 5)).toThrow('from 0 to 0.5');
  });

  it('refuses a generator that is none', () => {
    expect(() => augment({})(noise(1), undefined as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('new Random(seed)') }),
    );
  });

  it('takes options at the ends of their ranges', () => {
    const ends: AugmentOptions[] = [
      { rotation: 180, widthShift: 1, heightShift: 1, shear: 89, horizontalFlip: 1, fill: 255 },
      { fill: 0, zoom: [0.1, 10], brightness: [0, 10], contrast: [0, 10], noise: [0, 128] },
      { zoom: [1, 1], brightness: [0, 0], noise: [128, 128], horizontalFlip: 0 },
      { erasing: { probability: 1, area: [0, 1], aspect: [0.01, 100], fill: 255 } },
      { erasing: { probability: 0, area: [1, 1], aspect: [1, 1], fill: 0 } },
    ];
    for (const options of ends) expect(augment(options)(noise(2), new Random(0)).n).toBe(2);
  });

  it('refuses images that are none', () => {
    expect(() => augment({})({ ...noise(2), n: 3 }, new Random(0))).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA' }),
    );
  });
});

describe('an augmentation of a class', () => {
  class Darken {
    calls = 0;
    constructor(readonly by: number) {}
    readonly augment: Augmentation = (images) => {
      this.calls++;
      return { ...images, images: images.images.map((v) => v - this.by) };
    };
  }
  it('keeps its state in compose', () => {
    const batch = { ...noise(3), images: new Uint8Array(360).fill(100) };
    const darken = new Darken(7);
    const made = compose(darken.augment, augment({}), darken.augment)(batch, new Random(0));
    expect(new Set(made.images)).toEqual(new Set([86]));
    expect(darken.calls).toBe(2);
  });

  it('may hold the options', () => {
    class Options implements AugmentOptions {
      get brightness(): [number, number] {
        return [this.factor, this.factor];
      }
      private readonly factor = 2;
    }
    const batch = { ...noise(1), images: new Uint8Array(120).fill(30) };
    expect(new Set(augment(new Options())(batch, new Random(0)).images)).toEqual(new Set([60]));
  });
});

describe('the streams of random numbers', () => {
  // Recorded: the same seed must give the same images in every version. FNV-1a of the bytes.
  const hash = (bytes: Uint8Array) => bytes.reduce((h, byte) => Math.imul(h ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
  const batch = { ...noise(4), labels: Uint8Array.of(0, 1, 2, 0), classes: ['a', 'b', 'c'] };

  it.each([
    ['noise', () => augment({ noise: [5, 9] })(batch, new Random(6)), 978083192],
    ['everything', () => augment(EVERYTHING)(batch, new Random(6)), 1731199780],
    ['mixup', () => mixup(batch, new Random(6), { probability: 0.5 }), 3468086345],
    ['cutmix', () => cutmix(batch, new Random(6), { probability: 0.5 }), 3703842906],
    ['compose', () => compose(augment({ noise: 9 }), augment({ noise: 9 }))(batch, new Random(6)), 1488405048],
  ])('%s', (_, make, recorded) => {
    expect(hash(make().images)).toBe(recorded);
  });
});

describe('what fills the area beyond the edges', () => {
  // A shift by half of the width to the left or to the right: half of the image is beyond its edges.
  const batch: Images = { images: Uint8Array.of(10, 20, 30, 40), n: 1, height: 1, width: 4, channels: 1 };
  const shifts = (fill: AugmentOptions['fill']) => {
    const made = augment({ widthShift: 1, fill })(batch, new Random(3)).images;
    return Array.from(made);
  };

  it('is the nearest pixel by default, a mirrored or repeated image, or a grey level', () => {
    const shift = augmentShift();
    for (const fill of ['nearest', 'reflect', 'wrap', 7] as const) {
      const expected = referenceAffine(
        batch.images,
        batch,
        { rotation: 0, shiftX: shift, shiftY: 0, shear: 0, zoomX: 1, zoomY: 1, mirrored: false },
        fill,
      );
      expect(shifts(fill)).toEqual(Array.from(expected, (value) => Math.round(value)));
    }
    expect(shifts(undefined)).toEqual(shifts('nearest'));
    expect(shifts(0)).not.toEqual(shifts(255));
  });

  /** The shift that the generator gives: the third number drawn, after rotation and height shift. */
  function augmentShift(): number {
    const random = new Random(3).split(0);
    random.uniform();
    random.uniform();
    return (-1 + 2 * random.uniform()) * 4;
  }
});

describe('compose', () => {
  it('applies one after the other, each with its own stream', () => {
    const batch = noise(20);
    const states: string[] = [];
    const note: Augmentation = (images, random) => {
      states.push(random.state.join());
      return images;
    };
    expect(compose()(batch, new Random(0))).toBe(batch);
    expect(compose(note, note)(batch, new Random(0))).toBe(batch);
    expect(new Set(states).size).toBe(2);
    const darken: Augmentation = (given) => ({ ...given, images: given.images.map((v) => v >> 1) });
    const both = compose(darken, augment({ brightness: [3, 3] }))(batch, new Random(0));
    expect(Array.from(both.images)).toEqual(Array.from(batch.images, (v) => Math.min(255, 3 * (v >> 1))));
  });
});

it('tells misspelt options of its own and of erasing apart', () => {
  expect(() => augment({ erasing: { probabilty: 1 } as object })).toThrow('did you mean "probability"?');
  expect(() => augment({ rotaton: 3 } as object)).toThrow('did you mean "rotation"?');
});
