import { Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { conjugateGradients, type Forcing } from '../../src/newton/conjugateGradients.js';
import { dot } from '../../src/newton/vectors.js';

const random = new Random('conjugate gradients');
const SIZE = 12;
/** A symmetric positive definite matrix, M Mᵀ + I. */
const M = Array.from({ length: SIZE }, () => Array.from({ length: SIZE }, () => random.normal()));
const H = M.map((row, i) =>
  M.map((other, j) => row.reduce((sum, value, k) => sum + value * other[k], 0) + Number(i === j)),
);
const gradient = Float64Array.from({ length: SIZE }, () => random.normal());
const times = (matrix: number[][], v: ArrayLike<number>) =>
  matrix.map((row) => row.reduce((sum, value, j) => sum + value * v[j], 0));
const identity = { apply: (from: Float64Array, to: Float64Array) => to.set(from) };
const diagonal = {
  apply: (from: Float64Array, to: Float64Array) => to.set(from.map((value, j) => value / H[j][j])),
};

function run(matrix: number[][], forcing: Partial<Forcing>, preconditioner = identity, g = gradient) {
  const work = Array.from({ length: 5 }, () => new Float64Array(g.length).fill(7));
  const solving = conjugateGradients(
    3,
    g,
    preconditioner,
    { fraction: 0, near: 0, enough: () => false, ...forcing },
    work,
  );
  for (let next = solving.next(); ; next = solving.next()) {
    if (next.done) return next.value;
    expect(next.value).toMatchObject({ problem: 3, kind: 'direction', value: 0 });
    next.value.out.set(times(matrix, next.value.vector));
  }
}

describe('conjugateGradients', () => {
  it.each([
    ['without', identity],
    ['with', diagonal],
  ])('solves a system of n equations in n products, %s a preconditioner', (_, preconditioner) => {
    const { step, decrease, iterations } = run(H, {}, preconditioner);
    expect(iterations).toBeLessThanOrEqual(SIZE);
    times(H, step).forEach((value, j) => {
      expect(value).toBeCloseTo(-gradient[j], 7);
    });
    // −q(s) = −(g·s + ½ s·H·s), which at the minimum is −½ g·s.
    expect(decrease).toBeCloseTo(-dot(gradient, step) / 2, 9);
  });

  it('promises what its step decreases, also where it stops early', () => {
    const { step, decrease, iterations } = run(H, { fraction: 0.5 });
    expect(iterations).toBeLessThan(SIZE);
    const model = dot(gradient, step) + dot(step, Float64Array.from(times(H, step))) / 2;
    expect(decrease).toBeCloseTo(-model, 9);
    expect(decrease).toBeGreaterThan(0);
  });

  it('stops by the rule of Nash and Sofer: k · (q of step k − 1 − q of step k) ≤ fraction · −q', () => {
    const decreases: number[] = [];
    // By the textbook's recurrences: the decrease of step k is ½ ρ² / (p · H p).
    let [r, p, s] = [Array.from(gradient, (g) => -g), Array.from(gradient, (g) => -g), 0];
    for (let k = 0; k < 8; k++) {
      const Hp = times(H, p);
      const rho = r.reduce((sum, v) => sum + v * v, 0);
      const length = rho / p.reduce((sum, v, j) => sum + v * Hp[j], 0);
      s += (length * rho) / 2;
      decreases.push(s);
      r = r.map((v, j) => v - length * Hp[j]);
      const beta = r.reduce((sum, v) => sum + v * v, 0) / rho;
      p = r.map((v, j) => v + beta * p[j]);
    }
    for (const fraction of [0.9, 0.5, 0.2, 0.1]) {
      const expected = decreases.findIndex((q, k) => k > 0 && (k + 1) * (q - decreases[k - 1]) <= fraction * q) + 1;
      expect(run(H, { fraction }).iterations).toBe(expected);
      expect(run(H, { fraction }).decrease).toBeCloseTo(decreases[expected - 1], 9);
    }
  });

  it('goes on where the end is near, until the residual is enough', () => {
    const usual = run(H, { fraction: 0.5 }).iterations;
    const enough = (residual: Float64Array) => dot(residual, residual) < 1e-8;
    const further = run(H, { fraction: 0.5, near: 1e9, enough });
    expect(further.iterations).toBeGreaterThan(usual);
    const left = times(H, further.step).map((value, j) => value + gradient[j]);
    expect(left.reduce((sum, v) => sum + v * v, 0)).toBeLessThan(1e-8);
    expect(run(H, { fraction: 0.5, near: 1e9, enough: () => true }).iterations).toBe(usual);
    expect(run(H, { fraction: 0.5, near: 0, enough }).iterations).toBe(usual);
  });

  it('takes at most four times as many products and ten for that, and n or five in all', () => {
    // Eigenvalues 1 … 200: never done.
    const wide = Array.from({ length: 200 }, (_, i) => Array.from({ length: 200 }, (_, j) => (i === j ? i + 1 : 0)));
    const g = new Float64Array(200).fill(1);
    const usual = run(wide, { fraction: 0.9 }, identity, g).iterations;
    expect(run(wide, { fraction: 0.9, near: 1e9 }, identity, g).iterations).toBe(4 * usual + 10);
    expect(run(H, { fraction: -1 }).iterations).toBeLessThanOrEqual(SIZE);
    const tiny = [
      [1, 0],
      [0, 1e8],
    ];
    expect(run(tiny, { fraction: -1 }, identity, Float64Array.of(1, 1)).iterations).toBeLessThanOrEqual(5);
  });

  it('stops where the model bends no further, with the step so far', () => {
    const flat = H.map((row) => row.map(() => 0));
    expect(run(flat, {})).toMatchObject({ decrease: 0, iterations: 1, step: new Float64Array(SIZE) });
    const bad = H.map((row) => row.map(() => Number.NaN));
    expect(run(bad, {})).toMatchObject({ decrease: 0, iterations: 1 });
    expect(run(H, {}, identity, new Float64Array(SIZE))).toMatchObject({ decrease: 0, iterations: 1 });
  });
});
