import { type FeatureMatrix, FerError } from 'fer-core';
import type { Fitted } from './fitted.js';

/** Limit on the Newton steps; about six are usual. */
const MAX_STEPS = 100;

/**
 * Fits the temperature T that maximises the likelihood of the labels under softmax(scores / T) (Guo, Pleiss, Sun &
 * Weinberger, On Calibration of Modern Neural Networks, 2017). The mean negative log-likelihood
 *
 *   f(β) = mean over the rows of log Σⱼ exp(β zⱼ) − β z_y,   β = 1 / T
 *
 * is convex in β: f′ is the expected score minus that of the label, f″ the variance of the score under the softmax.
 * Newton's method on β starts at 0, which is too small, and keeps a bracket. If every row's label has the largest
 * score, f has no minimum and goes to 0 with T. The search then ends at a small T, where f′ is below its tolerance.
 *
 * @throws FerError `INVALID_DATA` if f is smallest at β ≤ 0: the scores are no better than chance.
 */
export function fitTemperature({ data, rows: n, columns: k }: FeatureMatrix, labels: Uint8Array): Fitted<number> {
  let spread = 0;
  for (let i = 0; i < n; i++) {
    const row = data.subarray(i * k, (i + 1) * k);
    spread = Math.max(spread, Math.max(...row) - Math.min(...row));
  }
  /** f and its first and second derivatives at β / spread. */
  const at = (beta: number): { value: number; slope: number; bend: number } => {
    let value = 0;
    let slope = 0;
    let bend = 0;
    for (let i = 0; i < n; i++) {
      const own = data[i * k + labels[i]];
      let top = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < k; j++) top = Math.max(top, data[i * k + j]);
      let [sum, first, second] = [0, 0, 0];
      for (let j = 0; j < k; j++) {
        // Relative to the label's score, so that f′ of a row without doubt is exactly 0, without rounding errors.
        const z = (data[i * k + j] - own) / spread;
        const e = Math.exp((beta * (data[i * k + j] - top)) / spread);
        sum += e;
        first += e * z;
        second += e * z * z;
      }
      value += (Math.log(sum) + (beta * (top - own)) / spread) / n;
      slope += first / sum / n;
      bend += (second / sum - (first / sum) ** 2) / n;
    }
    return { value, slope, bend };
  };
  if (spread === 0 || at(0).slope >= 0) {
    throw new FerError(
      'INVALID_DATA',
      'the scores are no better than chance on these rows: no temperature makes probabilities of them. ' +
        'Check that the labels belong to the rows.',
    );
  }
  let [beta, low, high] = [0, 0, Number.POSITIVE_INFINITY];
  for (let step = 1; ; step++) {
    const { value, slope, bend } = at(beta);
    if (slope < 0) low = beta;
    else high = beta;
    const newton = beta - slope / bend;
    const other = high === Number.POSITIVE_INFINITY ? 2 * low + 1 : (low + high) / 2;
    const next = newton > low && newton < high ? newton : other;
    const converged = Math.abs(slope) * Math.max(beta, 1) < 1e-12 || Math.abs(next - beta) <= 1e-14 * beta;
    if (converged || step === MAX_STEPS) {
      return { model: spread / beta, iterations: step, converged, objective: value };
    }
    beta = next;
  }
}
