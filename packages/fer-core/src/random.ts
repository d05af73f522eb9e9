import { describeValue, FerError } from './errors.js';

/**
 * The random number generator of all fer libraries: xoshiro128** 1.1 (Blackman & Vigna, 2018), seeded with a 128-bit
 * hash.
 *
 * Streams are split by label instead of shared, so that the draws of one part never affect those of another:
 * `new Random(seed).split('shuffle', epoch)` is the same on any number of workers and after a resume.
 *
 * @example
 * ```ts
 * const random = new Random(1);
 * random.int(6) + 1; // a die
 * random.split('noise', epoch).normal(); // a stream of its own: `random` does not advance
 * ```
 */
export class Random {
  #s: Uint32Array;

  /**
   * @param seed - A whole number up to 2⁵³ in size, or any string. A number and its decimal string are equivalent.
   * @throws FerError `INVALID_ARGUMENT` for anything else.
   */
  constructor(seed: number | string) {
    if (typeof seed !== 'string' && !Number.isSafeInteger(seed)) {
      throw new FerError('INVALID_ARGUMENT', `seed ${describeValue(seed)}: give a whole number or a string.`);
    }
    this.#s = hash128(String(seed));
  }

  /**
   * An independent stream for a purpose. It depends on this generator's current state and does not advance it.
   *
   * @throws FerError `INVALID_ARGUMENT` for labels other than strings and finite numbers: they would share a stream.
   */
  split(...labels: readonly (string | number)[]): Random {
    for (const label of labels) {
      if (typeof label === 'string' || Number.isFinite(label)) continue;
      throw new FerError('INVALID_ARGUMENT', `a stream's label is ${describeValue(label)}: give strings and numbers.`);
    }
    return new Random(JSON.stringify([...this.#s, ...labels]));
  }

  /** The next 32 random bits, as an unsigned whole number. */
  uint32(): number {
    const s = this.#s;
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /**
   * Uniform in [low, high).
   *
   * @throws FerError `INVALID_ARGUMENT` if either is not a finite number.
   */
  between(low: number, high: number): number {
    if (!Number.isFinite(low) || !Number.isFinite(high)) {
      const given = `${describeValue(low)} and ${describeValue(high)}`;
      throw new FerError('INVALID_ARGUMENT', `a random number between ${given}: give two finite numbers.`);
    }
    return low + (high - low) * this.uniform();
  }

  /**
   * A whole number uniform in [0, n): without modulo bias, by rejecting the draws past the last full multiple of n.
   *
   * @param n - 1 to 2³².
   * @throws FerError `INVALID_ARGUMENT` outside this range.
   */
  int(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 4294967296) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `a random number below ${describeValue(n)}: give a whole number from 1 to 2³².`,
      );
    }
    const limit = 4294967296 - (4294967296 % n);
    let x: number;
    do x = this.uint32();
    while (x >= limit);
    return x % n;
  }

  /** Standard normal (Box–Muller, one of the pair). */
  normal(): number {
    const u = 1 - this.uniform();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.uniform());
  }

  /**
   * Shuffles in place (Fisher–Yates) and returns its argument.
   *
   * @throws FerError `INVALID_ARGUMENT` for anything without a length.
   */
  shuffle<T extends { [index: number]: unknown; readonly length: number }>(items: T): T {
    if (!Number.isInteger((items as T | undefined)?.length)) {
      throw new FerError('INVALID_ARGUMENT', `the items to shuffle are ${describeValue(items)}: give an array.`);
    }
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const swapped = items[i];
      items[i] = items[j];
      items[j] = swapped;
    }
    return items;
  }

  /**
   * The numbers 0..n−1 in random order.
   *
   * @throws FerError `INVALID_ARGUMENT` if n is not a whole number from 0 to 2³² − 1.
   */
  permutation(n: number): Uint32Array {
    if (!Number.isInteger(n) || n < 0 || n > 4294967295) {
      throw new FerError('INVALID_ARGUMENT', `a permutation of ${describeValue(n)}: give a whole number from 0.`);
    }
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    return this.shuffle(order);
  }

  /** The whole state: four 32-bit numbers, for a checkpoint. */
  get state(): readonly number[] {
    return Array.from(this.#s);
  }

  /**
   * A generator that continues from this `state`.
   *
   * @throws FerError `INVALID_ARGUMENT` if it is not four 32-bit numbers, or all are 0 (xoshiro would stay at 0).
   */
  static fromState(state: readonly number[]): Random {
    if (
      !Array.isArray(state) ||
      state.length !== 4 ||
      !state.every((word) => word >>> 0 === word) ||
      !state.some(Boolean)
    ) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `random state [${Array.isArray(state) ? state.join(', ') : describeValue(state)}]: give the "state" of a generator, unchanged.`,
      );
    }
    const random = new Random(0);
    random.#s = Uint32Array.from(state);
    return random;
  }
}

/**
 * A 128-bit hash of a string, wide enough that the streams of a run don't collide. Four interdependent lanes run over its
 * UTF-16 code units (the structure of bryc's cyrb128, with multipliers of MurmurHash3), each finished by {@link mix}.
 */
function hash128(text: string): Uint32Array {
  let [a, b, c, d] = [0x9e3779b9, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ unit, 0xcc9e2d51);
    b = c ^ Math.imul(b ^ unit, 0x1b873593);
    c = d ^ Math.imul(c ^ unit, 0x85ebca6b);
    d = a ^ Math.imul(d ^ unit, 0xc2b2ae35);
  }
  a = mix(a ^ (text.length + 1));
  b = mix(b ^ a);
  c = mix(c ^ b);
  d = mix(d ^ c);
  return Uint32Array.of(mix(a ^ d), b, c, d);
}

/** The finaliser of MurmurHash3. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
