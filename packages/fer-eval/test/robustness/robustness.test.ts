import { type Dataset, type Images, type Progress, Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { type Corruption, robustness } from '../../src/index.js';

const classes = ['dark', 'light'];
/** Says light where the first pixel is above 127. */
const classifier = {
  classes,
  predict: async ({ images, n, height, width, channels }: Images) =>
    Uint8Array.from({ length: n }, (_, i) => Number(images[i * height * width * channels] > 127)),
};
/** 300 images, more than a batch, of 2×2 pixels. */
const dataset: Dataset = {
  n: 300,
  height: 2,
  width: 2,
  channels: 1,
  classes,
  images: Uint8Array.from({ length: 1200 }, (_, at) => (Math.floor(at / 4) % 2 === 0 ? 60 : 200)),
  labels: Uint8Array.from({ length: 300 }, (_, i) => i % 2),
};
/** Takes light away. */
const dim: Corruption = {
  name: 'dim',
  parameter: 'levels',
  levels: [10, 80],
  apply: (images, level) => ({ ...images, images: images.images.map((value) => value - level) }),
};
/** Inverts the images whose draw is below the level. */
const flip: Corruption = {
  name: 'flip',
  parameter: 'chance',
  levels: [0.25, 0.5],
  apply: (images, level, random) => {
    const turned = Array.from({ length: images.n }, () => random.uniform() < level);
    return { ...images, images: images.images.map((value, at) => (turned[Math.floor(at / 4)] ? 255 - value : value)) };
  },
};

describe('robustness', () => {
  it('measures every strength of every corruption, and their means', async () => {
    const events: Progress[] = [];
    const result = await robustness(classifier, dataset, {
      corruptions: [dim, flip],
      strengths: [1, 2],
      onProgress: (event) => events.push(event),
    });
    expect(result.clean).toMatchObject({ correct: 300, accuracy: 1 });
    // 60 − 80 wraps to 236, light; 200 − 80 is 120, dark.
    expect(result.corruptions[0].strengths.map(({ accuracy }) => accuracy)).toEqual([1, 0]);
    expect(result.corruptions[0].meanAccuracy).toBe(0.5);
    const flipped = result.corruptions[1].strengths.map(({ accuracy }) => accuracy);
    expect(flipped[0]).toBeGreaterThan(0.65);
    expect(flipped[1]).toBeLessThan(0.6);
    expect(result.meanCorruptionAccuracy).toBeCloseTo((0.5 + (flipped[0] + flipped[1]) / 2) / 2, 12);
    // Two batches a pass, five passes.
    expect(events).toHaveLength(10);
    expect(events[0]).toEqual({ kind: 'transform', done: 256, total: 1500 });
    expect(events.at(-1)).toEqual({ kind: 'transform', done: 1500, total: 1500 });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it('repeats itself by the seed, whatever else is measured', async () => {
    const options = { corruptions: [flip], strengths: [1, 2] };
    const [a, b, c] = await Promise.all([
      robustness(classifier, dataset, options),
      robustness(classifier, dataset, { corruptions: [dim, flip], strengths: [1, 2] }),
      robustness(classifier, dataset, { ...options, seed: 2 }),
    ]);
    expect(b.corruptions[1]).toEqual(a.corruptions[0]);
    expect(c.corruptions[0]).not.toEqual(a.corruptions[0]);
  });

  it('calls the methods of classes on their objects', async () => {
    class Dim implements Corruption {
      readonly name = 'dim';
      readonly parameter = 'levels';
      readonly levels = [10];
      readonly #times = 8;
      apply(images: Images, level: number): Images {
        return { ...images, images: images.images.map((value) => value - level * this.#times) };
      }
    }
    class Light {
      readonly classes = classes;
      readonly #threshold = 127;
      async predict({ images, n }: Images): Promise<Uint8Array> {
        return Uint8Array.from({ length: n }, (_, i) => Number(images[4 * i] > this.#threshold));
      }
    }
    const { corruptions } = await robustness(new Light(), dataset, { corruptions: [new Dim()], strengths: [1] });
    expect(corruptions[0].meanAccuracy).toBe(0); // as `dim` at its second level
  });

  it('has 0 for its seed by default', async () => {
    const options = { corruptions: [flip], strengths: [1, 2] };
    expect(await robustness(classifier, dataset, options)).toEqual(
      await robustness(classifier, dataset, { ...options, seed: 0 }),
    );
  });

  it('gives an image the same chance at every strength', async () => {
    const seen: number[][] = [];
    const spy: Corruption = {
      ...flip,
      apply: (images, _, random) => {
        seen.push([images.n, random.uniform()]);
        return images;
      },
    };
    await robustness(classifier, dataset, { corruptions: [spy], strengths: [1, 2] });
    expect(seen).toHaveLength(4);
    expect(seen.slice(2)).toEqual(seen.slice(0, 2));
    expect(seen[0][1]).not.toBe(seen[1][1]);
  });

  it('works with the standard corruptions on bytes of any size', async () => {
    const random = new Random(1);
    const noise = { ...dataset, images: dataset.images.map((value) => value + random.int(20)) };
    const { corruptions } = await robustness(classifier, noise);
    expect(corruptions.map(({ strengths }) => strengths.length)).toEqual(new Array(7).fill(5));
  });

  it('stops when told to', async () => {
    const controller = new AbortController();
    const running = robustness(classifier, dataset, {
      onProgress: () => controller.abort(new Error('enough')),
      signal: controller.signal,
    });
    await expect(running).rejects.toThrow('enough');
  });

  it.each([
    ['no images', { data: { ...dataset, n: 0, images: new Uint8Array(), labels: new Uint8Array() } }, 'INVALID_DATA'],
    ['other classes', { data: { ...dataset, classes: ['light', 'dark'] } }, 'INVALID_DATA'],
    ['a strength without level', { options: { strengths: [6] } }, 'INVALID_ARGUMENT'],
    ['a strength that is undefined', { options: { strengths: [1, undefined as never] } }, 'INVALID_ARGUMENT'],
    ['no strengths', { options: { strengths: [] } }, 'INVALID_ARGUMENT'],
    ['one corruption twice', { options: { corruptions: [dim, dim], strengths: [1] } }, 'INVALID_ARGUMENT'],
  ])('refuses %s', async (_, { data = dataset, options = {} }: { data?: Dataset; options?: object }, code) => {
    await expect(robustness(classifier, data, options)).rejects.toMatchObject({ code });
  });
});
