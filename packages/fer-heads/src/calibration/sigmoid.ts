import type { Fitted } from './fitted.js';

/** Limit on the Newton steps; about ten are usual. */
const MAX_STEPS = 100;

/** A sigmoid of scores: the probability is 1 / (1 + exp(slope · score + intercept)). */
export interface Sigmoid {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * Platt's sigmoid (Probabilistic Outputs for Support Vector Machines, 1999): the maximum likelihood fit to the smoothed
 * targets (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2) instead of 1 and 0, so that it stays finite if the scores separate the
 * classes.
 *
 * Uses Newton's method with backtracking and the overflow-free formulas of Lin, Lin & Weng, A Note on Platt's
 * Probabilistic Outputs (2007), on standardised scores, so that their scale does not matter.
 *
 * @param positive - Whether a row belongs to the class.
 */
export function fitSigmoid(scores: Float64Array, positive: (row: number) => boolean): Fitted<Sigmoid> {
  const n = scores.length;
  let count = 0;
  for (let i = 0; i < n; i++) if (positive(i)) count++;
  const mean = scores.reduce((sum, score) => sum + score / n, 0);
  const scale = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2 / n, 0)) || 1;
  const s = scores.map((score) => (score - mean) / scale);
  const high = (count + 1) / (count + 2);
  const low = 1 / (n - count + 2);
  const targets = s.map((_, i) => (positive(i) ? high : low));

  const loss = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const f = a * s[i] + b;
      sum += (f >= 0 ? targets[i] : targets[i] - 1) * f + Math.log1p(Math.exp(-Math.abs(f)));
    }
    return sum;
  };
  let a = 0;
  let b = Math.log((n - count + 1) / (count + 1));
  let value = loss(a, b);
  for (let step = 1; ; step++) {
    // A small value on the diagonal, in case all scores are equal.
    let [aa, bb, ab, ga, gb] = [1e-12, 1e-12, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const p = 1 / (1 + Math.exp(a * s[i] + b));
      const weight = p * (1 - p);
      const error = targets[i] - p;
      aa += s[i] * s[i] * weight;
      ab += s[i] * weight;
      bb += weight;
      ga += s[i] * error;
      gb += error;
    }
    const converged = Math.max(Math.abs(ga), Math.abs(gb)) < 1e-11 * n;
    const determinant = aa * bb - ab * ab;
    const da = -(bb * ga - ab * gb) / determinant;
    const db = -(aa * gb - ab * ga) / determinant;
    const gain = ga * da + gb * db;
    let size = 1;
    while (size > 1e-10 && !(loss(a + size * da, b + size * db) <= value + 1e-4 * size * gain)) size /= 2;
    // If no step improves the value, it is minimal up to rounding.
    if (converged || size <= 1e-10 || step === MAX_STEPS) {
      const model = { slope: a / scale, intercept: b - (a / scale) * mean };
      return { model, iterations: step, converged: converged || size <= 1e-10, objective: value };
    }
    a += size * da;
    b += size * db;
    value = loss(a, b);
  }
}

/** The probability of one score. */
export function sigmoidAt({ slope, intercept }: Sigmoid, score: number): number {
  return 1 / (1 + Math.exp(slope * score + intercept));
}
