import { describe, expect, it } from 'vitest';
import { fromFloat16, Random, toFloat16 } from '../src/index.js';

/** The nearest half by search over all of them, ties to the even one. */
function nearest(value: number, all: Float32Array): number {
  let low = 0;
  let high = 0x7c00;
  const magnitude = Math.abs(value);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (all[middle] <= magnitude) low = middle;
    else high = middle;
  }
  const [below, above] = [magnitude - all[low], (high === 0x7c00 ? 65536 : all[high]) - magnitude];
  const half = below < above || (below === above && low % 2 === 0) ? low : high;
  return value < 0 || Object.is(value, -0) ? half | 0x8000 : half;
}

describe('float16', () => {
  const all = fromFloat16(Uint16Array.from({ length: 65536 }, (_, i) => i));

  it('rounds as numpy does: ties to even, below the normal range, up to the largest', () => {
    // np.array(values, np.float32).astype(np.float16).view(np.uint16), numpy 1.24.
    const values = [
      ...[
        0,
        -0,
        1,
        -2.5,
        0.1,
        1 / 3,
        65504,
        65519.996,
        2 ** -14,
        2 ** -15,
        2 ** -24,
        2 ** -25,
        1.5 * 2 ** -25,
        3 * 2 ** -25,
      ],
      ...[1 + 2 ** -11, 1 + 3 * 2 ** -11, 2049, 2051, 1e-7, 6.1e-5, -1e-8],
    ];
    expect([...toFloat16(Float32Array.from(values))]).toEqual([
      ...[0, 32768, 15360, 49408, 11878, 13653, 31743, 31743, 1024, 512, 1, 0, 1, 2],
      ...[15360, 15362, 26624, 26626, 2, 1023, 32768],
    ]);
  });

  it('reads every half as its formula says', () => {
    expect([all[0x3c00], all[0xc000], all[0x7bff], all[1], all[0x0400], all[0x3555]]).toEqual([
      ...[1, -2, 65504, 2 ** -24, 2 ** -14],
      1365 / 4096,
    ]);
    expect(all[0x7c00]).toBe(Infinity);
    expect(all[0xfc00]).toBe(-Infinity);
    expect(all[0x7e00]).toBeNaN();
    expect(Object.is(all[0x8000], -0)).toBe(true);
  });

  it('writes what it read', () => {
    // The sign of NaN is nobody's business.
    const expected = Uint16Array.from(all, (value, half) => (Number.isNaN(value) ? 0x7e00 : half));
    expect(toFloat16(all).map((half) => ((half & 0x7fff) > 0x7c00 ? 0x7e00 : half))).toEqual(expected);
  });

  it('rounds to the nearest, ties to even', () => {
    const random = new Random('float16');
    const values = Array.from({ length: 20_000 }, () => (random.uniform() - 0.5) * 2 ** random.between(-26, 18));
    values.push(...[2049, 2051, 65519.99, 65520, 1e9, -1e9, 2 ** -25, 1.5 * 2 ** -25, 3 * 2 ** -25, 0, -0, 1e-12]);
    const single = Float32Array.from(values);
    const halves = toFloat16(single);
    expect(halves).toEqual(Uint16Array.from(single, (value) => nearest(value, all)));
  });
});
