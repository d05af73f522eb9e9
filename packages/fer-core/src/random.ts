/**
 * The one generator of random numbers: xoshiro128** 1.1 (Blackman & Vigna, 2018), seeded through splitmix32.
 *
 * Streams are split by label instead of shared, so that what one part draws never shifts what another part gets:
 * `new Random(seed).split('shuffle', epoch)` is the same on any number of workers and after a resume.
 */
export class Random {
  #s: Uint32Array;

  /** @param seed - A whole number (its low 53 bits count) or any text. */
  constructor(seed: number | string) {
    let h = hash(String(seed), 0x9e3779b9);
    this.#s = new Uint32Array(4);
    for (let i = 0; i < 4; i++) {
      h = (h + 0x9e3779b9) >>> 0;
      this.#s[i] = mix(h);
    }
  }

  /** An independent stream for a purpose. It depends on this generator's present state, and does not advance it. */
  split(...labels: readonly (string | number)[]): Random {
    return new Random(`${this.#s.join(',')}/${labels.join('/')}`);
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

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number uniform in [0, n), for n from 1 to 2³²; without modulo bias (Lemire, 2019, by rejection). */
  int(n: number): number {
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

  /** Shuffles in place (Fisher–Yates) and returns its argument. */
  shuffle<T extends { [index: number]: unknown; readonly length: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const swapped = items[i];
      items[i] = items[j];
      items[j] = swapped;
    }
    return items;
  }

  /** The numbers 0..n−1 in random order. */
  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    return this.shuffle(order);
  }

  /** The whole state: four 32-bit numbers, for a checkpoint. */
  get state(): readonly number[] {
    return Array.from(this.#s);
  }

  /** A generator that goes on where one with this `state` stopped. */
  static fromState(state: readonly number[]): Random {
    const random = new Random(0);
    random.#s = Uint32Array.from(state);
    return random;
  }
}

/** 32-bit FNV-1a over UTF-16 code units, finished by {@link mix}. */
function hash(text: string, basis: number): number {
  let h = basis ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h >>> 0);
}

/** The finaliser of MurmurHash3. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
