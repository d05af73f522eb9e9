import { type FeatureMatrix, FerError } from 'fer-core';
import type { Fitted } from './fitted.js';
import type { Sigmoid } from './sigmoid.js';

/** Limit on the damped steps; about fifteen are usual. */
const MAX_STEPS = 200;
/** Candidate starting points: factors of standardised scores, and intercepts. */
const STARTS = { factor: [0.25, 0.5, 1, 2, 4], intercept: [-6, -2, -1, 0, 1, 2, 4] };

/**
 * Fits one sigmoid σ(a·z + b), a > 0, that all classes share, normalised over the classes: p_c ∝ σ(a z_c + b). Maximum
 * likelihood determines a and b: they minimise the mean of −log p_y.
 *
 * The sigmoid is increasing and the same for every class, so the most probable class is that of the largest score. For
 * b → −∞ it becomes the softmax of a·z. So this is temperature scaling with one more parameter, which controls where a
 * larger score stops adding certainty. Margins of one-vs-rest SVMs need it: the squared hinge drives a score towards 2p
 * − 1 (Zhang, Statistical Behavior and Consistency of Classification Methods Based on Convex Risk Minimization, 2004),
 * which is at most 1, whereas softmax treats scores as log-probabilities.
 *
 * The minimiser uses Fisher scoring with Levenberg's damping in (log a, b), on standardised scores. The function isn't
 * convex, so it starts from the best of several points.
 *
 * @throws FerError `INVALID_DATA` if nothing is better than equal probabilities: the scores are no better than chance.
 */
export function fitSharedSigmoid({ data, rows: n, columns: k }: FeatureMatrix, labels: Uint8Array): Fitted<Sigmoid> {
  const mean = data.reduce((sum, z) => sum + z / data.length, 0);
  const deviation = Math.sqrt(data.reduce((sum, z) => sum + (z - mean) ** 2 / data.length, 0));
  const z = Float64Array.from(data, (score) => (score - mean) / (deviation || 1));

  /** The value at (log a, b), its gradient, and the Fisher information. */
  const at = (logA: number, b: number) => {
    const a = Math.exp(logA);
    let value = 0;
    const g = [0, 0];
    const f = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      let own = 0;
      let sum = 0;
      // Derivatives of log s with respect to log a and b, averaged with weights s: first and second moments.
      let [va, vb, vaa, vab, vbb, ownA, ownB] = [0, 0, 0, 0, 0, 0, 0];
      for (let c = 0; c < k; c++) {
        const u = a * z[i * k + c] + b;
        const s = 1 / (1 + Math.exp(-u));
        const slope = 1 / (1 + Math.exp(u));
        const byA = slope * (u - b);
        sum += s;
        va += s * byA;
        vb += s * slope;
        vaa += s * byA * byA;
        vab += s * byA * slope;
        vbb += s * slope * slope;
        if (c !== labels[i]) continue;
        // log σ(u), without overflow.
        own = Math.min(u, 0) - Math.log1p(Math.exp(-Math.abs(u)));
        ownA = byA;
        ownB = slope;
      }
      if (!(sum > 0)) return { value: Number.POSITIVE_INFINITY, g, f };
      value += (Math.log(sum) - own) / n;
      g[0] += (va / sum - ownA) / n;
      g[1] += (vb / sum - ownB) / n;
      f[0] += (vaa / sum - (va / sum) ** 2) / n;
      f[1] += (vab / sum - (va / sum) * (vb / sum)) / n;
      f[2] += (vbb / sum - (vb / sum) ** 2) / n;
    }
    return { value, g, f };
  };

  let point = [0, 0];
  let here = at(0, 0);
  for (const factor of STARTS.factor) {
    for (const intercept of STARTS.intercept) {
      const found = at(Math.log(factor), intercept);
      if (found.value < here.value) [point, here] = [[Math.log(factor), intercept], found];
    }
  }
  let damping = 1e-3;
  let converged = false;
  let iterations = 0;
  while (!converged && iterations < MAX_STEPS) {
    iterations++;
    const { g, f } = here;
    const [aa, bb] = [f[0] * (1 + damping) + 1e-15, f[2] * (1 + damping) + 1e-15];
    const determinant = aa * bb - f[1] * f[1];
    const step = [-(bb * g[0] - f[1] * g[1]) / determinant, -(aa * g[1] - f[1] * g[0]) / determinant];
    // Limits the step: the information matrix is only valid near the current point.
    const length = Math.min(1, 3 / Math.max(Math.abs(step[0]), Math.abs(step[1])));
    const next = [point[0] + length * step[0], point[1] + length * step[1]];
    const found = at(next[0], next[1]);
    if (found.value < here.value) {
      [point, here] = [next, found];
      damping = Math.max(1e-9, damping / 5);
    } else damping *= 8;
    const small = Math.max(Math.abs(here.g[0]), Math.abs(here.g[1])) < 1e-10;
    converged = small || damping > 1e12;
  }
  if (!(deviation > 0 && here.value < Math.log(k) - 1e-9)) {
    throw new FerError(
      'INVALID_DATA',
      'the scores are no better than chance on these rows: no sigmoid makes probabilities of them. ' +
        'Check that the labels belong to the rows.',
    );
  }
  const factor = Math.exp(point[0]) / deviation;
  // In Platt's form: 1 / (1 + exp(slope · score + intercept)).
  const model = { slope: -factor, intercept: factor * mean - point[1] };
  return { model, iterations, converged, objective: here.value };
}
