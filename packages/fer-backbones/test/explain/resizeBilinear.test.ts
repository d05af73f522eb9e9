import { describe, expect, it } from 'vitest';
import { resizeBilinear } from '../../src/explain/resizeBilinear.js';

describe('resizeBilinear', () => {
  const map = Float32Array.of(1, 2, 4, 8, 16, 32);

  it('is that of torch.nn.functional.interpolate with align_corners=False', () => {
    const expected = [
      ...[1.0, 1.4, 2.0, 3.2, 4.0, 2.75, 3.85, 5.5, 8.8, 11.0],
      ...[6.25, 8.75, 12.5, 20.0, 25.0, 8.0, 11.2, 16.0, 25.6, 32.0],
    ];
    resizeBilinear(map, [2, 3], [4, 5]).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
    expect([...resizeBilinear(map, [2, 3], [1, 2])]).toEqual([5.625, 15.75]);
  });

  it('leaves a map of the same size as it is', () => {
    expect(resizeBilinear(map, [2, 3], [2, 3])).toEqual(map);
  });
});
