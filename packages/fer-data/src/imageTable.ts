import type { Dataset } from 'fer-core';

/** Parts a side that an image is cut into for the lower bound. */
const PARTS = 4;

/** Images of several data sets as one list, with what tells quickly that two differ. */
export class ImageTable {
  readonly #images: readonly Uint8Array[];
  readonly #size: number;
  readonly #means: Float64Array;
  readonly #ranges: Uint8Array;
  /** n × 16: each part's sum, over the root of its number of values. Distances of these bound those of the images. */
  readonly #parts: Float32Array;

  /** @param datasets - Of one height, width and number of channels. */
  constructor(datasets: readonly Dataset[]) {
    const { height, width, channels } = datasets[0];
    const size = height * width * channels;
    this.#size = size;
    this.#images = datasets.flatMap(({ images, n }) =>
      Array.from({ length: n }, (_, i) => images.subarray(i * size, (i + 1) * size)),
    );
    const n = this.#images.length;
    this.#means = new Float64Array(n);
    this.#ranges = new Uint8Array(n);
    this.#parts = new Float32Array(n * PARTS * PARTS);
    const part = Uint8Array.from({ length: size }, (_, i) => {
      const pixel = Math.floor(i / channels);
      const row = Math.floor((PARTS * Math.floor(pixel / width)) / height);
      return row * PARTS + Math.floor((PARTS * (pixel % width)) / width);
    });
    const counts = new Float64Array(PARTS * PARTS);
    for (const p of part) counts[p]++;
    const sums = new Float64Array(PARTS * PARTS);
    for (let i = 0; i < n; i++) {
      const image = this.#images[i];
      sums.fill(0);
      let [low, high, total] = [255, 0, 0];
      for (let j = 0; j < size; j++) {
        const value = image[j];
        sums[part[j]] += value;
        total += value;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      this.#means[i] = total / size;
      this.#ranges[i] = high - low;
      for (let p = 0; p < sums.length; p++) this.#parts[i * sums.length + p] = sums[p] / Math.sqrt(counts[p] || 1);
    }
  }

  /** Mean value of an image. */
  mean(i: number): number {
    return this.#means[i];
  }

  /** Largest value less smallest. */
  range(i: number): number {
    return this.#ranges[i];
  }

  /** Sets of images with the very same bytes, singles included, in the order of their first members. */
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

  /**
   * The root mean square difference of two images, or Infinity where it is over `limit`.
   *
   * A part's squared difference of sums over its size is at most its sum of squared differences (Cauchy–Schwarz), so
   * the parts' distance never exceeds the images'.
   */
  distanceWithin(a: number, b: number, limit: number): number {
    const most = limit * limit * this.#size;
    // The parts are rounded to single precision: a hair of slack keeps the bound one.
    const mostOfParts = most * 1.0001 + 1;
    const [parts, count] = [this.#parts, PARTS * PARTS];
    let sum = 0;
    for (let p = 0; p < count; p++) {
      const d = parts[a * count + p] - parts[b * count + p];
      sum += d * d;
      if (sum > mostOfParts) return Number.POSITIVE_INFINITY;
    }
    const [x, y] = [this.#images[a], this.#images[b]];
    sum = 0;
    for (let j = 0; j < x.length; ) {
      for (const end = Math.min(j + 64, x.length); j < end; j++) sum += (x[j] - y[j]) ** 2;
      if (sum > most) return Number.POSITIVE_INFINITY;
    }
    return Math.sqrt(sum / this.#size);
  }
}

/** The 32-bit hash of Fowler, Noll and Vo. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash;
}
