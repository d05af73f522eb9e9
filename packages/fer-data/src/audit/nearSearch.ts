import type { ImageTable } from './imageTable.js';

/** Number of parts per side that an image is cut into. */
const PARTS = 4;

/** Numbers of a sketch. */
const SKETCH = PARTS * PARTS;

/** How many of them are compared first. They lie together in memory, which bounds the speed of the sweep. */
const COARSE = 4;
const FINE = SKETCH - COARSE;

/** The Walsh functions on four points, from smooth to rough. Halved, they are an orthonormal basis. */
const WALSH = [
  [1, 1, 1, 1],
  [1, 1, -1, -1],
  [1, -1, -1, 1],
  [1, -1, 1, -1],
];

/**
 * Rounding may make a bound larger than the distance that it bounds, by parts in 10¹². Pairs at exactly the limit must
 * still be found.
 */
const SLACK = 1 + 1e-9;

/**
 * Finds all pairs of images within a distance, by a sweep over the images sorted by their means. Most pairs are ruled out
 * by two or three numbers of their sketches.
 *
 * A sketch is the Walsh transform of the sums over 4×4 parts of the image, each divided by the root of its part's size.
 * For different images it is mostly the first, smooth terms that differ. By the Cauchy–Schwarz inequality, the squared
 * difference of a part's sums over its size is at most its sum of squared differences. The transform is a rotation. So
 * sketches are never farther apart than their images.
 */
export class NearSearch {
  readonly #table: ImageTable;
  readonly #limit: number;
  /** Members by mean. */
  readonly #order: readonly number[];
  /** Images in that order, as everything below. */
  readonly #images: Uint32Array;
  readonly #means: Float64Array;
  /** n × 4: the first numbers of the sketches. */
  readonly #coarse: Float32Array;
  /** n × 12: the others. */
  readonly #fine: Float32Array;

  /**
   * @param members - Numbers of images in the table.
   * @param limit - Largest root mean square difference of a pair, in grey levels.
   */
  constructor(table: ImageTable, members: readonly number[], limit: number) {
    this.#table = table;
    this.#limit = limit;
    this.#order = [...members.keys()].sort((a, b) => table.mean(members[a]) - table.mean(members[b]) || a - b);
    this.#images = Uint32Array.from(this.#order, (member) => members[member]);
    this.#means = Float64Array.from(this.#images, (image) => table.mean(image));
    this.#coarse = new Float32Array(members.length * COARSE);
    this.#fine = new Float32Array(members.length * FINE);
    const part = parts(table);
    for (const [i, image] of this.#images.entries()) {
      const numbers = sketch(table.image(image), part);
      this.#coarse.set(numbers.subarray(0, COARSE), i * COARSE);
      this.#fine.set(numbers.subarray(COARSE), i * FINE);
    }
  }

  /** How many steps the sweep has. */
  get steps(): number {
    return this.#order.length;
  }

  /** The pairs of the image at a step with later ones: their indices among the members, and their distance. */
  *pairs(step: number): Generator<[a: number, b: number, distance: number]> {
    const [means, coarse, fine] = [this.#means, this.#coarse, this.#fine];
    const limit = this.#limit * SLACK;
    const last = means[step] + limit;
    // Sketches are rounded to single precision: this much slack keeps the bound valid.
    const most = this.#limit ** 2 * this.#table.size * 1.0001 + 1;
    const [c0, c1, c2, c3] = coarse.subarray(step * COARSE, (step + 1) * COARSE);
    for (let next = step + 1; next < means.length && means[next] <= last; next++) {
      const at = next * COARSE;
      let sum = (c0 - coarse[at]) ** 2 + (c1 - coarse[at + 1]) ** 2;
      if (sum > most) continue;
      sum += (c2 - coarse[at + 2]) ** 2 + (c3 - coarse[at + 3]) ** 2;
      for (let i = 0; i < FINE && sum <= most; i++) sum += (fine[step * FINE + i] - fine[next * FINE + i]) ** 2;
      if (sum > most) continue;
      const distance = this.#table.distanceWithin(this.#images[step], this.#images[next], limit);
      if (distance <= limit) yield [this.#order[step], this.#order[next], distance];
    }
  }
}

/** The part to which each value of an image belongs. */
function parts({ height, width, channels, size }: ImageTable): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const row = Math.floor((PARTS * Math.floor(pixel / width)) / height);
    return row * PARTS + Math.floor((PARTS * (pixel % width)) / width);
  });
}

function sketch(image: Uint8Array, part: Uint8Array): Float32Array {
  const numbers = new Float32Array(SKETCH);
  const sums = new Float64Array(SKETCH);
  const counts = new Float64Array(SKETCH);
  for (let j = 0; j < image.length; j++) {
    sums[part[j]] += image[j];
    counts[part[j]]++;
  }
  for (const [p, count] of counts.entries()) sums[p] /= Math.sqrt(count || 1);
  // The smoothest functions, those with the smallest u + v, come first.
  let at = 0;
  for (let rough = 0; rough <= 2 * (PARTS - 1); rough++) {
    for (let u = 0; u < PARTS; u++) {
      const v = rough - u;
      if (v < 0 || v >= PARTS) continue;
      let sum = 0;
      for (const [p, value] of sums.entries()) sum += value * WALSH[u][Math.floor(p / PARTS)] * WALSH[v][p % PARTS];
      numbers[at++] = sum / PARTS;
    }
  }
  return numbers;
}
