import { describe, expect, it } from 'vitest';
import { fitVectorScaling, scaleLayer } from '../training/vectorScaling.js';

// numpy: rs = RandomState(3); y = arange(24) % 3; z = round(randn(24, 3) * 1.2 + eye(3)[y] * 1.1, 3).
const LOGITS = Float32Array.from([
  3.246, 0.524, 0.116, -2.236, 0.767, -0.426, -0.099, -0.752, 1.047, 0.527, -1.577, 1.062, 1.058, 3.151, 0.06, -0.486,
  -0.654, -0.756, 2.279, -1.321, -1.422, -0.247, 2.883, 0.284, -1.229, -0.856, 1.85, 0.907, -0.923, -0.276, 0.894,
  3.471, -1.493, -0.752, -0.965, -1.803, -0.009, -1.229, 1.349, -0.158, -0.848, 0.776, -0.428, -2.092, 0.384, 0.394,
  -1.049, 0.036, -2.698, 0.779, 1.216, 1.023, 1.33, 2.443, 2.885, -1.342, 1.015, -2.233, 0.377, -2.297, 1.258, 1.6,
  0.863, 3.23, -0.81, 0.181, 0.184, -0.177, 0.526, 2.327, -1.23, 2.179,
]);
const LABELS = Array.from({ length: 24 }, (_, i) => i % 3);
/** SciPy's BFGS (gtol 1e-10) on the same objective: three scales, then three shifts. */
const SCIPY = [1.254675, 1.208055, 0.729617, -0.324122, 0.215031, 0.109091];

describe('fitVectorScaling', () => {
  it('finds the minimum that SciPy finds', () => {
    const { scales, shifts } = fitVectorScaling({ data: LOGITS, rows: 24, columns: 3 }, LABELS);
    for (const [i, value] of [...scales, ...shifts].entries()) expect(value).toBeCloseTo(SCIPY[i], 4);
  });
});

describe('scaleLayer', () => {
  it('scales and shifts the logits of each class', () => {
    const layer = {
      weights: { data: Float32Array.of(1, 2, 3, 4), rows: 2, columns: 2 },
      bias: Float32Array.of(5, 6),
      classes: ['a', 'b'],
    };
    const { weights, bias } = scaleLayer(layer, { scales: Float64Array.of(2, 3), shifts: Float64Array.of(1, -1) });
    expect([...weights.data]).toEqual([2, 6, 6, 12]);
    expect([...bias]).toEqual([11, 17]);
  });
});
