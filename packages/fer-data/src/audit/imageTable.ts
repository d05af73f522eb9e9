import type { Dataset } from 'fer-core';

/** Images of several data sets as one list. */
export class ImageTable {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Values of an image. */
  readonly size: number;
  readonly #images: readonly Uint8Array[];
  readonly #means: Float64Array;
  readonly #ranges: Uint8Array;

  /** @param datasets - With the same height, width and number of channels. */
  constructor(datasets: readonly Dataset[]) {
    const { height, width, channels } = datasets[0];
    const size = height * width * channels;
    this.height = height;
    this.width = width;
    this.channels = channels;
    this.size = size;
    this.#images = datasets.flatMap(({ images, n }) =>
      Array.from({ length: n }, (_, i) => images.subarray(i * size, (i + 1) * size)),
    );
    const n = this.#images.length;
    this.#means = new Float64Array(n);
    this.#ranges = new Uint8Array(n);
    for (const [i, image] of this.#images.entries()) {
      let [low, high, total] = [255, 0, 0];
      for (let j = 0; j < size; j++) {
        const value = image[j];
        total += value;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      this.#means[i] = total / size;
      this.#ranges[i] = high - low;
    }
  }

  /** The values of an image. Must not be changed. */
  image(i: number): Uint8Array {
    return this.#images[i];
  }

  /** Mean value of an image. */
  mean(i: number): number {
    return this.#means[i];
  }

  /** Difference between the largest and the smallest value of an image. */
  range(i: number): number {
    return this.#ranges[i];
  }

  /** Groups of images with the same bytes, including groups of one, in the order of their first members. */
  exactGroups(): number[][] {
    const buckets = new Map<number, number[][]>();
    const groups: number[][] = [];
    for (const [i, image] of this.#images.entries()) {
      const hash = fnv1a(image);
      const bucket = buckets.get(hash) ?? [];
      const same = bucket.find(([first]) => image.every((value, j) => value === this.#images[first][j]));
      if (same) same.push(i);
      else {
        const group = [i];
        groups.push(group);
        bucket.push(group);
      }
      buckets.set(hash, bucket);
    }
    return groups;
  }

  /** The root mean square difference of two images, or Infinity if it is above `limit`. */
  distanceWithin(a: number, b: number, limit: number): number {
    const most = limit * limit * this.size;
    const [x, y] = [this.#images[a], this.#images[b]];
    let sum = 0;
    for (let j = 0; j < x.length; ) {
      for (const end = Math.min(j + 64, x.length); j < end; j++) sum += (x[j] - y[j]) ** 2;
      if (sum > most) return Number.POSITIVE_INFINITY;
    }
    return Math.sqrt(sum / this.size);
  }
}

/** The 32-bit hash of Fowler, Noll and Vo. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash;
}
