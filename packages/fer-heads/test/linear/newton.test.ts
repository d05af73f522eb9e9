import { describe, expect, it } from 'vitest';
import { minimise, type Objective } from '../../src/linear/newton.js';
import { dampedDiagonal } from '../../src/linear/preconditioner.js';

/** Σⱼ aⱼ (log cosh(xⱼ − p) ) + ½ μ ‖x‖² of problem p: flat far out, so that full steps overshoot. */
function logCosh(problems: number, scales: readonly number[], mu: number): Objective & { asked: number[] } {
  const size = scales.length;
  const points: Float64Array[] = [];
  const asked: number[] = [];
  const bend = (p: number, j: number) => scales[j] / Math.cosh(points[p][j] - p) ** 2 + mu;
  return {
    problems,
    size,
    fused: false,
    asked,
    async answer(queries) {
      asked.push(queries.length);
      for (const query of queries) {
        const { problem, kind, vector, out } = query;
        if (kind === 'point') points[problem] = vector.slice();
        query.value = 0;
        for (let j = 0; j < size; j++) {
          const x = vector[j];
          if (kind === 'direction') out[j] = bend(problem, j) * x;
          else {
            query.value += scales[j] * Math.log(Math.cosh(x - problem)) + (mu / 2) * x * x;
            out[j] = scales[j] * Math.tanh(x - problem) + mu * x;
          }
        }
      }
    },
    // f − f* ≤ ‖g‖² / 2μ; without μ, only a gradient of 0 is an optimum.
    gap: ({ gradient }) => {
      const square = gradient.reduce((sum, g) => sum + g * g, 0);
      return square === 0 ? 0 : square / (2 * mu);
    },
    scale: ({ value }) => value,
    precondition(problem) {
      return dampedDiagonal(Float64Array.from({ length: size }, (_, j) => bend(problem, j)));
    },
  };
}

describe('minimise', () => {
  it('solves each problem, at its own pace', async () => {
    const objective = logCosh(3, [1, 10, 100], 0.1);
    const minima = await minimise(
      objective,
      [0, 1, 2].map(() => ({ point: Float64Array.of(4, -4, 3) })),
      {
        exact: true,
        together: false,
        tolerance: 1e-13,
        maxIterations: 100,
      },
    );
    minima.forEach(({ point, converged }, p) => {
      expect(converged).toBe(true);
      point.forEach((x, j) => {
        expect([1, 10, 100][j] * Math.tanh(x - p) + 0.1 * x).toBeCloseTo(0, 4);
      });
    });
    expect(objective.asked[0]).toBe(3);
    expect(objective.asked.at(-1)).toBeLessThan(3);
  });

  it('stops where it starts at a minimum, and says so', async () => {
    const [{ iterations, converged, value }] = await minimise(logCosh(1, [1], 0), [{ point: new Float64Array(1) }], {
      exact: true,
      together: false,
      tolerance: 1e-9,
      maxIterations: 5,
    });
    expect({ iterations, converged, value }).toEqual({ iterations: 0, converged: true, value: 0 });
  });

  it('never claims what it did not reach', async () => {
    const [{ converged, iterations }] = await minimise(logCosh(1, [1, 50], 0.01), [{ point: Float64Array.of(6, 6) }], {
      exact: true,
      together: false,
      tolerance: 1e-12,
      maxIterations: 2,
    });
    expect({ converged, iterations }).toEqual({ converged: false, iterations: 2 });
  });
});
