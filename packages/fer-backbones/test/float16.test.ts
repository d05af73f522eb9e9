import { describe, expect, it } from 'vitest';
import { fromFloat16, toFloat16 } from '../src/float16.js';

describe('float16', () => {
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

  it('gives back every finite half', () => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00);
    expect(toFloat16(fromFloat16(halves))).toEqual(halves);
  });

  it.each([65520, -1e6, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => toFloat16(Float32Array.of(1, value))).toThrow(`feature ${value} doesn't fit half precision`);
  });
});
