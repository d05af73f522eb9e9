import fc from 'fast-check';
import { Random } from 'fer-core';
import { describe, expect, it } from 'vitest';

/** xoshiro128** 1.1 in unbounded integers, written from the paper's figure: shifts and xors, cut to 32 bits. */
function* reference(state: readonly number[]): Generator<number> {
  const cut = (x: bigint) => x % 2n ** 32n;
  const rotate = (x: bigint, k: bigint) => cut(x * 2n ** k) + x / 2n ** (32n - k);
  let [a, b, c, d] = state.map(BigInt);
  for (;;) {
    yield Number(cut(rotate(cut(b * 5n), 7n) * 9n));
    const shifted = cut(b * 512n);
    [c, d] = [c ^ a, d ^ b];
    [b, a] = [b ^ c, a ^ d];
    [c, d] = [c ^ shifted, rotate(d, 11n)];
  }
}

const take = (n: number, draw: () => number) => Array.from({ length: n }, draw);

/** Pearson's χ² of counts against equal ones. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('the generator', () => {
  it('gives the numbers of the authors’ C code', () => {
    // xoshiro128starstar.c, compiled with gcc, s = {1, 2, 3, 4}: the first ten outputs.
    const random = Random.fromState([1, 2, 3, 4]);
    expect(take(10, () => random.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
    for (let i = 10; i < 999; i++) random.uint32();
    expect(random.uint32()).toBe(3170714187);
  });

  it('agrees with a reference in unbounded integers from any state', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.tuple(word, word, word, fc.integer({ min: 1, max: 2 ** 32 - 1 })), (state) => {
        const random = Random.fromState(state);
        const expected = reference(state);
        for (let i = 0; i < 50; i++) expect(random.uint32()).toBe(expected.next().value);
      }),
      { numRuns: 50 },
    );
  });

  it('goes on from its state', () => {
    const random = new Random('run');
    take(7, () => random.uint32());
    const resumed = Random.fromState(JSON.parse(JSON.stringify(random.state)));
    expect(take(20, () => resumed.uniform())).toEqual(take(20, () => random.uniform()));
  });

  it('refuses states that are none', () => {
    for (const state of [
      [],
      [1, 2, 3],
      [0, 0, 0, 0],
      [1, 2, 3, -1],
      [1, 2, 3, 0.5],
      [1, 2, 3, 2 ** 32],
      [1, 2, 3, NaN],
    ]) {
      expect(() => Random.fromState(state)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});

describe('seeds', () => {
  it('are whole numbers or texts', () => {
    expect(new Random(7).state).toEqual(new Random('7').state);
    for (const seed of [0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => new Random(seed)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });

  it('keep giving what they gave', () => {
    // Recorded from this implementation: a change here changes every published figure.
    expect(new Random(42).state).toMatchInlineSnapshot(`
      [
        70918217,
        2000966214,
        695766841,
        2218860975,
      ]
    `);
  });

  it('that differ in one step change half of all the state bits', () => {
    let flipped = 0;
    const bits = new Array<number>(128).fill(0);
    const pairs = 2000;
    for (let seed = 0; seed < pairs; seed++) {
      const [a, b] = [new Random(seed).state, new Random(seed + 1).state];
      for (let bit = 0; bit < 128; bit++) {
        const differs = ((a[bit >> 5] ^ b[bit >> 5]) >>> (bit & 31)) & 1;
        bits[bit] += differs;
        flipped += differs;
      }
    }
    // Five standard deviations of fair coins, over all and for the worst single bit.
    expect(Math.abs(flipped / (pairs * 128) - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(pairs * 128));
    for (const count of bits) expect(Math.abs(count / pairs - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(pairs));
  });
});

describe('split', () => {
  it('does not advance the stream it is split from', () => {
    const [a, b] = [new Random(1), new Random(1)];
    a.split('shuffle', 3).uint32();
    expect(a.uint32()).toBe(b.uint32());
  });

  it('gives the same stream for the same labels, another for others', () => {
    const random = new Random(1);
    const first = (...labels: (string | number)[]) => random.split(...labels).uint32();
    expect(first('shuffle', 3)).toBe(first('shuffle', 3));
    const others = [first('shuffle', 3), first('shuffle', 4), first('shuffle/3'), first('shuffle', '3'), first()];
    expect(new Set(others).size).toBe(others.length);
  });

  it('never meets itself over as many streams as a long training run asks for', () => {
    // 200,000 streams in 32 bits would meet four or five times.
    const random = new Random(1);
    const seen = new Set<string>();
    for (let i = 0; i < 200_000; i++) seen.add(random.split('augment', i >> 10, i & 1023).state.join());
    expect(seen.size).toBe(200_000);
  });

  it('gives streams that do not correlate with each other or with their parent', () => {
    const random = new Random(5);
    const n = 20_000;
    const streams = [random.split('a', 1), random.split('a', 2), random].map((r) => take(n, () => r.uniform() - 0.5));
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      const correlation = streams[i].reduce((sum, x, t) => sum + x * streams[j][t], 0) / n / (1 / 12);
      expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n));
    }
  });
});

describe('distributions', () => {
  it('uniform fills [0, 1) evenly', () => {
    const random = new Random(3);
    const counts = new Array<number>(100).fill(0);
    for (let i = 0; i < 100_000; i++) counts[Math.floor(random.uniform() * 100)]++;
    expect(chiSquare(counts)).toBeLessThan(161); // χ²(99) exceeds 161 with probability 1e-4.
  });

  it('uniform takes its 53 bits from two draws', () => {
    const [a, b] = [new Random(9), new Random(9)];
    const [high, low] = [BigInt(b.uint32()) >> 5n, BigInt(b.uint32()) >> 6n];
    expect(a.uniform()).toBe(Number(high * 2n ** 26n + low) / 2 ** 53);
  });

  it('between stays between', () => {
    const random = new Random(3);
    const drawn = take(10_000, () => random.between(-2, 5));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...drawn)).toBeLessThan(5);
    expect(drawn.reduce((a, b) => a + b) / drawn.length).toBeCloseTo(1.5, 0);
  });

  it('int is uniform, also where a modulo would not be', () => {
    const random = new Random(4);
    const n = 3 * 2 ** 30; // x % n would give the lower third of the range twice as often.
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[Math.floor(random.int(n) / 2 ** 30)]++;
    expect(chiSquare(counts)).toBeLessThan(18.4); // χ²(2), probability 1e-4.
    expect(take(100, () => random.int(1))).toEqual(new Array(100).fill(0));
    expect(random.int(2 ** 32)).toBeLessThan(2 ** 32);
  });

  it('int refuses bounds outside its range', () => {
    for (const n of [0, -1, 1.5, NaN, 2 ** 32 + 1]) {
      expect(() => new Random(1).int(n)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });

  it('between refuses bounds that would give NaN or text', () => {
    for (const [low, high] of [
      ['1', 2],
      [0, undefined],
      [0, NaN],
      [-Infinity, 0],
    ] as [number, number][]) {
      expect(() => new Random(1).between(low, high)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });

  it('split refuses labels that would share a stream', () => {
    for (const label of [NaN, Infinity, null, undefined, {}, () => 1] as never[]) {
      expect(() => new Random(1).split(label)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });

  it('normal has the moments of a standard normal', () => {
    const random = new Random(6);
    const n = 100_000;
    const drawn = take(n, () => random.normal());
    const moment = (k: number) => drawn.reduce((sum, x) => sum + x ** k, 0) / n;
    // Five standard errors: the variances of x, x², x³, x⁴ are 1, 2, 15, 96.
    for (const [k, mean, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ]) {
      expect(Math.abs(moment(k) - mean)).toBeLessThan(5 * Math.sqrt(variance / n));
    }
  });
});

describe('shuffle and permutation', () => {
  it('keep every element', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
        const shuffled = new Random(seed).shuffle([...items]);
        expect(shuffled.sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
      }),
    );
    expect([...new Random(1).permutation(1000)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
  });

  it('shuffle works in place', () => {
    const items = ['a', 'b', 'c'];
    expect(new Random(1).shuffle(items)).toBe(items);
  });

  it('give all orders of four equally often', () => {
    const random = new Random(8);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.permutation(4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()])).toBeLessThan(56); // χ²(23), probability 1e-4.
  });
});
