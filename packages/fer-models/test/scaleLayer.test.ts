import { describe, expect, it } from 'vitest';
import { scaleLayer } from '../training/scaleLayer.js';

describe('scaleLayer', () => {
  it('scales and shifts the logits of each class', () => {
    const layer = {
      weights: { data: Float32Array.of(1, 2, 3, 4), rows: 2, columns: 2 },
      bias: Float32Array.of(5, 6),
      classes: ['a', 'b'],
    };
    const scales = [
      [2, 1],
      [3, -1],
    ] as const;
    const { weights, bias } = scaleLayer(layer, scales);
    expect([...weights.data]).toEqual([2, 6, 6, 12]);
    expect([...bias]).toEqual([11, 17]);
  });
});
